"""The outcomes of a lane as text."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from experiments.trace.layout import fit, section, wrapped
from experiments.trace.wording import amount, count

if TYPE_CHECKING:
    from experiments.outcomes import Outcome
    from experiments.trace.replaying import Replayed


def outcome_lines(lane: Replayed, *, every: bool) -> Iterator[str]:
    """Tell what came of a lane."""
    yield from section("What came of it")
    for outcome in listed_outcomes(lane, every=every):
        value = lane.values[outcome.name]
        unit = "" if math.isnan(value) else outcome.unit
        yield f"  {fit(outcome.label, 50)} {shown(outcome, value):>14} {unit}".rstrip()
    yield from not_listed(lane, every=every)


def listed_outcomes(lane: Replayed, *, every: bool) -> list[Outcome]:
    """Return the outcomes that get a line: all, or those that are tested."""
    return [outcome for outcome in lane.outcomes if every or outcome.tested]


def not_listed(lane: Replayed, *, every: bool) -> list[str]:
    """Say which outcomes have no line."""
    left = [outcome for outcome in lane.outcomes if not (every or outcome.tested)]
    if not left:
        return []
    ends = left[0].label if len(left) == 1 else f"{left[0].label} ... {left[-1].label}"
    return wrapped(
        f"{count(len(left), 'outcome')} more, not tested: {ends}; `--all` and `--json` give them",
        "  ",
        "    ",
    )


def shown(outcome: Outcome, value: float) -> str:
    """Write the value of an outcome."""
    if math.isnan(value):
        return "not reached" if outcome.time else "undefined"
    return amount(value)

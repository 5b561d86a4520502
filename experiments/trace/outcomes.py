"""The outcomes of a lane as text, alone or beside those of another."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from experiments.trace.wording import amount, count

if TYPE_CHECKING:
    from experiments.outcomes import Outcome
    from experiments.trace.page import Page
    from experiments.trace.replaying import Replayed


def tell_outcomes(
    page: Page, one: Replayed, other: Replayed | None = None, *, every: bool = False
) -> None:
    """Tell what came of a lane; of outcomes that are not tested only if all are wanted.

    What is of one state is in the run directory.
    """
    page.section("What came of it")
    whole = [outcome for outcome in one.outcomes if outcome.state is None]
    tested = [outcome for outcome in whole if every or outcome.tested]
    left = [outcome for outcome in whole if outcome not in tested]
    if other is None:
        page.table(("outcome~", "value#", "unit"), [_alone(outcome, one) for outcome in tested])
    else:
        names = (f"{lane.policy.name}#" for lane in (one, other))
        rows = [_beside(outcome, one, other) for outcome in tested]
        page.table(("outcome~", *names, "difference#", "verdict"), rows)
    if left:
        ends = left[0].label if len(left) == 1 else f"{left[0].label} ... {left[-1].label}"
        said = f"{count(len(left), 'outcome')} more, not tested: {ends}"
        page.say(f"{said}; `--all` and `--json` give them", "  ", "    ")


def _alone(outcome: Outcome, lane: Replayed) -> tuple[str, ...]:
    value = lane.values[outcome.name]
    return outcome.label, _shown(outcome, value), "" if math.isnan(value) else outcome.unit


def _beside(outcome: Outcome, one: Replayed, other: Replayed) -> tuple[str, ...]:
    first, second = (lane.values[outcome.name] for lane in (one, other))
    gap = second - first
    return (
        f"{outcome.label}, {outcome.unit}",
        _shown(outcome, first),
        _shown(outcome, second),
        "" if math.isnan(gap) else amount(gap, sign=True),
        _better(outcome, first, second),
    )


def _shown(outcome: Outcome, value: float) -> str:
    if math.isnan(value):
        return "not reached" if outcome.time else "undefined"
    return amount(value)


def _better(outcome: Outcome, first: float, second: float) -> str:
    """Say whether the second is better; a time not reached is later than any.

    Of an outcome that is not tested nothing is said.
    """
    if not outcome.tested:
        return ""
    if outcome.time:
        first, second = (math.inf if math.isnan(value) else value for value in (first, second))
    if math.isnan(first) or math.isnan(second) or first == second:
        return ""
    return "better" if (second > first) == (outcome.better == "higher") else "worse"

"""Tables of an audit: what every part does to every headline outcome, and what does nothing."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Final

from experiments.analysis import VERDICTS
from experiments.terminal import (
    Column,
    number,
    p_value,
    percent,
    print_table,
    say,
    tell_left_out,
    too_few,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from experiments.analysis import AuditFound, Effect, PartFound

FEW: Final = 8
"""Parts of which every difference is shown with its interval; names that a sentence lists."""


def print_audit(found: AuditFound) -> None:
    """Print the matrix of effects for each policy, then what is inert, and what was not seen."""
    ways = sum(len(part.ways) for part in found.parts)
    say(
        f"{found.scenario}: {len(found.parts):,} parts changed in {ways:,} ways,"
        f" {found.worlds:,} world{'' if found.worlds == 1 else 's'}, seed {found.seed};"
        " differences from the scenario as declared in the same worlds"
    )
    left_out: dict[str, None] = {}
    for policy in found.policies:
        left_out |= dict.fromkeys(_print_matrix(found, policy))
    _print_legend(found)
    if len(found.parts) <= FEW:
        for part in found.parts:
            left_out |= dict.fromkeys(_print_part(found, part))
    warning = too_few([effect.row for effect in found.effects])
    if warning is not None:
        say(warning)
    _say_verdicts(found)
    _say_left_out(found.left_out)
    tell_left_out(left_out)


def _print_matrix(found: AuditFound, policy: str) -> tuple[str, ...]:
    names = [outcome.name for outcome in found.outcomes]
    rows = []
    for part in found.parts:
        mine = {(e.way, e.row.outcome): e for e in part.effects if e.policy == policy}
        for way in part.ways:
            cells = [_cell(mine[way, name]) for name in names]
            rows.append((f"{part.name} {way}", *cells))
    numbered = (Column(str(place), "number") for place in range(1, len(names) + 1))
    columns = [Column("part and change"), *numbered]
    return print_table(columns, rows, title=f"Standardised effects under {policy}")


def _cell(effect: Effect) -> str:
    row = effect.row
    if not row.pairs:
        return "-"
    if not effect.moved:
        return "0"
    if math.isnan(row.effect_size):  # the same difference in every world
        size = f"{'+' if row.difference > 0 else '-'}all"
    else:
        size = number(row.effect_size, sign=True, digits=1)
    return f"{size}*" if effect.is_clear else size


def _print_legend(found: AuditFound) -> None:
    print_table(
        [Column(""), Column("outcome", "text"), Column("unit", "text"), Column("better")],
        [
            (str(place), one.label, one.unit, one.better)
            for place, one in enumerate(found.outcomes, start=1)
        ],
    )
    say(
        "Effects: mean difference over the standard deviation of the differences; 0: no world is"
        " another one; all: the same difference in every world. *: the 95% interval leaves 0 out,"
        f" and p, adjusted by Holm for all {found.tests:,} tests, is below 0.05."
    )


def _print_part(found: AuditFound, part: PartFound) -> tuple[str, ...]:
    """Print every difference of a part."""
    columns = [
        Column("outcome", "text"),
        Column("change"),
        *([Column("policy")] if len(found.policies) > 1 else []),
        Column("difference", "number"),
        Column("95% interval", "number"),
        Column("p (Holm)", "number"),
        Column("moved", "number", spare=1),
    ]
    rows = []
    for effect in part.effects:
        row = effect.row
        low, high = number(row.low, sign=True), number(row.high, sign=True)
        rows.append(
            (
                f"{row.label} ({row.unit})",
                effect.way,
                *([effect.policy] if len(found.policies) > 1 else []),
                number(row.difference, sign=True),
                f"{low} to {high}",
                p_value(row.p_adjusted),
                f"{effect.moved:,}",
            )
        )
    return print_table(columns, rows, title=part.name)


def _say_verdicts(found: AuditFound) -> None:
    counts = Counter((part.kind, part.verdict) for part in found.parts)
    print_table(
        [Column("kind of part"), *(Column(verdict, "number") for verdict in VERDICTS)],
        [
            (kind, *(f"{counts[kind, verdict]:,}" for verdict in VERDICTS))
            for kind in dict.fromkeys(part.kind for part in found.parts)
        ],
        title="In short",
    )
    unseen = [f"{part.name} {percent(part.moved)}" for part in found.of("not seen")]
    if unseen:
        worlds = f"{found.worlds:,} world{'' if found.worlds == 1 else 's'}"
        say(f"Not seen in {worlds}, of which something moved in: {', '.join(unseen)}.")
    for part in found.of("inert"):
        other = f"; moves only {_some(part.elsewhere)}" if part.elsewhere else ""
        why = part.reason or "no reason is given"
        say(f"Inert: {part.name}{other} ({why}).")


def _say_left_out(left_out: Mapping[str, str]) -> None:
    """Say what could not be changed, those of one reason together."""
    by_reason: dict[str, list[str]] = {}
    for name, why in left_out.items():
        by_reason.setdefault(why, []).append(name)
    for why, names in by_reason.items():
        say(f"Cannot be taken away or changed, since {why}: {', '.join(names)}.")


def _some(names: Sequence[str]) -> str:
    """List some names, and say how many more there are."""
    more = f" and {len(names) - FEW:,} more" if len(names) > FEW else ""
    return f"{', '.join(names[:FEW])}{more}"

"""Tables of how policies hold over the settings of an experiment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from experiments.outcomes import Outcome
from experiments.terminal import DIRECTION, Column, number, percent, print_table, say

if TYPE_CHECKING:
    from experiments.analysis import Criterion, Front, Robustness, Score, Standing

HEADINGS: Final = {
    "mean": "mean",
    "worst": "worst setting",
    "regret": "most regret",
    "satisficing": "good enough",
}


def print_robustness(outcome: Outcome, found: Robustness) -> None:
    """Print what each policy reaches by every criterion; the best is marked."""
    criteria: list[Criterion] = [
        name for name in ("mean", "worst", "regret", "satisficing") if found.of(name)
    ]
    title = f"{outcome.label} ({outcome.unit}; {DIRECTION[outcome.better]})"
    columns = [Column("policy"), *(Column(HEADINGS[name], "number") for name in criteria)]
    rows = zip(*(found.of(name) for name in criteria), strict=True)
    print_table(columns, [[row[0].policy, *map(_cell, row)] for row in rows], title=title)


def _cell(score: Score) -> str:
    write = percent if score.criterion == "satisficing" else number
    mark = " *" if score.best else ""
    return f"{write(score.estimate)}{mark}\n{write(score.low)} to {write(score.high)}"


def print_front(outcomes: Sequence[Outcome], found: Front) -> None:
    """Print which policies are beaten in every outcome by another."""
    labels = (f"{one.label} ({one.unit}; {DIRECTION[one.better]})" for one in outcomes)
    columns = [
        Column("policy"),
        Column("standing", "text"),
        *(Column(label, "number") for label in labels),
    ]
    rows = [
        ("\n".join([one.policy, *_beaten(one)]), one.status, *map(number, one.means))
        for one in found.standings
    ]
    print_table(columns, rows, title="One outcome of each kind together")
    say(
        "* best by that criterion, with 95% intervals below. most regret: how much is lost against"
        " the best policy of a setting, at most. By chance the worst of many looks worse than it"
        " is; intervals take that back, and may lie beside it. front: no policy is as good in"
        " everything and better in something, surely; dominated: one surely is; possibly"
        " dominated: it cannot be told."
    )


def _beaten(one: Standing) -> list[str]:
    """Name those that beat a policy, or may, if there are any: the first, and how many more."""
    by = one.dominated_by or one.behind
    if not by or one.status == "front":
        return []
    more = f" and {len(by) - 1:,} more" if len(by) > 1 else ""
    return [f"by {by[0]}{more}"]

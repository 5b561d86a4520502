"""What came in each year, policy by policy, and where the order of policies turns."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from experiments.outcomes import Outcome, Results, Turn, turns, year_means, years_of
from experiments.terminal.layout import Column
from experiments.terminal.numbers import number
from experiments.terminal.page import print_table, say
from experiments.terminal.tables import DIRECTION, LEVEL


def print_years(results: Results, asked: Sequence[Outcome] | None = None) -> None:
    """Print the means of each year, and say in which outcomes the order of policies turns.

    Nothing is printed if nothing that is asked about is told by year.

    Parameters
    ----------
    asked
        Outcomes that are asked about together; the headlines if left out.
    """
    chosen = results.headlines() if asked is None else asked
    told = [outcome for outcome in chosen if years_of(results, outcome)]
    if told:
        say("")
    for outcome in told:
        _print_means(results, outcome)
    if len(results.policies) > 1 and told:
        _say_turns(told, turns(results, told))


def _print_means(results: Results, outcome: Outcome) -> None:
    """Print the mean of each policy in each year."""
    years = [one.year or "" for one in years_of(results, outcome)]
    found = {
        (row.policy, row.year): row.mean
        for row in year_means(results)
        if row.outcome == outcome.name
    }
    digits = _digits(list(found.values()))
    print_table(
        [Column("policy"), *(Column(year, "number") for year in years)],
        [
            [policy, *(number(found[policy, year], digits=digits) for year in years)]
            for policy in results.policies
        ],
        title=f"By year: {outcome.label} ({outcome.unit}; {DIRECTION[outcome.better]})",
    )


def _digits(means: Sequence[float]) -> int | None:
    """Return digits after the point that give the largest mean three places; None if above."""
    largest = float(np.nanmax(np.abs(means), initial=0.0))
    if not largest:
        return None
    return max(0, 2 - math.floor(math.log10(largest)))


def _say_turns(told: Sequence[Outcome], found: Sequence[Turn]) -> None:
    """Say for each outcome how the order of policies turns, the clearest pair by name."""
    for outcome in told:
        of_it = [turn for turn in found if turn.outcome == outcome.name]
        if of_it:
            say(_sentence(max(of_it, key=_size), len(of_it) - 1))
    if not found:
        say("In none of these does the order of two policies surely turn from year to year.")
    elif len({turn.outcome for turn in found}) < len(told):
        say("In the others no order surely turns.")
    say(
        "surely: the 95% interval of the mean difference in the same worlds leaves 0 out, and p,"
        f" adjusted by Holm for every pair and year of these outcomes, is below {LEVEL:g}."
    )


def _size(turn: Turn) -> float:
    """Say how clearly a pair turns: the smaller of its two differences, against its interval."""
    sides = (
        (turn.difference, turn.high - turn.low),
        (turn.worse_difference, turn.worse_high - turn.worse_low),
    )
    return min(abs(middle) / width if width > 0 else math.inf for middle, width in sides)


def _sentence(turn: Turn, others: int) -> str:
    better = _told(turn.difference, turn.low, turn.high)
    worse = _told(turn.worse_difference, turn.worse_low, turn.worse_high)
    more = f"; {others:,} more pair{'s' if others > 1 else ''} turn{'' if others > 1 else 's'}"
    return (
        f"{turn.label}: the order turns. {turn.policy} is better than {turn.other} in"
        f" {turn.better_in} ({better}) and worse in {turn.worse_in} ({worse})"
        f"{more if others else ''}."
    )


def _told(middle: float, low: float, high: float) -> str:
    middle_text, low_text, high_text = (number(one, sign=True) for one in (middle, low, high))
    return f"{middle_text}, {low_text} to {high_text}"

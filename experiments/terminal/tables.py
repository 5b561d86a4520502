"""Tables of what lanes came to, on standard output."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from experiments.outcomes import F64, SURE, Comparison, Outcome, Results, fewest_pairs
from experiments.terminal.layout import Column
from experiments.terminal.numbers import number, p_value, percent
from experiments.terminal.page import print_table, say, tell_left_out

LEVEL: Final = SURE

MOST_DIGITS: Final = 6
MORE_DIGITS: Final = 2
"""Digits that a small number may add to those that the intervals ask for."""
MOST_ROUNDING: Final = 0.25
"""Part of a small number that rounding may take."""
VERDICTS: Final = ("better", "worse", "unclear", "same")
DIRECTION: Final = {"lower": "lower is better", "higher": "higher is better"}


def print_comparison(results: Results, rows: Sequence[Comparison]) -> None:
    """Print, for each outcome that is asked about, every policy against the baseline."""
    say(
        f"{results.scenario}: {results.replications:,} worlds, seed {results.seed};"
        f" differences from {results.baseline} in the same worlds"
    )
    asked = [row for row in rows if row.family == "asked"]
    left_out: dict[str, None] = {}
    for outcome in results.outcomes:
        if of_it := [row for row in asked if row.outcome == outcome.name]:
            left_out |= dict.fromkeys(_print_comparison(results, outcome, of_it))
    if (warning := too_few(asked)) is not None:
        say(warning)
    _print_verdicts(results, asked)
    say(_legend(results, asked))
    tell_left_out(left_out)


def _print_verdicts(results: Results, rows: Sequence[Comparison]) -> None:
    """Print in which outcomes each policy is better or worse, if there are several."""
    if len({row.outcome for row in rows}) == 1:
        return
    found: dict[str, dict[str, list[str]]] = {}
    for row in rows:
        found.setdefault(row.policy, {}).setdefault(verdict(row), []).append(row.label)
    words = [word for word in VERDICTS if any(word in one for one in found.values())]
    print_table(
        [Column("policy"), *(Column(word, "text") for word in words)],
        [
            (policy, *("; ".join(one.get(word, ())) for word in words))
            for policy, one in found.items()
        ],
        title=f"In short, against {results.baseline}",
    )


def _legend(results: Results, asked: Sequence[Comparison]) -> str:
    tests = max((row.tests for row in asked), default=0)
    these = "this one test" if tests == 1 else f"the {tests:,} tests of these tables"
    said = (
        "better in: share of worlds (ties half). p (Holm): Wilcoxon's signed-rank test, adjusted"
        f" by Holm for {these}. better, worse: the interval leaves 0 out, and p (Holm) is below"
        f" {LEVEL:g}."
    )
    names = {row.outcome for row in asked}
    if any(outcome.time for outcome in results.outcomes if outcome.name in names):
        said += " Times: means up to the horizon; reached: share of worlds that got there."
    return said


def too_few(rows: Sequence[Comparison]) -> str | None:
    """Say that no verdict can be reached, if there are too few pairs for any."""
    tested = [row for row in rows if not math.isnan(row.p)]
    needed = fewest_pairs(len(tested), LEVEL)
    pairs = max((row.pairs for row in tested), default=needed)
    if pairs >= needed:
        return None
    worlds = f"{pairs} world is" if pairs == 1 else f"{pairs} worlds are"
    return f"{worlds} too few for any verdict here; about {needed} would do."


def _print_comparison(
    results: Results, outcome: Outcome, rows: Sequence[Comparison]
) -> tuple[str, ...]:
    columns = [
        Column("policy"),
        Column("mean", "number"),
        Column("difference", "number"),
        Column("95% interval", "number"),
        Column("better in", "number", spare=3),
        Column("p (Holm)", "number", spare=1),
        Column("verdict"),
        *([Column("reached", "number", spare=2)] if outcome.time else ()),
    ]
    base = results.policies.index(results.baseline)
    usable = results.restricted(outcome)[base]
    digits = digits_of(rows)
    first = [results.baseline, number(_mean(usable), digits=digits), "baseline", "", "", "", ""]
    if outcome.time:
        first.append(percent(_mean(np.isfinite(results.row(outcome, results.baseline)))))
    lines = [first]
    for row in rows:
        cells = [
            row.policy,
            number(row.mean, digits=digits),
            *_interval(row, digits),
            percent(row.probability_better),
            p_value(row.p_adjusted),
            verdict(row),
        ]
        lines.append([*cells, *([percent(row.reached)] if outcome.time else [])])
    title = f"{outcome.label} ({outcome.unit}; {DIRECTION[outcome.better]})"
    return print_table(columns, lines, title=title)


def _interval(row: Comparison, digits: int | None) -> tuple[str, str]:
    middle, low, high = (
        number(value, sign=True, digits=digits) for value in (row.difference, row.low, row.high)
    )
    return middle, f"{low} to {high}"


def digits_of(rows: Sequence[Comparison]) -> int | None:
    """Return the digits after the point that the narrowest interval asks for, if there is one.

    More if the smallest number beside it would else be rounded away.
    """
    widths = [row.high - row.low for row in rows if row.high > row.low]
    if not widths:
        return None
    digits = min(MOST_DIGITS, max(0, math.ceil(-math.log10(min(widths) / 4))))
    shown = [
        abs(value)
        for row in rows
        for value in (row.mean, row.mean_baseline, row.difference, row.low, row.high)
        if value and math.isfinite(value)
    ]
    least, most = min(shown), min(MOST_DIGITS, digits + MORE_DIGITS)
    while digits < most and abs(round(least, digits) - least) > MOST_ROUNDING * least:
        digits += 1
    return digits


def print_outcomes(results: Results, asked: Sequence[Outcome] | None = None) -> None:
    """Print what one policy gave: the values of one lane, or their distribution.

    Parameters
    ----------
    asked
        Outcomes to show; all of the whole run if left out.
    """
    every = [outcome for outcome in results.outcomes if outcome.is_whole]
    outcomes = every if asked is None else asked
    policy = results.policies[0]
    single = results.replications == 1
    say(
        f"{results.scenario} under {policy}: {results.replications:,} world"
        f"{'' if single else 's'}, seed {results.seed}"
    )
    columns = [Column("outcome"), Column("unit", spare=1), Column("better", spare=2)]
    if single:
        columns.append(Column("value", "number"))
    else:
        headings = ("mean", "5%", "median", "95%", "reached")
        columns += [Column(heading, "number") for heading in headings]
    lines = [_one(results, o) if single else _many(results, o) for o in outcomes]
    left_out = print_table(columns, lines)
    if not single and any(outcome.time for outcome in outcomes):
        say("Times that were not reached count as the horizon.")
    tell_left_out(left_out)


def _one(results: Results, outcome: Outcome) -> list[str]:
    values = results.row(outcome, results.policies[0])
    absent = "not reached" if outcome.time else "undefined"
    shown = number(float(values[0])) if np.isfinite(values).any() else absent
    shown = shown if values.size else "-"  # an error of the program ended the lane
    return [outcome.label, outcome.unit, outcome.better, shown]


def _many(results: Results, outcome: Outcome) -> list[str]:
    usable = results.restricted(outcome)[0]
    reached = _mean(np.isfinite(results.row(outcome, results.policies[0])))
    return [
        *(outcome.label, outcome.unit, outcome.better),
        *(number(_mean(usable)), *map(number, _quantiles(usable))),
        percent(reached) if outcome.time else "",
    ]


def is_clear(row: Comparison) -> bool:
    """Tell whether both the interval and the test say that there is a difference."""
    return row.p_adjusted < LEVEL and (row.low > 0 or row.high < 0)


def verdict(row: Comparison) -> str:
    """Say whether a policy is better or worse, if the interval and the test both say so."""
    if not is_clear(row):
        return "same" if row.low == row.high == 0 else "unclear"
    return "better" if row.is_better else "worse"


def _mean(values: F64 | np.ndarray[tuple[int], np.dtype[np.bool_]]) -> float:
    known = np.asarray(values, np.float64)
    known = known[np.isfinite(known)]
    return float(known.mean()) if known.size else math.nan


def _quantiles(values: F64) -> tuple[float, float, float]:
    known = values[np.isfinite(values)]
    if not known.size:
        return math.nan, math.nan, math.nan
    low, middle, high = np.quantile(known, (0.05, 0.5, 0.95)).tolist()
    return low, middle, high

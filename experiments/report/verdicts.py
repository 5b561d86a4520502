"""Sentences about comparisons, by rule: what may be said, and how sure it is.

A difference is *sure* if its 95% interval leaves zero out and p, adjusted for all that is asked
together, is below 0.05: the same rule by which `compare` says *better* and *worse*. What is not
sure is never called better or worse; what it may still be is told by its interval.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from experiments.outcomes import Comparison
from experiments.report.content import Sentence, Verdict
from experiments.terminal import LEVEL, digits_of, is_clear, number, p_value, percent, too_few

SMALL: Final = 0.01
"""A difference smaller than this part of the baseline's mean is called small."""
VERY_SURE: Final = 0.001


def sentence(row: Comparison) -> Sentence:
    """Say what a comparison found, with its interval and how sure it is."""
    if math.isnan(row.difference):
        text = f"{row.label}: no world has a value under both {row.policy} and {row.baseline}."
        return Sentence(text, "unsaid", "without a pair of values nothing is compared")
    if row.low == row.high == 0:
        text = f"{row.label}: the same as under {row.baseline} in every world."
        return Sentence(text, "open", f"{row.pairs:,} worlds, none of which differs")
    if math.isnan(row.low):
        text = f"{row.label}: {_by(row)} in the only world; one world has no interval."
        return Sentence(text, "unsaid", "chance cannot be told from one world")
    if math.isnan(row.p):
        text = f"{row.label}: {_by(row)} {_interval(row)}; it is described and not tested."
        return Sentence(text, "unsaid", "the scenario declares this outcome as not tested")
    return _sure(row) if is_clear(row) else _open(row)


def _sure(row: Comparison) -> Sentence:
    better = "better" if row.is_better else "worse"
    small = "; the whole interval is below 1% of it" if is_small(row) else ""
    text = f"{row.label}: {_by(row)} {_interval(row)}{_share(row)}, which is {better}{small}."
    grade = "very sure" if row.p_adjusted < VERY_SURE else "sure"
    share = row.probability_better if row.is_better else 1 - row.probability_better
    how = f"{grade}: the interval leaves 0 out, and {_test(row)}; {better} in {percent(share)} of"
    return Sentence(text, "sure", f"{how} {row.pairs:,} worlds{_reached(row)}")


def _open(row: Comparison) -> Sentence:
    if is_small(row):
        text = (
            f"{row.label}: no difference that counts; whatever it is, it lies within"
            f" {_interval(row)}, less than 1% of {row.baseline} either way."
        )
    else:
        text = (
            f"{row.label}: no difference from {row.baseline} is shown; it may be anything within"
            f" {_interval(row)}."
        )
    why = "the interval holds 0" if row.low <= 0 <= row.high else "the interval leaves 0 out"
    joined = "and" if row.low <= 0 <= row.high else "but"
    how = f"{why}, {joined} {_test(row)}; {row.pairs:,} worlds{_reached(row)}"
    return Sentence(text, "open", f"not sure: {how}")


def is_small(row: Comparison) -> bool:
    """Whether the whole interval is within `SMALL` of the baseline's mean, either way."""
    widest = max(abs(row.low), abs(row.high))
    return 0 < widest < SMALL * abs(row.mean_baseline)


def _by(row: Comparison) -> str:
    way = "higher" if row.difference > 0 else "lower"
    size = number(abs(row.difference), digits=digits_of([row]))
    return f"{way} than under {row.baseline} by {size} {row.unit}"


def _interval(row: Comparison) -> str:
    low, high = (number(x, sign=True, digits=digits_of([row])) for x in (row.low, row.high))
    return f"[{low} to {high} {row.unit}]"


def _share(row: Comparison) -> str:
    if not row.mean_baseline:
        return ""
    return f" ({100 * row.difference / abs(row.mean_baseline):+,.0f}%)"


def _test(row: Comparison) -> str:
    tests = "1 test" if row.tests == 1 else f"{row.tests:,} tests"
    is_below = row.p_adjusted < LEVEL
    p = p_value(row.p_adjusted)
    told = p.replace("<", "< ") if p.startswith("<") else f"= {p}"
    return f"p {told}, adjusted for {tests}, is {'' if is_below else 'not '}below {LEVEL:g}"


def _reached(row: Comparison) -> str:
    if math.isnan(row.reached):
        return ""
    low, high = percent(row.reached_low), percent(row.reached_high)
    return (
        f"; reached in {percent(row.reached)} of them [{low} to {high}], under {row.baseline} in"
        f" {percent(row.reached_baseline)}"
    )


def verdict(policy: str, rows: Sequence[Comparison]) -> Verdict:
    """Return what is said of an alternative in all that is asked about: what is sure first."""
    told = [(row, sentence(row)) for row in rows if row.policy == policy]
    order = sorted(told, key=lambda one: (one[1].sure != "sure", one[1].sure == "unsaid"))
    return Verdict(policy, _short([row for row, _ in told]), tuple(said for _, said in order))


def _short(rows: Sequence[Comparison]) -> str:
    better = [row.label for row in rows if is_clear(row) and row.is_better]
    worse = [row.label for row in rows if is_clear(row) and not row.is_better]
    rest = len(rows) - len(better) - len(worse)
    parts = [
        f"Surely better in {_of(better)}" if better else "Surely better in nothing",
        f"surely worse in {_of(worse)}" if worse else "surely worse in nothing",
    ]
    if rest:
        parts.append(f"{rest} of {len(rows)} open")
    return f"{'; '.join(parts)}."


def _of(labels: Sequence[str]) -> str:
    return f"{len(labels)} ({', '.join(labels)})"


def conclusions(rows: Sequence[Comparison]) -> tuple[str, ...]:
    """Say what follows for all alternatives together, by rules of which exactly one speaks."""
    warning = too_few(rows)
    if warning is not None:
        return (warning[0].upper() + warning[1:],)
    policies = list(dict.fromkeys(row.policy for row in rows))
    clear = [row for row in rows if is_clear(row)]
    gains = {row.policy for row in clear if row.is_better}
    losses = {row.policy for row in clear if not row.is_better}
    free = [name for name in policies if name in gains - losses]
    base = rows[0].baseline if rows else ""
    if free:
        verb = "is" if len(free) == 1 else "are"
        return (
            (
                f"Of what is asked, {_named(free)} {verb} surely better than {base} in something"
                " and"
                " surely worse in nothing. What is open below may still be a price."
            ),
        )
    if gains:
        return (
            (
                f"Nothing comes free: every alternative that is surely better than {base} in"
                " something"
                " is surely worse in something else. Which weighs more is not for a program to say."
            ),
        )
    if losses:
        return (f"No alternative is surely better than {base} in anything that is asked.",)
    return (f"No difference from {base} is sure, in anything that is asked.",)


def _named(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)

"""Tables of an assessment: what every measure does, alone and together, and what does nothing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, get_args

from experiments.analysis import TOGETHER
from experiments.terminal import (
    DIRECTION,
    Column,
    number,
    print_table,
    say,
    tell_left_out,
    too_few,
)
from scenarios.schema import Guideline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from experiments.analysis import Assessed, MeasureEffect, MeasureFound, Share

THOUSANDS: Final = 10_000
TINY: Final = 0.001
"""Sizes from which, and below which, numbers in rows of many are shortened."""

REASONS: Final = {
    "overlaps": "beside the others it does surely less than alone, and nothing that can be told",
    "needs others": "beside the others it does surely more than alone, where nothing can be told",
    "seen alone": "beside the others nothing can be told from chance",
    "seen last": "alone nothing can be told from chance",
    "not seen": "something moves, but no difference can be told from chance",
    "moves nothing": "no outcome asked about is another one in any of the worlds it ran in",
}


def print_assessment(found: Assessed) -> None:
    """Print effects under each policy, then what measures do together and what to make of them."""
    say(
        f"{found.scenario}: {len(found.measures):,} measures, {found.worlds:,} worlds, seed"
        f" {found.seed}; differences from the same policy without them, in the same worlds"
    )
    left_out: dict[str, None] = {}
    for policy in found.policies:
        left_out |= dict.fromkeys(_print_effects(found, policy))
    _print_legend(found)
    warning = too_few([effect.row for effect in found.effects])
    if warning is not None:
        say(warning)
    for policy in found.policies:
        left_out |= dict.fromkeys(_print_verdicts(found, policy))
        left_out |= dict.fromkeys(_print_groups(found, policy))
        left_out |= dict.fromkeys(_print_shares(found, policy))
    left_out |= dict.fromkeys(_print_prices(found))
    left_out |= dict.fromkeys(_print_joints(found))
    for line in _idle_lines(found, told=warning is None):
        say(line)
    tell_left_out(left_out)


def _print_effects(found: Assessed, policy: str) -> tuple[str, ...]:
    names = [outcome.name for outcome in found.outcomes]
    rows = [(one.name, *_cells(one.under(policy, "alone"), names)) for one in found.measures]
    together = {one.row.outcome: one for one in found.together if one.policy == policy}
    if together:
        rows.append((TOGETHER, *_cells(together, names)))
    columns = [Column("measure"), *(Column(str(n), "number") for n in range(1, len(names) + 1))]
    return print_table(columns, rows, title=f"Each alone under {policy}, then all together")


def _cells(effects: dict[str, MeasureEffect], names: list[str]) -> Iterator[str]:
    for name in names:
        effect = effects[name]
        if not effect.row.pairs:
            yield "-"
        elif not effect.moved:
            yield "0"
        else:
            sign = ("+" if effect.row.is_better else "!") if effect.is_clear else ""
            yield f"{_short(effect.row.difference)}{sign}"


def _short(value: float) -> str:
    """Write a number in few letters: many stand in a row."""
    if abs(value) >= THOUSANDS:
        return f"{value / 1_000:+,.0f}k"
    return "~0" if abs(value) < TINY else number(value, sign=True)


def _print_legend(found: Assessed) -> None:
    before = {
        (one.policy, one.row.outcome): one.row.mean_baseline
        for one in found.together or found.measures[0].effects
        if one.way == "alone"
    }
    several = len(found.policies) > 1
    print_table(
        [
            Column(""), Column("outcome", "text"), Column("unit", "text"), Column("better"),
            *(
                Column(f"without any, {policy}" if several else "without any", "number")
                for policy in found.policies
            ),
        ],
        [
            (
                str(place),
                one.label,
                one.unit,
                DIRECTION[one.better].split()[0],
                *(number(before[policy, one.name]) for policy in found.policies),
            )
            for place, one in enumerate(found.outcomes, start=1)
        ],
    )  # fmt: skip
    say(
        "+ better, ! worse, for sure: the 95% interval leaves 0 out, and p, adjusted by Holm for"
        f" all {found.tests:,} tests, is below 0.05. 0: no world is another one; ~0: less than"
        " 0.001; k: thousands. Intervals: measures.csv."
    )


def _print_verdicts(found: Assessed, policy: str) -> tuple[str, ...]:
    places = {outcome.name: str(n) for n, outcome in enumerate(found.outcomes, start=1)}
    rows = []
    for one in found.measures:
        clear = [e for e in one.under(policy, "alone").values() if e.is_clear]
        better = [places.get(e.row.outcome, e.row.outcome) for e in clear if e.row.is_better]
        worse = [places.get(e.row.outcome, e.row.outcome) for e in clear if not e.row.is_better]
        rows.append(
            (
                one.name,
                one.verdict(policy),
                ", ".join(better),
                ", ".join(worse),
                _as_expected(one, policy),
                "" if math.isnan(one.cost_meur) else number(one.cost_meur),
            )
        )
    columns = [
        Column("measure"),
        Column("verdict"),
        Column("better", "text"),
        Column("worse", "text"),
        Column("as expected"),
        Column("M\u20ac", "number", spare=1),
    ]
    return print_table(columns, rows, title=f"In short, under {policy}")


def _print_groups(found: Assessed, policy: str) -> tuple[str, ...]:
    """Print what the measures of each objective and of each guideline surely do."""
    groups: dict[str, list[MeasureFound]] = {}
    for which in sorted({one.objective for one in found.measures if one.objective is not None}):
        of_it = [one for one in found.measures if one.objective == which]
        groups[f"objective {which}"] = of_it
    for guideline in get_args(Guideline):
        of_it = [one for one in found.measures if guideline in one.guidelines]
        if of_it:
            groups[f"guideline {guideline}"] = of_it
    rows = [
        (
            name,
            str(len(measures)),
            *(_who(found, policy, measures, better=better) for better in (True, False)),
        )
        for name, measures in groups.items()
    ]
    if not rows:
        return ()
    columns = [
        Column("of"),
        Column("measures", "number"),
        Column("better", "text"),
        Column("worse", "text"),
    ]
    title = f"By objective and by guideline of the strategy, under {policy}: each alone"
    return print_table(columns, rows, title=title)


def _who(found: Assessed, policy: str, measures: Iterable[MeasureFound], *, better: bool) -> str:
    """Return which outcomes get surely better or worse, each with the measures that do it."""
    told = []
    for place, outcome in enumerate(found.outcomes, start=1):
        effects = {one.name: one.under(policy, "alone")[outcome.name] for one in measures}
        names = [n for n, e in effects.items() if e.is_clear and e.row.is_better == better]
        if names:
            told.append(f"{place} by {', '.join(names)}")
    return "; ".join(told)


def _as_expected(one: MeasureFound, policy: str) -> str:
    judged = list(one.judged(policy).values())
    return f"{judged.count('as expected')} of {len(judged)}" if judged else ""


def _print_shares(found: Assessed, policy: str) -> tuple[str, ...]:
    """Print the shares of the leading measures in what they do together, if there are any."""
    mine = [one for one in found.shares if one.policy == policy]
    if not mine:
        return ()
    leading = list(dict.fromkeys(one.measure for one in mine))
    rows = []
    for place, outcome in enumerate(found.outcomes, start=1):
        of_it = {one.measure: one for one in mine if one.outcome == outcome.name}
        cells = [_share(of_it[name]) for name in leading]
        rows.append((str(place), *cells, number(of_it[leading[0]].whole, sign=True)))
    how = "all" if mine[0].is_exact else "some"
    return print_table(
        [Column("outcome"), *(Column(name, "number") for name in leading), Column("together")],
        rows,
        title=f"Shares in what the leading measures do together under {policy} (Shapley's, mean"
        f" over {how} {mine[0].orders:,} orders; *: the 95% interval leaves 0 out)",
    )


def _share(one: Share) -> str:
    sure = "*" if one.low > 0 or one.high < 0 else ""
    return f"{number(one.mean, sign=True)}{sure}"


def _print_prices(found: Assessed) -> tuple[str, ...]:
    if not found.prices:
        return ()
    labels = {outcome.name: outcome.label for outcome in found.outcomes}
    rows = [
        (
            one.measure,
            *((one.policy,) if len(found.policies) > 1 else ()),
            f"{labels[one.outcome]} ({one.unit})",
            number(one.eur),
            number(one.hours, sign=True),
        )
        for one in found.prices
    ]
    columns = [
        Column("measure"),
        *((Column("policy"),) if len(found.policies) > 1 else ()),
        Column("effect", "text"),
        Column("\u20ac a unit", "number"),
        Column("hours of work a unit", "number"),
    ]
    return print_table(columns, rows, title="What a unit of effect takes, where it is sure")


def _print_joints(found: Assessed) -> tuple[str, ...]:
    """Print what measures do together beyond the sum of each, where that is sure."""
    labels = {outcome.name: outcome.label for outcome in found.outcomes}
    several = len(found.policies) > 1
    rows = [
        (
            " + ".join(one.measures if len(one.measures) > 1 else (*one.measures, "the rest")),
            *((one.policy,) if several else ()),
            f"{labels[one.outcome]} ({one.unit})",
            f"{number(one.difference, sign=True)}",
            f"{number(one.low, sign=True)} to {number(one.high, sign=True)}",
            one.word.split()[0],
        )
        for one in found.joints
        if one.word != "unclear"
    ]
    if not rows:
        say("No two measures, and none with the rest, differ for sure from the sum of each alone.")
        return ()
    columns = [
        Column("measures"),
        *((Column("policy"),) if several else ()),
        Column("outcome", "text"),
        Column("beyond the sum", "number"),
        Column("95% interval", "number"),
        Column("which is"),
    ]
    title = "Together more or less than the sum of each alone, where it is sure"
    return print_table(columns, rows, title=title)


def _idle_lines(found: Assessed, *, told: bool) -> Iterator[str]:
    """Say what does little or nothing, and why; and what came out otherwise, if that is told."""
    for policy in found.policies:
        for verdict, reason in REASONS.items():
            names = [one.name for one in found.measures if one.verdict(policy) == verdict]
            if names:
                under = f" under {policy}" if len(found.policies) > 1 else ""
                yield f"{verdict.capitalize()}{under}: {', '.join(names)}. {_sentence(reason)}"
        if told:
            yield from _unmet(found, policy)
    if found.untouched:
        yield f"Touches nothing in {found.scenario}: {', '.join(found.untouched)}."


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _unmet(found: Assessed, policy: str) -> Iterator[str]:
    """Say which outcomes measures were expected to move and did not, or the other way."""
    for word, what in (("not seen", "not seen"), ("the opposite", "the opposite is seen")):
        unmet = [
            f"{one.name} {outcome}"
            for one in found.measures
            for outcome, judged in one.judged(policy).items()
            if judged == word
        ]
        if unmet:
            yield f"Expected under {policy}, and {what}: {', '.join(unmet)}."

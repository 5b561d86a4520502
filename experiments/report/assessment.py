"""The answer of an assessment: what each measure does, by objective, alone and with the others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from experiments.report.charts import FILL, INK, POINT, RULE, WIDTH, plain_name, whole
from experiments.report.content import Chart, Section, Spec, Table, Verdict, View
from experiments.report.verdicts import sentence
from experiments.terminal import DIRECTION, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from experiments.analysis import Assessed, MeasureEffect, MeasureFound
    from experiments.outcomes import Outcome

VERDICTS: Final = {
    "seen": "It does something alone, and beside the others.",
    "overlaps": "It does something alone, and surely less beside the others.",
    "needs others": "It does something beside the others, and surely more than alone.",
    "seen alone": "It does something alone; beside the others nothing is shown.",
    "seen last": "It does something beside the others; alone nothing is shown.",
    "not seen": "Something moved, but nothing can be told from chance.",
    "moves nothing": "No outcome that is asked about is another one in any world.",
}
NO_OBJECTIVE: Final = "no objective"


def sections(found: Assessed) -> Iterator[Section]:
    """Give what an assessment found."""
    yield Section(
        "verdict",
        "Verdict",
        (
            (
                f"{len(found.measures):,} measures touch something in this scenario. Each is set"
                " alone"
                " beside none, and all are set beside all but that one. In brackets is the 95%"
                " interval"
                f" of the difference; p is adjusted for all {found.tests:,} tests together."
            ),
        ),
        verdicts=tuple(
            _verdict(measure, policy) for policy in found.policies for measure in found.measures
        ),
    )
    yield Section(
        "questions",
        "Effects of measures by objective",
        (
            (
                "Each measure alone, beside the same policy without it. Filled: sure. The broken"
                " line is"
                " no difference. Measures stand in the order of the strategy's objectives."
            ),
        ),
        charts=tuple(
            _by_objective(found, outcome, policy)
            for policy in found.policies
            for outcome in found.outcomes
        ),
    )
    yield Section(
        "together",
        "What measures do together, and what they take",
        (
            (
                "All measures beside none; what a unit of each wanted and sure effect takes in"
                " money"
                " and"
                " hours of work, where a cost is known; and measures that touch nothing here."
            ),
        ),
        tables=tuple(table for table in (_together(found), _prices(found)) if table.rows),
        items=tuple(f"{name}: {meaning}" for name, meaning in found.untouched.items()),
    )


def _verdict(measure: MeasureFound, policy: str) -> Verdict:
    effects = [
        one
        for one in measure.effects
        if one.policy == policy and one.way == "alone" and one.row.outcome in measure.asked
    ]
    said = [sentence(replace(one.row, baseline=f"{policy} without it")) for one in effects]
    order = sorted(said, key=lambda one: one.sure != "sure")
    short = f"{measure.meaning.rstrip('.')}. {VERDICTS[measure.verdict(policy)]}"
    return Verdict(f"{measure.name}, under {policy}", short, tuple(order))


def _objective(measure: MeasureFound) -> str:
    return NO_OBJECTIVE if measure.objective is None else f"objective {measure.objective}"


def _by_objective(found: Assessed, outcome: Outcome, policy: str) -> Chart:
    title = f"{outcome.label} under {policy} ({outcome.unit}; {DIRECTION[outcome.better]})"
    effects = [
        (measure, effect)
        for measure in found.measures
        if (effect := measure.under(policy, "alone").get(outcome.name)) is not None
    ]
    lines = tuple(
        (measure.name, _objective(measure), measure.meaning, *_cells(effect))
        for measure, effect in effects
    )
    headings = ("measure", "objective", "meaning", "difference", "sure")
    table = Table(title, headings, lines, frozenset({1, 2, 4}))
    describes = "; ".join(f"{line[0]} {line[3]}" for line in lines)
    return Chart(
        f"measures-{plain_name(policy)}-{plain_name(outcome.name)}",
        title,
        f"{title}. Differences: {describes}.",
        (View("difference", whole(_spec(effects, outcome), title)),),
        table,
    )


def _cells(effect: MeasureEffect) -> tuple[str, str]:
    row = effect.row
    low, high = number(row.low, sign=True), number(row.high, sign=True)
    word = "no"
    if effect.is_clear:
        word = "yes, better" if row.is_better else "yes, worse"
    return f"{number(row.difference, sign=True)} [{low} to {high}]", word


def _spec(effects: Sequence[tuple[MeasureFound, MeasureEffect]], outcome: Outcome) -> Spec:
    rows = [
        {
            "name": measure.name,
            "objective": _objective(measure),
            "at": effect.row.difference,
            "low": effect.row.low if math.isfinite(effect.row.low) else None,
            "high": effect.row.high if math.isfinite(effect.row.high) else None,
            "sure": FILL[not effect.is_clear],
        }
        for measure, effect in effects
        if math.isfinite(effect.row.difference)
    ]
    objectives = sorted(dict.fromkeys(str(row["objective"]) for row in rows))
    x = {"type": "quantitative", "title": f"{outcome.unit}, difference"}
    y = {"field": "name", "type": "nominal", "title": None}
    layers: list[Spec] = [
        {
            "mark": {"type": "rule", "color": RULE, "strokeDash": [5, 3]},
            "encoding": {"x": {"datum": 0, **x}},
        },
        {
            "transform": [{"filter": "datum.low !== null && datum.high !== null"}],
            "mark": {"type": "rule", "color": INK, "strokeWidth": 2},
            "encoding": {"y": y, "x": {"field": "low", **x}, "x2": {"field": "high"}},
        },
        {
            "mark": POINT,
            "encoding": {
                "y": y,
                "x": {"field": "at", **x},
                "fill": {
                    "field": "sure", "type": "nominal", "legend": None,
                    "scale": {"domain": list(FILL), "range": [INK, "white"]},
                },
            },
        },
    ]  # fmt: skip
    panels = []
    for objective in objectives:
        held = [row for row in rows if row["objective"] == objective]
        panels.append(
            {
                "title": objective,
                "width": WIDTH,
                "height": 24 * len(held),
                "data": {"values": held},
                "layer": layers,
            }
        )
    return {"vconcat": panels, "resolve": {"scale": {"x": "shared", "fill": "shared"}}}


def _together(found: Assessed) -> Table:
    rows = tuple((f"{one.row.label} ({one.row.unit}), under {one.policy}", *_cells(one))
                 for one in found.together)  # fmt: skip
    return Table(
        "All measures beside none", ("outcome", "difference", "sure"), rows, frozenset({2})
    )


def _prices(found: Assessed) -> Table:
    labels = {outcome.name: outcome.label for outcome in found.outcomes}
    rows = tuple(
        (one.measure, one.policy, f"{labels[one.outcome]} ({one.unit})", number(one.eur),
         number(one.hours))
        for one in found.prices
        if math.isfinite(one.eur) or math.isfinite(one.hours)
    )  # fmt: skip
    headings = ("measure", "policy", "a unit of", "euro", "hours of work")
    return Table("What a unit takes", headings, rows, frozenset({1, 2}))

"""What came in each year, and where the order of alternatives turns."""

from __future__ import annotations

import math
from collections.abc import Sequence

from experiments.outcomes import Outcome, Results, Turn, YearMean, turns, year_means, years_of
from experiments.report.charts import INK, POINT, WIDTH, plain_name, shape_of, whole
from experiments.report.content import Chart, Section, Spec, Table, View
from experiments.terminal import DIRECTION, number


def by_year(results: Results, asked: Sequence[Outcome]) -> Section | None:
    """Return a chart for each outcome that is told by year; None if there is none."""
    told = [outcome for outcome in asked if years_of(results, outcome)]
    if not told or not results.done.any():
        return None
    means = year_means(results)
    found = turns(results, told) if len(results.policies) > 1 else []
    items = [turned(turn) for turn in found] or ["No order of two alternatives surely turns."]
    return Section(
        "years",
        "From year to year",
        (
            (
                "Means of each year with 95% intervals. An order turns if it is surely one way in"
                " one year and surely the other in another; p is adjusted for every pair and year."
            ),
        ),
        items=tuple(items),
        charts=tuple(
            _chart(results, one, [mean for mean in means if mean.outcome == one.name])
            for one in told
        ),
    )


def turned(turn: Turn) -> str:
    """Say how the order of two alternatives turns."""
    better = _interval(turn.difference, turn.low, turn.high)
    worse = _interval(turn.worse_difference, turn.worse_low, turn.worse_high)
    return (
        f"{turn.label}: {turn.policy} is better than {turn.other} in {turn.better_in} ({better}"
        f" {turn.unit}) and worse in {turn.worse_in} ({worse} {turn.unit})."
    )


def _interval(at: float, low: float, high: float) -> str:
    ends = f"{number(low, sign=True)} to {number(high, sign=True)}"
    return f"{number(at, sign=True)} [{ends}]"


def _chart(results: Results, outcome: Outcome, means: Sequence[YearMean]) -> Chart:
    title = f"{outcome.label} ({outcome.unit}; {DIRECTION[outcome.better]})"
    years = list(dict.fromkeys(mean.year for mean in means))
    lines = [(year, *(_cell(means, policy, year) for policy in results.policies)) for year in years]
    first, last = lines[0], lines[-1]
    describes = (
        f"{title}, by year. In {first[0]}: {_told(results.policies, first[1:])}. In {last[0]}:"
        f" {_told(results.policies, last[1:])}."
    )
    return Chart(
        name=f"years-{plain_name(outcome.name)}",
        title=title,
        describes=describes,
        views=(View("value", whole(_spec(results, means, outcome), title)),),
        table=Table(title, ("year", *results.policies), tuple(lines)),
    )


def _told(policies: Sequence[str], cells: Sequence[str]) -> str:
    return "; ".join(f"{policy} {cell}" for policy, cell in zip(policies, cells, strict=True))


def _cell(means: Sequence[YearMean], policy: str, year: str) -> str:
    mean = next(one for one in means if one.policy == policy and one.year == year)
    if not math.isfinite(mean.low):
        return number(mean.mean)
    return f"{number(mean.mean)} [{number(mean.low)} to {number(mean.high)}]"


def _spec(results: Results, means: Sequence[YearMean], outcome: Outcome) -> Spec:
    rows = [
        {"name": one.policy, "year": one.year, "at": one.mean, "low": one.low, "high": one.high}
        for one in means
        if math.isfinite(one.low)
    ]
    years = list(dict.fromkeys(one.year for one in means))
    x = {
        "field": "year",
        "type": "nominal",
        "sort": years,
        "title": None,
        "axis": {"labelAngle": 0},
    }
    offset = {"field": "name", "type": "nominal", "sort": list(results.policies)}
    y = {"type": "quantitative", "title": outcome.unit}
    return {
        "width": WIDTH + 60,
        "height": 190,
        "data": {"values": rows},
        "encoding": {"x": x, "xOffset": offset},
        "layer": [
            {
                "mark": {"type": "rule", "color": INK, "strokeWidth": 1.5},
                "encoding": {"y": {"field": "low", **y}, "y2": {"field": "high"}},
            },
            {
                "mark": {**POINT, "fill": INK},
                "encoding": {
                    "y": {"field": "at", **y, "scale": {"zero": False}},
                    "shape": shape_of(results.policies),
                },
            },
        ],
    }

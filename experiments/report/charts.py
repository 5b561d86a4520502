"""Charts as specifications of Vega-Lite: data and marks, nothing that is looked up elsewhere.

All are readable in grey: what differs is told apart by place, shape and filling, and by words in
the table beside each. Text from run directories stands in data and titles, never in expressions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from experiments.report.content import Spec
from experiments.report.estimates import MEAN, Standing

SCHEMA: Final = "https://vega.github.io/schema/vega-lite/v6.json"
"""What the specifications are; nobody looks it up."""

WIDTH: Final = 430
PANEL: Final = 205
ROW: Final = 44
"""Height of an alternative."""
INK: Final = "#1f3a5f"
PALE: Final = "#7a7a7a"
RULE: Final = "#8a8a8a"
SHAPES: Final = (
    "circle", "square", "diamond", "triangle-up", "cross", "triangle-down", "triangle-right",
    "triangle-left",
)  # fmt: skip
KINDS: Final = ("mean", "10th percentile", "median", "90th percentile")
KIND_SHAPES: Final = ("circle", "triangle-right", "diamond", "triangle-left")
CONFIG: Final[Spec] = {
    "background": "white",
    "font": "sans-serif",
    "view": {"stroke": "#cccccc"},
    "axis": {
        "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "labelLimit": 230,
        "gridColor": "#e6e6e6", "domainColor": "#555555", "tickColor": "#555555",
        "labelColor": "#111111", "titleColor": "#111111",
    },
    "legend": {
        "labelFontSize": 12, "titleFontSize": 12, "orient": "bottom", "columns": 4,
        "labelLimit": 300, "symbolStrokeColor": INK, "symbolFillColor": INK,
    },
    "header": {"labelFontSize": 12, "titleFontSize": 12, "labelLimit": 300},
    "title": {"fontSize": 12, "fontWeight": "normal", "anchor": "start"},
}  # fmt: skip
FILL: Final = ("sure", "not sure")
POINT: Final[Spec] = {
    "type": "point",
    "color": INK,
    "size": 75,
    "strokeWidth": 1.5,
    "opacity": 1,
}


def whole(spec: Spec, describes: str) -> Spec:
    """Return a specification that stands by itself."""
    return {"$schema": SCHEMA, "description": describes, **spec}


def standings_chart(
    standings: Sequence[Standing], title: str, rule: float | None, sure: Mapping[str, bool]
) -> Spec:
    """Return a chart of means and percentiles, a row for each alternative.

    Parameters
    ----------
    title
        What stands across.
    rule
        Where a line stands for the baseline: its mean, or zero.
    sure
        Of each alternative whether its difference is; those that are not named have filled marks.
    """
    names = [one.policy for one in standings]
    rows = [
        {
            "name": one.policy,
            "kind": mark.kind,
            "line": "mean" if mark.kind == MEAN else "percentiles",
            "width": 3 if mark.kind == MEAN else 1,
            "at": mark.at,
            "low": _known(mark.low),
            "high": _known(mark.high),
            "sure": FILL[not sure.get(one.policy, True)],
        }
        for one in standings
        for mark in one.marks
        if math.isfinite(mark.at)
    ]
    y = {"field": "name", "type": "nominal", "sort": names, "title": None}
    offset = {"field": "line", "type": "nominal", "sort": ["mean", "percentiles"]}
    x = {"type": "quantitative", "title": title, "scale": {"zero": False, "nice": True}}
    layers: list[Spec] = [
        {
            "transform": [{"filter": "datum.low !== null && datum.high !== null"}],
            "mark": {"type": "rule", "color": INK},
            "encoding": {
                "x": {"field": "low", **x},
                "x2": {"field": "high"},
                "strokeWidth": {"field": "width", "type": "quantitative", "scale": None},
            },
        },
        {
            "mark": POINT,
            "encoding": {
                "x": {"field": "at", **x},
                "shape": {
                    "field": "kind", "type": "nominal", "title": None, "sort": list(KINDS),
                    "scale": {"domain": list(KINDS), "range": list(KIND_SHAPES)},
                },
                "fill": {
                    "field": "sure", "type": "nominal", "legend": None,
                    "scale": {"domain": list(FILL), "range": [INK, "white"]},
                },
            },
        },
    ]  # fmt: skip
    if rule is not None and math.isfinite(rule):
        layers.insert(0, _rule(rule, x))
    return {
        "width": WIDTH,
        "height": ROW * len(names),
        "data": {"values": rows},
        "encoding": {"y": y, "yOffset": offset},
        "layer": layers,
    }


def _rule(at: float, x: Mapping[str, Any]) -> Spec:
    """Return a line from top to bottom."""
    return {
        "data": {"values": [{"rule": at}]},
        "mark": {"type": "rule", "color": RULE, "strokeDash": [5, 3], "strokeWidth": 1.5},
        "encoding": {"x": {"field": "rule", **x}, "y": None, "yOffset": None},
    }


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def scatter(rows: Sequence[Mapping[str, Any]], across: Sequence[str], down: str) -> Spec:
    """Return panels of differences in one outcome (down) against others (across).

    Parameters
    ----------
    rows
        Each with `panel`, `name`, and `x`, `x_low`, `x_high`, `y`, `y_low`, `y_high`, `sure`.
    across
        Titles of the panels, in order.
    """
    names = list(dict.fromkeys(str(row["name"]) for row in rows))
    panels = [
        _panel([row for row in rows if row["panel"] == title], title, down, names)
        for title in across
    ]
    return {
        "concat": panels,
        "columns": 2,
        "spacing": 24,
        "resolve": {"scale": {"shape": "shared", "fill": "shared"}},
    }


def _panel(rows: Sequence[Mapping[str, Any]], title: str, down: str, names: Sequence[str]) -> Spec:
    room = {"axis": {"titleLimit": PANEL}}
    x = {"type": "quantitative", "title": title, **room}
    y = {"type": "quantitative", "title": down, **room}
    bar = {"type": "rule", "color": PALE}
    return {
        "width": PANEL,
        "height": PANEL,
        "data": {"values": list(rows)},
        "layer": [
            {
                "data": {"values": [{"zero": 0}]},
                "mark": {"type": "rule", "color": RULE, "strokeDash": [5, 3]},
                "encoding": {"x": {"field": "zero", **x}},
            },
            {
                "data": {"values": [{"zero": 0}]},
                "mark": {"type": "rule", "color": RULE, "strokeDash": [5, 3]},
                "encoding": {"y": {"field": "zero", **y}},
            },
            {
                "mark": bar,
                "encoding": {
                    "x": {"field": "x_low", **x},
                    "x2": {"field": "x_high"},
                    "y": {"field": "y", **y},
                },
            },
            {
                "mark": bar,
                "encoding": {
                    "x": {"field": "x", **x},
                    "y": {"field": "y_low", **y},
                    "y2": {"field": "y_high"},
                },
            },
            {
                "mark": POINT,
                "encoding": {
                    "x": {"field": "x", **x},
                    "y": {"field": "y", **y},
                    "shape": shape_of(names),
                    "fill": {
                        "field": "sure", "type": "nominal", "legend": None,
                        "scale": {"domain": list(FILL), "range": [INK, "white"]},
                    },
                },
            },
        ],
    }  # fmt: skip


def shape_of(names: Sequence[str]) -> Spec:
    """Return the encoding that gives each name a shape; from the ninth on they come again."""
    shapes = [SHAPES[place % len(SHAPES)] for place in range(len(names))]
    return {
        "field": "name", "type": "nominal", "title": None, "sort": list(names),
        "scale": {"domain": list(names), "range": shapes},
    }  # fmt: skip


def plain_name(outcome: str) -> str:
    """Return a name of letters, digits and hyphens, for a chart."""
    return "".join(sign if sign.isalnum() else "-" for sign in outcome.lower())

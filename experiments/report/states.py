"""Maps of the Member States: means over the worlds, and one lane from year to year.

Outlines are rounded to the width of a line on the page, and cut at its frame. They stand in the
page once; charts name them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from experiments.outcomes import F64, I64, Outcome, Results, StateRow, state_rows, states_of
from experiments.report.charts import plain_name, whole
from experiments.report.content import Chart, Section, Spec, Table, View
from experiments.terminal import DIRECTION, number
from scenarios.schema import NO_STATE

LAND: Final = "land"
"""Name of the outlines among the data that charts share."""
GRID_M: Final = 9_000.0
WIDTH: Final = 480
HEIGHT: Final = 486
SMALL_WIDTH: Final = 290
LEAST_POINTS: Final = 4
ABROAD: Final = "#f4f3f0"
EDGE: Final = "#555555"
PALE: Final = "#bbbbbb"
MOST_VIEWS: Final = 8
"""Alternatives that have a map of an outcome."""


def outlines(codes: Iterable[str]) -> list[dict[str, Any]]:
    """Return states, and land around them, as features in steps of `GRID_M`."""
    from experiments.figures import geometry

    found = []
    for area in geometry.areas(tuple(codes)):
        rings = [ring for one in area.rings if len(ring := _rounded(one)) >= LEAST_POINTS]
        if rings:
            shape = {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}
            found.append({"type": "Feature", "code": area.code, "geometry": shape})
    return found


def _rounded(ring: F64) -> list[list[int]]:
    """Return a ring within the frame, without points that fall together."""
    inside = _within(ring)
    new = np.append(True, np.any(np.diff(inside, axis=0), axis=1))
    kept: list[list[int]] = inside[new].tolist()
    return kept if _is_area(kept) else []


def _within(points: F64) -> I64:
    from experiments.figures import maps

    low, high = np.array((maps.EAST_M, maps.NORTH_M)).T
    inside: I64 = np.round((np.clip(points, low, high) - low) / GRID_M).astype(np.int64)
    return inside


def _is_area(ring: Sequence[Sequence[int]]) -> bool:
    return bool(ring) and all(len({point[axis] for point in ring}) > 1 for axis in (0, 1))


def _places(codes: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return where the value of each state is written."""
    from experiments.figures import geometry

    found = {}
    for area in geometry.areas(tuple(codes)):
        if area.code:
            x, y = _within(area.inner[0][None])[0]
            found[area.code] = int(x), int(y)
    return found


def by_state(results: Results, asked: Sequence[Outcome]) -> Section | None:
    """Return maps of the outcomes that are told by state; None if there is none."""
    told = [outcome for outcome in asked if states_of(results, outcome)]
    if not told or not results.done.any():
        return None
    rows = state_rows(results)
    return Section(
        "states",
        "By Member State",
        (
            (
                "Means over the worlds, of the whole run. The darker, the more. The tables have the"
                " difference of each state from the baseline with its 95% interval; these are"
                " described, not tested one by one."
            ),
        ),
        charts=tuple(
            _map(results, one, [row for row in rows if row.outcome == one.name]) for one in told
        ),
    )


def _map(results: Results, outcome: Outcome, rows: Sequence[StateRow]) -> Chart:
    parts = {code: one for code, one in states_of(results, outcome).items() if code != NO_STATE}
    means = {
        policy: {code: _mean(results.restricted(one)[point]) for code, one in parts.items()}
        for point, policy in enumerate(results.policies)
    }
    title = f"{outcome.label} by state ({outcome.unit}; {DIRECTION[outcome.better]})"
    every = [value for values in means.values() for value in values.values()]
    drawn = list(means.items())[:MOST_VIEWS]
    views = tuple(
        View(policy, whole(one_map(values, every, outcome.unit, WIDTH), f"{title}, {policy}"))
        for policy, values in drawn
    )
    most = {
        policy: max(values, key=lambda code: _or_zero(values[code])) for policy, values in drawn
    }
    describes = "; ".join(f"under {policy} most in {code}" for policy, code in most.items())
    name = f"states-{plain_name(outcome.name)}"
    return Chart(name, title, f"Map. {title}: {describes}.", views, _table(title, means, rows))


def _mean(values: F64) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else math.nan


def _or_zero(value: float) -> float:
    return value if math.isfinite(value) else 0.0


def _table(title: str, means: Mapping[str, Mapping[str, float]], rows: Sequence[StateRow]) -> Table:
    """Return a row for each state: the baseline's mean, and differences from it."""
    found = {(row.state, row.policy): row for row in rows}
    others = [policy for policy in means if any(row.policy == policy for row in rows)]
    base = next(policy for policy in means if policy not in others)
    codes = list(means[base])
    lines = []
    for code in codes:
        cells = [code, number(means[base][code])]
        for policy in others:
            row = found[code, policy]
            low, high = number(row.low, sign=True), number(row.high, sign=True)
            cells.append(f"{number(row.difference, sign=True)} [{low} to {high}]")
        lines.append(tuple(cells))
    headings = ("state", f"{base}, mean", *(f"{policy}, difference" for policy in others))
    return Table(title, headings, tuple(lines))


def one_map(values: Mapping[str, float], every: Sequence[float], title: str, width: int) -> Spec:
    """Return a map, in one hue that darkens evenly, so that it reads the same in grey.

    Parameters
    ----------
    values
        By the codes of states; what is not finite is drawn as land abroad.
    every
        All values that stand in maps of the same thing, so that all have the same shades.
    """
    from experiments.figures import maps

    bounds = maps.classes(list(every))
    places = _places(list(values))
    rows = [
        {
            "code": code,
            "value": value if math.isfinite(value) else None,
            "x": places[code][0],
            "y": places[code][1],
            "text": f"{code} {maps.compact(value)}" if math.isfinite(value) else code,
            "light": math.isfinite(value) and maps.shade(value, bounds) >= maps.DARK,
        }
        for code, value in values.items()
        if code in places
    ]
    shades = [maps.SHADES[maps.shade(low, bounds)] for low in bounds[:-1]] or [maps.SHADES[2]]
    color = {
        "field": "value", "type": "quantitative", "title": title,
        "scale": {"type": "threshold", "domain": bounds[1:-1], "range": shades},
    }  # fmt: skip
    known = [{"code": row["code"], "value": row["value"]} for row in rows]
    looked_up = {
        "lookup": "code",
        "from": {"data": {"values": known}, "key": "code", "fields": ["value"]},
    }
    return {
        "width": width,
        "height": round(width * HEIGHT / WIDTH),
        "projection": {"type": "identity", "reflectY": True},
        "layer": [
            {
                "data": {"name": LAND},
                "mark": {"type": "geoshape", "fill": ABROAD, "stroke": PALE},
            },
            {
                "data": {"name": LAND},
                "transform": [looked_up, {"filter": "isValid(datum.value)"}],
                "mark": {"type": "geoshape", "stroke": EDGE, "strokeWidth": 0.5},
                "encoding": {"color": color},
            },
            {
                "data": {"values": rows},
                "mark": {"type": "text", "fontSize": 9 if width == WIDTH else 7},
                "encoding": {
                    "longitude": {"field": "x", "type": "quantitative"},
                    "latitude": {"field": "y", "type": "quantitative"},
                    "text": {"field": "text", "type": "nominal"},
                    "color": {
                        "condition": {"test": "datum.light", "value": "white"}, "value": "black",
                    },
                },
            },
        ],
    }  # fmt: skip

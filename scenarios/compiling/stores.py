"""Stores of a place and a scenario, as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from scenarios.compiling.threats import Threats
from scenarios.reading import Atlas
from scenarios.schema import ROLES, ReportClass, Scenario, Store
from sim.draws import threshold
from sim.seam import MAX_FACES, NEVER, Stores

Reports = Mapping[str, ReportClass]


def stores_of(scenario: Scenario, atlas: Atlas) -> dict[str, Store]:
    """Return the stores there are, by kind of desk.

    They are the scenario's, and those of the place that are enabled and hold any of its reports.
    """
    there = set(atlas.desk_kinds)
    of_place = {
        kind: store
        for kind, store in (atlas.place.stores or {}).items()
        if kind in there and _holds(scenario.reports, store).any()
    }
    return {**of_place, **(scenario.stores or {})}


def _holds(reports: Reports, store: Store) -> NDArray[np.bool_]:
    """Which classes of report a store keeps, shape (R,)."""
    held = set(store.holds)
    return np.array(
        [
            bool({name, spec.kind} & held) and spec.kind not in ROLES
            for name, spec in reports.items()
        ],
        dtype=np.bool_,
    )


def compiled_stores(
    reports: Reports, threats: Threats, stores: Mapping[int, Store], names: Sequence[str]
) -> Stores:
    """Compile the stores of units; `names` are those of all units."""
    units, specs = list(stores), list(stores.values())
    chances = np.zeros((len(units), len(threats.specs), MAX_FACES), dtype=np.uint64)
    kept = np.zeros((len(units), len(threats.specs)), dtype=np.uint8)
    for (number, spec), (kind, threat) in product(
        enumerate(specs), enumerate(threats.specs.values())
    ):
        for face, name in enumerate(threat.faces):
            if spec.faces is None or name in spec.faces:
                kept[number, kind] |= 1 << face
                chances[number, kind, face] = threshold(spec.false_match.get(name, 0.0))
    holds = [_holds(reports, spec) for spec in specs]
    return Stores(
        names=tuple(names[unit] for unit in units),
        unit=np.array(units, dtype=np.int64),
        holds=np.array(holds, dtype=np.bool_).reshape(len(units), len(reports)),
        faces=kept,
        guards=np.array([spec.guards for spec in specs], dtype=np.bool_),
        false_match=chances,
    )


def retention(scenario: Scenario, stores: Mapping[int, Store]) -> NDArray[np.int32]:
    """Ticks for which the stores of units keep what comes to them, shape (Y,)."""
    ticks = [round(store.retention / scenario.tick_h) for store in stores.values()]
    return np.clip(np.array(ticks, dtype=np.int64), 1, NEVER).astype(np.int32)

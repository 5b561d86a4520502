"""What holds in each stretch of the points' timetables, as phases."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenarios.compiling.closed import closed_desks, closed_ways
from scenarios.compiling.desks import Counts, Routine, capacity, recognition
from scenarios.compiling.parts import Part, Parts, of_file
from scenarios.compiling.stores import retention
from scenarios.compiling.terms import Rules
from scenarios.compiling.timetables import Entry, Timetable
from scenarios.reading import LoadedPolicy, LoadedScenario
from scenarios.schema import EVIDENCE_ONE
from sim.draws import TableStore
from sim.seam import NEVER, Phases

Array = NDArray[Any]
I64 = NDArray[np.int64]


def phases_of(
    scenarios: Sequence[LoadedScenario],
    timetables: Sequence[Timetable],
    parts: Parts,
    rate: I64,
    rules: Rules,
    tables: TableStore,
) -> tuple[Phases, list[list[int]]]:
    """Return the phases of some timetables, and the numbers that each of them goes through.

    Phases that come out equal are one.

    Parameters
    ----------
    rate
        Rate of each sight in each scenario, shape (N, W).
    """
    counts = Counts(tables)
    force: dict[int, _Force] = {}
    made: dict[Entry, int] = {}
    known: dict[bytes, int] = {}
    rows: list[dict[str, Array]] = []
    for entry in (entry for each in timetables for entry in each.entries):
        if entry in made:
            continue
        loaded = scenarios[entry.scenario]
        with of_file(loaded):
            if entry.scenario not in force:
                part = parts.of[entry.scenario]
                force[entry.scenario] = _Force(loaded, part, parts, rules, tables)
            row = force[entry.scenario].row(entry, rules, counts)
        row["rate"] = rate[entry.scenario]
        digest = blake2b(b"".join(row[name].tobytes() for name in sorted(row))).digest()
        made[entry] = known.setdefault(digest, len(rows))
        if made[entry] == len(rows):
            rows.append(row)
    columns: dict[str, Any] = {
        name: np.stack([row.pop(name) for row in rows]) for name in list(rows[0])
    }
    return Phases(**columns), [[made[entry] for entry in each.entries] for each in timetables]


class _Force:
    """A scenario in force: what holds then, under any policy."""

    def __init__(
        self,
        loaded: LoadedScenario,
        part: Part,
        parts: Parts,
        rules: Rules,
        tables: TableStore,
    ) -> None:
        self._loaded, self._part, self._first = loaded, part, parts.first
        scenario, atlas, network = loaded.spec, loaded.atlas, part.ground.network
        self._closed_ways = closed_ways(scenario, part.ground.instruments)
        closed = closed_desks(scenario, network)
        self._routine = Routine(scenario, atlas, network, closed)
        evidence, organisations, asking = recognition(scenario, network)
        evidence[closed], organisations[closed] = NEVER, 0
        self._asking = asking[~closed[asking]]
        reads = capacity(scenario, atlas, network)
        reads[closed] = 0
        self._always: dict[str, Array] = {
            "gate": part.over_kinds(part.ground.gate, self._first),
            "latency": self._latency(rules.zero, tables),
            "open": part.at_units(~closed, 0),
            "capacity": part.at_units(reads, 0),
            "recognise_at": part.at_units(evidence, NEVER),
            "origins_needed": part.at_units(organisations, 0),
            "retention": self._retention(list(parts.network.stores)),
        }

    def row(self, entry: Entry, rules: Rules, counts: Counts) -> dict[str, Array]:
        """Return what holds under a policy, but for how often something is seen."""
        policy, ground = rules.policies[entry.policy], self._part.ground
        ask, tick_h = policy.spec.ask, self._loaded.spec.tick_h
        every = 1 if ask is None else max(1, round(ask.every / tick_h))
        terms = ground.terms(entry.policy)
        if self._closed_ways.any():
            terms = np.where(self._closed_ways[:, np.newaxis], np.uint16(0), terms)
        inflow = ground.routine_inflow(self._routine.made, terms)
        mode, chance, delay = zip(*entry.codes, strict=True)
        return {
            **self._always,
            "term": self._part.over_kinds(terms, self._first),
            "background": self._part.at_units(self._routine.tables(inflow, counts), -1),
            "ask_at": self._ask_at(policy),
            "ask_every": np.full(len(self._loaded.spec.threats), every, dtype=np.int32),
            "onward": np.array(mode, dtype=np.int8),
            "onward_chance": np.array(chance, dtype=np.uint64),
            "onward_delay": np.array(delay, dtype=np.int32),
        }

    def _ask_at(self, policy: LoadedPolicy) -> Array:
        """Evidence at which units ask under a policy, or NEVER, shape (U, threats)."""
        shape = len(self._part.ground.network.desks), len(self._loaded.spec.threats)
        own = np.full(shape, NEVER, dtype=np.int32)
        if policy.spec.ask is not None:
            own[self._asking] = round(policy.spec.ask.evidence * EVIDENCE_ONE)
        return self._part.at_units(own, NEVER)

    def _latency(self, none: int, tables: TableStore) -> Array:
        """Table number of the latency of each kind of channel, or `none`, shape (X,)."""
        names, ways = self._part.ground.instruments, self._loaded.atlas.place.instruments
        number = {
            name: tables.add(ways[name].latency.table(self._loaded.spec.tick_h))
            for name in dict.fromkeys(names)
        }
        own = np.array([*(number[name] for name in names), none], dtype=np.int32)
        return own[self._part.kinds[self._first]]

    def _retention(self, stores: Sequence[int]) -> Array:
        """Ticks for which the stores of the world keep what comes to them, shape (Y,)."""
        own = self._part.ground.network.stores
        ticks = retention(self._loaded.spec, own)
        units = self._part.unit[list(own)].tolist()
        kept = dict(zip(units, ticks.tolist(), strict=True))
        return np.array([kept.get(unit, 1) for unit in stores], dtype=np.int32)

"""Policies compiled to terms: for each design point, situation, kind of channel and class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scenarios.compiling.channels import Network
from scenarios.compiling.kinds import ChannelKinds, Ends
from scenarios.errors import unknown_name
from scenarios.reading import Atlas, LoadedPolicy, located
from scenarios.schema import (
    CLEARANCES,
    ROLES,
    URGENCIES,
    BareDelay,
    Match,
    Policy,
    Pull as PullSpec,
    Push,
    Rule,
    Scenario,
)
from sim.draws import ONE, TableStore, constant, threshold
from sim.seam import SITUATIONS, Onward, Pull, Role, Terms

Bool = NDArray[np.bool_]
U64 = NDArray[np.uint64]

FREE = "free"
"""The handling code that every policy knows: no restriction."""


class TermTable:
    """Collects the terms of policies; one design point a policy, in the order added."""

    def __init__(
        self,
        scenario: Scenario,
        atlas: Atlas,
        network: Network,
        kinds: ChannelKinds,
        tables: TableStore,
    ) -> None:
        self._scenario, self._atlas, self._network, self._tables = scenario, atlas, network, tables
        self._kinds = kinds
        self._specs = list(scenario.reports.values())
        self._carried, self.gate = self._legal()
        self._zero = tables.add(constant(0))
        self._rows: list[tuple[int, int, int, int, int, int, int, bool, bool, bool]] = [
            (0, self._zero, Pull.NONE, 0, self._zero, 0, 0, False, False, False)
        ]
        self._points: list[NDArray[np.uint16]] = []
        self._codes: list[list[tuple[int, int, int]]] = []
        self._added: list[LoadedPolicy] = []
        self.urgencies = len(URGENCIES)

    def _legal(self) -> tuple[Bool, Bool]:
        """What instruments carry, and what the law allows on them; both of shape (X, R)."""
        network, instruments = self._network, self._atlas.place.instruments
        first = self._kinds.first
        used = [instruments[network.instrument[channel]] for channel in first.tolist()]
        receiver = network.channels.dst[first]
        carried = np.array([[spec.kind in way.kinds for spec in self._specs] for way in used])
        level = np.array([CLEARANCES.index(spec.classification) for spec in self._specs])
        way_level = np.array([CLEARANCES.index(way.clearance) for way in used])
        desk_level = np.array([CLEARANCES.index(spec.clearance) for spec in network.specs])
        personal = np.array([spec.persons > 0 for spec in self._specs])
        may_hold = np.array([spec.personal_data for spec in network.specs])
        cleared = np.minimum(way_level, desk_level[receiver])[:, None] >= level[None, :]
        lawful = may_hold[receiver][:, None] | ~personal[None, :]
        shape = (len(used), len(self._specs))
        return carried.reshape(shape), (cleared & lawful).reshape(shape)

    def add(self, policy: LoadedPolicy) -> None:
        """Compile `policy` into the next design point; one that is there already shares its terms.

        Raises
        ------
        SpecError
            If a rule names an unknown desk, instrument, report or handling code.
        """
        before = next((n for n, other in enumerate(self._added) if other is policy), None)
        self._added.append(policy)
        if before is not None:
            self._codes.append(self._codes[before])
            self._points.append(self._points[before])
            return
        spec = policy.spec
        codes = list(dict.fromkeys((FREE, *spec.handling)))
        self._codes.append(self._handling(spec, codes))
        term = np.zeros((SITUATIONS, *self.gate.shape), dtype=np.uint16)
        unset = np.ones(term.shape, dtype=np.bool_)
        for number, rule in enumerate(spec.rules):
            self._check(policy, number, rule, codes)
            row = self._row(spec, rule, codes)
            where = unset & self._matches(rule.match)
            term[where] = row
            unset &= ~where
        term[:, ~self._carried] = 0
        self._points.append(term)

    def _row(self, policy: Policy, rule: Rule, codes: list[str]) -> int:
        """Return the number of the term that a rule grants, adding it."""
        handling = codes.index(rule.handling or policy.default_handling or FREE)
        retention = rule.retention if rule.retention is not None else policy.retention or 0.0
        mode = Pull.NONE if rule.pull is None else Pull[rule.pull.answer.upper()]
        push, push_delay = self._grant(rule.push)
        pull, pull_delay = self._grant(rule.pull)
        self._rows.append(
            (
                push,
                push_delay,
                mode,
                pull,
                pull_delay,
                handling,
                round(retention / 24),
                rule.trust,
                rule.trust,  # what one may do at discretion, one does for those one knows
                rule.automatic,
            )
        )
        return len(self._rows) - 1

    def _grant(self, grant: Push | PullSpec | None) -> tuple[int, int]:
        if grant is None:
            return 0, self._zero
        return threshold(grant.chance), self._delay(grant.delay)

    def _delay(self, delay: BareDelay | None) -> int:
        return self._zero if delay is None else self._tables.add(delay.table(self._scenario.tick_h))

    def _handling(self, policy: Policy, codes: list[str]) -> list[tuple[int, int, int]]:
        rows = []
        for code in codes:
            spec = policy.handling.get(code)
            if spec is None:
                rows.append((int(Onward.FREE), ONE, self._zero))
            else:
                mode = int(Onward[spec.onward.upper()])
                given = spec.permission
                chance = ONE if given is None else threshold(given.chance)
                delay = self._zero if given is None else self._delay(given.delay)
                rows.append((mode, chance, delay))
        return rows

    def _matches(self, match: Match) -> Bool:
        """Where a rule applies, shape (SITUATIONS, X, R)."""
        kind = self._kinds.named(Ends.of(match))
        report = np.array([self._about(match, index) for index in range(len(self._specs))])
        situation = np.array(
            [
                (match.own is None or match.own == (number < 2))  # noqa: PLR2004
                and (match.concerned is None or match.concerned == bool(number % 2))
                for number in range(SITUATIONS)
            ]
        )
        where: Bool = situation[:, None, None] & kind[None, :, None] & report[None, None, :]
        return where

    def _about(self, match: Match, index: int) -> bool:
        spec, name = self._specs[index], list(self._scenario.reports)[index]
        return (
            (match.reports is None or bool({spec.kind, name} & set(match.reports)))
            and (match.personal is None or match.personal == (spec.persons > 0))
            and (match.classification is None or spec.classification in match.classification)
            and (match.urgency is None or spec.urgency in match.urgency)
        )

    def _check(self, policy: LoadedPolicy, number: int, rule: Rule, codes: list[str]) -> None:
        """Refuse names that nothing answers to."""
        place = self._atlas.place
        desks = self._network.known_words | set(place.national) | set(place.bodies)
        kinds = {kind for way in place.instruments.values() for kind in way.kinds}
        reports = kinds | set(self._scenario.reports) | {spec.kind for spec in self._specs}
        file, place_there = policy.rule_places[number]
        for field, kind, known in (
            ("sender", "desk", desks),
            ("receiver", "desk", desks),
            ("over", "instrument", set(place.instruments)),
            ("reports", "report", reports | set(ROLES)),
            ("classification", "classification", set(CLEARANCES)),
        ):
            for index, name in enumerate(getattr(rule.match, field) or ()):
                if name not in known:
                    where = f"rules[{place_there}].match.{field}[{index}]"
                    raise located(unknown_name(kind, name, known, file=str(file), where=where))
        for where, code in (
            (f"rules[{place_there}].handling", rule.handling),
            ("default_handling", policy.spec.default_handling),
        ):
            if code is not None and code not in codes:
                raise located(
                    unknown_name("handling code", code, codes, file=str(file), where=where)
                )

    def table(self) -> NDArray[np.uint16]:
        """Return the term numbers, shape (D, SITUATIONS, X, R)."""
        return np.stack(self._points)

    def compiled(self) -> Terms:
        """Return the terms, shape (K,) each."""
        columns = list(zip(*self._rows, strict=True))
        whole = (np.uint64, np.int32, np.int8, np.uint64, np.int32, np.int8, np.int32)
        kinds = (*whole, bool, bool, bool)
        return Terms(*(np.array(col, dtype=kind) for col, kind in zip(columns, kinds, strict=True)))

    def onward(self) -> tuple[NDArray[np.int8], U64, NDArray[np.int32]]:
        """What handling codes let holders do; three arrays of shape (D, H)."""
        most = max(len(codes) for codes in self._codes)
        padded = [codes + [codes[0]] * (most - len(codes)) for codes in self._codes]
        mode, chance, delay = np.moveaxis(np.array(padded, dtype=np.int64), 2, 0)
        return mode.astype(np.int8), chance.astype(np.uint64), delay.astype(np.int32)

    def routine_inflow(
        self, made: NDArray[np.float64], points: Sequence[int]
    ) -> NDArray[np.float64]:
        """Routine reports of others that reach each unit in a working day, shape (points, U).

        `made` is what each unit writes in a working day, shape (U,).
        """
        inflow, channels = np.zeros((len(points), made.size)), self._network.channels
        push = np.array([row[0] for row in self._rows], dtype=np.float64) / ONE
        for cls, spec in enumerate(self._specs):
            if ROLES.get(spec.kind) != Role.ROUTINE.name:
                continue
            for row, point in enumerate(points):
                term = self._points[point]
                share = push[term[0, :, cls]] * self.gate[:, cls]
                passed = share[self._kinds.of] * made[channels.src]
                inflow[row] += np.bincount(channels.dst, passed, minlength=made.size)
        return inflow


def deciding_rules(points: NDArray[np.uint16], policies: Sequence[LoadedPolicy]) -> list[set[int]]:
    """Return for each policy which of its rules decide about some report on some channel.

    Parameters
    ----------
    points
        Term numbers of the policies compiled together, shape (D, SITUATIONS, X, R).
    """
    found: list[set[int]] = []
    for table in points:
        places = (rule_of(int(term), policies) for term in np.unique(table))
        found.append({place[1] for place in places if place is not None})
    return found


def rule_of(term: int, policies: Sequence[LoadedPolicy]) -> tuple[int, int] | None:
    """Return which of the policies compiled together, and which of its rules, made a term.

    Term 0 is nobody's: no rule matched, or the instrument does not carry such reports.
    """
    number = term - 1
    for point, policy in enumerate(policies):
        if 0 <= number < len(policy.spec.rules):
            return point, number
        number -= len(policy.spec.rules)
    return None

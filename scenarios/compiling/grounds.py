"""What a scenario lays out: desks, channels, classes of report, and what the law lets pass."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from scenarios.compiling.channels import Network
from scenarios.compiling.kinds import ChannelKinds, Ends
from scenarios.compiling.terms import FREE, Rules
from scenarios.errors import unknown_name
from scenarios.reading import Atlas, LoadedPolicy, located
from scenarios.schema import CLEARANCES, ROLES, Match, ReportClass, Rule
from sim.seam import SITUATIONS, Role

Bool = NDArray[np.bool_]
I64 = NDArray[np.int64]
U16 = NDArray[np.uint16]


class Ground:
    """The desks, channels and classes of report of a scenario, and the terms that hold there.

    Parameters
    ----------
    atlas
        The place.
    reports
        Classes of report.
    network
        Desks and channels.
    policies
        Numbers of the policies under which it is played.
    rules
        Terms of all policies.
    """

    def __init__(
        self,
        atlas: Atlas,
        reports: Mapping[str, ReportClass],
        network: Network,
        policies: Collection[int],
        rules: Rules,
    ) -> None:
        self.network, self.reports = network, reports
        self._atlas, self._rules = atlas, rules
        self._specs = list(reports.values())
        played = [rules.policies[number] for number in policies]
        ends = {Ends.of(rule.match) for policy in played for rule in policy.spec.rules}
        self.kinds = ChannelKinds(network, ends)
        self._carried, self.gate = self._legal()
        """Shape (X, R)."""
        self._terms: dict[int, U16] = {}

    @property
    def instruments(self) -> list[str]:
        """Instrument of each kind of channel."""
        return [self.network.instrument[channel] for channel in self.kinds.first.tolist()]

    def _legal(self) -> tuple[Bool, Bool]:
        """What instruments carry, and what the law allows on them; both of shape (X, R)."""
        network, instruments = self.network, self._atlas.place.instruments
        used = [instruments[name] for name in self.instruments]
        receiver = network.dst[self.kinds.first]
        desks = [desk.spec for desk in network.desks]
        carried = np.array([[spec.kind in way.kinds for spec in self._specs] for way in used])
        level = np.array([CLEARANCES.index(spec.classification) for spec in self._specs])
        way_level = np.array([CLEARANCES.index(way.clearance) for way in used])
        desk_level = np.array([CLEARANCES.index(spec.clearance) for spec in desks])
        personal = np.array([spec.persons > 0 for spec in self._specs])
        may_hold = np.array([spec.personal_data for spec in desks])
        cleared = np.minimum(way_level, desk_level[receiver])[:, None] >= level[None, :]
        lawful = may_hold[receiver][:, None] | ~personal[None, :]
        shape = (len(used), len(self._specs))
        return carried.reshape(shape), (cleared & lawful).reshape(shape)

    def terms(self, policy: int) -> U16:
        """Return the terms that a policy grants, shape (SITUATIONS, X, R).

        Raises
        ------
        SpecError
            If a rule names an unknown desk, instrument, report or handling code.
        """
        found = self._terms.get(policy)
        if found is None:
            found = self._terms[policy] = self._granted(policy)
        return found

    def _granted(self, number: int) -> U16:
        policy, first = self._rules.policies[number], self._rules.first[number]
        term = np.zeros((SITUATIONS, *self.gate.shape), dtype=np.uint16)
        unset = np.ones(term.shape, dtype=np.bool_)
        for place, rule in enumerate(policy.spec.rules):
            self._check(policy, place, rule)
            where = unset & self._matches(rule.match)
            term[where] = first + place
            unset &= ~where
        term[:, ~self._carried] = 0
        return term

    def _matches(self, match: Match) -> Bool:
        """Where a rule applies, shape (SITUATIONS, X, R)."""
        kind = self.kinds.named(Ends.of(match))
        report = np.array([self._about(match, name) for name in self.reports])
        situation = np.array(
            [
                (match.own is None or match.own == (number < 2))  # noqa: PLR2004
                and (match.concerned is None or match.concerned == bool(number % 2))
                for number in range(SITUATIONS)
            ]
        )
        where: Bool = situation[:, None, None] & kind[None, :, None] & report[None, None, :]
        return where

    def _about(self, match: Match, name: str) -> bool:
        spec = self.reports[name]
        return (
            (match.reports is None or bool({spec.kind, name} & set(match.reports)))
            and (match.personal is None or match.personal == (spec.persons > 0))
            and (match.classification is None or spec.classification in match.classification)
            and (match.urgency is None or spec.urgency in match.urgency)
        )

    def _check(self, policy: LoadedPolicy, number: int, rule: Rule) -> None:
        """Refuse names that nothing answers to."""
        place = self._atlas.place
        read = {
            name
            for name, body in place.bodies.items()
            if any(f"{name}.{desk}" not in (place.stores or {}) for desk in body.desks)
        }
        desks = self.network.known_words | set(place.national) | read
        kinds = {kind for way in place.instruments.values() for kind in way.kinds}
        reports = kinds | set(self.reports) | {spec.kind for spec in self._specs}
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
        codes = list(dict.fromkeys((FREE, *policy.spec.handling)))
        for where, code in (
            (f"rules[{place_there}].handling", rule.handling),
            ("default_handling", policy.spec.default_handling),
        ):
            if code is not None and code not in codes:
                raise located(
                    unknown_name("handling code", code, codes, file=str(file), where=where)
                )

    def routine_inflow(self, made: NDArray[np.float64], terms: U16) -> NDArray[np.float64]:
        """Routine reports of others that reach each unit in a working day, shape (U,).

        Parameters
        ----------
        made
            What each unit writes in a working day, shape (U,).
        terms
            What holds on the channels, shape (SITUATIONS, X, R).
        """
        inflow, network = np.zeros(made.size), self.network
        push = self._rules.push()
        for cls, spec in enumerate(self._specs):
            if ROLES.get(spec.kind) != Role.ROUTINE.name:
                continue
            share = push[terms[0, :, cls]] * self.gate[:, cls]
            passed = share[self.kinds.of] * made[network.src]
            inflow += np.bincount(network.dst, passed, minlength=made.size)
        return inflow

"""Who knows whom to call in another state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from scenarios.schema import Member
from sim.draws import name_key, threshold
from sim.kernel import Lanes
from sim.seam import Engine

_CONTACT: Final = name_key("incident:contact-known")


def missing_pairs(
    lanes: Lanes, members: Sequence[Member], known: float
) -> list[list[tuple[int, int]]]:
    """Draw for each lane the pairs of states with a response team that know no contact.

    Parameters
    ----------
    members
        Member States in the order of their numbers.
    known
        Chance that two teams know each other.
    """
    teams = [place for place, member in enumerate(members) if member.cert_2010]
    pairs = [(one, other) for one in teams for other in teams if one < other]
    if not pairs:
        return [[] for _ in lanes.ids]
    keys = np.array([name_key(f"{members[a].code}-{members[b].code}") for a, b in pairs])
    lane = np.repeat(np.arange(lanes.size), len(pairs))
    word = lanes.draw(lane, _CONTACT, np.tile(keys, lanes.size))[0]
    unknown = (word >= threshold(known)).reshape(-1, len(pairs))
    return [[pairs[pair] for pair in np.flatnonzero(row)] for row in unknown]


class Contacts:
    """Pairs of organisations of one lane that do not know the right contact at the other.

    Nothing of a domain, a group of threats, is told there at discretion.
    """

    def __init__(
        self, engine: Engine, lane: int, domain: int, missing: Iterable[tuple[int, int]]
    ) -> None:
        self._engine, self._lane, self._domain = engine, lane, domain
        self._missing: dict[int, set[int]] = {}
        for one, other in missing:
            self._missing.setdefault(one, set()).add(other)
            self._missing.setdefault(other, set()).add(one)
        for one, others in self._missing.items():
            for other in others:
                engine.set_contact(lane, one, other, domain, known=False)

    def redrawn(self, missing: Iterable[tuple[int, int]]) -> None:
        """Let those who are not among the pairs any more know each other."""
        still = {frozenset(pair) for pair in missing}
        for one, others in self._missing.items():
            self.found(one, [other for other in others if {one, other} not in still])

    def missing(self, group: int) -> list[int]:
        """Organisations whose contact `group` does not know."""
        return sorted(self._missing.get(group, ()))

    def found(self, group: int, others: Iterable[int]) -> list[int]:
        """Note that `group` and others now know each other; return those that did not before."""
        unknown = self._missing.get(group, set())
        new = sorted(unknown.intersection(others))
        for other in new:
            unknown.discard(other)
            self._missing[other].discard(group)
            self._engine.set_contact(self._lane, group, other, self._domain, known=True)
            self._engine.set_contact(self._lane, other, group, self._domain, known=True)
        return new

"""Who knows whom to call in another state."""

from __future__ import annotations

from collections.abc import Iterable

from sim.port import Engine
from sim.world import TRUST_ONE


class Contacts:
    """Pairs of organisations of one lane that do not know the right contact at the other.

    What is told at discretion seldom gets through there; the engine scales it like trust.
    """

    def __init__(
        self, engine: Engine, lane: int, missing: Iterable[tuple[int, int]], share: float
    ) -> None:
        self._engine, self._lane = engine, lane
        self._missing: dict[int, set[int]] = {}
        for one, other in missing:
            self._missing.setdefault(one, set()).add(other)
            self._missing.setdefault(other, set()).add(one)
        value = round(share * TRUST_ONE)
        for one, others in self._missing.items():
            for other in others:
                engine.set_trust(lane, one, other, value)

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
            self._engine.set_trust(self._lane, group, other, TRUST_ONE)
            self._engine.set_trust(self._lane, other, group, TRUST_ONE)
        return new

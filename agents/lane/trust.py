"""Trust between organisations: grows with useful exchange, falls with leaks and wrong leads."""

from __future__ import annotations

from collections.abc import Iterable

from scenarios.schema import Trust as TrustSpec
from sim.seam import TRUST_ONE, Engine


class Trust:
    """Trust of each organisation of one lane in each other, by domain; 1 is neutral.

    The engine scales what is told at discretion by it. Without a declaration it stays as it is.
    """

    def __init__(self, spec: TrustSpec | None, engine: Engine, lane: int) -> None:
        self._spec, self._engine, self._lane = spec, engine, lane
        self._values: dict[tuple[int, int, int], float] = {}

    def of(self, giver: int, receiver: int, domain: int) -> float:
        """Trust of `giver` in `receiver` in a domain: a group of threats."""
        return self._values.get((giver, receiver, domain), 1.0)

    def useful(self, domain: int, groups: Iterable[int]) -> None:
        """Raise the trust of organisations that succeeded together in each other."""
        if self._spec is not None:
            self._all(domain, groups, groups, 1 + self._spec.useful_exchange.value)

    def misled(self, domain: int, groups: Iterable[int], by: Iterable[int]) -> None:
        """Lower the trust of organisations in those whose traces led to a false case."""
        if self._spec is not None:
            self._all(domain, groups, by, 1 - self._spec.false_case.value)

    def leaked(self, domain: int, groups: Iterable[int], by: int) -> None:
        """Lower everybody's trust in the organisation that leaked."""
        if self._spec is not None:
            self._all(domain, groups, (by,), 1 - self._spec.leak.value)

    def _all(
        self, domain: int, givers: Iterable[int], receivers: Iterable[int], factor: float
    ) -> None:
        spec = self._spec
        if spec is None:
            return
        others = list(receivers)
        for giver in givers:
            for receiver in others:
                if giver != receiver:
                    value = self.of(giver, receiver, domain) * factor
                    value = min(max(value, spec.least.value), spec.most.value)
                    self._values[giver, receiver, domain] = value
                    level = round(value * TRUST_ONE)
                    self._engine.set_trust(self._lane, giver, receiver, domain, level)

"""What the oracle is told of a lane: what was declared, the events of the engine, the facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from agents import Replay
    from agents.lane import Fact
    from scenarios import Compiled, Layout
    from scenarios.schema import Scenario
    from sim import LaneId, Log
    from sim.seam import World

Found = Mapping[str, float]
"""Values of outcomes by name; NaN is not defined, or not reached."""

Flows = Callable[["Witness", float], Found]
"""Sums over time, up to a tick."""


class Declared(NamedTuple):
    """A threat as the scenario declares it, and its subjects."""

    name: str
    threat: Any
    subjects: range

    @property
    def real(self) -> range:
        """Its subjects that stand for something."""
        kind = self.threat.kind
        count = {
            "flow": lambda: len(list(self.threat.lines())),
            "organised-crime": lambda: self.threat.network.number.value,
            "plot": lambda: self.threat.arrivals.most.value,
        }
        number = count.get(kind, lambda: 1 if kind == "cyber-outbreak" else len(self.subjects))()
        return self.subjects[:number]

    @property
    def persons(self) -> int:
        """Persons in a state who would be pursued for one of its coincidences."""
        decoys = getattr(self.threat, "decoys", None)
        return decoys.persons.value if decoys is not None and decoys.persons is not None else 0


def declared_in(layout: Layout) -> tuple[Declared, ...]:
    """Return the threats of a world."""
    ranges = layout.threats.ranges
    return tuple(Declared(name, one, ranges[name]) for name, one in layout.scenario.threats.items())


def named(witness: Witness, threat: Declared, own: Found) -> dict[str, float]:
    """Return what is of a threat by the names of the outcomes, alone or beside others."""
    prefix = "" if len(witness.threats) == 1 else f"{threat.name}."
    return {prefix + name: value for name, value in own.items()}


@dataclass(frozen=True, eq=False)
class Witness:
    """Everything that is known of one finished lane but its outcomes."""

    compiled: Compiled
    lane: LaneId
    log: Log
    facts: list[Fact]

    @classmethod
    def of(cls, compiled: Compiled, lane: LaneId, told: Replay) -> Witness:
        """Return what a replay tells."""
        return cls(compiled, lane, told.log, told.facts)

    @property
    def layout(self) -> Layout:
        """Names and numbers."""
        return self.compiled.layout

    @property
    def scenario(self) -> Scenario:
        """What was declared."""
        return self.compiled.layout.scenario

    @property
    def world(self) -> World:
        """Arrays of the engine."""
        return self.compiled.world

    @cached_property
    def tick_h(self) -> float:
        """Hours of a tick."""
        return self.scenario.tick_h

    @property
    def end(self) -> int:
        """Ticks of the run."""
        return self.world.horizon

    @cached_property
    def threats(self) -> tuple[Declared, ...]:
        """The threats of the world."""
        return declared_in(self.layout)

    @property
    def subjects(self) -> range:
        """Numbers of all subjects."""
        return range(self.threats[-1].subjects.stop)

    def of_subject(self, subject: int) -> Declared:
        """Return the threat that a subject belongs to."""
        return next(one for one in self.threats if subject in one.subjects)

    def is_false(self, subject: int) -> bool:
        """Whether a subject is a coincidence; what is about none is not."""
        return subject >= 0 and subject not in self.of_subject(subject).real

    def all(self, what: str, before: float | None = None) -> Iterator[Fact]:
        """Give the facts of a sort, or those of them that came before a tick."""
        for fact in self._sorted.get(what, ()):
            if before is None or fact.tick < before:
                yield fact

    def all_of(self, threat: Declared, what: str, before: float | None = None) -> Iterator[Fact]:
        """Give those of them that are about a threat."""
        return (fact for fact in self.all(what, before) if fact.subject in threat.subjects)

    @cached_property
    def _sorted(self) -> dict[str, list[Fact]]:
        found: dict[str, list[Fact]] = {}
        for fact in self.facts:
            found.setdefault(fact.what, []).append(fact)
        return found

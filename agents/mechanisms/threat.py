"""Threats: what happens in the world, in all lanes of a batch at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, get_args

import mesa
import numpy as np
from numpy.typing import NDArray

from agents.lane import NO_PLACE, Lane
from scenarios import Layout, ThreatSpec
from scenarios.schema import qualified

F64 = NDArray[np.float64]


class Threat(ABC):
    """Behaviour of one kind of threat in L lanes.

    It is made once a batch, before the lanes. What is the same for all lanes (tables, arrays over
    lanes) lives here; each lane gets an agent of its own, which organisations deal with.

    Parameters
    ----------
    layout
        Numbers of the things in the world, by name.
    name
        What the scenario calls it.
    """

    record_every_h: ClassVar[float] = 7 * 24
    """Hours between two records of the series; a whole number of ticks."""

    def __init__(self, layout: Layout, name: str) -> None:
        self.layout, self.name = layout, name
        self.declaration: ThreatSpec = layout.threats.specs[name]
        """Of the class that its `ThreatKind` names; what may change within a world is asked of
        each lane (`Lane.declared`)."""
        self.subjects = layout.threats.ranges[name]
        """Numbers of its subjects in the world."""

    def named(self, outcome: str) -> str:
        """Return what the scenario calls one of its outcomes, alone or beside other threats."""
        return qualified(self.name, outcome, self.layout.threats.specs)

    @abstractmethod
    def inhabit(self, lane: Lane) -> mesa.Agent:
        """Return the threat's agent in a lane; `lane.of` finds it from then on."""

    @abstractmethod
    def start(self) -> None:
        """Begin, before tick 0; all lanes are there, and whoever lives in them."""

    def turn(self, lanes: Sequence[Lane]) -> None:
        """Let lanes go by what is in force in them from now on, where that is not asked for."""
        del lanes

    @abstractmethod
    def move(self, tick: int) -> None:
        """Let the world go on by one tick, in every lane (step 5)."""

    @abstractmethod
    def series(self) -> dict[str, F64]:
        """Return what is recorded now and then, each of shape (L,)."""

    @abstractmethod
    def outcomes(self) -> dict[str, F64]:
        """Return what can be read off the finished lanes, each of shape (L,).

        NaN is a time not reached, or a number that is undefined in a lane.
        """

    def totals(self, tick: int) -> dict[str, F64]:
        """Return the outcomes that are sums over time, as they stand when `tick` begins, (L,).

        They are those that the declaration calls `flows`; at the end of the run each is the
        outcome itself.
        """
        del tick
        return {}

    def by_state(self, tick: int) -> dict[str, F64]:
        """Return the parts of the outcomes that the declaration calls `placed`, (L, P + 1).

        Of each Member State when `tick` begins, and last of what is of none.
        """
        del tick
        return {}


def named(threats: Iterable[Threat], read: Callable[[Threat], Mapping[str, F64]]) -> dict[str, F64]:
    """Return what is read off threats, by what the scenario calls it."""
    return {one.named(name): found for one in threats for name, found in read(one).items()}


def by_place(rows: Iterable[Mapping[int, float]], places: int) -> F64:
    """Return what lanes have by place, `NO_PLACE` last, shape (L, P + 1)."""
    found = [[row.get(place, 0.0) for place in (*range(places), NO_PLACE)] for row in rows]
    return np.array(found, dtype=float)


def of_states(values: NDArray[Any]) -> F64:
    """Return what only states have, shape (L, P), with nothing beside them, shape (L, P + 1)."""
    return np.pad(values.astype(float), ((0, 0), (0, 1)))


@dataclass(frozen=True)
class ThreatKind:
    """A threat as it is offered: its declaration, and the behaviour that goes with it."""

    declaration: type[ThreatSpec]
    behaviour: type[Threat]

    @property
    def is_named(self) -> bool:
        """Whether the declaration says which kind it is: one word, as a literal."""
        return len(get_args(self.declaration.model_fields["kind"].annotation)) == 1

    @property
    def name(self) -> str:
        """What a scenario writes as `threat.kind`."""
        (name,) = get_args(self.declaration.model_fields["kind"].annotation)
        return str(name)

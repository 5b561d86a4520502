"""Design points, as declared: which scenario and which policy are in force from when on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple, Self

from scenarios.changing import programme_in
from scenarios.reading import LoadedPolicy, LoadedScenario


class Stretch(NamedTuple):
    """What is in force from a tick on, until the next stretch begins."""

    since: int
    scenario: LoadedScenario
    policy: LoadedPolicy


@dataclass(frozen=True)
class Point:
    """A design point: a timetable with a name.

    Parameters
    ----------
    name
        What results call it; several points may have one name.
    timetable
        Stretches of time, the first from tick 0 on, each later than the one before. What begins at
        the horizon or later is left out.
    declared
        The scenario before any measure, where that is not the first of the timetable: what is the
        same all the time is taken from it.
    """

    name: str
    timetable: tuple[Stretch, ...]
    declared: LoadedScenario | None = None

    def __post_init__(self) -> None:
        since = [stretch.since for stretch in self.timetable]
        if since[:1] != [0] or any(a >= b for a, b in pairwise(since)):
            msg = f"a timetable begins at tick 0 and ascends; {self.name} has {since}"
            raise ValueError(msg)

    @classmethod
    def constant(cls, scenario: LoadedScenario, policy: LoadedPolicy) -> Self:
        """Return the point at which one scenario and one policy hold all the time."""
        return cls(policy.name, (Stretch(0, scenario, policy),))

    @classmethod
    def of(cls, scenario: LoadedScenario, policy: LoadedPolicy) -> Self:
        """Return the point of a policy, or of a policy under a programme of measures.

        Raises
        ------
        SpecError
            If measures do not fit each other, the scenario or the policy.
        """
        stretches = programme_in(scenario, policy)
        return cls(policy.name, tuple(Stretch(*one) for one in stretches), scenario)

    @property
    def scenario(self) -> LoadedScenario:
        """What is the same all the time."""
        return self.declared or self.timetable[0].scenario

    def before(self, horizon: int) -> Self:
        """Return the same point without what begins at the horizon or later."""
        return replace(self, timetable=tuple(one for one in self.timetable if one.since < horizon))


def sharing(points: Sequence[Point]) -> list[Point]:
    """Return the same points; what measures make of a scenario is one where it is equal."""
    known: dict[str, LoadedScenario] = {}

    def shared(scenario: LoadedScenario, declared: LoadedScenario | None) -> LoadedScenario:
        if declared is None or scenario is declared:
            return scenario
        return known.setdefault(scenario.digest, scenario)

    return [
        replace(
            point,
            timetable=tuple(
                one._replace(scenario=shared(one.scenario, point.declared))
                for one in point.timetable
            ),
        )
        for point in points
    ]

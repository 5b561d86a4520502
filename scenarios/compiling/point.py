"""Design points, as declared: which scenario and which policy are in force from when on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple, Self

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
    """

    name: str
    timetable: tuple[Stretch, ...]

    def __post_init__(self) -> None:
        since = [stretch.since for stretch in self.timetable]
        if since[:1] != [0] or any(a >= b for a, b in pairwise(since)):
            msg = f"a timetable begins at tick 0 and ascends; {self.name} has {since}"
            raise ValueError(msg)

    @classmethod
    def constant(cls, scenario: LoadedScenario, policy: LoadedPolicy) -> Self:
        """Return the point at which one scenario and one policy hold all the time."""
        return cls(policy.name, (Stretch(0, scenario, policy),))

    def before(self, horizon: int) -> Self:
        """Return the same point without what begins at the horizon or later."""
        return replace(self, timetable=tuple(one for one in self.timetable if one.since < horizon))

"""What the lanes of a batch go by of a threat: plain numbers, a row for each version of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from agents.lane import Lane
from scenarios import Layout

I64 = NDArray[np.int64]

_T = TypeVar("_T", bound=Hashable)


class Versions(Generic[_T]):
    """Rows of numbers, and which of them each of L lanes goes by; equal rows are one.

    Parameters
    ----------
    rows
        The V versions there are.
    lanes
        How many lanes there are; all of them go by the first version.
    number
        What gives the number of the version that is in force in a lane now.
    """

    def __init__(
        self, rows: Iterable[_T], lanes: int, number: Callable[[Lane], int] | None = None
    ) -> None:
        self.rows = tuple(rows)
        self.of: I64 = np.zeros(lanes, dtype=np.int64)
        """Number of each lane's version now, changed in place, shape (L,)."""
        self._number_in = number

    @classmethod
    def declared(
        cls, layout: Layout, threat: str, lanes: Sequence[Lane], read: Callable[[Any], _T]
    ) -> Versions[_T]:
        """Return the versions of a threat that are in force at any time, as lanes begin with them.

        Parameters
        ----------
        read
            What gives the plain numbers of a declaration of the threat.
        """
        numbers: dict[_T, int] = {}
        number_of: dict[int, int] = {}
        for one in (one for timetable in layout.force for one in timetable):
            declaration = one.scenario.threats[threat]
            if id(declaration) not in number_of:
                number = numbers.setdefault(read(declaration), len(numbers))
                number_of[id(declaration)] = number
        subject = layout.threats.ranges[threat].start
        made = cls(numbers, len(lanes), lambda lane: number_of[id(lane.declared(subject))])
        made.turn(lanes)
        return made

    def array(self, name: str) -> NDArray[Any]:
        """Return one of the numbers of all versions, shape (V,)."""
        return np.array([getattr(row, name) for row in self.rows])

    def turn(self, lanes: Iterable[Lane]) -> None:
        """Let lanes go by what is in force in them now."""
        if self._number_in is not None:
            for lane in lanes:
                self.of[lane.number] = self._number_in(lane)

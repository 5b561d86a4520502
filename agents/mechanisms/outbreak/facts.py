"""What outbreaks do by themselves, as facts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agents.lane import Lane
from agents.mechanisms.outbreak.compartments import Compartments

I64 = NDArray[np.int64]


class OutbreakFacts:
    """Notes infections, and who is down at the end of each step, where facts are kept."""

    def __init__(self, lanes: Sequence[Lane], compartments: Compartments, subject: int) -> None:
        self._lanes = [lane for lane in lanes if lane.facts is not None]
        self._compartments, self._subject = compartments, subject
        self._infected: list[tuple[int, int]] = []
        """Spots and numbers of the infections of the step."""
        if self._lanes:
            compartments.witness = self
        for lane in self._lanes:
            self._each(lane, 0, "operators at risk", compartments.vulnerable)

    def infected(self, spots: I64, numbers: I64) -> None:
        """Take infections of a step."""
        self._infected += zip(spots.tolist(), numbers.tolist(), strict=True)

    def stepped(self, tick: float) -> None:
        """Write down what a step brought in each lane, that began at a tick and a part of it."""
        places = self._compartments.places
        for spot, number in self._infected:
            lane, place = self._lanes[spot // places], spot % places
            if number:
                self._note(lane, tick, "operators infected", place, number)
        self._infected.clear()
        cells = self._compartments
        for lane in self._lanes:
            self._each(lane, tick, "operators down", cells.infected + cells.isolated)

    def _each(self, lane: Lane, tick: float, what: str, operators: I64) -> None:
        """Write down how many there are in each place where there are any."""
        for place, number in enumerate(operators[lane.number].sum(axis=1).tolist()):
            if number:
                self._note(lane, tick, what, place, number)

    def _note(self, lane: Lane, tick: float, what: str, place: int, number: int) -> None:
        lane.fact("malware", what, self._subject, at=tick, place=place, operators=number)

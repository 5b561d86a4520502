"""Verified cases of a lane: who investigates what, and since when."""

from __future__ import annotations

import math


class Cases:
    """Cases that police have verified, by subject and place."""

    def __init__(self) -> None:
        self._verified_at: dict[tuple[int, int], float] = {}
        self._open: set[tuple[int, int]] = set()

    def begin(self, subject: int, place: int, tick: float) -> None:
        """Note that a state has verified its case and investigates."""
        self._verified_at[subject, place] = tick
        self._open.add((subject, place))

    def end(self, subject: int, place: int) -> None:
        """Note that a state has done what it could."""
        self._open.discard((subject, place))

    def are_open(self, subject: int, place: int) -> bool:
        """Whether a state investigates a subject."""
        return (subject, place) in self._open

    def first_verified(self, subject: int) -> float:
        """Tick at which the first case on a subject was verified; NaN if none was."""
        ticks = (tick for (about, _), tick in self._verified_at.items() if about == subject)
        return min(ticks, default=math.nan)

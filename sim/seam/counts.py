"""The counters of a batch."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.seam.port import COUNTERS, KIND_COUNTERS

I64 = NDArray[np.int64]

ROW: Final = {name: row for row, name in enumerate(COUNTERS)}
KIND_ROW: Final = {name: row for row, name in enumerate(KIND_COUNTERS)}


class Counts:
    """Counters of L lanes, shape (len(COUNTERS), L).

    Parameters
    ----------
    lanes
        How many.
    kind
        Kind of each subject, shape (S,).
    kinds
        How many.
    """

    def __init__(self, lanes: int, kind: I64, kinds: int) -> None:
        self.table = np.zeros((len(COUNTERS), lanes), dtype=np.int64)
        self.kind = kind
        self.by_kind = np.zeros((len(KIND_COUNTERS), lanes, kinds), dtype=np.int64)
        """What is counted for each kind of subject, shape (len(KIND_COUNTERS), L, K)."""

    def __getitem__(self, name: str) -> I64:
        """One counter of every lane, shape (L,); a view."""
        row: I64 = self.table[ROW[name]]
        return row

    def add(self, name: str, lane: I64) -> None:
        """Count one for each entry of `lane`."""
        if lane.size:
            self.table[ROW[name]] += np.bincount(lane, minlength=self.table.shape[1])

    def add_about(self, name: str, lane: I64, subject: I64) -> None:
        """Count one for each entry of `lane`, by the kind of `subject`."""
        if lane.size:
            table = self.by_kind[KIND_ROW[name]]
            lanes, kinds = table.shape
            place = lane if kinds == 1 else lane * kinds + self.kind[subject]
            table += np.bincount(place, minlength=lanes * kinds).reshape(lanes, kinds)

    def tally(self, name: str, lane: I64, which: I64) -> I64:
        """Count one for each entry of `which`, an index into `lane`; return what is added, (L,)."""
        if not which.size:
            return np.zeros(self.table.shape[1], dtype=np.int64)
        each = np.bincount(which, minlength=lane.size)
        counted: I64 = np.bincount(lane, each, minlength=self.table.shape[1]).astype(np.int64)
        self.table[ROW[name]] += counted
        return counted

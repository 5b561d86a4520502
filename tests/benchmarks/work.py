"""What a contender offers, and the count of what it did."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

I64 = NDArray[np.int64]


class Work(NamedTuple):
    """Attempts and first receipts (the origin's own copy is none), shape (replications, columns).

    There is a column a report, or one for all reports of a replication.
    """

    attempts: I64
    receipts: I64


class Spreading(Protocol):
    """The spreading work in a contender's hands; making it is set-up, once a network."""

    def warm_up(self) -> None:
        """Do once what only the first run would need, such as compiling."""

    def run(self, origins: I64) -> None:
        """Spread the reports that start at `origins`, shape (replications, reports). Timed."""

    def counted(self) -> Work:
        """Return what `run` did."""


class AbsentError(Exception):
    """A contender cannot be had here; the message says why."""

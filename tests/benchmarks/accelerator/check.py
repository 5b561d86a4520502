"""Whether the graphics processor did what our kernels do, to the bit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tests.benchmarks.accelerator.inputs import CHANNEL_BITS

if TYPE_CHECKING:
    from sim import Log
    from tests.benchmarks.accelerator.device import I32, U64, Spread
    from tests.benchmarks.network import I64


class UnlikeError(AssertionError):
    """The two did not do the same."""


def check_counts(tallies: I32, expected: I64) -> None:
    """Hold what was counted to what our kernel counted of the same lanes.

    Parameters
    ----------
    tallies
        Attempts, messages, late messages, first receipts; shape (L, 4).
    expected
        Attempts, messages, first receipts; shape (L, 3).

    Raises
    ------
    UnlikeError
        If a lane differs, or a message came too late.
    """
    if tallies[:, 2].any():
        raise UnlikeError(f"{int(tallies[:, 2].sum()):,} messages came too late")
    unlike = (tallies[:, [0, 1, 3]] != expected).any(axis=1)
    if unlike.any():
        lane = int(unlike.argmax())
        raise UnlikeError(
            f"{int(unlike.sum()):,} of {unlike.size:,} lanes counted otherwise; lane {lane}:"
            f" {tallies[lane].tolist()}, not {expected[lane].tolist()}"
        )


def check_deliveries(spread: Spread, log: Log) -> None:
    """Hold who heard of what, when and over which channel, to the log of their lane.

    Raises
    ------
    UnlikeError
        If they differ.
    """
    found = deliveries(spread)
    expected = np.array(log.deliveries, dtype=np.uint64).reshape(-1, 4)[:, [0, 2, 3]]
    expected = expected[np.lexsort(expected.T[::-1])]
    if found.shape != expected.shape:
        raise UnlikeError(f"{len(found):,} first copies, not {len(expected):,}")
    unlike = (found != expected).any(axis=1)
    if unlike.any():
        row = int(unlike.argmax())
        raise UnlikeError(f"first copy {row}: {found[row].tolist()}, not {expected[row].tolist()}")


def deliveries(spread: Spread) -> U64:
    """Return rows of tick, key of the report and channel, in order."""
    arrivals = spread.arrivals
    report, _ = place = np.nonzero((arrivals != 0) & (arrivals != np.iinfo(np.uint32).max))
    arrival = arrivals[place].astype(np.uint64)
    rows = np.empty((arrival.size, 3), dtype=np.uint64)
    rows[:, 0] = arrival >> np.uint64(CHANNEL_BITS)
    rows[:, 1] = spread.keys[report]
    rows[:, 2] = arrival & np.uint64((1 << CHANNEL_BITS) - 1)
    return rows[np.lexsort(rows.T[::-1])]

"""Lanes on a graphics processor: memory, launches and transfers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.accelerator.draws import cuda
from tests.benchmarks.accelerator.inputs import Inputs
from tests.benchmarks.accelerator.kernels import start, step, whole
from tests.benchmarks.world import HORIZON

if TYPE_CHECKING:
    from tests.benchmarks.network import I64

I32 = NDArray[np.int32]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]

BESIDE: Final = 40 * 1024
"""Bytes of a report's state that fit beside a processor, with what else a block keeps there."""


class Spread(NamedTuple):
    """What came of reports."""

    keys: U64
    """Shape (n,)."""
    arrivals: U32
    """When and over which channel each unit heard first, shape (n, units)."""


class Device:
    """Runs lanes of a network, all of whose units have the same number of channels.

    Parameters
    ----------
    inputs
        The network.
    threads
        Threads of a block, which does one report.

    Raises
    ------
    ValueError
        If the state of a report does not fit beside a processor.
    """

    def __init__(self, inputs: Inputs, threads: int) -> None:
        units = inputs.unit_key.size
        self._state_bytes = units * np.dtype(np.uint32).itemsize
        if self._state_bytes > BESIDE:
            raise ValueError(f"{units:,} units do not fit beside a processor")
        self.threads, self._units = threads, units
        self._inputs = Inputs(*map(cuda.to_device, inputs))

    def take(self, origins: I64) -> None:
        """Make room for the lanes whose reports start at `origins`, shape (L, reports)."""
        self._host_origins = origins.astype(np.int32)
        lanes, reports = origins.shape
        self._blocks = lanes * reports
        self._origins = cuda.to_device(self._host_origins)
        self._tallies = cuda.device_array((lanes, 4), dtype=np.int32)
        self._zeros = cuda.to_device(np.zeros((lanes, 4), dtype=np.int32))
        self._keys = cuda.device_array(self._blocks, dtype=np.uint64)
        self._over = cuda.device_array(self._blocks, dtype=np.bool_)
        self._left = cuda.device_array(HORIZON, dtype=np.int32)
        self._arrivals = cuda.device_array((self._blocks, self._units), dtype=np.uint32)
        self._back: U32 | None = None

    def whole(self) -> None:
        """Spread all reports to the end in one launch."""
        self._tallies.copy_to_device(self._zeros)
        state = self._state_bytes
        whole[self._blocks, self.threads, 0, state](
            *self._inputs, self._origins, self._keys, self._arrivals, self._tallies
        )
        cuda.synchronize()

    def stepwise(self) -> int:
        """Spread all reports tick by tick, looking after each whether there is more to come.

        Return the number of ticks.
        """
        words, unit_key, *channels = self._inputs
        self._tallies.copy_to_device(self._zeros)
        self._left.copy_to_device(np.zeros(HORIZON, dtype=np.int32))
        launch = self._blocks, self.threads
        state = self._keys, self._arrivals, self._over
        start[launch](words, unit_key, self._origins, *state)
        for tick in range(HORIZON):
            step[launch](tick, words, *channels, self._origins, *state, self._tallies, self._left)
            if not self._left[tick : tick + 1].copy_to_host()[0]:
                return tick + 1
        return HORIZON

    def and_back(self, fetch: Callable[[], object]) -> None:
        """Send the origins again, spread all reports in one launch, and fetch what came of it."""
        self._origins.copy_to_device(self._host_origins)
        self.whole()
        fetch()

    def counted(self) -> I32:
        """Fetch what was counted."""
        tallies: I32 = self._tallies.copy_to_host()
        return tallies

    def heard(self) -> U32:
        """Fetch who heard when, into memory that does not move."""
        if self._back is None:
            self._back = cuda.pinned_array((self._blocks, self._units), dtype=np.uint32)
        self._arrivals.copy_to_host(self._back)
        return self._back

    def part(self, lane: int, reports: int) -> Spread:
        """Fetch what came of the first reports of a lane."""
        first = lane * self._host_origins.shape[1]
        some = slice(first, first + reports)
        return Spread(self._keys[some].copy_to_host(), self._arrivals[some].copy_to_host())

    def poison(self) -> None:
        """Overwrite results, so that what is not written anew shows."""
        for array in (self._arrivals, self._keys):
            array.copy_to_device(np.full(array.shape, 7, dtype=array.dtype))

    def drop(self) -> None:
        """Give the memory of the lanes back."""
        del self._arrivals, self._keys, self._over, self._back

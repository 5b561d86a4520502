"""What the graphics processor and the processor take for the same lanes."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.metadata import distributions, version
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from tests.benchmarks.accelerator import processor
from tests.benchmarks.accelerator.check import check_counts, check_deliveries
from tests.benchmarks.accelerator.device import Device
from tests.benchmarks.accelerator.draws import cuda
from tests.benchmarks.accelerator.inputs import laid_out
from tests.benchmarks.accelerator.table import Row
from tests.benchmarks.machine import machine
from tests.benchmarks.network import draw_network, draw_origins
from tests.benchmarks.world import world_of

if TYPE_CHECKING:
    from multiprocessing.pool import Pool

    from sim import World
    from tests.benchmarks.network import I64

PACKAGES: Final = ("numba", "numba-cuda", "numpy")
REPEATS: Final = 7
ENOUGH: Final = 0.5
"""Seconds on the processor after which a piece of work is not repeated."""
GIB: Final = 1 << 30
MOST_ON_A_CORE: Final = 200_000_000
"""Attempts that one core is given, about."""


@dataclass(frozen=True)
class Size:
    """A network of the benchmark, and how many lanes of it there are."""

    units: int
    degree: int
    reports: int
    lanes: tuple[int, ...]
    threads: tuple[int, ...]
    """Of a block on the graphics processor; what is fastest is taken."""
    logged: int
    """Reports of which every first copy is compared."""

    def whole_lanes(self, attempts: int) -> int:
        """Return how many lanes make about so many attempts, at least 1."""
        return max(1, attempts // (self.units * self.degree * self.reports))


SIZES: Final = (
    Size(200, 10, 50, (1, 8, 64, 512, 4_096, 32_768), threads=(32, 64, 256), logged=50),
    Size(10_000, 10, 100, (1, 8, 64, 512), threads=(128, 256, 1024), logged=5),
)
QUICK: Final = (
    Size(200, 10, 50, (1, 64), threads=(32, 64), logged=50),
    Size(10_000, 10, 100, (1,), threads=(256, 1024), logged=5),
)


class Host(NamedTuple):
    """Processes on the processor."""

    pool: Pool
    cores: int


def proved(device: Device, world: World, origins: I64, expected: I64, logged: int) -> int:
    """Hold both ways to run lanes on the device to our kernels; return the ticks they take.

    Counters of all lanes are compared, and all first copies of `logged` reports of the last lane.

    Raises
    ------
    UnlikeError
        If they differ.
    """
    device.take(origins)
    last = len(origins) - 1
    log = processor.logged(world, last, origins[last:, :logged])
    ticks = 0
    for way in (device.whole, device.stepwise):
        device.poison()
        ticks = way() or ticks
        check_counts(device.counted(), expected)
        check_deliveries(device.part(last, logged), log)
    return ticks


def measured(size: Size, host: Host) -> Iterator[Row]:
    """Check and time growing numbers of lanes of a network."""
    world = world_of(draw_network(size.units, size.degree))
    device = Device(laid_out(world), size.threads[0])
    processor.run(world, 0, draw_origins(size.units, 2, 2))
    for lanes in size.lanes:
        origins = draw_origins(size.units, size.reports, lanes)
        few = origins[: size.whole_lanes(MOST_ON_A_CORE)]
        alone, core = timed(partial(processor.run, world, 0, few))
        at_once = partial(processor.together, host.pool, host.cores, size.units, size.degree)
        processor.prepare(host.pool, host.cores, size.units, size.degree)
        counted, cores = timed(partial(at_once, origins))
        if not np.array_equal(alone, counted[: len(few)]):
            raise AssertionError("processes count otherwise than this one")
        ticks = proved(device, world, origins, counted, size.logged)
        device.threads = fastest(device, size.threads)
        if proved(device, world, origins, counted, size.logged) != ticks:
            raise AssertionError("more threads take other ticks")
        yield Row(
            *(size.units, size.degree, size.reports, lanes, int(counted[:, 0].sum())),
            threads=device.threads,
            resident=often(device.whole),
            counters=often(partial(device.and_back, device.counted)),
            everything=often(partial(device.and_back, device.heard)),
            stepwise=often(device.stepwise),
            ticks=ticks,
            core=core * lanes / len(few),
            cores=cores,
            core_lanes=len(few),
            written=4.0 * lanes * size.reports * size.units,
        )
        device.drop()


def fastest(device: Device, threads: tuple[int, ...]) -> int:
    """Return with how many threads a block the lanes on the device are done first."""
    taken = {}
    for device.threads in threads:
        taken[device.threads] = often(device.whole)
    return min(taken, key=taken.__getitem__)


def timed(work: Callable[[], I64]) -> tuple[I64, float]:
    """Return what the work gave and its seconds on the clock; the median if it is short."""
    taken: list[float] = []
    while sum(taken) < ENOUGH and len(taken) < REPEATS:
        begun = perf_counter()
        result = work()
        taken.append(perf_counter() - begun)
    return result, median(taken)


def often(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Return the median of the seconds that a piece of work takes, after a first time."""
    work()
    taken = []
    for _ in range(repeats):
        begun = perf_counter()
        work()
        taken.append(perf_counter() - begun)
    return median(taken)


def copying() -> float:
    """Return the bytes a second that the device reads and writes when it copies."""
    first, second = (cuda.device_array(GIB, dtype=np.uint8) for _ in range(2))
    first.copy_to_device(np.random.default_rng(1).integers(256, size=GIB, dtype=np.uint8))

    def copy() -> None:
        second.copy_to_device(first)
        cuda.synchronize()

    return 2 * GIB / often(copy)


def installed(package: str) -> bool:
    """Whether a distribution is there; Numba for CUDA may be part of Numba."""
    return any(distributions(name=package))


def surroundings(cores: int) -> dict[str, Any]:
    """Return what was measured on; nothing that tells where."""
    about, device = machine(), cuda.get_current_device()
    name = device.name.decode() if isinstance(device.name, bytes) else str(device.name)
    return {
        "accelerator": name,
        "multiprocessors": int(device.MULTIPROCESSOR_COUNT),
        "copies_gb_s": round(copying() / 1e9),
        "processor": about["processor"],
        "cores": cores,
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES if installed(name)},
    }

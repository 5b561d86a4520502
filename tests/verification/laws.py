"""Known results, in closed form or computed exactly, and how a sample is held to one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike

F64 = NDArray[np.float64]

STANDARD_ERRORS: Final = 4.0


@dataclass(frozen=True)
class Sample:
    """Independent values of one quantity; `resolution` is what rounding to ticks may add."""

    values: F64
    resolution: float = 0.0

    @property
    def error(self) -> float:
        """Standard error of the mean."""
        return float(self.values.std(ddof=1) / self.values.size**0.5)

    def agrees(self, expected: float) -> bool:
        """Whether the mean is within four standard errors of what it should be."""
        away = abs(float(self.values.mean()) - expected)
        return away <= STANDARD_ERRORS * self.error + self.resolution


def sample(values: ArrayLike, resolution: float = 0.0) -> Sample:
    """Return a sample of finite values."""
    array = np.asarray(values, dtype=np.float64)
    assert np.all(np.isfinite(array))
    return Sample(array, resolution)


# Spreading -----------------------------------------------------------------------------------


def harmonic(count: int) -> float:
    """``1 + 1/2 + ... + 1/count``."""
    return sum(1 / number for number in range(1, count + 1))


def pair_infection(n: int) -> float:
    """Mean time until all of n know, each pair passing it on at rate 1."""
    return 2 / n * harmonic(n - 1)


def push(n: int) -> float:
    """Mean time until all of n know, everybody who knows calling a random other at rate 1."""
    return 2 * (n - 1) / n * harmonic(n - 1)


def push_pull(n: int) -> float:
    """Mean time until all of n know, everybody calling a random other at rate 1, both ways."""
    return push(n) / 2


def hub_calls(n: int) -> float:
    """Mean time until all of n know, a hub calling a random leaf at rate 1."""
    return (n - 1) * harmonic(n - 1)


def leaves_poll(n: int) -> float:
    """Mean time until all of n know, each leaf polling the hub at rate 1."""
    return harmonic(n - 1)


def push_rounds(n: int) -> float:
    """Mean rounds until all of n know, in each of which all who know call a random other."""
    left = [0.0] * (n + 1)
    for know in range(n - 1, 0, -1):
        chances = _newly_told(n, know)
        onward = sum(chance * left[know + new] for new, chance in enumerate(chances) if new)
        left[know] = (1 + onward) / (1 - chances[0])
    return left[1]


def _newly_told(n: int, know: int) -> list[float]:
    """Chances that 0, 1, 2, ... new ones are told by `know` calls."""
    chances = [1.0] + [0.0] * (n - know)
    for _ in range(know):
        fresh = [(n - know - new) / (n - 1) for new in range(n - know + 1)]
        chances = [
            chance * (1 - fresh[new]) + (chances[new - 1] * fresh[new - 1] if new else 0.0)
            for new, chance in enumerate(chances)
        ]
    return chances


# Queues --------------------------------------------------------------------------------------


def erlang_c(servers: int, load: float) -> float:
    """Chance of having to wait in M/M/c, arrivals `load` times the service rate."""
    blocking = 1.0
    for number in range(1, servers + 1):
        blocking = load * blocking / (number + load * blocking)
    return servers * blocking / (servers - load * (1 - blocking))


def mean_wait(servers: int, load: float) -> float:
    """Mean wait in M/M/c in units of the mean service."""
    return erlang_c(servers, load) / (servers - load)


MOST_WAITING: Final = 600
"""Queue lengths above this have no probability worth the name."""


def queue_lengths(arrivals: F64, extra: Sequence[int], places: Sequence[int]) -> Iterator[F64]:
    """Distributions of the length of a queue that starts empty, tick by tick.

    At tick t come a random number of customers with chances `arrivals`, then ``extra[t]``; then
    up to ``places[t]`` are served.
    """
    length = np.zeros(MOST_WAITING)
    length[0] = 1.0
    for more, served in zip(extra, places, strict=True):
        grown = np.convolve(length, arrivals)
        grown = np.concatenate((np.zeros(more), grown))
        length = np.zeros(MOST_WAITING)
        length[0] = grown[: served + 1].sum()
        rest = grown[served + 1 : served + MOST_WAITING]
        length[1 : 1 + rest.size] = rest
        yield length

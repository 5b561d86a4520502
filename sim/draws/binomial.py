"""Binomial counts from named words, by inversion in plain arithmetic.

A count is the quantile of its distribution at ``(word + 1/2) / 2**32``. Only ``+ - * /`` are used,
so that it is the same to the bit on every machine and whatever is drawn beside it. A count with a
large mean is the sum of parts, each with a word of its own: no part's chance of nothing underflows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.draws.streams import ONE

Bool = NDArray[np.bool_]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
U32 = NDArray[np.uint32]

Words = Callable[[I64, int], U32]
"""Words for the cells at some indices, shape (n,), and for a part of their counts, from 0."""

LARGEST_MEAN: Final = 16.0
"""Mean of a part, at most."""

_SLACK: Final = 2.0**-40
"""More than rounding can make of a chance, less than half of a word's cell."""


def binomial(trials: I64, chance: F64, words: Words) -> I64:
    """Draw how many of `trials` succeed, each with `chance`.

    Parameters
    ----------
    trials
        Numbers of trials, 0 or above, shape (n,).
    chance
        Chances in the closed unit interval, shape (n,).
    words
        Supplies a word for each cell and part; asked only for cells in which anything can happen.

    Returns
    -------
    ndarray of int64, shape (n,)
    """
    count = np.zeros(trials.shape, dtype=np.int64)
    cell = np.flatnonzero((trials > 0) & (chance > 0))
    if not cell.size:
        return count
    n, p = trials[cell], chance[cell]
    mirrored = p > 0.5  # noqa: PLR2004
    if mirrored.any():
        p = np.where(mirrored, 1 - p, p)
    mean = n * p
    if mean.max() > LARGEST_MEAN:
        parts = np.maximum(np.ceil(mean / LARGEST_MEAN), 1).astype(np.int64)
        for part in range(int(parts.max())):
            some = np.flatnonzero(parts > part)
            share = (n[some] + part) // parts[some]
            word = words(cell[some], part)
            count[cell[some]] += _inverted(share, p[some], mirrored[some], word)
    else:
        count[cell] = _inverted(n, p, mirrored, words(cell, 0))
    return count


def _inverted(n: I64, p: F64, mirrored: Bool, word: U32) -> I64:
    """Quantiles of one part; ``p`` at most one half, counted from the top where mirrored."""
    level = (np.where(mirrored, ~word, word) + 0.5) / ONE
    count = np.zeros(n.shape, dtype=np.int64)
    some = np.flatnonzero(level > 1 - n * p - _SLACK)
    count[some] = _quantiles(n[some], p[some], level[some])
    return np.where(mirrored, n - count, count)


def _quantiles(n: I64, p: F64, level: F64) -> I64:
    """Return the least counts whose distribution functions reach `level`."""
    count = np.zeros(n.shape, dtype=np.int64)
    ratio, mass, some = p / (1 - p), power(1 - p, n), np.arange(n.size)
    below = mass
    k = 0
    while True:
        on = (level > below) & (k < n)
        if not on.any():
            return count
        some, n = some[on], n[on]
        ratio, level, mass, below = ratio[on], level[on], mass[on], below[on]
        k += 1
        count[some] = k
        mass = mass * (ratio * (n - (k - 1)) / k)
        below = below + mass


def power(base: F64, exponent: I64) -> F64:
    """Raise to whole powers of 0 or above by repeated squaring."""
    result = np.ones(base.shape)
    square, left = base, exponent
    while left.any():
        result = np.where(left & 1, result * square, result)
        square = square * square
        left = left >> 1
    return result


def binomial_scalar(trials: int, chance: float, words: Callable[[int], int]) -> int:
    """Draw one count in plain steps; the readable twin. `words` gives the word of a part."""
    if trials == 0 or chance == 0:
        return 0
    if chance > 0.5:  # noqa: PLR2004
        return trials - binomial_scalar(trials, 1 - chance, lambda part: ONE - 1 - words(part))
    parts = 1
    while trials * chance > parts * LARGEST_MEAN:
        parts += 1
    return sum(
        _quantile((trials + part) // parts, chance, (words(part) + 0.5) / ONE)
        for part in range(parts)
    )


def _quantile(trials: int, chance: float, level: float) -> int:
    """Return the least count whose distribution function reaches `level`."""
    mass, square, left = 1.0, 1 - chance, trials
    while left:
        if left & 1:
            mass *= square
        square *= square
        left >>= 1
    below, count = mass, 0
    while level > below and count < trials:
        count += 1
        mass *= chance / (1 - chance) * (trials - (count - 1)) / count
        below += mass
    return count

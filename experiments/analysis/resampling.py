"""Resamples for bootstrap and cross-checks, drawn from named streams: the same every time."""

from __future__ import annotations

from typing import Final

import numpy as np

from experiments.outcomes import F64, I64
from sim.draws import U32, name_key, philox4x32, world_key

WORD_BITS: Final = np.uint64(32)


def indices(seed: int, stream: str, draws: int, size: int) -> I64:
    """Return `draws` resamples of `size` things with replacement, shape (draws, size)."""
    words = _words(seed, stream, draws, size).astype(np.uint64)
    return ((words * np.uint64(size)) >> WORD_BITS).astype(np.int64)


def counts(seed: int, stream: str, draws: int, size: int) -> F64:
    """Return how often each of `size` things is in each resample, shape (draws, size)."""
    drawn = indices(seed, stream, draws, size) + size * np.arange(draws)[:, None]
    found = np.bincount(drawn.ravel(), minlength=draws * size)
    return found.reshape(draws, size).astype(np.float64)


def orders(seed: int, stream: str, draws: int, size: int) -> I64:
    """Return `draws` random orders of `size` things, shape (draws, size)."""
    return np.argsort(_words(seed, stream, draws, size), axis=1, kind="stable")


def _words(seed: int, stream: str, draws: int, size: int) -> U32:
    number = np.arange(draws * size, dtype=np.uint64)
    counter = (number & np.uint64(0xFFFFFFFF), number >> WORD_BITS, name_key(stream), 0)
    words: U32 = philox4x32(counter, world_key(seed, 0))[0].reshape(draws, size)
    return words

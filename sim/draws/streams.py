"""Named random streams: every draw is a pure function of its names.

The generator is Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as
1, 2, 3", SC 2011). A draw is named by the world (root seed and replication), the stream (what is
decided) and up to three 32-bit entity keys (about whom); nothing else enters, so the order of
calls, the batch and the policy cannot change it.
"""

from __future__ import annotations

import hashlib
import sys
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
Words = tuple[int, int, int, int]

ONE: Final = 1 << 32
"""The threshold of a certain event; thresholds are integers in 0..ONE."""

QUANTILE_BITS: Final = 12
QUANTILES: Final = 1 << QUANTILE_BITS
"""Entries of an inverse-CDF table; entry ``i`` is the quantile at ``(i + 0.5) / QUANTILES``."""

QUANTILE_SHIFT: Final = 32 - QUANTILE_BITS

ROUNDS: Final = 10
_M0: Final = 0xD2511F53
_M1: Final = 0xCD9E8D57
_W0: Final = 0x9E3779B9
_W1: Final = 0xBB67AE85
MULTIPLIERS: Final = np.array([[_M0], [_M1]], dtype=np.uint64)
BUMPS: Final = np.array([[_W0], [_W1]], dtype=np.uint32)
_LOW: Final = 0 if sys.byteorder == "little" else 1
"""Where the low half of a 64-bit number lies in memory."""
_CHUNK: Final = 8192

GAMMA: Final = 0x9E3779B97F4A7C15
"""Step of SplitMix64."""
MIX: Final = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
MIX_LAST: Final = 31
_ALL64: Final = (1 << 64) - 1

CHANCE_SHIFT: Final = 32
"""Lowest bit of the chance in a 64-bit word."""
FIRST_PLACE: Final = 20
"""Lowest bit of the first place in a table that such a word names."""
SECOND_PLACE: Final = 8
"""Lowest bit of the second place."""


def name_key(name: str) -> int:
    """Stable 32-bit key of a name: the first four bytes of its BLAKE2s digest, little endian."""
    return int.from_bytes(hashlib.blake2s(name.encode(), digest_size=4).digest(), "little")


def threshold(probability: float) -> int:
    """Threshold in 0..2**32 such that ``word < threshold`` comes true with `probability`.

    Raises
    ------
    ValueError
        If `probability` is outside the closed unit interval.
    """
    if not 0.0 <= probability <= 1.0:
        msg = f"probability {probability!r} is outside [0, 1]"
        raise ValueError(msg)
    return round(probability * ONE)


def philox4x32(counter: tuple[ArrayLike, ...], key: tuple[ArrayLike, ...]) -> U32:
    """Philox4x32-10 of arrays of counters and keys.

    Parameters
    ----------
    counter
        Four array-likes of 32-bit unsigned integers, broadcast against each other and `key`.
    key
        Two array-likes of 32-bit unsigned integers.

    Returns
    -------
    ndarray of uint32, shape (4, n)
        The four output words; `n` is the size of the broadcast input.
    """
    parts = [np.asarray(part).reshape(-1) for part in (*counter, *key)]
    size = np.broadcast(*parts).size
    out = np.empty((4, size), dtype=np.uint32)
    for start in range(0, size, _CHUNK):
        chunk = slice(start, start + _CHUNK)
        _philox_chunk([part if part.size == 1 else part[chunk] for part in parts], out[:, chunk])
    return out


def _philox_chunk(parts: list[NDArray[np.integer]], out: U32) -> None:
    """Ten rounds on buffers that stay in the cache, both halves of the counter at once."""
    even, odd, keys = np.empty((3, 2, out.shape[1]), dtype=np.uint32)
    even[0], odd[0], even[1], odd[1], keys[0], keys[1] = parts
    product = np.empty(even.shape, dtype=np.uint64)
    words = product[::-1].view(np.uint32)
    low, high = words[:, _LOW::2], words[:, 1 - _LOW :: 2]
    turns = np.arange(ROUNDS, dtype=np.uint32)[:, np.newaxis, np.newaxis]
    for key in keys + turns * BUMPS:
        odd ^= key
        np.multiply(even, MULTIPLIERS, out=product)
        np.bitwise_xor(high, odd, out=even)
        odd[...] = low
    out[0::2], out[1::2] = even, odd


def philox4x32_scalar(counter: Words, key: tuple[int, int]) -> Words:
    """Philox4x32-10 of one counter and key in plain integers; the readable twin."""
    return _scrambled(counter, _key_schedule(key))


def _key_schedule(key: tuple[int, int]) -> list[tuple[int, int]]:
    """Return the key of each round."""
    return [
        ((key[0] + turn * _W0) & 0xFFFFFFFF, (key[1] + turn * _W1) & 0xFFFFFFFF)
        for turn in range(ROUNDS)
    ]


def _scrambled(counter: Words, keys: list[tuple[int, int]]) -> Words:
    """Return a counter after a round with each key."""
    c0, c1, c2, c3 = counter
    for k0, k1 in keys:
        p0, p1 = c0 * _M0, c2 * _M1
        c0, c1 = (p1 >> 32) ^ c1 ^ k0, p1 & 0xFFFFFFFF
        c2, c3 = (p0 >> 32) ^ c3 ^ k1, p0 & 0xFFFFFFFF
    return c0, c1, c2, c3


def stream_offset(stream: int) -> np.uint64:
    """How far along SplitMix64, in states, the words of a stream begin."""
    return np.uint64(GAMMA * (stream << 32) & _ALL64)


def entity_offset(key: U32) -> U64:
    """How far along its stream, in states, the words about entities lie."""
    return key.astype(np.uint64) * np.uint64(GAMMA)


def mix64(words: U64) -> U64:
    """Turn states of SplitMix64 into its outputs, in place; also returns them."""
    shifted = np.empty_like(words)
    for shift, factor in MIX:
        np.right_shift(words, np.uint64(shift), out=shifted)
        words ^= shifted
        words *= np.uint64(factor)
    np.right_shift(words, np.uint64(MIX_LAST), out=shifted)
    words ^= shifted
    return words


def report_word(key: int, stream: int, entity: int) -> int:
    """64-bit word of `stream` about a report and an entity, in plain integers.

    It is output number ``stream * 2**32 + entity`` of SplitMix64 seeded with the report's key.
    """
    word = (key + GAMMA * (stream << 32 | entity)) & _ALL64
    for shift, factor in MIX:
        word = ((word ^ word >> shift) * factor) & _ALL64
    return word ^ word >> MIX_LAST


def world_key(seed: int, replication: int) -> tuple[int, int]:
    """Key of one random world.

    Raises
    ------
    ValueError
        If `seed` is outside 0..2**64-1 or `replication` outside 0..2**32-1.
    """
    if not 0 <= seed < 1 << 64:
        msg = f"seed {seed} is outside 0..2**64-1"
        raise ValueError(msg)
    if not 0 <= replication < 1 << 32:
        msg = f"replication {replication} is outside 0..2**32-1"
        raise ValueError(msg)
    counter = (replication, name_key("world"), 0, 0)
    first, second, _, _ = philox4x32_scalar(counter, (seed & 0xFFFFFFFF, seed >> 32))
    return first, second


def key_within(key: tuple[int, int], part: str) -> tuple[int, int]:
    """Key of a part of a world that has streams of its own."""
    first, second, _, _ = philox4x32_scalar((name_key(part), name_key("part"), 0, 0), key)
    return first, second


class Draws:
    """The draws of one world, for code that decides rarely (agents and casework)."""

    __slots__ = ("_parts", "_round_keys", "key")

    def __init__(self, seed: int, replication: int) -> None:
        self._begin(world_key(seed, replication))

    def _begin(self, key: tuple[int, int]) -> None:
        self.key = key
        self._round_keys = _key_schedule(key)
        self._parts: dict[str, Self] = {}

    def within(self, part: str) -> Self:
        """Return the draws of a part of the world that has streams of its own."""
        if part not in self._parts:
            made = self._parts[part] = type(self).__new__(type(self))
            made._begin(key_within(self.key, part))  # noqa: SLF001 - one of its own kind
        return self._parts[part]

    def words(self, stream: str, *entity: int | str) -> Words:
        """Four 32-bit words of `stream` about `entity` (at most three keys; names are hashed)."""
        keys = [part if isinstance(part, int) else stream_key(part) for part in entity]
        a, b, c = (*keys, *(0, 0, 0)[len(keys) :])
        return _scrambled((stream_key(stream), a, b, c), self._round_keys)

    def _first(self, stream: str, *entity: int | str) -> int:
        """Return the first word of `stream` about `entity`."""
        return self.words(stream, *entity)[0]

    def uniform(self, stream: str, *entity: int | str) -> float:
        """Uniform number in the open interval (0, 1), a midpoint of 2**32 cells."""
        return (self._first(stream, *entity) + 0.5) / ONE

    def chance(self, probability: float, stream: str, *entity: int | str) -> bool:
        """Whether an event of `probability` comes true; one that cannot is not drawn."""
        if probability <= 0.0:
            return False
        return self._first(stream, *entity) < threshold(min(probability, 1.0))

    def quantile(self, table: NDArray[np.integer], stream: str, *entity: int | str) -> int:
        """Value drawn from an inverse-CDF table of `QUANTILES` entries."""
        return int(table[self._first(stream, *entity) >> QUANTILE_SHIFT])


_STREAM_KEYS: dict[str, int] = {}


def stream_key(stream: str) -> int:
    """Key of a name, remembered (a pure function; the memory only saves time)."""
    key = _STREAM_KEYS.get(stream)
    if key is None:
        key = _STREAM_KEYS[stream] = name_key(stream)
    return key

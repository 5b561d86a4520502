"""How many lanes a process runs together when the user leaves it to the engine.

A tick has a cost of its own, however many lanes it serves, so lanes are the cheaper the more of
them run together - as long as what every tick touches stays in the cache. What was measured is in
``results/reference/growth``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from experiments.errors import UserError

AUTO: Final = "auto"
"""What a user writes to leave it to the engine."""

FEWEST: Final = 500
"""Lanes among which a tick's own cost is less than a tenth of the whole."""

MOST: Final = 1_000
"""Lanes from which more of them gain nothing; a stopped run loses the batch it was at."""

DIGITS: Final = 18
"""Digits of the longest number that a user may write for a batch."""

USUAL_CACHE: Final = 8 << 20
"""Bytes taken for a worker's share of the last cache where the system does not tell."""

CPUS: Final = Path("/sys/devices/system/cpu")


def read_batch(text: str) -> int | None:
    """Return the most lanes to run together, or None for `AUTO`.

    Raises
    ------
    UserError
        If it is neither that nor a whole number above 0, of no more than `DIGITS` digits.
    """
    if text == AUTO:
        return None
    if len(text) <= DIGITS and text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    raise UserError(
        f"--batch {text}",
        f"must be `{AUTO}` or a whole number from 1",
        f"write `{AUTO}`, or how many lanes may run together",
    )


def refuse_other_batch(batch: int | None, block: int, folder: Path) -> None:
    """Refuse a wish for fewer lanes than the chunks of a directory have, which are fixed.

    Parameters
    ----------
    batch
        The user's wish; None if there is none.
    block
        Lanes of the chunks.

    Raises
    ------
    UserError
        If the wish cannot be met.
    """
    if batch is not None and batch < block:
        raise UserError(
            f"--batch {batch} for shares of {folder}",
            f"shares are made of chunks of {block:,} lanes, as was fixed when it was made",
            f"leave --batch out, or write {block} or more; smaller chunks need another --out",
        )


def usual_batch(touched: int, workers: int) -> int:
    """Return how many lanes to run together in each of some processes.

    Parameters
    ----------
    touched
        Bytes of a lane that every tick touches.
    """
    return min(max(FEWEST, cache_share(workers) // touched), MOST)


def cache_share(workers: int) -> int:
    """Return the bytes of cache that each of some processes on this machine can have."""
    found = [_share(folder, workers) for folder in CPUS.glob("cpu0/cache/index*")]
    return max(found, default=0) or USUAL_CACHE


def _share(cache: Path, workers: int) -> int:
    """Return a process's share of one cache; 0 for a cache of code, or one that is not told."""
    try:
        kind, size, sharers = (
            (cache / name).read_text(encoding="ascii").strip()
            for name in ("type", "size", "shared_cpu_list")
        )
        if kind == "Instruction":
            return 0
        return _bytes(size) // min(workers, _count(sharers))
    except (OSError, ValueError):
        return 0


def _bytes(size: str) -> int:
    """Read a size such as 1024K."""
    units = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
    return int(size.rstrip("KMG")) * units.get(size[-1:], 1)


def _count(cpus: str) -> int:
    """Count processors in a list such as 0-3,8."""
    ends = [part.partition("-") for part in cpus.split(",")]
    return max(1, sum(int(last or first) - int(first) + 1 for first, _, last in ends))

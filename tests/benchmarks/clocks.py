"""Timing for the benchmarks: what is measured is printed, never asserted."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time
from typing import TypeVar

T = TypeVar("T")


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """Return what the work gave, and the seconds of this process that it took."""
    begun = process_time()
    result = work()
    return result, process_time() - begun

"""What a worker process tells of itself."""

from __future__ import annotations

import dataclasses
import mmap
from typing import NamedTuple

import numpy as np

from experiments.execution.processes import Hiring
from experiments.execution.shared import Nameless

_given: list[Nameless] = []
"""The file that this process got with its start."""


def given(file: Nameless) -> None:
    """Take the file of the arrays."""
    _given.append(file)


class Seen(NamedTuple):
    """An array as a worker sees it."""

    writable: bool
    mapped: bool
    kind: str
    shape: tuple[int, ...]
    content: bytes


def worlds_arrays(hiring: Hiring) -> dict[str, Seen]:
    """Return all arrays of the world that a worker process has, by where they are."""
    return _arrays(hiring.worker(*_given)._world((0,)).world, "world")


def _arrays(part: object, name: str) -> dict[str, Seen]:
    if isinstance(part, np.ndarray):
        seen = Seen(part.flags.writeable, mapped(part), part.dtype.str, part.shape, part.tobytes())
        return {name: seen}
    found: dict[str, Seen] = {}
    if dataclasses.is_dataclass(part):
        for field in dataclasses.fields(part):
            found |= _arrays(getattr(part, field.name), f"{name}.{field.name}")
    return found


def mapped(array: np.ndarray) -> bool:
    """Whether the memory of an array is that of a mapped file."""
    base = array.base
    while isinstance(base, np.ndarray):
        base = base.base
    return isinstance(base, memoryview) and isinstance(base.obj, mmap.mmap)

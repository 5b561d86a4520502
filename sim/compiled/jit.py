"""How functions are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def jit(function: F) -> F:
    """Compile a function when it is first called, and keep the machine code on the disk."""
    return cast("F", numba.njit(cache=True, nogil=True)(function))

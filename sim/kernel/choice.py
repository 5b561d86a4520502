"""Which kernel runs a batch."""

from __future__ import annotations

import os
from enum import StrEnum
from functools import cache

from sim.kernel.engine import Kernel


class KernelName(StrEnum):
    """Kernels to choose from."""

    AUTO = "auto"
    """The compiled one where Numba can be used, else the other."""
    NUMPY = "numpy"
    COMPILED = "compiled"


@cache
def why_not_compiled() -> str | None:
    """Say why the compiled kernel cannot run here; None if it can."""
    if os.environ.get("NUMBA_DISABLE_JIT", "0") not in {"", "0"}:
        return "NUMBA_DISABLE_JIT is set"
    try:
        import numba  # noqa: F401, PLC0415 - asked here so that it need not be there
    except Exception as error:  # noqa: BLE001 - also of what its variables are set to
        return str(error) or "Numba cannot be imported"
    return None


def chosen(name: KernelName = KernelName.AUTO) -> KernelName:
    """Return the kernel that a name stands for, which is not `AUTO`."""
    if name is not KernelName.AUTO:
        return name
    return KernelName.COMPILED if why_not_compiled() is None else KernelName.NUMPY


def kernel(name: KernelName = KernelName.AUTO) -> type[Kernel]:
    """Return a kernel by name; all give the same bits.

    Raises
    ------
    ImportError
        If the compiled kernel is asked for and Numba cannot be used.
    """
    if chosen(name) is KernelName.NUMPY:
        return Kernel
    from sim.kernel.compiled import CompiledKernel  # noqa: PLC0415 - needs Numba

    return CompiledKernel

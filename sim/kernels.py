"""Which kernel runs a batch."""

from __future__ import annotations

from enum import StrEnum
from importlib.util import find_spec

from sim.kernel import Kernel


class KernelName(StrEnum):
    """Kernels to choose from."""

    AUTO = "auto"
    """The compiled one where Numba is installed, else the other."""
    NUMPY = "numpy"
    COMPILED = "compiled"


def is_installed() -> bool:
    """Whether what the compiled kernel needs is there."""
    return find_spec("numba") is not None


def kernel(name: KernelName = KernelName.AUTO) -> type[Kernel]:
    """Return a kernel by name; all give the same bits.

    Raises
    ------
    ModuleNotFoundError
        If the compiled kernel is asked for and Numba is not installed.
    """
    if name is KernelName.NUMPY or (name is KernelName.AUTO and not is_installed()):
        return Kernel
    from sim.compiled import CompiledKernel  # noqa: PLC0415 - needs Numba

    return CompiledKernel

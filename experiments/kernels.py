"""Which kernel the user wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from experiments.errors import UserError

if TYPE_CHECKING:
    from sim.kernels import KernelName


def choose_kernel(text: str) -> KernelName:
    """Return the kernel that runs if the user writes `text`; never `auto`.

    Raises
    ------
    UserError
        If there is no such kernel, or what it needs is not installed.
    """
    from sim.kernels import KernelName, is_installed

    names = [str(name) for name in KernelName]
    if text not in names:
        raise UserError(
            f"--kernel {text}",
            f"there are the kernels {', '.join(names)}; all give the same results",
            "write one of them, or leave it out",
        )
    name = KernelName(text)
    if name is KernelName.COMPILED and not is_installed():
        raise UserError(
            f"--kernel {text}",
            "the compiled kernel needs Numba, which is not installed",
            "run `pip install 'fivesteps[fast]'`, or write `--kernel numpy`",
        )
    if name is KernelName.AUTO:
        return KernelName.COMPILED if is_installed() else KernelName.NUMPY
    return name

"""Which kernel the user wants."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from experiments.errors import UserError, echo

if TYPE_CHECKING:
    from sim.kernel import KernelName


def choose_kernel(text: str) -> KernelName:
    """Return the kernel that runs if the user writes `text`; never `auto`.

    Where Numba is installed and fails, `auto` says so and takes NumPy.

    Raises
    ------
    UserError
        If there is no such kernel, or what it needs cannot be used.
    """
    from sim.kernel import KernelName, chosen, why_not_compiled

    names = [str(name) for name in KernelName]
    if text not in names:
        raise UserError(
            f"--kernel {text}",
            f"there are the kernels {', '.join(names)}; all give the same results",
            "write one of them, or leave it out",
        )
    name = KernelName(text)
    why = why_not_compiled() if name is not KernelName.NUMPY else None
    if why is not None and name is KernelName.COMPILED:
        raise UserError(
            f"--kernel {text}",
            f"the compiled kernel needs Numba, which cannot be used: {why}",
            "run `pip install 'fivesteps[fast]'`, or write `--kernel numpy`",
        )
    if why is not None and find_spec("numba") is not None:
        echo(f"The NumPy kernel runs, since Numba cannot be used: {why}", err=True)
    return chosen(name)

"""Fetching what will be looked up soon, so that the processor need not wait for it then."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba.core import cgutils, types
from numba.extending import intrinsic, overload
from numpy.typing import NDArray

AHEAD: Final = 12
"""How many rounds of a loop ahead."""

_TO_READ_SOON: Final = (0, 3, 1)
"""For LLVM: to be read, into the nearest cache, and data."""

Numba = Any
"""A thing of the compiler's."""

_tools: Numba = cgutils


@intrinsic
def _fetch(_: Numba, array: Numba, row: Numba) -> tuple[Numba, Numba]:
    def generate(context: Numba, builder: Numba, signature: Numba, given: Numba) -> Numba:
        kind = signature.args[0]
        view = context.make_array(kind)(context, builder, given[0])
        row = context.cast(builder, given[1], signature.args[1], types.intp)
        where = [row, *(row.type(0) for _ in range(kind.ndim - 1))]
        item = _tools.get_item_pointer(context, builder, kind, view, where, wraparound=False)
        ir = _tools.ir
        byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
        shape = ir.FunctionType(ir.VoidType(), (byte, word, word, word))
        prefetch = builder.module.declare_intrinsic("llvm.prefetch", (byte,), shape)
        builder.call(prefetch, [builder.bitcast(item, byte), *map(word, _TO_READ_SOON)])
        return context.get_dummy_value()

    return types.void(array, row), generate


_say: Numba = _fetch


def fetch(array: NDArray[Any], row: int | np.integer) -> object:
    """Say that a row of an array will be needed; one that is out of bounds harms nothing.

    Only machine code can say it; Python itself does nothing.
    """


@overload(fetch)
def _compiled(array: NDArray[Any], row: int | np.integer) -> object:
    del array, row

    def said(array: NDArray[Any], row: int | np.integer) -> object:
        return _say(array, row)

    return said

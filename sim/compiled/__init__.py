"""The hot steps of a tick as machine code, by Numba: the same bits, sooner.

Importing this needs Numba (``pip install 'fivesteps[fast]'``); `sim.kernels` looks whether it is
there.
"""

from __future__ import annotations

from typing import ClassVar

from sim.compiled.calendar import CompiledCalendar
from sim.compiled.delivery import CompiledDelivery
from sim.compiled.fusion import CompiledFusion
from sim.compiled.post import CompiledPost
from sim.compiled.pull import CompiledFiles
from sim.compiled.streams import compiled_philox4x32
from sim.compiled.triage import CompiledTriage
from sim.kernel import Kernel, Parts

__all__ = ["CompiledKernel"]


class CompiledKernel(Kernel):
    """Engine for a batch of lanes, its hot steps compiled."""

    parts: ClassVar[Parts] = Parts(
        compiled_philox4x32,
        CompiledCalendar,
        CompiledDelivery,
        CompiledTriage,
        CompiledFusion,
        CompiledFiles,
        CompiledPost,
    )

"""The hot steps of a tick as machine code, by Numba: the same bits, sooner.

Importing this needs Numba (``pip install 'fivesteps[fast]'``); `sim.kernel.choice` looks whether it
is there.
"""

from __future__ import annotations

from typing import ClassVar

from sim.kernel.compiled.answers import AnsweringPost
from sim.kernel.compiled.calendar import CompiledCalendar
from sim.kernel.compiled.delivery import CompiledDelivery
from sim.kernel.compiled.fusion import CompiledFusion
from sim.kernel.compiled.making import CompiledMaking
from sim.kernel.compiled.observation import CompiledObservation
from sim.kernel.compiled.pull import CompiledFiles
from sim.kernel.compiled.release import CompiledRelease
from sim.kernel.compiled.stores import CompiledStores
from sim.kernel.compiled.streams import compiled_philox4x32
from sim.kernel.compiled.triage import CompiledTriage
from sim.kernel.engine import Kernel, Parts

__all__ = ["CompiledKernel"]


class CompiledKernel(Kernel):
    """Engine for a batch of lanes, its hot steps compiled."""

    parts: ClassVar[Parts] = Parts(
        compiled_philox4x32,
        CompiledCalendar,
        CompiledObservation,
        CompiledDelivery,
        CompiledTriage,
        CompiledFusion,
        CompiledRelease,
        CompiledMaking,
        CompiledFiles,
        AnsweringPost,
        CompiledStores,
    )

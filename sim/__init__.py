"""Mechanism: lanes, named draws, the propagation kernel and its reference."""

from sim.draws import Draws
from sim.kernel import Kernel
from sim.reference import Reference
from sim.seam import EVERYONE, Clocks, Engine, Happenings, Host, LaneId, Log, World, advance

__all__ = [
    "EVERYONE",
    "Clocks",
    "Draws",
    "Engine",
    "Happenings",
    "Host",
    "Kernel",
    "LaneId",
    "Log",
    "Reference",
    "World",
    "advance",
]

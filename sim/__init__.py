"""Mechanism: lanes, named draws, the propagation kernel and its reference."""

from sim.clock import Clocks
from sim.kernel import Kernel
from sim.port import EVERYONE, Engine, Happenings, Host, LaneId, Log, advance
from sim.reference import Reference
from sim.streams import Draws
from sim.world import World

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

"""Plots: few persons on their way to an attack, and the harmless signals that resemble them."""

from typing import Final

from agents.mechanisms.plot.batch import Plots
from agents.mechanisms.plot.declaration import Plot
from agents.mechanisms.threat import ThreatKind

PLOT: Final = ThreatKind(Plot, Plots)

__all__ = ["PLOT"]

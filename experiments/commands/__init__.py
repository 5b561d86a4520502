"""The commands, a file for those that belong together."""

from experiments.commands import (
    analysing,
    catalogue,
    cluster,
    comparing,
    deciding,
    explaining,
    reading,
    sweeping,
)

__all__ = [
    "analysing",
    "catalogue",
    "cluster",
    "comparing",
    "deciding",
    "explaining",
    "reading",
    "sweeping",
]

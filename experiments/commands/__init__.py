"""The commands, a file for those that belong together."""

from experiments.commands import (
    analysing,
    auditing,
    catalogue,
    cluster,
    comparing,
    deciding,
    explaining,
    reading,
    reporting,
    sweeping,
)

__all__ = [
    "analysing",
    "auditing",
    "catalogue",
    "cluster",
    "comparing",
    "deciding",
    "explaining",
    "reading",
    "reporting",
    "sweeping",
]

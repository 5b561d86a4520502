"""Figures of a run directory; each kind has a file with its `draw`."""

from experiments.figures import (
    discovery,
    geometry,
    lettering,
    maps,
    style,
    tradeoff,
)
from experiments.figures.plotting import (
    METADATA,
    drawings,
    drawn,
    plot,
    save,
)

__all__ = [
    "METADATA",
    "discovery",
    "drawings",
    "drawn",
    "geometry",
    "lettering",
    "maps",
    "plot",
    "save",
    "style",
    "tradeoff",
]

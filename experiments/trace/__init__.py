"""The story of one lane, told from a replay."""

from experiments.trace.shown import (
    Shown,
    tell,
)

__all__ = [
    "Shown",
    "tell",
]

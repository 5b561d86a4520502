"""A parameter along an axis: its few values at even distances, or many where they are."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.figures import lettering, style
from experiments.outcomes import F64
from experiments.planning import Scale

if TYPE_CHECKING:
    from matplotlib.axis import Axis

JITTER: Final = 0.28
"""How far settings that share a value are spread out: a part of the gap to the next value."""
MOST_LEVELS: Final = 12
"""Values that settings share, which stand at even distances; more stand where they are."""
SPREAD: Final = "values that settings share are spread out"
LABEL_IN: Final = 1.7
GAP_IN: Final = 0.06
"""Between the words of two values."""
LEAST_IN: Final = 0.3
"""Least room for the words of a value."""


@dataclass(frozen=True)
class Column:
    """A parameter of a design.

    Parameters
    ----------
    scale
        What its numbers stand for.
    values
        Shape (S,): its number in each setting.
    """

    name: str
    scale: Scale
    values: F64

    @property
    def has_words(self) -> bool:
        """Whether its levels are words."""
        return not self.scale.is_ordered

    @property
    def levels(self) -> F64 | None:
        """The values that settings share; None if there are many."""
        found = np.unique(self.values)
        return found if self.has_words or 1 < len(found) <= MOST_LEVELS else None

    def places_of(self, words: Collection[str]) -> list[int]:
        """Return where some words stand along the axis."""
        levels = np.unique(self.values).tolist()
        return [place for place, level in enumerate(levels) if self.scale.text(level) in words]

    def at(self, values: F64) -> F64:
        """Return where values lie along the axis."""
        levels = self.levels
        return values if levels is None else np.interp(values, levels, np.arange(len(levels)))

    def spread(self, step: float) -> F64:
        """Return where settings are drawn: around a value that they share, so that all are seen.

        Parameters
        ----------
        step
            From one setting to the next, in the spread, modulo 1.
        """
        if self.levels is None:
            return self.values
        steps = np.arange(self.values.size) * step % 1
        found: F64 = self.at(self.values) + JITTER * (2 * steps - 1)
        return found

    def label(self, axis: Axis, *, room_in: float = LABEL_IN, name: str | None = None) -> None:
        """Name the parameter, and its values as far as there is room."""
        from matplotlib.axis import YAxis

        levels = self.levels
        text = name or self.name
        text = f"{text} (hours)" if self.scale.kind == "hours" and levels is None else text
        axis.set_label_text(
            lettering.wrapped(text, room_in, style.SMALL_PT, most=2), fontsize=style.SMALL_PT
        )
        if levels is None:
            style.plain_numbers(axis, most=4)
            return
        vertical = isinstance(axis, YAxis)
        each_in = room_in / len(levels)
        widest_in = 0.9 if vertical else max(each_in - GAP_IN, LEAST_IN)
        said = [self._say(float(level), widest_in) for level in levels]
        size_in = max(
            lettering.height_in(text, style.SMALL_PT) if vertical else _width_in(text)
            for text in said
        )
        every = math.ceil((size_in + GAP_IN) / each_in)
        axis.set_ticks(list(range(0, len(levels), every)), said[::every])

    def _say(self, level: float, room_in: float) -> str:
        from experiments.figures.ticks import number

        is_number = self.scale.kind == "number" and not self.scale.levels
        written = number(level) if is_number else self.scale.text(level)
        return lettering.wrapped(written, room_in, style.SMALL_PT, most=3)


def _width_in(text: str) -> float:
    return max(lettering.width_in(line, style.SMALL_PT) for line in text.split("\n"))

"""Ticks that fit beside each other: plain numbers, as many as there is room for."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any, Final

import numpy as np
from matplotlib.ticker import FuncFormatter, Locator, MaxNLocator

from experiments.figures.lettering import LINE, width_in
from experiments.outcomes import F64

SIZE_PT: Final = 7.5
"""Size of the numbers."""
MOST: Final = 5
GAP_IN: Final = 0.09
"""Least distance of two numbers."""
SHORT: Final = ((1e12, "e12"), (1e9, "bn"), (1e6, "M"), (1e4, "k"))
"""From which size a number is written with fewer digits, and how."""
LARGEST: Final = 1e15
SMALLEST: Final = 1e-4
MULTIPLES: Final = ((1, 2, 5), (1, 3), (1,))
"""Numbers of a decade that a logarithmic axis has, the best first."""


def number(value: float, _place: int | None = None) -> str:
    """Write a number in few letters: 0.25, 3,000, 20k, 1.5M."""
    size = abs(value)
    if size >= LARGEST or 0 < size < SMALLEST:
        return f"{value:.3g}".replace("-", "\u2212")
    for unit, sign in SHORT:
        if size >= unit:
            part = 1000 if sign == "k" else unit
            return f"{value / part:,.6g}{sign}".replace("-", "\u2212")
    return f"{value:,.6g}".replace("-", "\u2212")


def plain(axis: Any, *, most: int = MOST) -> None:  # noqa: ANN401 - an axis
    """Give an axis plain numbers."""
    axis.set_major_locator(Even(most))
    axis.set_major_formatter(FuncFormatter(number))


def logarithmic(axis: Any) -> None:  # noqa: ANN401 - an axis
    """Give a logarithmic axis plain numbers, two or more where there is room."""
    from matplotlib.ticker import NullLocator

    axis.set_major_locator(Decades())
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(number))


class Even(Locator):
    """Round numbers at even distances."""

    axis: Any

    def __init__(self, most: int) -> None:
        self._most = most

    def __call__(self) -> list[float]:
        """Return the places of ticks within the view."""
        low, high = sorted(self.axis.get_view_interval())
        found: F64 = np.array([])
        for count in range(self._most, 0, -1):
            locator = MaxNLocator(count, steps=[1, 2, 2.5, 5, 10], min_n_ticks=1)
            ticks = np.asarray(locator.tick_values(low, high))
            ticks = ticks[(ticks >= low) & (ticks <= high)]
            found = ticks if ticks.size else found
            if _is_room(self.axis, found, (found - low) / (high - low)):
                break
        return [float(tick) for tick in found]

    def tick_values(self, vmin: float, vmax: float) -> list[float]:
        """Return the ticks of any interval."""
        return list(MaxNLocator(self._most).tick_values(vmin, vmax))


class Decades(Locator):
    """Powers of ten, and what is needed between them."""

    axis: Any

    def __call__(self) -> list[float]:
        """Return the places of ticks within the view."""
        low, high = sorted(self.axis.get_view_interval())
        found: F64 = np.array([])
        first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
        choices = [(1, multiples) for multiples in MULTIPLES]
        choices += [(every, (1,)) for every in range(2, max(3, last - first + 1))]
        for every, multiples in choices:
            powers = range(first - first % every, last + 1, every)
            ticks = np.array([one * 10.0**power for power in powers for one in multiples])
            ticks = ticks[(ticks >= low) & (ticks <= high)]
            found = ticks if ticks.size else found
            shares = np.log10(found / low) / math.log10(high / low)
            if found.size and _is_room(self.axis, found, shares):
                break
        return [float(tick) for tick in found]

    def tick_values(self, vmin: float, vmax: float) -> list[float]:
        """Return the powers of ten of any interval."""
        ends = math.floor(math.log10(vmin)), math.ceil(math.log10(vmax))
        return [10.0**power for power in range(ends[0], ends[1] + 1)]


def _is_room(axis: Any, ticks: F64, shares: F64) -> bool:  # noqa: ANN401 - an axis
    """Whether numbers at some shares of an axis lie apart."""
    figure = axis.get_figure(root=True)
    box = axis.axes.get_window_extent()
    vertical = axis.axis_name == "y"
    length = (box.height if vertical else box.width) / figure.dpi
    sizes = [LINE * SIZE_PT / 72 if vertical else width_in(number(tick), SIZE_PT) for tick in ticks]
    apart = np.diff(shares) * length
    between = [(one + other) / 2 for one, other in pairwise(sizes)]
    gap = 0 if vertical else GAP_IN
    return all(way >= need + gap for way, need in zip(apart, between, strict=True))

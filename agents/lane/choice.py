"""Choices from named draws."""

from __future__ import annotations

from collections.abc import Sequence

from agents.lane.sums import total
from scenarios.schema import Range
from sim.draws import ONE, Draws


def choose(draws: Draws, weights: Sequence[float], stream: str, *entity: int | str) -> int:
    """Draw an index with chances in proportion to `weights` (not all 0)."""
    target = draws.uniform(stream, *entity) * total(weights)
    for index, weight in enumerate(weights):
        target -= weight
        if target < 0 < weight:
            return index
    return max(index for index, weight in enumerate(weights) if weight > 0)


def whole_number(draws: Draws, span: Range, stream: str, *entity: int | str) -> int:
    """Draw a whole number evenly from a closed range."""
    word = draws.words(stream, *entity)[0]
    return span.low + (word * (span.high - span.low + 1)) // ONE

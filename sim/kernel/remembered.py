"""Draws of a world that several lanes share, remembered from one lane to the next.

A draw is a pure function of its name. Lanes of one world and different policies ask for many of
the same ones, and a dictionary answers faster than ten rounds of Philox.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.draws import Draws

if TYPE_CHECKING:
    from sim.seam import LaneId


class Remembered(Draws):
    """Draws of one world that remember what was drawn."""

    __slots__ = ("_drawn",)

    def _begin(self, key: tuple[int, int]) -> None:
        super()._begin(key)
        self._drawn: dict[tuple[int | str, ...], int] = {}

    def _first(self, stream: str, *entity: int | str) -> int:
        """Return the first word of `stream` about `entity`."""
        name = (stream, *entity)
        word = self._drawn.get(name)
        if word is None:
            word = self._drawn[name] = super()._first(stream, *entity)
        return word


def draws_of(lanes: Sequence[LaneId]) -> list[Draws]:
    """Return the draws of each lane; lanes of one world share theirs."""
    worlds = Counter(lane[1:] for lane in lanes)
    draws = {
        world: Remembered(*world) if count > 1 else Draws(*world) for world, count in worlds.items()
    }
    return [draws[lane[1:]] for lane in lanes]

"""Boxes of conditions in the words of a reader: limits on ranges, and the words of the others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.analysis.workbench import HIGH, LOW, Limits
from experiments.outcomes import F64
from experiments.planning import Scale


@dataclass(frozen=True)
class Limit:
    """The range of one parameter in a box, NaN being no limit; or its words there."""

    name: str
    scale: Scale
    low: float
    high: float
    least: float
    """Least value sampled."""
    most: float
    """Largest value sampled."""
    words: tuple[str, ...]
    """Words in the box, as the file orders them; none of a parameter with an order."""
    sampled: tuple[str, ...]
    """All words sampled."""
    quasi_p: tuple[float, ...]
    """Of the lower limit, the upper one, and the words; NaN where there is none."""
    reproduced: float
    """Share of the half-samples whose boxes limit the parameter on the same side."""

    @property
    def is_switch(self) -> bool:
        """Whether it is a measure: without or with."""
        return self.scale.kind == "switch"

    @property
    def openness(self) -> float:
        """Share of what was sampled that the limit leaves open."""
        if self.words:
            return len(self.words) / len(self.sampled)
        low = self.least if math.isnan(self.low) else self.low
        high = self.most if math.isnan(self.high) else self.high
        return (high - low) / (self.most - self.least)

    def __str__(self) -> str:
        low, high = self.scale.text(self.low), self.scale.text(self.high)
        if self.words:
            return f"{self.name}: {' or '.join(self.words)}"
        if self.is_switch:
            return f"{'with' if math.isnan(self.high) else 'without'} {self.name}"
        if math.isnan(self.high):
            return f"{self.name} at least {low}"
        if math.isnan(self.low):
            return f"{self.name} at most {high}"
        return f"{self.name} from {low} to {high}"

    def document(self) -> dict[str, Any]:
        """Return it as plain JSON content."""
        own = {key: value for key, value in vars(self).items() if key != "scale"}
        return {**own, "kind": self.scale.kind, "told": str(self)}


@dataclass(frozen=True)
class Box:
    """Conditions that hold together; limits on the most restricted parameter first."""

    limits: tuple[Limit, ...]
    coverage: float
    density: float
    mass: float
    settings: int
    cases: int
    p: float
    """From settings held back; NaN if it was not checked by itself."""
    told: bool
    """Whether it is worth telling."""

    def __str__(self) -> str:
        return ", ".join(str(limit) for limit in self.limits) or "anything"


@dataclass(frozen=True, eq=False)
class Sampled:
    """The settings that are looked at, words numbered by the alphabet and not by the file."""

    table: F64
    names: Sequence[str]
    scales: Sequence[Scale]
    numbers: dict[int, list[float]]
    """Of each column of words, the number in the design of each word."""

    @classmethod
    def of(cls, table: F64, names: Sequence[str], scales: Sequence[Scale]) -> Sampled:
        """Number the words of a table, shape (S, K), anew."""
        table, numbers = table.copy(), {}
        for place, scale in enumerate(scales):
            if not scale.is_ordered:
                there = sorted(set(table[:, place].tolist()), key=scale.text)
                table[:, place] = [there.index(number) for number in table[:, place].tolist()]
                numbers[place] = there
        return cls(table, names, scales, numbers)

    @property
    def words(self) -> tuple[int, ...]:
        """Columns without an order."""
        return tuple(self.numbers)

    def limit(
        self, box: Limits, place: int, *, quasi_p: tuple[float, ...], reproduced: float
    ) -> Limit:
        """Describe a limit of a box."""
        there, scale = np.unique(self.table[:, place]), self.scales[place]
        sampled = sorted(self.numbers.get(place, ()))
        left = {self.numbers[place][int(word)] for of, word in box.left_out if of == place}
        return Limit(
            name=self.names[place],
            scale=scale,
            low=_end(box, LOW, place, there, scale),
            high=_end(box, HIGH, place, there, scale),
            least=float(there[0]) if scale.is_ordered else math.nan,
            most=float(there[-1]) if scale.is_ordered else math.nan,
            words=tuple(scale.text(number) for number in sampled if number not in left),
            sampled=tuple(map(scale.text, sampled)),
            quasi_p=quasi_p,
            reproduced=reproduced,
        )


def _end(box: Limits, side: int, place: int, there: F64, scale: Scale) -> float:
    """Return a limit, NaN for none; where levels are listed, the last that is in the box."""
    end = float((box.lows, box.highs)[side][place])
    if not math.isfinite(end):
        return math.nan
    if not scale.levels:
        return end
    inside = there[there >= end] if side == LOW else there[there <= end]
    return float(inside[0 if side == LOW else -1])

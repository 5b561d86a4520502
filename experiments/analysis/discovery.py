"""Scenario discovery: under which conditions a policy fails, or wins.

Settings are sampled futures; some are of interest (`experiments.analysis.cases`). PRIM (Friedman
and Fisher, "Bump hunting in high-dimensional data", Statistics and Computing 9, 1999; for scenario
discovery Bryant and Lempert 2010) peels a box around them, a twentieth of the settings at a time;
where a parameter has few values, it is done with two objectives, and the better box is taken.
CART (Breiman et al. 1984) divides the settings into boxes by splits. They come from ema_workbench
and scikit-learn, see `experiments.analysis.workbench`. Words have no order: a box holds some of
them, and the order in which a file lists them does not count.

Choosing is left to the analyst in the literature. Here a rule chooses, so that the choice can be
repeated: of PRIM's trajectory, the box with a share of cases of interest least likely by chance
(Fisher's exact test), then without the limits that are not significant; of CART's boxes, those,
densest first, whose union is the least likely.

Both find boxes in noise. So they look again in ten random halves of the settings, each time
without seeing the other half, and the box found there is checked in the other half by Fisher's
exact test. Twice the median of the ten p-values is a p-value again, however the ten depend on each
other (Meinshausen, Meier and Buehlmann, "p-values for high-dimensional regression", JASA 104,
2009; recalled). A box is worth telling only if it is below 5%. The same halves give the coverage
and density to expect among new settings, and how often each limit is found again.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal

import numpy as np

from experiments.analysis.boxes import (
    SIGNIFICANT,
    Tally,
    chosen,
    halves,
    p_enriched,
    quasi_p,
    simplified,
    union,
)
from experiments.analysis.cases import Cases
from experiments.analysis.conditions import Box, Sampled
from experiments.analysis.plain import plain
from experiments.analysis.resampling import orders
from experiments.analysis.workbench import WORDS, Limits, leaves, peel
from experiments.outcomes import F64, I64, Mask
from experiments.planning import Scale

Method = Literal["prim", "cart"]

_Side = tuple[int, int, float]
"""Where a box ends: a column, a side, and on that of words, a word."""

FEWEST_SETTINGS: Final = 20
"""Fewest settings in which anything is looked for."""
FEWEST_CASES: Final = 5
"""Fewest cases of interest, and fewest others."""
FEWEST_INSIDE: Final = 5
"""Fewest settings in a box."""
FEW_LEVELS: Final = 5
"""Values of a parameter up to which a slice is not small, so that objectives differ."""
LEAST_MASS: Final = 0.05
LEAST_GAIN: Final = 0.01
"""Least drop of impurity by a split, of at most 0.5."""
SPLITS: Final = 5
"""Random divisions into halves, each used both ways."""


@dataclass(frozen=True)
class Step:
    """One box on PRIM's trajectory."""

    coverage: float
    density: float
    mass: float
    restricted: int


@dataclass(frozen=True)
class Check:
    """All boxes together, in settings that they were not made from; means over the halves."""

    p: float
    coverage: float
    density: float


@dataclass(frozen=True)
class Discovery:
    """The boxes found, and whether they are worth telling."""

    method: Method
    meaning: str
    """What makes a setting one of interest."""
    names: tuple[str, ...]
    settings: int
    cases: int
    unclear: int
    """Settings in which it is open whether they are of interest."""
    boxes: tuple[Box, ...]
    check: Check | None
    trajectory: tuple[Step, ...]
    """Of PRIM's first box."""
    picked: int | None
    """Place in it of the box chosen, before limits that are not significant were taken off."""
    reason: str
    """Why there is nothing to tell; empty if there is."""

    @property
    def told(self) -> tuple[Box, ...]:
        """The boxes worth telling."""
        return tuple(box for box in self.boxes if box.told)

    @property
    def base(self) -> float:
        """Share of all settings that are of interest."""
        return self.cases / self.settings if self.settings else math.nan

    def document(self) -> dict[str, Any]:
        """Return it as plain JSON content; what cannot be said is None."""
        boxes = [
            {**vars(box), "limits": [limit.document() for limit in box.limits]}
            for box in self.boxes
        ]
        rest = asdict(replace(self, boxes=()))
        found: dict[str, Any] = plain({**rest, "boxes": boxes})
        return found


def discover(
    table: F64,
    names: Sequence[str],
    cases: Cases,
    method: Method = "prim",
    *,
    most: int = 3,
    scales: Sequence[Scale] = (),
) -> Discovery:
    """Look for boxes of settings that are of interest.

    Parameters
    ----------
    table
        Shape (S, K): the number of each parameter in each setting.
    names
        Of the K columns.
    cases
        Which settings are of interest; those that are not usable are left out.
    most
        Most boxes of PRIM. Each further one is looked for in the settings outside the earlier.
    scales
        What the numbers of the columns stand for; left out, they are what they say.

    Raises
    ------
    UserError
        If ema_workbench is not installed.
    """
    rows = np.flatnonzero(cases.usable)
    sampled = Sampled.of(table[rows].astype(np.float64), names, scales or [Scale()] * len(names))
    search = _Search(sampled, cases.of_interest[rows], method, most)
    reason = search.hopeless()
    boxes: tuple[Box, ...] = ()
    check: Check | None = None
    if not reason:
        boxes, check = search.run()
        if not boxes:
            reason = "no condition sets the cases of interest apart"
        elif not any(box.told for box in boxes):
            reason = (
                "no box has clearly more cases of interest than chance would give, "
                "judged in settings that it was not made from"
            )
    return Discovery(
        method=method,
        meaning=cases.meaning,
        names=tuple(names),
        settings=int(rows.size),
        cases=int(search.of_interest.sum()),
        unclear=int(cases.unclear[rows].sum()),
        boxes=boxes,
        check=check,
        trajectory=tuple(search.steps),
        picked=search.picked,
        reason=reason,
    )


class _Search:
    """One search, and its repetition in halves."""

    def __init__(self, sampled: Sampled, of_interest: Mask, method: Method, most: int) -> None:
        self.sampled = sampled
        self.table = sampled.table
        self.of_interest = of_interest
        self.method = method
        self.most = most
        self.steps: list[Step] = []
        self.picked: int | None = None

    def hopeless(self) -> str:
        """Say why there is no use in looking; empty if there is."""
        cases, settings = int(self.of_interest.sum()), len(self.table)
        if settings < FEWEST_SETTINGS:
            return f"{settings} settings are too few; at least {FEWEST_SETTINGS} are needed"
        if cases < FEWEST_CASES:
            return f"{cases} of {settings} settings are of interest, too few to describe"
        if settings - cases < FEWEST_CASES:
            return f"{cases} of {settings} settings are of interest, too many to set them apart"
        return ""

    def run(self) -> tuple[tuple[Box, ...], Check]:
        """Find boxes in all settings and check them in halves."""
        found = self.find(self.table, self.of_interest, first=True)
        pairs = halves(orders(1, "halves", SPLITS, len(self.table)))
        again = [
            (self.find(self.table[look], self.of_interest[look], most=len(found)), other)
            for look, other in pairs
        ]
        check, p_values = self._check(again, len(found))
        reproduced = _reproduced([boxes for boxes, _ in again])
        boxes, earlier, clear = [], np.zeros(len(self.table), np.bool_), True
        for number, box in enumerate(found):
            p = p_values[number] if self.method == "prim" else math.nan
            clear = clear and (check.p if math.isnan(p) else p) < SIGNIFICANT
            boxes.append(self._box(box, ~earlier, reproduced, p=p, told=clear))
            earlier |= box.inside(self.table)
        return tuple(boxes), check

    def find(
        self, table: F64, of_interest: Mask, *, most: int | None = None, first: bool = False
    ) -> list[Limits]:
        """Return boxes in some settings; none if there is nothing to find."""
        cases = int(of_interest.sum())
        if not 0 < cases < len(table):
            return []
        mass = min(0.5, max(LEAST_MASS, FEWEST_INSIDE / len(table)))
        if self.method == "cart":
            found = leaves(table, of_interest, mass, LEAST_GAIN, self.sampled.words)
            return _densest(found, table, of_interest)
        boxes: list[Limits] = []
        left = np.arange(len(table))
        while len(boxes) < (self.most if most is None else most):
            here = of_interest[left]
            if not 0 < here.sum() < left.size or left.size < 2 * FEWEST_INSIDE:
                break
            least = min(0.5, mass * len(table) / left.size)
            trajectory, place = self._peel(table[left], here, least)
            if first and not boxes:
                self._trace(trajectory, place)
            box = simplified(trajectory[place], table[left], here)
            if not box.restricted.any():
                break
            boxes.append(box)
            left = left[~box.inside(table[left])]
        return boxes

    def _peel(self, table: F64, of_interest: Mask, least: float) -> tuple[list[Limits], int]:
        """Return a trajectory and the place of the box chosen; the better of two objectives."""
        words = self.sampled.words
        trajectory = peel(table, of_interest, least, words=words)
        place = chosen(trajectory, table, of_interest)
        if any(len(np.unique(column)) <= FEW_LEVELS for column in table.T):
            other = peel(table, of_interest, least, "greedy", words)
            second = chosen(other, table, of_interest)
            both = [trajectory[place], other[second]]
            if chosen(both, table, of_interest):
                return other, second
        return trajectory, place

    def _trace(self, trajectory: list[Limits], place: int) -> None:
        self.picked = place
        for box in trajectory:
            tally = Tally.of_box(box.inside(self.table), self.of_interest)
            count = int(box.restricted.sum())
            self.steps.append(Step(tally.coverage, tally.density, tally.mass, count))

    def _check(
        self, again: list[tuple[list[Limits], I64]], count: int
    ) -> tuple[Check, list[float]]:
        """Check the boxes of each half in the other half: together, and one after the other."""
        p_boxes: list[list[float]] = [[] for _ in range(count)]
        p_all: list[float] = []
        inside, hits, hits_of = 0, 0, 0
        for boxes, other in again:
            table, of_interest = self.table[other], self.of_interest[other]
            tally = Tally.of_box(union(boxes, table), of_interest)
            p_all.append(p_enriched(tally) if boxes else 1.0)
            inside, hits = inside + tally.inside, hits + tally.hits
            hits_of += tally.hits_of
            left = np.arange(len(other))
            for number, p_values in enumerate(p_boxes):
                if number >= len(boxes):
                    p_values.append(1.0)
                    continue
                here = boxes[number].inside(table[left])
                p_values.append(p_enriched(Tally.of_box(here, of_interest[left])))
                left = left[~here]
        check = Check(
            p=_twice_median(p_all),
            coverage=hits / hits_of if hits_of else math.nan,
            density=hits / inside if inside else math.nan,
        )
        return check, [_twice_median(p_values) for p_values in p_boxes]

    def _box(
        self, box: Limits, left: Mask, reproduced: Counter[_Side], *, p: float, told: bool
    ) -> Box:
        """Describe a box; settings in earlier boxes are not counted again."""
        inside = box.inside(self.table) & left
        tally = Tally.of_box(inside, self.of_interest)
        quasi = quasi_p(box, self.table[left], self.of_interest[left])
        limits = [
            self.sampled.limit(
                box,
                place,
                quasi_p=tuple(quasi[:, place].tolist()),
                reproduced=min(reproduced[side] for side in _sides(box) if side[0] == place)
                / (2 * SPLITS),
            )
            for place in np.flatnonzero(box.restricted).tolist()
        ]
        return Box(
            limits=tuple(sorted(limits, key=lambda limit: limit.openness)),
            coverage=tally.coverage,
            density=tally.density,
            mass=tally.mass,
            settings=tally.inside,
            cases=tally.hits,
            p=p,
            told=told,
        )


def _densest(boxes: list[Limits], table: F64, of_interest: Mask) -> list[Limits]:
    """Return the boxes of a partition, densest first, whose union is least likely by chance."""
    tallies = [Tally.of_box(box.inside(table), of_interest) for box in boxes]
    ranked = sorted(range(len(boxes)), key=lambda place: -tallies[place].density)
    picked = [boxes[place] for place in ranked]
    surprises = [
        Tally.of_box(union(picked[: count + 1], table), of_interest).surprise
        for count in range(len(picked))
    ]
    count = int(np.argmax(surprises)) + 1
    return picked[:count] if count < len(picked) else []


def _sides(box: Limits) -> set[_Side]:
    """Return where a box ends: at each limit, and each word that it leaves out."""
    ends = zip(*np.nonzero(box.sides[:WORDS]), strict=True)
    return {*((int(place), int(side), 0.0) for side, place in ends)} | {
        (place, WORDS, word) for place, word in box.left_out
    }


def _reproduced(found: list[list[Limits]]) -> Counter[_Side]:
    """Return in how many halves any box ends there."""
    return Counter(side for boxes in found for side in set().union(*map(_sides, boxes)))


def _twice_median(p_values: list[float]) -> float:
    return min(1.0, 2 * float(np.median(p_values)))

"""Whether contenders did the same work, within what chance allows.

A report either dies with its first unit, when all channels of the origin fail, or reaches nearly
everybody. One that dies takes as much off a sum as a hundred errors of the mean, so the two are
told apart: the reports that died are counted and held against their chance, and the others'
means are held against each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy import stats

from tests.benchmarks.network import CHANCE
from tests.benchmarks.work import Work

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.benchmarks.network import I64

STANDARD_ERRORS: Final = 4.0
TAIL: Final = float(stats.norm.sf(STANDARD_ERRORS))
"""The chance of as much on one side."""


class Count(NamedTuple):
    """Reports that spread: how many there were, their sum, and how many died at once."""

    spread: int
    total: int
    died: int

    @property
    def mean(self) -> float:
        return self.total / self.spread


def differences(works: Mapping[str, Work], reports: Mapping[str, int], degree: int) -> list[str]:
    """Return in what contenders differ from the others by more than chance allows.

    Parameters
    ----------
    works
        By contender; at least one of them has a column a report.
    reports
        Reports in a replication, by contender.
    degree
        Channels of a unit.
    """
    found = []
    for measure, at_least in (("attempts", degree), ("receipts", 0)):
        values = {name: getattr(work, measure) for name, work in works.items()}
        found += _unlike(measure, values, reports, degree, at_least)
    return found


def _unlike(
    measure: str,
    values: Mapping[str, I64],
    reports: Mapping[str, int],
    degree: int,
    at_least: int,
) -> list[str]:
    single = [some for name, some in values.items() if some.shape[1] == reports[name]]
    usual = float(np.median(np.concatenate([some.reshape(-1) for some in single])))
    deviation = _deviation([some[some > usual / 2] for some in single])
    counts = {name: _count(some, reports[name], usual, at_least) for name, some in values.items()}
    found = []
    for name, count in counts.items():
        others = [other for key, other in counts.items() if key != name]
        rest = sum(other.spread for other in others)
        mean = sum(other.total for other in others) / rest
        error = deviation * (1 / count.spread + 1 / rest) ** 0.5
        if abs(count.mean - mean) > STANDARD_ERRORS * error:
            found.append(
                f"{name}: {count.mean:,.2f} {measure} a report; the others {mean:,.2f}, "
                f"standard error of the difference {error:.2f}"
            )
        expected = (count.spread + count.died) * (1 - CHANCE) ** degree
        dying = stats.poisson(expected)
        if min(dying.cdf(count.died), dying.sf(count.died - 1)) < TAIL:
            found.append(f"{name}: {count.died} reports died at once; expected {expected:.1f}")
    return found


def _count(values: I64, reports: int, usual: float, at_least: int) -> Count:
    """Tell the reports that died at once from the others."""
    if values.shape[1] == reports:
        died = values < usual / 2
        return Count(int((~died).sum()), int(values[~died].sum()), int(died.sum()))
    lost = np.maximum(np.rint((reports * usual - values.sum(axis=1)) / usual), 0).astype(np.int64)
    spread = len(values) * reports - int(lost.sum())
    return Count(spread, int(values.sum() - at_least * lost.sum()), int(lost.sum()))


def _deviation(groups: Sequence[I64]) -> float:
    """Return the standard deviation of a report's value within groups, at least 1."""
    squares = sum(float(((some - some.mean()) ** 2).sum()) for some in groups)
    freedom = sum(some.size - 1 for some in groups)
    return float(max((squares / freedom) ** 0.5, 1.0))

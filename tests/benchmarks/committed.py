"""Hold what was measured against the committed table: ratios travel, seconds do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.benchmarks.table import Row, TrafficRow

ALLOWED: Final = 0.2
"""By how much of itself a ratio may fall."""


def fallen(committed: Sequence[Row], now: Sequence[Row]) -> list[str]:
    """Return where one of our kernels lost more than is allowed against another contender."""
    found = []
    measured = {(row.case, row.contender): row for row in now}
    for old in committed:
        new = measured.get((old.case, old.contender))
        if new is None:
            continue
        for kernel in ("numpy", "compiled"):
            before = getattr(old, f"{kernel}_ratio")
            after = getattr(new, f"{kernel}_ratio")
            if before is not None and after is not None and _fell(before, after):
                found.append(
                    f"slower: the {kernel} kernel was {before:.3g} times as fast as "
                    f"{old.contender} on {old.case}, now {after:.3g} times"
                )
    return found


def dearer(committed: Sequence[TrafficRow], now: Sequence[TrafficRow]) -> list[str]:
    """Return where the whole kernel lost against the bare work, or a lane against the reference."""
    before = {row.kernel: row for row in committed}
    found = []
    for new in now:
        old = before.get(new.kernel)
        if old is None:
            continue
        if _fell(1 / old.times_bare, 1 / new.times_bare):
            found.append(
                f"slower: a message cost {old.times_bare:.3g} times the bare work in the whole "
                f"{new.kernel} kernel, now {new.times_bare:.3g} times"
            )
        if _fell(old.lane_ratio, new.lane_ratio):
            found.append(
                f"slower: a lane in a batch of the {new.kernel} kernel was {old.lane_ratio:.3g} "
                f"times as fast as in the reference, now {new.lane_ratio:.3g} times"
            )
    return found


def missing(
    committed: Sequence[Row], now: Sequence[Row], cases: Sequence[str], contenders: Sequence[str]
) -> list[str]:
    """Return what should have been measured, and is in the committed table only."""
    measured = {(row.case, row.contender) for row in now}
    return [
        f"missing: {row.contender} on {row.case} is in the committed table and was not measured"
        for row in committed
        if row.case in cases
        and row.contender in contenders
        and (row.case, row.contender) not in measured
    ]


def _fell(before: float, after: float) -> bool:
    return after < (1 - ALLOWED) * before

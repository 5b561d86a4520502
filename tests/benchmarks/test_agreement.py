"""The check that contenders did the same work: it passes what is right and finds what is not."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.benchmarks.agreement import differences
from tests.benchmarks.contenders import event_heap, kernels
from tests.benchmarks.network import draw_network, draw_origins
from tests.benchmarks.work import Work

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.benchmarks.work import Spreading

UNITS, DEGREE, REPORTS, REPLICATIONS = 200, 10, 50, 8
NETWORK = draw_network(UNITS, DEGREE)
ORIGINS = draw_origins(UNITS, REPORTS, REPLICATIONS)


def done(spreading: Spreading) -> Work:
    spreading.run(ORIGINS)
    return spreading.counted()


@cache
def by_kernel() -> Work:
    return done(kernels.Spreading(NETWORK, kernel="numpy"))


@cache
def by_heap() -> Work:
    return done(event_heap.Spreading(NETWORK))


def found(**works: Work) -> list[str]:
    return differences(works, dict.fromkeys(works, REPORTS), DEGREE)


def test_contenders_that_do_the_same_agree() -> None:
    assert by_kernel().attempts.shape == (REPLICATIONS, 1)
    assert by_heap().attempts.shape == (REPLICATIONS, REPORTS)
    assert found(kernel=by_kernel(), heap=by_heap()) == []


PLANTED: dict[str, tuple[Callable[[Work], Work], str]] = {
    "an origin counted": (
        lambda work: work._replace(receipts=work.receipts + REPORTS // work.receipts.shape[1]),
        "receipts a report",
    ),
    "attempts to tell the origin counted": (
        lambda work: work._replace(
            attempts=work.attempts + DEGREE * REPORTS // work.attempts.shape[1]
        ),
        "attempts a report",
    ),
    "one channel in a hundred left out": (
        lambda work: work._replace(attempts=work.attempts * 99 // 100),
        "attempts a report",
    ),
    "reports lost": (
        lambda work: Work(*(np.where(np.arange(REPLICATIONS)[:, None] % 2, 0, x) for x in work)),
        "died at once",
    ),
}


@pytest.mark.parametrize("error", PLANTED)
def test_an_error_is_found_in_a_kernel_or_in_another(error: str) -> None:
    plant, what = PLANTED[error]
    for works in (
        {"wrong": plant(by_kernel()), "heap": by_heap()},
        {"kernel": by_kernel(), "wrong": plant(by_heap())},
    ):
        assert any(line.startswith("wrong") and what in line for line in found(**works))


@pytest.mark.parametrize("chance", [0.45, 0.55])
def test_another_probability_is_found(chance: float) -> None:
    wrong = done(event_heap.Spreading(NETWORK, chance))
    lines = found(kernel=by_kernel(), wrong=wrong)
    assert any("wrong" in line and "attempts a report" in line for line in lines)
    assert any("wrong" in line and "receipts a report" in line for line in lines)


def test_a_report_that_died_at_once_is_no_difference() -> None:
    """In a sum of fifty it weighs more than all errors of the mean."""
    attempts, receipts = (part.copy() for part in by_kernel())
    attempts[0] -= 1_970 - DEGREE
    receipts[0] -= 197
    assert found(kernel=Work(attempts, receipts), heap=by_heap()) == []

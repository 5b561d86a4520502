"""What comes due: buckets against plain lists, messages, and what fits into a value."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from sim.arrays import Buckets, ranges
from sim.calendar import Calendar

HORIZON = 300


def numbers(*values: int) -> Any:
    return np.array(values, dtype=np.int64)


# Buckets -------------------------------------------------------------------------------------

puts = st.lists(st.tuples(st.integers(0, HORIZON), st.integers(0, 99)), max_size=12)
"""How far ahead something is due, and its value."""


def told(turns: dict[int, list[tuple[int, int]]]) -> tuple[list[list[int]], list[list[int]]]:
    """What buckets give tick by tick, and what lists do; things are put before a tick is taken."""
    buckets, plain = Buckets(HORIZON), defaultdict[int, list[int]](list)
    found, wanted = [], []
    for tick in range(HORIZON):
        due = [(tick + ahead, value) for ahead, value in turns.get(tick, ())]
        due = [row for row in due if row[0] < HORIZON]
        buckets.put(numbers(*(row[0] for row in due)), numbers(*(row[1] for row in due)))
        for when, value in due:
            plain[when].append(value)
        found.append(buckets.take(tick).tolist())
        wanted.append(sorted(plain[tick]))
    return found, wanted


@given(turns=st.dictionaries(st.integers(0, HORIZON - 1), puts, max_size=12))
@settings(max_examples=60)
def test_buckets_give_everything_when_it_is_due(turns: dict[int, list[tuple[int, int]]]) -> None:
    found, wanted = told(turns)
    assert found == wanted


def test_an_error_planted_in_the_buckets_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = {0: [(ahead, ahead) for ahead in range(0, HORIZON - 1, 7)]}
    found, wanted = told(turns)
    assert found == wanted
    original = Buckets.put
    monkeypatch.setattr(Buckets, "put", lambda self, due, values: original(self, due + 1, values))
    found, wanted = told(turns)
    assert found != wanted


def test_ranges_one_after_the_other() -> None:
    number, which = ranges(numbers(5, 0, 9, 2), numbers(2, 0, 1, 3))
    assert number.tolist() == [5, 6, 9, 2, 3, 4]
    assert which.tolist() == [0, 0, 2, 3, 3, 3]
    assert all(part.size == 0 for part in ranges(numbers(), numbers()))


# The calendar --------------------------------------------------------------------------------

RECEIVERS = numbers(2, 0, 1, 0)
"""Receiving unit of each channel."""


def test_messages_come_sorted_by_report_and_receiver() -> None:
    calendar = Calendar(10, RECEIVERS, terms=5)
    due, slot = numbers(3, 3, 4, 3, 3), numbers(7, 7, 7, 0, 7)
    calendar.schedule(due, slot, numbers(3, 1, 0, 2, 0), numbers(4, 1, 2, 3, 0))
    assert calendar.in_flight == 5
    assert calendar.pop(2) is None
    found = calendar.pop(3)
    assert found is not None
    messages, first = found
    assert messages.slot.tolist() == [0, 7, 7, 7]
    assert messages.channel.tolist() == [2, 1, 3, 0]
    assert messages.term.tolist() == [3, 1, 4, 0]
    assert first.tolist() == [True, True, False, True]
    assert calendar.in_flight == 1


def test_every_slot_that_fits_comes_back_and_no_other_is_taken() -> None:
    """Two bits for three units, two for four channels, 40 for the terms: 19 are left."""
    calendar = Calendar(10, RECEIVERS, terms=1 << 40)
    last = (1 << 19) - 1
    calendar.schedule(numbers(1), numbers(last), numbers(3), numbers((1 << 40) - 1))
    due = calendar.pop(1)
    assert due is not None
    assert [part.tolist() for part in due[0]] == [[last], [3], [(1 << 40) - 1]]
    with pytest.raises(OverflowError, match=r"524,288 live reports.*run fewer lanes"):
        calendar.schedule(numbers(2, 2), numbers(0, last + 1), numbers(0, 0), numbers(0, 0))
    assert calendar.pop(2) is None


def test_a_world_too_wide_for_any_report_is_refused() -> None:
    calendar = Calendar(10, RECEIVERS, terms=1 << 60)
    with pytest.raises(OverflowError, match=r"0 live reports"):
        calendar.schedule(numbers(1), numbers(0), numbers(0), numbers(0))

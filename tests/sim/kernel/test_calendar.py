"""What comes due: buckets against plain lists, messages, and what fits into a value."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray

from sim.kernel.arrays import Buckets, ranges
from sim.kernel.calendar import Calendar

HORIZON = 300
I64 = NDArray[np.int64]


def numbers(*values: int) -> Any:
    return np.array(values, dtype=np.int64)


# Buckets -------------------------------------------------------------------------------------

puts = st.lists(st.tuples(st.integers(0, HORIZON), st.integers(0, 99)), max_size=12)
"""How far ahead something is due, and its value."""


def compiled() -> type[Buckets]:
    pytest.importorskip("numba", reason="the compiled kernel needs the extra `fast`")
    from sim.kernel.compiled.calendar import CompiledBuckets

    return CompiledBuckets


KINDS = {"numpy": lambda: Buckets, "compiled": compiled}


def told(
    turns: dict[int, list[tuple[int, int]]], kind: type[Buckets] = Buckets
) -> tuple[list[list[int]], list[list[int]]]:
    """What buckets give tick by tick, and what lists do; things are put before a tick is taken."""
    buckets, plain = kind(HORIZON), defaultdict[int, list[int]](list)
    found, wanted = [], []
    for tick in range(HORIZON):
        due = [(tick + ahead, value) for ahead, value in turns.get(tick, ())]
        due = [row for row in due if row[0] < HORIZON]
        buckets.put(numbers(*(row[0] for row in due)), numbers(*(row[1] for row in due)))
        for when, value in due:
            plain[when].append(value)
        found.append(sorted(buckets.take(tick).tolist()))
        wanted.append(sorted(plain[tick]))
    return found, wanted


@given(turns=st.dictionaries(st.integers(0, HORIZON - 1), puts, max_size=12))
@settings(max_examples=60)
def test_buckets_give_everything_when_it_is_due(turns: dict[int, list[tuple[int, int]]]) -> None:
    found, wanted = told(turns)
    assert found == wanted


@pytest.mark.parametrize("kind", KINDS)
def test_blocks_are_filled_left_and_used_again(kind: str) -> None:
    """Some ticks have more than a block of the compiled buckets, and what is left is counted."""
    made = KINDS[kind]()
    turns = {
        tick: [(ahead, 100 * tick + ahead) for ahead in (0, 1, 1, 7) for _ in range(tick % 4 * 300)]
        for tick in range(0, HORIZON - 8, 5)
    }
    found, wanted = told(turns, made)
    assert found == wanted
    buckets = made(HORIZON)
    values = numbers(*range(5000))
    buckets.put(values % 3 + 4, values)
    assert sorted(buckets.take(4).tolist() + buckets.left().tolist()) == values.tolist()
    assert buckets.left().size == values.size * 2 // 3


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


def parts(calendar: Calendar, packed: I64) -> list[list[int]]:
    """Return places, channels and terms of messages, in order of these."""
    packed = np.sort(packed)
    columns = calendar.place(packed), calendar.channel(packed), calendar.term(packed)
    return [column.tolist() for column in columns]


def test_messages_sort_by_place_and_channel() -> None:
    calendar = Calendar(10, channels=4, terms=5)
    due, place = numbers(3, 3, 4, 3, 3), numbers(7, 7, 7, 0, 8)
    calendar.schedule(due, place, numbers(3, 1, 0, 2, 0), numbers(4, 1, 2, 3, 0))
    assert calendar.in_flight().size == 5
    assert calendar.take(2).size == 0
    assert parts(calendar, calendar.take(3)) == [[0, 7, 7, 8], [2, 1, 3, 0], [3, 1, 4, 0]]
    assert calendar.take(3).size == 0
    assert parts(calendar, calendar.in_flight()) == [[7], [0], [2]]


def test_every_place_that_fits_comes_back_and_no_other_is_taken() -> None:
    """Two bits for four channels, 40 for the terms: 21 are left."""
    calendar = Calendar(10, channels=4, terms=1 << 40)
    last = (1 << 21) - 1
    calendar.schedule(numbers(1), numbers(last), numbers(3), numbers((1 << 40) - 1))
    assert parts(calendar, calendar.take(1)) == [[last], [3], [(1 << 40) - 1]]
    with pytest.raises(OverflowError, match=r"2,097,152 pairs.*run fewer lanes"):
        calendar.schedule(numbers(2, 2), numbers(0, last + 1), numbers(0, 0), numbers(0, 0))
    assert calendar.take(2).size == 0


def test_a_world_too_wide_for_any_report_is_refused() -> None:
    calendar = Calendar(10, channels=4, terms=1 << 62)
    with pytest.raises(OverflowError, match=r"0 pairs"):
        calendar.schedule(numbers(1), numbers(0), numbers(0), numbers(0))

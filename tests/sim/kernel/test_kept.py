"""What stores keep is found again, whatever moves and is forgotten meanwhile."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from hypothesis import given, settings, strategies as st

from sim.kernel.kept import Came, Kept

FILES = 5
RECORDS = st.lists(st.tuples(st.integers(0, FILES - 1), st.integers(1, 6)), max_size=12)


def came(tick: int, rows: list[tuple[int, int]], first: int) -> Came:
    """Return records, numbered on, that are live for some ticks each."""
    file, ticks = np.array(rows, dtype=np.int64).reshape(-1, 2).T.copy()
    number = np.arange(first, first + file.size)
    faces = np.ones(file.size, dtype=np.uint8)
    return Came(file, number.astype(np.uint64), number, number, tick + ticks, number % 7, faces)


@settings(max_examples=200, deadline=None)
@given(ticks=st.lists(RECORDS, max_size=30), sweeps=st.sets(st.integers(0, 29)))
def test_all_that_is_live_is_found_in_its_file_in_order(
    ticks: list[list[tuple[int, int]]], sweeps: set[int]
) -> None:
    kept, plain = Kept(FILES), defaultdict[int, list[tuple[int, int, int]]](list)
    first = 0
    for tick, rows in enumerate(ticks):
        kept.add(tick, came(tick, rows, first))
        for number, (file, life) in enumerate(rows, first):
            plain[file].append((number, tick + life, tick))
        first += len(rows)
        if tick in sweeps:
            kept.sweep(tick)
        files, place = kept.search(np.arange(FILES))
        live = kept.until[place] > tick
        columns = files, kept.key[place], kept.until[place], kept.since[place]
        found = list(zip(*(column[live].tolist() for column in columns), strict=True))
        assert found == [(one, *row) for one in range(FILES) for row in plain[one] if row[1] > tick]


def test_what_is_kept_takes_no_more_than_twice_its_bytes() -> None:
    """In files as long as those of a busy store; what dies is given back."""
    kept, random = Kept(200), np.random.default_rng(2)
    for tick in range(400):
        rows = [(int(file), 10_000) for file in random.integers(200, size=50)]
        kept.add(tick, came(tick, rows, 50 * tick))
    bytes_each = sum(getattr(kept, name).itemsize for name in kept.columns)
    assert bytes_each == 26
    assert sum(getattr(kept, name).nbytes for name in kept.columns) < 2 * 26 * 20_000
    kept.sweep(20_000)
    assert kept.count.sum() == kept.until.size == 0

"""Tables of what drives an answer: names can be told apart on a narrow terminal."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from rich.console import Console

from experiments.printing import drivers
from tests.experiments.figures.test_sensitivity import indices, screening, swings


@pytest.mark.parametrize(
    ("make", "table"),
    [
        (swings, partial(drivers._swings, durations=())),
        (screening, drivers._screening),
        (indices, drivers._indices),
    ],
    ids=["swings", "screening", "indices"],
)
def test_names_are_folded_and_not_cut(make, table):
    found = make(4)
    out = Console(file=io.StringIO(), width=80)
    out.print(table("Members arrested (share): hub-and-spoke minus bilateral", found))
    assert isinstance(out.file, io.StringIO)
    text = out.file.getvalue()
    assert "\u2026" not in text
    rows = [line.split(" ")[1] for line in text.splitlines() if line.startswith(" ")]
    joined = "".join(rows)
    assert all(name in joined for name in found.names)
    assert np.all([len(line) <= 80 for line in text.splitlines()])


def test_ends_of_a_duration_have_its_unit():
    found = replace(swings(2), low_at=np.array([24.0, 24.0]), high_at=np.array([60.0, 60.0]))
    out = Console(file=io.StringIO(), width=120)
    out.print(drivers._swings("A difference", found, {found.names[0]}))
    assert isinstance(out.file, io.StringIO)
    rows = [line for line in out.file.getvalue().splitlines() if "60" in line or "2.50" in line]
    assert sum("1 d" in row and "2.50 d" in row for row in rows) == 1
    assert sum("24" in row and "60" in row and " d " not in row for row in rows) == 1

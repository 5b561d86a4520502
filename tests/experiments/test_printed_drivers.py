"""Tables of what drives an answer: names can be told apart on a narrow terminal."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich.console import Console

from experiments.printing import drivers
from tests.experiments.test_sensitivity_figures import indices, screening, swings


@pytest.mark.parametrize(
    ("make", "table"),
    [
        (swings, drivers._swings),
        (screening, drivers._screening),
        (indices, drivers._indices),
    ],
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

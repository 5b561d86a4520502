"""Tables of what drives an answer."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from experiments.analysis.sensitivity import one_at_a_time
from experiments.outcomes.values import Outcome
from experiments.planning.scales import Scale
from experiments.printing.drivers import print_drivers
from tests.experiments.figures.test_sensitivity import indices, screening, swings

OUTCOME = Outcome("arrested_share", "Members arrested", "share", "higher", "effect")


def printed(found, capsys):
    study: Any = SimpleNamespace(futures=SimpleNamespace(baseline="bilateral"))
    print_drivers(study, OUTCOME, "hub-and-spoke", found)
    return capsys.readouterr().out


@pytest.mark.parametrize("make", [swings, screening, indices])
def test_names_are_whole(make, capsys):
    found = make(4)
    text = printed(found, capsys)
    assert text.startswith("Members arrested (share): hub-and-spoke minus bilateral\n")
    rows = 2 if make is swings else 1  # one for each level
    assert all(text.count(f" {name}") == rows for name in found.names)
    assert max(map(len, text.splitlines())) <= 80


def test_every_level_has_a_row_with_what_it_is(capsys):
    table = np.array([[48.0, 0], [24, 0], [60, 0], [48, 1], [48, 2], [48, 3]])
    words = Scale("words", ((0.0, None), (1.0, "routine"), (2.0, "priority"), (3.0, "at once")))
    values = np.array([[0.0, 1], [-1, 0], [2, 3], [3, 4], [4, 5], [5, 6]])
    found = one_at_a_time(values, table, ("delay", "urgency"), (Scale("hours"), words))
    rows = [line.split() for line in printed(found, capsys).splitlines()]
    assert [row[:3] for row in rows if "to" in row] == [
        ["urgency", "routine", "+3"],
        ["urgency", "priority", "+4"],
        ["urgency", "at", "once"],
        ["delay", "1", "d"],
        ["delay", "2.50", "d"],
    ]

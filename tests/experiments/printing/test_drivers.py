"""Tables of what drives an answer."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from experiments.outcomes.values import Outcome
from experiments.printing.drivers import print_drivers
from tests.experiments.figures.test_sensitivity import indices, screening, swings

OUTCOME = Outcome("arrested_share", "Members arrested", "share", "higher", "effect")


def printed(found, capsys, durations=()):
    study: Any = SimpleNamespace(futures=SimpleNamespace(baseline="bilateral"), durations=durations)
    print_drivers(study, OUTCOME, "hub-and-spoke", found)
    return capsys.readouterr().out


@pytest.mark.parametrize("make", [swings, screening, indices])
def test_names_are_whole(make, capsys):
    found = make(4)
    text = printed(found, capsys)
    assert text.startswith("Members arrested (share): hub-and-spoke minus bilateral\n")
    assert all(text.count(f" {name}") == 1 for name in found.names)
    assert max(map(len, text.splitlines())) <= 80


def test_ends_of_a_duration_have_its_unit(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "130")
    found = replace(swings(2), low_at=np.array([24.0, 24.0]), high_at=np.array([60.0, 60.0]))
    rows = printed(found, capsys, {found.names[0]}).splitlines()
    assert sum("1 d" in row and "2.50 d" in row for row in rows) == 1
    assert sum("24" in row and "60" in row and " d " not in row for row in rows) == 1

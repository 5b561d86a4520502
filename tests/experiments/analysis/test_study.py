"""What a study takes from the experiment that was run."""

from __future__ import annotations

import pytest

from experiments.analysis.study import _has_units


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        ({"low": "60 d", "high": "240 d"}, True),
        ({"median": "4 h", "p95": "1 d"}, True),
        ({"values": ["1 d", "2 d"]}, True),
        ({"low": 1, "high": 2}, False),
        ({"values": ["routine", "priority"]}, False),
        ({"times": {"low": 0.5, "high": 2}}, False),
    ],
)
def test_numbers_are_hours_if_the_file_gives_them_units(parameter, expected):
    assert _has_units(parameter) is expected

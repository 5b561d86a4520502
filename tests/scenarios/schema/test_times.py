"""The unit of a time is the one that the threat gives, and what is a time is declared as one."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents import declarations, load_scenario
from scenarios import SpecError
from scenarios.reading.finding import CATALOGUE


def refused(folder: Path, scenario: str, before: str, after: str) -> SpecError:
    """Return the error of a scenario of the catalogue in which one text was replaced."""
    text = (CATALOGUE / "scenarios" / f"{scenario}.yaml").read_text(encoding="utf-8")
    assert text.count(before) == 1
    path = folder / "edited.yaml"
    path.write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load_scenario(str(path))
    return caught.value


WARNING = "{name: hours_to_first_warning, label: First warning to operators, unit: hours,"
CASE = "label: First verified criminal case, unit: hours, better: lower, group: effect, time: true"
SEIZED = "{name: confiscated_share,"


@pytest.mark.parametrize("unit", ["days", "operator hours", "weeks"])
def test_a_time_in_another_unit_is_refused(tmp_path, unit):
    other = WARNING.replace("unit: hours", f"unit: {unit}")
    error = refused(tmp_path, "cyber-outbreak", WARNING, other)
    assert error.rule == "the threat gives hours_to_first_warning in hours"
    assert error.remedy == "write hours"
    assert error.where.endswith(".unit")


def test_a_time_is_declared_as_one(tmp_path):
    error = refused(tmp_path, "cyber-outbreak", CASE, CASE.removesuffix(", time: true"))
    assert error.rule == "hours_to_case is a time, in hours"


def test_what_is_no_time_is_not_declared_as_one(tmp_path):
    error = refused(tmp_path, "organised-crime", SEIZED, f"{SEIZED} time: true,")
    assert error.rule == "confiscated_share is no time"


def test_times_are_outcomes_in_days_or_hours():
    for threat in declarations().values():
        assert set(threat.times) <= threat.outcomes
        assert set(threat.times.values()) <= {"days", "hours"}
        assert all(name.startswith(f"{unit}_to_") for name, unit in threat.times.items())

"""The declaration of a fire season: what is refused, and the table of means."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from agents import load_scenario
from scenarios import SpecError
from scenarios.reading.atlas import load_atlas
from scenarios.reading.finding import CATALOGUE

SCENARIO = CATALOGUE / "scenarios" / "forest-fire.yaml"
THREAT = CATALOGUE / "threats" / "forest-fires.yaml"
PLACE = CATALOGUE / "places" / "eu27-2010"


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("growth: {value: 0.04", "growth: {value: 11", "growth is at most 10"),
        ("windows: {value: 3", "windows: {value: 0", "at least one stretch"),
        ("windows: {value: 3", "windows: {value: 1000000", "windows is at most 100"),
        (
            "  windows: {value: 3",
            "  begins: {value: 36 h, assumed: test}\n  windows: {value: 3",
            "begins at midnight",
        ),
        ("dusk: {value: 20 h", "dusk: {value: 6 h", "dusk is an hour after dawn"),
        ("dusk: {value: 20 h", "dusk: {value: 40 h", "24 h at the latest"),
        ("first_need: {median: 14, p95: 50", "first_need: {median: 60, p95: 50", "95th percentile"),
        ("flight_km_h: {value: 270", "flight_km_h: {value: 0.001", "a speed lies between"),
        ("persistence: {value: 0.8", "persistence: {value: 1.8", "1"),
    ],
)
def test_what_is_refused(tmp_path: Path, old: str, new: str, rule: str) -> None:
    text = THREAT.read_text(encoding="utf-8")
    assert text.count(old) == 1
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(text.replace(old, new), encoding="utf-8")
    scenario, named = SCENARIO.read_text(encoding="utf-8"), "fires: forest-fires\n"
    assert scenario.count(named) == 1
    path = tmp_path / "scenario.yaml"
    path.write_text(scenario.replace(named, "fires: ./wrong.yaml\n"), encoding="utf-8")
    with pytest.raises(SpecError, match=rule) as caught:
        load_scenario(str(path))
    assert Path(caught.value.file).samefile(wrong)
    assert caught.value.line is not None


def place_with(tmp_path: Path, table: str | None) -> Path:
    """Copy the place with another table of means, and the scenario beside it."""
    folder = tmp_path / "place"
    shutil.copytree(PLACE, folder)
    if table is None:
        (folder / "civil_protection.csv").unlink()
    else:
        (folder / "civil_protection.csv").write_text(table, encoding="utf-8")
    text = SCENARIO.read_text(encoding="utf-8")
    path = tmp_path / "scenario.yaml"
    path.write_text(text.replace("place: eu27-2010", "place: ./place"), encoding="utf-8")
    return path


def test_a_place_without_the_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"civil_protection\.csv"):
        load_scenario(str(place_with(tmp_path, None)))


def test_a_state_without_a_row_is_named(tmp_path: Path) -> None:
    rows = (PLACE / "civil_protection.csv").read_text(encoding="utf-8")
    short = "\n".join(row for row in rows.splitlines() if not row.startswith("EL,")) + "\n"
    with pytest.raises(SpecError, match="one row for each Member State") as caught:
        load_scenario(str(place_with(tmp_path, short)))
    assert caught.value.value == "EL"


def test_negative_aircraft_are_refused(tmp_path: Path) -> None:
    rows = (PLACE / "civil_protection.csv").read_text(encoding="utf-8")
    with pytest.raises(SpecError):
        load_scenario(str(place_with(tmp_path, rows.replace("EL,east,38", "EL,east,-38"))))


def test_the_south_has_the_aircraft() -> None:
    means = load_atlas(PLACE).civil_protection
    south = sum(means[code].aircraft for code in ("EL", "ES", "FR", "IT", "PT"))
    assert south > 2 * sum(row.aircraft for row in means.values()) / 3
    assert list(means) == list(load_atlas(PLACE).members)

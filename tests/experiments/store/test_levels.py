"""Levels of parameters stand in every table as the user wrote them; positions stay inside."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import xarray as xr

from experiments.designs import load_experiment
from experiments.planning.plan import make_plan
from experiments.store.directory import DESIGN, open_for_reading
from experiments.store.export import export
from experiments.store.manifest import read_manifest
from experiments.store.query import query
from experiments.store.rebuild import settings_of
from experiments.store.shards import write_shard
from experiments.store.writing import open_for_writing
from tests.experiments.samples import batch_of

EXPERIMENT = """\
experiment: levels
meaning: a parameter of every kind
scenario: organised-crime
policies: [bilateral]
replications: 1
parameters:
  hours: {changes: place.national.police.hours, values: [continuous, office], assumed: trial}
  own: {changes: "policies.bilateral.rules[0].match.own", values: [false, true], assumed: trial}
  staff: {changes: desks.police.staff.base, values: [null, 9], assumed: trial}
  memory:
    changes: threats.trafficking.half_life.value
    values: [1440 h, 8 w, 90 d]
    assumed: trial
  caution:
    changes: threats.trafficking.network.reaction_time.value
    low: 28 d
    high: 252 d
    assumed: trial
  analysts: {changes: desks.europol.analysis.staff.base, values: [4, 12], assumed: trial}
  read: {changes: desks.police.reads.value, low: 6, high: 24, assumed: trial}
  verified:
    changes: procedures.investigation.delays.verification
    times: {values: [0.5, 1]}
    assumed: trial
  team:
    changes: procedures.coordination.delays.setup
    values: [{median: 30 d, p95: 90 d, assumed: 'a "week"'}, {median: 60 d, p95: 90 d, assumed: b}]
    assumed: trial
measures:
  more: {meaning: more staff, times: {desks.customs.staff: 1.5}, assumed: trial}
design:
  kind: list
  settings:
    - {hours: continuous, own: false, team: {median: 30 d, p95: 90 d, assumed: 'a "week"'}}
    - {own: true, staff: 9, memory: 8 w, caution: 36 d, analysts: 12, read: 6.5, verified: 0.5}
    - {hours: office, own: true, staff: null, memory: 1440 h, more: true}
"""
FIRST = '{"median":"30 d","p95":"90 d","assumed":"a \\"week\\""}'
SAID: dict[str, list[object]] = {
    "hours": ["continuous", "as declared", "office"],
    "own": [False, True, True],
    "staff": ["as declared", "9", "as declared"],
    "memory": ["120 d", "8 w", "1440 h"],
    "caution": [84 * 24, 36 * 24, 84 * 24],
    "analysts": [60, 12, 60],
    "read": [12.0, 6.5, 12.0],
    "verified": [1.0, 0.5, 1.0],
    "team": [FIRST, "as declared", "as declared"],
    "more": [0, 0, 1],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("levels")
    (made / "levels.yaml").write_text(EXPERIMENT)
    what = load_experiment(str(made / "levels.yaml"))
    plan = make_plan(what.settings(), what.policies, baseline=None, seed=1, replications=1)
    with open_for_writing(made / "run", plan) as directory:
        for chunk in plan.chunks(directory.done(), 4):
            write_shard(directory.address, chunk.parts[0], batch_of(plan, chunk.parts[0].lanes))
    return made / "run"


def test_a_parameter_is_a_column_of_what_was_written(folder: Path) -> None:
    found = open_for_reading(folder).manifest.parameters()
    assert found == SAID
    kinds = {name: {type(level) for level in levels} for name, levels in found.items()}
    assert kinds == {name: {type(level) for level in levels} for name, levels in SAID.items()}


def test_a_directory_knows_its_settings_again(folder: Path) -> None:
    settings = settings_of(read_manifest(folder), folder)
    assert settings.level("hours", settings.values(2)["hours"]) == "office"


@pytest.mark.parametrize("name", [DESIGN, "lanes.csv"])
def test_words_stand_in_csv_files(folder: Path, tmp_path: Path, name: str) -> None:
    path = folder / name if name == DESIGN else export(folder, "csv", tmp_path / name)
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    for parameter, levels in SAID.items():
        told = [str(level).lower() if isinstance(level, bool) else level for level in levels]
        cells = [row[parameter] for row in rows]
        if all(isinstance(level, str) for level in told):
            assert cells == told
        else:
            assert list(map(float, cells)) == told


def test_columns_of_query_have_types(folder: Path) -> None:
    told = query(folder, f"select {', '.join(SAID)} from outcomes order by setting")  # noqa: S608 - names above
    assert [list(row) for row in told.rows] == [
        list(row) for row in zip(*SAID.values(), strict=True)
    ]
    kinds = query(folder, "select column_name, column_type from (describe outcomes)")
    types = {str(name): str(kind) for name, kind in kinds.rows}
    expected = {"own": "BOOLEAN", "analysts": "BIGINT", "read": "DOUBLE", "hours": "VARCHAR"}
    assert {name: types[name] for name in expected} == expected


def test_words_stand_in_a_file_for_xarray(folder: Path, tmp_path: Path) -> None:
    path = export(folder, "xarray", tmp_path / "lanes.nc")
    with xr.open_dataset(path) as found:
        for parameter, levels in SAID.items():
            cells = found[f"parameter_{parameter}"].values.tolist()
            told = [cell.decode() if isinstance(cell, bytes) else cell for cell in cells]
            assert told == levels

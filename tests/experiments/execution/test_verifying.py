"""Lanes run again are held to what was stored, and what differs is named."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from experiments.cli import main
from experiments.errors import UserError
from experiments.execution import verify
from experiments.store import RunDirectory, open_for_reading
from tests.experiments.store.forging import forge, reseal


@pytest.fixture
def run(quiet: Path, tmp_path: Path) -> Path:
    """Return a finished directory that may be changed."""
    return Path(shutil.copytree(quiet, tmp_path / "run"))


def shard(folder: Path) -> Path:
    [found] = (folder / "outcomes").iterdir()
    return found


@pytest.mark.long
def test_what_was_stored_comes_out_again(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    finished = int(open_for_reading(run).done().sum())
    found = verify(run, None)
    assert (found.lanes, found.finished, found.engine_changed) == (finished, finished, False)
    assert verify(run, 3).lanes == 3
    with pytest.raises(SystemExit):
        main(["verify", str(run), "--lanes", "2"])
    assert f"2 of {finished:,} lanes run again" in " ".join(capsys.readouterr().out.split())


def test_one_bit_of_an_outcome_is_named(run: Path) -> None:
    place = 1

    def changed(table: pa.Table) -> pa.Table:
        column = table.column_names.index("disclosures")
        values = table.column(column).to_pylist()
        values[place] = float(np.nextafter(values[place], np.inf))
        return table.set_column(column, table.schema.field(column), pa.array(values, pa.float64()))

    before = shard(run)
    row = {name: column[place] for name, column in _rows(before).items()}
    after = forge(before, changed)
    names = {f"outcomes/{before.name}": f"outcomes/{after.name}"}
    reseal(run, lambda content: _rename(content, names))
    lane = f"setting {row['setting']}, {row['policy']}, replication {row['replication']}"
    with pytest.raises(UserError, match=f"outcomes, {lane}: disclosures was stored as"):
        verify(run, None)


def test_a_series_that_differs_is_named(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = RunDirectory.series

    def other(self: RunDirectory, name: str, setting: int = 0) -> Any:
        days, values = read(self, name, setting)
        if self.folder == run and name == "backlog":
            values[0, 0, 2] += 1
        return days, values

    monkeypatch.setattr(RunDirectory, "series", other)
    named = r"series, setting 0, .*replication 0: backlog, entry 2 was"
    with pytest.raises(UserError, match=named):
        verify(run, None)


def test_another_code_that_gives_the_same_is_told(run: Path) -> None:
    reseal(run, lambda content: content["identity"]["engine"].update(digest="0" * 64))
    assert verify(run, 2).engine_changed


@pytest.mark.parametrize("lanes", ["0", "-1", "few", "1.5"])
def test_how_many_is_a_number(
    lanes: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["verify", str(tmp_path), f"--lanes={lanes}"])
    assert ended.value.code == 2
    assert "--lanes" in capsys.readouterr().err


def _rows(path: Path) -> dict[str, list[Any]]:
    import pyarrow.parquet as pq

    table: dict[str, list[Any]] = pq.read_table(path, partitioning=None).to_pydict()
    return table


def _rename(content: dict[str, Any], names: dict[str, str]) -> None:
    files = content["files"]
    for old, new in names.items():
        del files[old]
        files[new] = new.rpartition(".")[0].rpartition(".")[2]

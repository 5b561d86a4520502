"""Shards that are packed: the same lanes in few files, whoever reads or writes meanwhile."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from experiments.errors import UserError
from experiments.planning.plan import WHOLE, Share
from experiments.store import directory as module, shards
from experiments.store.directory import RunDirectory, open_for_reading
from experiments.store.query import query
from experiments.store.reading import read_lanes
from experiments.store.shards import chunk_name, seal_table, write_shard
from experiments.store.writing import open_for_writing
from tests.experiments.samples import batch_of, real_plan
from tests.experiments.store.forging import forge, with_column

PLAN = real_plan()


def files(folder: Path) -> int:
    return len([*(folder / "outcomes").iterdir(), *(folder / "series").iterdir()])


def write(directory: RunDirectory, size: int, share: Share = WHOLE) -> set[str]:
    """Write the shards of a share; return the names of its chunks."""
    names = set()
    for chunk in PLAN.chunks(np.zeros(PLAN.shape, np.bool_), size, share):
        write_shard(directory.address, chunk.parts[0], batch_of(PLAN, chunk.parts[0].lanes))
        names.add(chunk_name(PLAN.names, chunk))
    return names


def same(folder: Path, other: Path) -> None:
    """Hold two directories to the same lanes and series."""
    one, two = open_for_reading(folder), open_for_reading(other)
    again = two.futures().values
    for name, values in one.futures().values.items():
        assert np.array_equal(values, again[name], equal_nan=True)
    for name in one.series_names():
        for part, other_part in zip(one.series(name), two.series(name), strict=True):
            assert np.array_equal(part, other_part, equal_nan=True)
    assert one.series_names() == two.series_names()


def test_packed_they_are_the_same_lanes_in_two_files(tmp_path):
    with open_for_writing(tmp_path / "loose", PLAN) as directory:
        write(directory, 3)
    with open_for_writing(tmp_path / "packed", PLAN) as directory:
        write(directory, 3)
        assert files(tmp_path / "packed") == 14
        directory.pack()
    assert files(tmp_path / "packed") == 2
    same(tmp_path / "packed", tmp_path / "loose")
    table = open_for_reading(tmp_path / "packed").series_table()
    assert table.num_rows == PLAN.lanes * 3
    assert table.equals(open_for_reading(tmp_path / "loose").series_table())


def test_shares_pack_what_is_theirs(tmp_path):
    with open_for_writing(tmp_path, PLAN):
        pass
    for number in range(2):
        with open_for_writing(tmp_path, PLAN, shared=True) as directory:
            directory.pack(write(directory, 3, Share(number, 2)))
    assert files(tmp_path) == 4
    assert open_for_reading(tmp_path).done().all()
    assert open_for_reading(tmp_path).manifest.files == {}
    with open_for_writing(tmp_path, PLAN) as directory:
        directory.pack()
    assert files(tmp_path) == 2
    assert len(open_for_reading(tmp_path).manifest.files) == 1


def test_lanes_that_are_there_twice_are_packed_and_counted_once(tmp_path):
    with open_for_writing(tmp_path, PLAN) as directory:
        for size in (3, 6, 1000):
            write(directory, size)
        assert query(tmp_path, "select count(*) from outcomes").rows == [(PLAN.lanes,)]
        assert query(tmp_path, "select count(*) from series").rows == [(PLAN.lanes * 3,)]
        directory.pack()
    assert query(tmp_path, "select count(*) from series").rows == [(PLAN.lanes * 3,)]
    [path] = (tmp_path / "outcomes").iterdir()
    assert pq.read_metadata(path).num_rows == PLAN.lanes


def test_lanes_that_contradict_each_other_are_refused_by_all(tmp_path):
    with open_for_writing(tmp_path, PLAN) as directory:
        write(directory, 1000)
        write(directory, 3)
        path = min((tmp_path / "outcomes").iterdir())
        forge(path, with_column("exit", ["raised"] * 3))
        for use in (
            directory.done,
            directory.pack,
            lambda: query(tmp_path, "select count(*) from outcomes"),
        ):
            with pytest.raises(UserError, match="gives another 'exit' than an earlier shard"):
                use()


def test_whoever_reads_while_shards_are_packed_finds_all_lanes(tmp_path, monkeypatch):
    with open_for_writing(tmp_path, PLAN) as directory:
        write(directory, 3)
        reader = open_for_reading(tmp_path)
        packed: list[bool] = []

        def late(*given, **named):
            if not packed:  # just before the first shard is opened
                packed.append(True)
                directory.pack()
            return read_lanes(*given, **named)

        monkeypatch.setattr(module, "read_lanes", late)
        assert reader.futures().held.all()


def test_whoever_reads_finds_all_lanes_also_if_they_are_packed_once_outcomes_are_read(
    tmp_path, monkeypatch
):
    with open_for_writing(tmp_path, PLAN) as directory:
        write(directory, 3)
        reader = open_for_reading(tmp_path)
        packed: list[bool] = []

        def late(*given, **named):
            found = read_lanes(*given, **named)
            if not packed:  # what was read is gone by now, with its series
                packed.append(True)
                directory.pack()
            return found

        monkeypatch.setattr(module, "read_lanes", late)
        assert reader.futures().held.all()


def test_whoever_runs_the_same_share_may_pack_between_series_and_outcomes(tmp_path, monkeypatch):
    with open_for_writing(tmp_path, PLAN, shared=True) as directory:
        names = write(directory, 3)

        def late(folder, *given):
            if folder.name == "outcomes":
                monkeypatch.setattr(shards, "seal_table", seal_table)
                directory.pack(names)
            return seal_table(folder, *given)

        monkeypatch.setattr(shards, "seal_table", late)
        write_again(directory)
        assert files(tmp_path) == 4
    assert open_for_reading(tmp_path).futures().held.all()


def test_whoever_runs_the_same_share_may_write_while_packed_shards_are_removed(
    tmp_path, monkeypatch
):
    with open_for_writing(tmp_path, PLAN, shared=True) as directory:
        names, unlink = write(directory, 3), Path.unlink

        def late(path, **given):
            unlink(path, **given)
            if path.parent.name == "outcomes" and path.suffix == ".parquet":
                monkeypatch.setattr(Path, "unlink", unlink)
                write_again(directory)

        monkeypatch.setattr(Path, "unlink", late)
        directory.pack(names)
        assert files(tmp_path) == 4
    assert open_for_reading(tmp_path).futures().held.all()


def write_again(directory: RunDirectory) -> None:
    """Write the first shard."""
    chunk = next(PLAN.chunks(np.zeros(PLAN.shape, np.bool_), 3))
    write_shard(directory.address, chunk.parts[0], batch_of(PLAN, chunk.parts[0].lanes))


def test_killed_before_the_packed_shards_are_removed(tmp_path, monkeypatch):
    with open_for_writing(tmp_path, PLAN) as directory:
        write(directory, 3)
        with monkeypatch.context() as patched:
            patched.setattr(Path, "unlink", killed)
            with pytest.raises(KeyboardInterrupt):
                directory.pack()
    assert files(tmp_path) == 16
    assert open_for_reading(tmp_path).futures().held.all()
    with open_for_writing(tmp_path, PLAN) as directory:
        directory.pack()
    assert files(tmp_path) == 2


def killed(path: Path, **_: object) -> None:
    if path.suffix == ".parquet":
        raise KeyboardInterrupt

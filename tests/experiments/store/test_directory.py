"""The run directory: whatever breaks it off, the finished tables are the same to the byte."""

from __future__ import annotations

import csv
import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from experiments.errors import UserError
from experiments.planning.plan import EXIT, KEYS, Chunk, Plan
from experiments.store.directory import RunDirectory, open_for_reading
from experiments.store.files import LOCK
from experiments.store.shards import write_shard
from experiments.store.writing import open_for_writing
from tests.experiments.samples import batch_of, real_plan
from tests.experiments.store.forging import put_bytes, reseal

PLAN = real_plan()
TABLES = ("outcomes.parquet", "outcomes.csv")


def write(directory: RunDirectory, plan: Plan, size: int, most: int = 10**9) -> None:
    """Write the shards that are missing, `most` at the most."""
    for number, chunk in enumerate(plan.chunks(directory.done(), size)):
        if number == most:
            return
        write_shard(directory.address, chunk.parts[0], batch_of(plan, chunk.parts[0].lanes))


def first_chunk(plan: Plan, size: int) -> Chunk:
    """Return the first chunk of a plan of which nothing is done."""
    return next(plan.chunks(np.zeros(plan.shape, np.bool_), size))


def finish(folder: Path, plan: Plan, size: int) -> dict[str, bytes]:
    with open_for_writing(folder, plan) as directory:
        write(directory, plan, size)
        futures = directory.futures()
        assert futures.done.all()
        directory.write_outcomes(futures)
    return {name: (folder / name).read_bytes() for name in TABLES}


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    return finish(tmp_path_factory.mktemp("run") / "whole", PLAN, 1000)


def test_no_other_thread_reads_a_shard(tmp_path, monkeypatch):
    """One of Arrow's that was at it when the program ended aborted it."""
    readers = set()
    threads = threading.get_ident

    class Noting(io.BufferedReader):
        def read(self, size: int | None = -1, /) -> bytes:
            readers.add(threads())
            return super().read(size)

    @contextmanager
    def noted(path: Path, digest: str | None = None) -> Iterator[Noting]:
        with path.open("rb", buffering=0) as raw, Noting(raw) as stream:
            yield stream

    finish(tmp_path, PLAN, 10)
    monkeypatch.setattr("experiments.store.reading.opened", noted)
    assert open_for_reading(tmp_path).futures().done.all()
    assert readers == {threads()}


@given(st.lists(st.tuples(st.integers(1, 25), st.integers(0, 3)), max_size=4), st.integers(1, 25))
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_same_bytes_however_often_broken_off(tmp_path_factory, expected, breaks, last):
    folder = tmp_path_factory.mktemp("run")
    for size, shards in breaks:
        with open_for_writing(folder, PLAN) as directory:
            write(directory, PLAN, size, shards)
    assert finish(folder, PLAN, last) == expected


def test_finished_lanes_are_not_run_again(tmp_path):
    with open_for_writing(tmp_path, PLAN) as directory:
        write(directory, PLAN, 6, most=2)
        assert directory.done().sum() == 12
        assert sum(chunk.lanes for chunk in PLAN.chunks(directory.done(), 4)) == PLAN.lanes - 12


def test_the_table_has_a_row_for_each_lane(tmp_path, expected):
    table = pq.read_table(pa.BufferReader(expected["outcomes.parquet"]))
    assert table.column_names == [
        *KEYS,
        *(outcome.name for outcome in PLAN.outcomes),
        EXIT,
    ]
    assert table["policy"].to_pylist() == [name for name in PLAN.names for _ in range(7)]
    assert table["replication"].to_pylist() == list(range(7)) * 3
    assert set(table["seed"].to_pylist()) == {3}
    lanes = first_chunk(PLAN, 1000).parts[0].lanes
    values = batch_of(PLAN, lanes).outcomes
    at = {(lane.point, lane.replication): place for place, lane in enumerate(lanes)}
    order = [at[point, replication] for point in range(3) for replication in range(7)]
    for name, held in values.items():
        column = table[name]
        assert column.null_count == np.isnan(held).sum()  # not reached or undefined: null
        assert np.array_equal(column.to_numpy(), held[order], equal_nan=True)
    metadata = table.schema.metadata or {}
    assert b"pandas" not in metadata
    rows = list(csv.DictReader(expected["outcomes.csv"].decode().splitlines()))
    for name, held in values.items():
        read = [float(row[name]) if row[name] else np.nan for row in rows]
        assert np.array_equal(read, held[order], equal_nan=True)


def test_killed_between_series_and_outcomes(tmp_path, expected):
    with open_for_writing(tmp_path, PLAN) as directory:
        write(directory, PLAN, 6, most=3)
    victim = sorted((tmp_path / "outcomes").iterdir())[1]
    victim.unlink()
    (tmp_path / "outcomes" / f".{victim.name}.00ff.tmp").write_bytes(b"half a shard")
    (tmp_path / ".manifest.json.00ff.tmp").write_bytes(b"half a manifest")
    assert finish(tmp_path, PLAN, 4) == expected
    assert open_for_reading(tmp_path).series_table().num_rows == PLAN.lanes * 3
    assert not list(tmp_path.rglob("*.tmp"))


def test_series(tmp_path):
    finish(tmp_path, PLAN, 7)
    directory = open_for_reading(tmp_path)
    assert directory.series_names() == ("backlog", "arrests")
    days, values = directory.series("arrests")
    assert days.tolist() == [0, 30, 60]
    lanes = first_chunk(PLAN, 1000).parts[0].lanes
    held = batch_of(PLAN, lanes).series["arrests"]
    for lane, series in zip(lanes, held, strict=True):
        assert np.array_equal(values[lane.point, lane.replication], series, equal_nan=True)


def test_lanes_that_two_shards_hold_must_agree(tmp_path):
    with open_for_writing(tmp_path, PLAN) as directory:
        write(directory, PLAN, 6, most=1)
        chunk = first_chunk(PLAN, 3)
        batch = batch_of(PLAN, chunk.parts[0].lanes)
        write_shard(directory.address, chunk.parts[0], batch)
        assert directory.results().done.sum() == 6
        again = put_bytes(tmp_path / "outcomes", "pack", b"")
        with pytest.raises(UserError, match="cannot be read"):
            directory.results()
        again.unlink()
        name = PLAN.outcomes[0].name
        batch.outcomes[name] += 1
        write_shard(directory.address, chunk.parts[0], batch)
        with pytest.raises(UserError, match=f"gives another {name!r}"):
            directory.results()


def test_more_replications_extend(tmp_path, expected):
    finish(tmp_path, real_plan(4), 6)
    assert finish(tmp_path, PLAN, 6) == expected
    assert json.loads((tmp_path / "manifest.json").read_bytes())["replications"] == 7


def test_manifest(tmp_path):
    with open_for_writing(tmp_path, PLAN) as directory:
        directory.record({"seconds": 1.5, "lanes": 3})
    content = json.loads((tmp_path / "manifest.json").read_bytes())
    identity = content["identity"]
    assert identity["seed"] == 3
    assert identity["baseline"] == "bilateral"
    assert identity["scenario"] == {"name": "organised-crime", "digest": PLAN.scenario.digest}
    assert [policy["digest"] for policy in identity["policies"]] == [
        policy.digest for policy in PLAN.policies
    ]
    assert set(identity["engine"]) == {"version", "digest"}
    assert content["replications"] == 7
    assert content["scenario"] == json.loads(json.dumps(PLAN.scenario.document()))
    assert list(content["policies"]) == list(PLAN.names)
    assert content["runs"] == [{"seconds": 1.5, "lanes": 3}]
    assert not content["complete"]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (real_plan(seed=4), "seed 3, not 4"),
        (
            real_plan(policies=("bilateral", "full-pool")),
            "what it holds of hub-and-spoke is not cut",
        ),
        (real_plan(5), "holds 7 worlds"),
    ],
)
def test_another_experiment_is_refused(tmp_path, other, message):
    finish(tmp_path, PLAN, 10)
    before = contents(tmp_path)
    with pytest.raises(UserError, match=message), open_for_writing(tmp_path, other):
        pass
    assert contents(tmp_path) == before


def test_changed_content_or_code_is_refused(tmp_path):
    finish(tmp_path, PLAN, 10)
    path = tmp_path / "manifest.json"
    before = path.read_bytes()
    changes: dict[str, Callable[[Any], Any]] = {
        "content of policy hub-and-spoke": lambda found: found["policies"][1],
        "content of scenario organised-crime": lambda found: found["scenario"],
        "the code of the engine": lambda found: found["engine"],
    }
    for message, part in changes.items():
        path.write_bytes(before)
        reseal(tmp_path, lambda found: part(found["identity"]).update(digest="0" * 64))  # noqa: B023
        with pytest.raises(UserError, match=message), open_for_writing(tmp_path, PLAN):
            pass


def test_a_foreign_directory_is_refused(tmp_path):
    (tmp_path / "thesis.doc").write_bytes(b"years of work")
    before = contents(tmp_path)
    with pytest.raises(UserError, match=r"thesis\.doc"), open_for_writing(tmp_path, PLAN):
        pass
    assert contents(tmp_path) == before


def test_a_file_is_no_directory(tmp_path):
    path = tmp_path / "file"
    path.touch()
    for out in (path, path / "below"):
        with pytest.raises(UserError, match="Not a directory"), open_for_writing(out, PLAN):
            pass


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\xff\x80", b"[]", b"{}", b'{"format": 99}', b'{"format": 2, "identity": 5}', b"1"],
)
def test_a_damaged_manifest_is_refused(tmp_path, content):
    (tmp_path / "manifest.json").write_bytes(content)
    for use in (lambda: open_for_reading(tmp_path), lambda: enter(tmp_path)):
        with pytest.raises(UserError, match=r"manifest\.json"):
            use()
    assert (tmp_path / "manifest.json").read_bytes() == content


def enter(folder: Path) -> None:
    with open_for_writing(folder, PLAN):
        pass


def test_no_manifest(tmp_path):
    with pytest.raises(UserError, match=r"no manifest\.json"):
        open_for_reading(tmp_path / "nowhere")


@pytest.mark.parametrize("content", [b"", b"PAR1 but not really", b"\x00" * 1000])
def test_a_damaged_shard_is_named(tmp_path, content):
    with open_for_writing(tmp_path, PLAN) as directory:
        write(directory, PLAN, 6, most=2)
        victim = min((tmp_path / "outcomes").iterdir())
        victim.write_bytes(content)
        with pytest.raises(UserError, match=victim.name):
            directory.done()


def test_a_shard_of_another_run_is_named(tmp_path):
    finish(tmp_path / "other", real_plan(seed=9), 6)
    with open_for_writing(tmp_path / "run", PLAN) as directory:
        stranger = next((tmp_path / "other" / "outcomes").iterdir())
        (tmp_path / "run" / "outcomes" / stranger.name).write_bytes(stranger.read_bytes())
        with pytest.raises(UserError, match="another experiment"):
            directory.done()


def test_one_writer(tmp_path):
    with open_for_writing(tmp_path, PLAN):
        with pytest.raises(UserError, match="in use by process"):
            enter(tmp_path)
        assert (tmp_path / LOCK).exists()
    enter(tmp_path)

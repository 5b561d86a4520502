"""Questions in SQL: what is answered, wherever the directory is, and that nothing is written."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from experiments.errors import UserError
from experiments.outcomes.differences import differences
from experiments.outcomes.paired import Comparison, compare_policies
from experiments.planning.plan import Plan
from experiments.store.manifest import read_manifest
from experiments.store.query import query
from experiments.store.shards import write_shard
from experiments.store.tables import (
    COMPARISON,
    DIFFERENCES,
    write_differences,
    write_rows,
)
from experiments.store.writing import open_for_writing
from tests.experiments.samples import batch_of, real_plan
from tests.experiments.store.test_settings import plan_in, write

ODD = "it's [1] * run"
"""Characters that stand for others elsewhere."""

REFUSED = r"cannot be answered|only read|in UTF-8"


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return plan_in(tmp_path_factory.mktemp("design"))


@pytest.fixture(scope="module")
def folder(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(plan, tmp_path_factory.mktemp("run") / ODD)


def made(plan: Plan, folder: Path) -> Path:
    """Make a directory that is complete."""
    folder.parent.mkdir(exist_ok=True)
    with open_for_writing(folder, plan) as directory:
        write(directory, plan, 9)
        write_differences(folder / DIFFERENCES, differences(directory.futures()))
        directory.completed()
    return folder


def content(folder: Path) -> dict[Path, bytes]:
    """Return all that is in a folder."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_question_is_answered_wherever_the_directory_is(folder, plan):
    assert query(folder, "select count(*) from outcomes").rows == [(plan.lanes,)]
    assert query(folder, "select count(*) from series").rows == [(plan.lanes * 3,)]
    assert query(folder, "explain analyze select * from design").rows


@pytest.mark.long
@pytest.mark.parametrize("above", ["policy=a", "setting=1", "seed=7", "day=1", "year=2026"])
def test_a_folder_above_is_no_column(folder, tmp_path, above):
    moved = shutil.copytree(folder, tmp_path / above / "run")
    for question in ("from outcomes order by all", "from series order by all"):
        assert query(moved, question) == query(folder, question)


@pytest.mark.parametrize(
    ("question", "columns"),
    [
        ("pivot outcomes on policy using count(*) group by setting", 4),
        ("with a as (pivot outcomes on policy using count(*) group by setting) from a", 4),
        ("-- of the plan\nexplain select 1", 2),
        ("/* of the plan */ explain analyze select 1", 2),
        ("summarize outcomes", 12),
        ("from design", 3),
        ("select 1 as a, 2 as a, 3 as a_1", 3),
    ],
)
def test_what_reads_is_answered(folder, question, columns):
    found = query(folder, question)
    assert len(set(found.columns)) == columns
    assert found.rows


@pytest.mark.long
@pytest.mark.parametrize(
    "begins", ["explain analyze ", "EXPLAIN (ANALYZE) ", "/* */ explain analyze ", "explain ", ""]
)
@pytest.mark.parametrize(
    "writes",
    [
        "copy (select 1 as a) to '{0}'",
        "with x as (copy (select 1 as a) to '{0}') select 1",
        "export database '{0}'",
        "attach '{0}'",
    ],
)
def test_no_question_writes(folder, begins, writes):
    [shard, *_] = (folder / "outcomes").glob("*.parquet")
    before = content(folder)
    for target in (folder / "written", shard):
        with pytest.raises(UserError, match=REFUSED):
            query(folder, begins + writes.format(str(target).replace("'", "''")))
    assert content(folder) == before


@pytest.mark.parametrize(
    "question",
    [
        "from '{0}'",
        "from read_parquet('{0}')",
        "from read_text('/etc/hostname')",
        "from glob('/*')",
        "from parquet_metadata('{0}')",
        "from sniff_csv('/etc/passwd')",
        "load httpfs",
        "set enable_external_access = true",
        "select 1; set lock_configuration = false",
        "from tables",
        "",
        "-- nothing",
        "select '\udcff'",
    ],
)
def test_no_question_reads_anything_else(folder, question):
    shard = next((folder / "outcomes").glob("*.parquet"))
    with pytest.raises(UserError, match=REFUSED):
        query(folder, question.format(str(shard).replace("'", "''")))


def test_no_question_can_change_the_settings_of_the_database(folder):
    asked = "select name, value from duckdb_settings() where name in"
    names = "('enable_external_access', 'lock_configuration', 'temp_directory')"
    assert query(folder, f"{asked} {names} order by name").rows == [
        ("enable_external_access", "false"),
        ("lock_configuration", "true"),
        ("temp_directory", ""),
    ]


def test_tables_of_what_was_there_before_are_not_told_of_an_extended_run(plan, tmp_path):
    folder = made(plan, tmp_path / "run")
    assert query(folder, "select count(*) from differences").rows != [(0,)]
    manifest = read_manifest(folder)
    manifest.complete = False
    manifest.write(folder)
    with pytest.raises(UserError, match="differences does not exist"):
        query(folder, "select * from differences")


def test_a_number_that_cannot_be_said_is_a_number(tmp_path):
    """With one replication there is no interval: its limits are null, not text."""
    plan = real_plan(replications=1)
    folder = tmp_path / "run"
    with open_for_writing(folder, plan) as directory:
        for chunk in plan.chunks(directory.done(), 9):
            write_shard(directory.address, chunk.parts[0], batch_of(plan, chunk.parts[0].lanes))
        write_differences(folder / DIFFERENCES, differences(directory.futures()))
        write_rows(folder / COMPARISON, Comparison, compare_policies(directory.results()))
        directory.completed()
    asked = "select column_name, column_type from (describe {})"
    of_differences = dict(query(folder, asked.format("differences")).rows)
    assert [of_differences[name] for name in ("low", "high", "pairs", "policy")] == [
        *("DOUBLE", "DOUBLE", "BIGINT", "VARCHAR"),
    ]
    of_comparison = dict(query(folder, asked.format("comparison")).rows)
    assert [of_comparison[name] for name in ("low", "p", "reached", "better")] == [
        *("DOUBLE", "DOUBLE", "DOUBLE", "VARCHAR"),
    ]
    assert query(folder, "select count(high - low) from differences").rows == [(0,)]

"""A run directory that was damaged, or made by somebody else: one message, code 2, nothing lost."""

from __future__ import annotations

import errno
import json
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from experiments.cli import main
from experiments.errors import UserError
from experiments.execution.finishing import finish
from experiments.store import opening
from experiments.store.directory import open_for_reading
from experiments.store.export import export
from experiments.store.records import OutcomeRecord
from experiments.store.shards import write_shard
from experiments.store.status import status
from experiments.store.writing import open_for_writing
from tests.experiments.samples import batch_of, real_plan
from tests.experiments.store.forging import forge, put, put_bytes, reseal, with_column

PLAN = real_plan(4, policies=("bilateral", "full-pool"))
LANES = 8

Doing = Callable[[Path], object]


def filled(folder: Path) -> Path:
    """Make a directory of loose shards, as a killed run leaves it."""
    with open_for_writing(folder, PLAN) as directory:
        for chunk in PLAN.chunks(directory.done(), 4):
            write_shard(directory.address, chunk.parts[0], batch_of(PLAN, chunk.parts[0].lanes))
    return folder


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a directory that is complete."""
    folder = filled(tmp_path_factory.mktemp("run") / "run")
    with open_for_writing(folder, PLAN) as directory:
        assert finish(directory, PLAN) == 0
    return folder


@pytest.fixture
def copy(finished: Path, tmp_path: Path) -> Path:
    """Copy it."""
    return Path(shutil.copytree(finished, tmp_path / "run"))


def shard(folder: Path) -> Path:
    return min((folder / "outcomes").iterdir())


def flipped(path: Path) -> None:
    """Flip one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


def unlisted(folder: Path) -> Path:
    """Let the manifest list nothing; return the only shard."""
    reseal(folder, lambda found: found.update(files={}, complete=False))
    return shard(folder)


def code_of(*arguments: str | Path) -> int | str | None:
    with pytest.raises(SystemExit) as ended:
        main([*map(str, arguments)])
    return ended.value.code


def set_to(value: object, *keys: str) -> Doing:
    """Return what gives the manifest another value in a place, and a seal that fits."""

    def change(content: Any) -> None:
        *above, last = (int(key) if key.isdigit() else key for key in keys)
        for key in above:
            content = content[key]
        content[last] = value

    return lambda folder: reseal(folder, change)


FIRST = {name: getattr(PLAN.outcomes[0], name) for name in OutcomeRecord.model_fields}

MANIFESTS: dict[str, tuple[Any, ...]] = {
    "settings-3": (-3, "identity", "design", "settings"),
    "settings-2": (2, "identity", "design", "settings"),
    "design-null": (None, "design"),
    "design-text": ({"names": ["a"], "table": [["1"]], "changes": [[]]}, "design"),
    "policy-null": (None, "identity", "policies", "0"),
    "policy-path": ("../x", "identity", "policies", "1", "name"),
    "no-policies": ([], "identity", "policies"),
    "outcome-path": ("../../x", "outcomes", "0", "name"),
    "outcome-key": ("policy", "outcomes", "0", "name"),
    "better-up": ("up", "outcomes", "0", "better"),
    "unit-of-time": (FIRST | {"time": True, "unit": "weeks"}, "outcomes", "0"),
    "horizon-0": (0, "horizon_days"),
    "replications-0": (0, "replications"),
    "replications-true": (True, "replications"),
    "seed": (-1, "identity", "seed"),
    "baseline": ("nobody", "identity", "baseline"),
    "runs": ("none", "runs"),
    "files-path": ({"../../passwd.csv": "0" * 64}, "files"),
    "experiment": ([], "experiment"),
    "outcomes-asked": ({"outcomes": ["nothing"]}, "experiment"),
    "morris": ({"design": {"kind": "morris"}}, "experiment"),
    "parameters": ({"parameters": {"a": "b"}}, "experiment"),
    "no-scenario": ({}, "scenario"),
    "members": ({"members": [{"code": "../"}]}, "scenario", "place_content"),
    "digest": ("zz", "identity", "engine", "digest"),
    "more": (1, "surprise"),
}


@pytest.mark.parametrize("change", MANIFESTS.values(), ids=MANIFESTS)
def test_a_manifest_that_says_what_cannot_be(copy, change):
    set_to(*change)(copy)
    for use in (status, lambda folder: export(folder, "csv", None)):
        with pytest.raises(UserError, match=str(copy)) as refused:
            use(copy)
        assert refused.value.rule
        assert refused.value.remedy


def test_more_lanes_than_fit_into_the_memory_are_refused(copy, monkeypatch):
    set_to(2_000_000_000, "replications")(copy)
    monkeypatch.setattr("experiments.store.directory.available_bytes", lambda: 10**9)
    for use in (status, lambda folder: export(folder, "csv", None)):
        with pytest.raises(UserError, match="tables of 4,000,000,000 lanes need"):
            use(copy)


TEXTS = {
    "infinity": b'{"format": 3, "replications": Infinity}',
    "deep-lists": b"[" * 100_000,
    "deep-objects": b'{"a":' * 100_000,
    "long-number": b'{"format": ' + b"9" * 5000 + b"}",
    "overflow": b'{"format": 3, "seal": 1e999}',
    "half-a-pair": b'{"format": "\\ud800"}',
    "nothing": b"",
    "zeros": bytes(100),
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_file_that_is_no_json_of_ours(copy, text):
    (copy / "failures").mkdir()
    (copy / "failures" / "chunk-x.json").write_bytes(text)
    with pytest.raises(UserError, match=r"chunk-x\.json"):
        status(copy)
    (copy / "manifest.json").write_bytes(text)
    with pytest.raises(UserError, match=r"manifest\.json"):
        status(copy)


def test_any_edit_of_the_manifest_is_noticed(copy, capsys):
    path = copy / "manifest.json"
    text = path.read_bytes()
    assert b'"horizon_days": 1461.0' in text
    path.write_bytes(text.replace(b'"horizon_days": 1461.0', b'"horizon_days": 146.0'))
    assert code_of("status", copy) == 2
    assert "is not as it was written" in capsys.readouterr().err


def test_what_is_too_large_is_not_read(copy, monkeypatch):
    monkeypatch.setattr(opening, "MOST_TEXT", 1000)
    with pytest.raises(UserError, match="is larger than 1,000 bytes"):
        open_for_reading(copy)


# What is no file, and no folder ----------------------------------------------------------------


def unix_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        before = Path.cwd()
        os.chdir(path.parent)  # its path may be short only
        try:
            made.bind(path.name)
        finally:
            os.chdir(before)


THINGS: dict[str, Doing] = {
    "folder": Path.mkdir,
    "pipe": os.mkfifo,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "link": lambda path: path.symlink_to(path.with_name("elsewhere")),
    "socket": unix_socket,
}


@pytest.mark.skipif(os.name != "posix", reason="pipes and sockets are files of POSIX")
@pytest.mark.parametrize("put_there", THINGS.values(), ids=THINGS)
@pytest.mark.parametrize("where", ["manifest", "shard", "table", "lock", "failure"])
def test_what_is_no_regular_file_is_neither_opened_nor_waited_for(copy, capsys, where, put_there):
    places = {
        "manifest": copy / "manifest.json",
        "shard": shard(copy),
        "table": copy / "comparison.csv",
        "lock": copy / ".lock",
        "failure": copy / "failures" / "chunk-x.json",
    }
    path = places[where]
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    put_there(path)
    if where == "table":
        assert code_of("query", copy, "select * from comparison") == 2
    else:
        assert code_of("status", copy) == 2
    told = capsys.readouterr().err
    assert path.name in told
    assert "is a link" in told or "is no regular file" in told


@pytest.mark.parametrize("name", ["outcomes", "series", "failures"])
@pytest.mark.parametrize("kind", ["file", "link"])
def test_folders_are_folders(copy, tmp_path, name, kind):
    """As `touch DIR/failures`, with which a run went on for ever."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    treasure = elsewhere / ".treasure.tmp"
    treasure.write_text("years of work")
    if (copy / name).exists():
        shutil.rmtree(copy / name)
    (copy / name).touch() if kind == "file" else (copy / name).symlink_to(elsewhere)
    with pytest.raises(UserError, match=r"is no folder|is a link"):
        status(copy)
    with pytest.raises(UserError, match=r"is no folder|is a link"), open_for_writing(copy, PLAN):
        pass
    assert treasure.read_text() == "years of work"


def test_a_lock_that_is_a_link_is_not_written_through(copy, tmp_path):
    treasure = tmp_path / "treasure"
    treasure.write_text("years of work")
    (copy / ".lock").symlink_to(treasure)
    with pytest.raises(UserError, match="is a link"), open_for_writing(copy, PLAN):
        pass
    assert treasure.read_text() == "years of work"


@pytest.mark.parametrize("kind", ["file", "link"])
def test_pictures_are_not_drawn_elsewhere(copy, tmp_path, capsys, kind):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (copy / "figures").touch() if kind == "file" else (copy / "figures").symlink_to(elsewhere)
    assert code_of("plot", copy) == 2
    assert "figures: is" in capsys.readouterr().err
    assert list(elsewhere.iterdir()) == []


# Shards ------------------------------------------------------------------------------------------


def doubled(table: pa.Table) -> pa.Table:
    name = table.column_names[6]
    return pa.Table.from_arrays([*table.columns, table[name]], names=[*table.column_names, name])


def with_text(table: pa.Table) -> pa.Table:
    return table.set_column(6, table.column_names[6], pa.array(["a"] * table.num_rows))


SHARDS: dict[str, tuple[Callable[[pa.Table], pa.Table], str]] = {
    "null policy": (with_column("policy", [None] * LANES), "without 'policy'"),
    "null setting": (with_column("setting", [None] * LANES), "without 'setting'"),
    "doubled column": (doubled, "one is there twice"),
    "no column": (lambda table: table.drop_columns([table.column_names[6]]), "other columns"),
    "text": (with_text, "as string"),
    "exit": (with_column("exit", ["maybe"] * LANES), "exit"),
    "seed": (with_column("seed", [9] * LANES), "another experiment"),
    "policy": (with_column("policy", ["x"] * LANES), "another experiment"),
    "replication": (with_column("replication", [2**62] * LANES), "another experiment"),
    "one lane": (with_column("replication", [0] * LANES), "two rows for a lane"),
    "many rows": (lambda table: pa.concat_tables([table] * 9), "there are 8 lanes"),
    "series": (lambda table: table.replace_schema_metadata({"series": "../x"}), "names series"),
}


@pytest.mark.parametrize(("change", "said"), SHARDS.values(), ids=SHARDS)
def test_a_shard_that_holds_what_cannot_be(copy, change, said):
    forge(unlisted(copy), change)
    for use in (status, lambda folder: export(folder, "csv", None)):
        with pytest.raises(UserError, match=said):
            use(copy)


def test_what_unpacks_to_more_than_fits_is_not_unpacked(copy, monkeypatch):
    monkeypatch.setattr("experiments.store.reading.SMALL", 0)
    monkeypatch.setattr("experiments.store.reading.available_bytes", lambda: 500)
    with pytest.raises(UserError, match=r"unpacks to .*, and 500 B are free"):
        open_for_reading(copy).futures()


@pytest.mark.parametrize("content", [b"", b"PAR1" + bytes(50) + b"PAR1"])
def test_a_shard_that_is_none(copy, content):
    put_bytes(copy / "outcomes", "pack", content)
    with pytest.raises(UserError, match="cannot be read"):
        status(copy)


@pytest.mark.parametrize("name", ["again.parquet", "pack.parquet", "x (1).parquet"])
def test_a_file_that_has_not_the_name_of_a_shard_is_told(copy, name):
    shutil.copy(shard(copy), copy / "outcomes" / name)
    with pytest.raises(UserError, match="has not the name of a shard"):
        status(copy)


def test_a_shard_with_the_name_of_another_is_told(tmp_path):
    folder = filled(tmp_path / "run")
    first, second = sorted((folder / "outcomes").iterdir())
    table = pq.read_table(second, partitioning=None)
    second.unlink()
    put(folder / "outcomes", first.name.split(".")[0], table)
    with pytest.raises(UserError, match="other lanes than its name says"):
        status(folder)


# One flipped bit, and what is lost -------------------------------------------------------------


def test_one_bit_is_noticed_wherever_it_is(tmp_path):
    folder = filled(tmp_path / "run")
    path = shard(folder)
    whole = path.read_bytes()
    for place in range(0, len(whole), 97):
        content = bytearray(whole)
        content[place] ^= 1 << place % 8
        path.write_bytes(content)
        with pytest.raises(UserError, match="SHA-256"):
            open_for_reading(folder).futures()


def test_one_bit_of_the_series_is_noticed(copy):
    flipped(min((copy / "series").iterdir()))
    with pytest.raises(UserError, match="SHA-256"):
        open_for_reading(copy).series("backlog")


def test_a_table_that_was_changed_is_told_and_made_anew(copy, capsys):
    before = {path: path.read_bytes() for path in copy.glob("*.*")}
    flipped(copy / "comparison.csv")
    (copy / "outcomes.csv").unlink()
    assert set(status(copy).spoilt) == {"comparison.csv", "outcomes.csv"}
    assert code_of("query", copy, "select * from comparison") == 2
    assert "SHA-256" in capsys.readouterr().err
    with open_for_writing(copy, PLAN) as directory:
        finish(directory, PLAN)
    assert status(copy).spoilt == ()
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.long
@pytest.mark.parametrize(
    "lose", [lambda path: path.unlink(), lambda path: shutil.rmtree(path.parent)]
)
def test_what_is_lost_is_not_empty(copy, capsys, lose):
    lose(shard(copy))
    for arguments in (
        ["status", copy],
        ["export", copy],
        ["plot", copy],
        ["query", copy, "select 1"],
    ):
        assert code_of(*arguments) == 2
        told = capsys.readouterr().err
        assert "is gone, and lanes in it were finished" in told
        assert "it runs them again" in told
    assert not (copy / "export" / "lanes.csv").exists()
    with open_for_writing(copy, PLAN) as directory:
        assert not directory.done().any()
        assert not directory.manifest.complete
    assert "what is missing is run again" in capsys.readouterr().err


def test_series_that_are_lost_are_told(copy):
    min((copy / "series").iterdir()).unlink()
    with pytest.raises(UserError, match=r"its series, pack\..* are gone"):
        status(copy)


def test_a_folder_that_cannot_be_listed_is_told(copy, monkeypatch):
    def refused(path: Path) -> list[str]:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(os, "listdir", refused)
    for use in (status, lambda folder: export(folder, "csv", None)):
        with pytest.raises(UserError, match=r"outcomes: cannot be listed \(Permission denied\)"):
            use(copy)


# What a directory says reaches the terminal as text --------------------------------------------


def test_labels_and_names_steer_no_terminal(copy, capsys):
    odd = "\x1b[31mred\x9b\x07\u202e"

    def change(content: dict[str, Any]) -> None:
        for outcome in content["outcomes"]:
            outcome["label"] = odd
        content["experiment"] = {"experiment": odd}

    reseal(copy, change)
    for arguments in (["status", copy], ["status", copy, "--json"], ["weigh", copy]):
        assert not code_of(*arguments)
        shown = capsys.readouterr()
        assert all(part.isprintable() for part in (shown.out + shown.err).split("\n"))
    assert not code_of("status", copy, "--json")
    assert json.loads(capsys.readouterr().out)["experiment"] == odd

"""Files that the user names: what is theirs is replaced, anything else stays as it is."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from experiments.cli import main
from experiments.errors import UserError
from experiments.store.export import export
from experiments.store.files import write_text
from experiments.store.targets import target
from experiments.store.writing import open_for_writing
from tests.experiments.samples import real_plan
from tests.experiments.store.test_settings import write


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "run"
    plan = real_plan(replications=2)
    with open_for_writing(folder, plan) as directory:
        write(directory, plan, 9)
        directory.write_outcomes(directory.futures())
        directory.completed()
    return folder


def link(path: Path) -> None:
    path.symlink_to(path.with_name("somebody's"))


def link_to_a_file(path: Path) -> None:
    path.with_name("somebody's").write_text("theirs")
    link(path)


def occupied(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(os.path.relpath(path))  # a short name: a socket's has at most 107 bytes


ODD: dict[str, Callable[[Path], None]] = {
    "a folder": Path.mkdir,
    "a link": link,
    "a link ": link_to_a_file,
    "a pipe": os.mkfifo,
    "a socket": occupied,
}


@pytest.mark.parametrize("kind", ODD)
def test_only_a_regular_file_is_replaced(folder, tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "lanes.csv"
    ODD[kind](path)
    before = path.lstat()
    with pytest.raises(UserError, match=f"--out .*lanes.csv is {kind.strip()}"):
        export(folder, "csv", path)
    with pytest.raises(UserError, match=f"lanes.csv is {kind.strip()}"):
        write_text(path, "new")
    after = path.lstat()
    assert (before.st_mode, before.st_ino) == (after.st_mode, after.st_ino)
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("path", ["/dev/null", "/dev/stdout", "", ".", "..", "/"])
def test_no_device_or_folder_is_replaced(folder, path, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["export", str(folder), "--out", path])
    assert caught.value.code == 2
    assert "regular file" in capsys.readouterr().err


def test_a_name_that_is_no_text_is_refused(folder, tmp_path, capsys):
    """File names are bytes; libraries that write files want UTF-8."""
    path = tmp_path / "a\udcff" / "lanes.csv"
    with pytest.raises(UserError, match=r"--out .*/a.udcff/lanes.csv"):
        export(folder, "csv", path)
    path.parent.mkdir()
    with pytest.raises(UserError, match="UTF-8"):
        write_text(path, "new")
    with pytest.raises(SystemExit) as caught:
        main(["run", "forest-fire", "--kernel", "numpy", "--out", str(tmp_path / "b\udcff")])
    assert caught.value.code == 2
    assert "paths and names are UTF-8" in capsys.readouterr().err


def test_what_is_the_users_is_replaced(folder, tmp_path):
    path = tmp_path / "new" / "lanes.csv"
    export(folder, "csv", path)
    first = path.read_bytes()
    path.write_text("mine")
    assert export(folder, "csv", path).read_bytes() == first
    assert export(folder, "csv", folder / "export" / "mine.csv").is_file()


@pytest.mark.parametrize(
    "name",
    [
        "manifest.json", "outcomes.csv", "outcomes.parquet", "Outcomes.CSV", "design.csv",
        "comparison.csv", "outcomes/new.csv", "series/a/b.csv", "failures/x", ".lock",
        "figures/../manifest.json",
    ],
)  # fmt: skip
def test_nothing_of_a_run_is_replaced(folder, tmp_path, name):
    (tmp_path / "alias").symlink_to(folder)
    (folder / "figures").mkdir(exist_ok=True)
    for run in (folder, tmp_path / "alias"):
        before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        with pytest.raises(UserError, match="is part of the run directory"):
            export(folder, "csv", run / name)
        assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_picture_of_a_story_is_no_shard_and_no_link(folder, tmp_path, capsys):
    shard = next((folder / "outcomes").iterdir())
    (tmp_path / "picture.png").symlink_to(shard)
    before = shard.read_bytes()
    for path in (shard, shard.with_name("x.png"), tmp_path / "picture.png"):
        with pytest.raises(SystemExit) as caught:
            main(["trace", str(folder), "--picture", str(path)])
        assert caught.value.code == 2
        assert f"--picture {path} is " in capsys.readouterr().err
    assert shard.read_bytes() == before


def test_pictures_of_a_description_replace_no_link(tmp_path, capsys):
    (tmp_path / "network.png").symlink_to(tmp_path / "theirs.png")
    with pytest.raises(SystemExit) as caught:
        main(["show", "eu27-2010", "--out", str(tmp_path)])
    assert caught.value.code == 2
    assert "network.png is a link" in capsys.readouterr().err
    assert not (tmp_path / "theirs.png").exists()


def test_a_file_that_is_read_is_known_by_any_name(tmp_path):
    path = tmp_path / "experiment.yaml"
    path.write_text("experiment: mine")
    (tmp_path / "other.sh").hardlink_to(path)
    with pytest.raises(UserError, match="is read by this command"):
        target("--script", tmp_path / "other.sh", inputs=[path])
    assert target("--script", tmp_path / "new.sh", inputs=[path]) == tmp_path / "new.sh"

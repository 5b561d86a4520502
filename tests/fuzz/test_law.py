"""The law notices what it is there for."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from experiments.cli import main
from experiments.errors import UserError
from scenarios.schema import place
from tests.fuzz.kit import documents, folders, lay_out, whole
from tests.fuzz.law import breaches, run
from tests.fuzz.test_files import POLICY, SCENARIO

SHORT = ("--replications", "1", "--workers", "1")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    lay_out(whole(), folder)
    return folder


def found(files: Path, entry, *, patience: float = 300, out: Path | None = None, words=()) -> str:
    ending = run(words, root=files.parent, out=out, patience=patience, entry=entry)
    return "\n".join(breaches(ending, files))


@pytest.mark.long
def test_what_is_lawful_passes(files, tmp_path):
    out = tmp_path / "out"
    words = ["compare", files / SCENARIO, "--policies", files / POLICY, *SHORT, "--out", out]
    assert found(files, main, out=out, words=[str(word) for word in words]) == ""
    assert (out / "outcomes.csv").exists()
    assert found(files, main, words=["validate", str(files / POLICY)]) == ""


def test_a_validator_that_fails_is_noticed(files, monkeypatch):
    def check(_: place.Place) -> None:
        raise KeyError("planted")

    monkeypatch.setattr("scenarios.reading.atlas.check_place", check)
    assert "KeyError: 'planted'" in found(files, main, words=["validate", str(files / SCENARIO)])


def test_a_warning_is_noticed(files):
    def entry(_):
        np.exp(np.array([1e6]))

    assert "RuntimeWarning: overflow" in found(files, entry)


def writers(folder: Path):
    """Ways to write into a folder."""
    return {
        "write": lambda: (folder / "planted").write_text("x"),
        "append": lambda: (folder / "planted").open("a").close(),
        "folder": (folder / "planted").mkdir,
        "link": lambda: (folder / "planted").symlink_to("x"),
        "pipe": lambda: os.mkfifo(folder / "planted"),
        "descriptor": lambda: os.close(os.open(folder / "planted", os.O_CREAT | os.O_WRONLY)),
    }


@pytest.mark.parametrize("way", writers(Path()))
def test_a_write_outside_is_noticed(files, tmp_path, way):
    out = tmp_path / "out"
    out.mkdir()
    assert found(files, lambda _: writers(out)[way](), out=out) == ""
    for folder in (Path.cwd(), files, tmp_path / "empty" / "working" / "folder", tmp_path):
        planted = folder / "planted"
        try:
            told = found(files, lambda _, there=folder: writers(there)[way](), out=out)
        finally:
            if planted.is_dir():
                planted.rmdir()
            planted.unlink(missing_ok=True)
        expected = folder != Path.cwd() or way != "pipe"  # that leaves no trace but in the tree
        assert ("outside --out" in told) == expected, folder


def test_a_file_that_goes_or_changes_is_noticed(files):
    assert "outside --out" in found(files, lambda _: (files / POLICY).unlink())
    assert "outside --out" in found(files, lambda _: (files / SCENARIO).write_text("x"))


def test_a_hang_is_noticed(files):
    assert "not ended" in found(files, lambda _: time.sleep(20), patience=0.3)


def test_a_run_that_goes_on_is_no_hang(files, monkeypatch):
    from sim.seam import port

    class Slow:
        def __getattr__(self, name: str):
            return lambda *_: time.sleep(0.2)

    def entry(_):
        port.advance(Slow(), Slow(), 10**9)

    assert found(files, entry, patience=0.3) == ""


def test_a_tick_that_does_not_end_is_noticed(files, monkeypatch):
    from sim.seam import port
    from tests.fuzz import law

    class Stuck:
        def __getattr__(self, name: str):
            return lambda *_: time.sleep(60)

    monkeypatch.setattr(law._Alarm, "STUCK_S", 1)
    assert "not ended" in found(files, lambda _: port.advance(Stuck(), Stuck(), 9), patience=0.3)


def test_too_much_memory_is_noticed(files):
    def entry(_):
        bytearray(8_000_000_000)

    assert "MemoryError" in found(files, entry)


@pytest.mark.parametrize(
    ("message", "missing"),
    [
        (lambda path: UserError(f"{path}:1: x = 3", "rule", "remedy"), ""),
        (lambda path: UserError(f"{path}: x = 3", "rule", "remedy"), "no line"),
        (lambda path: UserError(f"{path}:9999: x", "rule", "remedy"), "a line that is not there"),
        (lambda _: UserError("/etc/passwd:1: x", "rule", "remedy"), "no file"),
        (lambda path: UserError(f"{path}:1: x", "", "remedy"), "no rule"),
        (lambda path: UserError(f"{path}:1: x", "rule", ""), "no remedy"),
        (lambda path: UserError(f"{path}", "there is no such file", "check"), ""),
    ],
)
def test_a_poor_message_is_noticed(files, monkeypatch, message, missing):
    def check(*_):
        raise message(files / POLICY)

    monkeypatch.setattr("scenarios.reading.declared_kind", check)
    told = found(files, main, words=["validate", str(files / POLICY)])
    assert told == missing


def test_other_codes_and_words_on_success_are_noticed(files):
    def leave(_):
        raise SystemExit(1)

    assert "exit code 1" in found(files, leave)

    def mutter(_):
        sys.stderr.write("planted")

    assert "in spite of success" in found(files, mutter)


def test_every_kind_of_file_is_changed():
    assert {path.split("/")[0] for path in whole()} >= {"scenarios", "policies", "places"}
    assert all(documents()[path] for path in documents())
    assert folders("scenarios")

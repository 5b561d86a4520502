"""Files appear whole or not at all; a directory has one writer."""

from __future__ import annotations

import multiprocessing
import os
import platform
import sys
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from experiments.errors import UserError
from experiments.store import files
from experiments.store.files import LOCK, holder, locked, remove_temporary, whole, write_text


def test_a_file_appears_when_it_is_whole(tmp_path):
    path = tmp_path / "file"
    with whole(path) as temporary:
        temporary.write_text("new")
        assert not path.exists()
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_leaves_what_was_there(tmp_path):
    path = tmp_path / "file"
    write_text(path, "old")

    def fail() -> None:
        with whole(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_is_removed(tmp_path):
    (tmp_path / ".file.0123.tmp").touch()
    (tmp_path / "file").touch()
    remove_temporary(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_second_writer_is_refused(tmp_path):
    with locked(tmp_path):
        assert (tmp_path / LOCK).read_text().split() == [platform.node(), str(os.getpid())]
        assert holder(tmp_path) == f"process {os.getpid()}"
        with pytest.raises(UserError, match=f"in use by process {os.getpid()}"), locked(tmp_path):
            pass
    assert not (tmp_path / LOCK).exists()
    assert holder(tmp_path) == ""
    with locked(tmp_path):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="no lock file there")
def test_those_who_share_leave_each_other_in_and_nobody_else(tmp_path, monkeypatch):
    with locked(tmp_path, shared=True):
        with locked(tmp_path, shared=True):
            assert holder(tmp_path) == "processes that share it"
            with pytest.raises(UserError, match="in use by processes that share it"):
                locked(tmp_path).__enter__()
        assert (tmp_path / LOCK).exists()
    assert not (tmp_path / LOCK).exists()
    monkeypatch.setattr(files, "_SHARED_GLANCES", 2)
    with locked(tmp_path), pytest.raises(UserError, match="in use by process"):
        locked(tmp_path, shared=True).__enter__()


@pytest.mark.skipif(sys.platform == "win32", reason="no lock file there")
def test_a_lock_on_a_removed_file_is_none(tmp_path, monkeypatch):
    import fcntl

    flock = fcntl.flock
    calls: list[int] = []

    def slow_flock(descriptor: int, operation: int) -> None:
        if not calls:  # the owner before removes its file just before we lock it
            (tmp_path / LOCK).unlink()
        calls.append(descriptor)
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", slow_flock)
    with locked(tmp_path):
        assert len(calls) == 2
        assert (tmp_path / LOCK).exists()


def hold(folder: Path, ready: Connection) -> None:
    with locked(folder):
        ready.send(True)
        ready.recv()


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=hold, args=(tmp_path, there))
    process.start()
    assert here.recv()
    with pytest.raises(UserError, match=str(process.pid)), locked(tmp_path):
        pass
    process.kill()
    process.join()
    process.close()
    here.close()
    there.close()
    assert (tmp_path / LOCK).exists()  # the file stays, the lock does not
    with locked(tmp_path):
        pass

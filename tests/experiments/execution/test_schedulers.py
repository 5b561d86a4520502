"""Schedulers of Dask that are there already: those that answer, and what is said of the others."""

from __future__ import annotations

import contextlib
import copy
import gc
import itertools
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from experiments.errors import UserError
from experiments.execution import on_dask as executor
from experiments.execution.course import Course
from experiments.execution.placing import How
from experiments.execution.running import run_plan
from experiments.store.failures import failed_chunks
from tests.experiments.execution import kit

distributed = pytest.importorskip("distributed", reason="needs the extra `cluster`")


@pytest.fixture(autouse=True)
def _dasks_configuration_is_left_as_it_was() -> Iterator[None]:
    """A client that does not come to life leaves itself in it, and others would ask it.

    It is collected here, since its end waits for a lock that the start of the next client holds.
    """
    from dask import config

    before = copy.deepcopy(config.config)
    yield
    gc.collect()
    config.config.clear()
    config.config.update(before)


@contextlib.contextmanager
def here(workers: int) -> Iterator[str]:
    """Give the address of a scheduler whose workers are threads of this process."""
    with distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=False,
        protocol="tcp://",
        host="127.0.0.1",
        dashboard_address=None,
    ) as cluster:
        yield cluster.scheduler_address


def test_a_scheduler_that_has_no_workers(monkeypatch, capsys):
    monkeypatch.setattr(executor, "PATIENCE_S", 0.1)
    with (
        here(workers=0) as address,
        pytest.raises(UserError, match="no worker came within") as refused,
        executor.on_dask(address, None),
    ):
        pass
    assert address in refused.value.what
    assert "no worker yet; waiting" in capsys.readouterr().err


def test_a_batch_system_that_starts_none_in_time(squalls, tmp_path, monkeypatch, capsys, installed):
    """The time is up before the first job runs: nothing has failed."""
    glances = itertools.count()

    def time_is_up(course: Course) -> bool:
        course.out_of_time = next(glances) == 2
        return course.out_of_time

    monkeypatch.setattr(Course, "time_is_up", time_is_up)
    with here(workers=0) as address, distributed.Client(address) as client:
        queued = executor.OnDask(client, 4, 1, None)
        ran = run_plan(kit.plan_of(squalls), tmp_path / "run", How(queued, batch=8))
    assert (ran.work.lanes, ran.failed, ran.out_of_time, ran.complete) == (0, 0, True, False)
    assert "waiting until the batch system starts one" in capsys.readouterr().err


def written(folder: Path, text: str | None) -> str:
    """Return the path of a scheduler's file with this text; None makes no file."""
    path = folder / "scheduler.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "No such file"),
        ("", "the file has no address"),
        ("[]", "the file has no address"),
        ('{"address": "tcp://127.0.0.1:9"}', "127.0.0.1:9"),
        ('{"address": "tcp://"}', ""),
        ('{"address": "pigeon://127.0.0.1:9"}', "pigeon"),
    ],
)
def test_a_file_that_leads_to_no_scheduler(monkeypatch, tmp_path, text, reason):
    monkeypatch.setattr(executor, "ANSWER_S", 0.5)
    path = written(tmp_path, text)
    with (
        pytest.raises(UserError, match="no scheduler answers") as refused,
        executor.on_dask(path, None),
    ):
        pass
    assert refused.value.what.startswith(f"--scheduler {path}: ")
    assert reason in refused.value.what


@pytest.mark.parametrize("what", ["pipe", "/dev/zero", "."])
def test_what_is_no_file_is_not_waited_for(tmp_path, what):
    os.mkfifo(tmp_path / "pipe")
    with (
        pytest.raises(UserError, match="is no regular file"),
        executor.on_dask(str(tmp_path / what), None),
    ):
        pass


def test_a_file_without_end_is_not_read_to_its_end(tmp_path, monkeypatch):
    monkeypatch.setattr(executor, "ANSWER_S", 0)
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(1 << 40)  # of which the disk holds nothing
    with pytest.raises(UserError, match="has no address"), executor.on_dask(str(path), None):
        pass


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "127.0.0.1:9", "localhost", "a b"])
def test_a_scheduler_that_does_not_answer(monkeypatch, address):
    assert executor.ANSWER_S <= 15  # what a user waits who has misspelt it
    monkeypatch.setattr(executor, "ANSWER_S", 0.5)
    start = time.monotonic()
    with (
        pytest.raises(UserError, match="no scheduler answers") as refused,
        executor.on_dask(address, None),
    ):
        pass
    assert time.monotonic() - start < 15
    assert address in refused.value.what


def test_a_file_that_the_scheduler_has_still_to_write(tmp_path):
    with here(workers=1) as address:
        path = tmp_path / "scheduler.json"
        late = threading.Timer(1, path.write_text, [json.dumps({"address": address})])
        late.start()
        with executor.on_dask(str(path), None) as chosen:
            assert chosen.workers == 1
        late.join()


def test_a_worker_of_another_version_is_refused(squalls, tmp_path, monkeypatch, installed):
    """As on a cluster where only the login node was brought up to date."""
    other = "0" * 64
    monkeypatch.setattr("experiments.store.engine_digest", lambda _: other)  # what workers ask
    with here(workers=1) as address, executor.on_dask(address, None) as chosen:
        ran = run_plan(kit.plan_of(squalls), tmp_path / "run", How(chosen, batch=32))
    assert (ran.work.lanes, ran.failed, ran.complete) == (0, 96, False)
    found = failed_chunks(tmp_path / "run")
    assert [one.attempts for one in found] == [1] * 3
    assert all("another version of fivesteps" in one.error for one in found)

"""Clusters of Dask that a run starts: nobody else can use them, and what cannot start is told."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import resource
import stat
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from experiments.errors import UserError
from experiments.execution import dask_clusters, on_dask as executor
from experiments.execution.dask_clusters import PROFILE, Jobs, make_room_for_files
from experiments.execution.placing import How
from experiments.execution.running import run_plan
from tests.agents.small import policies, small
from tests.experiments.samples import plan_of

distributed = pytest.importorskip("distributed", reason="needs the extra `cluster`")
pytest.importorskip("dask_jobqueue", reason="needs the extra `cluster`")
pytest.importorskip("cryptography", reason="needs the extra `cluster`")

SBATCH = """\
#!/bin/sh
script=$(eval echo \\$$#)
cp -p "$script" {folder}/script.sh
setsid sh {folder}/script.sh > {folder}/job.log 2>&1 &
echo "Submitted batch job $!"
"""
SCANCEL = """\
#!/bin/sh
kill -- "-$1"
"""


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A batch system that starts every job on this machine at once; the folder of its commands."""
    import dask

    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    command(folder, "sbatch", SBATCH.format(folder=folder))
    command(folder, "scancel", SCANCEL)
    with dask.config.set({"jobqueue.slurm.interface": "lo"}):
        yield folder


def command(folder: Path, name: str, text: str) -> None:
    """Write a command."""
    path = folder / name
    path.write_text(text)
    path.chmod(0o755)


async def asked(address: str, key: Any) -> object:
    """Ask a scheduler or worker who it is; the answer, or the error of one that does not answer."""
    from distributed.core import rpc

    arguments = key.get_connection_args("client") if key else {}
    async with rpc(address, connection_args=arguments, timeout=5) as other:
        try:
            return await other.identity()
        except (OSError, TypeError, RuntimeError) as error:
            return error


def test_who_has_no_key_of_the_run_cannot_connect():
    import dask

    with executor.on_dask(None, 1) as chosen:
        found = chosen.client.scheduler_info()
        own = chosen.client.security
        [worker] = found["workers"]
        for address in (found["address"], worker):
            assert address.startswith("tls://127.0.0.1:")
            assert isinstance(asyncio.run(asked(address, own)), dict)
            for other in (address, address.replace("tls://", "tcp://")):
                for key in (None, distributed.Security(), distributed.Security.temporary()):
                    assert isinstance(asyncio.run(asked(other, key)), Exception)
        assert chosen.client.run(dask.config.get, PROFILE) == {worker: False}


@pytest.mark.slow
def test_jobs_of_a_batch_system_get_the_key_with_their_script(slurm, tmp_path, monkeypatch):
    """A worker that is a command of its own, as on another machine."""
    (tmp_path / "types.py").write_text("raise SystemExit('a stranger')\n")
    monkeypatch.chdir(tmp_path)
    plan = plan_of(small(), policies(("bilateral",)), 2, 3)
    with executor.on_dask("slurm", 1) as chosen:
        assert chosen.client.scheduler_info()["address"].startswith("tls://127.0.0.1:")
        ran = run_plan(plan, tmp_path / "run", How(chosen, batch=1, kernel="numpy"))
        [told] = chosen.client.run(os.getenv, "PYTHONSAFEPATH").values()
    assert (ran.complete, ran.work.lanes, ran.failed) == (True, 2, 0)
    assert told == "1"
    script = slurm / "script.sh"
    assert stat.S_IMODE(script.stat().st_mode) == 0o600
    assert "-----BEGIN" in script.read_text()
    assert "-----BEGIN" not in (slurm / "job.log").read_text()


REFUSED = "sbatch: error: invalid partition specified: nowhere"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"#!/bin/sh\necho '{REFUSED}' >&2\nexit 1\n", REFUSED),
        ("#!/bin/sh\nexit 3\n", "Command exited with non-zero"),
        ("#!/bin/sh\necho hello\n", "Could not parse job id"),
        ("#!/no/such/interpreter\n", "No such file"),
    ],
)
def test_a_batch_system_that_refuses_is_told_at_once(slurm, monkeypatch, text, why):
    monkeypatch.setenv("PATH", str(slurm))  # where there is a real one, it would be tried next
    command(slurm, "sbatch", text)
    with (
        pytest.raises(UserError, match="must take the jobs") as refused,
        executor.on_dask("slurm", 2),
    ):
        pass
    assert why in refused.value.what


def test_a_machine_without_a_batch_system(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="not on this machine"), executor.on_dask("slurm", 2):
        pass


def test_jobs_that_are_refused_later_are_told_once_and_submitted_again():
    workers = {"a": 1, "b": 2, "c": 3}
    scaled: list[int] = []
    cluster = SimpleNamespace(
        workers=workers,
        loop=SimpleNamespace(add_callback=lambda call, *given: call(*given)),
        scale=scaled.append,
    )
    refused = {"a": "a limit", "b": "a limit"}
    jobs = Jobs(cluster, 3, refused)
    assert [jobs.refusal(), jobs.refusal()] == ["a limit", None]
    jobs.renew()
    assert (refused, workers, scaled) == ({}, {"c": 3}, [3])
    refused["a"] = "another limit"
    assert [jobs.refusal(), jobs.refusal()] == ["another limit", None]


def test_a_machine_that_no_other_can_reach(monkeypatch):
    monkeypatch.setattr("distributed.utils.get_ip", lambda: "127.0.1.1")
    with pytest.raises(UserError, match="interface: ib0"):
        dask_clusters.address_of_this_machine()


@pytest.mark.parametrize("missing", ["distributed", "cryptography", "dask_jobqueue"])
def test_a_library_of_the_extra_that_is_not_there(slurm, monkeypatch, missing):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *more: None if name == missing else found(name, *more),
    )
    with (
        pytest.raises(UserError, match=r"pip install 'fivesteps\[cluster\]'"),
        executor.on_dask("slurm", 1),
    ):
        pass


@pytest.mark.parametrize(
    ("limits", "raised"),
    [
        ((40, 40), None),
        ((40, 4096), (112, 4096)),
        ((40, resource.RLIM_INFINITY), (112, resource.RLIM_INFINITY)),
        ((1024, 4096), ()),
        ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), ()),
    ],
)
def test_there_must_be_room_for_open_files(monkeypatch, limits, raised):
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: told.append(pair))
    if raised is None:
        with pytest.raises(UserError, match="this process may have 40"):
            make_room_for_files(2)
    else:
        make_room_for_files(2)
    assert told == ([raised] if raised else [])

"""Which executor a command takes, and what it refuses."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from experiments.cli import main
from experiments.errors import UserError
from experiments.execution import on_dask
from experiments.execution.choose import chosen_executor
from tests.experiments.execution import kit

OWN = ("--executor", "dask", "--scheduler", "tcp://127.0.0.1:9", "--workers", "4")
COMMANDS = {
    "sweep": ("organised-crime-assumptions", "--out", "{out}"),
    "sensitivity": ("organised-crime", "--parameters", "trust.*", "--out", "{out}"),
    "rank": (
        *("organised-crime", "--outcome", "arrested_share", "--indifference", "0.1"),
        *("--out", "{out}"),
    ),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_workers_of_another_scheduler_are_not_counted_here(name, tmp_path, capsys):
    out = tmp_path / "run"
    with pytest.raises(SystemExit) as ended:
        main([name, *(part.format(out=out) for part in COMMANDS[name]), *OWN])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert "--workers 4 with --scheduler tcp://127.0.0.1:9\n  rule:" in told
    assert "leave --workers out" in told
    assert not out.exists()


@pytest.mark.long
@pytest.mark.usefixtures("installed")
def test_so_it_is_when_a_run_is_extended(calm, capsys):
    before = kit.tables(calm)
    with pytest.raises(SystemExit) as ended:
        main(["extend", str(calm), "--replications", "99", *OWN])
    assert ended.value.code == 2
    assert "--workers 4 with --scheduler" in capsys.readouterr().err
    assert kit.tables(calm) == before


@pytest.mark.parametrize(("scheduler", "workers"), [("slurm", 4), (None, 4), ("host:8786", None)])
def test_workers_that_are_started_are_counted(monkeypatch, scheduler, workers):
    asked = []

    def started(*given):
        asked.append(given)
        return nullcontext()

    monkeypatch.setattr(on_dask, "on_dask", started)
    with chosen_executor("dask", scheduler, workers, 10):
        pass
    assert asked == [(scheduler, workers)]


def test_only_dask_has_a_scheduler():
    with (
        pytest.raises(UserError, match="only Dask has a scheduler"),
        chosen_executor("local", "slurm", None, 10),
    ):
        pass

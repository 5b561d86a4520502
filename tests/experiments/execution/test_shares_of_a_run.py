"""Shares of one directory: what the first one fixes, and what each is told in the end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from experiments.cli import main
from experiments.errors import UserError
from experiments.execution.finishing import finish_if_last
from experiments.execution.here import Here
from experiments.execution.placing import How
from experiments.execution.running import Ran, run_plan
from experiments.planning import memory
from experiments.planning.plan import Plan, Share
from experiments.store.directory import open_for_reading
from experiments.store.writing import open_for_writing
from tests.experiments.execution import kit

pytestmark = pytest.mark.usefixtures("installed")


@pytest.fixture
def plan(squalls: Path) -> Plan:
    return kit.plan_of(squalls)


def run(plan: Plan, out: Path, number: int, batch: int | None) -> Ran:
    return run_plan(plan, out, How(Here(), batch, share=Share(number, 2)))


@pytest.mark.parametrize("batch", [None, 8, 99])
def test_the_first_share_fixes_the_chunks(plan, calm, tmp_path, batch):
    first = run(plan, tmp_path, 0, 8)
    assert (first.work.lanes, first.missing, first.complete) == (48, 48, False)
    second = run(plan, tmp_path, 1, batch)
    assert (second.work.lanes, second.missing, second.complete) == (48, 0, True)
    assert len(kit.shards(tmp_path)) == 1
    assert kit.tables(tmp_path) == kit.tables(calm)


def test_fewer_lanes_together_than_that_are_refused(plan, tmp_path):
    run(plan, tmp_path, 0, 8)
    with pytest.raises(UserError, match=f"--batch 4 for shares of {tmp_path}") as refused:
        run(plan, tmp_path, 1, 4)
    assert "chunks of 8 lanes" in refused.value.rule
    assert "write 8 or more" in refused.value.remedy
    assert len(kit.shards(tmp_path)) == 1
    assert len(kit.rows(tmp_path)) == 48


def test_so_they_are_if_another_share_was_first_by_a_moment(plan, tmp_path, monkeypatch):
    with open_for_writing(tmp_path / "other", plan, block=8):
        pass
    made = memory.batch_that_fits

    def late(*given, **named):
        (tmp_path / "other").rename(tmp_path / "run")
        return made(*given, **named)

    monkeypatch.setattr("experiments.execution.placing.batch_that_fits", late)
    with pytest.raises(UserError, match="--batch 4 for shares"):
        run(plan, tmp_path / "run", 1, 4)
    assert kit.shards(tmp_path / "run") == []


def test_the_memory_is_that_of_the_chunks_that_are_run(plan, tmp_path, monkeypatch):
    run(plan, tmp_path, 0, 8)
    monkeypatch.setattr(memory._Room, "fitting", property(lambda _: 6))
    with pytest.raises(UserError, match="8 lanes together in each of 1 workers") as refused:
        run(plan, tmp_path, 1, None)
    assert "another --out with --batch 6" in refused.value.remedy
    monkeypatch.setattr(memory._Room, "fitting", property(lambda _: 8))
    assert run(plan, tmp_path, 1, 99).complete  # that no more than 8 fit is no matter


def test_what_is_missing_is_told(squalls, plan, tmp_path, capsys):
    arguments = ["sweep", str(squalls), "--out", str(tmp_path), "--workers", "1", "--batch", "8"]
    assert told([*arguments, "--shard", "0/2"], capsys).endswith(
        f"; more is to be done, 48 lanes are missing: fivesteps status {tmp_path}\n"
    )
    with open_for_writing(tmp_path, plan, shared=True):  # somebody is at it
        assert told([*arguments, "--shard", "1/2"], capsys).endswith(
            "; every lane is there; another process is at work and writes the tables:"
            f" fivesteps status {tmp_path}\n"
        )
    assert not open_for_reading(tmp_path).manifest.complete
    assert "more is to be done" not in told([*arguments, "--shard", "1/2"], capsys)
    assert open_for_reading(tmp_path).manifest.complete


def edited(plan: Plan) -> Plan:
    """The same lanes, of a file that was edited meanwhile."""
    return replace(plan, experiment={**plan.experiment, "meaning": "edited"})


def meaning(folder: Path) -> str:
    return str(open_for_reading(folder).manifest.documents["experiment"]["meaning"])


def test_a_share_that_ends_late_does_not_put_an_old_file_back(plan, tmp_path):
    run(plan, tmp_path, 0, 8)
    with open_for_writing(tmp_path, edited(plan)):
        pass
    assert meaning(tmp_path) == "edited"
    finish_if_last(tmp_path)  # as the share of before does at its end
    assert meaning(tmp_path) == "edited"


def test_shares_at_work_are_not_told_of_more(plan, tmp_path):
    more = replace(edited(plan), replications=plan.replications + 1)
    with open_for_writing(tmp_path, plan, shared=True):
        with (
            pytest.raises(
                UserError, match="at work on 16 worlds of bilateral, full-pool; 17 of bilateral"
            ),
            open_for_writing(tmp_path, more, shared=True),
        ):
            pass
        with open_for_writing(tmp_path, edited(plan), shared=True):
            assert meaning(tmp_path) != "edited"  # nor is the manifest written meanwhile
    with open_for_writing(tmp_path, more, shared=True) as directory:  # nobody is at work now
        assert directory.manifest.replications == 17
    assert meaning(tmp_path) == "edited"


def test_a_share_of_fewer_ends_in_order_where_there_are_more_now(plan, tmp_path):
    run(plan, tmp_path, 0, 8)
    more = replace(plan, replications=plan.replications + 1)
    with open_for_writing(tmp_path, more):
        pass
    missing, complete = finish_if_last(tmp_path)
    assert (missing, complete) == (more.lanes - plan.lanes // 2, False)


def told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert not ended.value.code
    return capsys.readouterr().out

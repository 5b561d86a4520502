"""What commands refuse before anything is run, and that they can be told what they advise."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from experiments.cli import main
from experiments.store.writing import open_for_writing
from tests.experiments.execution import kit
from tests.experiments.store.forging import reseal

pytestmark = pytest.mark.usefixtures("installed")

SQUALL = kit.HERE / "squall.yaml"


@pytest.fixture
def refused(capsys):
    """Give a command that is refused; return what it says."""

    def refuse(*arguments: str | Path) -> str:
        with pytest.raises(SystemExit) as ended:
            main([*map(str, arguments)])
        assert ended.value.code == 2
        told: str = capsys.readouterr().err
        assert re.fullmatch(r"fivesteps: .*\n  rule:   .*\n  remedy: .*\n", told), told
        return told

    return refuse


@pytest.fixture
def alone(squalls, tmp_path) -> Path:
    """Directory of an experiment with one policy."""
    path = tmp_path / "alone.yaml"
    text = squalls.read_text(encoding="utf-8")
    path.write_text(text.replace("[bilateral, full-pool]", "[full-pool]"), encoding="utf-8")
    out: Path = tmp_path / "alone"
    with pytest.raises(SystemExit) as ended:
        main(["sweep", str(path), "--out", str(out), "--replications", "4", "--workers", "1"])
    assert not ended.value.code
    return out


@pytest.fixture
def copy(calm, tmp_path) -> Path:
    """A directory that may be spoilt."""
    return Path(shutil.copytree(calm, tmp_path / "copy"))


def test_one_at_a_time_has_no_size(refused, tmp_path):
    given = ("--method", "one-at-a-time", "--size", "20", "--out", tmp_path / "run")
    told = refused("sensitivity", "organised-crime", "--parameters", "trust.*", *given)
    assert "--size 20 with --method one-at-a-time" in told
    assert "choose one of morris, saltelli" in told
    assert not (tmp_path / "run").exists()


def test_guesses_are_ranked_by_a_difference(refused, tmp_path):
    given = ("--parameters", "trust.*", "--policies", "bilateral", "--out", tmp_path / "run")
    assert "name a second policy" in refused("sensitivity", "organised-crime", *given)
    assert not (tmp_path / "run").exists()


def test_a_ranking_has_room_for_its_first_stage(refused, tmp_path):
    given = ("--outcome", "damage", "--indifference", "1", "--out", tmp_path / "run")
    told = refused("rank", SQUALL, *given, "--first", "50", "--most", "49")
    assert "--most 49 with --first 50" in told
    assert not (tmp_path / "run").exists()


def test_a_precision_has_room_for_what_it_begins_with(refused, squalls, tmp_path):
    given = ("--precision", "damage=5%", "--replications", "50", "--most", "40")
    told = refused("sweep", squalls, "--out", tmp_path / "run", *given)
    assert "--replications 50 with a precision" in told
    assert "40 at the most" in told
    assert not (tmp_path / "run").exists()


def test_a_bound_is_a_number(refused, calm):
    given = ("--outcome", "damage", "--policy", "full-pool", "--bound", "nan")
    assert "--bound nan" in refused("discover", calm, *given)


def test_a_policy_alone_has_nothing_to_fail_beside(refused, alone, capsys):
    told = refused("discover", alone, "--outcome", "damage", "--policy", "full-pool")
    assert "full-pool is its only policy" in told
    assert "give a --bound, in roofs" in told


@pytest.mark.parametrize("command", [("weigh",), ("plot", "--setting", "0"), ("status",)])
def test_a_policy_alone_is_looked_at(alone, capsys, command):
    with pytest.raises(SystemExit) as ended:
        main([*command, str(alone)])
    assert not ended.value.code
    assert capsys.readouterr().out


def test_of_a_policy_alone_parameters_are_drawn_and_nothing_is_compared(alone, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["plot", str(alone)])
    assert not ended.value.code
    drawn = {Path(line).stem for line in capsys.readouterr().out.splitlines()}
    assert drawn
    assert {name.partition("-")[0] for name in drawn} == {"response"}
    assert not any(name.endswith("-difference") for name in drawn)


# What `extend` may be told: it has no --out ----------------------------------------------------


def test_fewer_replications_than_there_are(refused, copy):
    told = refused("extend", copy, "--replications", "3")
    assert f"{copy} holds 16 worlds, more than --replications 3" in told
    assert "remedy: write --replications 16 or more" in told
    assert "--out" not in told


def test_a_directory_that_is_in_use(refused, copy, squalls):
    with open_for_writing(copy, kit.plan_of(squalls)):
        told = refused("extend", copy, "--replications", "17")
    assert "in use by process" in told
    assert f"remedy: wait until it has ended: fivesteps status {copy}\n" in told
    assert "--out" not in told


def test_a_directory_that_other_code_made(refused, copy):
    other = {"version": "0.0.9", "digest": "0" * 64}
    reseal(copy, lambda found: found["identity"].update(engine=other))
    told = refused("extend", copy, "--replications", "17")
    assert f"{copy} holds lanes of another version" in told
    assert "use the version that made it (0.0.9)" in told
    assert "--out" not in told


# A file that was changed since it was run ------------------------------------------------------


@pytest.fixture
def edited(squalls, copy, tmp_path, capsys):
    """Sweep into the copy with a file that says something else, too; return what is told."""

    def sweep(*changes: tuple[str, str], more: str = "") -> dict:
        text = squalls.read_text(encoding="utf-8")
        for before, after in changes:
            assert before in text
            text = text.replace(before, after)
        path = tmp_path / "edited.yaml"
        path.write_text(text + more, encoding="utf-8")
        with pytest.raises(SystemExit) as ended:
            main(["sweep", str(path), "--out", str(copy), "--workers", "1", "--json"])
        assert not ended.value.code
        found: dict = json.loads(capsys.readouterr().out)
        return found

    return sweep


def test_what_is_shown_follows_the_file(edited, copy):
    runs = json.loads((copy / "manifest.json").read_bytes())["runs"]
    before = kit.tables(copy)
    told = edited(("for tests", "as it was measured"), more="outcomes: [backlog_mean]\n")
    assert [one["name"] for one in told["outcomes"]] == ["backlog_mean"]
    content = json.loads((copy / "manifest.json").read_bytes())
    assert content["runs"] == runs  # nothing was run
    assert content["complete"]
    assert content["experiment"]["outcomes"] == ["backlog_mean"]
    assert content["experiment"]["parameters"]["force"]["assumed"] == "as it was measured"
    assert kit.tables(copy) == before
    assert [one["name"] for one in edited()["outcomes"]] == ["damage", "disclosures"]


def test_a_plan_of_no_file_says_nothing_about_it(calm, copy):
    from experiments.store.directory import open_for_reading
    from experiments.store.rebuild import plan_of as rebuilt

    plan = rebuilt(open_for_reading(copy).manifest, copy)
    with open_for_writing(copy, type(plan)(**{**vars(plan), "experiment": {}})):
        pass
    assert (copy / "manifest.json").read_bytes() == (calm / "manifest.json").read_bytes()


def test_other_settings_are_another_experiment(refused, squalls, copy, tmp_path):
    path = tmp_path / "other.yaml"
    path.write_text(squalls.read_text(encoding="utf-8").replace("force: 2", "force: 1.5"))
    told = refused("sweep", path, "--out", copy)
    assert "settings were different" in told
    assert "give another --out" in told

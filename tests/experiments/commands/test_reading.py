"""Looking into a run directory: questions in SQL, how far it is, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from experiments.cli import main
from experiments.designs import load_experiment
from experiments.errors import UserError
from experiments.outcomes.differences import differences
from experiments.planning.plan import Chunk, Part, Plan, make_plan
from experiments.store.failures import record_chunk
from experiments.store.status import status
from experiments.store.tables import DIFFERENCES, write_differences
from experiments.store.writing import open_for_writing
from tests.experiments.store.forging import reseal
from tests.experiments.store.test_settings import EXPERIMENT, write


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    path = tmp_path_factory.mktemp("design") / "trial.yaml"
    path.write_text(EXPERIMENT)
    what = load_experiment(str(path))
    return make_plan(what.settings(), what.policies, baseline=None, seed=3, replications=7)


@pytest.fixture
def folder(plan: Plan, tmp_path: Path) -> Path:
    """Directory with characters in its path that stand for others elsewhere, and complete."""
    folder = tmp_path / "it's [1] * run"
    with open_for_writing(folder, plan) as directory:
        write(directory, plan, 9)
        write_differences(folder / DIFFERENCES, differences(directory.futures()))
        directory.completed()
    return folder


def test_json_is_json_whatever_the_numbers(folder, capsys):
    main_ended(
        "query", str(folder), "select 'nan'::double as a, 'inf'::float as b, 1.5 as c, 2 as d",
        "--format", "json",
    )  # fmt: skip
    assert json.loads(capsys.readouterr().out) == [{"a": None, "b": None, "c": 1.5, "d": 2}]


def test_json_has_every_column_and_what_is_in_it(folder, capsys):
    question = "select 1 as a, 2 as a, [1, null] as b, {'c': 'd'} as e"
    main_ended("query", str(folder), question, "--format", "json")
    assert json.loads(capsys.readouterr().out) == [
        {"a": 1, "a_1": 2, "b": [1, None], "e": {"c": "d"}}
    ]


@pytest.mark.long
@pytest.mark.parametrize("form", ["csv", "table"])
def test_true_and_false_are_written_as_in_every_other_file(folder, capsys, form):
    main_ended("query", str(folder), "select true as a, false as b", "--format", form)
    assert capsys.readouterr().out.replace(",", " ").split()[-2:] == ["true", "false"]


@pytest.mark.long
def test_what_is_too_wide_for_a_table_is_turned(folder, capsys):
    main_ended("query", str(folder), "select * from outcomes limit 2")
    shown = capsys.readouterr().out
    assert "…" not in shown
    rows = [line.split() for line in shown.splitlines()]
    assert rows.count(["row", "2"]) == 1
    assert rows.count(["scenario", "organised-crime"]) == 2
    main_ended("query", str(folder), 'select policy, seed as "seed#" from outcomes limit 1')
    assert capsys.readouterr().out.split()[:2] == ["policy", "seed#"]


def test_lanes_that_were_given_up_count_until_they_are_done(plan, tmp_path):
    with open_for_writing(tmp_path / "run", plan) as directory:
        chunks = list(plan.chunks(directory.done(), 9))
        [(setting, lanes)] = chunks[0].parts
        for chunk in (chunks[0], Chunk((Part(setting, lanes[:3]),))):
            record_chunk(directory.folder, str(chunk.lanes), chunk, plan.names, "lost", 3)
        assert status(tmp_path / "run").failed == 9
        write(directory, plan, 1, most=2)  # in smaller chunks, of other names
        assert status(tmp_path / "run").failed == 7


def test_a_manifest_with_something_else_in_a_place_is_damaged(folder):
    reseal(folder, lambda content: content.update(fewer=None))
    with pytest.raises(UserError, match="is damaged"):
        status(folder)


def main_ended(*arguments: str) -> None:
    """Run a command that ends well."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0


def test_names_in_a_list_may_have_spaces_around_them(folder, capsys):
    main_ended("weigh", str(folder), "--json", "--outcome", "arrested_share, backlog_mean")
    found = json.loads(capsys.readouterr().out)["robustness"]
    assert len(found) == 2

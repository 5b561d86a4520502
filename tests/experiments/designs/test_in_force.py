"""Measures and programmes as columns of an experiment: what files may say, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from experiments.designs import LoadedExperiment, json_schema, load_experiment
from experiments.planning import Settings
from scenarios import SpecError
from scenarios.reading.document import parse
from tests.experiments.designs.test_settings import base

HEAD = """\
experiment: trial
meaning: a trial
scenario: organised-crime
policies: [bilateral, hub-and-spoke]
replications: 2
"""
MEASURES = """\
measures:
  teams: {in_force: 1.1e}
  staff: {meaning: more staff, times: {desks.customs.staff: 1.5}, assumed: a guess}
  money: {in_force: [1.3b, 1.1c], meaning: Money first}
"""
PROGRAMMES = "programmes: [soon.yaml, none]\n"
FILES = {
    "soon": "programme: soon\nmeaning: Soon\nmeasures: {1.1e: 2012, 1.2a: 2011-06}\n",
    "later": "programme: later\nmeaning: Later\nmeasures: {1.2a: 2012}\n",
    "other": "programme: soon\nmeaning: Other\nmeasures: [1.2a]\n",
    "reads": "measure: reads\nmeaning: x\n"
    "changes: [{set: desks.police.reads.value, to: 20, assumed: x}]\n",
    "rereads": "measure: rereads\nmeaning: x\n"
    "changes: [{set: desks.police.reads.value, to: 24, assumed: x}]\n",
    "wrong": "measure: wrong\nmeaning: x\n"
    "changes: [{set: desks.police.reads.value, to: 0, assumed: x}]\n",
    "needs": "measure: needs\nmeaning: x\nneeds: [1.1e-joint-teams]\n"
    "changes: [{times: desks.police.staff, by: 2, assumed: x}]\n",
    "setup": "measure: setup\nmeaning: x\n"
    "changes: [{times: threats.trafficking.network.members_per_cell, by: 2, assumed: x}]\n",
    "dated": "programme: dated\nmeaning: x\nmeasures: {setup.yaml: 2012}\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        (tmp_path / f"{name}.yaml").write_text(content, encoding="utf-8")
    return tmp_path


def load(
    folder: Path, design: str, measures: str = MEASURES, programmes: str = "", head: str = HEAD
) -> LoadedExperiment:
    path = folder / "trial.yaml"
    path.write_text(f"{head}{measures}{programmes}design: {{{design}}}\n", encoding="utf-8")
    return load_experiment(str(path))


def put(settings: Settings) -> list[str]:
    return [settings.programme(number).name for number in range(len(settings))]


def test_a_factorial_has_every_combination(folder: Path) -> None:
    found = load(folder, "kind: factorial")
    settings = found.settings()
    assert settings.names == ("teams", "staff", "money")
    assert settings.table.tolist() == [
        [one, two, three] for one in (0, 1) for two in (0, 1) for three in (0, 1)
    ]
    both = "1.3b + 1.1c"
    assert put(settings) == ["", both] * 2 + ["1.1e", f"1.1e + {both}"] * 2
    assert [len(group) for group in settings.alike] == [8]
    assert [policy.name for policy in settings.policies_in(5)] == [
        f"bilateral + 1.1e + {both}",
        f"hub-and-spoke + 1.1e + {both}",
    ]
    names = [one.measure.short for one in settings.programme(5).measures]
    assert names == ["1.1c", "1.1e", "1.3b"]


def test_what_is_done_is_said_by_the_files_where_the_experiment_does_not(folder: Path) -> None:
    found = load(folder, "kind: factorial")
    told = {name: one.meaning for name, one in found.spec.measures.items()}
    assert told["money"] == "Money first"
    assert told["teams"] == found.in_force["teams"][1].measures[0].measure.meaning
    assert json.loads(json.dumps(found.document()))["measures"]["teams"]["meaning"]


def test_programmes_are_words_of_one_column(folder: Path) -> None:
    found = load(folder, "kind: one-at-a-time", "", "programmes: [later.yaml, none, soon.yaml]\n")
    [column] = found.columns
    assert (column.name, column.scale.kind) == ("programme", "words")
    settings = found.settings()
    assert settings.scales[0].column(settings.table[:, 0]) == ["none", "later", "soon"]
    assert put(settings) == ["", "later", "soon"]


def test_without_one_of_no_measures_a_setting_is_as_declared(folder: Path) -> None:
    programmes = "programmes: [later.yaml, soon.yaml]\n"
    settings = load(folder, "kind: factorial", "", programmes).settings()
    assert put(settings) == ["later", "soon"]
    listed = "kind: list, settings: [{}, {programme: soon}]"
    settings = load(folder, listed, "", programmes).settings()
    assert put(settings) == ["", "soon"]
    assert settings.scales[0].column(settings.table[:, 0]) == ["as declared", "soon"]


@pytest.mark.long
@pytest.mark.parametrize(
    "design",
    [
        "kind: latin-hypercube, points: 8",
        "kind: sobol, points: 8",
        "kind: saltelli, points: 2",
        "kind: morris, trajectories: 3",
    ],
)
def test_they_are_drawn_as_any_other(design: str, folder: Path) -> None:
    programmes = "programmes: [later.yaml, none]\n"
    settings = load(folder, design, "measures: {teams: {in_force: 1.1e}}\n", programmes).settings()
    assert set(put(settings)) == {"", "1.1e", "later", "1.1e + later"}
    assert {tuple(row) for row in settings.table.tolist()} == {
        (a, b) for a in (0, 1) for b in (0, 1)
    }


def test_a_measure_may_be_listed_beside_a_programme_that_has_it(folder: Path) -> None:
    listed = "kind: list, settings: [{}, {teams: true}, {programme: soon}]"
    settings = load(folder, listed, MEASURES, PROGRAMMES).settings()
    assert put(settings) == ["", "1.1e", "soon"]


def test_what_touches_nothing_is_told(folder: Path) -> None:
    assert load(folder, "kind: factorial", "measures: {teams: {in_force: 1.1e}}\n").remarks() == []
    [remark] = load(folder, "kind: factorial", "measures: {alert: {in_force: 3.3b}}\n").remarks()
    assert remark.startswith("3.3b touches nothing in organised-crime")
    head = HEAD.replace("organised-crime", "cyber-outbreak")
    programmes = "programmes: [later.yaml, none]\n"
    [remark] = load(folder, "kind: factorial", "", programmes, head).remarks()
    assert "has no calendar" in remark


def test_a_document_holds_measures_whole(folder: Path) -> None:
    found = load(folder, "kind: factorial", "measures: {reads: {in_force: reads.yaml}}\n")
    settings = found.settings()
    document = json.loads(json.dumps(settings.document()))
    (folder / "reads.yaml").unlink()
    again = Settings.of(document, base(), found.policies)
    assert again.digest == settings.digest
    assert put(again) == ["", "reads"]
    assert (
        again.compiled(1).world.phases.capacity.sum()
        > again.compiled(0).world.phases.capacity.sum()
    )
    plain = Settings.only(base(), found.policies)
    assert "in_force" not in plain.document()


def test_what_is_put_in_force_comes_after_all_changes(folder: Path) -> None:
    measures = (
        "measures:\n  reads: {in_force: reads.yaml}\n"
        "  staff: {meaning: x, set: {desks.police.reads.value: 18}, assumed: x}\n"
    )
    ours, theirs = (
        load(folder, f"kind: list, settings: [{{{named}}}]", measures).settings().compiled(0)
        for named in ("reads: true, staff: true", "reads: true")
    )
    assert np.array_equal(ours.world.phases.capacity, theirs.world.phases.capacity)


def test_the_schema_takes_them(folder: Path) -> None:
    del folder
    text = f"{HEAD}{MEASURES}{PROGRAMMES}design: {{kind: factorial}}\n"
    validator = Draft202012Validator(json_schema())
    validator.validate(parse(text).value)
    assert list(validator.iter_errors(parse(text.replace("in_force", "inforce")).value))


LISTED = "kind: list, settings: [{}]"
REFUSED = {
    "unknown": ("kind: factorial", "teams: {in_force: 9.9z}", "", "teams", "no measure of this"),
    "unknown of several": (
        "kind: factorial", "teams: {in_force: [1.1e, 9.9z]}", "", "teams", "no measure of this",
    ),
    "twice in one": (
        "kind: factorial", "teams: {in_force: [1.1e, 1.1e]}", "", "teams", "is there twice",
    ),
    "no such programme": ("kind: factorial", "", "[none, soonish]", "programmes", "no programme"),
    "one programme": ("kind: factorial", "", "[soon.yaml]", "programmes", "at least 2"),
    "two of one name": (
        "kind: factorial", "", "[soon.yaml, other.yaml]", "programmes", "soon is there twice",
    ),
    "own keys too": (
        "kind: factorial", "teams: {in_force: 1.1e, set: {a: 1}}", "", "teams", "set",
    ),
    "two columns with one measure": (
        "kind: factorial", "teams: {in_force: 1.1e}, more: {in_force: [1.1e, 1.3b]}", "",
        "more", "teams and more both put 1.1e-joint-teams in force",
    ),
    "a programme that has it": (
        "kind: factorial", "teams: {in_force: 1.1e}", "[none, soon.yaml]",
        "programmes", "teams and programme both put 1.1e-joint-teams in force",
    ),
    "a programme that has it, listed": (
        "kind: list, settings: [{}, {teams: true, programme: soon}]", "teams: {in_force: 1.1e}",
        "[none, soon.yaml]", "design", "both put 1.1e-joint-teams in force",
    ),
    "two that set one thing": (
        "kind: factorial", "a: {in_force: reads.yaml}, b: {in_force: rereads.yaml}", "",
        "measures", "reads and rereads both put one at desks.police.reads.value",
    ),
    "two that set one thing, listed": (
        "kind: list, settings: [{a: true, b: true}]",
        "a: {in_force: reads.yaml}, b: {in_force: rereads.yaml}", "",
        "design", "reads and rereads both put one at desks.police.reads.value",
    ),
    "what breaks a rule": (
        "kind: factorial", "a: {in_force: wrong.yaml}", "", "a:", "wrong.yaml:3: changes[0].set",
    ),
    "what sets a threat up, on a day": (
        "kind: factorial", "", "[none, dated.yaml]", "programmes", "sets a threat up",
    ),
    "no such programme in a list": (
        "kind: list, settings: [{programme: later}]", "", "[none, soon.yaml]",
        "design", "none, soon",
    ),
    "programme is taken": (
        "kind: factorial", "programme: {in_force: 1.1e}", "[none, soon.yaml]",
        "experiment", "programme is there twice",
    ),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_told_with_its_line(name: str, folder: Path) -> None:
    design, measures, programmes, line, said = REFUSED[name]
    inner = f"measures: {{{measures}}}\n" if measures else ""
    words = f"programmes: {programmes}\n" if programmes else ""
    with pytest.raises(SpecError) as caught:
        load(folder, design, inner, words)
    error = caught.value
    told = str(error)
    assert error.file == str(folder / "trial.yaml"), told
    assert said in told, told
    assert error.line is not None, told
    text = (folder / "trial.yaml").read_text(encoding="utf-8")
    assert line in text.splitlines()[error.line - 1], told
    assert error.remedy


def test_what_a_measure_needs_goes_with_it(folder: Path) -> None:
    with pytest.raises(SpecError, match="cannot do without") as caught:
        load(folder, "kind: factorial", "measures: {more: {in_force: needs.yaml}}\n")
    assert caught.value.file == str(folder / "needs.yaml")
    assert "in_force: [needs, 1.1e-joint-teams]" in caught.value.remedy
    both = "measures: {more: {in_force: [needs.yaml, 1.1e]}}\n"
    assert put(load(folder, "kind: factorial", both).settings()) == ["", "needs + 1.1e"]

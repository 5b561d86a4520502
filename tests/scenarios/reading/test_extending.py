"""Scenarios of which a file gives only what differs from another."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from agents import json_schemas, load_scenario
from agents.society.catalogue import declarations
from experiments.validation import check_file
from scenarios import SpecError
from scenarios.reading import scenario_from, scenario_like
from scenarios.reading.extending import MOST_EXTENDED, document_of
from scenarios.reading.finding import CATALOGUE

CRIME = CATALOGUE / "scenarios" / "organised-crime.yaml"


@pytest.fixture
def write(tmp_path: Path):
    """Write a file; give its path as text."""

    def written(text: str, name: str = "mine.yaml") -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return str(path)

    return written


HEAD = "scenario: mine\nextends: organised-crime\n"


def refused(path: str) -> SpecError:
    with pytest.raises(SpecError) as caught:
        load_scenario(path)
    return caught.value


def changed(write: Any, text: str) -> dict[str, Any]:
    """Return the document of a scenario that extends organised-crime, without its name."""
    document = load_scenario(write(HEAD + text)).document()
    assert document.pop("scenario") == "mine"
    return document


def shipped() -> dict[str, Any]:
    document = load_scenario("organised-crime").document()
    del document["scenario"]
    return document


def test_nothing_but_a_name_is_the_same_scenario(write):
    assert changed(write, "") == shipped()


def test_what_differs_differs_and_nothing_else(write):
    found = changed(
        write,
        "horizon: 90 d\n"
        "desks:\n"
        "  police:\n"
        "    reads: {value: 20, assumed: x}\n"
        "threats: {trafficking: {network: {cells: {high: 9, source: y}}}}\n"
        "reports: {alert: {lifetime: 30 d, assumed: z}}\n",
    )
    expected = shipped()
    expected["horizon"] = "90 d"
    expected["desks"]["police"]["reads"] = {"value": 20, "assumed": "x"}
    network = expected["threats"]["trafficking"]["network"]
    network["cells"] = {"low": 4, "high": 9, "source": "y"}
    alert = expected["reports"]["alert"]
    del alert["source"]
    alert |= {"lifetime": "30 d", "assumed": "z"}
    assert found == expected
    assert "extends" not in found


def test_lists_are_replaced(write):
    found = changed(
        write,
        "outcomes:\n"
        "  - {name: disclosures, label: D, unit: reports, better: lower, group: rights}\n",
    )
    assert [outcome["name"] for outcome in found["outcomes"]] == ["disclosures"]


def test_null_takes_away(write):
    found = changed(write, "trust: ~\nthreats: {trafficking: {recognises: {police: null}}}\n")
    assert "trust" not in found
    before, threat = (of["threats"]["trafficking"] for of in (shipped(), found))
    assert threat["recognises"].keys() == before["recognises"].keys() - {"police"}
    assert threat["sees"] == before["sees"]


def test_what_is_not_there_is_not_taken_away(write):
    error = refused(write(HEAD + "desks:\n  polise: null\n"))
    assert (error.where, error.line) == ("desks.polise", 4)
    assert "did you mean police?" in error.remedy


@pytest.mark.parametrize(
    ("form", "kept"),
    [
        ("value: 2 d", {"value": "2 d"}),
        ("mean: 2 d", {"mean": "2 d"}),
        ("quantiles: {0: 1 d, 1: 2 d}", {"quantiles": {"0.0": "1 d", "1.0": "2 d"}}),
        ("p95: 70 d", {"median": "21 d", "p95": "70 d"}),
    ],
)
def test_a_delay_of_another_form_leaves_nothing_of_the_old(write, form, kept):
    found = changed(
        write,
        "procedures:\n  investigation:\n    assumed: because\n"
        f"    delays: {{verification: {{{form}, assumed: x}}}}\n",
    )
    delays = found["procedures"]["investigation"]["delays"]
    assert delays["verification"] == {**kept, "assumed": "x"}


def test_a_table_of_quantiles_is_replaced(write):
    first = (
        "procedures: {investigation: {assumed: because, "
        "delays: {verification: {quantiles: {0: 1 d, 1: 9 d}, assumed: x}}}}\n"
    )
    write(HEAD + first, "first.yaml")
    second = first.replace("0: 1 d, 1: 9 d", "0: 2 d, 0.5: 3 d, 1: 4 d")
    scenario = load_scenario(write(f"scenario: other\nextends: ./first.yaml\n{second}"))
    delay = scenario.document()["procedures"]["investigation"]["delays"]["verification"]
    assert list(delay["quantiles"].values()) == ["2 d", "3 d", "4 d"]


def test_what_is_changed_says_where_it_comes_from(write):
    error = refused(write(HEAD + "desks:\n  police:\n    reads:\n      value: 20\n"))
    assert (error.where, error.line) == ("desks.police.reads", 5)
    assert "has a source of its own" in error.rule
    both = "desks: {police: {reads: {value: 1, source: x, assumed: y}}}\n"
    assert "either sourced or assumed, not both" in str(refused(write(HEAD + both)))


def test_a_threat_that_says_its_kind_stands_whole(write):
    text = (CATALOGUE / "threats" / "forest-fires.yaml").read_text(encoding="utf-8")
    content = YAML(typ="safe").load(text)
    brought = ("threat", "reports", "posts", "casework", "procedures")
    threat = {key: value for key, value in content.items() if key not in brought}
    path = write(f"{HEAD}threats: {{trafficking: {json.dumps(threat)}}}")
    found = document_of(Path(path)).children["threats"]
    assert found.value == {"trafficking": threat}


# Where an error is ---------------------------------------------------------------------------


def test_an_error_names_the_file_and_line_where_the_value_stands(write, tmp_path):
    base = CRIME.read_text(encoding="utf-8").replace("tick: PT6H", "tick: PT7H")
    write(base, "base.yaml")
    error = refused(write("scenario: mine\nextends: ./base.yaml\nmeaning: x\n"))
    assert (error.file, error.line, error.where) == (str(tmp_path / "base.yaml"), 4, "tick")
    error = refused(write("scenario: mine\nextends: ./base.yaml\ntick: PT5H\n"))
    assert (error.file, error.line, error.value) == (str(tmp_path / "mine.yaml"), 3, "PT5H")


def test_errors_in_both_files_are_told_with_their_files(write, tmp_path):
    base = CRIME.read_text(encoding="utf-8").replace("value: 0.55", "value: -1")
    line = 1 + base[: base.index("value: -1")].count("\n")
    write(base, "base.yaml")
    path = write("scenario: mine\nextends: ./base.yaml\nhorizon: 3 moons\n")
    error = refused(path)
    assert (error.file, error.line) == (path, 3)
    told = str(error)
    assert "and 3 more errors\n" in told
    assert f"\n  {tmp_path / 'base.yaml'}:{line}: desks.police.local_routine.value: " in told


@pytest.mark.parametrize(
    ("text", "where", "line"),
    [
        ("place: nowhere\n", "place", 3),
        ("place: ../nowhere\n", "place", 3),
        ("desks: {europol.analysis: {reads: {value: 1.0e+9, assumed: x}}}", "desks.europ", 3),
        ("reports:\n  alert:\n    kind: hit\n    assumed: x\n", "reports.hit.kind", None),
    ],
)
def test_rules_that_join_parts_know_the_line(write, text, where, line):
    from scenarios import compile_world, load_policy

    path = write(HEAD + text)
    with pytest.raises(SpecError) as caught:
        compile_world(load_scenario(path), [load_policy("bilateral")])
    assert caught.value.where.startswith(where)
    if line is None:
        assert caught.value.file == str(CRIME)
    else:
        assert (caught.value.file, caught.value.line) == (path, line)


def test_a_place_is_meant_from_the_file_that_names_it(write, tmp_path):
    place = CATALOGUE / "places" / "eu27-2010"
    (tmp_path / "near").symlink_to(place)
    base = CRIME.read_text(encoding="utf-8").replace("place: eu27-2010", "place: ./near")
    write(base, "base.yaml")
    path = write("scenario: mine\nextends: ../base.yaml\n", "deep/mine.yaml")
    assert (
        load_scenario(path).atlas.members.keys() == load_scenario(str(CRIME)).atlas.members.keys()
    )


# Procedures ----------------------------------------------------------------------------------

BESIDE = """\
procedure: mine
meaning: what is mine
of: olaf
at: [investigation]
starts: {recognised: true}
delays: {thinking: {value: 3 d, assumed: x}}
steps: [{wait: {delay: thinking}}, {close: {how: done}}]
assumed: x
"""


def test_a_name_or_a_path_stands_for_a_procedure(write):
    write(BESIDE, "files/own.yaml")
    text = "procedures: {customs-file: ./own.yaml, again: money, warrant: null}\n"
    spec = load_scenario(write(HEAD + text, "files/mine.yaml")).spec
    before = load_scenario("organised-crime").spec.procedures
    assert spec.procedures["customs-file"].meaning == "what is mine"
    assert spec.procedures["again"] == before["money"] == spec.procedures["money"]
    assert set(spec.procedures) == {*before, "again"} - {"warrant"}


def test_a_procedure_is_changed_like_everything_else(write):
    delay = "verification: {median: 7 d, p95: 20 d, assumed: y}"
    found = changed(
        write, f"procedures: {{investigation: {{delays: {{{delay}}}, assumed: because}}}}\n"
    )
    expected = shipped()
    investigation = expected["procedures"]["investigation"]
    del investigation["source"]
    investigation["assumed"] = "because"
    investigation["delays"]["verification"] = {"median": "7 d", "p95": "20 d", "assumed": "y"}
    assert found == expected


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("procedures: {money: mony}\n", "procedures.money", "did you mean money?"),
        ("procedures: {money: ./nowhere.yaml}\n", "procedures.money", "there is no such file"),
        ("posts: {team: null}\n", "procedures.investigation", "there is no post"),
        ("procedures: {money: null}\n", "procedures.investigation", "there is no procedure"),
        (
            "procedures: {money: null}\nthreats: {trafficking: {procedures: [monny]}}\n",
            "threats.trafficking.procedures[0]",
            "there is no procedure",
        ),
        ("reports: {no-case: null}\n", "procedures.investigation", "there is no report"),
    ],
)
def test_procedures_name_what_there_is(write, text, where, message):
    path = write(HEAD + text)
    error = refused(path)
    assert error.where.startswith(where)
    assert message in str(error)
    assert error.line is not None


def test_a_mistake_in_a_procedure_is_told_with_its_own_file(write, tmp_path):
    write(BESIDE.replace("value: 3 d", "value: 3 moons"), "own.yaml")
    error = refused(write(HEAD + "procedures: {customs-file: ./own.yaml}\n"))
    assert error.file == str(tmp_path / "own.yaml")


def test_a_procedure_is_checked_by_itself(write):
    path = write(BESIDE, "own.yaml")
    assert check_file(Path(path)) == "procedure mine"
    with pytest.raises(SpecError, match="did you mean thinking"):
        check_file(Path(write(BESIDE.replace("delay: thinking", "delay: thinkin"), "own.yaml")))


# Which file is meant -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("extends", "message"),
    [
        ("organized-crime", "did you mean organised-crime?"),
        ("./nowhere.yaml", "there is no file"),
        ("../", "there is no file"),
        ("./mine.yaml", "must not extend each other in a circle: mine -> mine"),
        ("/dev/zero", "there is no file /dev/zero"),
        ("[organised-crime]", "`extends` is the name of a scenario"),
        ("{}", "`extends` is the name of a scenario"),
        ("3", "`extends` is the name of a scenario"),
        ("true", "`extends` is the name of a scenario"),
        ("bilateral", "there is no scenario of this name"),
        ("POLICY", "bilateral.yaml declares none"),
        ("'a\\b'", "there is no file"),
        ("'\u202eorganised-crime'", "there is no scenario of this name"),
    ],
)
def test_what_is_extended_must_be_a_scenario(write, extends, message):
    extends = extends.replace("POLICY", str(CATALOGUE / "policies" / "bilateral.yaml"))
    error = refused(write(f"scenario: mine\nextends: {extends}\n"))
    assert message in str(error)
    assert (error.where, error.line) == ("extends", 2)


def test_null_extends_nothing(write):
    text = CRIME.read_text(encoding="utf-8")
    assert load_scenario(write(f"extends: null\n{text}")).digest == load_scenario(str(CRIME)).digest


def test_a_circle_of_several_is_refused(write):
    for one, other in (("a", "b"), ("b", "c"), ("c", "a")):
        path = write(f"scenario: {one}\nextends: ./{other}.yaml\n", f"{one}.yaml")
    assert "in a circle: c -> a -> b -> c" in str(refused(path))


def test_long_chains_are_refused(write):
    write("scenario: s0\nextends: organised-crime\n", "s0.yaml")
    for number in range(1, MOST_EXTENDED + 1):
        text = f"scenario: s{number}\nextends: ./s{number - 1}.yaml\nmeaning: m{number}\n"
        path = write(text, f"s{number}.yaml")
        if number == MOST_EXTENDED - 1:
            assert load_scenario(path).meaning == f"m{number}"
    error = refused(path)
    assert f"scenarios extend each other at most {MOST_EXTENDED} times" in error.rule


def test_a_name_is_always_its_own(write):
    # What has no name is no scenario yet, and so extends nothing.
    error = refused(write("extends: organised-crime\nhorizon: 3 d\n"))
    assert error.where == "scenario"


def test_a_file_with_little_in_it_is_known_as_a_scenario(write):
    assert check_file(Path(write(HEAD))) == "scenario mine"


# What others make of it ----------------------------------------------------------------------


def test_a_run_knows_the_whole_document(write):
    scenario = load_scenario(write(HEAD + "horizon: 30 d\n"))
    again = scenario_from(scenario.document(), declarations(), Path("manifest.json"))
    assert again.digest == scenario.digest
    content = scenario.document()
    del content["place_content"]
    assert scenario_like(scenario, content, None).digest == scenario.digest


def test_a_number_of_a_procedure_is_changed_with_its_own_source_alone(write):
    text = "procedures: {money: {chances: {traced: {value: 0.5, assumed: mine}}}}\n"
    found, before = changed(write, text)["procedures"]["money"], shipped()["procedures"]["money"]
    assert found["chances"]["traced"] == {"value": 0.5, "assumed": "mine"}
    assert found["source"] == before["source"]


@pytest.mark.parametrize(
    "text",
    [
        "procedures: {money: {meaning: other}}",
        "procedures: {money: {delays: null}}",
        "reports: {police-trace: {weight: {median: 2, p95: 3}}}",
    ],
)
def test_what_has_no_source_of_its_own_takes_that_of_what_it_stands_in(write, text):
    error = refused(write(f"{HEAD}{text}\n"))
    assert "has a source of its own" in error.rule


def test_sources_are_those_of_both(write):
    own = load_scenario(write(HEAD + "desks: {police: {reads: {value: 20, source: mine}}}\n"))
    rows = {row.path: row for row in own.sources()}
    assert (rows["desks.police.reads"].value, rows["desks.police.reads"].text) == ("20", "mine")
    assert rows.keys() == {row.path for row in load_scenario("organised-crime").sources()}


@cache
def editor() -> jsonschema.Draft202012Validator:
    """Return what an editor holds a scenario to."""
    schema = json_schemas()["scenario"]
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.long
@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ("", True),
        ("horizon: 30 d", True),
        ("trust: null", True),
        ("procedures: {money: ./mine.yaml}", True),
        ("procedures: {money: {delays: {tracing: {median: 9 d, assumed: x}}, assumed: x}}", True),
        ("procedures: {money: {delays: {tracing: {median: 9 d, assumed: x}}}}", True),
        ("procedures: {money: {delays: {tracing: 3}}}", False),
        ("procedures: {money: {stages: []}}", False),
        ("desks: {police: {reads: {value: 20, assumed: x}}}", True),
        ("threats: {trafficking: {recognises: {police: null}}}", True),
        ("threats: {trafficking: {network: {cells: {high: 9, assumed: x}}}}", True),
        ("threats: {worm: computer-worm}", True),
        ("threats: {trafficking: null, worm: {extends: computer-worm}}", True),
        ("threats: {trafficking: 3}", False),
        ("threats: {trafficking: {sees: 3}}", False),
        ("reports: {alert: {lifetime: 3 d, assumed: x}}", True),
        ("horizon: 30", False),
        ("desks: {police: {raeds: {value: 20, assumed: x}}}", False),
        ("desks: {police: {reads: {value: -1, assumed: x}}}", False),
        ("outcomes: [{name: disclosures}]", False),
        ("rules: []", False),
    ],
)
def test_editors_ask_for_what_differs_only(text, is_right):
    content, validator = YAML(typ="safe").load(HEAD + text), editor()
    assert validator.is_valid(content) == is_right
    del content["extends"]
    assert not validator.is_valid(content)

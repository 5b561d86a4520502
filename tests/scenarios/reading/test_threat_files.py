"""Threats in files of their own: read by themselves, and as a scenario has them."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from agents import json_schemas, load_scenario, load_threat
from scenarios import SpecError, scenario_entries
from scenarios.reading import CATALOGUE, declared_kind, threat_entries

THREATS = [entry.name for entry in threat_entries()]
WORM = (CATALOGUE / "threats" / "computer-worm.yaml").read_text(encoding="utf-8")


@cache
def schema_of(kind: str) -> Any:
    return json_schemas()[kind]


def content_of(text: str) -> Any:
    """Return what YAML says, as JSON has it."""
    return json.loads(json.dumps(YAML(typ="safe").load(text), default=str))


def with_procedures(text: str) -> str:
    """Return the worm with other procedures."""
    before, rest = WORM.split("procedures:\n")
    _, _, after = rest.partition("casework:\n")
    return f"{before}{text}\ncasework:\n{after}"


# By itself -----------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", threat_entries(), ids=lambda entry: entry.name)
def test_a_file_declares_a_threat_and_is_told_from_its_keys(entry) -> None:
    assert declared_kind(entry.path) == "threat"
    threat = load_threat(entry.name)
    assert (threat.name, threat.meaning) == (entry.name, entry.meaning)
    assert threat.spec.kind == entry.kind
    assert load_threat(str(entry.path)).digest == threat.digest


@pytest.mark.parametrize("path", [entry.path for entry in scenario_entries()], ids=lambda p: p.stem)
def test_a_scenario_is_no_threat(path: Path) -> None:
    assert declared_kind(path) == "scenario"


def test_a_scenario_has_of_a_file_what_the_file_declares() -> None:
    """And what comes with it is the scenario's."""
    for scenario, name, file in (
        ("organised-crime", "trafficking", "human-trafficking"),
        ("cyber-outbreak", "worm", "computer-worm"),
        ("forest-fire", "fires", "forest-fires"),
    ):
        spec, threat = load_scenario(scenario).spec, load_threat(file)
        assert spec.threats[name] == threat.spec
        for part in ("reports", "posts", "procedures"):
            brought = getattr(threat.bundle, part) or {}
            assert {key: getattr(spec, part)[key] for key in brought} == brought
        assert threat.bundle.casework is None or all(
            getattr(spec.casework, block) == getattr(threat.bundle.casework, block)
            for block in threat.bundle.casework.blocks()
        )


def test_a_file_may_name_procedures_of_the_scenario_instead(tmp_path: Path) -> None:
    path = tmp_path / "worm.yaml"
    path.write_text(with_procedures("procedures: [secure-evidence, cyber-file]\n"), "utf-8")
    assert load_threat(str(path)).spec.procedures == ("secure-evidence", "cyber-file")


@pytest.mark.parametrize(
    ("old", "new", "where", "rule", "remedy"),
    [
        ("kind: cyber-outbreak", "kind: worm", "kind", "one of a fixed set", "cyber-outbreak"),
        ("threat: computer-worm", "threat: My Worm", "threat", "a name is lower-case", "write"),
        ("threat: computer-worm\n", "", "threat", "`threat` is missing", "add `threat"),
        ("sampled: f", "samplet: f", "samplet", "there is no key", "did you mean sampled?"),
        ("value: 5 d\n", "value: 0 d\n", "half_life.value", "does not vanish at once", "above 0"),
        (
            "{report: incident, shows: {sample: 1, host: 0.6}, per_year: 400",
            "{report: incident, aspect: noise, per_year: 400",
            "sees.cert[0].aspect",
            "there is no aspect of this name",
            "write activity",
        ),
        (
            "{report: incident, shows: {sample: 1, host: 0.6}, per_year: 150",
            "{report: complaint, per_year: 150",
            "sees.police[1].report",
            "at one rate",
            "add the two rates up",
        ),
        ("seeds: {low: 10", "seeds: {low: -1", "malware.seeds.low", "lies within", "ordinary"),
        ("persons: 1\n", "persons: -1\n", "reports.incident.persons", "lies within", "ordinary"),
        (
            "handlers: {value: 3",
            "handlers: {value: many",
            "casework.incident.handlers.value",
            "a whole number is wanted",
            "such as 3",
        ),
        (
            "  cyber-file: cyber-file",
            "  cyber-file: cyber",
            "procedures.cyber-file",
            "there is no procedure of this name",
            "cyber-file",
        ),
    ],
)
def test_a_mistake_has_file_line_rule_and_remedy(
    tmp_path: Path, old: str, new: str, where: str, rule: str, remedy: str
) -> None:
    path = tmp_path / "mine.yaml"
    before, found, after = WORM.partition(old)
    assert found
    path.write_text(before + new + after, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load_threat(str(path))
    error = caught.value
    assert (error.file, error.line) == (str(path), before.count("\n") + 1)
    assert error.where == where
    assert rule in error.rule
    assert remedy in error.remedy


def test_what_stands_for_a_procedure_is_a_name(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(with_procedures("procedures: [secure-evidence, 3]\n"), encoding="utf-8")
    with pytest.raises(SpecError, match="text is wanted") as caught:
        load_threat(str(path))
    assert caught.value.where == "procedures[1]"


def test_there_is_no_other_threat_of_the_catalogue() -> None:
    with pytest.raises(SpecError, match="there is no threat of this name") as caught:
        load_threat("computer-wurm")
    assert "did you mean computer-worm?" in caught.value.remedy


def test_a_scenario_with_one_threat_that_says_so_is_told_to_name_it(tmp_path: Path) -> None:
    path = tmp_path / "old.yaml"
    path.write_text(
        "scenario: old\nextends: organised-crime\nthreat:\n  kind: organised-crime\n", "utf-8"
    )
    with pytest.raises(SpecError) as caught:
        load_scenario(str(path))
    assert (caught.value.line, caught.value.rule) == (3, "there is no key threat here")
    assert "did you mean threats?" in caught.value.remedy


# For editors ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", THREATS)
def test_the_schema_accepts_the_catalogue(name: str) -> None:
    schema = schema_of("threat")
    jsonschema.Draft202012Validator.check_schema(schema)
    text = (CATALOGUE / "threats" / f"{name}.yaml").read_text(encoding="utf-8")
    jsonschema.validate(content_of(text), schema)


@pytest.mark.parametrize(
    "break_it",
    [
        lambda content: content.pop("threat"),
        lambda content: content.pop("malware"),
        lambda content: content.update(kind="forest-fire"),
        lambda content: content.update(desks={}),
        lambda content: content["sees"]["cert"][0].pop("per_year"),
        lambda content: content["procedures"].update(cyber=3),
        lambda content: content["reports"]["incident"].pop("lifetime"),
        lambda content: content["casework"]["incident"].pop("handlers"),
    ],
)
def test_the_schema_refuses_what_is_wrong(break_it: Callable[[Any], object]) -> None:
    content = content_of(WORM)
    break_it(content)
    assert not jsonschema.Draft202012Validator(schema_of("threat")).is_valid(content)


def inline(**more: object) -> Any:
    """Return the worm as a scenario may write it."""
    return {key: value for key, value in content_of(WORM).items() if key != "threat"} | more


@pytest.mark.parametrize(
    ("threat", "is_right"),
    [
        ("computer-worm", True),
        ("./mine.yaml", True),
        (inline(), True),
        (inline(procedures=["secure-evidence"]), True),
        ({"extends": "computer-worm"}, True),
        ({"extends": "computer-worm", "malware": {"in_cell": {"value": 3, "assumed": "x"}}}, True),
        ({"extends": "computer-worm", "sees": {"police": None}, "procedures": ["money"]}, True),
        (3, False),
        ("", False),
        (inline(threat="worm"), False),
        (inline(kind="forest-fire"), False),
        ({"extends": 3}, False),
        ({"extends": "computer-worm", "malware": {"in_cel": {"value": 3, "assumed": "x"}}}, False),
        ({"extends": "computer-worm", "decoys": {"number": 3}}, False),
        ({"malware": {"in_cell": {"value": 3, "assumed": "x"}}}, False),
    ],
)
def test_a_threat_of_a_scenario_is_a_name_a_path_a_declaration_or_what_differs(
    threat: object, is_right: bool
) -> None:
    path = CATALOGUE / "scenarios" / "cyber-outbreak.yaml"
    content = content_of(path.read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema_of("scenario"))
    assert validator.is_valid(content)
    content["threats"] = {"worm": threat}
    assert validator.is_valid(content) is is_right


def test_of_what_a_threat_brings_a_scenario_may_say_what_differs() -> None:
    path = CATALOGUE / "scenarios" / "cyber-outbreak.yaml"
    content = content_of(path.read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema_of("scenario"))
    content["reports"]["incident"] = {"lifetime": "3 d", "assumed": "x"}
    content["casework"]["incident"] = {"handlers": {"value": 5, "assumed": "x"}}
    content["procedures"] = {"cyber-file": None}
    assert validator.is_valid(content)
    content["reports"]["incident"]["lifetim"] = "3 d"
    assert not validator.is_valid(content)

"""The experiments that are shipped: each loads, and is sized for minutes."""

from __future__ import annotations

import json

import jsonschema
import pytest
from ruamel.yaml import YAML

from experiments.cli import main
from experiments.designs import experiment_entries, json_schema, load_experiment

NAMES = [entry.name for entry in experiment_entries()]
MOST_LANES = 8_000


def test_there_are_experiments():
    assert len(NAMES) >= 3
    assert {entry.path.stem for entry in experiment_entries()} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_an_experiment_of_the_catalogue_is_valid_and_takes_minutes(name):
    experiment = load_experiment(name)
    assert experiment.name == name
    settings = experiment.settings()
    stop = experiment.spec.stop
    worlds = experiment.spec.replications if stop is None else stop.most
    assert 1_000 < len(settings) * len(experiment.policies) * worlds <= MOST_LANES
    for number in range(0, len(settings), 9):
        settings.scenario(number)


def test_the_ranking_has_the_eight_regimes():
    experiment = load_experiment("eight-regimes")
    assert len(experiment.policies) == 8
    assert len(experiment.settings()) == 1


# The commands --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [entry.path for entry in experiment_entries()])
def test_the_schema_accepts_the_catalogue(path):
    validator = jsonschema.Draft202012Validator
    validator.check_schema(json_schema())
    found = [error.message for error in validator(json_schema()).iter_errors(content_of(path))]
    assert found == []


@pytest.mark.parametrize(
    "break_it",
    [
        lambda content: content.pop("scenario"),
        lambda content: content.update(replications="many"),
        lambda content: content.update(design={"kind": "sobel", "points": 4}),
        lambda content: content["parameters"]["memory"].update(low="60 days"),
        lambda content: content["parameters"]["memory"].pop("assumed"),
        lambda content: content["parameters"]["memory"].pop("changes"),
    ],
)
def test_the_schema_refuses_what_is_wrong(break_it):
    path = next(entry.path for entry in experiment_entries() if "assum" in entry.name)
    content = content_of(path)
    break_it(content)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, json_schema())


def content_of(path):
    return json.loads(json.dumps(YAML(typ="safe", pure=True).load(path.read_text("utf-8"))))


def test_the_commands_know_experiments(tmp_path, capsys):
    path = tmp_path / "mine.yaml"
    path.write_text(
        "experiment: mine\nmeaning: a trial\nscenario: organised-crime\nreplications: 2\n", "utf-8"
    )
    assert said("validate", str(path), capsys=capsys) == (0, f"{path}: experiment mine\n")
    path.write_text(path.read_text("utf-8").replace("organised-crime", "crime"), "utf-8")
    code, text = said("validate", str(path), capsys=capsys)
    assert code == 2
    assert f"{path}:3: scenario = crime" in text
    code, text = said("list", "--json", capsys=capsys)
    assert code == 0
    assert {row["name"] for row in json.loads(text)["experiments"]} == set(NAMES)
    code, text = said("schema", "experiment", capsys=capsys)
    assert code == 0
    assert json.loads(text) == json_schema()


def said(*arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    shown = capsys.readouterr()
    return caught.value.code or 0, shown.out + shown.err

"""The page on experiments: its example is the file, its lists are complete."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from experiments.designs import Experiment, experiment_entries
from experiments.designs.defaults import guesses_of
from experiments.designs.experiment import Measure, Parameter, PutInForce, Stop
from experiments.designs.samplers import AnyDesign
from scenarios import load_policy
from tests.experiments.designs.test_settings import base

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "experiments.md").read_text("utf-8")


def section(heading):
    found = re.search(rf"^## {heading}$(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found.group(1)


def first_cells(heading):
    rows = re.findall(r"^\| (.+?) +\|", section(heading), re.MULTILINE)
    return [name for cell in rows for name in re.findall(r"`([^`]+)`", cell)]


@pytest.mark.parametrize(
    ("heading", "models"),
    [
        ("Keys of an experiment", [Experiment]),
        ("Parameters", [Parameter]),
        ("Measures", [Measure, PutInForce]),
        ("Stopping", [Stop]),
    ],
)
def test_every_key_is_described(heading, models):
    keys = {key for model in models for key in model.model_fields}
    assert sorted(first_cells(heading)) == sorted(keys)


def test_every_design_is_described_with_its_keys():
    models = {get_args(one.model_fields["kind"].annotation)[0]: one for one in get_args(AnyDesign)}
    assert sorted(first_cells("Designs")) == sorted(models)
    for kind, model in models.items():
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{kind}` |"))
        for key in model.model_fields.keys() - {"kind"}:
            assert f"`{key}`" in row, (kind, key)


def test_every_shipped_experiment_is_listed():
    listed = re.findall(r"^\| `([\w-]+)` \|", PAGE.partition("## An example")[0], re.MULTILINE)
    assert sorted(listed) == [entry.name for entry in experiment_entries()]


def test_the_example_is_the_file():
    shown = re.search(r"```yaml\n(.*?)```", section("An example"), re.DOTALL)
    held = (ROOT / "docs" / "examples" / "my-experiment.yaml").read_text("utf-8")
    assert shown is not None
    assert shown.group(1) == held.partition("\n")[2]


@pytest.mark.long
def test_the_number_of_guesses_is_right():
    run = (load_policy("bilateral"), load_policy("hub-and-spoke"))
    names = guesses_of(base(), run).parameters
    number, of_policies = len(names), sum(name.startswith("policies.") for name in names)
    assert f"has {number} such parameters, {of_policies} of them the" in PAGE
    assert f"{10 * (number + 1):,} settings" in PAGE

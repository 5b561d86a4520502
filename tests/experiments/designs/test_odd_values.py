"""Experiment files with odd values: each loads, or is refused in the usual way."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from ruamel.yaml import YAML

from experiments.designs import load_experiment
from experiments.designs.samplers import size_of
from scenarios import SpecError
from tests.experiments.designs.test_experiment import text_of

DESIGNS = (
    "kind: latin-hypercube, points: 8",
    "kind: morris, trajectories: 2",
    "kind: factorial, levels: 2",
    "kind: one-at-a-time",
    "kind: list, settings: [{}, {officers-read: 9, urgency: priority, more-officers: true}]",
)
NUMBERS = (0, -1, 1, 3.5, 1e300, -1e300, 1e-300, 10**17)
TEXTS = ("", " ", "all", "8 h", "0 h", "200 y", "5%", "a,b", "../x.yaml", "[0]", "..", "a" * 300)
PATHS = (
    *("desks", "desks.police.reads.value.", "place", "place.members[0]", "place.members[0].code"),
    *(
        "threats.trafficking.sees.police[99]",
        "place.neighbours",
        "horizon",
        "tick",
        "baseline",
        "outcomes[0].name",
    ),
    *("threats.trafficking.kind", "reports.police-trace.kind", "trust", "scenario"),
    *("threats", "threats.trafficking", "threats.trafficking.network.cells"),
)
SHAPES: tuple[object, ...] = (
    None,
    True,
    [],
    [1],
    [None],
    [[1]],
    {},
    {"a": 1},
    [1, 2],
    [True, False],
    {"value": 3},
)


def spots(value):
    """Every container and key of a document."""
    pairs = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, child in list(pairs):
        yield value, key
        yield from spots(child)


@st.composite
def documents(draw):
    text = text_of(draw(st.sampled_from(DESIGNS)))
    made = json.loads(json.dumps(YAML(typ="safe", pure=True).load(text)))
    for _ in range(draw(st.sampled_from((1, 1, 2)))):
        holder, key = draw(st.sampled_from(list(spots(made))))
        holder[key] = copy.deepcopy(draw(st.sampled_from((*NUMBERS, *TEXTS, *PATHS, *SHAPES))))
    return made


def check(document, path):
    path.write_text(json.dumps(document), "utf-8")
    told = None
    try:
        experiment = load_experiment(str(path))
        design = experiment.spec.design
        if design is None or size_of(design, experiment.columns) <= 1_000:
            experiment.settings().scenario(0)
    except SpecError as error:
        told = error
    if told is not None:
        assert told.rule
        assert told.remedy
        assert told.file
        assert "Error" not in str(told)


@pytest.mark.fuzz
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(documents())
def test_odd_values_are_refused_in_the_usual_way(tmp_path, document):
    check(document, tmp_path / "odd.yaml")


@pytest.mark.long
@pytest.mark.parametrize("path", PATHS)
def test_odd_paths_are_refused_in_the_usual_way(tmp_path, path):
    document = json.loads(json.dumps(YAML(typ="safe", pure=True).load(text_of(DESIGNS[0]))))
    for values in ({"low": 1, "high": 2}, {"values": ["a", "b"]}, {"times": {"low": 1, "high": 9}}):
        document["parameters"] = {"odd": {"changes": path, "assumed": "a guess", **values}}
        check(document, tmp_path / "odd.yaml")

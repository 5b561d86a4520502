"""Experiment files: what they may say, what they mean, and what is refused where."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from experiments.designs import load_experiment, loaded
from experiments.designs.distributions import (
    TAIL,
    Levels,
    Lognormal,
    Rounded,
    Triangular,
    Uniform,
    WholeUniform,
)
from experiments.designs.experiment import Experiment
from experiments.planning.settings import Settings
from scenarios import SpecError
from scenarios.changing import Original
from scenarios.reading.declarations import read_text

HEAD = """\
experiment: trial
meaning: a trial
scenario: organised-crime
policies: [bilateral, hub-and-spoke]
replications: 2
"""
PARAMETERS = """\
parameters:
  officers-read:
    changes: desks.police.reads.value
    low: 8
    high: 20
    assumed: a guess
  verification-time:
    changes: procedures.investigation.delays.verification
    times: {low: 0.5, high: 2, log: true}
    assumed: a guess
  urgency:
    changes: reports.police-trace.urgency
    values: [routine, priority, immediate]
    assumed: a guess
  memory:
    changes: threats.trafficking.half_life.value
    median: 60 d
    p95: 200 d
    assumed: a guess
  networks:
    changes: threats.trafficking.network.number.value
    low: 6
    high: 9
    assumed: a guess
"""
MEASURES = """\
measures:
  more-officers:
    meaning: more desk officers who read more
    set: {desks.police.reads.value: 24}
    times: {desks.police.staff: 1.5}
    assumed: a guess
"""


def text_of(design, *, head=HEAD, parameters=PARAMETERS, measures=MEASURES):
    return f"{head}{parameters}{measures}design: {{{design}}}\n"


@pytest.fixture
def load(tmp_path):
    def loaded(text):
        path = tmp_path / "trial.yaml"
        path.write_text(text, encoding="utf-8")
        return load_experiment(str(path))

    return loaded


def at(settings, number, path):
    original = Original.of(settings.scenario(number))
    return original.plain_at(original.steps(path))


# Designs -------------------------------------------------------------------------------------

DESIGNS = {
    "kind: latin-hypercube, points: 16": 16,
    "kind: sobol, points: 16": 16,
    "kind: saltelli, points: 4": 4 * (6 + 2),
    "kind: morris, trajectories: 3": 3 * (6 + 1),
    "kind: factorial": 2 * 2 * 3 * 2 * 2 * 2,
    "kind: factorial, levels: 3": 3 * 3 * 3 * 3 * 3 * 2,
    "kind: one-at-a-time": 1 + 2 + 2 + 3 + 2 + 2 + 1,
    "kind: list, settings: [{}, {more-officers: true}]": 2,
}


@pytest.mark.parametrize(("design", "size"), DESIGNS.items())
def test_a_design_has_its_settings_within_the_bounds(design, size, load):
    experiment = load(text_of(design))
    settings = experiment.settings()
    assert settings.table.shape == (size, 6)
    assert settings.names == (
        *("officers-read", "verification-time", "urgency", "memory", "networks"),
        "more-officers",
    )
    ends = np.array([[min(column.ends()), max(column.ends())] for column in experiment.columns])
    if "settings" not in design:
        lowest = np.minimum(ends[:, 0], [column.declared for column in experiment.columns])
        assert (settings.table >= lowest - 1e-12).all()
        assert (settings.table <= ends[:, 1] + 1e-9).all()
    assert (settings.table[:, 4] == np.rint(settings.table[:, 4])).all()
    assert set(settings.table[:, 5]) <= {0, 1}
    settings.scenario(len(settings) - 1)


@pytest.mark.long
@pytest.mark.parametrize("design", DESIGNS)
def test_a_design_is_a_function_of_its_seed(design, load):
    first, again = (load(text_of(design)).settings().table for _ in range(2))
    assert np.array_equal(first, again)
    other = load(text_of(design, head=f"{HEAD}seed: 123456789012345678\n")).settings().table
    is_drawn = not any(word in design for word in ("factorial", "one-at", "list"))
    assert np.array_equal(first, other) is not is_drawn


def test_a_latin_hypercube_has_a_point_in_every_stratum(load):
    table = load(text_of("kind: latin-hypercube, points: 20")).settings().table
    strata = np.floor((table[:, 0] - 8) / (20 - 8) * 20)
    assert sorted(strata) == list(range(20))
    strata = np.floor(np.log2(table[:, 1] * 2) / 2 * 20)
    assert sorted(strata) == list(range(20))


def test_saltelli_rows_change_one_column_at_a_time(load):
    table = load(text_of("kind: saltelli, points: 4", measures="")).settings().table
    blocks = table.reshape(4, 7, 5)
    for block in blocks:
        for column in range(5):
            changed = np.flatnonzero(block[column + 1] != block[0])
            assert set(changed) <= {column}
            assert block[column + 1, column] == block[-1, column]


def test_morris_rows_change_one_column_at_a_time(load):
    table = load(text_of("kind: morris, trajectories: 5", measures="")).settings().table
    moved = np.diff(table.reshape(5, 6, 5), axis=1) != 0
    assert (moved.sum(axis=2) <= 1).all()
    assert (moved.sum(axis=1) <= 1).all()
    assert moved.sum() >= 5 * 3


def test_morris_goes_from_each_word_to_each_other(load):
    settings = load(text_of("kind: morris, trajectories: 12", measures="")).settings()
    words = settings.table[:, 2].reshape(12, 6)
    pairs = [tuple(dict.fromkeys(trajectory)) for trajectory in words.tolist()]
    each = list(itertools.permutations((1.0, 2.0, 3.0), 2))
    assert sorted(pairs) == sorted(2 * each)


def test_a_design_of_steps_says_where_its_numbers_lie(load):
    settings = load(text_of("kind: morris, trajectories: 12")).settings()
    places = [dict(scale.places) for scale in settings.scales]
    assert places[0] == pytest.approx({8: 0, 12: 1 / 3, 16: 2 / 3, 20: 1})
    assert list(places[1].values()) == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert places[2] == {}  # words lie nowhere
    assert list(places[3].values()) == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert places[4] == pytest.approx({6: 0, 7: 1 / 3, 8: 2 / 3, 9: 1})
    assert places[5] == {0: 0, 1: 1}
    again = Settings.of(json.loads(json.dumps(settings.document())), settings.base)
    assert again.scales == settings.scales


def test_a_factorial_has_every_combination_once(load):
    table = load(text_of("kind: factorial")).settings().table
    assert len({tuple(row) for row in table.tolist()}) == len(table)
    assert sorted(set(table[:, 0])) == [8, 20]


def test_one_at_a_time_begins_as_declared(load):
    settings = load(text_of("kind: one-at-a-time")).settings()
    assert settings.scenario(0).digest == settings.base.digest
    changed = (settings.table[1:] != settings.table[0]).sum(axis=1)
    assert set(changed) == {1}


def test_a_list_names_what_differs(load):
    text = """kind: list, settings: [{}, {officers-read: 9, memory: 3 d, urgency: priority},
      {more-officers: true, officers-read: 9}]"""
    settings = load(text_of(text)).settings()
    assert settings.scenario(0).digest == settings.base.digest
    assert at(settings, 1, "desks.police.reads.value") == 9
    assert at(settings, 1, "threats.trafficking.half_life.value") == "3 d"
    assert at(settings, 1, "reports.police-trace.urgency") == "priority"
    assert at(settings, 2, "desks.police.reads.value") == 24  # a measure comes after parameters
    assert at(settings, 2, "reports.police-trace.urgency") == "routine"


def test_without_parameters_there_is_one_setting(load):
    experiment = load(HEAD)
    assert len(experiment.settings()) == 1
    assert experiment.settings().scenario(0) is experiment.scenario
    assert [policy.name for policy in experiment.policies] == ["bilateral", "hub-and-spoke"]
    assert all(outcome.headline for outcome in experiment.outcomes)


def test_all_policies_leave_out_what_does_not_fit(load):
    head = HEAD.replace("organised-crime", "forest-fire").replace(
        "[bilateral, hub-and-spoke]", "all"
    )
    experiment = load(head)
    assert experiment.left_out
    assert experiment.policies


def test_paths_are_meant_from_the_file_of_the_experiment(load, tmp_path):
    base = load(HEAD).scenario.path
    (tmp_path / "mine.yaml").write_text(base.read_text("utf-8"), "utf-8")
    policy = base.parents[1] / "policies" / "bilateral.yaml"
    (tmp_path / "own.yaml").write_text(policy.read_text("utf-8"), "utf-8")
    head = HEAD.replace("scenario: organised-crime", "scenario: mine.yaml")
    experiment = load(head.replace("[bilateral,", "[./own.yaml,"))
    assert experiment.scenario.path == tmp_path / "mine.yaml"
    assert [policy.name for policy in experiment.policies] == ["bilateral", "hub-and-spoke"]


def test_several_paths_get_one_number(load):
    parameters = """\
parameters:
  reads:
    changes: [desks.police.reads.value, desks.customs.reads.value]
    values: [6, 24]
    assumed: a guess
"""
    text = text_of("kind: one-at-a-time", parameters=parameters, measures="")
    settings = load(text).settings()
    assert settings.table.tolist() == [[12], [6], [24]]
    assert at(settings, 1, "desks.customs.reads.value") == 6


def test_the_document_can_be_stored(load):
    experiment = load(text_of("kind: sobol, points: 4"))
    content = json.loads(json.dumps(experiment.document(), allow_nan=False))
    assert Experiment.model_validate(content) == experiment.spec
    settings = experiment.settings()
    again = Settings.of(json.loads(json.dumps(settings.document())), experiment.scenario)
    assert again.scenario(3).digest == settings.scenario(3).digest


# Distributions -------------------------------------------------------------------------------

CHANCES = np.linspace(0, 1, 1001)


@pytest.mark.parametrize(
    ("distribution", "known"),
    [
        (Uniform(2, 5), stats.uniform(2, 3)),
        (Uniform(0.5, 2, log=True), stats.loguniform(0.5, 2)),
        (Triangular(1, 2, 6), stats.triang(0.2, 1, 5)),
        (Triangular(1, 1, 6), stats.triang(0, 1, 5)),
        (Triangular(1, 6, 6), stats.triang(1, 1, 5)),
    ],
)
def test_distributions_are_those_of_scipy(distribution, known):
    np.testing.assert_allclose(distribution.quantile(CHANCES), known.ppf(CHANCES), rtol=1e-9)


def test_a_lognormal_has_its_median_and_p95_but_for_the_cut():
    found = Lognormal(60, 200)
    inner = (np.array([0.5, 0.95]) - TAIL) / (1 - 2 * TAIL)
    np.testing.assert_allclose(found.quantile(inner), [60, 200], rtol=1e-12)
    assert np.isfinite(found.quantile(np.array([0.0, 1.0]))).all()


def test_whole_numbers_have_equal_chances():
    found = WholeUniform(2, 5).quantile((np.arange(4000) + 0.5) / 4000)
    assert np.unique(found, return_counts=True)[1].tolist() == [1000] * 4
    assert WholeUniform(2, 5).quantile(np.array([0.0, 1.0])).tolist() == [2, 5]


def test_levels_have_equal_chances():
    found = Levels((3.0, 1.0, 2.0)).quantile((np.arange(3000) + 0.5) / 3000)
    assert np.unique(found, return_counts=True)[1].tolist() == [1000] * 3
    assert Levels((3.0, 1.0)).quantile(np.array([0.0, 1.0])).tolist() == [3, 1]


def test_rounded_is_whole():
    found = Rounded(Lognormal(3, 9)).quantile(CHANCES)
    assert (found == np.rint(found)).all()


# What is refused -----------------------------------------------------------------------------


def changed(old, new, design="kind: sobol, points: 4"):
    text = text_of(design)
    assert old in text
    return text.replace(old, new)


READ = "officers-read:"
WORLDS = "replications: 2"
MEMORY = "changes: threats.trafficking.half_life.value\n    median: 60 d\n    p95: 200 d"

REFUSED = {
    "unsourced": (
        changed("    high: 20\n    assumed: a guess\n", "    high: 20\n"),
        READ,
        "source",
    ),
    "both sourced and assumed": (
        changed("    high: 20\n", "    high: 20\n    source: x\n"),
        READ,
        "not both",
    ),
    "no form": (changed("    low: 8\n    high: 20\n", ""), READ, "exactly one form"),
    "two forms": (changed("    low: 8\n", "    low: 8\n    values: [1, 2]\n"), READ, "one form"),
    "one end": (changed("    high: 20\n", ""), READ, "go together"),
    "ends swapped": (changed("low: 8\n", "low: 30\n"), READ, "low < high"),
    "log from 0": (
        changed("{low: 0.5, high: 2, log", "{low: 0, high: 2, log"),
        "times:",
        "0 < low",
    ),
    "negative factor": (
        changed("{low: 0.5, high: 2, log: true", "{low: -1, high: 2"),
        "-1",
        "factor",
    ),
    "factor with unit": (
        changed("{low: 0.5, high: 2, log: true", "{low: 1 h, high: 2 h"),
        "1 h",
        "a factor is a number",
    ),
    "unknown key": (changed("    low: 8\n", "    lowest: 8\n    low: 8\n"), "lowest", "mean low?"),
    "path": (changed("changes: desks.police.", "changes: desks.polise."), "polise", "mean police?"),
    "unit missing": (changed("median: 60 d", "median: 60"), "memory:", "both ends are durations"),
    "units missing": (
        changed("median: 60 d\n    p95: 200 d", "median: 60\n    p95: 200"),
        "median: 60",
        "needs a unit",
    ),
    "unit wrong": (changed("p95: 200 d", "p95: 200 days"), "p95: 200 days", "not a unit of time"),
    "unit too much": (changed("low: 8\n    high: 20", "low: 8 h\n    high: 9 h"), "8 h", "without"),
    "end out of bounds": (changed("low: 8\n", "low: -8\n"), READ, "valid at both ends"),
    "level": (changed("[routine, priority,", "[routine, urgent,"), "urgency:", "fixed set"),
    "levels twice": (changed("[routine, priority,", "[routine, routine,"), "urgency:", "once"),
    "one level": (changed("[routine, priority, immediate]", "[routine]"), "values:", "at least 2"),
    "measure path": (
        changed("set: {desks.police.reads", "set: {desks.police.read"),
        "set:",
        "reads?",
    ),
    "measure value": (changed("reads.value: 24", "reads.value: 0"), "more-officers:", "above 0"),
    "empty measure": (
        changed(
            "    set: {desks.police.reads.value: 24}\n    times: {desks.police.staff: 1.5}\n", ""
        ),
        "more-officers:",
        "changes something",
    ),
    "scenario": (
        changed("scenario: organised-crime", "scenario: crime"),
        "scenario: crime",
        "name",
    ),
    "column": (changed("  memory:", "  seed:"), "  seed:", "column of every table"),
    "column, by case": (changed("  memory:", "  arrested_sharE:"), "sharE:", "case of letters"),
    "two names, by case": (changed("  memory:", "  urgencY:"), "urgencY:", "column urgency by"),
    "policy": (changed("[bilateral,", "[bilaterl,"), "bilaterl", "mean bilateral?"),
    "policy twice": (changed("hub-and-spoke]", "bilateral]"), "policies:", "twice"),
    "baseline": (changed(WORLDS, f"{WORLDS}\nbaseline: full-pool"), "baseline:", "policy in"),
    "outcome": (changed(WORLDS, f"{WORLDS}\noutcomes: [arrests]"), "outcomes:", "arrested_share?"),
    "stop": (
        changed(WORLDS, f"{WORLDS}\nstop: {{outcome: x, width: 5%, most: 9}}"),
        "stop:",
        "outcome",
    ),
    "width": (
        changed(WORLDS, f"{WORLDS}\nstop: {{outcome: x, width: 5 h, most: 9}}"),
        "stop:",
        "percentage",
    ),
    "kind of design": (changed("kind: sobol", "kind: sobel"), "design:", "mean sobol?"),
    "points": (changed("points: 4", "points: 5"), "design:", "power of two"),
    "no design": (
        changed("design: {kind: sobol, points: 4}\n", ""),
        "experiment:",
        "which settings",
    ),
    "levels of Morris": (text_of("kind: morris, trajectories: 3, levels: 5"), "design:", "even"),
    "too large": (text_of("kind: factorial, levels: 200"), "design:", "at most 1,000,000"),
    "unknown in list": (
        text_of("kind: list, settings: [{officers: 9}]"),
        "design:",
        "officers-read?",
    ),
    "no level in list": (
        text_of("kind: list, settings: [{urgency: high}]"),
        "design:",
        "routine, pri",
    ),
    "text in list": (
        text_of("kind: list, settings: [{officers-read: many}]"),
        "design:",
        "a number",
    ),
    "value in list": (
        text_of("kind: list, settings: [{}, {officers-read: 0}]"),
        "design:",
        "above 0",
    ),
    "one place twice": (
        changed(MEMORY, "changes: desks.police.reads.value\n    low: 8\n    high: 9"),
        "changes: desks.police.reads.value",
        "officers-read changes desks.police.reads.value already",
    ),
    "path of text": (
        changed(MEMORY, "changes: meaning\n    values: [a, b]"),
        "changes: m",
        "depend",
    ),
    "path of a source": (
        changed(MEMORY, "changes: desks.police.reads.assumed\n    values: [a, b]"),
        "changes: desks.police.reads.assumed",
        "does not depend on desks.police.reads.assumed",
    ),
    "paths of names": (
        changed(MEMORY, "changes: place.members[*].name\n    values: [a, b]"),
        "changes: place.members",
        "does not depend on place.members[0].name",
    ),
    "path of an outcome": (
        changed(MEMORY, "changes: outcomes[0].headline\n    values: [true, false]"),
        "changes: outcomes",
        "does not depend on outcomes[0].headline",
    ),
    "measure of text": (
        changed("set: {desks.police.reads.value: 24}", "set: {policies.bilateral.meaning: a}"),
        "set:",
        "does not depend on policies.bilateral.meaning",
    ),
    "factor of nothing": (
        changed(
            MEMORY,
            "changes: place.members[0].external_land_border_km\n    times: {low: 0.5, high: 2}",
        ),
        "memory:",
        "all stays as it is declared",
    ),
    "measure as declared": (
        changed(
            "    set: {desks.police.reads.value: 24}\n    times: {desks.police.staff: 1.5}\n",
            "    set: {desks.police.reads.value: 12}\n",
        ),
        "more-officers:",
        "all stays as it is declared",
    ),
    "overflow": (
        changed(MEMORY, "changes: trust.leak.value\n    low: -1e308\n    high: 1e308"),
        "memory:",
        "not so wide",
    ),
    "overflow of a logarithm": (
        changed(
            MEMORY,
            "changes: trust.leak.value\n    low: 1e-300\n    high: 1e300\n    log: true",
        ),
        "memory:",
        "not so wide",
    ),
    "one whole number": (
        changed("low: 6\n    high: 9", "low: 1.5\n    high: 2.4"),
        "networks:",
        "holds no two of them",
    ),
    "horizon": (
        changed(MEMORY, "changes: horizon\n    values: [100 d, 200 d]"),
        "memory:",
        "same time",
    ),
}


ONE_LEVEL = (
    "7, 7.0",
    "1, 1.0, 2",
    "60 min, 1 h",
    "60 d, 1440 h",
    "null, null",
    "true, true",
    'true, "true"',
    '1, "1"',
    "null, as declared",
    "{a: 1, b: 2 h}, {b: 120 min, a: 1.0}",
    "[1, [2]], [1.0, [2.0]]",
)


@pytest.mark.parametrize("values", ONE_LEVEL)
def test_one_level_is_not_given_twice(values, load):
    with pytest.raises(SpecError, match="each value is listed once") as caught:
        load(
            changed(MEMORY, f"changes: threats.trafficking.half_life.value\n    values: [{values}]")
        )
    assert caught.value.where == "parameters.memory"


@pytest.mark.parametrize("form", ["", "log: true", "mode: 1.6"])
def test_a_count_between_fractions_is_one_of_the_whole_numbers_there(form, load):
    text = changed("low: 6\n    high: 9", f"low: 1.5\n    high: 3.5\n    {form}")
    settings = load(text.replace("kind: sobol, points: 4", "kind: sobol, points: 64")).settings()
    assert set(settings.table[:, 4]) == {2, 3}


@pytest.mark.long
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_told_with_its_line(name, load, tmp_path):
    text, line, words = REFUSED[name]
    with pytest.raises(SpecError) as caught:
        load(text)
    error = caught.value
    told = str(error)
    assert error.file == str(tmp_path / "trial.yaml"), told
    assert words in told
    assert error.line is not None
    assert line in text.splitlines()[error.line - 1], told
    assert error.remedy


def test_an_unknown_name_is_answered_with_those_there_are():
    with pytest.raises(SpecError, match="experiment"):
        load_experiment("no-such-experiment")


def test_only_different_declared_values_need_a_value():
    text = text_of(
        "kind: one-at-a-time",
        parameters="""\
parameters:
  reads:
    changes: [desks.police.reads.value, desks.judiciary.reads.value]
    low: 6
    high: 24
    assumed: a guess
""",
        measures="",
    )
    spec = read_text(text, "trial.yaml", Experiment)
    with pytest.raises(SpecError, match="no value as declared"):
        loaded(spec, Path("trial.yaml"))

"""The experiments that are shipped: each loads, and is sized for minutes."""

from __future__ import annotations

import pytest

from experiments.designs import experiment_entries, load_experiment

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

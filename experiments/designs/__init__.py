"""Designs: what an experiment varies, from its file to the scenario of each setting."""

from experiments.designs.experiment import Experiment
from experiments.designs.load import (
    LoadedExperiment,
    experiment_entries,
    json_schema,
    load_experiment,
    loaded,
)
from experiments.designs.patch import Change
from experiments.designs.settings import Settings

__all__ = [
    "Change",
    "Experiment",
    "LoadedExperiment",
    "Settings",
    "experiment_entries",
    "json_schema",
    "load_experiment",
    "loaded",
]

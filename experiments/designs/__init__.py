"""Designs: what an experiment varies, from its file to the table of its settings."""

from experiments.designs.assessment import (
    ASSESSMENT,
    Assessment,
    Coalition,
    Needs,
    assessment_of,
    orders,
    plan_assessment,
)
from experiments.designs.audit import (
    Audit,
    audit_of,
)
from experiments.designs.defaults import (
    default_experiment,
    guesses_of,
)
from experiments.designs.experiment import PROGRAMME, Experiment, Form, Measure, PutInForce
from experiments.designs.load import (
    CATALOGUE,
    LoadedExperiment,
    experiment_entries,
    experiment_of,
    json_schema,
    load_experiment,
    loaded,
)
from experiments.designs.reasons import reason_for, reasons_of
from experiments.designs.samplers import AnyDesign

__all__ = [
    "ASSESSMENT",
    "CATALOGUE",
    "PROGRAMME",
    "AnyDesign",
    "Assessment",
    "Audit",
    "Coalition",
    "Experiment",
    "Form",
    "LoadedExperiment",
    "Measure",
    "Needs",
    "PutInForce",
    "assessment_of",
    "audit_of",
    "default_experiment",
    "experiment_entries",
    "experiment_of",
    "guesses_of",
    "json_schema",
    "load_experiment",
    "loaded",
    "orders",
    "plan_assessment",
    "reason_for",
    "reasons_of",
]

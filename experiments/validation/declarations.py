"""Checking declarations of any kind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.validation.known import read_known

if TYPE_CHECKING:
    from scenarios.reading import LoadedMeasure


def check_file(path: Path) -> str:
    """Check a file, or the folder of a place, and say what it declares.

    Raises
    ------
    SpecError
        If it cannot be read, declares nothing, or breaks a rule.
    """
    from experiments.designs import Experiment, load_experiment
    from scenarios.reading import declared_kind, is_folder, load_atlas
    from scenarios.schema import PLACE_FILE

    if is_folder(path) or path.name == PLACE_FILE:
        return f"place {load_atlas(path if is_folder(path) else path.parent).place.place}"
    kind = declared_kind(path, {"experiment": Experiment})
    # Names and paths share an argument there: a separator makes it a path.
    name = str(path) if path.parent.name else f".{os.sep}{path}"
    if kind == "policy":
        return "\n".join(_checked_policy(name))
    if kind == "measure":
        return "\n".join(_checked_measure(name))
    if kind == "experiment":
        what = load_experiment(name)
        return "\n".join([f"experiment {what.name}", *what.remarks()])
    return f"{kind} {_named(kind, name)}"


def _named(kind: str, path: str) -> str:
    """Check a declaration of another kind; return its name."""
    from agents import load_scenario, load_threat
    from scenarios.reading import load_place, load_procedure, load_programme

    match kind:
        case "scenario":
            return load_scenario(path).name
        case "threat":
            return load_threat(path).name
        case "procedure":
            return load_procedure(path).procedure
        case "programme":
            return load_programme(path).name
        case "history":
            return read_known(path).history.history
        case _:
            return load_place(Path(path)).place


def _checked_measure(name: str) -> list[str]:
    """Check a measure by itself, and in the scenarios of the catalogue."""
    from experiments.planning import told, touched_by
    from scenarios.reading import load_measure

    measure = load_measure(name)
    touched = list(touched_by(measure))
    return [f"measure {measure.name}", *told(measure, touched), *_unknown_outcomes(measure)]


def _unknown_outcomes(measure: LoadedMeasure) -> Iterator[str]:
    """Say which outcomes that a measure expects to move no scenario of the catalogue has."""
    from agents import load_scenario
    from scenarios import scenario_entries

    known = {
        outcome.name
        for entry in scenario_entries()
        for outcome in load_scenario(entry.name).spec.outcomes
    }
    for name in measure.spec.expect:
        if name not in known:
            yield f"expect.{name}: no scenario of the catalogue has such an outcome"


def _checked_policy(name: str) -> list[str]:
    """Check a policy by itself, and its names against the scenarios of the catalogue."""
    from agents import load_scenario
    from experiments.validation.hidden import tell_hidden
    from scenarios import compile_world, scenario_entries
    from scenarios.reading import read_policy

    policy = read_policy(name)
    scenarios = [load_scenario(entry.name) for entry in scenario_entries()]
    for scenario in scenarios:
        compile_world(scenario, [policy])
    apply = [one for one in scenarios if one.why_not(policy) is None]
    return [f"policy {policy.name}", *tell_hidden(policy, apply)]

"""What a name or path given to `fivesteps show` stands for."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from agents import load_scenario, load_threat
from experiments.designs import Experiment, LoadedExperiment, experiment_entries, load_experiment
from experiments.errors import UserError, command
from scenarios import (
    Compiled,
    LoadedPolicy,
    LoadedScenario,
    LoadedThreat,
    compile_world,
    place_entries,
    policy_entries,
    scenario_entries,
)
from scenarios.errors import unknown_name
from scenarios.reading import (
    Atlas,
    Entry,
    LoadedMeasure,
    LoadedProgramme,
    declared_kind,
    history_entries,
    is_folder,
    is_path,
    load_atlas,
    load_measure,
    load_procedure,
    load_programme,
    measure_entries,
    policy_files,
    procedure_entries,
    programme_entries,
    read_policy,
    threat_entries,
)
from scenarios.schema import PLACE_FILE, Procedure

USUAL: Final = "organised-crime"
"""Scenario that a policy is shown in if it applies to it."""

Subject: TypeAlias = (
    LoadedScenario
    | LoadedPolicy
    | LoadedThreat
    | Procedure
    | LoadedMeasure
    | LoadedProgramme
    | Atlas
    | LoadedExperiment
)


def entries() -> dict[str, Sequence[Entry]]:
    """Return what the catalogue has, by kind in the plural."""
    return {
        "scenarios": scenario_entries(),
        "policies": policy_entries(),
        "threats": threat_entries(),
        "procedures": procedure_entries(),
        "measures": measure_entries(),
        "programmes": programme_entries(),
        "places": place_entries(),
        "experiments": experiment_entries(),
        "histories": history_entries(),
    }


def find(name_or_path: str) -> Subject:
    """Load what has this name in the catalogue, or stands at this path.

    Raises
    ------
    UserError, SpecError
        If there is none, or its file breaks a rule.
    """
    path = Path(name_or_path)
    if is_path(name_or_path):
        return _from_path(path)
    places = {entry.name: entry.path.parent for entry in place_entries()}
    measures = [entry.name for entry in measure_entries()]
    numbers = {name.partition("-")[0]: name for name in measures}
    name_or_path = numbers.get(name_or_path, name_or_path)
    kinds: tuple[tuple[list[str], Callable[[str], Subject]], ...] = (
        ([entry.name for entry in scenario_entries()], load_scenario),
        ([file.stem for file in policy_files()], read_policy),
        (list(places), lambda name: load_atlas(places[name])),
        ([entry.name for entry in threat_entries()], load_threat),
        ([entry.name for entry in procedure_entries()], load_procedure),
        (measures, load_measure),
        ([entry.name for entry in programme_entries()], load_programme),
        ([entry.name for entry in experiment_entries()], load_experiment),
    )
    for names, load in kinds:
        if name_or_path in names:
            return load(name_or_path)
    known = [name for names, _ in kinds for name in names]
    kind = "scenario, policy, threat, procedure, measure, programme, place or experiment"
    raise unknown_name(kind, name_or_path, known, where="NAME")


def _from_path(path: Path) -> Subject:
    if is_folder(path) or path.name == PLACE_FILE:
        return load_atlas(path if is_folder(path) else path.parent)
    kind = declared_kind(path, {"experiment": Experiment})
    # Names and paths share an argument there: a separator makes it a path.
    name = str(path) if path.parent.name else f".{os.sep}{path}"
    loaders: dict[str, Callable[[str], Subject]] = {
        "scenario": load_scenario,
        "policy": read_policy,
        "experiment": load_experiment,
        "threat": load_threat,
        "procedure": load_procedure,
        "measure": load_measure,
        "programme": load_programme,
    }
    if kind in loaders:
        return loaders[kind](name)
    if kind == "history":
        raise UserError(
            f"{path}: a history",
            "all other declarations can be shown",
            f"set a scenario beside it with `{command('history', path)}`",
        )
    raise UserError(
        f"{path}: a place's declaration that is not called {PLACE_FILE}",
        "a place is a folder with its declaration and its tables",
        f"call the file {PLACE_FILE}, and give it or its folder",
    )


def scenario_for(policy: LoadedPolicy, name: str | None) -> LoadedScenario:
    """Return the scenario to show a policy in: the one named, or the usual, or the first that fits.

    Raises
    ------
    UserError, SpecError
        If the policy is not for the scenario, or there is no such scenario.
    """
    if name is not None:
        scenario = load_scenario(name)
        reason = scenario.why_not(policy)
        if reason is not None:
            raise UserError(
                f"--scenario {name} for the policy {policy.name}",
                f"this policy is {reason}",
                "choose another scenario, or leave it out",
            )
        return scenario
    fitting = scenarios_of(policy)
    if fitting:
        return next((found for found in fitting if found.name == USUAL), fitting[0])
    raise UserError(
        f"the policy {policy.name}",
        "it is for no family of threats of the catalogue's scenarios",
        "name a scenario with --scenario, or shorten `not_for:`",
    )


def scenarios_of(policy: LoadedPolicy) -> list[LoadedScenario]:
    """Return the scenarios of the catalogue that a policy applies to."""
    every = [load_scenario(entry.name) for entry in scenario_entries()]
    return [scenario for scenario in every if scenario.why_not(policy) is None]


def compiled_for(scenario: LoadedScenario, policy: LoadedPolicy | None = None) -> Compiled:
    """Compile a scenario under one policy; its baseline if none is given.

    Raises
    ------
    SpecError
        If the policy names what the place does not have.
    """
    return compile_world(scenario, [policy or read_policy(scenario.baseline)])

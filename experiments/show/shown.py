"""A scenario, policy, threat, procedure, place or experiment explained: in words and pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from experiments.errors import UserError

if TYPE_CHECKING:
    from experiments.designs import LoadedExperiment
    from experiments.show.describe import Description
    from experiments.show.pictures import Named
    from scenarios import LoadedPolicy, LoadedScenario, LoadedThreat
    from scenarios.reading import Atlas, LoadedMeasure, LoadedProgramme
    from scenarios.schema import Procedure

    InWords: TypeAlias = LoadedExperiment | LoadedThreat | LoadedMeasure | LoadedProgramme

__all__ = ["Shown", "show"]


@dataclass(frozen=True)
class Shown:
    """A description, and pictures to be drawn."""

    description: Description
    folder: str
    """Name of the folder for the pictures, if the user gives none."""
    pictures: Iterator[Named]
    expected: int
    matrices: dict[str, list[dict[str, Any]]]
    """What the matrices of a policy say, by name."""

    def document(self, written: list[Path]) -> dict[str, Any]:
        """Return everything as plain JSON content."""
        document = {**self.description.document(), "pictures": [str(path) for path in written]}
        return document | ({"matrices": self.matrices} if self.matrices else {})


def show(name: str, *, scenario: str | None = None, column: str | None = None) -> Shown:
    """Describe the scenario, policy, threat, procedure, place or experiment of this name or path.

    Parameters
    ----------
    scenario
        Scenario to show a policy in; if left out, organised-crime or the first it applies to.
    column
        Column of the place's tables that a map is shaded by.

    Raises
    ------
    UserError, SpecError
        If there is no such thing, a file breaks a rule, or an option does not fit.
    """
    from experiments.show.find import find
    from scenarios import LoadedPolicy, LoadedScenario
    from scenarios.reading import Atlas
    from scenarios.schema import Procedure

    subject = find(name)
    if isinstance(subject, LoadedPolicy):
        _refuse("--map", column, "a policy has no map", "show a scenario or a place")
        return _policy(subject, scenario)
    _refuse("--scenario", scenario, "only a policy is shown in a scenario", "leave it out")
    if isinstance(subject, LoadedScenario):
        return _scenario(subject, column)
    if isinstance(subject, Atlas):
        return _place(subject, column)
    kind = type(subject).__name__.removeprefix("Loaded").lower()
    noun = f"an {kind}" if kind == "experiment" else f"a {kind}"
    _refuse("--map", column, f"{noun} has no map", "show a scenario or a place")
    if isinstance(subject, Procedure):
        return _procedure(subject)
    return _in_words(subject)


def _in_words(subject: InWords) -> Shown:
    """Describe what has no picture."""
    from experiments.designs import LoadedExperiment
    from experiments.planning import touched_by
    from experiments.show.describe_experiment import describe_experiment
    from experiments.show.describe_measure import describe_measure, describe_programme
    from experiments.show.describe_threat import describe_threat
    from scenarios import LoadedThreat
    from scenarios.reading import LoadedMeasure

    if isinstance(subject, LoadedExperiment):
        found = describe_experiment(subject)
    elif isinstance(subject, LoadedThreat):
        found = describe_threat(subject)
    elif isinstance(subject, LoadedMeasure):
        found = describe_measure(subject, list(touched_by(subject)))
    else:
        found = describe_programme(subject)
    return Shown(found, found.name, iter(()), 0, {})


def _refuse(option: str, value: str | None, rule: str, remedy: str) -> None:
    if value is not None:
        raise UserError(f"{option} {value}", rule, remedy)


def _scenario(scenario: LoadedScenario, column: str | None) -> Shown:
    from experiments.show import pictures
    from experiments.show.describe import describe_scenario
    from experiments.show.find import compiled_for
    from experiments.show.states import column_of

    compiled = compiled_for(scenario)
    shading = column_of(scenario.atlas, column) if column else None
    drawn = pictures.of_scenario(scenario, compiled, shading)
    return Shown(describe_scenario(scenario, compiled), scenario.name, drawn, 2, {})


def _procedure(procedure: Procedure) -> Shown:
    from experiments.show import pictures
    from experiments.show.describe_procedure import describe_procedure

    drawn = pictures.of_procedure(procedure)
    return Shown(describe_procedure(procedure), procedure.procedure, drawn, 1, {})


def _policy(policy: LoadedPolicy, name: str | None) -> Shown:
    from experiments.show import pictures
    from experiments.show.describe import describe_policy
    from experiments.show.find import compiled_for, scenario_for, scenarios_of
    from experiments.show.routes import refused_rules, rows_of

    scenario = scenario_for(policy, name)
    compiled = compiled_for(scenario, policy)
    matrices = pictures.drawn_matrices(scenario, compiled)
    others = [other for other in scenarios_of(policy) if other.name != scenario.name]
    worlds = [compiled.world, *(compiled_for(other, policy).world for other in others)]
    return Shown(
        description=describe_policy(
            policy,
            scenario,
            compiled,
            [other.name for other in others],
            refused_rules(policy, worlds),
        ),
        folder=f"{policy.name}/{scenario.name}",
        pictures=pictures.of_policy(policy, scenario, matrices),
        expected=len(matrices),
        matrices={matrix.name: list(rows_of(matrix)) for matrix in matrices},
    )


def _place(atlas: Atlas, column: str | None) -> Shown:
    from experiments.show import pictures
    from experiments.show.describe import describe_place
    from experiments.show.states import column_of

    shading = column_of(atlas, column) if column else None
    return Shown(describe_place(atlas), atlas.place.place, pictures.of_place(atlas, shading), 2, {})

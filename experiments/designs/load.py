"""Experiments by name or path, with everything that can be checked before they run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import numpy as np

from experiments.designs.columns import Column
from experiments.designs.experiment import MOST_POINTS, PROGRAMME, Experiment
from experiments.designs.in_force import InForce, in_force_of, with_meanings
from experiments.designs.parameters import columns_of
from experiments.designs.samplers import size_of, table_of
from experiments.errors import UserError
from experiments.outcomes import F64
from experiments.planning import (
    EXIT,
    KEYS,
    Plan,
    Scale,
    Settings,
    idle,
    make_plan,
    policy_names,
    select_policies,
    undated,
)
from scenarios.errors import SpecError, named_at, printable, unknown_name
from scenarios.reading import Entry, beside, find, located, read, read_plain

if TYPE_CHECKING:
    from scenarios import LoadedPolicy, LoadedScenario
    from scenarios.schema import Outcome

CATALOGUE: Final = Path(__file__).parents[1] / "catalogue"

_NAMED: Final = ("list", "one-at-a-time")
"""Designs that may name what there is not."""

MOST_TRIED: Final = 200
"""Settings of a list that are tried when it is read; of a longer one, the first."""


@dataclass(frozen=True, eq=False)
class LoadedExperiment:
    """An experiment with its scenario and policies, held to all rules."""

    path: Path
    spec: Experiment
    scenario: LoadedScenario
    policies: tuple[LoadedPolicy, ...]
    left_out: dict[str, str]
    """Policies that `all` left out, with the reason."""
    in_force: InForce = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name of the experiment."""
        return self.spec.experiment

    @property
    def meaning(self) -> str:
        """One line about the experiment."""
        return self.spec.meaning

    @property
    def baseline(self) -> str | None:
        """Policy that the others are compared with, if the file names one."""
        return self.spec.baseline

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """Outcomes that tables and pictures show."""
        declared = self.scenario.outcomes
        if self.spec.outcomes:
            return tuple(one for one in declared if one.name in self.spec.outcomes)
        return tuple(one for one in declared if one.headline) or self.scenario.spec.outcomes

    @cached_property
    def declared(self) -> Settings:
        """The one setting in which nothing is changed."""
        return Settings.only(self.scenario, self.policies)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """Parameters, then measures, then programmes."""
        return columns_of(self.spec, self.declared.original, self.in_force)

    @property
    def size(self) -> int:
        """Number of settings, without drawing them."""
        return 1 if self.spec.design is None else size_of(self.spec.design, self.columns)

    def remarks(self) -> list[str]:
        """Say which parameters and measures do nothing here, and which days count for nothing."""
        named = {
            one.measure.name: one.measure
            for name, levels in self.in_force.items()
            if name != PROGRAMME
            for one in levels[1].measures
        }
        dated = self.in_force.get(PROGRAMME, ())
        return [
            *self._idle_rules(),
            *idle(self.scenario, self.policies, named.values()),
            *undated(self.scenario, dated),
        ]

    def _idle_rules(self) -> list[str]:
        """Say which parameters and measures change only rules that nothing comes under."""
        if not any(change.is_of_policy for column in self.columns for change in column.changes):
            return []
        from experiments.designs.policy_groups import UNMET, idle_rules, rules_met

        names = (policy.name for policy in self.policies)
        met = dict(zip(names, rules_met(self.declared), strict=True))
        found = []
        for column in self.columns:
            idle = idle_rules(met, [change.path for change in column.changes])
            if idle:
                found.append(f"{column.where} changes nothing: {', '.join(idle)}: {UNMET}")
        return found

    def settings(self) -> Settings:
        """Draw the table of the design.

        Raises
        ------
        SpecError
            If the design has too many settings, or one of a list does not fit.
        """
        if self.spec.design is None:
            return self.declared
        try:
            return self.with_table(table_of(self.spec.design, self.columns, self.spec.seed))
        except SpecError as error:
            error.file = str(self.path)
            raise located(error) from None

    def plan(self, replications: int | None = None) -> Plan:
        """Return what is to be run, by default in as many worlds as is declared.

        Raises
        ------
        UserError, SpecError
            As `settings`, or if a number is out of range.
        """
        return make_plan(
            self.settings(),
            self.policies,
            baseline=self.baseline,
            seed=self.spec.seed,
            replications=self.spec.replications if replications is None else replications,
            experiment=self.document(),
        )

    @property
    def folder(self) -> Path:
        """Run directory if the user names none."""
        return Path("results") / self.name

    def with_table(self, table: F64) -> Settings:
        """Return settings with these numbers, a column for each parameter and measure."""
        names = tuple(column.name for column in self.columns)
        changes = tuple(column.changes for column in self.columns)
        pairs = zip(self.columns, table.T, strict=True)
        scales = (self._scale(column, numbers) for column, numbers in pairs)
        in_force = tuple(column.in_force for column in self.columns)
        return self.declared.varied(names, table, changes, tuple(scales), in_force)

    def _scale(self, column: Column, numbers: F64) -> Scale:
        """Return what the numbers of a column stand for, and where they lie if it takes steps."""
        design, scale = self.spec.design, column.scale
        if design is None or design.kind != "morris" or not scale.is_ordered:
            return scale
        there = np.unique(numbers)
        places = column.distribution.place(there)
        pairs = zip(there.tolist(), places.tolist(), strict=True)
        return replace(scale, places=tuple(pairs))

    def document(self) -> dict[str, Any]:
        """Return the declaration as plain JSON types."""
        return self.spec.model_dump(mode="json", exclude_none=True)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the declaration."""
        text = json.dumps(self.document(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def experiment_entries() -> list[Entry]:
    """Experiments of the catalogue, by name."""
    return [
        Entry(spec.experiment, spec.meaning, path)
        for path in sorted(CATALOGUE.glob("*.yaml"))
        for spec in [read(path, Experiment)]
    ]


def json_schema() -> dict[str, Any]:
    """JSON Schema of experiment files, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Experiment.model_json_schema(mode="validation"),
    }


def load_experiment(name_or_path: str) -> LoadedExperiment:
    """Load an experiment of the catalogue or from a file, and check all that it names.

    Every parameter is tried at its ends and every measure once, the others as declared.

    Raises
    ------
    SpecError
        If there is no such experiment, or its file breaks a rule.
    """
    path = find(name_or_path, CATALOGUE, "experiment")
    return loaded(read(path, Experiment), path)


def experiment_of(content: Mapping[str, Any]) -> LoadedExperiment:
    """Return the experiment that plain content declares, as a file in the working folder would.

    Raises
    ------
    SpecError
        As `load_experiment`.
    """
    label = "experiment"
    return loaded(read_plain(dict(content), label, Experiment), Path(label))


def loaded(spec: Experiment, path: Path) -> LoadedExperiment:
    """Put an experiment together that was declared in a file, or made.

    Raises
    ------
    SpecError
        As `load_experiment`.
    """
    try:
        experiment = _put_together(spec, path)
        if spec.design is not None:
            _check_ends(experiment)
            _check_together(experiment)
            _check_size(experiment)
    except SpecError as error:
        error.file = error.file or str(path)
        raise located(error) from None
    return experiment


def _put_together(spec: Experiment, path: Path) -> LoadedExperiment:
    from agents import load_scenario

    with named_at("scenario"):
        scenario = load_scenario(beside(spec.scenario, path))
    policies, left_out = _policies(spec, path, scenario)
    _check_names(spec, scenario, [policy.name for policy in policies])
    levels = in_force_of(spec, path)
    spec = with_meanings(spec, levels)
    return LoadedExperiment(path, spec, scenario, policies, left_out, levels)


def _policies(
    spec: Experiment, path: Path, scenario: LoadedScenario
) -> tuple[tuple[LoadedPolicy, ...], dict[str, str]]:
    listed = spec.policies
    try:
        names = policy_names(listed, path.parent) if isinstance(listed, str) else listed
        with named_at("policies"):
            selection = select_policies([beside(name, path) for name in names], scenario)
    except UserError as error:
        raise SpecError(error.rule, error.remedy, where="policies", value=spec.policies) from None
    return selection.policies, selection.left_out


def _check_names(spec: Experiment, scenario: LoadedScenario, policies: list[str]) -> None:
    twice = sorted({name for name in policies if policies.count(name) > 1})
    if twice:
        raise SpecError(
            f"each policy is there once; {twice[0]} is there twice",
            "name it once, or give the second file another name",
            where="policies",
        )
    if spec.baseline is not None and spec.baseline not in policies:
        raise unknown_name("policy in this experiment", spec.baseline, policies, where="baseline")
    known = [outcome.name for outcome in scenario.outcomes]
    _check_columns(spec, (*KEYS, EXIT, *known))
    named = [(f"outcomes[{number}]", name) for number, name in enumerate(spec.outcomes)]
    if spec.stop is not None:
        named.append(("stop.outcome", spec.stop.outcome))
    for where, name in named:
        if name not in known:
            raise unknown_name("outcome in this scenario", name, known, where=where)


def _check_columns(spec: Experiment, others: Sequence[str]) -> None:
    """Refuse names that are not told apart in tables, where SQL takes no account of the case."""
    taken = {name.casefold(): name for name in others}
    for name in spec.varied:
        part = next((one for one in ("parameters", "measures") if name in getattr(spec, one)), "")
        other = taken.setdefault(name.casefold(), name)
        if other != name or other in others:
            raise SpecError(
                "this name is a column of every table"
                if other == name
                else f"this name differs from the column {other} by the case of letters alone",
                "give it another name",
                where=f"{part}.{name}" if part else "programmes",
                value=name,
            )


def _check_size(experiment: LoadedExperiment) -> None:
    """Refuse a design that is too large, or that names what there is not."""
    design = experiment.spec.design
    if design is not None and (
        design.kind in _NAMED or size_of(design, experiment.columns) > MOST_POINTS
    ):
        settings = experiment.settings()
        for number in range(min(len(settings), MOST_TRIED)):
            _try(settings, number)


def _try(settings: Settings, number: int) -> None:
    try:
        settings.hold(number)
    except SpecError as error:
        raise SpecError(
            f"every setting is a valid scenario; {_place(settings, error)} breaks a rule:"
            f" {error.rule}",
            error.remedy,
            where=f"design.settings[{number}]",
            value=error.value,
        ) from None


def _check_ends(experiment: LoadedExperiment) -> None:
    """Try every parameter at its ends, and every measure, the others as declared."""
    declared = experiment.declared
    for column in experiment.columns:
        ends = column.ends()
        table = np.array(ends)[:, None]
        alone = _alone(declared, [column], table)
        for number in range(len(ends)):
            try:
                alone.hold(number)
                if column.in_force or (
                    column.labels and any(change.is_of_policy for change in column.changes)
                ):
                    alone.compiled(number)  # names in rules are looked up there
            except SpecError as error:
                _refuse_end(experiment, column, error)
        if column.in_force:
            continue  # that it touches nothing here is no fault, and is told
        original = declared.original
        made = (original.patched([(change, end) for change in column.changes]) for end in ends)
        if all(document == original.plain for document in made):
            raise SpecError(
                "something changes, and with these values all stays as it is declared",
                "give it values that differ from what is declared, or leave it out",
                where=column.where,
            )


def _alone(declared: Settings, columns: Sequence[Column], table: F64) -> Settings:
    """Return settings in which these columns vary and no others."""
    parts = [(one.name, one.changes, one.scale, one.in_force) for one in columns]
    names, changes, scales, in_force = zip(*parts, strict=True)
    return declared.varied(names, table, changes, scales, in_force)


def _check_together(experiment: LoadedExperiment) -> None:
    """Try all measures together with each programme, in a design in which they may meet."""
    design, columns = experiment.spec.design, [one for one in experiment.columns if one.in_force]
    if len(columns) == 1 or not columns or design is None or design.kind in _NAMED:
        return
    most = [[place for place in one.ends() if one.in_force[int(place)].measures] for one in columns]
    together = _alone(experiment.declared, columns, np.array(list(product(*most))))
    for number in range(len(together)):
        try:
            together.hold(number)
        except SpecError as error:
            raise SpecError(
                f"in a design of the kind {design.kind} all measures meet;"
                f" {_place(together, error)} breaks a rule: {error.rule}",
                error.remedy,
                where=next((one.where for one in columns if one.name == error.where), "measures"),
                value=error.value,
            ) from None


def _place(settings: Settings, error: SpecError) -> str:
    """Say where an error is, with the file if it is that of a measure."""
    if error.file in {"", str(settings.base.path)}:
        return error.where
    line = f":{error.line}" if error.line else ""
    return f"{printable(error.file)}{line}: {printable(error.where)}"


def _refuse_end(experiment: LoadedExperiment, column: Column, error: SpecError) -> NoReturn:
    if column.in_force:
        raise SpecError(
            "what is put in force must fit scenario and policies;"
            f" {_place(experiment.declared, error)} breaks a rule: {error.rule}",
            error.remedy,
            where=column.where,
            value=error.value,
        ) from None
    what = error.where.partition("(")[2].removesuffix(")") or column.changes[0].path
    raise SpecError(
        "scenario and policies must be valid at both ends; there"
        f" {what} breaks a rule: {error.rule}",
        error.remedy,
        file=str(experiment.path),
        where=column.where,
        value=error.value,
    ) from None

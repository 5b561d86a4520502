"""Settings: the table of a design, and the scenario and policies that each of its rows makes."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Final

import numpy as np

from experiments.outcomes import F64
from experiments.planning.scales import Scale
from scenarios import (
    Compiled,
    LoadedPolicy,
    LoadedScenario,
    Point,
    SpecError,
    compile_points,
)
from scenarios.changing import (
    Change,
    Original,
    policies_with,
    scenario_with,
    shared_length,
    with_measures,
)
from scenarios.errors import shown
from scenarios.reading import Alternative, LoadedProgramme

_IN_PHASES: Final = re.compile(
    r"absent(\..+)?|desks\..+|reports\.[^.]+\.classification|(place\.)?stores\..+\.retention"
    r"|place\.(national|bodies|instruments)\..+"
)
"""Parts of a scenario that lanes of one world may differ in, beside those of its threats."""

_STEP: Final = re.compile(r"[^.\[\]]+")


@dataclass(frozen=True, eq=False)
class Settings:
    """What a design varies, as a table: a row for each setting, a column for each parameter.

    Changes are made in the order of columns, so that a later one builds on what an earlier one
    left; measures are put in force after all of them. It holds no open file and can be sent to
    another process.

    Parameters
    ----------
    base
        Scenario as declared.
    names
        The K parameters, then the measures (0: without it, 1: with it).
    table
        Numbers, shape (S, K), finite.
    changes
        What the numbers of each column change.
    policies
        Policies as declared.
    scales
        What the numbers of each column stand for; left out, they are what they say.
    in_force
        What each level of a column puts in force, by position, under every policy; nothing of a
        column without levels. Left out, no column puts anything in force.
    """

    base: LoadedScenario
    names: tuple[str, ...]
    table: F64
    changes: tuple[tuple[Change, ...], ...]
    policies: tuple[LoadedPolicy, ...] = ()
    scales: tuple[Scale, ...] = ()
    in_force: tuple[tuple[LoadedProgramme, ...], ...] = ()

    def __post_init__(self) -> None:
        columns = len(self.names)
        if not self.scales:
            object.__setattr__(self, "scales", (Scale(),) * columns)
        if not self.in_force:
            object.__setattr__(self, "in_force", ((),) * columns)
        each = len(self.changes), len(self.scales), len(self.in_force)
        if self.table.ndim != 2 or {self.table.shape[1], *each} != {columns}:  # noqa: PLR2004 - rows and columns
            msg = f"{columns} names, {each} changes, scales, in force, table {self.table.shape}"
            raise ValueError(msg)
        if not np.isfinite(self.table).all():
            msg = "a table of settings is finite"
            raise ValueError(msg)

    def __len__(self) -> int:
        """Number of settings, S."""
        return int(self.table.shape[0])

    def __getstate__(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def only(cls, base: LoadedScenario, policies: tuple[LoadedPolicy, ...] = ()) -> Settings:
        """Return one setting: scenario and policies as declared."""
        return cls(base, (), np.zeros((1, 0)), (), policies)

    @cached_property
    def alike(self) -> tuple[tuple[int, ...], ...]:
        """Settings in groups; those of a group can be points of one world."""
        columns = [n for n, made in enumerate(self.changes) if not all(map(self._in_phases, made))]
        apart = (
            np.stack([self._apart(n) for n in columns], axis=1) if columns else self.table[:, :0]
        )
        groups: dict[bytes, list[int]] = {}
        for number, row in enumerate(apart):
            groups.setdefault(row.tobytes(), []).append(number)
        return tuple(map(tuple, groups.values()))

    def _in_phases(self, change: Change) -> bool:
        """Whether settings that differ in what is changed may be points of one world."""
        if change.path.startswith("threats."):
            _, name, *rest = _STEP.findall(change.path)
            return self.base.spec.threats[name].lasting(rest) != "world"
        return change.is_of_policy or _IN_PHASES.fullmatch(change.path) is not None

    def _apart(self, column: int) -> F64:
        """Return numbers by which settings are no points of one world, shape (S,).

        Those of a column, but for levels that do the same to what cannot differ within a world.
        """
        levels = [one.levels for one in self.changes[column] if not self._in_phases(one)]
        if not all(levels):
            return self.table[:, column]
        known: dict[str, float] = {}
        of = {
            number: known.setdefault(json.dumps([one[int(number)] for one in levels]), len(known))
            for number in np.unique(self.table[:, column]).tolist()
        }
        return np.array([of[number] for number in self.table[:, column].tolist()], dtype=np.float64)

    @cached_property
    def original(self) -> Original:
        """Documents of scenario and policies as declared."""
        return Original.of(self.base, self.policies)

    def varied(
        self,
        names: tuple[str, ...],
        table: F64,
        changes: tuple[tuple[Change, ...], ...],
        scales: tuple[Scale, ...] = (),
        in_force: tuple[tuple[LoadedProgramme, ...], ...] = (),
    ) -> Settings:
        """Return other settings of the same scenario, without taking it apart again."""
        made = Settings(self.base, names, table, changes, self.policies, scales, in_force)
        made.__dict__["original"] = self.original
        return made

    def values(self, number: int) -> dict[str, float]:
        """Return the numbers of a setting by name."""
        return dict(zip(self.names, self.table[number].tolist(), strict=True))

    def level(self, name: str, number: float) -> Any:  # noqa: ANN401 - any level
        """Return what the user wrote for a number of the table; of a measure, what it puts."""
        column = self.names.index(name)
        if self.scales[column].kind == "switch" and self.changes[column]:
            return self.changes[column][0].operand(number)
        return self.scales[column].level(number)

    def scenario(self, number: int) -> LoadedScenario:
        """Return the scenario of a setting, held to every rule that a file is held to.

        Raises
        ------
        SpecError
            If it breaks one; `where` names the parameter with its path, `value` is its number.
        """
        made = self._changed(number, of_policies=False)
        if not made:
            return self.base
        with self._blaming(number):
            found = scenario_with(self.base, self.original, made)
            self._check_length(found)
        return found

    def policies_in(self, number: int) -> tuple[LoadedPolicy, ...]:
        """Return the policies of a setting, each under what is in force there.

        They are held to the rules that a file is held to.

        Raises
        ------
        SpecError
            As `scenario`, and as `programme`.
        """
        made, policies = self._changed(number, of_policies=True), self.policies
        if made:
            with self._blaming(number):
                policies = policies_with(policies, self.original, made)
        programme = self.programme(number)
        return tuple(Alternative.of(policy, programme) for policy in policies)

    def programme(self, number: int) -> LoadedProgramme:
        """Return all that a setting puts in force.

        Raises
        ------
        SpecError
            If two columns put one measure in force; `where` is the later one.
        """
        columns = zip(self.names, self.in_force, self.table[number].tolist(), strict=True)
        parts = {name: levels[int(value)] for name, levels, value in columns if levels}
        by: dict[str, str] = {}
        for name, part in parts.items():
            for measure, _ in part.measures:
                if by.setdefault(measure.name, name) != name:
                    raise SpecError(
                        f"a measure is put in force once; {by[measure.name]} and {name} both put "
                        f"{measure.name} in force",
                        "leave one of the two out, or list settings in which they do not meet",
                        where=name,
                        value=part.name,
                    )
        return LoadedProgramme.joined(parts.values())

    def compiled(self, *numbers: int) -> Compiled:
        """Return the world of settings that are `alike`.

        Its points are the policies of the first setting, then those of the next.

        Raises
        ------
        SpecError
            If scenario or policies break a rule, or a rule of a policy names what there is not.
        """
        points = [
            Point.of(scenario, policy)
            for number in numbers
            for scenario in (self.scenario(number),)
            for policy in self.policies_in(number)
        ]
        if len(numbers) > 1:
            try:
                return compile_points(points)
            except SpecError:
                for number in numbers:  # so that it is said which of them it is
                    self.compiled(number)
                raise
        [number] = numbers
        changed = self._changed(number, of_policies=True)
        with self._blaming(number) if changed else nullcontext():
            return compile_points(points)

    def _changed(self, number: int, *, of_policies: bool) -> list[tuple[Change, float]]:
        """Return the changes that a setting makes, in order."""
        row = self.table[number].tolist()
        return [
            (change, value)
            for changes, value in zip(self.changes, row, strict=True)
            for change in changes
            if change.is_of_policy == of_policies
        ]

    def check(self) -> None:
        """Hold every setting to the rules of scenarios and policies.

        Raises
        ------
        SpecError
            For the first that breaks one: two parameters may be valid each by itself only.
        """
        for number in range(len(self)):
            self.hold(number)

    def hold(self, number: int) -> None:
        """Hold a setting to the rules of scenarios and policies, without compiling it.

        Measures are tried all at once, as they are in the end.

        Raises
        ------
        SpecError
            As `scenario` and `policies_in`; if measures do not fit each other, the scenario or a
            policy, with the file of one of them.
        """
        scenario = self.scenario(number)
        for policy in self.policies_in(number):
            if isinstance(policy, Alternative):
                there = [one.measure for one in policy.programme.measures]
                with_measures(scenario, policy.policy, there)

    def _check_length(self, found: LoadedScenario) -> None:
        if found.horizon_days != self.base.horizon_days:
            raise SpecError(
                "all settings of an experiment run for the same time",
                "change neither the horizon, nor the tick to one that does not divide it",
                where="horizon",
            )
        if found.outcome_names != self.base.outcome_names:
            raise SpecError(
                "all settings of an experiment have the same years",
                "change the first day only where no outcome is told by year",
                where="from",
            )

    @contextmanager
    def _blaming(self, number: int) -> Iterator[None]:
        """Let errors name the parameter that brought them about."""
        try:
            yield
        except SpecError as error:
            raise self._blamed(error, number) from None

    def _blamed(self, error: SpecError, number: int) -> SpecError:
        """Return the error with the parameter that brought it about."""
        values = self.values(number)
        paths = zip(self.names, self.changes, strict=True)
        shared = {
            name: max((shared_length(change.path, error.where) for change in changes), default=0)
            for name, changes in paths
        }
        most = max(shared.values())
        blamed = [name for name in self.names if shared[name] == most]
        if most == 0 and len(self.names) > 1:
            pairs = zip(self.names, self.scales, strict=True)
            listed = {name: scale.text(values[name]) for name, scale in pairs}
            where, found = f"setting {number}, {error.where}", shown(listed)
        else:
            name = blamed[-1]
            where, found = f"parameter {name} ({error.where})", self.level(name, values[name])
        return SpecError(
            error.rule,
            f"{error.remedy}, or give the parameter a narrower range",
            file=error.file or str(self.base.path),
            where=where,
            value=found,
        )

    def document(self) -> dict[str, Any]:
        """Return everything but scenario and policies as plain JSON content."""
        own = {
            "names": list(self.names),
            "table": self.table.tolist(),
            "changes": [[change.document() for change in changes] for changes in self.changes],
            "scales": [scale.document() for scale in self.scales],
        }
        in_force = [[one.document() for one in levels] for levels in self.in_force]
        return own | ({"in_force": in_force} if any(in_force) else {})

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical content."""
        text = json.dumps(self.document(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @classmethod
    def of(
        cls,
        document: Mapping[str, Any],
        base: LoadedScenario,
        policies: tuple[LoadedPolicy, ...] = (),
    ) -> Settings:
        """Return the settings whose `document()` this is.

        Raises
        ------
        ValueError, KeyError, TypeError
            If it is no such document.
        """
        names = tuple(document["names"])
        rows = document["table"]
        table = np.array(rows, np.float64).reshape(len(rows), len(names))
        changes = tuple(tuple(map(Change.of, one)) for one in document["changes"])
        scales = tuple(map(Scale.of, document["scales"]))
        in_force = tuple(
            tuple(LoadedProgramme.of(level, base.path) for level in levels)
            for levels in document.get("in_force", ())
        )
        return cls(base, names, table, changes, policies, scales, in_force)

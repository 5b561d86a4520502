"""Alternatives: policies under programmes of measures, as a user names them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from experiments.errors import UserError
from experiments.planning.selecting import policy_names
from experiments.planning.touched import touching
from scenarios import SpecError

if TYPE_CHECKING:
    from scenarios import LoadedPolicy, LoadedScenario
    from scenarios.reading import LoadedProgramme

ALL: Final = "all"
TOGETHER: Final = "+"


@dataclass(frozen=True)
class Alternatives:
    """Policies, alone and under programmes, and what there is to say of them."""

    policies: tuple[LoadedPolicy, ...]
    remarks: tuple[str, ...]


def alternatives(
    scenario: LoadedScenario,
    policies: Sequence[LoadedPolicy],
    measures: str | None = None,
    programmes: str | None = None,
) -> Alternatives:
    """Return every policy under every programme.

    Parameters
    ----------
    measures
        Measures with commas between, those that are in force together with ``+``; ``all`` is the
        catalogue. They are in force from the first tick, and each policy runs without any as well.
    programmes
        Names or paths with commas between.

    Raises
    ------
    UserError, SpecError
        If one is not known, breaks a rule, or is named twice.
    """
    if measures is None and programmes is None:
        return Alternatives(tuple(policies), ())
    named = list(_groups(measures)) if measures is not None else []
    dated = list(_programmes(programmes)) if programmes is not None else []
    both = [*(name for name, _ in named), *(one.name for one in dated)]
    twice = sorted({name for name in both if both.count(name) > 1})
    if twice:
        raise UserError(
            f"--measures and --programmes name {', '.join(twice)} more than once",
            "each alternative is a column of the comparison and needs a name of its own",
            "name it once",
        )
    found = [None, *(one for _, one in named)] if measures is not None else []
    made = {
        one.name: one
        for policy in policies
        for programme in [*found, *dated]
        for one in [_under(policy, programme)]
    }
    remarks = [*_idle(scenario, policies, [one for _, one in named]), *_undated(scenario, dated)]
    return Alternatives(tuple(made.values()), tuple(remarks))


def _under(policy: LoadedPolicy, programme: LoadedProgramme | None) -> LoadedPolicy:
    from scenarios.reading import Alternative

    return policy if programme is None else Alternative.of(policy, programme)


def _groups(text: str) -> Iterator[tuple[str, LoadedProgramme]]:
    """Give the groups of measures that a user names, each as a programme from the first tick."""
    from scenarios.reading import Dated, load_measure, load_measures, programme_of

    for group in policy_names(text):
        alone = group == ALL or Path(group).is_file()
        try:
            listed = (
                load_measures()
                if group == ALL
                else [load_measure(one.strip()) for one in ([group] if alone else group.split("+"))]
            )
            name = ALL if group == ALL else f" {TOGETHER} ".join(one.short for one in listed)
            meaning = "; ".join(one.meaning for one in listed) if group != ALL else "all measures"
            yield name, programme_of(name, meaning, [Dated(one, None) for one in listed])
        except SpecError as error:
            if not error.file:
                error.where = f"--measures {group}"
            raise


def _programmes(text: str) -> Iterator[LoadedProgramme]:
    from scenarios.reading import load_programme

    for name in policy_names(text):
        try:
            yield load_programme(name)
        except SpecError as error:
            if not error.file:
                error.where = f"--programmes {name}"
            raise


def _idle(
    scenario: LoadedScenario, policies: Sequence[LoadedPolicy], named: Sequence[LoadedProgramme]
) -> Iterator[str]:
    """Say which of the measures that were named change nothing here."""
    single = {
        one.measure.name: one.measure
        for programme in named
        if programme.name != ALL
        for one in programme.measures
    }
    for measure in single.values():
        if not any(touching(scenario, policy, measure) for policy in policies):
            yield f"{measure.short} touches nothing in {scenario.name}: {measure.meaning}"


def _undated(scenario: LoadedScenario, dated: Sequence[LoadedProgramme]) -> Iterator[str]:
    has_days = any(one.since for programme in dated for one in programme.measures)
    if scenario.spec.begins is None and has_days:
        yield (
            f"{scenario.name} has no calendar (`from:`): programmes stand there as in the end, "
            "with all their measures in force"
        )

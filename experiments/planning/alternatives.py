"""Alternatives: policies under programmes of measures, as a user names them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from experiments.errors import UserError
from experiments.planning.selecting import policy_names
from experiments.planning.touched import touching
from scenarios.errors import named_at

if TYPE_CHECKING:
    from scenarios import LoadedPolicy, LoadedScenario
    from scenarios.reading import LoadedMeasure, LoadedProgramme

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
    measures: str | Sequence[str] | None = None,
    programmes: str | Sequence[str] | None = None,
) -> Alternatives:
    """Return every policy under every programme.

    Parameters
    ----------
    measures
        Measures, in a text with commas between; those that are in force together have ``+``
        between, and ``all`` is the catalogue. They are in force from the first tick, and each
        policy runs without any as well.
    programmes
        Names or paths, in a text with commas between.

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
        for one in [under(policy, programme)]
    }
    single = {
        one.measure.name: one.measure
        for name, programme in named
        if name != ALL
        for one in programme.measures
    }
    remarks = [*idle(scenario, policies, single.values()), *undated(scenario, dated)]
    return Alternatives(tuple(made.values()), tuple(remarks))


def under(policy: LoadedPolicy, programme: LoadedProgramme | None) -> LoadedPolicy:
    """Return a policy under a programme, or alone."""
    from scenarios.reading import Alternative

    return policy if programme is None else Alternative.of(policy, programme)


def in_force(measures: Sequence[LoadedMeasure], name: str | None = None) -> LoadedProgramme:
    """Return measures that are in force together from the first tick, as a programme.

    Parameters
    ----------
    name
        What it is called; left out, the measures with ``+`` between.

    Raises
    ------
    SpecError
        If one needs what is not there.
    """
    from scenarios.reading import Dated, programme_of

    called = name or f" {TOGETHER} ".join(one.short for one in measures)
    meaning = "; ".join(one.meaning for one in measures) if name is None else f"{name} measures"
    return programme_of(called, meaning, [Dated(one, None) for one in measures])


def measures_of(names: str | Sequence[str]) -> tuple[LoadedMeasure, ...]:
    """Load measures from names and paths; ``all`` is the catalogue.

    Raises
    ------
    UserError, SpecError
        If one is not known, breaks a rule, or two go by one name.
    """
    from scenarios.reading import load_measures

    found: dict[str, LoadedMeasure] = {}
    for name in _listed(names):
        for one in load_measures() if name == ALL else [_load(name, name)]:
            if found.setdefault(one.short, one) != one:
                both = f"{found[one.short].path} and {one.path}"
                raise UserError(
                    f"--measures {','.join(_listed(names))}: {both}",
                    f"tables call both of them {one.short}",
                    "give one of them another name",
                )
    return tuple(found.values())


def _load(name: str, option: str) -> LoadedMeasure:
    from scenarios.reading import load_measure

    with named_at(f"--measures {option}"):
        return load_measure(name.strip())


def _listed(names: str | Sequence[str]) -> tuple[str, ...]:
    return policy_names(names) if isinstance(names, str) else tuple(names)


def _groups(names: str | Sequence[str]) -> Iterator[tuple[str, LoadedProgramme]]:
    """Give the groups of measures that a user names, each as a programme from the first tick."""
    for group in _listed(names):
        if group == ALL:
            yield ALL, in_force(measures_of(ALL), ALL)
            continue
        members = [group] if Path(group).is_file() else group.split(TOGETHER)
        with named_at(f"--measures {group}"):
            made = in_force([_load(name, group) for name in members])
        yield made.name, made


def _programmes(names: str | Sequence[str]) -> Iterator[LoadedProgramme]:
    from scenarios.reading import load_programme

    for name in _listed(names):
        with named_at(f"--programmes {name}"):
            found = load_programme(name)
        yield found


def idle(
    scenario: LoadedScenario, policies: Sequence[LoadedPolicy], measures: Iterable[LoadedMeasure]
) -> Iterator[str]:
    """Say which of some measures change nothing here, under none of the policies."""
    for measure in measures:
        if not any(touching(scenario, policy, measure) for policy in policies):
            yield f"{measure.short} touches nothing in {scenario.name}: {measure.meaning}"


def undated(scenario: LoadedScenario, dated: Sequence[LoadedProgramme]) -> Iterator[str]:
    """Say that days count for nothing, where a scenario has none."""
    has_days = any(one.since for programme in dated for one in programme.measures)
    if scenario.spec.begins is None and has_days:
        yield (
            f"{scenario.name} has no calendar (`from:`): programmes stand there as in the end, "
            "with all their measures in force"
        )

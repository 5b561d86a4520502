"""What the levels of a column put in force: measures and programmes with files of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from experiments.designs.columns import Column
from experiments.designs.distributions import Levels
from experiments.designs.experiment import PROGRAMME, Experiment, PutInForce
from experiments.planning import in_force
from scenarios.errors import SpecError, named_at
from scenarios.reading import LoadedMeasure, LoadedProgramme, beside, load_measure, load_programme

NOTHING: Final = LoadedProgramme("none", "no measures", ())

InForce = Mapping[str, tuple[LoadedProgramme, ...]]
"""What each level puts in force, by position, of the columns that put anything in force."""


def in_force_of(spec: Experiment, path: Path) -> dict[str, tuple[LoadedProgramme, ...]]:
    """Load what the columns of an experiment put in force, by their names.

    Raises
    ------
    SpecError
        If a measure or a programme is not known, is there twice or breaks a rule, or needs what
        does not go with it.
    """
    found: dict[str, tuple[LoadedProgramme, ...]] = {}
    for name, measure in spec.measures.items():
        if isinstance(measure, PutInForce):
            found[name] = NOTHING, _together(name, measure, path)
    if spec.programmes is not None:
        listed = _programmes(spec.programmes, path)
        has_none = any(not one.measures for one in listed)
        found[PROGRAMME] = listed if has_none else (NOTHING, *listed)
    return found


def with_meanings(spec: Experiment, levels: InForce) -> Experiment:
    """Return an experiment in which all measures say what is done."""
    told = {
        name: one
        if one.meaning is not None
        else one.model_copy(update={"meaning": levels[name][1].meaning})
        for name, one in spec.measures.items()
    }
    return spec.model_copy(update={"measures": told})


def measure_column(name: str, levels: tuple[LoadedProgramme, ...]) -> Column:
    """Return the column of measures that are in force together or not."""
    return Column(
        name, f"measures.{name}", (), Levels((0.0, 1.0)),
        labels=(False, True), declared=0.0, in_force=levels,
    )  # fmt: skip


def programme_column(levels: tuple[LoadedProgramme, ...]) -> Column:
    """Return the column of programmes; one without measures is as declared."""
    numbers = tuple(float(place) for place, one in enumerate(levels) if one is not NOTHING)
    labels = tuple(None if one is NOTHING else one.name for one in levels)
    declared = next(float(place) for place, one in enumerate(levels) if not one.measures)
    return Column(
        PROGRAMME, "programmes", (), Levels(numbers),
        labels=labels, declared=declared, in_force=levels,
    )  # fmt: skip


def _together(name: str, measure: PutInForce, path: Path) -> LoadedProgramme:
    """Load the measures of a column, as a programme from the first tick."""
    where = f"measures.{name}.in_force"
    found: list[LoadedMeasure] = []
    for number, named in enumerate(measure.named):
        place = where if isinstance(measure.in_force, str) else f"{where}[{number}]"
        with named_at(place):
            one = load_measure(beside(named, path))
        if one.name in (other.name for other in found):
            raise SpecError(
                f"a measure is put in force once; {one.name} is there twice",
                "name it once",
                where=place,
                value=named,
            )
        found.append(one)
    return in_force(found)


def _programmes(listed: Sequence[str], path: Path) -> tuple[LoadedProgramme, ...]:
    found: list[LoadedProgramme] = []
    for number, named in enumerate(listed):
        with named_at(f"programmes[{number}]"):
            one = load_programme(beside(named, path))
        if one.name in (other.name for other in found):
            raise SpecError(
                f"each programme is there once; {one.name} is there twice",
                "name it once, or give the second file another name",
                where=f"programmes[{number}]",
                value=named,
            )
        found.append(one)
    return tuple(found)

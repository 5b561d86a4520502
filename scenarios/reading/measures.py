"""Measures and programmes by name or path."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from scenarios.errors import SpecError
from scenarios.reading.declarations import error_at, located, read
from scenarios.reading.finding import CATALOGUE, beside, files_in, find, is_path
from scenarios.reading.loaded import Dated, LoadedMeasure, LoadedProgramme
from scenarios.schema import Measure, Programme

MEASURES: Final = "measures"
PROGRAMMES: Final = "programmes"


def load_measure(name_or_path: str) -> LoadedMeasure:
    """Load a measure of the catalogue, by its name or its number in the annex, or from a file.

    Raises
    ------
    SpecError
        If there is none, or its file breaks a rule.
    """
    if is_path(name_or_path):
        path = Path(name_or_path)
    else:
        stems = [file.stem for file in files_in(CATALOGUE / MEASURES)]
        numbered = {stem.partition("-")[0]: stem for stem in stems}
        path = find(numbered.get(name_or_path, name_or_path), CATALOGUE / MEASURES, "measure")
    return LoadedMeasure(path, read(path, Measure))


def load_measures() -> list[LoadedMeasure]:
    """Load all measures of the catalogue, by name."""
    return [load_measure(file.stem) for file in files_in(CATALOGUE / MEASURES)]


def load_programme(name_or_path: str) -> LoadedProgramme:
    """Load a programme of the catalogue or from a file, with its measures and their days.

    A measure whose file does not say when it came to work is no part of what goes by such dates.

    Raises
    ------
    SpecError
        If there is none, its file or that of a measure breaks a rule, or a measure is in it twice.
    """
    path = find(name_or_path, CATALOGUE / PROGRAMMES, "programme")
    spec = read(path, Programme)
    listed = _listed(path, spec)
    names = [measure.name for measure, _ in listed]
    for name in names:
        if names.count(name) > 1:
            raise error_at(path, "measures", f"{name} is in it twice", "leave one of the two out")
    dated = [(measure, _since(spec, measure, own)) for measure, own in listed]
    known = [(measure, since) for measure, (is_known, since) in dated if is_known]
    return programme_of(spec.programme, spec.meaning, [Dated(*pair) for pair in known])


def programme_of(name: str, meaning: str, measures: Sequence[Dated]) -> LoadedProgramme:
    """Return measures as a programme, each from when on all that it needs works as well.

    Raises
    ------
    SpecError
        If one needs what is not there.
    """
    own = {one.measure.name: one for one in measures}
    made = [Dated(one.measure, _at_last(one, own, ())) for one in own.values()]
    return LoadedProgramme(name, meaning, tuple(sorted(made, key=lambda one: one.measure.name)))


def needed_by(measure: LoadedMeasure) -> list[LoadedMeasure]:
    """Load the measures that one names as those that it cannot do without.

    Raises
    ------
    SpecError
        As `load_measure`.
    """
    return [load_measure(beside(named, measure.path)) for named in measure.spec.needs]


def _at_last(one: Dated, own: dict[str, Dated], above: tuple[str, ...]) -> date | None:
    """Return from when on a measure works together with all that it needs."""
    spec, days = one.measure.spec, [one.since]
    for place, needed in enumerate(needed_by(one.measure)):
        where, name = f"needs[{place}]", needed.name
        if name in above or name == spec.measure:
            raise error_at(
                one.measure.path, where, "no measure needs itself", "leave one of the needs out"
            )
        if name not in own:
            raise error_at(
                one.measure.path,
                where,
                f"{spec.measure} cannot do without {name}",
                f"put both in force: --measures {spec.measure}+{name}, or in an experiment "
                f"in_force: [{spec.measure}, {name}]",
            )
        days.append(_at_last(own[name], own, (*above, spec.measure)))
    return max((day for day in days if day is not None), default=None)


def _listed(path: Path, spec: Programme) -> list[tuple[LoadedMeasure, date | None]]:
    """Return the measures of a programme, with the days that it gives them itself."""
    if spec.measures == "all":
        measures = load_measures()
        left_out = {_named(path, f"without[{n}]", name).name for n, name in enumerate(spec.without)}
        return [(one, None) for one in measures if one.name not in left_out]
    if isinstance(spec.measures, dict):
        pairs = spec.measures.items()
        return [(_named(path, f"measures.{name}", name), day) for name, day in pairs]
    return [(_named(path, f"measures[{n}]", name), None) for n, name in enumerate(spec.measures)]


def _named(path: Path, where: str, name: str) -> LoadedMeasure:
    """Load a measure that a programme names."""
    try:
        return load_measure(beside(name, path))
    except SpecError as error:
        if not error.file:
            error.file, error.where = str(path), where
        raise located(error) from None


def _since(spec: Programme, measure: LoadedMeasure, own: date | None) -> tuple[bool, date | None]:
    """Return whether it is known from when on a measure of a programme works, and that day."""
    dates = measure.spec.dates
    if spec.dates is None:
        return True, own
    if dates is None:
        return False, None
    if spec.dates == "proposed":
        lag = spec.lags.get(dates.act)
        return True, dates.proposed + timedelta(hours=0 if lag is None else lag.value)
    if dates.applies is None:
        return False, None
    return True, dates.applies + timedelta(hours=0 if dates.lag is None else dates.lag.value)

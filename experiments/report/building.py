"""From a run directory of any kind to the content of its report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.analysis import AUDIT, Study, assess, audit
from experiments.designs import ASSESSMENT, reasons_of
from experiments.errors import UserError
from experiments.outcomes import compare_policies
from experiments.report import (
    assessment,
    auditing,
    beside,
    closing,
    comparison,
    experiment,
    states,
    told as one_world,
    years,
)
from experiments.report.content import Report, Section
from experiments.report.rests import rests_on
from experiments.store import open_for_reading, settings_of
from scenarios.schema import NO_STATE

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from experiments.outcomes import Comparison, Outcome, Results
    from experiments.store import RunDirectory

MOST_NAMED: Final = 3
"""Alternatives that a title names."""


def content_of(
    folder: Path, *, against: Path | None = None, year: str | None = None, tell: bool = True
) -> Report:
    """Return what is to be said of a run directory.

    Parameters
    ----------
    against
        Another run directory to be put beside it.
    year
        The year to tell of, instead of the whole run.
    tell
        Whether one world is run again to be told, where two alternatives are compared.

    Raises
    ------
    UserError
        If one is no run directory or is damaged, or nothing is told of such a year.
    """
    directory = open_for_reading(folder)
    other = None if against is None else beside.Other.of(against, directory)
    if directory.manifest.settings > 1 or directory.design == ASSESSMENT:
        if year is not None:
            raise beside.no_year(year, folder, ())
        return _of_study(Study.of(folder), other)
    results, asked = directory.results(), directory.asked()
    if year is not None:
        results, asked = beside.of_year(results, asked, year, folder)
    sections = tuple(_of_comparison(directory, results, asked, other, tell=tell and year is None))
    shared = {states.LAND: states.outlines(codes)} if (codes := _codes(results)) else {}
    return Report(_title(results, year), _lead(directory, results), sections, shared)


def _codes(results: Results) -> tuple[str, ...]:
    """Return the states that something is told of."""
    codes = [outcome.state for outcome in results.outcomes if outcome.state]
    return tuple(code for code in dict.fromkeys(codes) if code != NO_STATE)


def _title(results: Results, year: str | None) -> str:
    others = [name for name in results.policies if name != results.baseline]
    told = ", ".join(others) if 0 < len(others) <= MOST_NAMED else f"{len(others)} alternatives"
    when = "" if year is None else f", in {year}"
    return f"{results.scenario}: {told} against {results.baseline}{when}"


def _meaning(directory: RunDirectory) -> str:
    return str(directory.manifest.documents["scenario"].get("meaning", "")).rstrip(".")


def _lead(directory: RunDirectory, results: Results) -> str:
    return (
        f"{_meaning(directory)}. {results.replications:,} worlds of {results.horizon_days:g} days"
        f" under {len(results.policies)} alternatives, seed {results.seed}."
    )


# A comparison, and a ranking ------------------------------------------------------------------


def _of_comparison(
    directory: RunDirectory,
    results: Results,
    asked: tuple[Outcome, ...],
    other: beside.Other | None,
    *,
    tell: bool,
) -> Iterator[Section]:
    rows = compare_policies(results, asked) if results.done.any() else []
    told = [row for row in rows if row.family == "asked"]
    yield comparison.verdict_section(results, told, directory.manifest.fewer)
    yield from _there(
        None if other is None else other.beside(told),
        comparison.questions(results, asked, told),
        comparison.trade_off(results, rows),
        years.by_year(results, asked),
        states.by_state(results, asked),
    )
    replay = (yield from _of_one_world(directory, results, told)) if tell else None
    yield from _closing(directory, results, other, replay)


def _there(*sections: Section | None) -> Iterator[Section]:
    for section in sections:
        if section is not None:
            yield section


def _closing(
    directory: RunDirectory, results: Results, other: beside.Other | None, replay: str | None
) -> Iterator[Section]:
    settings = settings_of(directory.manifest, directory.folder)
    yield rests_on(settings, results.baseline)
    yield from _there(None if other is None else other.drivers())
    yield closing.not_modelled(directory, settings, _zeros(results))
    yield closing.validation(directory, replay)
    yield closing.method(results)
    yield closing.provenance(directory)


def _of_one_world(
    directory: RunDirectory, results: Results, rows: Sequence[Comparison]
) -> Generator[Section, None, str | None]:
    """Give what one world tells; return what its replay found, None if there was none."""
    choice = one_world.choose(results, rows)
    if choice is None:
        return None
    shown = one_world.replayed(directory.folder, choice)
    if isinstance(shown, UserError):
        yield Section("told", "One world told", (f"No world can be told: {shown.what}.",))
        return None
    course = one_world.course(choice, shown)
    section = one_world.told(choice, shown)
    yield replace(section, charts=(*section.charts, *([course] if course else ())))
    yield from _there(one_world.limited(choice, shown))
    return (
        f"every shard is as it was written, by its SHA-256; world {choice.world} was run again"
        f" under {choice.baseline} and {choice.policy}, and came out to the bit."
    )


def _zeros(results: Results) -> list[Outcome]:
    """Return the outcomes that are zero in every finished lane."""
    whole = [outcome for outcome in results.outcomes if outcome.is_whole]
    return [
        outcome for outcome in whole
        if results.done.any() and not np.any(results.values[outcome.name][results.done])
    ]  # fmt: skip


# Many settings --------------------------------------------------------------------------------


def _of_study(study: Study, other: beside.Other | None) -> Report:
    directory, results = study.directory, study.futures.setting(0)
    kind = directory.design
    answer: Iterable[Section | None]
    if kind == ASSESSMENT:
        answer, what = assessment.sections(assess(study)), "what measures do"
    elif kind == AUDIT:
        answer, what = (
            auditing.sections(audit(study, reasons_of(results.scenario))),
            "what each part of the model does",
        )
    else:
        answer, what = _of_experiment(study), _experiment(study)
    sections = (*_there(*answer), *_closing(directory, results, other, None))
    settings = len(study.futures.table)
    lanes = f"{directory.manifest.replications:,} worlds, seed {results.seed}"
    each = f"{settings:,} settings, each in {lanes}" if settings > 1 else lanes
    return Report(f"{results.scenario}: {what}", f"{_meaning(directory)}. {each}.", sections)


def _experiment(study: Study) -> str:
    name = str(study.directory.manifest.documents["experiment"].get("experiment", ""))
    return name or f"{len(study.futures.table):,} settings"


def _of_experiment(study: Study) -> Iterator[Section | None]:
    yield experiment.verdict_section(study)
    yield experiment.settings_section(study)
    yield experiment.weighed(study)
    yield experiment.robust(study)
    yield experiment.drivers(study)

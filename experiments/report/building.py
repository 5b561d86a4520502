"""From a run directory to the content of its report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.errors import UserError
from experiments.outcomes import compare_policies
from experiments.report import closing, comparison, states, told as one_world, years
from experiments.report.content import Report, Section
from experiments.report.rests import rests_on
from experiments.store import open_for_reading, settings_of
from scenarios.schema import NO_STATE

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from experiments.outcomes import Comparison, Outcome, Results
    from experiments.store import RunDirectory

MOST_NAMED: Final = 3
"""Alternatives that a title names."""


def content_of(folder: Path, *, tell: bool = True) -> Report:
    """Return what is to be said of a run directory.

    Parameters
    ----------
    tell
        Whether one world is run again to be told.

    Raises
    ------
    UserError
        If it is none, or damaged.
    """
    directory = open_for_reading(folder)
    results = directory.results()
    sections = tuple(_of_comparison(directory, results, directory.asked(), tell=tell))
    shared = {states.LAND: states.outlines(_codes(results))} if _codes(results) else {}
    return Report(_title(results), _lead(directory, results), sections, shared)


def _codes(results: Results) -> tuple[str, ...]:
    """Return the states that something is told of."""
    codes = [outcome.state for outcome in results.outcomes if outcome.state]
    return tuple(code for code in dict.fromkeys(codes) if code != NO_STATE)


def _title(results: Results) -> str:
    others = [name for name in results.policies if name != results.baseline]
    told = ", ".join(others) if 0 < len(others) <= MOST_NAMED else f"{len(others)} alternatives"
    return f"{results.scenario}: {told} against {results.baseline}"


def _lead(directory: RunDirectory, results: Results) -> str:
    meaning = str(directory.manifest.documents["scenario"].get("meaning", "")).rstrip(".")
    return (
        f"{meaning}. {results.replications:,} worlds of {results.horizon_days:g} days under"
        f" {len(results.policies)} alternatives, seed {results.seed}."
    )


def _of_comparison(
    directory: RunDirectory, results: Results, asked: tuple[Outcome, ...], *, tell: bool
) -> Iterator[Section]:
    rows = compare_policies(results, asked) if results.done.any() else []
    told = [row for row in rows if row.family == "asked"]
    yield comparison.verdict_section(results, told)
    for section in (
        comparison.questions(results, asked, told),
        comparison.trade_off(results, rows),
        years.by_year(results, asked),
        states.by_state(results, asked),
    ):
        if section is not None:
            yield section
    replay = (yield from _of_one_world(directory, results, told)) if tell else None
    settings = settings_of(directory.manifest, directory.folder)
    yield rests_on(settings, results.baseline)
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
    limits = one_world.limited(choice, shown)
    if limits is not None:
        yield limits
    return (
        f"every shard is as it was written, by its SHA-256; world {choice.world} was run again"
        " under"
        f" {choice.baseline} and {choice.policy}, and came out to the bit."
    )


def _zeros(results: Results) -> list[Outcome]:
    """Return the outcomes that are zero in every finished lane."""
    whole = [outcome for outcome in results.outcomes if outcome.is_whole]
    return [
        outcome for outcome in whole
        if results.done.any() and not np.any(results.values[outcome.name][results.done])
    ]  # fmt: skip

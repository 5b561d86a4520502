"""From a run directory to the content of its report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.outcomes import compare_policies
from experiments.report import closing, comparison
from experiments.report.content import Report, Section
from experiments.report.rests import rests_on
from experiments.store import open_for_reading, settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from experiments.outcomes import Outcome, Results
    from experiments.store import RunDirectory

MOST_NAMED: Final = 3
"""Alternatives that a title names."""


def content_of(folder: Path) -> Report:
    """Return what is to be said of a run directory.

    Raises
    ------
    UserError
        If it is none, or damaged.
    """
    directory = open_for_reading(folder)
    results = directory.results()
    sections = tuple(_of_comparison(directory, results, directory.asked()))
    return Report(_title(results), _lead(directory, results), sections)


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
    directory: RunDirectory, results: Results, asked: tuple[Outcome, ...]
) -> Iterator[Section]:
    rows = compare_policies(results, asked) if results.done.any() else []
    told = [row for row in rows if row.family == "asked"]
    yield comparison.verdict_section(results, told)
    for section in (
        comparison.questions(results, asked, told),
        comparison.trade_off(results, rows),
    ):
        if section is not None:
            yield section
    settings = settings_of(directory.manifest, directory.folder)
    yield rests_on(settings, results.baseline)
    yield closing.not_modelled(directory, settings, _zeros(results))
    yield closing.validation(directory, None)
    yield closing.method(results)
    yield closing.provenance(directory)


def _zeros(results: Results) -> list[Outcome]:
    """Return the outcomes that are zero in every finished lane."""
    whole = [outcome for outcome in results.outcomes if outcome.is_whole]
    return [
        outcome for outcome in whole
        if results.done.any() and not np.any(results.values[outcome.name][results.done])
    ]  # fmt: skip

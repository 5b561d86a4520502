"""A second run directory beside the first, and one year instead of the whole run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from experiments.analysis import Study
from experiments.errors import UserError
from experiments.outcomes import Comparison, Outcome, Results, compare_policies, years_of
from experiments.report import experiment
from experiments.report.content import Section, Table
from experiments.store import RunDirectory, open_for_reading
from experiments.terminal import is_clear, number, p_value


@dataclass(frozen=True, eq=False)
class Other:
    """The directory that is put beside the first."""

    folder: Path
    directory: RunDirectory

    @classmethod
    def of(cls, folder: Path, first: RunDirectory) -> Other:
        """Open it.

        Raises
        ------
        UserError
            If it is no run directory, or of another scenario.
        """
        directory = open_for_reading(folder)
        mine, theirs = first.manifest.scenario, directory.manifest.scenario
        if mine != theirs:
            raise UserError(
                f"--against {folder}: its scenario is {theirs}, not {mine}",
                "two directories are put beside each other if they tell of one scenario",
                f"give a directory that was made with {mine}",
            )
        return cls(folder, directory)

    def beside(self, rows: Sequence[Comparison]) -> Section | None:
        """Return the verdicts of both directories beside each other; None if it has no verdict."""
        if self.directory.manifest.settings > 1 or not rows:
            return None
        results = self.directory.results()
        if not results.done.any():
            return None
        theirs = {
            (row.outcome, row.policy): row
            for row in compare_policies(results, self.directory.asked())
        }
        pairs = [(row, theirs.get((row.outcome, row.policy))) for row in rows]
        both = [(row, other) for row, other in pairs if other is not None]
        turned = [row for row, other in both if _turned(row, other)]
        lines = tuple(
            (f"{row.label}, {row.policy}", _cell(row), _cell(other), _word(row, other))
            for row, other in both
        )
        return Section(
            "against",
            f"Beside {self.folder.name}",
            (
                (
                    f"The same differences in another run directory, {self.folder.name}"
                    f" ({results.replications:,} worlds, seed {results.seed}, baseline"
                    f" {results.baseline}). {_turns(turned, len(both))}"
                ),
            ),
            tables=(
                Table(
                    "Both run directories",
                    ("outcome, alternative", "here", f"in {self.folder.name}", "together"),
                    lines,
                    frozenset({3}),
                ),
            ),
        )

    def drivers(self) -> Section | None:
        """Return which assumed numbers drive the differences; None if its design cannot tell."""
        if self.directory.manifest.settings == 1:
            return None
        title = f"Which assumed numbers drive it, by {self.folder.name}"
        return experiment.drivers(Study.of(self.folder), title)


def _turned(row: Comparison, other: Comparison) -> bool:
    """Whether both differences are sure and contradict each other."""
    return is_clear(row) and is_clear(other) and row.is_better != other.is_better


def _turns(turned: Sequence[Comparison], both: int) -> str:
    if not both:
        return "They have no outcome of one alternative in common."
    if not turned:
        return "No sure difference of the one is surely the other way in the other."
    names = "; ".join(f"{row.label}, {row.policy}" for row in turned)
    return f"In {len(turned)} of {both} the answer is surely the other way: {names}."


def _cell(row: Comparison) -> str:
    low, high = number(row.low, sign=True), number(row.high, sign=True)
    middle = number(row.difference, sign=True)
    return f"{middle} [{low} to {high}] {row.unit}, p {p_value(row.p_adjusted)}"


def _word(row: Comparison, other: Comparison) -> str:
    if _turned(row, other):
        return "surely the other way"
    sure = is_clear(row), is_clear(other)
    if all(sure):
        return "sure in both, the same way"
    if any(sure):
        return f"sure {'here' if sure[0] else 'there'} only"
    return "sure in neither"


# One year -------------------------------------------------------------------------------------


def of_year(
    results: Results, asked: Sequence[Outcome], year: str, folder: Path
) -> tuple[Results, tuple[Outcome, ...]]:
    """Return results of one year alone, of the outcomes that are told by year.

    They are tested together, as if they had been asked about alone.

    Raises
    ------
    UserError
        If nothing is told of such a year.
    """
    known = dict.fromkeys(
        part.year for outcome in results.outcomes for part in years_of(results, outcome)
    )
    parts = [
        (outcome, part)
        for outcome in results.outcomes
        for part in years_of(results, outcome)
        if part.year == year
    ]
    if not parts:
        raise no_year(year, folder, [name for name in known if name is not None])
    names = {outcome.name for outcome in asked}
    told = [
        (part.name, replace(outcome, label=f"{outcome.label} in {year}")) for outcome, part in parts
    ]
    outcomes = tuple(outcome for _, outcome in told)
    values = {outcome.name: results.values[name] for name, outcome in told}
    chosen = tuple(outcome for outcome in outcomes if outcome.name in names) or outcomes
    return replace(results, outcomes=outcomes, values=values), chosen


def no_year(year: str, folder: Path, known: Sequence[str]) -> UserError:
    """Return the error for a year of which nothing is told."""
    return UserError(
        f"--year {year}: {folder} tells of no such year",
        "outcomes of a comparison are told by year where the scenario declares it",
        f"give one of {', '.join(known)}" if known else "leave --year out",
    )

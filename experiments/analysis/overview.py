"""An experiment in short: how each policy compares with the baseline over all settings."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from experiments.outcomes import Futures, Outcome, differences_of
from experiments.store import open_for_reading
from experiments.terminal import DIRECTION, Column, number, print_table, say


@dataclass(frozen=True)
class Row:
    """One policy against the baseline in one outcome, over the settings."""

    outcome: str
    policy: str
    middle: float
    """Median over the settings of the mean difference."""
    least: float
    most: float
    better: int
    """Settings in which the 95% interval is on the better side of 0."""
    worse: int
    unclear: int


@dataclass(frozen=True)
class Overview:
    """What an experiment gave, in a few numbers."""

    scenario: str
    experiment: str
    baseline: str
    settings: int
    policies: int
    replications: int
    outcomes: tuple[Outcome, ...]
    rows: tuple[Row, ...]

    def document(self) -> dict[str, Any]:
        """Return it as plain JSON content; what cannot be said is None."""
        content = asdict(self)
        for row in content["rows"]:
            for name in ("middle", "least", "most"):
                row[name] = row[name] if np.isfinite(row[name]) else None
        return content


def overview(folder: Path) -> Overview:
    """Sum up a run directory over its settings.

    Raises
    ------
    UserError
        If it is none, or a shard in it is damaged.
    """
    directory = open_for_reading(folder)
    futures = directory.futures()
    chosen = directory.asked()
    return Overview(
        scenario=futures.scenario,
        experiment=str(directory.manifest.documents["experiment"].get("experiment", "")),
        baseline=futures.baseline,
        settings=len(futures.table),
        policies=len(futures.policies),
        replications=directory.manifest.replications,
        outcomes=chosen,
        rows=tuple(row for outcome in chosen for row in _rows(futures, outcome)),
    )


def _rows(futures: Futures, outcome: Outcome) -> list[Row]:
    found = differences_of(futures, outcome.name)
    sign = 1 if outcome.better == "higher" else -1
    rows = []
    for point, policy in enumerate(futures.policies):
        if policy == futures.baseline:
            continue
        middle = found.difference[:, point]
        known = middle[np.isfinite(middle)]
        ends = np.sort(sign * np.stack([found.low[:, point], found.high[:, point]]), axis=0)
        better, worse = int((ends[0] > 0).sum()), int((ends[1] < 0).sum())
        rows.append(
            Row(
                outcome=outcome.name,
                policy=policy,
                middle=float(np.median(known)) if known.size else np.nan,
                least=float(known.min(initial=np.inf)) if known.size else np.nan,
                most=float(known.max(initial=-np.inf)) if known.size else np.nan,
                better=better,
                worse=worse,
                unclear=len(middle) - better - worse,
            )
        )
    return rows


def print_overview(found: Overview) -> None:
    """Print a table for each outcome, with a row for each policy."""
    name = f"{found.experiment}: " if found.experiment else ""
    say(
        f"{name}{found.scenario}, {_count(found.settings, 'setting')},"
        f" {_count(found.policies, 'policy', 'policies')},"
        f" {_count(found.replications, 'world')}; differences from {found.baseline}"
        " in the same worlds"
    )
    columns = [
        Column("policy"),
        Column("difference", "number"),
        Column("over the settings", "number"),
        *(Column(heading, "number") for heading in ("better", "worse", "unclear")),
    ]
    for outcome in found.outcomes:
        title = f"{outcome.label} ({outcome.unit}; {DIRECTION[outcome.better]})"
        rows = [_cells(row) for row in found.rows if row.outcome == outcome.name]
        print_table(columns, rows, title=title)
    say(
        "difference: median over the settings of the mean difference in the same worlds, and its"
        " range. better, worse, unclear: settings, by a 95% interval in each. If nothing"
        " differed, one in forty would be better by chance, and one in forty worse."
    )


def _count(number: int, noun: str, plural: str | None = None) -> str:
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def _cells(row: Row) -> tuple[str, ...]:
    middle, least, most = (number(value, sign=True) for value in (row.middle, row.least, row.most))
    counts = (f"{count:,}" for count in (row.better, row.worse, row.unclear))
    return row.policy, middle, f"{least} to {most}", *counts

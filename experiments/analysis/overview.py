"""An experiment on one screen: how each policy compares with the baseline over all settings."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from experiments.outcomes import Futures, Outcome, differences_of
from experiments.store import RunDirectory, open_for_reading
from experiments.terminal import DIRECTION, console, grid, number

NEWLINE = "\n"


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
    chosen = chosen_outcomes(directory)
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


def chosen_outcomes(directory: RunDirectory) -> tuple[Outcome, ...]:
    """Return the outcomes that the experiment asks about, or the scenario's headlines."""
    manifest = directory.manifest
    names = manifest.documents["experiment"].get("outcomes") or ()
    if not names:
        return directory.headlines()
    return tuple(outcome for outcome in manifest.outcomes if outcome.name in names)


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
    """Print one table: outcomes against policies."""
    out = console()
    name = f"{found.experiment}: " if found.experiment else ""
    plural = "" if found.settings == 1 else "s"
    out.print(
        f"{name}{found.scenario}, {found.settings:,} setting{plural}, {found.policies} policies,"
        f" {found.replications:,} replications"
    )
    policies = tuple(dict.fromkeys(row.policy for row in found.rows))
    headings = (f"{policy.replace('-', '-' + NEWLINE)}#" for policy in policies)
    table = grid(f"difference from {found.baseline}", *headings)
    rows = {(row.outcome, row.policy): row for row in found.rows}
    for outcome in found.outcomes:
        label = f"{outcome.label} ({outcome.unit}; {DIRECTION[outcome.better]})"
        table.add_row(label, *(_cell(rows[outcome.name, policy]) for policy in policies))
    out.print(table)
    out.print(
        "Median over the settings of the mean difference in the same worlds, and its range; then"
        " in how many\nsettings it is better / worse, by a 95% interval in each. If nothing"
        " differed, one in forty would be by chance."
    )


def _cell(row: Row) -> str:
    middle, least, most = (number(value, sign=True) for value in (row.middle, row.least, row.most))
    return f"{middle}\n{least}..{most}\n{row.better:,} / {row.worse:,}"

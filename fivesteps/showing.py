"""What notebooks show of results: compact tables, each difference with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from experiments.terminal import DIRECTION, is_clear, number, too_few, verdict
from fivesteps import html

if TYPE_CHECKING:
    from experiments.analysis import Assessed, MeasureFound, Overview
    from experiments.outcomes import Comparison, Outcome, Results


def comparison_table(
    results: Results, asked: Sequence[Outcome], rows: Sequence[Comparison]
) -> list[str]:
    """Return a table with a row for each outcome and a column for each policy."""
    base = results.policies.index(results.baseline)
    cells = {(row.outcome, row.policy): row for row in rows}
    others = [policy for policy in results.policies if policy != results.baseline]
    lines = []
    for outcome in asked:
        values = results.restricted(outcome)[base]
        known = values[values == values]  # noqa: PLR0124 - NaN is not itself
        mean = number(float(known.mean())) if known.size else "-"
        shown = (_told(cells[outcome.name, policy]) for policy in others)
        lines.append((_named(outcome), mean, *shown))
    found = [html.table(("outcome", f"{results.baseline} (mean)", *others), lines)]
    warning = too_few([row for row in rows if row.family == "asked"])
    if warning is not None:
        found.append(html.paragraph(warning))
    return found


def _named(outcome: Outcome) -> str:
    return f"{outcome.label} ({outcome.unit}; {DIRECTION[outcome.better]})"


def _told(row: Comparison) -> str:
    """Return a difference with its interval, and the verdict on it."""
    middle, low, high = (number(one, sign=True) for one in (row.difference, row.low, row.high))
    return f"{middle} ({low} to {high})\n{verdict(row)}"


def overview_tables(found: Overview) -> list[str]:
    """Return a table for each outcome, with a row for each policy, over all settings."""
    headings = ("policy", "median difference", "over the settings", "better", "worse", "unclear")
    tables = [html.paragraph(f"{found.settings:,} settings; by a 95% interval in each:")]
    for outcome in found.outcomes:
        rows = [
            (
                row.policy,
                number(row.middle, sign=True),
                f"{number(row.least, sign=True)} to {number(row.most, sign=True)}",
                *(f"{count:,}" for count in (row.better, row.worse, row.unclear)),
            )
            for row in found.rows
            if row.outcome == outcome.name
        ]
        tables.append(html.table(headings, rows, title=_named(outcome)))
    return tables


def assessment_tables(found: Assessed) -> list[str]:
    """Return under each policy what each measure does alone, and the verdict on it."""
    headings = ("measure", *map(_named, found.outcomes), "verdict")
    tables = []
    for policy in found.policies:
        rows = [(one.name, *_effects(found, one, policy)) for one in found.measures]
        tables.append(html.table(headings, rows, title=f"Each measure alone under {policy}"))
    if found.untouched:
        names = ", ".join(found.untouched)
        tables.append(html.paragraph(f"Touches nothing in {found.scenario}: {names}."))
    return tables


def _effects(found: Assessed, measure: MeasureFound, policy: str) -> list[str]:
    alone = measure.under(policy, "alone")
    cells = []
    for outcome in found.outcomes:
        effect = alone[outcome.name]
        row = effect.row
        low, high = number(row.low, sign=True), number(row.high, sign=True)
        text = f"{number(row.difference, sign=True)} ({low} to {high})" if effect.moved else "0"
        sign = ("+" if row.is_better else "!") if is_clear(row) else ""
        cells.append(f"{text} {sign}".rstrip())
    return [*cells, measure.verdict(policy)]

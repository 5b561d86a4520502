"""What a report rests on: the numbers that are assumed, of the scenario and behind each verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from experiments.report.content import Fact, Section, Table

if TYPE_CHECKING:
    from experiments.planning import Settings

ASSUMED: Final = "assumed"
MOST_TEXT: Final = 160
"""Characters of a reason that a table shows; `fivesteps sources` has all."""
MOST_ROWS: Final = 400


def rests_on(settings: Settings, baseline: str) -> Section:
    """Return how many numbers are assumed, behind which verdict, and which they are."""
    scenario = [(row.path, row.value, row.kind, row.text) for row in settings.scenario(0).sources()]
    policies = {
        policy.name: [(row.path, row.value, row.kind, row.text) for row in policy.sources()]
        for policy in settings.policies
    }
    facts = [Fact("behind every verdict", _counted(scenario, "numbers of the scenario"))]
    for name, rows in policies.items():
        if name != baseline:
            own = _counted(rows, "numbers of its rules")
            base = _counted(policies[baseline], f"numbers of {baseline}")
            facts.append(Fact(f"behind the verdict on {name}", f"{own}; {base}"))
    tables = [_by_part(scenario)]
    folded = [_listed(f"assumed numbers of the scenario {settings.scenario(0).name}", scenario)]
    folded += [_listed(f"assumed numbers of {name}", rows) for name, rows in policies.items()]
    return Section(
        "rests-on",
        "What this rests on",
        (
            (
                "An interval covers chance alone. What follows holds if the numbers below hold,"
                " and most"
                " of them are assumed: nobody measured them. A verdict is as good as they are."
            ),
        ),
        facts=tuple(facts),
        tables=tuple(tables),
        folded=tuple(table for table in folded if table.rows),
    )


def _counted(rows: Sequence[tuple[str, str, str, str]], what: str) -> str:
    assumed = sum(row[2] == ASSUMED for row in rows)
    return f"{assumed:,} of {len(rows):,} {what} are assumed"


def _by_part(rows: Sequence[tuple[str, str, str, str]]) -> Table:
    """Return how many numbers of each part of the scenario are assumed."""
    every = Counter(_part(row[0]) for row in rows)
    assumed = Counter(_part(row[0]) for row in rows if row[2] == ASSUMED)
    return Table(
        "Numbers of the scenario, by part",
        ("part", "numbers", "assumed"),
        tuple((part, f"{count:,}", f"{assumed[part]:,}") for part, count in every.items()),
    )


def _part(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]


def _listed(title: str, rows: Sequence[tuple[str, str, str, str]]) -> Table:
    found = [row for row in rows if row[2] == ASSUMED]
    lines = [(path, value, _short(text)) for path, value, _, text in found[:MOST_ROWS]]
    more = len(found) - len(lines)
    caption = f"{title[0].upper()}{title[1:]}{f', without {more:,} more' if more else ''}"
    return Table(caption, ("number", "value", "why"), tuple(lines), frozenset({1, 2}))


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= MOST_TEXT else f"{plain[: MOST_TEXT - 1].rstrip()}\u2026"

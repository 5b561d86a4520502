"""A description on standard output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from experiments.terminal import Column, print_facts, print_table, say

if TYPE_CHECKING:
    from experiments.show.describe import Description, Rows

WHOLE: Final = ("desk", "instrument", "report", "outcome", "code", "told unasked", "answered")
"""Columns whose words stay on one line."""


def print_description(found: Description, *, parameters: bool) -> None:
    """Print a description: a line, facts, tables, and a count or a list of parameters."""
    say(f"{found.kind} {found.name}: {found.meaning}")
    print_facts(found.facts)
    for heading, rows in found.tables.items():
        if rows:
            _print_table(heading, rows)
    if parameters:
        columns = [
            Column("parameter"),
            Column("value", "text"),
            Column("kind"),
            Column("source", "text"),
        ]
        print_table(columns, found.sources, title="parameters")
    assumed = sum(row.kind == "assumed" for row in found.sources)
    where = "" if parameters else "; --parameters lists them with their sources"
    say(f"{len(found.sources)} parameters, {assumed} assumed{where}")


def _print_table(title: str, rows: Rows) -> None:
    lines = [{name: str(value) for name, value in row.items()} for row in rows]
    if "rule" in lines[0]:  # a number is no name to stand alone above a row
        lines = [{**line, "rule": f"{line['rule']} {line['meaning']}"} for line in lines]
        for line in lines:
            del line["meaning"]
    columns = [Column(name, "name" if name in WHOLE else "text") for name in lines[0]]
    print_table(columns, [list(line.values()) for line in lines], title=title)

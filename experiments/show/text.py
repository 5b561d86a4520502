"""A description on standard output."""

from __future__ import annotations

from typing import Final

from experiments.show.describe import Description
from experiments.terminal import console, grid

SHORT: Final = ("told unasked", "answered", "takes")
"""Columns whose words stay on one line."""


def print_description(found: Description, *, parameters: bool) -> None:
    """Print a description: a line, facts, tables, and a count or a list of parameters."""
    out = console()
    out.print(f"{found.kind} {found.name}: {found.meaning}\n")
    facts = grid("", "")
    facts.show_header = False
    for name, value in found.facts.items():
        facts.add_row(name, value)
    out.print(facts)
    for heading, rows in found.tables.items():
        if rows:
            table = grid(*rows[0], title=heading)
            table.collapse_padding = True
            for column in table.columns:
                column.no_wrap = column.header in SHORT or column is table.columns[0]
            for row in rows:
                table.add_row(*map(str, row.values()))
            out.print(table)
    if parameters:
        table = grid("parameter", "value", "kind", "source", title="parameters")
        for source in found.sources:
            table.add_row(*source)
        out.print(table)
    assumed = sum(row.kind == "assumed" for row in found.sources)
    where = "" if parameters else "; --parameters lists them with their sources"
    out.print(f"{len(found.sources)} parameters, {assumed} assumed{where}")

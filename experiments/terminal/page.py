"""What everything is printed with, in the width of the terminal, or in 80 columns elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from experiments.errors import echo, visible
from experiments.terminal.layout import Column, Layout, fold, lay_out, turn

WIDTH: Final = 80
"""Columns where there is no terminal."""
NARROWEST: Final = 20


def width() -> int:
    """Return the columns to print in: what COLUMNS says, the terminal's own, or 80."""
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and int(said):
        return max(NARROWEST, int(said))
    try:
        found = os.get_terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else WIDTH
    except (OSError, ValueError):
        found = WIDTH
    return max(NARROWEST, found or WIDTH)


def say(text: str) -> None:
    """Print sentences, broken between words; a path or a command in them stays whole."""
    for line in visible(text).split("\n"):
        echo("\n".join(fold(line, width(), whole_words=True)))


def print_table(
    columns: Sequence[Column], rows: Iterable[Sequence[str]], *, title: str | None = None
) -> tuple[str, ...]:
    """Print a table and a line of room around it; return the headings that had no room."""
    import typer

    found = lay_out(columns, list(rows), width(), _rule())
    if title is not None:
        for line in fold(visible(title), width()):
            print(typer.style(line, bold=True) if sys.stdout.isatty() else line)  # noqa: T201 - made visible
    _print(found)
    return found.left_out


def print_facts(facts: Mapping[str, str]) -> None:
    """Print a line for each fact: its name, then what there is to say."""
    columns = [Column(name, "text") for name in facts]
    _print(Layout(turn(columns, [list(facts.values())], width())))


def tell_left_out(headings: Iterable[str]) -> None:
    """Say which columns of the tables above had no room, if any."""
    if names := ", ".join(headings):
        say(f"No room in {width()} columns for: {names}.")


def print_rows(
    headings: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[bool]
) -> None:
    """Print a table of anything; where it is too wide, each row as a block of lines.

    Parameters
    ----------
    right
        Which columns are written to the right, as numbers are.
    """
    columns = [
        Column(heading, "number" if is_right else "name")
        for heading, is_right in zip(headings, right, strict=True)
    ]
    _print(lay_out(columns, rows, width(), _rule(), stack=False))


def _print(found: Layout) -> None:
    echo("\n".join(["", *found.lines, ""]))


def _rule() -> str:
    """Return what lines are drawn with; some encodings have the plain one only."""
    return "─" if "utf" in (sys.stdout.encoding or "").lower() else "-"

"""Pieces of Markdown: cells, tables, two things side by side, tables of contents."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import Final

_SPECIAL: Final = {"\\": "\\\\", "*": "\\*", "<": "&lt;", "[": "\\[", "{": "\\{"}


def plain(text: str) -> str:
    """Return text in which only what stands in backquotes is marked up."""
    parts = text.replace("``", "`").split("`")
    if len(parts) % 2 == 0:
        return _escaped(text.replace("`", "'"))
    return "`".join(_escaped(part) if at % 2 == 0 else part for at, part in enumerate(parts))


def _escaped(text: str) -> str:
    return "".join(_SPECIAL.get(sign, sign) for sign in text)


def cell(text: str) -> str:
    """Return text on one line, as a cell of a table."""
    return plain(" ".join(text.split())).replace("|", "\\|")


def code(text: str) -> str:
    """Return text as code within a line, or in a cell."""
    shown = " ".join(text.split()).replace("|", "\\|")
    return f"`{shown}`" if "`" not in shown else f"`` {shown} ``"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; its cells are Markdown already."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def beside(rows: Iterable[tuple[str, str]]) -> str:
    """Return a table of Markdown on the left and YAML on the right."""
    lines = [":::::{list-table}", ":widths: 45 55", ":class: beside", ""]
    for words, yaml in rows:
        block = f"````yaml\n{yaml.rstrip()}\n````"
        lines += [f"* - {textwrap.indent(words, '    ').strip()}"]
        lines += [f"  - {textwrap.indent(block, '    ').strip()}"]
    return "\n".join([*lines, ":::::", ""])


def contents(pages: Iterable[str], caption: str | None = None) -> str:
    """Return a hidden table of contents, which Sphinx makes the navigation from."""
    title = [f":caption: {caption}"] if caption else []
    return "\n".join([":::{toctree}", ":hidden:", *title, "", *pages, ":::", ""])

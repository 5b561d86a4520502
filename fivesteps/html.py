"""Tables as a notebook shows them; whatever a name or a label says, it is shown and not obeyed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from experiments.errors import visible

_LEFT: Final = ' style="text-align: left"'
_RIGHT: Final = ' style="text-align: right"'


def safe(text: str) -> str:
    """Return text that stands for itself in HTML."""
    return escape(visible(text)).replace("\n", "<br>")


def paragraph(text: str) -> str:
    """Return a sentence."""
    return f"<p>{safe(text)}</p>"


def table(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    title: str = "",
    numbers: bool = True,
) -> str:
    """Return a table whose first column names its row.

    Parameters
    ----------
    numbers
        Whether the other columns hold numbers, which stand to the right.
    """

    def cells(row: Sequence[str], tag: str) -> str:
        first, *others = row
        told = (_cell(tag, text, right=numbers) for text in others)
        return f"<tr>{_cell('th', first)}{''.join(told)}</tr>"

    head = cells(headings, "th") if any(headings) else ""
    body = "".join(cells(row, "td") for row in rows)
    caption = f"<caption>{safe(title)}</caption>" if title else ""
    return f"<table>{caption}<thead>{head}</thead><tbody>{body}</tbody></table>"


def _cell(tag: str, text: str, *, right: bool = False) -> str:
    return f"<{tag}{_RIGHT if right else _LEFT}>{safe(text)}</{tag}>"

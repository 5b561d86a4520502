"""A page of text: how wide, how broken, how headed."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Final

WIDEST: Final = 100
NARROWEST: Final = 60
GAP: Final = "  "

_PIECES: Final = re.compile(r"[^-. ]*[-. ]+|[^-. ]+")


class Page:
    """Lines of text of some width; names are broken where they must be, and never cut."""

    def __init__(self, width: int = WIDEST) -> None:
        self.width = max(NARROWEST, min(WIDEST, width))
        self.lines: list[str] = []

    def part(self) -> None:
        """Draw a line across."""
        self.lines += ["", "=" * self.width]

    def section(self, title: str) -> None:
        """Begin a section, with an empty line before it but at the beginning of a part."""
        before = [] if self.lines[-1:] == ["=" * self.width] else [""]
        self.lines += [*before, title, "-" * len(title)]

    def say(self, text: str, indent: str = GAP, hanging: str | None = None) -> None:
        """Write a text, broken into lines; all but the first begin with `hanging`."""
        self.lines += textwrap.wrap(
            text,
            self.width,
            initial_indent=indent,
            subsequent_indent=indent if hanging is None else hanging,
            break_on_hyphens=False,
        )

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Write a table; headings that end in ``#`` are of numbers, which keep to one line."""
        right = [heading.endswith("#") for heading in headings]
        body = [list(row) for row in rows]
        cells = [[heading.rstrip("#") for heading in headings], *body]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        least = [
            max(len(row[place]) for row in body) if number and body else 1
            for place, number in enumerate(right)
        ]
        while sum(widths) + len(GAP) * len(widths) > self.width:
            wide = [(w, place) for place, w in enumerate(widths) if w > least[place]]
            if not wide:
                break
            widths[max(wide)[1]] -= 1
        for row in cells if any(cells[0]) else body:
            self.columns(["", *row], [0, *widths], [False, *right])

    def columns(
        self, cells: Sequence[str], widths: Sequence[int], right: Sequence[bool] | None = None
    ) -> None:
        """Write texts beside each other, each broken to a width of its own."""
        broken = [_broken(cell, width) for cell, width in zip(cells, widths, strict=True)]
        sides = right or [False] * len(cells)
        for parts in zip_longest(*broken, fillvalue=""):
            padded = (
                part.rjust(width) if number else part.ljust(width)
                for part, width, number in zip(parts, widths, sides, strict=True)
            )
            self.lines.append(GAP.join(padded).rstrip())


def _broken(text: str, width: int) -> list[str]:
    """Break a text at spaces; a name that is too long also after a point or a hyphen."""
    found: list[str] = []
    for line in textwrap.wrap(text, max(1, width), break_on_hyphens=False, break_long_words=False):
        at = ""
        for piece in _PIECES.findall(line) if len(line) > width else [line]:
            if at and len(at + piece.rstrip()) > width:
                found.append(at.rstrip())
                at = ""
            at += piece
            while len(at.rstrip()) > width:
                found.append(at[:width])
                at = at[width:]
        found.append(at.rstrip())
    return found

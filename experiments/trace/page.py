"""A page of text: how wide, how broken, how headed."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Final, Literal

from experiments.terminal import Column, fold, lay_out

WIDEST: Final = 100
NARROWEST: Final = 60

KINDS: Final[dict[str, Literal["number", "text"]]] = {"#": "number", "~": "text"}


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

    def say(self, text: str, indent: str = "  ", hanging: str | None = None) -> None:
        """Write a text, broken into lines; all but the first begin with `hanging`."""
        self.lines += textwrap.wrap(
            text,
            self.width,
            initial_indent=indent,
            subsequent_indent=indent if hanging is None else hanging,
            break_on_hyphens=False,
        )

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Write a table; headings that end in ``#`` are of numbers, in ``~`` of sentences."""
        columns = [
            Column(heading.rstrip("#~"), KINDS.get(heading[-1:], "name")) for heading in headings
        ]
        self.lines += lay_out(columns, list(rows), self.width).lines

    def columns(self, cells: Sequence[str], widths: Sequence[int]) -> None:
        """Write texts beside each other, each broken to a width of its own."""
        broken = [fold(cell, width) for cell, width in zip(cells, widths, strict=True)]
        for parts in zip_longest(*broken, fillvalue=""):
            padded = (part.ljust(width) for part, width in zip(parts, widths, strict=True))
            self.lines.append("  ".join(padded).rstrip())

"""Text of figures: drawn as written, measured with the font it is drawn in, and bounded.

Labels and units come from files that anybody may write. What the font cannot show is written as an
escape, so that two labels that differ look different; what is too long is broken into lines, and
shortened before its end, so that two labels that begin alike stay apart.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from matplotlib.ft2font import FT2Font

POINTS_IN: Final = 72
"""Points in an inch."""
LINE: Final = 1.25
"""Height of a line, as a multiple of the size of its letters."""
MOST_LINES: Final = 4
ELLIPSIS: Final = "\u2026"
MOST_MARKS: Final = 1
"""Marks on a letter that are drawn above each other; more would reach into other lines."""
SLACK: Final = 1.02
"""Letters are drawn on whole pixels, up to so much wider than they are."""

_UNSHOWN: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})
"""Categories of characters without a shape of their own."""
_SPACE: Final = re.compile(r"[^\S\u00a0]+")
_PIECE: Final = re.compile(r".+?(?: +|[-_/.+](?=[^\W\d])|$)")
"""Parts between which a line may end."""
_SIZE: Final = 1000
_LONGEST: Final = 100_000
"""Characters of a text that are looked at."""


def clean(text: str) -> str:
    """Return a text in one line, with what the font cannot show as escapes."""
    line = unicodedata.normalize("NFC", _SPACE.sub(" ", text[:_LONGEST]).strip())
    found, marks = [], 0
    for letter in line:
        marks = marks + 1 if unicodedata.combining(letter) else 0
        found.append(letter if _is_shown(letter) and marks <= MOST_MARKS else _escape(letter))
    return "".join(found)


def _is_shown(letter: str) -> bool:
    return unicodedata.category(letter) not in _UNSHOWN and ord(letter) in _letters()


def _escape(letter: str) -> str:
    if letter.isascii():
        return f"\\x{ord(letter):02x}"
    return letter.encode("ascii", "backslashreplace").decode()


def width_in(text: str, size_pt: float, *, bold: bool = False) -> float:
    """Return the width of a line of text, in inches."""
    return SLACK * size_pt * sum(_advance(letter, bold) for letter in text) / POINTS_IN


def height_in(text: str, size_pt: float) -> float:
    """Return the height of a text of some lines, in inches."""
    return LINE * size_pt * (text.count("\n") + 1) / POINTS_IN


def wrapped(
    text: str, room_in: float, size_pt: float, *, most: int = MOST_LINES, bold: bool = False
) -> str:
    """Break a text into at most `most` lines of at most `room_in` inches.

    A line ends at a space or, where none is near, within a name. A text that is still too long
    loses what stands in the middle.
    """

    def fits(line: str) -> bool:
        return width_in(line.rstrip(), size_pt, bold=bold) <= room_in

    lines = [""]
    for piece in _PIECE.findall(clean(text)):
        if fits(lines[-1] + piece):
            lines[-1] += piece
        elif fits(piece):
            lines.append(piece)
        else:  # longer than a line
            for letter in piece:
                if lines[-1] and not fits(lines[-1] + letter):
                    lines.append("")
                lines[-1] += letter
        if len(lines) > most + 1:
            break
    lines = [line.strip() for line in lines if line.strip()]
    if len(lines) > most:
        kept = lines[: most - 1]
        rest = clean(text)[sum(map(len, kept)) :]
        lines = [*kept, _shortened(rest, fits)]
    return "\n".join(lines)


def _shortened(text: str, fits: Callable[[str], bool]) -> str:
    """Return the beginning and the end of a text, as much of both as fits in a line."""
    start = end = 0
    while fits(text[: start + 1] + ELLIPSIS + text[len(text) - end :]):
        start += 1
        if not fits(text[:start] + ELLIPSIS + text[len(text) - end - 1 :]):
            break
        end += 1
    return text[:start].strip() + ELLIPSIS + text[len(text) - end :].strip()


@cache
def _advance(letter: str, bold: bool) -> float:  # noqa: FBT001 - a key
    """Return how far a letter moves the next one, as a multiple of its size."""
    from matplotlib.ft2font import LoadFlags

    glyph = _font(bold).load_char(ord(letter), flags=LoadFlags.NO_HINTING)
    return float(glyph.linearHoriAdvance) / 65536 / _SIZE


@cache
def _letters() -> frozenset[int]:
    return frozenset(_font(False).get_charmap()) & frozenset(_font(True).get_charmap())  # noqa: FBT003


@cache
def _font(bold: bool) -> FT2Font:  # noqa: FBT001 - a key
    from matplotlib import get_data_path
    from matplotlib.ft2font import FT2Font

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    font = FT2Font(str(Path(get_data_path()) / "fonts" / "ttf" / name))
    font.set_size(_SIZE, POINTS_IN)
    return font

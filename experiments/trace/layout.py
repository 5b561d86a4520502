"""Lines of text: how wide, how broken, how headed."""

from __future__ import annotations

import textwrap
from typing import Final

WIDTH: Final = 100


def wrapped(text: str, indent: str, hanging: str | None = None) -> list[str]:
    """Break a text into lines."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if hanging is None else hanging,
        break_on_hyphens=False,
    )


def fit(text: str, width: int) -> str:
    """Pad a text to a width, or cut it."""
    return f"{text:<{width}}" if len(text) <= width else f"{text[: width - 2]}.."


def section(title: str) -> list[str]:
    """Return the heading of a section."""
    return ["", title, "-" * len(title)]

"""Errors of declarations: each says where it is, which rule is broken and what to write."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, Self

UNSET: Final = object()
"""Stands for a value that is not there."""

SHOWN_LENGTH: Final = 60
SHOWN_OTHERS: Final = 5
SHOWN_NAMES: Final = 20


def dotted(path: Iterable[str | int]) -> str:
    """Write a path of keys and list positions as ``network.cells[2].members``."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text

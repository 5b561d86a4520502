"""What organisations and threats did in a lane, in words, for whoever asks why."""

from __future__ import annotations

from typing import Literal, NamedTuple

DeedKind = Literal["world", "case", "action", "alarm"]
"""Something happened in the world; work began or ended; something was done; a warning went out."""


class Deed(NamedTuple):
    """One thing that an organisation or a threat did."""

    tick: float
    """In ticks; within casework to a fraction."""
    actor: str
    """Organisation, or name of the threat."""
    kind: DeedKind
    subject: int
    text: str
    """What it did: a phrase that goes on from the actor's name."""

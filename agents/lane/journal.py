"""What organisations and threats did in a lane: in words for whoever asks why, and in numbers."""

from __future__ import annotations

from collections.abc import Mapping
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


class Fact(NamedTuple):
    """One thing that happened, in numbers: an event or a state that was found, never a sum.

    What is noted, by whom and with which numbers is told in ``docs/facts.md``.
    """

    tick: float
    """As of a deed."""
    actor: str
    """Organisation, place of work, or name of the threat."""
    what: str
    """What happened: ``case opened``, ``arrested``."""
    subject: int
    thing: str
    """What it happened to, by name: a procedure, a post, a kind of module; or nothing."""
    numbers: Mapping[str, float]
    """How much, by what it is."""

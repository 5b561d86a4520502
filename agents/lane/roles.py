"""What those who act in a lane are to each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import simpy

Listener = Callable[[int, str, str], None]
"""What hears of an addressed report: its subject, its class, who tells."""


class Resident(Protocol):
    """An organisation, as its lane deals with it."""

    name: str
    group: int
    subjects: set[int]
    """Subjects it has opened a case on."""

    def recognised(self, subject: int, desk: str) -> None:
        """Act on the first recognition of `subject` at a desk."""

    def listeners(self, desk: str, report: str) -> tuple[Listener, ...]:
        """Return what acts on addressed reports of a class that a desk reads."""


class JointTeam(Protocol):
    """A common investigation, as each of its members deals with it."""

    members: set[str]
    struck: simpy.Event
    """Fires on the action day."""

    def ready(self, member: str) -> None:
        """Note that a member's investigation is done."""


class Coordinator(Protocol):
    """Who brings states with a case on one subject together."""

    def team(self, subject: int) -> JointTeam | None:
        """Return the joint team on `subject`, if one exists or is being set up."""

    def verified(self, subject: int, state: str) -> None:
        """Take note that a state investigates."""

    def withdrew(self, subject: int, state: str) -> None:
        """Take note that a state has struck alone."""

"""What those who act in a lane are to each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

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


class Job(Protocol):
    """Work of some desks of an organisation, as the organisation deals with it."""

    def done_at(self) -> tuple[str, ...]:
        """Kinds of desk that do it."""

    def concerns(self, subject: int) -> bool:
        """Whether a subject is of a threat that it deals with."""

    def recognised(self, subject: int) -> None:
        """Act on the first recognition of `subject` at one of its desks."""

    def told(self, subject: int, report: str, teller: str) -> None:
        """Act on an addressed report of class `report` from `teller` that one of its desks read."""

    def hears(self, report: str) -> bool:
        """Whether addressed reports of class `report` may be of concern."""

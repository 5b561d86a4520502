"""What the rules speak of: reports, messages, streams of observations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sim.seam import EVERYONE, NEVER

Spot = tuple[int, int, int]
"""A subject, a place and an aspect."""


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What one unit wrote about one subject."""

    key: int
    cls: int
    subject: int
    origin: int
    made: int
    expires: int
    weight: int
    origins: int
    audience: int
    faces: int

    def alive(self, tick: int) -> bool:
        """Whether the report has not expired at `tick`."""
        return tick < self.expires

    @property
    def halves(self) -> tuple[int, int]:
        """The key's high and low 32 bits."""
        return self.key >> 32, self.key & 0xFFFFFFFF


class Draft(NamedTuple):
    """A report about to be made."""

    unit: int
    subject: int
    cls: int
    faces: int
    audience: int = EVERYONE


class Message(NamedTuple):
    """A report on its way over a channel, or come over it."""

    report: Report
    channel: int
    term: int


class Record(NamedTuple):
    """What came to a store: an entry, or a query."""

    report: Report
    query: bool
    faces: int
    back: int
    """The channel back to its owner, or -1."""
    until: int

    @property
    def key(self) -> int:
        """The key of its report."""
        return self.report.key

    @property
    def subject(self) -> int:
        """What it is about."""
        return self.report.subject

    def live(self, tick: int) -> bool:
        """Whether the store still has it at `tick`."""
        return tick < self.until and (self.query or self.report.alive(tick))


@dataclass(slots=True)
class Stream:
    """An observation stream and how far it is from its next observation."""

    sight: int
    unit: int
    subject: int
    spot: Spot
    key: int
    remaining: int = 0
    since: int = 0
    due: int = NEVER
    ordinal: int = 0

"""What may be done to a threat: the verbs of procedures, and protocols for other work.

`Lane.of` finds the threat that a subject belongs to. Who acts on it asks for the verbs that the
work needs, and knows no more of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from agents.lane.help import Modules
from agents.lane.travel import Daylight


class Blow(NamedTuple):
    """What a procedure does to a subject, whatever the verb."""

    places: tuple[int, ...]
    """States in which it is done."""
    by: str
    """Organisation that does it, and its how-manieth case on the subject: names it in draws."""
    share: float
    """Share of what is there that it reaches, or chance for each."""
    kept: float
    """Share of what is reached that lasts."""


Verb = Callable[[int, Blow], float]
"""A verb of a threat: a method of its agent that takes a subject and returns how much came of it.

Nothing comes of it where the subject is a coincidence, or nothing is there.
"""


class Malware(Protocol):
    """What those who handle incidents can do."""

    def warn(self, subject: int, place: int) -> None:
        """Warn the operators of a state."""

    def taken_up(self, subject: int, place: int) -> None:
        """Note that operators of a state now talk to those who handle the case."""

    def indicator_written(self, subject: int) -> None:
        """Note a new indicator."""

    def indicator_read(self, subject: int, group: str) -> None:
        """Note that an organisation read an indicator."""


class Hazard(Protocol):
    """What civil protection can ask and do; modules are counted, needs are in ground modules."""

    aircraft_worth: float
    """Ground modules that an aircraft is worth by day."""
    daylight: Daylight

    def place_of(self, subject: int) -> int:
        """State that a subject is about."""

    def is_current(self, subject: int) -> bool:
        """Whether a subject is about the present stretch of time."""

    def danger(self, place: int) -> float:
        """Danger in a state; 1 is the mean."""

    def is_burning(self, place: int) -> bool:
        """Whether a state needs any module now."""

    def spare(self, place: int) -> tuple[int, int]:
        """Return own aircraft and ground modules that are at home and not needed there."""

    def missing(self, place: int) -> int:
        """Need that neither means at work nor help on its way will meet, in whole modules."""

    def called(self, subject: int) -> None:
        """Note that a state has an emergency."""

    def watch(self, subject: int, ticks: float) -> None:
        """Have the emergency of a state last until its means have been enough for some time."""

    def mastered(self, subject: int) -> None:
        """Note that the emergency of a state is over."""

    def comes(self, subject: int, modules: Modules, sign: int) -> None:
        """Have modules set out for a state, or arrive (`sign` -1)."""

    def helps(self, subject: int, modules: Modules, sign: int) -> None:
        """Have modules begin to work in a state, or stop (`sign` -1)."""

    def lends(self, subject: int, giver: int, modules: Modules, sign: int) -> None:
        """Have modules of another state leave it, or be fit for work there again (`sign` -1)."""

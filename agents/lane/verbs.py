"""What may be done to a threat: a protocol for each set of verbs.

`Lane.of` finds the threat that a subject belongs to. Who acts on it asks for the verbs that the
work needs, and knows no more of it.
"""

from __future__ import annotations

from typing import Protocol

from agents.lane.help import Modules
from agents.lane.travel import Daylight


class Criminals(Protocol):
    """What investigators can do."""

    def hides(self, subject: int, place: int) -> bool:
        """Whether somebody wanted is in `place`."""

    def raid(self, subject: int, places: list[int], share: float, *, together: bool) -> None:
        """Arrest a share of those present in `places`."""

    def surrender(self, subject: int, place: int, success: float, issuer: str) -> None:
        """Arrest those wanted in `place` on a warrant, each with a chance of `success`."""

    def freeze(self, subject: int, place: int, share: float, kept: float) -> None:
        """Freeze a share of the liquid money in `place`, of which courts keep a share."""


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

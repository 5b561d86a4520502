"""The fire season of one lane, as those who fight its fires meet it."""

from __future__ import annotations

from typing import NamedTuple, cast

import mesa
import numpy as np
from numpy.typing import NDArray

from agents.lane import Daylight, Lane, Modules
from agents.mechanisms.fires.declaration import ForestFire, Means
from agents.mechanisms.fires.fires import I64, ONE, Fires
from sim.seam import NEVER


class Stretches(NamedTuple):
    """Subjects are states in stretches of time, all of one state after the other."""

    first: int
    """Number of the first subject."""
    number: int
    """Stretches in a season."""
    ticks: int
    """Length of one."""
    begins: int | None = None
    """Tick of the first, if the season ends with the last; if not, it is all of the run."""

    @property
    def first_tick(self) -> int:
        """Tick with which the season begins."""
        return self.begins or 0

    @property
    def end(self) -> int:
        """Tick before which the season ends."""
        return NEVER if self.begins is None else self.begins + self.number * self.ticks

    def is_season(self, tick: int) -> bool:
        """Whether a tick is in the season."""
        return self.first_tick <= tick < self.end

    def at(self, tick: int) -> int:
        """Return the number of the stretch at a tick: the nearest, if it is not in the season."""
        return min(max(tick - self.first_tick, 0) // self.ticks, self.number - 1)

    def subject(self, place: int, tick: int) -> int:
        """Return the subject of a state's danger at a tick."""
        return self.subject_in(place, self.at(tick))

    def subject_in(self, place: int, stretch: int) -> int:
        """Return the subject of a state's danger in a stretch."""
        return self.first + place * self.number + stretch

    def place_of(self, subject: int) -> int:
        """Return the state that a subject is about."""
        return (subject - self.first) // self.number

    def of(self, subject: int) -> int:
        """Return the stretch that a subject is about."""
        return (subject - self.first) % self.number


class Emergencies(NamedTuple):
    """Emergencies that states have called, in all lanes; arrays of shape (L, P)."""

    are_open: NDArray[np.bool_]
    watch: I64
    """Ticks for which national means have to be enough before an open one is over."""


def _add(aircraft: I64, ground: I64, at: tuple[int, int], modules: Modules, sign: int) -> None:
    """Add modules to counts of lanes and states, or take them away."""
    if modules.aircraft:
        aircraft[at] += sign * modules.aircraft
    if modules.ground:
        ground[at] += sign * modules.ground


class FireSeason(mesa.Agent):
    """What organisations may ask of the fires of one lane, and do about them."""

    __slots__ = (
        "_stretches",
        "daylight",
        "emergencies",
        "fires",
        "lane",
    )

    def __init__(self, lane: Lane, stretches: Stretches) -> None:
        super().__init__(lane)
        self.lane, self._stretches = lane, stretches
        self.daylight = Daylight(self._means.dawn.value, self._means.dusk.value)
        self.fires: Fires
        self.emergencies: Emergencies
        """These two are of all lanes, and there from the start of the run on."""

    @property
    def _means(self) -> Means:
        """What is declared of national means now."""
        return cast("ForestFire", self.lane.declared(self._stretches.first)).means

    @property
    def aircraft_worth(self) -> float:
        """Ground modules that an aircraft is worth by day."""
        return self._means.aircraft_worth.value

    # What they ask -------------------------------------------------------------------------------

    def place_of(self, subject: int) -> int:
        """State that a subject is about."""
        return self._stretches.place_of(subject)

    def is_current(self, subject: int) -> bool:
        """Whether a subject is about the present stretch of time."""
        stretches, tick = self._stretches, self.lane.tick
        return stretches.is_season(tick) and stretches.of(subject) == stretches.at(tick)

    def danger(self, place: int) -> float:
        """Danger in a state; 1 is the mean of a season, and there is none outside of it."""
        return self.fires.danger.item(self.lane.number, place) / ONE

    def is_burning(self, place: int) -> bool:
        """Whether large fires burn in a state."""
        return self.fires.need.item(self.lane.number, place) > 0

    def spare(self, place: int) -> tuple[int, int]:
        """Return own aircraft and ground modules that are at home and not needed there."""
        fires, number = self.fires, self.lane.number
        aircraft, ground = fires.own_means_at(number, place)
        if need := fires.need.item(number, place):
            aircraft -= fires.aircraft_needed(number, place)
            ground -= -(-need // ONE)
        return aircraft, ground

    def missing(self, place: int) -> int:
        """Need that neither means at work nor help on its way will meet, in whole modules."""
        missing = self.fires.missing_at(self.lane.number, place)
        return -(-max(missing, 0) // ONE)

    # What they do --------------------------------------------------------------------------------

    def called(self, subject: int) -> None:
        """Note that a state has an emergency."""
        self.emergencies.are_open[self._at(subject)] = True
        self.emergencies.watch[self._at(subject)] = 0

    def watch(self, subject: int, ticks: float) -> None:
        """Have the emergency of a state last until its means have been enough for some time."""
        self.emergencies.watch[self._at(subject)] = round(ticks)

    def mastered(self, subject: int) -> None:
        """Note that the emergency of a state is over."""
        self.emergencies.are_open[self._at(subject)] = False

    def comes(self, subject: int, modules: Modules, sign: int) -> None:
        """Have modules set out for a state, or arrive (`sign` -1)."""
        fires = self.fires
        _add(fires.coming_aircraft, fires.coming_ground, self._at(subject), modules, sign)

    def helps(self, subject: int, modules: Modules, sign: int) -> None:
        """Have modules begin to work in a state, or stop (`sign` -1)."""
        fires = self.fires
        _add(fires.help_aircraft, fires.help_ground, self._at(subject), modules, sign)

    def lends(self, subject: int, giver: int, modules: Modules, sign: int) -> None:
        """Have modules of another state leave it, or be fit for work there again (`sign` -1)."""
        del subject
        fires, at = self.fires, (self.lane.number, giver)
        _add(fires.lent_aircraft, fires.lent_ground, at, modules, sign)

    def _at(self, subject: int) -> tuple[int, int]:
        return self.lane.number, self._stretches.place_of(subject)

"""All plots and coincidences of one lane, and what procedures do about them."""

from __future__ import annotations

import mesa

from agents.lane import Blow, Lane
from agents.mechanisms.plot.conspiracy import Conspiracy
from agents.mechanisms.plot.declaration import STAGES, Plot
from agents.mechanisms.plot.ledger import Ledger, Watches
from scenarios import ThreatSpec


class Plotters(mesa.Agent):
    """The agent of the threat in a lane.

    Who is watched, which targets are protected and what is taken down goes by what organisations
    believe, also where it is a coincidence; nothing else comes of what is done to one.
    """

    def __init__(self, lane: Lane, first: int) -> None:
        super().__init__(lane)
        self.lane, self._first = lane, first
        self.ledger = Ledger()
        day = 24 / lane.layout.scenario.tick_h
        self.watches = Watches(self.ledger, day)
        self.plots: list[Conspiracy] = []
        self._of: dict[int, Conspiracy] = {}
        self._protected: dict[int, float] = {}
        """Until when targets are protected, by place."""
        self._gains: dict[tuple[int, int, str], float] = {}
        """How much more is seen of those who are watched, by subject, place and watcher."""
        self._removed: list[float] = []
        """When content that was taken down is there again."""

    def add(self, plot: Conspiracy) -> None:
        """Put a plot in."""
        self.plots.append(plot)
        self._of[plot.subject] = plot

    def spec_of(self, subject: int) -> Plot:
        """Return what its threat says now."""
        declared: ThreatSpec = self.lane.declared(subject)
        if not isinstance(declared, Plot):
            raise TypeError(type(declared).__name__)
        return declared

    @property
    def exposure(self) -> float:
        """Content that is met now, as a share of what there was."""
        arrivals, now = self.spec_of(self._first).arrivals, self.lane.now
        self._removed = [until for until in self._removed if until > now]
        left: float = (1 - arrivals.removed.value) ** len(self._removed)
        return arrivals.exposure.value * left

    def is_protected(self, place: int, tick: float) -> bool:
        """Whether the targets of a state are protected."""
        return self._protected.get(place, -1.0) > tick

    # Verbs --------------------------------------------------------------------------------------

    def watch(self, subject: int, blow: Blow) -> float:
        """Watch whoever is suspected: more is seen of them, whether or not there is anything."""
        lane, (place, *_) = self.lane, blow.places
        real, persons = lane.is_real(subject), self._suspects(subject, place)
        key = subject, place, blow.by
        if not self.watches.begin(key, lane.now, persons, real=real):
            return 0
        lane.fact("plot", "watch begins", subject, blow.by, place=place, persons=persons)
        self._see(subject, place, self.spec_of(subject).struck.seen_more.value, blow.by)
        return 1

    def release(self, subject: int, blow: Blow) -> float:
        """Watch them no more."""
        lane, (place, *_) = self.lane, blow.places
        key = subject, place, blow.by
        persons = self.watches.end(key, lane.now, real=lane.is_real(subject))
        if persons is None:
            return 0
        lane.fact("plot", "watch ends", subject, blow.by, place=place, persons=persons)
        self._see(subject, place, None, blow.by)
        return 1

    def _suspects(self, subject: int, place: int) -> int:
        """Persons who are watched in a state: those of the plot there, or of the coincidence."""
        plot = self._of.get(subject)
        if plot is not None:
            return max(1, plot.persons.count(place))
        persons = self.spec_of(subject).decoys.persons
        return 1 if persons is None else persons.value

    def _see(self, subject: int, place: int, gain: float | None, by: str) -> None:
        """Let more be seen of somebody in a state from now on; None: as much as before."""
        key = subject, place, by
        change = -self._gains.pop(key) if gain is None else gain
        if gain is not None:
            self._gains[key] = gain
        for aspect in range(len(STAGES)):
            self.lane.watch_closer(subject, (place,), change, aspect)

    def arrest(self, subject: int, blow: Blow) -> float:
        """Arrest persons in some states; return how many."""
        plot = self._of.get(subject)
        return plot.arrest(blow.places, blow.share, blow.by, self.lane.now) if plot else 0

    def convict(self, subject: int, blow: Blow) -> float:
        """Try those who were arrested; return how many are guilty."""
        plot = self._of.get(subject)
        return plot.convict(blow.places, blow.share, blow.by, self.lane.now) if plot else 0

    def disengage(self, subject: int, blow: Blow) -> float:
        """Talk to persons in some states; return how many leave."""
        plot = self._of.get(subject)
        return plot.disengage(blow.places, blow.share, blow.by, self.lane.now) if plot else 0

    def deny(self, subject: int, blow: Blow) -> float:
        """Withhold money or materials; return whether somebody was in need of them."""
        plot = self._of.get(subject)
        return plot.deny(blow.places, blow.share, blow.by, self.lane.now) if plot else 0

    def protect(self, subject: int, blow: Blow) -> float:
        """Protect the targets of some states for a while."""
        lane = self.lane
        until = lane.now + lane.durations.ticks(self.spec_of(subject).attack.protected_for)
        for place in blow.places:
            self._protected[place] = max(until, self._protected.get(place, 0.0))
            lane.fact("plot", "targets protected", subject, place=place, until=until)
        return len(blow.places)

    def remove(self, subject: int, blow: Blow) -> float:
        """Have content taken down; it comes back elsewhere after a while."""
        lane = self.lane
        back = lane.durations.ticks(self.spec_of(subject).arrivals.comes_back)
        self._removed.append(lane.now + back)
        self.ledger.enter(blow.places[0], content_removed=1)
        place, until = blow.places[0], lane.now + back
        lane.fact("plot", "content removed", subject, place=place, until=until)
        return 1

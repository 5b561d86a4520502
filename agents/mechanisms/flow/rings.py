"""The rings of one lane: who sends loads over a route, and what is done to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, cast

import mesa

from agents.lane import NO_PLACE, Blow, Lane, choose, whole_number
from agents.mechanisms.flow.declaration import Flow
from agents.mechanisms.flow.stream import Stream
from scenarios.schema import MOST_CODES

_MOST_GROUPS: Final = 4096
_TRAVEL, _CONTACT, _PAYMENT = 0, 1, 2
"""Aspects, in the order of the declaration."""


@dataclass(slots=True)
class Known:
    """When a ring began, when somebody first knew of it, and when it ended; ticks."""

    began: float
    first: dict[str, float] = field(default_factory=dict)
    """By organisation."""
    ended: float | None = None


@dataclass(slots=True)
class Ring:
    """Those who send loads over a route, and those who took their place."""

    number: int
    members: dict[int, int] = field(default_factory=dict)
    """By state."""
    first_size: int = 0
    homes: tuple[int, ...] = ()
    """States in which it is paid."""
    group: int = 0
    """Rings that were there before."""
    is_active: bool = True
    back_at: float | None = None
    liquid: float = 0.0
    """Euro put aside and not laundered yet."""
    booked: int = 0
    """Items of which it has had its fees."""
    known: list[Known] = field(default_factory=list)
    """One for each group."""


class Traffic(mesa.Agent):
    """All rings of a lane, and what procedures do to them."""

    stream: Stream
    """Of all lanes, and there from the start of the run on."""

    def __init__(self, lane: Lane, first: int, rings: int) -> None:
        super().__init__(lane)
        self.lane, self.first = lane, first
        self.rings = [Ring(number) for number in range(rings)]
        self._draws = lane.draws_of(lane.threat_of(first))
        self.arrested: dict[int, int] = {}
        """Facilitators arrested, by state."""
        self.frozen: dict[int, float] = {}
        """Euro frozen, by state."""
        self.broken = 0
        self.replaced = 0
        self._week = 0

    @property
    def spec(self) -> Flow:
        """What is declared of it now."""
        return cast("Flow", self.lane.declared(self.first))

    def begin(self, ring: Ring) -> None:
        """Let a ring settle on the way of its route and in some states besides."""
        lane, spec, plan, name = self.lane, self.spec.rings, self.stream.plan, self._name(ring)
        members = list(lane.layout.atlas.members.values())
        weight = [member.population**0.5 for member in members]
        homes = []
        for number in range(whole_number(self._draws, spec.homes, "flow:homes", name)):
            homes.append(choose(self._draws, weight, "flow:home", name, number))
            weight[homes[-1]] = 0.0
        ring.homes = tuple(homes)
        landing = int(plan.landing[ring.number])
        places = [landing, *(home for home in homes if home != landing)]
        size = whole_number(self._draws, spec.members, "flow:members", name)
        ring.members = {
            place: (size + turn) // len(places) for turn, place in enumerate(reversed(places))
        }
        ring.first_size, ring.is_active, ring.back_at = size, True, None
        ring.known.append(Known(lane.now))
        lane.fact("ring", "ring begins", self.first + ring.number, group=ring.group, members=size)
        self._set_strength(ring)

    def _name(self, ring: Ring) -> int:
        return ring.number * _MOST_GROUPS + ring.group

    def _set_strength(self, ring: Ring) -> None:
        whole = sum(ring.members.values()) / ring.first_size
        self.stream.strength[self.lane.number, ring.number] = whole if ring.is_active else 0.0

    # What they do every week -------------------------------------------------------------------

    def step(self) -> None:
        """Live a week: be paid, launder, recruit, or come back as another ring; show it."""
        self._week += 1
        for ring in self.rings:
            self._earn(ring)
            if ring.is_active:
                self._recruit(ring)
            elif ring.back_at is not None and self.lane.now >= ring.back_at:
                self._return(ring)
            self.show(ring)

    def _earn(self, ring: Ring) -> None:
        spec, at = self.spec.rings, (self.lane.number, ring.number)
        books = self.stream.books
        items = int((books.set_out if spec.paid == "setting-out" else books.through)[at])
        ring.liquid += (items - ring.booked) * spec.fee.value * spec.liquid.value
        ring.liquid *= 1 - spec.laundered_per_week.value
        ring.booked = items

    def _recruit(self, ring: Ring) -> None:
        chance = self.spec.rings.recruits_per_week.value
        name = self._name(ring)
        if sum(ring.members.values()) < ring.first_size and self._draws.chance(
            chance, "flow:recruit", name, self._week
        ):
            fewest = min(ring.members, key=lambda place: (ring.members[place], place))
            ring.members[fewest] += 1
            self._set_strength(ring)

    def _return(self, ring: Ring) -> None:
        """Let another ring take the place, of which nobody knows anything."""
        lane, subject = self.lane, self.first + ring.number
        ring.group += 1
        self.replaced += 1
        lane.engine.spend(lane.number, subject, links=True)
        ring.known[-1].first = lane.recognitions_of(subject)
        lane.forget_recognitions(subject)
        self.begin(ring)
        lane.note("ring", "world", subject, "is replaced by another one")

    def show(self, ring: Ring) -> None:
        """Set what there is to see of a ring: loads that were met last week, and payments."""
        lane, books, plan = self.lane, self.stream.books, self.stream.plan
        at, subject = lane.number, self.first + ring.number
        met: dict[int, float] = {}
        for stage in plan.points_in(ring.number, NO_PLACE):
            place = int(plan.place[plan.point[stage, ring.number]])
            loads = float(books.met_week[at, stage, ring.number])
            if place != NO_PLACE and loads:
                met[place] = met.get(place, 0.0) + loads
        paid = float(books.sent_week[at, ring.number]) / max(len(ring.homes), 1)
        lane.set_activity(subject, met, _TRAVEL)
        lane.set_activity(subject, met, _CONTACT)
        lane.set_activity(subject, dict.fromkeys(ring.homes, paid) if paid else {}, _PAYMENT)

    # What is done to them ----------------------------------------------------------------------

    def _ring(self, subject: int) -> Ring | None:
        number = subject - self.first
        return self.rings[number] if number < len(self.rings) else None

    def _way(self, subject: int, place: int) -> list[tuple[int, int]]:
        """Return stages and checkpoints of a state that a ring's loads come to; none of others."""
        ring, plan = self._ring(subject), self.stream.plan
        if ring is None:
            return []
        stages = plan.points_in(ring.number, place)
        return [(stage, int(plan.point[stage, ring.number])) for stage in stages]

    def expect(self, subject: int, blow: Blow) -> float:
        """Have checkpoints look for the loads of a ring; it costs them whether there are any."""
        return self._order(subject, blow, 1)

    def dismiss(self, subject: int, blow: Blow) -> float:
        """Have them look for it no longer."""
        return self._order(subject, blow, -1)

    def _order(self, subject: int, blow: Blow, sign: int) -> float:
        stream, lane = self.stream, self.lane.number
        for place in blow.places:
            way = self._way(subject, place)
            bound = {point for _, point in way}
            if place != NO_PLACE:
                bound.update((stream.plan.place == place).nonzero()[0].tolist())
            for point in sorted(bound):
                stream.busy[lane, point] += sign
            for stage, _ in way:
                stream.expected[lane, stage, subject - self.first] += sign
        return 1.0

    def reinforce(self, subject: int, blow: Blow) -> float:
        """Send a patrol to where the loads of a ring come; where there are none, it is wasted."""
        return self._patrol(subject, blow, 1)

    def withdraw(self, subject: int, blow: Blow) -> float:
        """Call it back."""
        return self._patrol(subject, blow, -1)

    def _patrol(self, subject: int, blow: Blow, sign: int) -> float:
        for place in blow.places:
            for _, point in self._way(subject, place):
                self.stream.reinforced[self.lane.number, point] += sign
        return 1.0

    def arrest(self, subject: int, blow: Blow) -> float:
        """Arrest members of a ring in some states, each with a chance; return how many."""
        ring = self._ring(subject)
        if ring is None:
            return 0
        taken = sum(self._arrest_in(ring, place, blow) for place in blow.places)
        if taken:
            left = sum(ring.members.values()) / ring.first_size
            if ring.is_active and left < self.spec.rings.falls_apart.value:
                self._fall_apart(ring)
            self._set_strength(ring)
        return taken

    def _arrest_in(self, ring: Ring, place: int, blow: Blow) -> int:
        lane, subject = self.lane, self.first + ring.number
        name = self._name(ring) * MOST_CODES + place
        there = ring.members.get(place, 0)
        taken = sum(
            self._draws.chance(blow.share, "flow:arrest", name, one, blow.by)
            for one in range(there)
        )
        if taken:
            ring.members[place] -= taken
            self.arrested[place] = self.arrested.get(place, 0) + taken
            lane.fact("ring", "facilitators arrested", subject, place=place, taken=taken)
            text = f"loses {taken} members in {lane.groups[place]}"
            lane.note("ring", "world", subject, text)
        return taken

    def _fall_apart(self, ring: Ring) -> None:
        lane, spec, subject = self.lane, self.spec.rings, self.first + ring.number
        ring.is_active = False
        ring.members = dict.fromkeys(ring.members, 0)
        ring.known[-1].ended = lane.now
        self.broken += 1
        lane.fact("ring", "ring falls apart", subject, group=ring.group)
        lane.note("ring", "world", subject, "falls apart")
        if self._draws.chance(spec.replaced.value, "flow:replaced", self._name(ring)):
            ring.back_at = lane.now + lane.durations.ticks(spec.replaced_after)

    def freeze(self, subject: int, blow: Blow) -> float:
        """Freeze money of a ring where it is paid; return how much."""
        ring, frozen = self._ring(subject), 0.0
        if ring is None:
            return 0
        for place in (one for one in blow.places if one in ring.homes):
            taken = ring.liquid / len(ring.homes) * blow.share
            ring.liquid -= taken
            frozen += taken
            self.frozen[place] = self.frozen.get(place, 0.0) + taken
            self.lane.fact("ring", "fees frozen", subject, place=place, euro=taken)
        return frozen

    def books(self, ring: Ring) -> list[Known]:
        """Return when each group of a ring was known, up to now."""
        ring.known[-1].first = self.lane.recognitions_of(self.first + ring.number)
        return ring.known

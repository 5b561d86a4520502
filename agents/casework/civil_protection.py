"""Civil protection of a Member State: calls for help, weighs what it can spare, sends modules."""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Final

from agents.casework.job import Job, State
from agents.casework.means import Means
from agents.lane import (
    KINDS,
    NOTHING,
    Call,
    Hazard,
    Modules,
    Offer,
    Standby,
    Step,
)
from scenarios.schema import Assistance, declared
from sim.seam import Either

DESK: Final = "civil-protection"


class CivilProtection(Job):
    """The operations centre of one state, with its aircraft and ground modules."""

    __slots__ = (
        "_cautious_until",
        "_heard",
        "_help",
        "_known",
        "_near_danger",
        "_offers_read",
        "_reach",
        "_situations_read",
        "means",
        "recognised_danger",
        "standbys",
    )

    block: ClassVar = "assistance"
    desks: ClassVar = (DESK,)

    def __init__(self, state: State) -> None:
        super().__init__(state)
        lane = self.lane
        self.means = Means(lane, self.name, self.place)
        self._help = lane.help
        self._help.responders[self.place] = self
        self.standbys = self._help.standbys.setdefault(self.place, [])
        """Modules on stand-by for others, now or before."""
        self._near_danger: list[int] = []
        """Subjects recognised that are about neighbours."""
        self.recognised_danger: set[int] = set()
        """Subjects whose danger it has recognised."""
        self._heard: dict[int, int] = {}
        """Calls that it has weighed: how often the state had called by then."""
        self._known: dict[int, Modules] = {}
        """What it knows others to have offered since the state last called."""
        self._offers_read: dict[tuple[int, str], int] = {}
        self._situations_read: dict[int, int] = {}
        range_km = self.spec.ground_range_km.value
        self._reach = frozenset(
            place for place, km in enumerate(lane.geography.km[self.place]) if km <= range_km
        )
        """States that ground modules can be sent to."""
        self._cautious_until = -1.0

    @property
    def spec(self) -> Assistance:
        """How it helps now."""
        return declared(self.lane.casework.assistance)

    def _hazard(self, subject: int) -> Hazard:
        hazard: Hazard = self.lane.of(subject)
        return hazard

    # What it hears -------------------------------------------------------------------------------

    def recognised(self, subject: int) -> None:
        """Be ready for the danger of another state; know of one's own."""
        self.recognised_danger.add(subject)
        place = self._hazard(subject).place_of(subject)
        if place != self.place:
            if place in self.lane.geography.near[self.place]:
                self._near_danger.append(subject)
            self._prepare(subject, place)

    def told(self, subject: int, report: str, teller: str) -> None:
        """Weigh a call, answer an offer, take note of what others do."""
        if report == "assistance-request":
            call = self._call_of(teller)
            if call is not None and call.place != self.place:
                self._weigh(call)
        elif report == "offer":
            self._read_offer(subject, teller)
        elif report == "situation":
            self._read_situation(subject)
        elif report == "picture":
            self._cautious_until = self.lane.now + self.lane.durations.ticks(self.spec.caution)

    def _call_of(self, teller: str) -> Call | None:
        return self._help.open_calls.get(self.lane.layout.places[teller])

    def _read_offer(self, subject: int, giver: str) -> None:
        call = self._help.latest_call(subject)
        offer = call.next_offer(giver, self._offers_read) if call else None
        if call is None or offer is None:
            return
        if call.place == self.place:
            offer.read = self.lane.now
            self._fact("offer read", call, offer.modules, giver)
            if call.first_offer is None:
                call.first_offer = self.lane.now
            names = offer.giver, call.key, call.calls
            self.lane.later("answering", *names, then=partial(self._answer, call, offer))
        else:
            known = self._known.get(call.key, NOTHING)
            self._known[call.key] = known.plus(offer.modules)

    def _read_situation(self, subject: int) -> None:
        """Learn what was offered when the report was written; reports are read in their order."""
        written = self._help.situations.get(subject, ())
        turn = self._situations_read.get(subject, 0)
        if turn < len(written):
            self._situations_read[subject] = turn + 1
            key, calls, offered = written[turn]
            known = self._known.get(key, NOTHING)
            if calls == self._heard.get(key) and offered.total > known.total:
                self._known[key] = offered

    # In need -------------------------------------------------------------------------------------

    def outgrown(self, subject: int) -> None:
        """Call for help, or call again for what is still missing."""
        lane = self.lane
        call = self._help.open_calls.get(self.place)
        if call is None:
            call = self._help.open(
                self.place, subject, lane.named(subject), lane.now, lane.environment.event()
            )
            self._hazard(subject).called(subject)
            lane.note(self.name, "case", subject, "fires outgrow national means")
            self._fact("means outgrown", call, NOTHING)
            lane.start(self._ask(call))
        elif call.calls:
            lane.start(self._ask(call))

    def _ask(self, call: Call) -> Step:
        lane, spec = self.lane, self.spec
        delay = lane.durations.draw(lane.draws, "asking", call.key, call.calls)
        if call.subject in self.recognised_danger:
            delay *= spec.asking_when_aware.value
        yield lane.environment.timeout(delay)
        hazard = self._hazard(call.subject)
        missing = hazard.missing(self.place)
        if not call.is_open:
            return
        if missing <= spec.call_at.value:
            if not call.calls:
                self._master(call)
            return
        aircraft = -(-missing * spec.aircraft_share.value // hazard.aircraft_worth)
        ground = -(-missing * (1 - spec.aircraft_share.value) // 1)
        call.wanted = Modules(int(aircraft), int(ground))
        call.asked = call.committed.plus(call.wanted)
        call.calls += 1
        if call.first_call is None:
            call.first_call = lane.now
            hazard.watch(call.subject, lane.durations.ticks(spec.watch))
        self._fact("calls for help", call, call.wanted)
        lane.note(self.name, "alarm", call.subject, "calls for {}", call.wanted)
        lane.write(f"{self.name}.{DESK}", call.subject, "assistance-request")

    def _answer(self, call: Call, offer: Offer) -> None:
        """Accept what is still needed, in the order of arrival; refuse the rest."""
        lane = self.lane
        if not offer.is_open:
            return
        still = call.asked.minus(call.committed) if call.is_open else NOTHING
        offer.accepted = offer.modules.at_most(still)
        refused = offer.modules.minus(offer.accepted)
        self._help.refused += refused.total
        self._fact("offer answered", call, offer.modules, offer.giver)
        self._fact("modules accepted", call, offer.accepted, offer.giver)
        if offer.accepted.total:
            text = "accepts {} of {}"
            lane.note(self.name, "case", call.subject, text, offer.accepted, offer.giver)
            self._hazard(call.subject).comes(call.subject, offer.accepted, 1)
        if refused.total:
            text = "refuses {} of {}"
            lane.note(self.name, "case", call.subject, text, refused, offer.giver)
        offer.is_open = False
        offer.answered.succeed()

    def calm(self, subject: int) -> None:
        """Release all help: national means are enough again."""
        del subject
        call = self._help.open_calls.get(self.place)
        if call is not None:
            self._master(call)

    def _master(self, call: Call) -> None:
        text = "needs no more help" if call.calls else "masters its fires without a call"
        self.lane.note(self.name, "case", call.subject, text)
        if call.is_open:
            self._help.close(call, self.lane.now)
            self._fact("call ends", call, NOTHING)
            self._hazard(call.subject).mastered(call.subject)
            self.lane.fire(call.ended)

    # Ready to help -------------------------------------------------------------------------------

    def spare(self, hazard: Hazard) -> Modules:
        """Modules beyond what own fires, own danger and promises need."""
        air, ground = hazard.spare(self.place)
        if air <= 0 and ground <= 0:
            return NOTHING
        share = self._reserve_share(hazard)
        aircraft_owned, ground_owned = self.means.owned
        aircraft_held, ground_held = self.means.held
        aircraft_ready, ground_ready = self._ready()
        air -= int(-(-aircraft_owned * share // 1)) + aircraft_held + aircraft_ready
        ground -= int(-(-ground_owned * share // 1)) + ground_held + ground_ready
        return Modules(max(air, 0), max(ground, 0))

    def _ready(self) -> Modules:
        """Modules on stand-by now, for whomever."""
        total = NOTHING
        if self.standbys:
            now = self.lane.now
            for standby in self.standbys:
                if standby.until > now:
                    total = total.plus(standby.left)
        return total

    def _ready_for(self, subject: int) -> Standby | None:
        """Modules on stand-by now for one subject."""
        for standby in self.standbys:
            if standby.subject == subject and standby.until > self.lane.now:
                return standby
        return None

    def _reserve_share(self, hazard: Hazard) -> float:
        """Share of its means that it keeps back; it grows with danger at home and nearby."""
        spec = self.spec
        share = spec.reserve.value * hazard.danger(self.place)
        if self._near_danger:
            current = sum(self._hazard(near).is_current(near) for near in self._near_danger)
            share += spec.reserve_for_neighbours.value * current
        if self.lane.now < self._cautious_until:
            share *= 2
        return min(share, 1.0)

    def _prepare(self, subject: int, place: int) -> None:
        """Put modules on stand-by for a state in danger, unless the danger is seen to pass."""
        if not self.means.owned.aircraft and not self._in_range(place):
            return
        lane, spec, hazard = self.lane, self.spec, self._hazard(subject)
        if not hazard.is_burning(place) and lane.draws.chance(
            spec.seen_through.value, "assistance:seen-through", self.name, lane.named(subject)
        ):
            return
        most = spec.standby_modules.value
        modules = self.spare(hazard).at_most(Modules(most, most if self._in_range(place) else 0))
        if not modules.total:
            return
        until = lane.now + lane.durations.ticks(spec.standby)
        self.standbys.append(Standby(subject, place, lane.now, until, modules))
        self._stand_by("begins", subject, modules, until=until, place=place)
        lane.note(self.name, "action", subject, "puts {} on stand-by", modules)

    def _in_range(self, place: int) -> bool:
        return place in self._reach

    # Helping -------------------------------------------------------------------------------------

    def _weigh(self, call: Call) -> None:
        """Weigh a call that it reads, once each time that the state calls."""
        if self._heard.get(call.key, 0) < call.calls:
            self._heard[call.key] = call.calls
            self._known[call.key] = NOTHING
            if self._could_give(call).total:
                names = self.name, call.key, call.calls
                self.lane.later("deciding", *names, then=partial(self._decide, call))

    def _could_give(self, call: Call) -> Modules:
        """What it could give for a call now: no more than a few modules, ground ones nearby."""
        most = self.spec.largest_offer.value
        near = self._in_range(call.place)
        if not self.means.owned.aircraft and not near:
            return NOTHING
        limit = Modules(most, most if near else 0)
        standby = self._ready_for(call.subject)
        spare = self.spare(self._hazard(call.subject))
        return (spare.plus(standby.left) if standby else spare).at_most(limit)

    def _decide(self, call: Call) -> None:
        """Decide what to offer, and hold it until the answer comes."""
        lane = self.lane
        if not call.is_open:
            return
        wanted = call.wanted.minus(self._known[call.key])
        modules = self._could_give(call).at_most(wanted)
        if not modules.total:
            lane.note(self.name, "case", call.subject, "has nothing to spare, or sees no need")
            return
        used = self._use_ready(call.subject, modules)
        offer = Offer(self.name, modules, used, lane.environment.event())
        excess = call.offered.plus(modules).minus(call.asked).at_most(modules)
        self._help.duplicated += excess.total
        call.add(offer)
        self._fact("offer made", call, modules)
        lane.note(self.name, "case", call.subject, "offers {}", modules)
        lane.write(f"{self.name}.{DESK}", call.subject, "offer")
        self.means.held = self.means.held.plus(modules)
        patience = lane.environment.timeout(lane.durations.ticks(self.spec.patience))
        over = Either(Either(offer.answered, patience), call.ended)
        over.callbacks.append(lambda _: self._hear_back(call, offer))

    def _use_ready(self, subject: int, modules: Modules) -> Modules:
        """Take what is on stand-by for a subject first; return how much of it."""
        standby = self._ready_for(subject)
        if standby is None:
            return NOTHING
        used = modules.at_most(standby.left)
        self._stand_by("used", subject, used)
        standby.left = standby.left.minus(used)
        standby.used_ticks += used.total * (self.lane.now - standby.begun)
        return used

    def _hear_back(self, call: Call, offer: Offer) -> None:
        """Withdraw an offer that nobody answered in time; send what was accepted."""
        lane = self.lane
        if offer.is_open:
            offer.is_open = False
            self._help.refused += offer.modules.total
            self._fact("offer withdrawn", call, offer.modules)
            text = "hears nothing and withdraws its offer of {}"
            lane.note(self.name, "case", call.subject, text, offer.modules)
        self.means.held = self.means.held.minus(offer.modules)
        for kind in KINDS:
            if offer.accepted.of(kind):
                lane.start(self.means.deploy(call, offer, kind))

    def call_back(self, subject: int) -> None:
        """Call back all modules abroad: own fires need them."""
        self.means.call_back(subject)

    # What is written down ------------------------------------------------------------------------

    def _fact(self, what: str, call: Call, modules: Modules, of: str = "") -> None:
        if self.lane.facts is not None:
            numbers = {"call": call.key, "place": call.place, **modules._asdict()}
            self.lane.fact(self.name, what, call.subject, of, **numbers)

    def _stand_by(self, how: str, subject: int, modules: Modules, **numbers: float) -> None:
        if self.lane.facts is not None:
            numbers |= modules._asdict()
            self.lane.fact(self.name, f"stand-by {how}", subject, "", **numbers)

"""Civil protection of a Member State: calls for help, weighs what it can spare, sends modules."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from agents.assistance import KINDS, NOTHING, Call, Kind, Modules, Offer, Standby, Stay
from agents.fires import ONE
from agents.jobs.job import Job
from agents.workplace import Step
from scenarios.schema import declared
from sim.seam import Either

if TYPE_CHECKING:
    from agents.fire_season import FireSeason
    from agents.organisations.member_state import MemberState

DESK: Final = "civil-protection"


class _Hold:
    """Keeps modules of a state at home back for something."""

    __slots__ = ("_job", "_modules")

    def __init__(self, job: CivilProtection, modules: Modules) -> None:
        self._job, self._modules = job, modules

    def __enter__(self) -> None:
        self._job.held = self._job.held.plus(self._modules)

    def __exit__(self, *_: object) -> None:
        self._job.held = self._job.held.minus(self._modules)


class CivilProtection(Job):
    """The operations centre of one state, with its aircraft and ground modules."""

    __slots__ = (
        "_at_work",
        "_called_back",
        "_cautious_until",
        "_heard",
        "_known",
        "_near_danger",
        "_offers_read",
        "_reach",
        "_situations_read",
        "held",
        "name",
        "owned",
        "place",
        "recognised_danger",
        "season",
        "spec",
        "standbys",
    )

    desks: ClassVar = (DESK,)
    block: ClassVar = "assistance"

    def __init__(self, state: MemberState) -> None:
        super().__init__(state)
        self.spec = declared(self.lane.casework.assistance)
        self.name, self.place = state.name, state.place
        self.season: FireSeason = self.lane.threat
        self.owned = Modules(*state.lane.threat.batch.owned(self.place))
        self.held = NOTHING
        """Modules at home that are offered or about to leave."""
        self.standbys: list[Standby] = []
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
        self._reach = self.season.batch.reach[self.place]
        self._called_back = self.lane.environment.event()
        self._cautious_until = -1.0
        self._at_work = 0
        """Modules at work abroad."""

    # What it hears -------------------------------------------------------------------------------

    def recognised(self, subject: int) -> None:
        """Be ready for the danger of another state; know of one's own."""
        self.recognised_danger.add(subject)
        place = self.season.place_of(subject)
        if place != self.place:
            if place in self.season.batch.near(self.place):
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
        return self.season.open_calls.get(self.lane.layout.places[teller])

    def _read_offer(self, subject: int, giver: str) -> None:
        call = self.season.latest_call(subject)
        offer = call.next_offer(giver, self._offers_read) if call else None
        if call is None or offer is None:
            return
        if call.place == self.place:
            offer.read = self.lane.now
            if call.first_offer is None:
                call.first_offer = self.lane.now
            names = offer.giver, call.key, call.calls
            self.lane.later("answering", *names, then=partial(self._answer, call, offer))
        else:
            known = self._known.get(call.key, NOTHING)
            self._known[call.key] = known.plus(offer.modules)

    def _read_situation(self, subject: int) -> None:
        """Learn what was offered when the report was written; reports are read in their order."""
        written = self.season.situations.get(subject, ())
        turn = self._situations_read.get(subject, 0)
        if turn < len(written):
            self._situations_read[subject] = turn + 1
            key, calls, offered = written[turn]
            known = self._known.get(key, NOTHING)
            if calls == self._heard.get(key) and offered.total > known.total:
                self._known[key] = offered

    # In need -------------------------------------------------------------------------------------

    def outgrown(self) -> None:
        """Call for help, or call again for what is still missing."""
        new = self.place not in self.season.open_calls
        call = self.season.call(self.place)
        if new:
            self.lane.note(self.name, "case", call.subject, "fires outgrow national means")
        if new or call.calls:
            self.lane.start(self._ask(call))

    def _ask(self, call: Call) -> Step:
        lane, spec = self.lane, self.spec
        delay = lane.durations.draw(lane.draws, "asking", call.key, call.calls)
        if call.subject in self.recognised_danger:
            delay *= spec.asking_when_aware.value
        yield lane.environment.timeout(delay)
        missing = self.season.missing(self.place)
        if not call.is_open:
            return
        if missing <= spec.call_at.value:
            if not call.calls:
                self._master(call)
            return
        worth = self.season.batch.aircraft_worth
        aircraft = -(-missing * spec.aircraft_share.value // worth)
        ground = -(-missing * (1 - spec.aircraft_share.value) // 1)
        call.wanted = Modules(int(aircraft), int(ground))
        call.asked = call.committed.plus(call.wanted)
        call.calls += 1
        if call.first_call is None:
            call.first_call = lane.now
            self.season.keep(call, lane.durations.ticks(spec.least_call))
        lane.note(self.name, "alarm", call.subject, "calls for {}", call.wanted)
        self.state.write(f"{self.name}.{DESK}", call.subject, "assistance-request")

    def _answer(self, call: Call, offer: Offer) -> None:
        """Accept what is still needed, in the order of arrival; refuse the rest."""
        lane = self.lane
        if not offer.is_open:
            return
        still = call.asked.minus(call.committed) if call.is_open else NOTHING
        offer.accepted = offer.modules.at_most(still)
        refused = offer.modules.minus(offer.accepted)
        self.season.refused += refused.total
        if offer.accepted.total:
            text = "accepts {} of {}"
            lane.note(self.name, "case", call.subject, text, offer.accepted, offer.giver)
            self.season.comes(self.place, offer.accepted, 1)
        if refused.total:
            text = "refuses {} of {}"
            lane.note(self.name, "case", call.subject, text, refused, offer.giver)
        offer.is_open = False
        offer.answered.succeed()

    def calm(self) -> None:
        """Release all help: national means are enough again."""
        call = self.season.open_calls.get(self.place)
        if call is not None:
            self._master(call)

    def _master(self, call: Call) -> None:
        text = "needs no more help" if call.calls else "masters its fires without a call"
        self.lane.note(self.name, "case", call.subject, text)
        self.season.close(call)

    # Ready to help -------------------------------------------------------------------------------

    def spare(self) -> Modules:
        """Modules beyond what own fires, own danger and promises need."""
        fires, number, place = self.season.fires, self.lane.number, self.place
        air, ground = fires.own_means_at(number, place)
        if need := fires.need.item(number, place):
            air -= fires.aircraft_needed(number, place)
            ground -= -(-need // ONE)
        if air <= 0 and ground <= 0:
            return NOTHING
        share = self._reserve_share()
        aircraft_owned, ground_owned = self.owned
        aircraft_held, ground_held = self.held
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

    def _reserve_share(self) -> float:
        """Share of its means that it keeps back; it grows with danger at home and nearby."""
        fires, season, spec = self.season.fires, self.season, self.spec
        danger = fires.danger.item(self.lane.number, self.place) / ONE
        share = spec.reserve.value * danger
        if self._near_danger:
            share += spec.reserve_for_neighbours.value * season.current(self._near_danger)
        if self.lane.now < self._cautious_until:
            share *= 2
        return min(share, 1.0)

    def _prepare(self, subject: int, place: int) -> None:
        """Put modules on stand-by for a state in danger, unless the danger is seen to pass."""
        if not self.owned.aircraft and not self._in_range(place):
            return
        lane, spec = self.lane, self.spec
        burning = self.season.fires.need.item(lane.number, place) > 0
        if not burning and lane.draws.chance(
            lane.casework.false_found.value, "assistance:seen-through", self.name, subject
        ):
            return
        most = spec.standby_modules.value
        modules = self.spare().at_most(Modules(most, most if self._in_range(place) else 0))
        if not modules.total:
            return
        until = lane.now + lane.durations.ticks(spec.standby)
        self.standbys.append(Standby(subject, place, lane.now, until, modules))
        lane.note(self.name, "action", subject, "puts {} on stand-by", modules)

    def _in_range(self, place: int) -> bool:
        return place in self._reach

    def _km_to(self, place: int) -> int:
        return self.season.batch.distance_km[self.place][place]

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
        if not self.owned.aircraft and not near:
            return NOTHING
        limit = Modules(most, most if near else 0)
        standby = self._ready_for(call.subject)
        spare = self.spare()
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
        self.season.duplicated += excess.total
        call.add(offer)
        lane.note(self.name, "case", call.subject, "offers {}", modules)
        self.state.write(f"{self.name}.{DESK}", call.subject, "offer")
        self.held = self.held.plus(modules)
        patience = lane.environment.timeout(lane.durations.ticks(self.spec.patience))
        over = Either(Either(offer.answered, patience), call.ended)
        over.callbacks.append(lambda _: self._hear_back(call, offer))

    def _use_ready(self, subject: int, modules: Modules) -> Modules:
        """Take what is on stand-by for a subject first; return how much of it."""
        standby = self._ready_for(subject)
        if standby is None:
            return NOTHING
        used = modules.at_most(standby.left)
        standby.left = standby.left.minus(used)
        standby.used_ticks += used.total * (self.lane.now - standby.begun)
        return used

    def _hear_back(self, call: Call, offer: Offer) -> None:
        """Withdraw an offer that nobody answered in time; send what was accepted."""
        lane = self.lane
        if offer.is_open:
            offer.is_open = False
            self.season.refused += offer.modules.total
            text = "hears nothing and withdraws its offer of {}"
            lane.note(self.name, "case", call.subject, text, offer.modules)
        self.held = self.held.minus(offer.modules)
        for kind in KINDS:
            if offer.accepted.of(kind):
                lane.start(self._deploy(call, offer, kind))

    def _deploy(self, call: Call, offer: Offer, kind: Kind) -> Step:
        """Send modules of a kind: mobilise, travel, work until released or called back, return."""
        lane, count = self.lane, offer.accepted.of(kind)
        modules = Modules(**{kind: count})
        pool = lane.work.pool(f"{self.name}.{kind}")
        yield pool.get(count)
        with lane.work.shift(f"{self.name}.{kind}", useful=True, places=count):
            with _Hold(self, modules):
                yield lane.environment.timeout(self._mobilisation(call, offer, kind))
            if call.is_open:
                yield from self._mission(call, kind, modules)
            else:
                self.season.comes(call.place, modules, -1)
        yield pool.put(count)

    def _mission(self, call: Call, kind: Kind, modules: Modules) -> Step:
        lane = self.lane
        self.season.lends(self.place, modules, 1)
        lane.note(self.name, "action", call.subject, "{} set out", modules)
        yield lane.environment.timeout(self._travel(kind, call.place))
        self.season.comes(call.place, modules, -1)
        if call.is_open:
            yield from self._work(call, modules)
        yield lane.environment.timeout(self._travel(kind, call.place))
        yield lane.wait("refit", self.name, call.key, kind)
        self.season.lends(self.place, modules, -1)

    def _mobilisation(self, call: Call, offer: Offer, kind: Kind) -> float:
        lane, key = self.lane, (self.name, call.key, call.calls)
        if kind == "aircraft":
            ticks = lane.durations.draw(lane.draws, "mobilising_aircraft", *key)
        else:
            ticks = lane.durations.draw(lane.draws, "mobilising_ground", *key)
        ready = offer.ready.of(kind) >= offer.accepted.of(kind)
        return ticks * self.spec.mobilising_when_ready.value if ready else ticks

    def _travel(self, kind: Kind, place: int) -> float:
        """Ticks of a journey that begins now; aircraft fly by day, ground modules drive on."""
        tick_h, km = self.lane.layout.scenario.tick_h, self._km_to(place)
        if kind == "ground":
            return km / self.spec.road_km_h.value / tick_h
        start = self.lane.environment.now * tick_h
        flight = km / self.spec.flight_km_h.value
        return (self.season.batch.daylight.arrival_h(start, flight) - start) / tick_h

    def _work(self, call: Call, modules: Modules) -> Step:
        lane = self.lane
        stay = Stay(modules, lane.environment.now)
        call.stays.append(stay)
        text, where = "{} at work in {}", lane.groups[call.place]
        lane.note(self.name, "action", call.subject, text, modules, where)
        self.season.helps(call.place, modules, 1)
        self._at_work += modules.total
        longest = lane.environment.timeout(lane.durations.ticks(self.spec.longest_stay))
        yield Either(Either(call.ended, self._called_back), longest)
        self._at_work -= modules.total
        self.season.helps(call.place, modules, -1)
        stay.left = lane.environment.now
        lane.note(self.name, "action", call.subject, "{} go home", modules)

    def call_back(self) -> None:
        """Call back all modules abroad: own fires need them."""
        if not self._at_work:
            return
        subject = self.season.batch.subject(self.place, self.lane.tick)
        self.lane.note(self.name, "action", subject, "calls its modules back")
        event, self._called_back = self._called_back, self.lane.environment.event()
        self.lane.fire(event)

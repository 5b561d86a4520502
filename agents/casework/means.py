"""Aircraft and ground modules of one state: what it has promised, and what works abroad."""

from __future__ import annotations

from agents.lane import NOTHING, Call, Hazard, Kind, Lane, Modules, Offer, Stay, Step
from scenarios.schema import Assistance, declared
from sim.seam import Either


class _Hold:
    """Keeps modules of a state at home back for something."""

    __slots__ = ("_means", "_modules")

    def __init__(self, means: Means, modules: Modules) -> None:
        self._means, self._modules = means, modules

    def __enter__(self) -> None:
        self._means.held = self._means.held.plus(self._modules)

    def __exit__(self, *_: object) -> None:
        self._means.held = self._means.held.minus(self._modules)


class Means:
    """The modules of one state, which it sends to others and calls back."""

    __slots__ = (
        "_at_work",
        "_called_back",
        "_lane",
        "held",
        "name",
        "owned",
        "place",
    )

    def __init__(self, lane: Lane, name: str, place: int) -> None:
        self._lane, self.name, self.place = lane, name, place
        row = lane.layout.atlas.civil_protection[name]
        self.owned = Modules(row.aircraft, row.ground_modules)
        self.held = NOTHING
        """Modules at home that are offered or about to leave."""
        self._called_back = lane.environment.event()
        self._at_work = 0
        """Modules at work abroad."""

    @property
    def _spec(self) -> Assistance:
        return declared(self._lane.casework.assistance)

    def deploy(self, call: Call, offer: Offer, kind: Kind) -> Step:
        """Send modules of a kind: mobilise, travel, work until released or called back, return."""
        lane, count = self._lane, offer.accepted.of(kind)
        modules = Modules(**{kind: count})
        pool = lane.work.pool(f"{self.name}.{kind}")
        yield pool.get(count)
        with lane.shift(f"{self.name}.{kind}", call.subject, count):
            with _Hold(self, modules):
                yield lane.environment.timeout(self._mobilisation(call, offer, kind))
            if call.is_open:
                yield from self._mission(call, kind, modules)
            else:
                self._hazard(call).comes(call.subject, modules, -1)
        yield pool.put(count)

    def _mission(self, call: Call, kind: Kind, modules: Modules) -> Step:
        lane = self._lane
        self._hazard(call).lends(call.subject, self.place, modules, 1)
        self._fact("modules leave", call, modules)
        lane.note(self.name, "action", call.subject, "{} set out", modules)
        yield lane.environment.timeout(self._travel(kind, call))
        self._hazard(call).comes(call.subject, modules, -1)
        if call.is_open:
            yield from self._work(call, modules)
        yield lane.environment.timeout(self._travel(kind, call))
        yield lane.wait("refit", self.name, call.key, kind)
        self._hazard(call).lends(call.subject, self.place, modules, -1)
        self._fact("modules are back", call, modules)

    def _mobilisation(self, call: Call, offer: Offer, kind: Kind) -> float:
        lane, key = self._lane, (self.name, call.key, call.calls)
        if kind == "aircraft":
            ticks = lane.durations.draw(lane.draws, "mobilising_aircraft", *key)
        else:
            ticks = lane.durations.draw(lane.draws, "mobilising_ground", *key)
        ready = offer.ready.of(kind) >= offer.accepted.of(kind)
        return ticks * self._spec.mobilising_when_ready.value if ready else ticks

    def _travel(self, kind: Kind, call: Call) -> float:
        """Ticks of a journey that begins now; aircraft fly by day, ground modules drive on."""
        lane = self._lane
        tick_h, km = lane.layout.scenario.tick_h, lane.geography.km[self.place][call.place]
        if kind == "ground":
            return km / self._spec.road_km_h.value / tick_h
        start = lane.environment.now * tick_h
        flight = km / self._spec.flight_km_h.value
        return (self._hazard(call).daylight.arrival_h(start, flight) - start) / tick_h

    def _work(self, call: Call, modules: Modules) -> Step:
        lane = self._lane
        stay = Stay(modules, lane.environment.now)
        call.stays.append(stay)
        text, where = "{} at work in {}", lane.groups[call.place]
        lane.note(self.name, "action", call.subject, text, modules, where)
        self._hazard(call).helps(call.subject, modules, 1)
        self._fact("modules at work", call, modules)
        self._at_work += modules.total
        longest = lane.environment.timeout(lane.durations.ticks(self._spec.longest_stay))
        yield Either(Either(call.ended, self._called_back), longest)
        self._at_work -= modules.total
        self._hazard(call).helps(call.subject, modules, -1)
        self._fact("modules leave work", call, modules)
        stay.left = lane.environment.now
        lane.note(self.name, "action", call.subject, "{} go home", modules)

    def _fact(self, what: str, call: Call, modules: Modules) -> None:
        if self._lane.facts is not None:
            numbers = {"call": call.key, **modules._asdict()}
            now = self._lane.environment.now
            self._lane.fact(self.name, what, call.subject, "", at=now, **numbers)

    def call_back(self, subject: int) -> None:
        """Call back all modules abroad."""
        if not self._at_work:
            return
        self._lane.note(self.name, "action", subject, "calls its modules back")
        event, self._called_back = self._called_back, self._lane.environment.event()
        self._lane.fire(event)

    def _hazard(self, call: Call) -> Hazard:
        hazard: Hazard = self._lane.of(call.subject)
        return hazard

"""What a flow does by itself, as facts and in stories."""

from __future__ import annotations

from collections.abc import Sequence

from agents.lane import Lane
from agents.mechanisms.flow.plan import F64, I64
from agents.mechanisms.flow.stream import Chosen, Met, Stream


class FlowFacts:
    """Notes what becomes of loads, where facts or a journal are kept."""

    def __init__(self, lanes: Sequence[Lane], stream: Stream, first: int) -> None:
        self._lanes, self._stream, self._plan = lanes, stream, stream.plan
        self._first = first
        self._sizes: I64
        if any(lane.facts is not None or lane.journal is not None for lane in lanes):
            stream.witness = self

    def set_out(self, loads: I64, sizes: I64) -> None:
        """Write down the loads that set out."""
        self._sizes = sizes
        for lane, ring in _some(loads):
            self._fact(lane, ring, "loads set out", loads=int(loads[lane, ring]))

    def met(self, stage: int, met: Met) -> None:
        """Write down what became of loads at a stage."""
        for lane, ring in _some(met.found + met.rescued + met.lost):
            point = int(self._plan.point[stage, ring])
            found, rescued, lost = (int(part[lane, ring]) for part in met)
            self._fact(
                lane,
                ring,
                "loads met",
                place=int(self._plan.place[point]),
                turned_back=found if self._plan.turns_back[point] else 0,
                stopped=0 if self._plan.turns_back[point] else found,
                rescued=rescued,
                lost=lost,
            )
            if lost:
                items, (load, item) = lost * int(self._sizes[lane, ring]), self._plan.words
                text = f"lost at {self._plan.points[point]}: {lost} {load} with {items} {item}"
                self._lanes[lane].note("flow", "world", self._first + ring, text)

    def arrived(self, loads: I64) -> None:
        """Write down the loads that got through."""
        for lane, ring in _some(loads):
            place = int(self._plan.landing[ring])
            number = int(loads[lane, ring])
            self._fact(lane, ring, "loads get through", place=place, loads=number)

    def checked(self, checks: F64) -> None:
        """Write down the checks of a tick."""
        for lane in self._told():
            for point, number in enumerate(checks[lane.number].tolist()):
                if number:
                    lane.fact("flow", "checks made", self._first, point=point, checks=number)

    def chosen(self, choice: Chosen) -> None:
        """Write down how a day's flow chose."""
        for lane in self._told():
            carried = choice.carried[lane.number]
            for route, pressure in enumerate(choice.pressure.tolist()):
                there = self._plan.route == route
                lane.fact(
                    "flow",
                    "flow of a day",
                    self._first,
                    route=route,
                    pressure=pressure,
                    moved=float(choice.moved[lane.number, route]),
                    carried=float(carried[there].sum()),
                )

    def _told(self) -> list[Lane]:
        return [lane for lane in self._lanes if lane.facts is not None]

    def _fact(self, lane: int, ring: int, what: str, **numbers: float) -> None:
        size = int(self._sizes[lane, ring])
        self._lanes[lane].fact("flow", what, self._first + ring, "", size=size, **numbers)


def _some(loads: I64) -> list[tuple[int, int]]:
    """Return the lanes and rings that have any."""
    lane, ring = loads.nonzero()
    return list(zip(lane.tolist(), ring.tolist(), strict=True))

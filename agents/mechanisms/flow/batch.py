"""The flows of a batch of lanes, and what is read off them."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING, ClassVar, Final, cast

import numpy as np

from agents.lane import NO_PLACE, Lane, draws_name, total
from agents.mechanisms.decoys import Coincidences
from agents.mechanisms.flow.declaration import Flow
from agents.mechanisms.flow.facts import FlowFacts
from agents.mechanisms.flow.plan import Numbers, Plan
from agents.mechanisms.flow.rings import Traffic
from agents.mechanisms.flow.stream import Stream, across
from agents.mechanisms.threat import F64, Threat, by_place
from agents.mechanisms.versions import I64, Versions
from scenarios import Layout
from sim.kernel import Lanes

if TYPE_CHECKING:
    from collections.abc import Sequence

_MILLION: Final = 1e-6


class Flows(Threat):
    """The flows and coincidences of a batch of lanes."""

    record_every_h: ClassVar = 7 * 24
    stream: Stream

    def __init__(self, layout: Layout, name: str) -> None:
        super().__init__(layout, name)
        declaration = self.declaration
        if not isinstance(declaration, Flow):
            raise TypeError(type(declaration).__name__)
        self._paid_on = declaration.rings.paid
        self._coincidences = Coincidences(layout, name, range(len(declaration.aspects)))
        self.plan = Plan(declaration, layout)
        self._traffic: list[Traffic] = []

    def inhabit(self, lane: Lane) -> Traffic:
        """Put the rings of a flow and its decoys into a lane."""
        spec = cast("Flow", lane.declared(self.subjects.start))
        self._coincidences.inhabit(lane, spec.decoys)
        self._traffic.append(Traffic(lane, self.subjects.start, self.plan.rings))
        return self._traffic[-1]

    def start(self) -> None:
        """Let rings settle; nothing has set out yet."""
        lanes = [one.lane for one in self._traffic]
        self._numbers = Versions.declared(self.layout, self.name, lanes, Numbers.of)
        world = Lanes.of(lanes[0].engine.lanes).within(draws_name(self.name))
        self.stream = Stream(world, self.plan, self._numbers)
        for one in self._traffic:
            one.stream = self.stream
            for ring in one.rings:
                one.begin(ring)
        FlowFacts(lanes, self.stream, self.subjects.start)

    def turn(self, lanes: Sequence[Lane]) -> None:
        """Let lanes go by what is in force from now on."""
        self._numbers.turn(lanes)
        self.stream.turn()

    def move(self, tick: int) -> None:
        """Let decoys begin and end, loads go their ways, and rings live once a week."""
        self._coincidences.move(tick)
        for one in self._traffic:
            one.lane.tick = tick
        self.stream.step(tick)
        if (tick + 1) % (7 * self.plan.per_day) == 0:
            for one in self._traffic:
                one.step()
            self.stream.books.met_week[:] = 0
            self.stream.books.sent_week[:] = 0

    # What is read off -----------------------------------------------------------------------------

    def series(self) -> dict[str, F64]:
        """Items that set out, were stopped and were lost so far; those met on each route."""
        books, plan = self.stream.books, self.plan
        stopped = self._found(turned_back=False)
        met = (stopped + books.rescued).sum(axis=1)
        return {
            "set_out": books.set_out.sum(axis=1).astype(float),
            "stopped": stopped.sum(axis=(1, 2)).astype(float),
            "lost": books.lost.sum(axis=(1, 2)).astype(float),
            **{
                f"met_{name.replace('-', '_')}": met[:, plan.route == route].sum(axis=1) * 1.0
                for route, name in enumerate(plan.routes)
            },
        }

    def _found(self, *, turned_back: bool) -> I64:
        """Items found where they are turned back, or where they are stopped; (L, K, N)."""
        there = self.plan.turns_back[self.plan.point] == turned_back
        found: I64 = np.where(there, self.stream.books.found, 0)
        return found

    def totals(self, tick: int) -> dict[str, F64]:
        """What the flow did and what was done to it so far."""
        del tick
        books = self.stream.books
        paid = books.set_out if self._paid_on == "setting-out" else books.through
        ints = {
            "set_out": books.set_out.sum(axis=1),
            "turned_back": self._found(turned_back=True).sum(axis=(1, 2)),
            "stopped": self._found(turned_back=False).sum(axis=(1, 2)),
            "rescued": books.rescued.sum(axis=(1, 2)),
            "lost": books.lost.sum(axis=(1, 2)),
            "through": books.through.sum(axis=1),
            "finds": books.finds.sum(axis=1),
        }
        rings = self._traffic
        return {
            **{name: value.astype(float) for name, value in ints.items()},
            "checks": across(books.checks),
            "deterred": books.deterred.copy(),
            "displaced": books.displaced.copy(),
            "fees_meur": paid.sum(axis=1) * (self.plan.fee * _MILLION),
            "facilitators_arrested": np.array([sum(one.arrested.values()) for one in rings], float),
            "frozen_meur": np.array([total(one.frozen.values()) for one in rings]) * _MILLION,
            "rings_broken": np.array([one.broken for one in rings], float),
            "rings_replaced": np.array([one.replaced for one in rings], float),
        }

    def outcomes(self) -> dict[str, F64]:
        """What became of the flow, and when who knew of its rings."""
        totals = self.totals(self.layout.scenario.ticks)
        rows = [self._read_off(one) for one in self._traffic]
        return {
            **totals,
            **{name: np.array([row[name] for row in rows]) for name in rows[0]},
            "finds_per_1000_checks": _ratio(totals["finds"], totals["checks"]) * 1000,
            "through_share": _ratio(totals["through"], totals["set_out"]),
        }

    def _read_off(self, traffic: Traffic) -> dict[str, float]:
        """Return how soon rings were known, in days; what was not counts to the end."""
        day, end = self.plan.per_day, float(self.layout.scenario.ticks)
        first, recognised = [], 0
        for group in (known for ring in traffic.rings for known in traffic.books(ring)):
            over = end if group.ended is None else group.ended
            first.append((min(group.first.values(), default=over) - group.began) / day)
            recognised += bool(group.first)
        return {"days_to_recognition": fmean(first), "recognised_share": recognised / len(first)}

    def by_state(self, tick: int) -> dict[str, F64]:
        """What the flow did in each state, and what was done to it there."""
        del tick
        books, plan, places = self.stream.books, self.plan, len(self.layout.places)
        return {
            "through": self._at(books.through[:, None], plan.landing[None]),
            "stopped": self._at(self._found(turned_back=False), plan.place[plan.point]),
            "rescued": self._at(books.rescued, plan.place[plan.point]),
            "lost": self._at(books.lost, plan.place[plan.point]),
            "facilitators_arrested": by_place((one.arrested for one in self._traffic), places),
            "frozen_meur": by_place((one.frozen for one in self._traffic), places) * _MILLION,
        }

    def _at(self, items: I64, place: I64) -> F64:
        """Add up items of stages and rings, (L, K, N), by place, (K, N); shape (L, P + 1)."""
        codes = (*range(len(self.layout.places)), NO_PLACE)
        found = [np.where(place == one, items, 0).sum(axis=(1, 2)) for one in codes]
        return np.stack(found, axis=1).astype(float)


def _ratio(part: F64, whole: F64) -> F64:
    """Divide; 0 of nothing."""
    divided: F64 = np.where(whole > 0, part / np.maximum(whole, 1e-9), 0.0)
    return divided

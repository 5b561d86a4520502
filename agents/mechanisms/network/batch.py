"""The networks and decoys of a batch of lanes, and what is read off them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from statistics import fmean, pstdev
from typing import ClassVar, Final, cast

import numpy as np

from agents.lane import Lane, total
from agents.mechanisms.decoys import Coincidences
from agents.mechanisms.network.declaration import OrganisedCrime
from agents.mechanisms.network.ledger import Ledger
from agents.mechanisms.network.network import WEEKS_A_YEAR, CriminalNetwork
from agents.mechanisms.network.underworld import Underworld
from agents.mechanisms.threat import F64, Threat, by_place
from scenarios import Layout

_MILLION: Final = 1e-6

_FLOWS: Final[Mapping[str, tuple[str, float]]] = {
    "common_actions": ("common_actions", 1),
    "confiscated_meur": ("confiscated", _MILLION),
    "frozen_meur": ("frozen", _MILLION),
    "leaks": ("leaks", 1),
    "members_arrested": ("arrested", 1),
    "members_convicted": ("convicted", 1),
    "networks_dismantled": ("dismantled", 1),
    "networks_replaced": ("replaced", 1),
    "proceeds_meur": ("proceeds", _MILLION),
    "victim_years": ("victim_weeks", 1 / WEEKS_A_YEAR),
    "victims_exploited": ("victims", 1),
    "victims_freed": ("freed", 1),
}
"""Entries of the books that are outcomes, and the unit of the outcome in theirs."""


class Networks(Threat):
    """The networks and decoys of a batch of lanes."""

    record_every_h: ClassVar = 7 * 24

    def __init__(self, layout: Layout, name: str) -> None:
        super().__init__(layout, name)
        declaration = self.declaration
        if not isinstance(declaration, OrganisedCrime):
            raise TypeError(type(declaration).__name__)
        aspects = range(len(declaration.aspects))
        self._coincidences = Coincidences(layout, name, aspects)
        self._week = round(7 * 24 / layout.scenario.tick_h)
        self._lanes: list[Underworld] = []

    def inhabit(self, lane: Lane) -> Underworld:
        """Put networks and decoys into a lane."""
        first = self.subjects.start
        spec = cast("OrganisedCrime", lane.declared(first))
        underworld = Underworld(lane, spec.network.number.value, first)
        underworld.decoys = self._coincidences.inhabit(lane, spec.decoys)
        self._lanes.append(underworld)
        return underworld

    def _networks(self) -> Iterator[CriminalNetwork]:
        return (network for one in self._lanes for network in one.networks)

    def start(self) -> None:
        """Show what there is to see of the networks."""
        for network in self._networks():
            lane = network.lane
            places = ", ".join(lane.groups[place] for place in network.first_places)
            lane.note("network", "world", network.subject, f"has cells in {places}")
            network.show()

    def move(self, tick: int) -> None:
        """Let decoys begin and end, and once a week the networks live."""
        self._coincidences.move(tick)
        if (tick + 1) % self._week == 0:
            for network in self._networks():
                network.lane.tick = tick
                network.step()

    def _sums(self, name: str) -> F64:
        """Add up an entry of the books of each lane's networks, shape (L,)."""
        return np.array(
            [total(getattr(one.ledger, name) for one in lane.networks) for lane in self._lanes]
        )

    def series(self) -> dict[str, F64]:
        """Members arrested, victims freed and proceeds so far."""
        return {
            "members_arrested": self._sums("arrested"),
            "victims_freed": self._sums("freed"),
            "proceeds_meur": self._sums("proceeds") * _MILLION,
        }

    def totals(self, tick: int) -> dict[str, F64]:
        """What the networks did and what was done to them so far."""
        del tick
        return {name: self._sums(entry) * unit for name, (entry, unit) in _FLOWS.items()}

    def by_state(self, tick: int) -> dict[str, F64]:
        """What the networks did in each state, and what was done to them there."""
        del tick
        return {name: self._placed(*_FLOWS[name]) for name in OrganisedCrime.placed}

    def _placed(self, entry: str, unit: float) -> F64:
        """Add up an entry of the books of each lane's networks by place, shape (L, P + 1)."""
        rows: list[Counter[int]] = []
        for lane in self._lanes:
            rows.append(Counter())
            for network in lane.networks:
                rows[-1].update(network.ledger.placed.get(entry, {}))
        return by_place(rows, len(self.layout.places)) * unit

    def outcomes(self) -> dict[str, F64]:
        """What became of the networks, and when who knew."""
        rows = [self._read_off(one) for one in self._lanes]
        others = OrganisedCrime.outcomes - OrganisedCrime.flows
        return {
            **self.totals(self.layout.scenario.ticks),
            **{name: np.array([row[name] for row in rows]) for name in others},
        }

    def _read_off(self, underworld: Underworld) -> dict[str, float]:
        books = [network.ledger for network in underworld.networks]
        proceeds, confiscated = _all(books, "proceeds"), _all(books, "confiscated")
        return {
            "arrested_share": _all(books, "arrested") / _all(books, "members"),
            "confiscated_share": confiscated / proceeds if proceeds else 0.0,
            **self._times(underworld),
        }

    def _times(self, underworld: Underworld) -> dict[str, float]:
        """When who knew, in days since a group began; what was not reached counts to its end."""
        day = 24 / self.layout.scenario.tick_h
        end = float(self.layout.scenario.ticks)
        first, europol, arrest, spread, recognised = [], [], [], [], 0
        for network in underworld.networks:
            for group in network.books():
                over = end if group.ended is None else group.ended
                anywhere = min(group.first.values(), default=over)
                recognised += bool(group.first)
                first.append((anywhere - group.began) / day)
                europol.append((group.first.get("europol", over) - group.began) / day)
                stop = over if group.first_arrest is None else group.first_arrest
                arrest.append((stop - group.began) / day)
            states = [underworld.lane.groups[place] for place in network.first_places]
            known = network.known[-1].first
            spread.append(pstdev(known.get(state, end) / day for state in states))
        return {
            "recognised_share": recognised / len(first),
            "days_to_recognition": fmean(first),
            "days_to_europol": fmean(europol),
            "days_to_first_arrest": fmean(arrest),
            "unequal_awareness": fmean(spread),
        }


def _all(books: list[Ledger], name: str) -> float:
    return float(total(getattr(one, name) for one in books))

"""The networks and decoys of a batch of lanes, and what is read off them."""

from __future__ import annotations

import math
from statistics import pstdev
from typing import ClassVar

import numpy as np

from agents.lane import Lane
from agents.mechanisms.decoys import Coincidences
from agents.mechanisms.network.declaration import OrganisedCrime
from agents.mechanisms.network.network import CriminalNetwork
from agents.mechanisms.threat import F64, Threat
from scenarios import Layout, ThreatSpec


class Networks(Threat):
    """The networks and decoys of a batch of lanes."""

    record_every_h: ClassVar = 7 * 24

    def __init__(self, layout: Layout, declaration: ThreatSpec, subjects: range) -> None:
        super().__init__(layout, declaration, subjects)
        if not isinstance(declaration, OrganisedCrime):
            raise TypeError(type(declaration).__name__)
        self._spec, tick_h = declaration, layout.scenario.tick_h
        self._coincidences = Coincidences(declaration.decoys, tick_h, first=subjects.start + 1)
        self._week = round(7 * 24 / tick_h)
        self._networks: list[CriminalNetwork] = []

    def inhabit(self, lane: Lane) -> CriminalNetwork:
        """Put a network and its decoys into a lane."""
        network = CriminalNetwork(lane, self._spec.network, self.subjects.start)
        network.decoys = self._coincidences.inhabit(lane)
        self._networks.append(network)
        return network

    def start(self) -> None:
        """Show what there is to see of the networks."""
        for network in self._networks:
            lane = network.lane
            places = ", ".join(lane.groups[place] for place in network.first_places)
            lane.note("network", "world", network.subject, f"has cells in {places}")
            network.show()

    def move(self, tick: int) -> None:
        """Let decoys begin and end, and once a week the networks live."""
        self._coincidences.move(tick)
        if (tick + 1) % self._week == 0:
            for network in self._networks:
                network.lane.tick = tick
                network.step()

    def series(self) -> dict[str, F64]:
        """Members arrested and proceeds so far."""
        networks = self._networks
        return {
            "arrested_share": np.array([one.ledger.arrested / one.size for one in networks]),
            "proceeds_meur": np.array([one.ledger.proceeds / 1e6 for one in networks]),
        }

    def totals(self, tick: int) -> dict[str, F64]:
        """Proceeds so far; of members arrested the share may fall, as there come to be more."""
        del tick
        return {"proceeds_meur": self.series()["proceeds_meur"]}

    def outcomes(self) -> dict[str, F64]:
        """What became of the networks, and when who knew."""
        rows = [self._read_off(network) for network in self._networks]
        return {name: np.array([row[name] for row in rows]) for name in OrganisedCrime.outcomes}

    def _read_off(self, network: CriminalNetwork) -> dict[str, float]:
        scenario, lane, subject = self.layout.scenario, network.lane, network.subject
        day = 24 / scenario.tick_h
        ledger = network.ledger
        known = {
            group: tick
            for (about, group), tick in lane.first_recognition.items()
            if about == subject
        }
        states = [lane.groups[place] for place in network.first_places]
        aware = [known.get(state, math.nan) / day for state in states]
        arrest = math.nan if ledger.first_arrest is None else ledger.first_arrest / day
        return {
            "days_to_recognition": min(known.values(), default=math.nan) / day,
            "days_to_europol": known.get("europol", math.nan) / day,
            "days_to_all_affected": math.nan if any(map(math.isnan, aware)) else max(aware),
            "unequal_awareness": pstdev(
                scenario.horizon_days if math.isnan(days) else days for days in aware
            ),
            "days_to_first_arrest": arrest,
            "arrested_share": ledger.arrested / network.size,
            "proceeds_meur": ledger.proceeds / 1e6,
            "confiscated_share": ledger.confiscated / ledger.proceeds if ledger.proceeds else 0.0,
        }

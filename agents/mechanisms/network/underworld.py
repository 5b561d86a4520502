"""All networks and coincidences of one lane, and what procedures do to them."""

from __future__ import annotations

import mesa

from agents.lane import Blow, Lane
from agents.mechanisms.decoys import Decoy
from agents.mechanisms.network.network import CriminalNetwork


class Underworld(mesa.Agent):
    """The agent of the threat in a lane; nothing comes of what is done to a coincidence."""

    def __init__(self, lane: Lane, networks: int, first: int) -> None:
        super().__init__(lane)
        self.lane = lane
        self.networks = [
            CriminalNetwork(lane, first + number, number) for number in range(networks)
        ]
        self.decoys: list[Decoy] = []
        self._of = {network.subject: network for network in self.networks}

    def network(self, subject: int) -> CriminalNetwork | None:
        """Return the network that is a subject; None if it is a coincidence."""
        return self._of.get(subject)

    def arrest(self, subject: int, blow: Blow) -> float:
        """Arrest members in some states; return how many."""
        network = self._of.get(subject)
        return network.raid(blow.places, blow.share) if network else 0

    def free(self, subject: int, blow: Blow) -> float:
        """Free victims in some states; return how many."""
        network = self._of.get(subject)
        return network.free(blow.places, blow.share) if network else 0

    def freeze(self, subject: int, blow: Blow) -> float:
        """Freeze money in some states; return how much."""
        network = self._of.get(subject)
        return network.freeze(blow.places, blow.share, blow.kept) if network else 0

    def surrender(self, subject: int, blow: Blow) -> float:
        """Arrest wanted members on a warrant; return how many."""
        network = self._of.get(subject)
        return network.surrender(blow.places[0], blow.share, blow.by) if network else 0

    def convict(self, subject: int, blow: Blow) -> float:
        """Try those who were arrested; return how many are guilty."""
        network = self._of.get(subject)
        return network.convict(blow.places, blow.share, blow.by) if network else 0

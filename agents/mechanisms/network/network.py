"""A network with cells in several states that earn, launder and move.

It lives week by week. It notices pressure, hears what leaks, lies low, and moves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import mesa

from agents.lane import Lane, choose, whole_number
from agents.mechanisms.decoys import Decoy
from agents.mechanisms.network.declaration import Network

WEEKS_A_YEAR: Final = 365 / 7

_DISMANTLED: Final = 0.2
"""Share of the first members below which the network is no longer active."""


@dataclass
class Cell:
    """Members in one state."""

    place: int
    members: int
    first_members: int
    liquid: float = 0.0
    """Euro not yet laundered."""
    wanted: int = 0
    """Members under an alert for arrest."""
    moves: int = 0


@dataclass
class Ledger:
    """What the network has earned and lost."""

    proceeds: float = 0.0
    laundered: float = 0.0
    frozen: float = 0.0
    confiscated: float = 0.0
    arrested: int = 0
    first_arrest: float | None = None
    """Tick of the first arrests."""
    dismantled: float | None = None
    raids: int = 0
    moves: int = 0
    leaks: list[int] = field(default_factory=list)
    """Organisations that leaked, in order."""


class CriminalNetwork(mesa.Agent):
    """The network of one lane; moves once a week."""

    def __init__(self, lane: Lane, spec: Network, subject: int) -> None:
        super().__init__(lane)
        self.lane = lane
        self.spec = spec
        self.subject = subject
        self.decoys: list[Decoy] = []
        """What resembles it in this lane."""
        self.ledger = Ledger()
        self.cells = self._settle()
        self.first_places = tuple(cell.place for cell in self.cells)
        self.size = sum(cell.members for cell in self.cells)
        """Members there have been, those recruited later included."""
        self._week = 0
        self._warned_until = -1.0

    def _settle(self) -> list[Cell]:
        """Draw the states with cells, larger states more often, and the cells' members."""
        draws, spec = self.lane.draws, self.spec
        count = whole_number(draws, spec.cells, "network:cells")
        members = list(self.lane.layout.atlas.members.values())
        weight = [member.population**0.5 for member in members]
        cells: list[Cell] = []
        for number in range(count):
            place = choose(draws, weight, "network:place", number)
            weight[place] = 0.0
            size = whole_number(draws, spec.members_per_cell, "network:members", number)
            cells.append(Cell(place, size, size))
        return cells

    # What it does every week ---------------------------------------------------------------

    def step(self) -> None:
        """Live a week: earn, launder, listen, replace members, show what can be seen."""
        if self.ledger.dismantled is not None:
            return
        self._earn()
        self._launder()
        self._listen()
        self._recruit()
        self._week += 1
        self.show()

    def show(self) -> None:
        """Set how much there is to see of each cell; nothing of those that are gone."""
        mean = self._first_size / len(self.first_places)
        share = self.spec.low_activity.value if self.is_warned else 1.0
        levels: dict[int, float] = {}
        for cell in self.cells:
            levels[cell.place] = levels.get(cell.place, 0.0) + share * cell.members / mean
        self.lane.set_activity(self.subject, levels)

    @property
    def _first_size(self) -> int:
        return sum(cell.first_members for cell in self.cells)

    @property
    def is_warned(self) -> bool:
        """Whether it lies low."""
        return self.lane.now < self._warned_until

    def _earn(self) -> None:
        spec = self.spec
        victim_week = spec.income_per_victim_year.value / WEEKS_A_YEAR
        share = spec.low_activity.value if self.is_warned else 1.0
        for cell in self.cells:
            income = cell.members * spec.victims_per_member.value * victim_week
            income *= 0.5 + 0.5 * share
            self.ledger.proceeds += income
            cell.liquid += income * spec.liquid_share.value

    def _launder(self) -> None:
        spec = self.spec
        rate = spec.laundered_when_warned if self.is_warned else spec.laundered_per_week
        for cell in self.cells:
            self.ledger.laundered += cell.liquid * rate.value
            cell.liquid -= cell.liquid * rate.value

    def _listen(self) -> None:
        """Notice investigators, and hear what informed organisations leak."""
        lane, draws, spec = self.lane, self.lane.draws, self.spec
        for number, cell in enumerate(self.cells):
            if lane.cases.are_open(self.subject, cell.place) and draws.chance(
                spec.notice_per_week.value, "network:notice", number, self._week
            ):
                self.warn()
        informed = lane.informed(self.subject)
        heard = 1 - (1 - spec.leak_per_week.value) ** len(informed)
        if draws.chance(heard, "network:leak", self._week):
            leaker = informed[choose(draws, [1.0] * len(informed), "network:leaker", self._week)]
            self.ledger.leaks.append(leaker)
            lane.trust.leaked(range(len(lane.groups)), leaker)
            lane.note("network", "world", self.subject, f"hears from inside {lane.groups[leaker]}")
            self.warn()

    def _recruit(self) -> None:
        for number, cell in enumerate(self.cells):
            if cell.members < cell.first_members and self.lane.draws.chance(
                self.spec.recruits_per_week.value, "network:recruit", number, self._week
            ):
                cell.members += 1
                self.size += 1

    # What is done to it ----------------------------------------------------------------------

    def warn(self) -> None:
        """Lie low for a while; some cells move."""
        if self.is_warned:
            return
        now = self.lane.now
        self.lane.note("network", "world", self.subject, "is warned and lies low")
        self._warned_until = now + self.lane.durations.ticks(self.spec.reaction_time)
        for number in range(len(self.cells)):
            if self.lane.draws.chance(
                self.spec.moves_when_warned.value, "network:moves", number, self._week
            ):
                self._move(number)
        self.show()

    def _move(self, number: int) -> None:
        """Move a cell to a neighbouring state, or any state where there is none."""
        lane, cell = self.lane, self.cells[number]
        codes = list(lane.layout.places)
        here = cell.place
        near = [float(place in lane.geography.near[here]) for place in range(len(codes))]
        if not any(near):
            near = [float(place != here) for place in range(len(codes))]
        if not any(near):
            return  # there is no other state
        cell.place = choose(lane.draws, near, "network:destination", number, cell.moves)
        text = f"moves a cell from {codes[here]} to {codes[cell.place]}"
        lane.note("network", "world", self.subject, text)
        cell.moves += 1
        self.ledger.moves += 1

    def hides(self, subject: int, place: int) -> bool:
        """Whether a wanted member of `subject` is in `place`."""
        return subject == self.subject and any(
            cell.wanted and cell.place == place for cell in self.cells
        )

    def raid(self, subject: int, places: list[int], share: float, *, together: bool) -> None:
        """Arrest a share of the members present; the rest are wanted, and everybody is warned."""
        del subject
        raid = self.ledger.raids
        self.ledger.raids += 1
        for number, cell in enumerate(self.cells):
            if cell.place in places and cell.members:
                taken = sum(
                    self.lane.draws.chance(share, "network:arrest", number, member, raid)
                    for member in range(cell.members)
                )
                self._lose(cell, taken)
                cell.wanted = cell.members
                if cell.members and not together:
                    self._move(number)
        self.warn()
        self.show()

    def surrender(self, subject: int, place: int, success: float, issuer: str) -> None:
        """Arrest wanted members of one place on a warrant, each with a chance of `success`."""
        del subject
        for number, cell in enumerate(self.cells):
            if cell.place == place and cell.wanted:
                taken = sum(
                    self.lane.draws.chance(success, "network:surrender", number, member, issuer)
                    for member in range(cell.wanted)
                )
                cell.wanted -= taken
                self._lose(cell, taken)
        self.show()

    def freeze(self, subject: int, place: int, share: float, kept: float) -> None:
        """Freeze a share of the liquid money of the cells in `place`; courts keep part of it."""
        del subject
        for cell in self.cells:
            if cell.place == place:
                taken = cell.liquid * share
                cell.liquid -= taken
                self.ledger.frozen += taken
                self.ledger.confiscated += taken * kept

    def _lose(self, cell: Cell, taken: int) -> None:
        now = self.lane.now
        cell.members -= taken
        self.ledger.arrested += taken
        if taken:
            code = self.lane.groups[cell.place]
            self.lane.note("network", "world", self.subject, f"loses {taken} members in {code}")
        if taken and self.ledger.first_arrest is None:
            self.ledger.first_arrest = now
        left = sum(one.members for one in self.cells)
        if left < _DISMANTLED * self._first_size and self.ledger.dismantled is None:
            self.ledger.dismantled = now
            self.lane.note("network", "world", self.subject, "falls apart")
            for one in self.cells:
                one.members = one.wanted = 0

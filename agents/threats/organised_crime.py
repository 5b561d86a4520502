"""Organised crime: a network with cells in several states that earn, launder and move.

The network lives week by week. It notices pressure, hears what leaks, lies low, and moves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from statistics import pstdev
from typing import TYPE_CHECKING, ClassVar, Final, Literal, Self

import mesa
import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from agents.choice import choose, whole_number
from agents.decoys import Coincidences, Decoy
from agents.jobs.investigation import Investigation
from agents.threat import Threat, ThreatKind
from scenarios import Layout, ThreatSpec
from scenarios.errors import refusal
from scenarios.schema import Chance, Decoys, Positive, Range, Span, Spec, check_states, declared

if TYPE_CHECKING:
    from agents.lane import Lane
    from agents.society import Society

F64 = NDArray[np.float64]

WEEKS_A_YEAR: Final = 365 / 7
SUBJECT: Final = 0
"""Number of the network among the subjects; the others are decoys."""

MOST_MEMBERS: Final = 1_000
"""Most members of a cell; each is drawn for in every raid."""

_DISMANTLED: Final = 0.2
"""Share of the first members below which the network is no longer active."""


class Network(Spec):
    """A criminal network with cells in several states."""

    cells: Range
    """Cells, each in a state of its own at first."""
    members_per_cell: Range
    victims_per_member: Positive
    """Victims that a member holds."""
    income_per_victim_year: Positive
    """Euro."""
    liquid_share: Chance
    """Share of the income that is put aside to be laundered; the rest is spent."""
    laundered_per_week: Chance
    """Share of the liquid money that is out of reach a week later."""
    laundered_when_warned: Chance
    """The same while the network is warned."""
    notice_per_week: Chance
    """Chance in a week that a cell notices an investigation of its state."""
    leak_per_week: Chance
    """Chance in a week and informed organisation that the network hears of it."""
    reaction_time: Span
    """How long a warned network lies low."""
    low_activity: Chance
    """Share of its activity that a cell keeps up while it lies low."""
    moves_when_warned: Chance
    """Chance that a warned cell moves to another state."""
    recruits_per_week: Chance
    """Chance in a week that a cell below its first size takes in a member."""

    @model_validator(mode="after")
    def _members_can_be_counted(self) -> Self:
        if self.members_per_cell.high > MOST_MEMBERS:
            raise refusal(f"a cell has at most {MOST_MEMBERS:,} members", "write a smaller number")
        return self


class OrganisedCrime(ThreatSpec):
    """A network and the coincidences that resemble it."""

    family: ClassVar = "crime"
    reports_needed: ClassVar = ("case-notice", "analysis", "risk", "alert")
    desks_needed: ClassVar = (
        "police",
        "financial",
        "europol.analysis",
        "eurojust.coordination",
        "frontex.risk-analysis",
    )
    casework_needed: ClassVar = (
        "investigation",
        "finance",
        "analysis",
        "coordination",
        "operations",
    )
    times: ClassVar = dict.fromkeys(
        ("days_to_all_affected", "days_to_europol", "days_to_first_arrest", "days_to_recognition"),
        "days",
    )
    outcomes: ClassVar = frozenset(
        (*times, "arrested_share", "confiscated_share", "proceeds_meur", "unequal_awareness")
    )

    kind: Literal["organised-crime"]
    network: Network
    decoys: Decoys

    def subjects(self, members: Sequence[str]) -> tuple[str, ...]:
        """The network, then the decoys."""
        del members
        return ("network", *self.decoys.names())

    def check(self, members: Sequence[str], tick_h: float) -> None:
        """Hold cells and decoys to the Member States there are."""
        del tick_h
        check_states("threat.network.cells", self.network.cells, members)
        check_states("threat.decoys.places", self.decoys.places, members)

    def is_real(self, subject: int) -> bool:
        """Whether `subject` is the network."""
        return subject == SUBJECT


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

    def __init__(self, lane: Lane, spec: Network) -> None:
        super().__init__(lane)
        self.lane = lane
        self.spec = spec
        self.decoys: list[Decoy] = []
        """What resembles it in this lane."""
        self.ledger = Ledger()
        self.cells = self._settle()
        self.first_places = tuple(cell.place for cell in self.cells)
        self.size = sum(cell.members for cell in self.cells)
        """Members there have been, those recruited later included."""
        self._week = 0
        self._warned_until = -1.0
        self._surrenders = 0

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
        self.lane.set_activity(SUBJECT, levels)

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
            if self._is_investigated(cell.place) and draws.chance(
                spec.notice_per_week.value, "network:notice", number, self._week
            ):
                self.warn()
        informed = lane.informed(SUBJECT)
        heard = 1 - (1 - spec.leak_per_week.value) ** len(informed)
        if draws.chance(heard, "network:leak", self._week):
            leaker = informed[choose(draws, [1.0] * len(informed), "network:leaker", self._week)]
            self.ledger.leaks.append(leaker)
            lane.trust.leaked(range(len(lane.groups)), leaker)
            lane.note("network", "world", SUBJECT, f"hears from inside {lane.groups[leaker]}")
            self.warn()

    @cached_property
    def _investigations(self) -> list[Investigation | None]:
        """The jobs of those who may investigate it, by place."""
        return [state.job(Investigation) for state in self.lane.states.values()]

    def _is_investigated(self, place: int) -> bool:
        job = self._investigations[place]
        return job is not None and SUBJECT in job.investigating

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
        self.lane.note("network", "world", SUBJECT, "is warned and lies low")
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
        here = codes[cell.place]
        near = [float(lane.layout.atlas.are_neighbours(here, code)) for code in codes]
        if not any(near):
            near = [float(code != here) for code in codes]
        if not any(near):
            return  # there is no other state
        cell.place = choose(lane.draws, near, "network:destination", number, cell.moves)
        lane.note("network", "world", SUBJECT, f"moves a cell from {here} to {codes[cell.place]}")
        cell.moves += 1
        self.ledger.moves += 1

    def hides(self, subject: int, place: int) -> bool:
        """Whether a wanted member of `subject` is in `place`."""
        return subject == SUBJECT and any(
            cell.wanted and cell.place == place for cell in self.cells
        )

    def raid(self, places: list[int], share: float, *, together: bool) -> None:
        """Arrest a share of the members present; the rest are wanted, and everybody is warned."""
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

    def surrender(self, place: int, success: float, issuer: str) -> None:
        """Arrest wanted members of one place on a warrant, each with a chance of `success`."""
        for number, cell in enumerate(self.cells):
            if cell.place == place and cell.wanted:
                taken = sum(
                    self.lane.draws.chance(success, "network:surrender", number, member, issuer)
                    for member in range(cell.wanted)
                )
                cell.wanted -= taken
                self._lose(cell, taken)
        self.show()

    def freeze(self, place: int, share: float) -> None:
        """Freeze a share of the liquid money of the cells in `place`."""
        kept = declared(self.lane.casework.finance).confiscated_of_frozen.value
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
            self.lane.note("network", "world", SUBJECT, f"loses {taken} members in {code}")
        if taken and self.ledger.first_arrest is None:
            self.ledger.first_arrest = now
        left = sum(one.members for one in self.cells)
        if left < _DISMANTLED * self._first_size and self.ledger.dismantled is None:
            self.ledger.dismantled = now
            self.lane.note("network", "world", SUBJECT, "falls apart")
            for one in self.cells:
                one.members = one.wanted = 0


class Networks(Threat):
    """The networks and decoys of a batch of lanes."""

    record_every_h: ClassVar = 7 * 24

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        spec, tick_h = layout.scenario.threat, layout.scenario.tick_h
        if not isinstance(spec, OrganisedCrime):
            raise TypeError(type(spec).__name__)
        self._spec = spec
        self._coincidences = Coincidences(spec.decoys, tick_h, first=SUBJECT + 1)
        self._week = round(7 * 24 / tick_h)
        self._lanes: list[Lane] = []

    def inhabit(self, lane: Lane) -> CriminalNetwork:
        """Put a network and its decoys into a lane."""
        network = CriminalNetwork(lane, self._spec.network)
        network.decoys = self._coincidences.inhabit(lane)
        return network

    def start(self, society: Society) -> None:
        """Show what there is to see of the networks."""
        self._lanes = society.lanes
        for lane in self._lanes:
            places = ", ".join(lane.groups[place] for place in lane.threat.first_places)
            lane.note("network", "world", SUBJECT, f"has cells in {places}")
            lane.threat.show()

    def move(self, tick: int) -> None:
        """Let decoys begin and end, and once a week the networks live."""
        self._coincidences.move(tick)
        if (tick + 1) % self._week == 0:
            for lane in self._lanes:
                lane.tick = tick
                lane.threat.step()

    def series(self) -> dict[str, F64]:
        """Members arrested and proceeds so far."""
        networks: list[CriminalNetwork] = [lane.threat for lane in self._lanes]
        return {
            "arrested_share": np.array([one.ledger.arrested / one.size for one in networks]),
            "proceeds_meur": np.array([one.ledger.proceeds / 1e6 for one in networks]),
        }

    def outcomes(self) -> dict[str, F64]:
        """What became of the networks, and when who knew."""
        rows = [self._read_off(lane) for lane in self._lanes]
        return {name: np.array([row[name] for row in rows]) for name in OrganisedCrime.outcomes}

    def _read_off(self, lane: Lane) -> dict[str, float]:
        scenario = self.layout.scenario
        day = 24 / scenario.tick_h
        network: CriminalNetwork = lane.threat
        ledger, known = network.ledger, lane.first_recognition
        states = [lane.groups[place] for place in network.first_places]
        aware = [known.get((SUBJECT, state), math.nan) / day for state in states]
        arrest = math.nan if ledger.first_arrest is None else ledger.first_arrest / day
        return {
            "days_to_recognition": min(known.values(), default=math.nan) / day,
            "days_to_europol": known.get((SUBJECT, "europol"), math.nan) / day,
            "days_to_all_affected": math.nan if any(map(math.isnan, aware)) else max(aware),
            "unequal_awareness": pstdev(
                scenario.horizon_days if math.isnan(days) else days for days in aware
            ),
            "days_to_first_arrest": arrest,
            "arrested_share": ledger.arrested / network.size,
            "proceeds_meur": ledger.proceeds / 1e6,
            "confiscated_share": ledger.confiscated / ledger.proceeds if ledger.proceeds else 0.0,
        }


THREAT: Final = ThreatKind(OrganisedCrime, Networks)

"""One lane: the organisations, threats, casework and record of one run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import mesa
import simpy

from agents.criminal_network import SUBJECT, CriminalNetwork
from agents.decoys import Decoy, activity_table
from agents.durations import Durations
from agents.eurojust import Eurojust
from agents.europol import Europol
from agents.frontex import Frontex
from agents.member_state import MemberState
from agents.organisation import Organisation
from agents.trust import Trust
from agents.workplace import Step, Workplace
from scenarios import Layout
from scenarios.organised_crime import Casework
from sim.port import Engine
from sim.streams import Draws
from sim.tables import Table
from sim.world import LEVEL_ONE

if TYPE_CHECKING:
    from sim.clock import Clocks

BODIES: Mapping[str, type[Organisation]] = {
    "europol": Europol,
    "frontex": Frontex,
}


class Kit:
    """What all lanes of a batch share: layout, compiled delays, capacities."""

    def __init__(self, layout: Layout) -> None:
        threat = layout.scenario.threat
        self.layout = layout
        self.groups = tuple(layout.groups)
        self.bodies = tuple(
            name for name in layout.groups if name not in layout.places and name != "eurojust"
        )
        self.durations = Durations(threat.casework, layout.scenario.tick_h)
        self.decoy_activity: Table = activity_table(threat.decoys)
        self.decoy_lasts: Table = threat.decoys.lasts.table(layout.scenario.tick_h)
        self.capacity = _capacity(layout)
        casework = threat.casework
        per_day = casework.team_size.value * casework.hours_per_day.value
        self.hours_a_tick = per_day * layout.scenario.tick_h / 24


class Lane(mesa.Model):
    """The agents of one lane, and what they may ask of the engine."""

    def __init__(self, number: int, kit: Kit, draws: Draws, engine: Engine, clocks: Clocks) -> None:
        super().__init__(rng=0)
        self.number = number
        self.engine = engine
        self.draws = draws
        self.layout = kit.layout
        self.layout_groups = kit.groups
        self.durations = kit.durations
        self.casework: Casework = kit.layout.scenario.threat.casework
        self.clocks = clocks
        self.tick = 0
        """Tick of the last call from outside."""
        self.environment: simpy.Environment = clocks.at(number, 0)
        self.work = Workplace(self.environment, kit.capacity, kit.hours_a_tick)
        self.trust = Trust(kit.layout.scenario.threat.trust, engine, number)
        self.first_recognition: dict[tuple[int, str], float] = {}
        """Tick at which an organisation first recognised, or was shown, a subject."""
        self.false_recognitions = 0
        self._closer: dict[tuple[int, int], float] = {}
        self._activity: dict[int, dict[int, float]] = {}
        self.network = CriminalNetwork(self)
        self.decoys = [
            Decoy(self, decoy, kit.decoy_activity, kit.decoy_lasts)
            for decoy in range(len(kit.layout.subjects) - 1)
        ]
        self.states = {name: MemberState(self, name) for name in kit.layout.places}
        self.eurojust = Eurojust(self, "eurojust")
        self.organisations: dict[str, Organisation] = {
            **self.states,
            **{name: BODIES.get(name, Organisation)(self, name) for name in kit.bodies},
            "eurojust": self.eurojust,
        }

    # What happens to it ------------------------------------------------------------------------

    def recognised(self, tick: int, subject: int, group: str) -> None:
        """Record a recognition and let the organisation act on it."""
        self.tick = tick
        if self.is_real(subject):
            self.aware(subject, group)
        else:
            self.false_recognitions += 1
        self.organisations[group].recognised(subject)

    def told(self, tick: int, subject: int, report: str, reader: str, teller: str) -> None:
        """Let the organisation that read an addressed report of `teller` act on it."""
        self.tick = tick
        self.organisations[reader].told(subject, report, teller)

    # What its agents ask -----------------------------------------------------------------------

    def state_at(self, place: int) -> MemberState:
        """Return the Member State that is `place`."""
        return self.states[self.layout_groups[place]]

    @property
    def now(self) -> float:
        """Time in ticks: within casework to a fraction, else the current tick."""
        return max(self.environment.now, self.tick)

    def is_real(self, subject: int) -> bool:
        """Whether `subject` is a network and not a coincidence."""
        return subject == SUBJECT

    def aware(self, subject: int, group: str) -> None:
        """Record that an organisation knows of a real subject."""
        self.first_recognition.setdefault((subject, group), self.now)

    def start(self, process: Step) -> None:
        """Start a piece of casework now."""
        self.clocks.at(self.number, self.tick).process(process)
        self.clocks.planned(self.number)

    def wait(self, delay: str, *entity: int | str) -> simpy.Timeout:
        """Let the named delay of casework pass."""
        return self.environment.timeout(self.durations.draw(self.draws, delay, *entity))

    def groups_in(self, members: int) -> list[int]:
        """Numbers of the organisations in a set given as bits."""
        return [group for group in range(len(self.layout_groups)) if members >> group & 1]

    def places_in(self, members: int) -> list[int]:
        """Places whose organisation is in a set given as bits."""
        return [group for group in self.groups_in(members) if group < len(self.layout.places)]

    def informed(self, subject: int) -> list[int]:
        """Organisations to which personal data on `subject` was disclosed."""
        found: list[int] = self.engine.disclosed(self.number)[subject].nonzero()[0].tolist()
        return found

    def set_activity(self, subject: int, levels: dict[int, float]) -> None:
        """Set what there is to see of `subject`, by place; nothing elsewhere."""
        before = self._activity.get(subject, {})
        self._activity[subject] = levels
        for place in sorted(before.keys() | levels.keys()):
            if before.get(place, 0.0) != levels.get(place, 0.0):
                self._show(subject, place)

    def watch_closer(self, subject: int, places: list[int], gain: float) -> None:
        """Add `gain` times to what is seen of `subject` in `places`."""
        for place in places:
            self._closer[subject, place] = self._closer.get((subject, place), 0.0) + gain
            self._show(subject, place)

    def _show(self, subject: int, place: int) -> None:
        level = self._activity.get(subject, {}).get(place, 0.0)
        level *= 1 + self._closer.get((subject, place), 0.0)
        self.engine.set_activity(self.number, subject, place, round(level * LEVEL_ONE))


def _capacity(layout: Layout) -> dict[str, int]:
    """Teams and desks of each organisation."""
    casework = layout.scenario.threat.casework
    capacity = {
        "europol": max(1, casework.europol_teams.value),
        "eurojust": max(1, casework.eurojust_desks.value),
        "frontex": max(1, casework.frontex_operations.value),
    }
    for code, member in layout.atlas.members.items():
        teams = round(member.police_officers / casework.police_per_team.value)
        capacity[f"{code}.team"] = max(1, teams)
        capacity[f"{code}.financial"] = max(1, round(teams / 2))
    return capacity

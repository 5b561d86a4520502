"""One lane: the organisations, threat, casework and record of one run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import mesa
import simpy

from agents.durations import Durations
from agents.journal import Deed, DeedKind
from agents.organisations.enisa import Enisa
from agents.organisations.eurojust import Eurojust
from agents.organisations.europol import Europol
from agents.organisations.frontex import Frontex
from agents.organisations.member_state import MemberState
from agents.organisations.mic import Mic
from agents.organisations.organisation import Listener, Organisation
from agents.organisations.sitcen import SitCen
from agents.posts import posts
from agents.threat import ASPECT
from agents.threats import kinds
from agents.trust import Trust
from agents.workplace import Step, Workplace
from scenarios import Layout
from scenarios.schema import Casework
from sim.draws import Draws
from sim.seam import LEVEL_ONE, Engine

if TYPE_CHECKING:
    from sim.seam import Clocks

BODIES: Final[Mapping[str, type[Organisation]]] = {
    "europol": Europol,
    "eurojust": Eurojust,
    "frontex": Frontex,
    "enisa": Enisa,
    "mic": Mic,
    "sitcen": SitCen,
}


class Kit:
    """What all lanes of a batch share: layout, threat, compiled delays, places of work."""

    def __init__(self, layout: Layout) -> None:
        scenario = layout.scenario
        self.layout = layout
        self.groups = tuple(layout.groups)
        self.real: dict[int, bool] = {}
        """Whether subjects are real, as far as that was asked."""
        self.bodies = {
            name: self._kind_of(name, scenario.casework)
            for name in layout.groups
            if name not in layout.places
        }
        self.durations = Durations(scenario.casework, scenario.tick_h)
        self.posts = posts(layout)
        self.threat = kinds()[scenario.threat.kind].behaviour(layout)

    @staticmethod
    def _kind_of(body: str, casework: Casework) -> type[Organisation]:
        """Class of a body; one whose casework is not declared only reads and passes on."""
        kind = BODIES.get(body, Organisation)
        if kind.block is None or getattr(casework, kind.block) is None:
            return Organisation
        return kind


def forget(lanes: Iterable[Lane]) -> None:
    """Let go of lanes that have ended: Mesa numbers agents in a table that keeps their models."""
    numbers = getattr(mesa.Agent, "_ids", {})
    for lane in lanes:
        numbers.pop(lane, None)


class Lane(mesa.Model):
    """The agents of one lane, and what they may ask of the engine."""

    __slots__ = (
        "_activity",
        "_closer",
        "_listeners",
        "_real",
        "casework",
        "clocks",
        "draws",
        "durations",
        "engine",
        "environment",
        "eurojust",
        "false_recognitions",
        "first_recognition",
        "groups",
        "journal",
        "layout",
        "number",
        "organisations",
        "states",
        "threat",
        "tick",
        "trust",
        "work",
    )

    def __init__(
        self,
        number: int,
        kit: Kit,
        draws: Draws,
        engine: Engine,
        clocks: Clocks,
        journal: list[Deed] | None = None,
    ) -> None:
        super().__init__(rng=0)
        self.number = number
        self.engine = engine
        self.draws = draws
        self.layout = kit.layout
        self._real = kit.real
        self.groups = kit.groups
        """Names of the organisations by their number."""
        self.durations = kit.durations
        self.casework: Casework = kit.layout.scenario.casework
        self.clocks = clocks
        self.journal = journal
        self.tick = 0
        """Tick of the last call from outside."""
        self.environment: simpy.Environment = clocks.at(number, 0)
        self.work = Workplace(self.environment, kit.posts)
        self.trust = Trust(kit.layout.scenario.trust, engine, number)
        self.first_recognition: dict[tuple[int, str], float] = {}
        """Tick at which an organisation first recognised, or was shown, a real subject."""
        self.false_recognitions = 0
        self._closer: dict[tuple[int, int], float] = {}
        self._activity: dict[int, dict[int, float]] = {}
        self._listeners: dict[tuple[int, str], tuple[Listener, ...]] = {}
        """What acts on reports of a class that a unit reads, by unit and class."""
        self.threat: Any = kit.threat.inhabit(self)
        """The threat's agent; what can be done to it depends on its kind."""
        self.states = {name: MemberState(self, name) for name in kit.layout.places}
        self.organisations: dict[str, Organisation] = {
            **self.states,
            **{name: kind(self, name) for name, kind in kit.bodies.items()},
        }
        eurojust = self.organisations.get("eurojust")
        self.eurojust = eurojust if isinstance(eurojust, Eurojust) else None
        """The agency, where it coordinates cases in this scenario."""

    # What happens to it ------------------------------------------------------------------------

    def recognised(self, tick: int, subject: int, unit: int) -> None:
        """Record a recognition and let the organisation act on it."""
        self.tick = tick
        group = self.layout.owners[unit]
        self.aware(subject, group)
        self.false_recognitions += not self.is_real(subject)
        self.organisations[group].recognised(subject, self.layout.desks[unit])

    def told(self, tick: int, subject: int, report: str, reader: int, teller: int) -> None:
        """Let the organisation of the unit that read an addressed report act on it."""
        self.tick = tick
        listeners = self._listeners.get((reader, report))
        if listeners is None:
            layout = self.layout
            organisation = self.organisations[layout.owners[reader]]
            listeners = organisation.listeners(layout.desks[reader], report)
            self._listeners[reader, report] = listeners
        if listeners:
            name = self.layout.owners[teller]
            for listen in listeners:
                listen(subject, report, name)

    # What its agents ask -----------------------------------------------------------------------

    def state_at(self, place: int) -> MemberState:
        """Return the Member State that is `place`."""
        return self.states[self.groups[place]]

    @property
    def now(self) -> float:
        """Time in ticks: within casework to a fraction, else the current tick."""
        now, tick = self.environment.now, self.tick
        return tick if tick > now else now  # noqa: FURB136 - asked for very often

    def is_real(self, subject: int) -> bool:
        """Whether `subject` is real and not a coincidence."""
        real = self._real.get(subject)
        if real is None:
            real = self._real[subject] = self.layout.scenario.threat.is_real(subject)
        return real

    def aware(self, subject: int, group: str) -> None:
        """Record that an organisation knows of a subject, if it is real."""
        if self.is_real(subject):
            self.first_recognition.setdefault((subject, group), self.now)

    def note(
        self,
        actor: str,
        kind: DeedKind,
        subject: int,
        text: str,
        *parts: object,
        at: float | None = None,
    ) -> None:
        """Write into the journal, if one is kept, what an actor does, now or at a tick.

        Parameters
        ----------
        parts
            What goes into the braces of `text`; put into words only if a journal is kept.
        """
        if self.journal is not None:
            when = self.now if at is None else at
            text = text.format(*parts) if parts else text
            self.journal.append(Deed(when, actor, kind, subject, text))

    def start(self, process: Step) -> simpy.Process:
        """Start a piece of casework now."""
        started = self.clocks.at(self.number, self.tick).process(process)
        self.clocks.planned(self.number)
        return started

    def later(self, delay: str, *entity: int | str, then: Callable[[], None]) -> None:
        """Do one thing, which waits for nothing, once a named delay of casework has passed."""
        environment = self.clocks.at(self.number, self.tick)
        timeout = environment.timeout(self.durations.draw(self.draws, delay, *entity))
        timeout.callbacks.append(lambda _: then())
        self.clocks.planned(self.number)

    def interrupt(self, process: simpy.Process) -> None:
        """Break into a piece of casework now, from outside of it."""
        self.clocks.at(self.number, self.tick)
        process.interrupt()
        self.clocks.planned(self.number)

    def fire(self, event: simpy.Event) -> None:
        """Let an event happen now, also from outside of casework."""
        if self.environment.active_process is None:
            self.clocks.at(self.number, self.tick)
        event.succeed()
        self.clocks.planned(self.number)

    def wait(self, delay: str, *entity: int | str) -> simpy.Timeout:
        """Let the named delay of casework pass."""
        return self.environment.timeout(self.durations.draw(self.draws, delay, *entity))

    def groups_in(self, members: int) -> list[int]:
        """Numbers of the organisations in a set given as bits."""
        return [group for group in range(len(self.groups)) if members >> group & 1]

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
        if levels == before:
            return
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
        self.engine.set_activity(self.number, subject, place, ASPECT, round(level * LEVEL_ONE))

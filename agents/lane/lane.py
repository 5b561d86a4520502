"""One lane: what those who live in one run share, and what they may ask of the engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import mesa
import simpy

from agents.lane.cases import Cases
from agents.lane.contacts import Contacts
from agents.lane.durations import Durations
from agents.lane.help import Help
from agents.lane.journal import Deed, DeedKind, Fact
from agents.lane.regime import Regime
from agents.lane.roles import Listener, Resident
from agents.lane.travel import Geography
from agents.lane.trust import Trust
from agents.lane.workplace import Post, Shift, Step, Workplace
from scenarios import Layout, ThreatSpec
from scenarios.reading import Atlas
from scenarios.schema import Casework, Member, Scenario
from sim.draws import Draws
from sim.seam import EVERYONE, LEVEL_ONE, Clocks, Engine

ASPECT: Final = 0
"""The aspect that desks see unless their sight says otherwise: the first."""


def draws_name(threat: str) -> str:
    """Return what a threat's part of the draws of a world is called."""
    return f"threat:{threat}"


class Kit:
    """What all lanes of a batch share: layout, declarations, compiled delays, places of work.

    Parameters
    ----------
    posts
        What gives the places of work, by name, of a scenario and its place.
    """

    def __init__(
        self, layout: Layout, posts: Callable[[Scenario, Atlas], Mapping[str, Post]]
    ) -> None:
        threats = layout.threats
        self.layout = layout
        self.groups = tuple(layout.groups)
        self.owner = tuple(threats.owners)
        """By subject, the threat that it belongs to."""
        self.real = tuple(threats.real)
        """By subject, whether it is real and not a coincidence."""
        self.named = tuple(threats.drawn)
        """By subject, what names it in draws."""
        self.geography = Geography(layout)
        regimes = {
            id(one.scenario): Regime.of(one, posts(one.scenario, one.atlas))
            for timetable in layout.force
            for one in timetable
        }
        self.timetables = [
            tuple((one.since, regimes[id(one.scenario)]) for one in timetable)
            for timetable in layout.force
        ]
        """By point, what threats and casework go by, from when on."""


def forget(lanes: Iterable[Lane]) -> None:
    """Let go of lanes that have ended: Mesa numbers agents in a table that keeps their models.

    Processes that are still under way are broken off then, which is no fact.
    """
    numbers = getattr(mesa.Agent, "_ids", {})
    for lane in lanes:
        numbers.pop(lane, None)
        lane.facts = None


class Lane(mesa.Model):
    """One run: clock, draws, people, records, the engine's port, and who lives in it.

    It knows neither organisations nor threats; who puts them in gives them their names here.
    """

    __slots__ = (
        "_activity",
        "_closer",
        "_kit",
        "_later",
        "_listeners",
        "_regime",
        "_shown",
        "_threats",
        "cases",
        "clocks",
        "contacts",
        "draws",
        "engine",
        "environment",
        "facts",
        "false_recognitions",
        "false_subjects",
        "first_recognition",
        "geography",
        "groups",
        "help",
        "journal",
        "layout",
        "number",
        "organisations",
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
        facts: list[Fact] | None = None,
    ) -> None:
        super().__init__(rng=0)
        self.number = number
        self.engine = engine
        self.draws = draws
        self.layout = kit.layout
        self._kit = kit
        self.groups = kit.groups
        """Names of the organisations by their number."""
        self.geography = kit.geography
        (_, self._regime), *later = timetable = kit.timetables[engine.lanes[number].point]
        self._later = later[::-1]
        self.clocks = clocks
        self.journal, self.facts = journal, facts
        self.tick = 0
        """Tick of the last call from outside."""
        self.environment: simpy.Environment = clocks.at(number, 0)
        witness = None if facts is None else self._work_goes
        posts = [(since, regime.posts) for since, regime in timetable]
        self.work = Workplace(self.environment, posts, draws, witness)
        self.trust = Trust(kit.layout.scenario.trust, engine, number)
        self.cases, self.help = Cases(), Help()
        self.contacts = Contacts(engine, number, 0, ())
        self.first_recognition: dict[tuple[int, str], float] = {}
        """Tick at which an organisation first recognised, or was shown, a real subject."""
        self.false_recognitions: Counter[str] = Counter()
        """Recognitions of coincidences by threat, by whichever desk."""
        self.false_subjects: set[int] = set()
        """Coincidences that somebody recognised."""
        self._closer: dict[tuple[int, int, int], float] = {}
        self._shown: dict[tuple[int, int, int], int] = {}
        """What the engine was told, by subject, place and aspect."""
        self._activity: dict[tuple[int, int], dict[int, float]] = {}
        self._listeners: dict[tuple[int, str], tuple[Listener, ...]] = {}
        """What acts on reports of a class that a unit reads, by unit and class."""
        self._threats: dict[str, Any] = {}
        self.organisations: dict[str, Resident] = {}

    # Who lives in it ---------------------------------------------------------------------------

    def add_threat(self, name: str, agent: Any) -> None:  # noqa: ANN401 - what it can do depends
        """Put in the agent of a threat."""
        self._threats[name] = agent

    def of(self, subject: int) -> Any:  # noqa: ANN401 - as above; who asks knows the verbs
        """Return the agent of the threat that a subject belongs to."""
        return self._threats[self._kit.owner[subject]]

    def threat_of(self, subject: int) -> str:
        """Return the name of the threat that a subject belongs to."""
        return self._kit.owner[subject]

    def declared(self, subject: int) -> ThreatSpec:
        """Return the declaration of the threat that a subject belongs to, as it is now."""
        return self.regime.threats[self._kit.owner[subject]]

    def domain_of(self, subject: int) -> int:
        """Return the domain of the threat that a subject belongs to, in which it is trusted."""
        return self.layout.scenario.families.index(self.declared(subject).family)

    def named(self, subject: int) -> int:
        """Return what names a subject in draws, alone or in company."""
        return self._kit.named[subject]

    def draws_of(self, threat: str) -> Draws:
        """Return the draws of a threat, the same alone or in company."""
        return self.draws.within(draws_name(threat))

    # What happens to it ------------------------------------------------------------------------

    def recognised(self, tick: int, subject: int, unit: int) -> None:
        """Record a recognition and let the organisation act on it."""
        self.tick = tick
        group = self.layout.owners[unit]
        self.aware(subject, group)
        if not self.is_real(subject):
            self.false_recognitions[self.threat_of(subject)] += 1
            self.false_subjects.add(subject)
        self.organisations[group].recognised(subject, self.layout.desks[unit])

    def told(self, tick: int, subject: int, report: str, reader: int, teller: int) -> None:
        """Let the organisation of the unit that read an addressed report act on it."""
        self.tick = tick
        if self._later:
            _ = self.regime
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

    # What is in force --------------------------------------------------------------------------

    @property
    def regime(self) -> Regime:
        """What threats and casework go by now."""
        while self._later and self._later[-1][0] <= self.now:
            _, self._regime = self._later.pop()
            self._listeners.clear()
        return self._regime

    @property
    def casework(self) -> Casework:
        """Casework as it is declared now."""
        return self.regime.casework

    @property
    def durations(self) -> Durations:
        """Delays as they are now."""
        return self.regime.durations

    # What its agents ask -----------------------------------------------------------------------

    @property
    def now(self) -> float:
        """Time in ticks: within casework to a fraction, else the current tick."""
        now, tick = self.environment.now, self.tick
        return tick if tick > now else now  # noqa: FURB136 - asked for very often

    def member(self, place: int) -> Member:
        """Return the Member State at a place, as it is now."""
        return self.regime.members[place]

    def is_real(self, subject: int) -> bool:
        """Whether `subject` is real and not a coincidence."""
        return self._kit.real[subject]

    def aware(self, subject: int, group: str) -> None:
        """Record that an organisation knows of a subject, if it is real."""
        if self.is_real(subject):
            self.first_recognition.setdefault((subject, group), self.now)

    def recognitions_of(self, subject: int) -> dict[str, float]:
        """Return when each organisation first knew of a subject."""
        first = self.first_recognition
        return {group: tick for (about, group), tick in first.items() if about == subject}

    def forget_recognitions(self, subject: int) -> None:
        """Begin anew with a subject that is another one from now on."""
        for group in self.recognitions_of(subject):
            del self.first_recognition[subject, group]

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

    def fact(
        self,
        actor: str,
        what: str,
        subject: int,
        thing: str = "",
        *,
        at: float | None = None,
        **numbers: float,
    ) -> None:
        """Write down in numbers, if facts are kept, what happens now or at a tick."""
        if self.facts is not None:
            when = self.now if at is None else at
            self.facts.append(Fact(when, actor, what, subject, thing, numbers))

    def _work_goes(self, what: str, shift: Shift) -> None:
        """Write down that a piece of work begins or ends."""
        now = self.environment.now
        self.fact("", what, shift.subject, shift.name, at=now, places=shift.places)

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

    def shift(self, post: str, subject: int, places: int = 1) -> Shift:
        """Count the time inside as work at some places on a subject."""
        useful, threat = self.is_real(subject), self.threat_of(subject)
        return self.work.shift(post, useful=useful, places=places, threat=threat, subject=subject)

    def write(self, desk: str, subject: int, report: str, audience: int = EVERYONE) -> None:
        """Have a desk (unit name) write a report of class `report`, if the desk exists."""
        unit = self.layout.units.get(desk)
        if unit is not None:
            cls = self.layout.classes[report]
            self.engine.emit(self.number, unit, subject, cls, audience)

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

    def set_activity(self, subject: int, levels: dict[int, float], aspect: int = ASPECT) -> None:
        """Set what there is to see of an aspect of `subject`, by place; nothing elsewhere."""
        before = self._activity.get((subject, aspect), {})
        if levels == before:
            return
        self._activity[subject, aspect] = levels
        for place in sorted(before.keys() | levels.keys()):
            if before.get(place, 0.0) != levels.get(place, 0.0):
                self._show(subject, place, aspect)

    def watch_closer(
        self, subject: int, places: Iterable[int], gain: float, aspect: int = ASPECT
    ) -> None:
        """Add `gain` times to what is seen of an aspect of `subject` in `places`."""
        for place in places:
            key = subject, place, aspect
            self._closer[key] = self._closer.get(key, 0.0) + gain
            self._show(subject, place, aspect)

    def _show(self, subject: int, place: int, aspect: int) -> None:
        level = self._activity.get((subject, aspect), {}).get(place, 0.0)
        level *= 1 + self._closer.get((subject, place, aspect), 0.0)
        shown, key = round(level * LEVEL_ONE), (subject, place, aspect)
        if self._shown.get(key, 0) != shown:
            self._shown[key] = shown
            seen = self.layout.threats.first_aspect[self.threat_of(subject)] + aspect
            self.engine.set_activity(self.number, subject, place, seen, shown)

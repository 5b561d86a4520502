"""What happened in a replayed lane, by report, desk and channel."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from experiments.trace.wording import Clock, share
from sim.seam import NEVER, Component, Fate, Role

if TYPE_CHECKING:
    from agents.lane import Deed
    from experiments.trace.replaying import Replayed
    from scenarios.schema import Rule


class Desk(NamedTuple):
    """A desk of an organisation."""

    number: int
    name: str
    owner: str
    """Its organisation."""

    def __str__(self) -> str:
        return self.name


class Channel(NamedTuple):
    """Way from desk to desk over an instrument."""

    number: int
    sender: Desk
    receiver: Desk
    instrument: str


class ReportClass(NamedTuple):
    """Class of reports."""

    number: int
    name: str
    role: int
    """A `Role`."""
    lifetime: int
    """Ticks for which they are of use."""

    def __str__(self) -> str:
        return self.name


class Subject(NamedTuple):
    """What reports are about."""

    number: int
    name: str
    real: bool
    """Whether it is no coincidence."""

    def __str__(self) -> str:
        return self.name


class Report(NamedTuple):
    """One report that was made."""

    key: int
    tick: int
    cls: ReportClass
    subject: int
    desk: Desk
    """Desk that wrote it."""
    weight: int
    origins: int
    """Organisations whose knowledge is in it, as bits."""
    faces: int
    """By which of its sides it shows the subject, as bits."""
    observed: bool
    """Whether it is of what its desk saw itself."""

    @property
    def dead(self) -> int:
        """Tick from which it is of no use."""
        return self.tick + self.cls.lifetime

    @property
    def short(self) -> str:
        """Its class, the beginning of its key, and who wrote it."""
        return f"{self.cls} {self.key:016x}"[:-8] + f" of {self.desk}"


class Belief(NamedTuple):
    """What a desk held on a subject after something was added to it, linked or spent."""

    tick: int
    parts: tuple[Component, ...]
    """Faces that belong together, and what it held on them."""
    added: tuple[Report, ...] = ()
    recognised: tuple[int, ...] = ()
    """Faces of what it recognised by that."""
    linked: int = 0
    """Faces that casework linked."""
    spent: int = 0
    """1 if what it held was spent, 2 if the links were as well."""

    @property
    def strongest(self) -> Component:
        """The part on which it held most."""
        nothing = Component(0, 0, 0, recognised=False)
        return max(self.parts, key=lambda part: part.evidence, default=nothing)


class Delivery(NamedTuple):
    """First arrival of a report at a desk."""

    tick: int
    channel: Channel


class Attempt(NamedTuple):
    """One try to send a report over a channel."""

    tick: int
    term: int
    answer: bool
    fate: int
    """A `Fate`."""


class Sending(NamedTuple):
    """A report let out over a channel."""

    tick: int
    due: int
    attempt: Attempt
    """The try that succeeded."""


class Place(NamedTuple):
    """Rule of a policy: its number, counted from 1, and the rule."""

    number: int
    rule: Rule

    def says(self, *, asked: bool = False) -> str:
        """Name it: number, meaning, chance."""
        grant = self.rule.pull if asked else self.rule.push
        chance = "" if grant is None else f", {share(grant.chance)}"
        return f'rule {self.number} "{self.rule.meaning}"{chance}'


class Events:
    """The log of one lane, indexed by the engine's numbers of ticks, desks and channels."""

    def __init__(self, lane: Replayed) -> None:
        self.lane = lane
        self.world, self.layout = lane.compiled.world, lane.compiled.layout
        self.clock = Clock(self.layout.scenario.tick_h)
        self.horizon = self.world.horizon
        world, log = self.world, lane.replay.log
        named = zip(world.units.names, self.layout.owners, strict=True)
        self.desks = [Desk(number, *names) for number, names in enumerate(named)]
        ends = zip(
            world.channels.src.tolist(),
            world.channels.dst.tolist(),
            world.channels.names,
            strict=True,
        )
        self.channels = [
            Channel(number, self.desks[src], self.desks[dst], name.partition(":")[0])
            for number, (src, dst, name) in enumerate(ends)
        ]
        real = self.layout.threats.real
        self.subjects = [
            Subject(number, name, is_real)
            for number, (name, is_real) in enumerate(zip(world.subjects.names, real, strict=True))
        ]
        self.stores = frozenset(world.stores.unit.tolist())
        """Desks that are data bases."""
        self.matches = {row[2]: row[3:] for row in log.matches}
        """Of hits that stores made by themselves: records told of, and what matches them."""
        self.recognitions = [(row[0], *row[2:]) for row in log.recognitions]
        """Tick, desk, subject, and the faces that the evidence was about."""
        self.reports = self._reports()
        """By key, in the order they were made."""
        self.delivered: dict[tuple[int, int], Delivery] = {}
        """By report and desk."""
        for tick, _, key, channel in log.deliveries:
            over = self.channels[channel]
            self.delivered[key, over.receiver.number] = Delivery(tick, over)
        self.read = {(key, unit): tick for tick, _, key, unit in log.reads}
        """Tick, by report and desk."""
        self.beliefs: dict[tuple[int, int], list[Belief]] = {}
        """What desks held on subjects, as far as somebody asked; see `evidence.beliefs`."""

    def _reports(self) -> dict[int, Report]:
        classes, watch = self.world.classes, self.world.watch
        seen = self.world.sights.cls[watch.sight]
        watched = set(zip(watch.unit.tolist(), seen.tolist(), strict=True))
        kinds = [
            ReportClass(number, *kind)
            for number, kind in enumerate(
                zip(classes.names, classes.role.tolist(), classes.lifetime.tolist(), strict=True)
            )
        ]
        log, found = self.lane.replay.log, {}
        for made, content in zip(log.made, log.contents, strict=True):
            tick, _, key, cls, subject, unit = made
            observed = (unit, cls) in watched
            found[key] = Report(
                key, tick, kinds[cls], subject, self.desks[unit], *content[3:], observed
            )
        return found

    def acquainted(self, channel: Channel, subject: int, tick: int) -> bool:
        """Whether the sender's organisation knew a contact at the receiver's in a tick."""
        group, domain = self.world.units.group, int(self.world.kinds.domain[self.kind(subject)])
        ends = int(group[channel.sender.number]), int(group[channel.receiver.number])
        said = [known for told, known in self._contacts.get((*ends, domain), ()) if told <= tick]
        return not said or said[-1]

    # Indices that not every story needs ----------------------------------------------------

    @cached_property
    def sent(self) -> dict[tuple[int, int], list[Sending]]:
        """What was let out, by report and channel, in order."""
        dues: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        for tick, _, key, channel, due in self.lane.replay.log.sends:
            dues[key, channel].append((tick, due))
        return {over: self._paired(over, sends) for over, sends in dues.items()}

    def _paired(self, over: tuple[int, int], sends: list[tuple[int, int]]) -> list[Sending]:
        """Return sends with their attempts: the k-th that was not held back is the k-th sent."""
        through = [attempt for attempt in self.tried[over] if attempt.fate == Fate.SENT]
        found = [Sending(*send, tried) for send, tried in zip(sends, through, strict=True)]
        if any(sending.tick != sending.attempt.tick for sending in found):
            msg = f"sends and attempts of report {over[0]:016x} do not match"
            raise RuntimeError(msg)
        return found

    def sending(self, key: int, unit: int) -> Sending:
        """Return what brought a report to a desk first."""
        arrived, channel = self.delivered[key, unit]
        return next(s for s in self.sent[key, channel.number] if s.due == arrived)

    @cached_property
    def _contacts(self) -> dict[tuple[int, int, int], list[tuple[int, bool]]]:
        """When organisations were said to know a contact or not, by pair and domain."""
        found: dict[tuple[int, int, int], list[tuple[int, bool]]] = defaultdict(list)
        for tick, _, giver, receiver, domain, known in self.lane.replay.log.contacts:
            found[giver, receiver, domain].append((tick, bool(known)))
        return dict(found)

    @cached_property
    def tried(self) -> dict[tuple[int, int], list[Attempt]]:
        """Attempts, by report and channel, in order."""
        found: dict[tuple[int, int], list[Attempt]] = defaultdict(list)
        for tick, _, key, channel, term, answer, fate in self.lane.replay.log.attempts:
            found[key, channel].append(Attempt(tick, term, bool(answer), fate))
        return dict(found)

    @cached_property
    def incoming(self) -> dict[int, list[Channel]]:
        """Channels that end at each desk."""
        found: dict[int, list[Channel]] = defaultdict(list)
        for channel in self.channels:
            found[channel.receiver.number].append(channel)
        return found

    @cached_property
    def about(self) -> dict[int, list[Report]]:
        """Reports by subject, in the order they were made."""
        return _by_subject(self.reports.values())

    @cached_property
    def evidence(self) -> dict[int, list[Report]]:
        """Reports that prove something, by subject, in the order they were made.

        As in the kernel (`sim.kernel.fusion`) they are those that weigh anything or show that faces
        belong together: of others, such as the picture of a situation, nothing counts.
        """
        return _by_subject(
            report
            for report in self.reports.values()
            if report.cls.role == Role.EVIDENCE
            and (report.weight > 0 or report.faces.bit_count() > 1)
        )

    # What numbers mean ---------------------------------------------------------------------------

    def groups(self, members: int) -> tuple[str, ...]:
        """Names of the organisations in a set given as bits."""
        return tuple(name for bit, name in enumerate(self.world.groups) if members >> bit & 1)

    def phase(self, tick: int | None = None) -> int:
        """Number of the phase that the lane is in at a tick; at the end if left out."""
        when = self.world.horizon - 1 if tick is None else tick
        return self.world.points.phase_at(self.lane.point, when)

    def kind(self, subject: int) -> int:
        """Which kind of subject it is."""
        return int(self.world.subjects.kind[subject])

    def threshold(self, unit: int, subject: int, tick: int | None = None) -> int | None:
        """Evidence at which a desk recognises a subject at a tick, or in the end; None if never."""
        at = self.phase(tick), unit, self.kind(subject)
        needed = int(self.world.phases.recognise_at[at])
        return None if needed == NEVER else needed

    def origins_needed(self, unit: int, subject: int, tick: int | None = None) -> int:
        """Organisations whose traces must have met at a desk at a tick, or in the end."""
        at = self.phase(tick), unit, self.kind(subject)
        return int(self.world.phases.origins_needed[at])

    def faces(self, subject: int, some: int) -> tuple[str, ...]:
        """Names of some faces of a subject; none where it has but one."""
        names = list(self.layout.threats.specs.values())[self.kind(subject)].faces
        count = int(self.world.kinds.faces[self.kind(subject)])
        if count == 1:
            return ()
        if count != len(names):
            names = tuple(f"face {number}" for number in range(1, count + 1))
        return tuple(name for bit, name in enumerate(names) if some >> bit & 1)

    @cached_property
    def decay(self) -> list[list[int]]:
        """Share of evidence left after a number of ticks, by kind of subject."""
        shares: list[list[int]] = self.world.kinds.decay.tolist()
        return shares

    @cached_property
    def changes(self) -> dict[int, list[tuple[int, int, int, int]]]:
        """Tick, desk or `ALL_UNITS`, faces linked, and what was spent; by subject, in order."""
        found: dict[int, list[tuple[int, int, int, int]]] = defaultdict(list)
        for tick, _, unit, subject, faces, spent in self.lane.replay.log.changes:
            found[subject].append((tick, unit, faces, spent))
        return dict(found)

    def rule(self, term: int) -> Place | None:
        """Rule of the policy that made a term."""
        from scenarios.compiling import rule_of

        policies = self.lane.compiled.layout.policies
        found = rule_of(term, policies)
        if found is None:
            return None
        point, number = found
        return Place(number + 1, policies[point].spec.rules[number])

    def recognised_by(self, subject: int) -> set[str]:
        """Organisations that recognised a subject."""
        return {
            self.desks[unit].owner for _, unit, about, _ in self.recognitions if about == subject
        }

    def deeds(self, subject: int) -> list[Deed]:
        """What was done about a subject, in order."""
        return [deed for deed in self.lane.replay.deeds if deed.subject == subject]


def _by_subject(reports: Iterable[Report]) -> dict[int, list[Report]]:
    found: dict[int, list[Report]] = defaultdict(list)
    for report in reports:
        found[report.subject].append(report)
    return dict(found)

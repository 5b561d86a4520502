"""What happened in a replayed lane, by report, desk and channel."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from experiments.trace.wording import Clock
from sim.seam import NEVER, Fate

if TYPE_CHECKING:
    from agents.journal import Deed
    from experiments.trace.replaying import Replayed
    from scenarios.schema import Rule


class Report(NamedTuple):
    """One report that was made."""

    key: int
    tick: int
    cls: int
    subject: int
    unit: int
    """Desk that wrote it."""
    weight: int
    origins: int
    """Organisations whose knowledge is in it, as bits."""


class Belief(NamedTuple):
    """Evidence of a desk on a subject after something was added to it."""

    tick: int
    evidence: int
    origins: int
    """Organisations whose knowledge is in it, as bits."""
    added: tuple[Report, ...]


class Delivery(NamedTuple):
    """First arrival of a report at a desk."""

    tick: int
    channel: int


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


@dataclass(frozen=True)
class Place:
    """Rule of a policy: its number, counted from 1, and the rule."""

    number: int
    rule: Rule


class Events:
    """The log of one lane, indexed; ticks, desks and channels are the engine's numbers."""

    def __init__(self, lane: Replayed) -> None:
        self.lane = lane
        self.world, self.layout = lane.compiled.world, lane.compiled.layout
        self.clock = Clock(self.layout.scenario.tick_h)
        self.horizon = self.world.horizon
        log = lane.replay.log
        self.recognitions = [(row[0], row[2], row[3]) for row in log.recognitions]
        """Tick, desk and subject."""
        self.reports: dict[int, Report] = {}
        for made, content in zip(log.made, log.contents, strict=True):
            tick, _, key, cls, subject, unit = made
            self.reports[key] = Report(key, tick, cls, subject, unit, *content[3:])
        self.role: list[int] = self.world.classes.role.tolist()
        """By class; a `Role`."""
        channels = self.world.channels
        self.source: list[int] = channels.src.tolist()
        self.target: list[int] = channels.dst.tolist()
        self.delivered: dict[tuple[int, int], Delivery] = {
            (key, self.target[channel]): Delivery(tick, channel)
            for tick, _, key, channel in log.deliveries
        }
        """By report and desk."""
        self.read = {(key, unit): tick for tick, _, key, unit in log.reads}
        """Tick, by report and desk."""

        self.beliefs: dict[tuple[int, int], list[Belief]] = {}
        """What desks held on subjects, as far as somebody asked; see `evidence.beliefs`."""

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
        return next(sending for sending in self.sent[key, channel] if sending.due == arrived)

    @cached_property
    def tried(self) -> dict[tuple[int, int], list[Attempt]]:
        """Attempts, by report and channel, in order."""
        found: dict[tuple[int, int], list[Attempt]] = defaultdict(list)
        for tick, _, key, channel, term, answer, fate in self.lane.replay.log.attempts:
            found[key, channel].append(Attempt(tick, term, bool(answer), fate))
        return dict(found)

    @cached_property
    def incoming(self) -> dict[int, list[int]]:
        """Channels that end at each desk."""
        found: dict[int, list[int]] = defaultdict(list)
        for channel, unit in enumerate(self.target):
            found[unit].append(channel)
        return found

    @cached_property
    def watched(self) -> frozenset[tuple[int, int]]:
        """Desks and the classes of what they see themselves."""
        watch = self.world.watch
        return frozenset(zip(watch.unit.tolist(), watch.cls.tolist(), strict=True))

    @cached_property
    def about(self) -> dict[int, list[Report]]:
        """Reports by subject, in the order they were made."""
        found: dict[int, list[Report]] = defaultdict(list)
        for report in self.reports.values():
            found[report.subject].append(report)
        return found

    @cached_property
    def evidence(self) -> dict[int, list[Report]]:
        """Reports that prove something, by subject, in the order they were made.

        As in the kernel (`sim.kernel.fusion`) they are those that weigh anything: of others, such
        as the picture of a situation, neither the weight nor the origins count.
        """
        found: dict[int, list[Report]] = defaultdict(list)
        for report in self.reports.values():
            if report.weight > 0:
                found[report.subject].append(report)
        return dict(found)

    # What things are called and what they mean -----------------------------------------------

    def unit(self, number: int) -> str:
        """Name of a desk."""
        return self.world.units.names[number]

    def owner(self, number: int) -> str:
        """Organisation of a desk."""
        return self.layout.owners[number]

    def instrument(self, channel: int) -> str:
        """Instrument of a channel."""
        return self.world.channels.names[channel].partition(":")[0]

    def subject(self, number: int) -> str:
        """Name of a subject."""
        return self.world.subjects.names[number]

    def cls(self, number: int) -> str:
        """Name of a class of report."""
        return self.world.classes.names[number]

    def groups(self, members: int) -> list[str]:
        """Names of the organisations in a set given as bits."""
        return [name for bit, name in enumerate(self.world.groups) if members >> bit & 1]

    def observed(self, report: Report) -> bool:
        """Whether a report is of what its desk saw itself."""
        return (report.unit, report.cls) in self.watched

    def is_real(self, subject: int) -> bool:
        """Whether a subject is no coincidence."""
        return self.layout.scenario.threat.is_real(subject)

    def threshold(self, unit: int) -> int | None:
        """Evidence at which a desk recognises; None if it never does."""
        needed = int(self.world.points.recognise_at[self.lane.point, unit])
        return None if needed == NEVER else needed

    def origins_needed(self, unit: int) -> int:
        """Organisations whose traces must have met at a desk."""
        return int(self.world.points.origins_needed[self.lane.point, unit])

    def rule(self, term: int) -> Place | None:
        """Rule of the policy that made a term."""
        from scenarios.compiling import rule_of

        found = rule_of(term, self.lane.policies)
        if found is None:
            return None
        point, number = found
        return Place(number + 1, self.lane.policies[point].spec.rules[number])

    def dead(self, report: Report) -> int:
        """Tick from which a report is of no use."""
        return report.tick + int(self.world.classes.lifetime[report.cls])

    def deeds(self, subject: int) -> list[Deed]:
        """What was done about a subject, in order."""
        return [deed for deed in self.lane.replay.deeds if deed.subject == subject]

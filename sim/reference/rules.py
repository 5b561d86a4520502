"""The rules of ``docs/semantics.md`` for one lane, written to be checked by eye.

Plain loops over plain integers, one method a paragraph of the rules; slow on purpose. The fast
kernel is held to the same deliveries, readings and recognitions, tick by tick.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np

from sim.draws import ONE, QUANTILE_SHIFT, name_key, philox4x32_scalar, report_word, world_key
from sim.reference.knowledge import Belief, all_of
from sim.reference.things import Draft, Message, Record, Report, Spot, Stream
from sim.seam import (
    ALL_UNITS,
    COUNTERS,
    EVERYONE,
    KIND_COUNTERS,
    NEVER,
    TRUST_ONE,
    UNLIMITED,
    Component,
    Fate,
    Happenings,
    LaneId,
    Log,
    Onward,
    Pull,
    Reading,
    Recognition,
    Role,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from sim.seam import Points, World

Words = tuple[int, int, int, int]

RELEASE = name_key("release")
ANSWER = name_key("answer")
PERMISSION = name_key("permission")
BACKGROUND = name_key("background")
FACE = name_key("face")
FALSE_MATCH = name_key("false match")

LANE = 0
"""A reference holds one lane, and this is its index."""


def _plain(part: object, phase: int | None = None) -> SimpleNamespace:
    """Copy a part of a world, or of its phases one, with lists for arrays."""
    arrays = {name: value for name, value in vars(part).items() if isinstance(value, np.ndarray)}
    rows = arrays if phase is None else {name: value[phase] for name, value in arrays.items()}
    return SimpleNamespace(**{name: row.tolist() for name, row in rows.items()})


def _store_of_units(world: World) -> list[int]:
    """Return the store of each unit, or -1."""
    stores: list[int] = world.stores.of_units(len(world.units.names)).tolist()
    return stores


def _turns(points: Points, point: int) -> dict[int, int]:
    """Return which phase a point goes over to at which tick."""
    return dict(zip(points.starts[point].tolist(), points.phase[point].tolist(), strict=True))


def _key(words: Words) -> int:
    """Return the key of the report that words were drawn for."""
    return words[0] << 32 | words[1]


class Reference:
    """One lane of a world, by the written rules; an ``Engine``.

    Parameters
    ----------
    world
        The compiled world.
    lane
        Which design point, in which random world.
    log
        Where every event is written down, if anywhere.
    """

    def __init__(self, world: World, lane: LaneId, log: Log | None = None) -> None:
        self.lanes: tuple[LaneId, ...] = (lane,)
        self.log = Log() if log is None else log
        self._key = world_key(lane.seed, lane.replication)
        self._horizon = world.horizon
        self._week: list[int] = world.week.tolist()
        self._shape = (len(world.subjects.names), len(world.groups))
        self._tables: list[list[int]] = world.tables.tolist()
        self._decay: list[list[int]] = world.kinds.decay.tolist()
        self._faces: list[int] = world.kinds.faces.tolist()
        self._group: list[int] = world.units.group.tolist()
        self._src: list[int] = world.channels.src.tolist()
        self._dst: list[int] = world.channels.dst.tolist()
        self._way: list[int] = world.channels.kind.tolist()
        self._out: list[list[int]] = [[] for _ in self._group]
        for channel, unit in enumerate(self._src):
            self._out[unit].append(channel)
        self._units, self._channels = _plain(world.units), _plain(world.channels)
        self._subjects, self._classes = _plain(world.subjects), _plain(world.classes)
        self._terms, self._watch = _plain(world.terms), _plain(world.watch)
        self._sights, self._kind = _plain(world.sights), self._subjects.kind
        self._domain: list[int] = world.kinds.domain.tolist()
        self._stores, self._store_of = _plain(world.stores), _store_of_units(world)
        self._phases, self._turns = world.phases, _turns(world.points, lane.point)
        self._phase = _plain(world.phases, self._turns[0])
        self._role: list[int] = self._classes.role
        self._gap_table = world.watch.gap
        self._request = world.classes.only(Role.REQUEST)
        self._hit, self._followup = (world.classes.only(role) for role in (Role.HIT, Role.FOLLOWUP))
        self._now = 0
        self._start_empty(world.urgencies)
        self._streams: list[Stream] = []
        self._streams_at: defaultdict[Spot, list[Stream]] = defaultdict(list)
        self._set_up_streams()

    def _start_empty(self, urgencies: int) -> None:
        """Set up what changes: nothing has happened yet."""
        self._count: Counter[str] = Counter()
        self._of_kind: Counter[tuple[str, int]] = Counter()
        self._outbox: defaultdict[int, list[Message]] = defaultdict(list)
        self._codes: list[dict[int, int]] = [{} for _ in self._group]
        self._held: defaultdict[tuple[int, int], list[Report]] = defaultdict(list)
        self._queues: list[list[deque[Message | None]]] = [
            [deque() for _ in range(urgencies)] for _ in self._group
        ]
        self._credit = [0] * len(self._group)
        self._beliefs: dict[tuple[int, int], Belief] = {}
        self._linked: list[tuple[int, int]] = []
        self._trust: defaultdict[tuple[int, int, int], int] = defaultdict(lambda: TRUST_ONE)
        self._strangers: set[tuple[int, int, int]] = set()
        self._level: defaultdict[Spot, int] = defaultdict(int)
        self._contributed: defaultdict[int, int] = defaultdict(int)
        self._disclosed: defaultdict[tuple[int, int], int] = defaultdict(int)
        self._emit_ordinal: Counter[tuple[int, int, int]] = Counter()
        self._to_emit: list[Draft] = []
        self._to_ask: dict[tuple[int, int], int] = {}
        self._fresh: list[Report] = []
        self._incoming: list[Message] = []
        self._automatic_now: list[Message] = []
        self._read_now: list[Message] = []
        self._records: defaultdict[int, list[Record]] = defaultdict(list)

    def _set_up_streams(self) -> None:
        """Start every observation stream one gap away from its first observation."""
        watch = self._watch
        for index, sight in enumerate(watch.sight):
            subject = watch.subject[index]
            spot = (subject, watch.place[index], self._sights.aspect[sight])
            stream = Stream(sight, watch.unit[index], subject, spot, watch.key[index])
            stream.remaining = self._gap(stream, 0)
            self._streams.append(stream)
            self._streams_at[spot].append(stream)

    # Draws -------------------------------------------------------------------------------------

    def _words(self, stream: int, a: int, b: int, c: int) -> Words:
        return philox4x32_scalar((stream, a, b, c), self._key)

    def _look_up(self, table: int, word: int) -> int:
        return self._tables[table][word >> QUANTILE_SHIFT]

    @staticmethod
    def _parts(report: Report, stream: int, entity: int) -> tuple[int, int, int]:
        """Return the word of `stream` about a report and `entity`: chance, two places in tables."""
        word = report_word(report.key, stream, entity)
        return word >> 32, word >> 20 & 0xFFF, word >> 8 & 0xFFF

    def _gap(self, stream: Stream, ordinal: int) -> int:
        key = self._classes.gap_key[self._sights.cls[stream.sight]]
        words = self._words(key, self._subjects.key[stream.subject], stream.key, ordinal)
        return self._look_up(self._gap_table, words[0])

    # The two halves of a tick ------------------------------------------------------------------

    def begin(self, tick: int) -> Happenings:
        """Deliver, triage and fuse (steps 1-3)."""
        self._now = tick
        if tick in self._turns:
            self._turn(self._turns[tick])
        self._deliver()
        self._receive_background()
        self._receive_reports()
        self._read()
        recognitions = self._fuse()
        readings = self._addressed_readings()
        return Happenings(recognitions, readings)

    def finish(self, tick: int) -> None:
        """Make and release reports (step 6b)."""
        self._now = tick
        made = [*self._observe(), *self._write_emitted(), *self._write_requests()]
        for report in made:
            self._release(report, report.origin, self._out[report.origin])
        self._keep_records()
        for message in self._read_now:
            role = self._role[message.report.cls]
            if role == Role.EVIDENCE:
                reader = self._dst[message.channel]
                self._release(message.report, reader, self._out[reader])
            elif role in (Role.REQUEST, Role.FOLLOWUP):
                self._answer(message)
            elif role == Role.HIT:
                self._follow_up(message)
        for message in self._automatic_now:
            self._answer(message)
        self._fresh = made

    # Before step 1: phases ---------------------------------------------------------------------

    def _turn(self, phase: int) -> None:
        """Go over to a phase, and plan anew what is seen at another rate."""
        before, self._phase = self._phase.rate, _plain(self._phases, phase)
        for stream in self._streams:
            if self._phase.rate[stream.sight] != before[stream.sight]:
                level = self._level[stream.spot]
                stream.remaining -= before[stream.sight] * level * (self._now - stream.since)
                stream.since = self._now
                stream.due = self._due(stream, level, if_overdue=self._now)

    # Step 1: deliveries ------------------------------------------------------------------------

    def _deliver(self) -> None:
        """Sort the messages due now into duplicate and delivered."""
        self._incoming, self._automatic_now = [], []
        turned_away: set[tuple[int, int]] = set()
        due = self._outbox.pop(self._now, [])
        for message in sorted(due, key=lambda m: (m.report.key, m.channel, m.term)):
            receiver = self._dst[message.channel]
            copy = message.report.key, receiver
            if message.report.key in self._codes[receiver] or copy in turned_away:
                self._count["duplicates"] += 1
            elif not self._phase.open[receiver]:
                self._count["closed_to"] += 1
                turned_away.add(copy)
            else:
                self._accept(message, receiver)

    def _accept(self, message: Message, receiver: int) -> None:
        """Hand over a copy, account for it, and pass it to the answers or to the queue."""
        report, channel, term = message
        self._count["delivered"] += 1
        self.log.deliveries.append((self._now, LANE, report.key, channel))
        self._hold(report, receiver, self._terms.handling[term])
        persons, group = self._classes.persons[report.cls], self._group[receiver]
        if persons > 0 and group != self._group[report.origin]:
            self._count["disclosures"] += 1
            self._count_about("disclosures", report.subject)
            self._disclosed[report.subject, group] += persons
            self._count["person_days"] += persons * self._terms.retention[term]
            from_store = self._store_of[self._src[channel]] >= 0
            if from_store and self._role[report.cls] == Role.EVIDENCE:
                self._count["disclosed_by_store"] += persons
        at_store = self._store_of[receiver] >= 0
        if report.cls == self._request and (self._terms.automatic[term] or at_store):
            self._count["searches"] += at_store
            self._automatic_now.append(message)
        else:
            self._incoming.append(message)

    def _hold(self, report: Report, unit: int, code: int) -> None:
        """Let `unit` hold a copy under a handling code."""
        self._codes[unit][report.key] = code
        if self._role[report.cls] == Role.EVIDENCE:
            self._held[unit, report.subject].append(report)

    # Step 2: triage ----------------------------------------------------------------------------

    def _receive_background(self) -> None:
        """Put the background of this tick into the queues; None stands for one piece of it."""
        for unit, key in enumerate(self._units.key):
            for urgency, table in enumerate(self._phase.background[unit]):
                if table != -1:
                    words = self._words(BACKGROUND, key, urgency, self._now // 4)
                    count = self._look_up(table, words[self._now % 4])
                    self._count["background_arrived"] += count
                    self._queues[unit][urgency].extend([None] * count)

    def _receive_reports(self) -> None:
        """Queue what was delivered, behind the background; it is in ascending order of key."""
        for message in self._incoming:
            urgency = self._classes.urgency[message.report.cls]
            self._queues[self._dst[message.channel]][urgency].append(message)
            self._count["queued"] += 1

    def _count_about(self, name: str, subject: int) -> None:
        """Count one for the kind of a subject."""
        self._of_kind[name, self._kind[subject]] += 1

    def _read(self) -> None:
        """Let every unit read what its capacity allows, urgency 0 first."""
        self._read_now = []
        for unit, weekly in enumerate(self._phase.capacity):
            self._credit[unit] += weekly[self._week[self._now]]
            budget = self._credit[unit] >> 8
            self._credit[unit] &= 255
            if weekly[0] == UNLIMITED:
                budget = sum(len(queue) for queue in self._queues[unit])
            for queue in self._queues[unit]:
                while queue and budget > 0:
                    budget -= 1
                    self._count["served"] += 1
                    message = queue.popleft()
                    if message is not None and message.report.alive(self._now):
                        self._count["read"] += 1
                        self._count_about("read", message.report.subject)
                        self.log.reads.append((self._now, LANE, message.report.key, unit))
                        self._read_now.append(message)

    # Step 3: fusion ----------------------------------------------------------------------------

    def _fuse(self) -> list[Recognition]:
        """Add new evidence up; return who recognises what; put the units' questions down."""
        touched: defaultdict[tuple[int, int], list[Report]] = defaultdict(list)
        for report in self._fresh:
            if self._tells_something(report):
                touched[report.origin, report.subject].append(report)
        for report, channel, _ in self._read_now:
            if self._tells_something(report):
                touched[self._dst[channel], report.subject].append(report)
        for pair in self._linked:
            touched[pair] += []
        self._linked = []
        recognitions: list[Recognition] = []
        for unit, subject in sorted(touched, key=lambda pair: (pair[1], pair[0])):
            self._add_up(self._belief(unit, subject), touched[unit, subject])
            recognitions += self._recognise(unit, subject)
            self._wonder(unit, subject)
        return recognitions

    def _tells_something(self, report: Report) -> bool:
        """Whether a report is evidence of weight, or shows that faces belong together."""
        is_evidence = self._role[report.cls] == Role.EVIDENCE
        return is_evidence and (report.weight > 0 or report.faces.bit_count() > 1)

    def _belief(self, unit: int, subject: int) -> Belief:
        """Return what a unit makes of a subject; at first every face stands alone."""
        if (unit, subject) not in self._beliefs:
            kind = self._kind[subject]
            self._beliefs[unit, subject] = Belief(self._faces[kind], self._decay[kind])
        return self._beliefs[unit, subject]

    def _add_up(self, belief: Belief, reports: Iterable[Report]) -> None:
        belief.age(self._now)
        for report in reports:
            belief.join(report.faces)
        for report in reports:
            weight = belief.aged(report.weight, report.made, self._now)
            belief.add(report.faces, weight, report.origins)

    def _recognise(self, unit: int, subject: int) -> list[Recognition]:
        """Recognise the components that have become enough."""
        found, kind = [], self._kind[subject]
        for part in self._belief(unit, subject).parts:
            enough = part.evidence >= self._phase.recognise_at[unit][kind]
            origins = part.origins.bit_count() >= self._phase.origins_needed[unit][kind]
            if enough and origins and not part.recognised:
                part.recognised = True
                self._count_about("recognitions", subject)
                found.append(Recognition(LANE, unit, subject, part.faces))
                self.log.recognitions.append((self._now, LANE, unit, subject, part.faces))
        return found

    def _wonder(self, unit: int, subject: int) -> None:
        """Let a unit ask about the components on which it has enough."""
        belief, kind = self._belief(unit, subject), self._kind[subject]
        last, every = belief.last_ask, self._phase.ask_every[kind]
        enough = self._phase.ask_at[unit][kind]
        faces = all_of(part.faces for part in belief.parts if part.evidence >= enough)
        if faces and (last is None or self._now - last >= every):
            self.ask(LANE, unit, subject, faces)

    # Step 4: what the host hears, and what it may do -------------------------------------------

    def _addressed_readings(self) -> list[Reading]:
        rows = [
            (report.key, self._dst[channel], report)
            for report, channel, _ in self._read_now
            if self._classes.addressed[report.cls]
        ]
        rows.sort(key=lambda row: row[:2])
        return [Reading(LANE, unit, r.subject, r.cls, r.origin, r.faces) for _, unit, r in rows]

    def set_activity(self, lane: int, subject: int, place: int, aspect: int, level: int) -> None:
        """Set how much there is to see of a subject's aspect at `place` (LEVEL_ONE is 1)."""
        del lane
        spot = (subject, place, aspect)
        old, self._level[spot] = self._level[spot], level
        for stream in self._streams_at[spot]:
            stream.remaining -= self._rate(stream) * old * (self._now - stream.since)
            stream.since = self._now
            stream.due = self._due(stream, level, if_overdue=self._now)

    def emit(
        self,
        lane: int,
        unit: int,
        subject: int,
        cls: int,
        audience: int = EVERYONE,
        faces: int = 0,
    ) -> None:
        """Have `unit` write a report of class `cls`; it is made in this tick's `finish`."""
        del lane
        if self._phase.open[unit]:
            self._to_emit.append(Draft(unit, subject, cls, faces, audience))

    def ask(self, lane: int, unit: int, subject: int, faces: int = 0) -> None:
        """Have `unit` ask the others about `faces` of `subject`; 0 stands for what it knows."""
        del lane
        if not self._phase.open[unit]:
            return
        belief = self._belief(unit, subject)
        held = all_of(part.faces for part in belief.held(self._now))
        belief.last_ask = self._now
        asked = self._to_ask.get((unit, subject), 0)
        self._to_ask[unit, subject] = asked | (faces or held or belief.whole)

    def link(self, lane: int, unit: int, subject: int, face: int, other: int) -> None:
        """Have `unit` know from now on that two faces of `subject` belong together."""
        faces = 1 << face | 1 << other
        self.log.changes.append((self._now, lane, unit, subject, faces, 0))
        belief = self._belief(unit, subject)
        belief.age(self._now)
        belief.join(faces)
        self._linked.append((unit, subject))

    def spend(self, lane: int, subject: int, unit: int = ALL_UNITS, *, links: bool = False) -> None:
        """Have `unit` forget its evidence on `subject`, and that it recognised it."""
        self.log.changes.append((self._now, lane, unit, subject, 0, 1 + links))
        for (knower, about), belief in self._beliefs.items():
            if about == subject and unit in {ALL_UNITS, knower}:
                belief.spend(links=links)

    def set_trust(self, lane: int, giver: int, receiver: int, domain: int, value: int) -> None:
        """Set the trust of group `giver` in group `receiver` in a domain."""
        del lane
        self._trust[giver, receiver, domain] = value

    def set_contact(
        self, lane: int, giver: int, receiver: int, domain: int, *, known: bool
    ) -> None:
        """Set whether group `giver` knows a contact at group `receiver` in a domain."""
        where = giver, receiver, domain
        self.log.contacts.append((self._now, lane, *where, int(known)))
        (self._strangers.discard if known else self._strangers.add)(where)

    # Step 6b: making reports -------------------------------------------------------------------

    def _observe(self) -> list[Report]:
        """Make the observations that are due."""
        due = [stream for stream in self._streams if stream.due == self._now]
        return [self._observation(stream) for stream in due]

    def _observation(self, stream: Stream) -> Report:
        unit, subject, sight = stream.unit, stream.subject, stream.sight
        level, cls = self._level[stream.spot], self._sights.cls[sight]
        keys = (self._subjects.key[subject], stream.key, stream.ordinal)
        words = self._words(self._classes.trace_key[cls], *keys)
        report = self._make(words, Draft(unit, subject, cls, self._shown(sight, _key(words))))
        self._contributed[subject] |= self._bit(unit)
        self._count["observations"] += 1
        stream.remaining -= self._rate(stream) * level * (self._now - stream.since)
        stream.since = self._now
        stream.ordinal += 1
        stream.remaining += self._gap(stream, stream.ordinal)
        stream.due = self._due(stream, level, if_overdue=self._now + 1)
        return report

    def _shown(self, sight: int, key: int) -> int:
        """Faces that the report of a sight shows."""
        chances = enumerate(self._sights.shows[sight])
        return sum(
            1 << face for face, chance in chances if report_word(key, FACE, face) >> 32 < chance
        )

    def _rate(self, stream: Stream) -> int:
        """Observations a tick at level 1, in this phase."""
        rate: int = self._phase.rate[stream.sight]
        return rate

    def _due(self, stream: Stream, level: int, if_overdue: int) -> int:
        """When the stream makes its next observation if the level stays."""
        if stream.remaining <= 0:
            return if_overdue
        exposure = self._rate(stream) * level
        if exposure == 0:
            return NEVER
        return self._now - (-stream.remaining // exposure)

    def _write_emitted(self) -> list[Report]:
        """Make what the host's agents wrote, in the order of the calls."""
        made: list[Report] = []
        for draft in self._to_emit:
            unit, subject, cls, faces, _ = draft
            ordinal = self._emit_ordinal[unit, subject, cls]
            self._emit_ordinal[unit, subject, cls] += 1
            keys = (self._subjects.key[subject], self._units.key[unit], ordinal)
            words = self._words(self._classes.emit_key[cls], *keys)
            belief = self._belief(unit, subject)
            parts = belief.of(faces or belief.strongest(self._now))
            shown = faces | all_of(part.faces for part in parts)
            pooled = all_of(part.origins for part in parts)
            made.append(self._make(words, draft._replace(faces=shown), pooled))
        self._to_emit = []
        return made

    def _write_requests(self) -> list[Report]:
        """Make one request for every unit and subject that was asked about, if there are any."""
        made: list[Report] = []
        asked = self._to_ask if self._request >= 0 else {}
        for (unit, subject), faces in asked.items():
            belief = self._belief(unit, subject)
            keys = (self._subjects.key[subject], self._units.key[unit], belief.asks)
            belief.asks += 1
            words = self._words(self._classes.emit_key[self._request], *keys)
            made.append(self._make(words, Draft(unit, subject, self._request, faces)))
            self._count["asks"] += 1
        self._to_ask = {}
        return made

    def _make(self, words: Words, draft: Draft, pooled: int = 0) -> Report:
        """Make a report; its origin holds it under code 0 from now on.

        The groups in `pooled` have their knowledge in it beside the unit's own group.
        """
        unit, subject, cls, faces, audience = draft
        key, expires = _key(words), self._now + self._classes.lifetime[cls]
        has_weight = self._role[cls] == Role.EVIDENCE
        weight = self._look_up(self._classes.weight[cls], words[2]) if has_weight else 0
        origins = self._bit(unit) | pooled
        times = (self._now, expires)
        report = Report(key, cls, subject, unit, *times, weight, origins, audience, faces)
        self._hold(report, unit, 0)
        self._count["reports"] += 1
        self.log.made.append((self._now, LANE, key, cls, subject, unit))
        self.log.contents.append((self._now, LANE, key, weight, origins, faces))
        return report

    def _bit(self, unit: int) -> int:
        return 1 << self._group[unit]

    # Step 6b: releasing and answering ----------------------------------------------------------

    def _release(self, report: Report, unit: int, channels: Iterable[int]) -> None:
        """Offer `report` to everyone at the other ends of `channels`."""
        permission_delay = self._may_pass_on(report, unit)
        if permission_delay is None:
            return
        for channel in filter(self._leads_somewhere, channels):
            receiver = self._dst[channel]
            for_them = report.audience & self._bit(receiver)
            term = self._term(report, unit, channel)
            if receiver != report.origin and for_them and self._terms.push[term] > 0:
                parts = self._parts(report, RELEASE, self._channels.key[channel])
                message = Message(report, channel, term)
                delay = self._tables[self._terms.push_delay[term]][parts[2]] + permission_delay
                self._try_to_send(message, self._terms.push[term], parts, delay)

    def _leads_somewhere(self, channel: int) -> bool:
        """Whether a channel, or a way back that there may not be, ends at an open unit."""
        return channel >= 0 and self._phase.open[self._dst[channel]]

    def _term(self, report: Report, unit: int, channel: int) -> int:
        relay = self._group[unit] != self._group[report.origin]
        known = self._belief(unit, report.subject).of(report.faces)
        concerned = all_of(part.origins for part in known) & self._bit(self._dst[channel]) != 0
        term: int = self._phase.term[2 * relay + concerned][self._way[channel]][report.cls]
        domain = self._domain[self._kind[report.subject]]
        where = self._group[unit], self._group[self._dst[channel]], domain
        return 0 if where in self._strangers and self._terms.contact[term] else term

    def _may_pass_on(self, report: Report, unit: int) -> int | None:
        """Delay before `unit` may send `report`, or None if it may not."""
        if unit == report.origin:
            return 0
        code = self._codes[unit][report.key]
        if self._phase.onward[code] == Onward.FREE:
            return 0
        if self._phase.onward[code] == Onward.FORBIDDEN:
            return None
        chance, place, _ = self._parts(report, PERMISSION, self._units.key[unit])
        if chance >= self._phase.onward_chance[code]:
            return None
        delay: int = self._tables[self._phase.onward_delay[code]][place]
        return delay

    def _try_to_send(
        self,
        message: Message,
        threshold: int,
        parts: tuple[int, int, int],
        delay: int,
        *,
        answer: bool = False,
    ) -> bool:
        """Send if chance, trust and gate allow; `delay` is all but the channel's latency."""
        report, channel, term = message
        fate = self._fate(message, threshold, parts[0])
        row = (self._now, LANE, report.key, channel, term, int(answer), int(fate))
        self.log.attempts.append(row)
        self._count["attempts"] += 1
        self._count["refused"] += fate == Fate.REFUSED
        if fate != Fate.SENT:
            return False
        self._count["messages"] += 1
        self._count["violations"] += not self._allows(channel, report)
        latency = self._tables[self._phase.latency[self._way[channel]]][parts[1]]
        due = self._now + max(1, latency + delay)
        self.log.sends.append((self._now, LANE, report.key, channel, due))
        if due < self._horizon and not report.alive(due):
            self._count["expired"] += 1
        elif due < self._horizon:
            self._outbox[due].append(message)
        return True

    def _fate(self, message: Message, threshold: int, word: int) -> Fate:
        report, channel, term = message
        if self._terms.trusted[term]:
            pair = self._group[self._src[channel]], self._group[self._dst[channel]]
            trust = self._trust[*pair, self._domain[self._kind[report.subject]]]
            threshold = min(ONE, threshold * trust >> 12)
        if word >= threshold:
            return Fate.HELD_BACK
        return Fate.SENT if self._allows(channel, report) else Fate.REFUSED

    def _allows(self, channel: int, report: Report) -> bool:
        """Whether the law does."""
        allowed: bool = self._phase.gate[self._way[channel]][report.cls]
        return allowed

    def _answer(self, message: Message) -> None:
        """Answer a request or a follow-up over the way back."""
        request, back = message.report, self._channels.reverse[message.channel]
        if not self._leads_somewhere(back):
            return
        holder, asker = self._src[back], request.origin
        something_to_tell = False
        for report in self._matches(holder, request):
            if report.key in self._codes[asker]:
                continue
            permission_delay = self._may_pass_on(report, holder)
            if permission_delay is None:
                continue
            term = self._term(report, holder, back)
            mode = self._terms.pull_mode[term]
            if mode == Pull.HIT and request.cls != self._followup:
                something_to_tell = True
            elif mode != Pull.NONE and self._terms.pull[term] > 0:
                self._send_answer(Message(report, back, term), permission_delay)
        if something_to_tell and self._hit >= 0:
            keys = (*request.halves, self._units.key[holder])
            self._tell(self._hit, keys, request, back)
            self._count["hits"] += 1

    def _matches(self, holder: int, request: Report) -> list[Report]:
        """Reports that a holder has and that share a face with a request."""
        store = self._store_of[holder]
        if store >= 0:
            entries = self._live(store, request.subject, request.faces)
            return [record.report for record in entries if not record.query]
        return [
            report
            for report in self._held[holder, request.subject]
            if report.made < self._now and report.alive(self._now) and report.faces & request.faces
        ]

    def _send_answer(self, message: Message, permission_delay: int) -> None:
        report, back, term = message
        parts = self._parts(report, ANSWER, self._channels.key[back])
        delay = self._tables[self._terms.pull_delay[term]][parts[2]] + permission_delay
        if self._try_to_send(message, self._terms.pull[term], parts, delay, answer=True):
            self._count["answers"] += 1

    def _follow_up(self, message: Message) -> None:
        """Ask for what is behind a hit, over the way back."""
        hit, back = message.report, self._channels.reverse[message.channel]
        if self._leads_somewhere(back) and self._followup >= 0:
            keys = (*hit.halves, self._units.key[self._src[back]])
            self._tell(self._followup, keys, hit, back)
            self._count["followups"] += 1

    def _tell(self, cls: int, keys: tuple[int, int, int], about: Report, channel: int) -> None:
        """Make a hit or a follow-up and release it over one channel alone."""
        self._tell_of(cls, keys, about.subject, about.faces, channel)

    def _tell_of(
        self, cls: int, keys: tuple[int, int, int], subject: int, faces: int, channel: int
    ) -> int:
        """Make a report and release it over one channel alone; return its key."""
        unit = self._src[channel]
        words = self._words(self._classes.emit_key[cls], *keys)
        report = self._make(words, Draft(unit, subject, cls, faces))
        self._release(report, unit, [channel])
        return report.key

    # Step 6b: stores ---------------------------------------------------------------------------

    def _keep_records(self) -> None:
        """Let stores keep what came to them, and make the hits that follow from it."""
        entries = [(message, False) for message in self._read_now]
        queries = [(message, True) for message in self._automatic_now]
        came: defaultdict[int, list[Record]] = defaultdict(list)
        for message, query in (*entries, *queries):
            store = self._store_of[self._dst[message.channel]]
            record = None if store < 0 else self._record(store, message, query=query)
            if record is not None:
                came[store].append(record)
        for store, records in came.items():
            self._records[store] += records
            if self._hit >= 0:
                for record in records:
                    self._match_falsely(store, record)
                if self._stores.guards[store]:
                    self._guard(store, records)

    def _record(self, store: int, message: Message, *, query: bool) -> Record | None:
        """Return what a store keeps of what came to it, if anything."""
        report, kept = message.report, self._stores
        faces = report.faces & kept.faces[store][self._kind[report.subject]]
        if not faces or not (query or kept.holds[store][report.cls]):
            return None
        until = self._now + self._phase.retention[store]
        back = self._channels.reverse[message.channel]
        return Record(report, query, faces, back, until)

    def _live(self, store: int, subject: int, faces: int) -> list[Record]:
        """Records of a store about a subject that show one of the faces."""
        return [
            record
            for record in self._records[store]
            if record.subject == subject and record.faces & faces and record.live(self._now)
        ]

    def _guard(self, store: int, came: list[Record]) -> None:
        """Tell the owners of records that match; a query that comes now is answered instead."""
        told: defaultdict[tuple[int, int], list[tuple[Record, Record]]] = defaultdict(list)
        for one in came:
            for other in self._live(store, one.subject, one.faces):
                if self._apart(one, other) and not (one.query and other.query):
                    for owned, matched in ((one, other), (other, one)):
                        if not (owned.query and owned in came) and self._leads_somewhere(
                            owned.back
                        ):
                            told[owned.back, one.subject].append((owned, matched))
        for (back, subject), pairs in told.items():
            lowest = min((owned.key, matched.key) for owned, matched in pairs)
            faces = 0
            for owned, matched in pairs:
                faces |= owned.faces & matched.faces
            unit_key = self._units.key[self._stores.unit[store]]
            keys = (lowest[0] >> 32, lowest[1] >> 32, unit_key)
            hit = self._tell_of(self._hit, keys, subject, faces, back)
            self.log.matches.append((self._now, LANE, hit, *lowest))
            self._count["guard_hits"] += 1

    def _apart(self, one: Record, other: Record) -> bool:
        """Whether two records come from different groups."""
        return self._group[one.report.origin] != self._group[other.report.origin]

    def _match_falsely(self, store: int, record: Record) -> None:
        """Take faces of a record for another subject's, by chance."""
        kind = self._kind[record.subject]
        others = [s for s, k in enumerate(self._kind) if k == kind and s != record.subject]
        unit_key = self._units.key[self._stores.unit[store]]
        for face, chance in enumerate(self._stores.false_match[store][kind]):
            word = report_word(record.key, FALSE_MATCH, unit_key ^ face)
            if not record.faces >> face & 1 or not others or word >> 32 >= chance:
                continue
            wrong = others[(word >> 8 & 0xFFFFFF) % len(others)]
            taken = self._live(store, wrong, 1 << face)
            found = any(not other.query and self._apart(record, other) for other in taken)
            if found and self._leads_somewhere(record.back):
                keys = (*record.report.halves, unit_key ^ (face + 1))
                hit = self._tell_of(self._hit, keys, wrong, 1 << face, record.back)
                self.log.matches.append((self._now, LANE, hit, record.key, 0))
                self._count["false_matches"] += 1

    # What can be asked of the engine -----------------------------------------------------------

    def evidence(self, lane: int, unit: int, subject: int, tick: int) -> int:
        """Return the evidence of the component of which `unit` has most, aged to `tick`."""
        return max((part.evidence for part in self.knowledge(lane, unit, subject, tick)), default=0)

    def origins(self, lane: int, unit: int, subject: int) -> int:
        """Return the set of groups whose knowledge `unit` has of `subject`, as bits."""
        del lane
        return all_of(part.origins for part in self._belief(unit, subject).parts)

    def knowledge(self, lane: int, unit: int, subject: int, tick: int) -> list[Component]:
        """Return what `unit` holds on `subject`, by lowest face, with evidence aged to `tick`."""
        del lane
        return self._belief(unit, subject).held(tick)

    def contributed(self, lane: int, subject: int) -> int:
        """Return the set of groups that observed `subject`, as bits."""
        del lane
        return self._contributed[subject]

    def disclosed(self, lane: int) -> NDArray[np.int64]:
        """Return person records disclosed, shape (S, G)."""
        del lane
        table = np.zeros(self._shape, dtype=np.int64)
        for place, persons in self._disclosed.items():
            table[place] = persons
        return table

    def counters(self) -> NDArray[np.int64]:
        """Return the counters, shape (1, len(COUNTERS))."""
        return np.array([[self._count[name] for name in COUNTERS]], dtype=np.int64)

    def by_kind(self) -> NDArray[np.int64]:
        """Return what is counted by kind of subject, shape (1, len(KIND_COUNTERS), K)."""
        kinds = range(len(self._domain))
        table = [[self._of_kind[name, kind] for kind in kinds] for name in KIND_COUNTERS]
        return np.array([table], dtype=np.int64)

    def backlog(self) -> NDArray[np.int64]:
        """Return reports and background waiting to be read now, shape (1,)."""
        waiting = sum(len(queue) for queues in self._queues for queue in queues)
        return np.array([waiting], dtype=np.int64)

"""Letting reports out: who may be told, whether, and when it lands."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.draws import (
    CHANCE_SHIFT,
    FIRST_PLACE,
    ONE,
    QUANTILE_BITS,
    QUANTILES,
    SECOND_PLACE,
    entity_offset,
    mix64,
    name_key,
    stream_offset,
)
from sim.kernel.arrays import group_bit, ranges
from sim.kernel.knowledge import Knowledge
from sim.kernel.lanes import Lanes
from sim.kernel.reports import ReportStore
from sim.kernel.routes import Routes
from sim.seam import EVERYONE, SITUATIONS, TRUST_ONE, Onward, Role, World

if TYPE_CHECKING:
    from collections.abc import Iterator

I64 = NDArray[np.int64]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
Bool = NDArray[np.bool_]

RELEASE = name_key("release")
ANSWER = name_key("answer")
PERMISSION = name_key("permission")
_FORBIDDEN, _PERMITTED = int(Onward.FORBIDDEN), int(Onward.PERMISSION)
_TRUST_SHIFT = np.uint64(TRUST_ONE.bit_length() - 1)
_CHANCE_SHIFT = np.uint64(CHANCE_SHIFT)
_LATENCY_SHIFT, _DELAY_SHIFT = np.uint64(FIRST_PLACE), np.uint64(SECOND_PLACE)
_PLACE = np.uint64(QUANTILES - 1)
_EVERYONE = np.uint64(EVERYONE)

AT_ONCE = 1 << 14
"""Attempts decided together: as many as keep their arrays near the processor."""


class Grant(NamedTuple):
    """What terms grant, by themselves or on request; arrays of shape (K,)."""

    stream: np.uint64
    """Added to a report's key, names the draws."""
    chance: U64
    delay: I64
    """Where the table of each term begins."""
    delays: bool
    """Whether any term takes time."""


class Holding(NamedTuple):
    """Reports that units hold and tell others of; arrays of shape (m,)."""

    slot: I64
    lane: I64
    extra: I64
    """Ticks that a permission takes."""


class Senders(NamedTuple):
    """Units about to tell others of a report each; arrays of shape (m,)."""

    slot: I64
    unit: I64
    lane: I64
    extra: I64
    """Ticks that a permission takes."""
    row: I64
    """Which channels the sender has."""
    term: I64
    """Where the terms of the sender's phase, relay and class begin."""
    origins: U64
    """Groups whose knowledge is in the sender's evidence on the subject."""

    @property
    def holding(self) -> Holding:
        """What they hold."""
        return Holding(self.slot, self.lane, self.extra)

    def part(self, some: slice) -> Senders:
        """Return some of them."""
        slot, unit, lane, extra, row, term, origins = self
        return Senders(
            slot[some], unit[some], lane[some], extra[some], row[some], term[some], origins[some]
        )


class Sending(NamedTuple):
    """Attempts; arrays of shape (n,)."""

    sender: I64
    """Index into the senders or what they hold, ascending."""
    channel: I64
    term: I64


class Outcome(NamedTuple):
    """What came of attempts."""

    sent: I64
    """Which of them are sent, shape (m,)."""
    due: I64
    """When these land, shape (m,)."""
    refused: I64
    """Which of them passed their chance but not the gate."""


class Release:
    """Expansion over channels, named draws, legal gate, due ticks."""

    def __init__(self, world: World, lanes: Lanes, store: ReportStore, known: Knowledge) -> None:
        self._world, self.lanes, self._store, self.known = world, lanes, store, known
        self._groups = len(world.groups)
        kinds = world.kinds
        self.domain = kinds.domain[world.subjects.kind]
        """Domain of each subject, shape (S,)."""
        size = (lanes.size, self._groups, self._groups, len(world.domains))
        self.trust = np.full(size, TRUST_ONE, dtype=np.int32)
        self.contacts = np.full((lanes.size, *size[2:]), EVERYONE, dtype=np.uint64)
        """Groups at which each group knows a contact in each domain, shape (L, G, domains)."""
        units, channels, terms, phases = world.units, world.channels, world.terms, world.phases
        self.target_bit = group_bit(units.group[channels.dst])
        self.offset = entity_offset(channels.key)
        self.routes = Routes(world)
        _, _, self._kinds, self._classes = phases.term.shape
        self._kind = channels.kind
        self._term_of_kind = channels.kind * self._classes
        """Where the terms of each channel's kind begin."""
        self._term = phases.term.reshape(-1)
        self.concern_matters = bool((phases.term[:, 0::2] != phases.term[:, 1::2]).any())
        self.gate_matters = not phases.gate.all()
        self.trust_matters = bool(terms.trusted.any())
        self.contact_matters = bool(terms.contact.any())
        self._some_missing = False
        """Whether a contact was ever missing."""
        self._all_free = bool((phases.onward == int(Onward.FREE)).all())
        self._latency = phases.latency.reshape(-1)
        tables = np.unique(phases.latency)
        self._only_latency = int(tables[0]) << QUANTILE_BITS if tables.size == 1 else None
        """Where the one table of latencies begins, if there is but one."""
        self._is_evidence: Bool = world.classes.role == int(Role.EVIDENCE)
        self._quantiles = world.tables.reshape(-1)
        self.push = self._grant(RELEASE, terms.push, terms.push_delay)
        self.pull = self._grant(ANSWER, terms.pull, terms.pull_delay)

    def _grant(self, stream: int, chance: U64, delay: NDArray[np.int32]) -> Grant:
        takes_time = self._world.tables[delay[chance > 0]].any()
        start = delay.astype(np.int64) << QUANTILE_BITS
        return Grant(stream_offset(stream), chance, start, bool(takes_time))

    def set_contact(
        self, lane: int, giver: int, receiver: int, domain: int, *, known: bool
    ) -> None:
        """Set whether a group knows a contact at another in a domain."""
        bit = np.uint64(1 << receiver)
        if known:
            self.contacts[lane, giver, domain] |= bit
        else:
            self.contacts[lane, giver, domain] &= ~bit
            self._some_missing = self.contact_matters

    def senders(self, slot: I64, unit: I64, extra: I64) -> Senders:
        """Units that hold reports and may tell others of them."""
        store, groups = self._store, self._world.units.group
        lane, cls = store.lane[slot], store.cls[slot]
        phase, relay = self.lanes.phase[lane], groups[unit] != groups[store.unit[slot]]
        row = self.routes.row(phase, relay, cls, unit)
        situation = phase * SITUATIONS + 2 * relay
        term = situation * (self._kinds * self._classes) + cls
        pair = self.known.pair(lane, unit, store.subject[slot])
        origins = self.known.known(pair, store.faces[slot])
        return Senders(slot, unit, lane, extra, row, term, origins)

    def expand(self, senders: Senders) -> Iterator[tuple[Senders, Sending]]:
        """All attempts by which senders may tell others unasked, some senders at a time."""
        start = self.routes.start[senders.row]
        count = self.routes.count[senders.row].astype(np.int64)
        parts = np.cumsum(count) // AT_ONCE
        stops = [*(np.flatnonzero(np.diff(parts)) + 1).tolist(), count.size]
        begin = 0
        for stop in stops:
            some = slice(begin, stop)
            begin = stop
            few = senders.part(some)
            yield few, self._expanded(few, start[some], count[some])

    def _expanded(self, senders: Senders, start: I64, count: I64) -> Sending:
        """Return the attempts over the routes given, without those nobody may or wants to make."""
        store, dst = self._store, self._world.channels.dst
        place, sender = ranges(start, count)
        channel = self.routes.channel[place]
        term = self.terms(senders, sender, channel)
        wanted = dst[channel] != store.unit[senders.slot][sender]
        if not self.routes.always or self._some_missing:
            wanted &= self.push.chance[term] > 0
        audience = store.audience[senders.slot]
        if (audience != _EVERYONE).any():
            wanted &= (audience[sender] & self.target_bit[channel]) != 0
        if wanted.all():
            return Sending(sender, channel, term)
        return Sending(sender[wanted], channel[wanted], term[wanted])

    def terms(self, senders: Senders, sender: I64, channel: I64) -> I64:
        """Terms under which senders may use channels now."""
        flat = senders.term[sender] + self._term_of_kind[channel]
        if self.concern_matters:
            concerned = (senders.origins[sender] & self.target_bit[channel]) != 0
            flat += concerned * (self._kinds * self._classes)
        term: I64 = self._term[flat].astype(np.int64)
        if self._some_missing:
            term[self._world.terms.contact[term] & self._missing(senders, sender, channel)] = 0
        return term

    def _missing(self, senders: Senders, sender: I64, channel: I64) -> Bool:
        """Whether senders know no contact at the groups of channels' receivers."""
        domain = self.domain[self._store.subject[senders.slot]]
        known = self.contacts[senders.lane, self._world.units.group[senders.unit], domain]
        missing: Bool = (known[sender] & self.target_bit[channel]) == 0
        return missing

    def term_of(self, slot: I64, unit: I64, channel: I64) -> I64:
        """Terms under which units may tell of reports over one channel each."""
        senders = self.senders(slot, unit, np.zeros_like(slot))
        return self.terms(senders, np.arange(slot.size), channel)

    def relayed(self, slot: I64, unit: I64) -> tuple[I64, I64, I64]:
        """Return what holders may pass on of what they hold, and the ticks that takes."""
        if not self._is_evidence.all():
            evidence = self._is_evidence[self._store.cls[slot]]
            slot, unit = slot[evidence], unit[evidence]
        may, extra = self.permitted(slot, unit)
        if may.all():
            return slot, unit, extra
        return slot[may], unit[may], extra[may]

    def permitted(self, slot: I64, unit: I64) -> tuple[Bool, I64]:
        """Whether holders may pass reports on, and the ticks that takes."""
        store, phases = self._store, self._world.phases
        if self._all_free:
            return np.ones(slot.size, dtype=np.bool_), np.zeros(slot.size, dtype=np.int64)
        lane = store.lane[slot]
        phase = self.lanes.phase[lane]
        code = store.held(slot, unit).astype(np.int64) - 1
        mode = phases.onward[phase, code]
        may = mode != _FORBIDDEN
        extra = np.zeros(slot.size, dtype=np.int64)
        asks = (mode == _PERMITTED).nonzero()[0]
        if asks.size:
            state = store.key[slot[asks]] + stream_offset(PERMISSION)
            word = mix64(state + entity_offset(self._world.units.key[unit[asks]]))
            phase, code = phase[asks], code[asks]
            may[asks] = (word >> _CHANCE_SHIFT) < phases.onward_chance[phase, code]
            table = phases.onward_delay[phase, code].astype(np.int64) << QUANTILE_BITS
            extra[asks] = self._quantile(table, word >> _LATENCY_SHIFT)
        return may, extra

    def decide(self, tick: int, senders: Holding, sending: Sending, grant: Grant) -> Outcome:
        """Draw which attempts pass their chance and the gate, and when they land."""
        store = self._store
        sender, channel, term = sending
        word = (store.key[senders.slot] + grant.stream)[sender]
        word += self.offset[channel]
        mix64(word)
        chance = grant.chance[term]
        if self.trust_matters:
            chance = self._trusted(senders, sending, chance)
        sent = ((word >> _CHANCE_SHIFT) < chance).nonzero()[0]
        refused = sent[:0]
        if self.gate_matters:
            allowed = self.allowed(senders, sender[sent], channel[sent])
            sent, refused = sent[allowed], sent[~allowed]
        word, sender, channel = word[sent], sender[sent], channel[sent]
        latency: I64 | int | None = self._only_latency
        if latency is None:
            phase = self.lanes.phase[senders.lane] * self._kinds
            table = self._latency[phase[sender] + self._kind[channel]]
            latency = table.astype(np.int64) << QUANTILE_BITS
        wait = self._quantile(latency, word >> _LATENCY_SHIFT)
        if grant.delays:
            wait += self._quantile(grant.delay[term[sent]], word >> _DELAY_SHIFT)
        if senders.extra.any():
            wait += senders.extra[sender]
        np.maximum(wait, 1, out=wait)
        wait += tick
        return Outcome(sent, wait, refused)

    def allowed(self, senders: Holding, sender: I64, channel: I64) -> Bool:
        """Whether the law allows senders to tell of their reports over channels now."""
        phase, cls = self.lanes.phase[senders.lane], self._store.cls[senders.slot]
        allowed: Bool = self._world.phases.gate[phase[sender], self._kind[channel], cls[sender]]
        return allowed

    def _trusted(self, senders: Holding, sending: Sending, threshold: U64) -> U64:
        """Thresholds scaled by trust where the term says so."""
        sender, channel, term = sending
        scales = self._world.terms.trusted[term]
        if not scales.any():
            return threshold
        group, channels = self._world.units.group, self._world.channels
        giver, receiver = group[channels.src[channel]], group[channels.dst[channel]]
        place = (senders.lane[sender] * self._groups + giver) * self._groups + receiver
        domains = self.trust.shape[3]
        if domains > 1:
            domain = self.domain[self._store.subject[senders.slot]]
            place = place * domains + domain[sender]
        trust = self.trust.reshape(-1)[place].astype(np.uint64)
        scaled = (threshold * trust) >> _TRUST_SHIFT
        return np.where(scales, np.minimum(scaled, np.uint64(ONE)), threshold)

    def _quantile(self, start: I64 | int, word: U64) -> I64:
        """Read tables that begin at `start` at the low bits of words."""
        word = word & _PLACE
        ticks: I64 = self._quantiles[start + word.view(np.int64)].astype(np.int64)
        return ticks

"""The propagation kernel: every message of every lane at once, in NumPy.

The rules are in ``docs/semantics.md``; `sim.reference` follows the same rules in plain loops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from sim.arrays import group_bit
from sim.calendar import Calendar
from sim.fusion import Evidence, Fusion
from sim.lanes import Lanes
from sim.observation import Observation
from sim.port import COUNTERS, EVERYONE, Happenings, LaneId, Log, Reading, Recognition
from sim.pull import Files, Request
from sim.release import ANSWER, RELEASE, Release, Sending
from sim.reports import UNSEEN, NewReports, ReportStore
from sim.streams import QUANTILE_SHIFT
from sim.triage import Taken, Triage
from sim.world import Role, World

if TYPE_CHECKING:
    from collections.abc import Sequence

I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]
Bool = NDArray[np.bool_]

SWEEP: Final = 64
"""Ticks between two sweeps of dead reports."""

_COLUMN: Final = {name: column for column, name in enumerate(COUNTERS)}
_NOBODY: Final = np.empty(0, dtype=np.int64)


class Kernel:
    """Engine for a batch of lanes.

    Parameters
    ----------
    world
        The compiled world that all lanes share.
    lanes
        Addresses of the lanes; any order, any mix of design points and worlds.
    log
        Where to note every event; slow, for comparison and tracing.
    """

    def __init__(self, world: World, lanes: Sequence[LaneId], log: Log | None = None) -> None:
        self.lanes = tuple(lanes)
        self._world, self._log = world, log
        self._lanes = Lanes.of(self.lanes)
        self._store = ReportStore(world)
        terms = world.terms.push.size
        self._calendar = Calendar(world.horizon, world.channels.dst, terms)
        self._triage = Triage(world, self._lanes)
        self._fusion = Fusion(world, self._lanes)
        self._observation = Observation(world, self._lanes)
        self._release = Release(world, self._lanes, self._store, self._fusion)
        self._files = Files(world, len(self.lanes), self._store, self._release)
        size = len(self.lanes)
        subjects = len(world.subjects.names)
        self._counters = np.zeros((size, len(COUNTERS)), dtype=np.int64)
        self._disclosed = np.zeros((size, subjects, len(world.groups)), dtype=np.int64)
        self._contributed = np.zeros((size, subjects), dtype=np.uint64)
        self._ask_ordinal = np.zeros(self._fusion.sum.size, dtype=np.int64)
        self._emits: list[tuple[int, int, int, int, int]] = []
        self._emit_ordinal: dict[tuple[int, int, int, int], int] = {}
        self._asks: list[tuple[int, int, int]] = []
        self._own: Evidence | None = None
        self._taken = Taken(_NOBODY, _NOBODY, _NOBODY)
        self._automatic = Request(_NOBODY, _NOBODY, _NOBODY)

    # The first half of a tick ---------------------------------------------------------------

    def begin(self, tick: int) -> Happenings:
        """Deliver, triage and fuse (steps 1-3)."""
        self._count_each("background_arrived", self._triage.background(tick))
        self._deliver(tick)
        taken, served = self._triage.serve(tick)
        self._count_each("served", served)
        alive = self._store.expires[taken.slot] > tick
        self._taken = taken = Taken(*(part[alive] for part in taken))
        self._count("read", self._store.lane[taken.slot])
        self._log_reads(tick, taken)
        recognitions = self._fuse(tick, taken)
        return Happenings(recognitions, self._readings(taken))

    def _deliver(self, tick: int) -> None:
        """Step 1: what is due arrives; copies already seen are dropped."""
        self._automatic = Request(_NOBODY, _NOBODY, _NOBODY)
        due = self._calendar.pop(tick)
        if due is None:
            return
        messages, first = due
        store, world = self._store, self._world
        unit = world.channels.dst[messages.channel]
        fresh = first & (store.copies[messages.slot, unit] == UNSEEN)
        self._count("duplicates", store.lane[messages.slot[~fresh]])
        slot, channel, term, unit = (
            part[fresh] for part in (messages.slot, messages.channel, messages.term, unit)
        )
        store.copies[slot, unit] = 1 + world.terms.handling[term]
        lane, cls = store.lane[slot], store.cls[slot]
        self._count("delivered", lane)
        self._count("violations", lane[~world.gate[channel, cls]])
        self._log_deliveries(tick, slot, channel)
        self._disclose(slot, unit, term)
        automatic = world.terms.automatic[term] & (world.classes.role[cls] == Role.REQUEST)
        if automatic.any():
            self._automatic = Request(slot[automatic], unit[automatic], channel[automatic])
            slot, unit, channel = slot[~automatic], unit[~automatic], channel[~automatic]
        lane = store.lane[slot]
        self._count("queued", lane)
        urgency = world.classes.urgency[store.cls[slot]].astype(np.int64)
        queue = (lane * store.units + unit) * world.urgencies + urgency
        self._triage.enqueue(queue, store.key[slot], slot, channel)

    def _disclose(self, slot: I64, unit: I64, term: I64) -> None:
        """Account for personal data that reached another organisation."""
        store, world = self._store, self._world
        persons = world.classes.persons[store.cls[slot]].astype(np.int64)
        group = world.units.group[unit]
        told = (persons > 0) & (group != world.units.group[store.unit[slot]])
        if not told.any():
            return
        slot, group, persons = slot[told], group[told], persons[told]
        lane = store.lane[slot]
        self._count("disclosures", lane)
        days = persons * world.terms.retention[term[told]]
        np.add.at(self._counters[:, _COLUMN["person_days"]], lane, days)
        np.add.at(self._disclosed, (lane, store.subject[slot], group), persons)

    def _fuse(self, tick: int, taken: Taken) -> list[Recognition]:
        """Step 3: evidence read now, and made by the units themselves a tick ago."""
        store = self._store
        matters = self._world.classes.role[store.cls[taken.slot]] == Role.EVIDENCE
        slot = taken.slot[matters]
        read = Evidence(
            store.lane[slot],
            taken.unit[matters],
            store.subject[slot],
            store.weight[slot].astype(np.int64),
            store.made[slot].astype(np.int64),
            store.origins[slot],
        )
        own, self._own = self._own, None
        evidence = read if own is None else read.joined(own)
        if not evidence.lane.size:
            return []
        known, asks = self._fusion.add(tick, evidence)
        self._asks.extend(zip(*(part.tolist() for part in asks), strict=True))
        order = np.lexsort((known.unit, known.subject, known.lane))
        found = [Recognition(*row) for row in np.stack(known, axis=1)[order].tolist()]
        if self._log is not None:
            self._log.recognitions += [(tick, lane, unit, about) for lane, unit, about in found]
        return found

    def _readings(self, taken: Taken) -> list[Reading]:
        """Step 4: readings the host hears of."""
        store = self._store
        which = np.flatnonzero(self._world.classes.addressed[store.cls[taken.slot]])
        if not which.size:
            return []
        slot, unit = taken.slot[which], taken.unit[which]
        order = np.lexsort((unit, store.key[slot], store.lane[slot]))
        slot, unit = slot[order], unit[order]
        columns = (store.lane[slot], unit, store.subject[slot], store.cls[slot], store.unit[slot])
        return [Reading(*row) for row in np.stack(columns, axis=1).tolist()]

    # The port -------------------------------------------------------------------------------

    def set_activity(self, lane: int, subject: int, place: int, level: int) -> None:
        """Set how much there is to see of `subject` at `place` from now on."""
        self._observation.set_activity(lane, subject, place, level)

    def emit(self, lane: int, unit: int, subject: int, cls: int, audience: int = EVERYONE) -> None:
        """Have `unit` write a report of class `cls`; it is made in this tick's `finish`."""
        self._emits.append((lane, unit, subject, cls, audience))

    def ask(self, lane: int, unit: int, subject: int) -> None:
        """Have `unit` ask the others about `subject`."""
        self._asks.append((lane, unit, subject))

    def set_trust(self, lane: int, giver: int, receiver: int, value: int) -> None:
        """Set the trust of group `giver` in group `receiver`."""
        self._release.trust[lane, giver, receiver] = value

    def evidence(self, lane: int, unit: int, subject: int, tick: int) -> int:
        """Return the evidence of `unit` on `subject`, aged to `tick`."""
        return self._fusion.aged(self._pair(lane, unit, subject), tick)

    def origins(self, lane: int, unit: int, subject: int) -> int:
        """Return the set of groups whose knowledge is in that evidence."""
        return int(self._fusion.origins[self._pair(lane, unit, subject)])

    def contributed(self, lane: int, subject: int) -> int:
        """Return the set of groups that observed `subject`."""
        return int(self._contributed[lane, subject])

    def disclosed(self, lane: int) -> I64:
        """Return person records disclosed, shape (S, G)."""
        told: I64 = self._disclosed[lane]
        return told

    def counters(self) -> I64:
        """Return the counters, shape (L, len(COUNTERS))."""
        return self._counters

    def backlog(self) -> I64:
        """Return what waits to be read now, shape (L,)."""
        return self._triage.backlog()

    def _pair(self, lane: int, unit: int, subject: int) -> int:
        units, subjects = self._store.units, len(self._world.subjects.names)
        return (lane * units + unit) * subjects + subject

    # The second half of a tick ----------------------------------------------------------------

    def finish(self, tick: int) -> None:
        """Make and release reports (step 6b)."""
        made = [self._observe(tick), self._write(tick), self._request(tick)]
        new = np.concatenate([slots for slots in made if slots is not None] or [_NOBODY])
        self._push(tick, new)
        self._answer(tick)
        self._follow_up(tick)
        self._files.file(new[self._evidence(new)])
        if (tick + 1) % SWEEP == 0:
            self._sweep(tick + 1)

    def _evidence(self, slot: I64) -> Bool:
        is_evidence: Bool = self._world.classes.role[self._store.cls[slot]] == Role.EVIDENCE
        return is_evidence

    def _observe(self, tick: int) -> I64 | None:
        """Reports of what units observed."""
        lane, stream, ordinal = self._observation.due(tick)
        if not lane.size:
            return None
        watch, world = self._world.watch, self._world
        unit, subject, cls = watch.unit[stream], watch.subject[stream], watch.cls[stream]
        bit = group_bit(world.units.group[unit])
        np.bitwise_or.at(self._contributed, (lane, subject), bit)
        self._count("observations", lane)
        name = (
            world.classes.trace_key[cls],
            world.subjects.key[subject],
            watch.key[stream],
            ordinal,
        )
        return self._make(tick, lane, unit, subject, cls, name, bit, EVERYONE)

    def _write(self, tick: int) -> I64 | None:
        """Reports that agents asked for."""
        if not self._emits:
            return None
        ordinals = []
        for lane, unit, subject, cls, _ in self._emits:
            ordinal = self._emit_ordinal.get((lane, unit, subject, cls), 0)
            self._emit_ordinal[lane, unit, subject, cls] = ordinal + 1
            ordinals.append(ordinal)
        lane, unit, subject, cls = np.array([row[:4] for row in self._emits], dtype=np.int64).T
        audience = np.array([row[4] for row in self._emits], dtype=np.uint64)
        self._emits.clear()
        world = self._world
        bit = group_bit(world.units.group[unit])
        bit |= self._fusion.origins[self._fusion.pair(lane, unit, subject)]
        name = (
            world.classes.emit_key[cls],
            world.subjects.key[subject],
            world.units.key[unit],
            np.array(ordinals, dtype=np.int64),
        )
        return self._make(tick, lane, unit, subject, cls, name, bit, audience)

    def _request(self, tick: int) -> I64 | None:
        """Requests of units that want to know more; one per unit and subject."""
        request = self._world.classes.only(Role.REQUEST)
        wanted = sorted(set(self._asks))
        self._asks.clear()
        if not wanted or request < 0:
            return None
        lane, unit, subject = np.array(wanted, dtype=np.int64).T
        pair = self._fusion.pair(lane, unit, subject)
        self._fusion.last_ask[pair] = tick
        ordinal = self._ask_ordinal[pair]
        self._ask_ordinal[pair] += 1
        self._count("asks", lane)
        world = self._world
        cls = np.full(lane.size, request)
        name = (
            world.classes.emit_key[cls],
            world.subjects.key[subject],
            world.units.key[unit],
            ordinal,
        )
        bit = group_bit(world.units.group[unit])
        return self._make(tick, lane, unit, subject, cls, name, bit, EVERYONE)

    def _make(
        self,
        tick: int,
        lane: I64,
        unit: I64,
        subject: I64,
        cls: I64,
        name: tuple[NDArray[np.integer], ...],
        origins: U64,
        audience: U64 | int,
    ) -> I64:
        """Store new reports under the keys drawn for their names."""
        world, store = self._world, self._store
        words = self._lanes.draw(lane, *name)
        key = (words[0].astype(np.uint64) << np.uint64(32)) | words[1]
        weight = world.tables[world.classes.weight[cls], words[2] >> np.uint32(QUANTILE_SHIFT)]
        weight = np.where(world.classes.role[cls] == Role.EVIDENCE, weight, 0)
        audience = np.broadcast_to(np.asarray(audience, dtype=np.uint64), lane.shape)
        new = NewReports(lane, unit, subject, cls, key, weight, origins, audience)
        slot = store.add(tick, new)
        self._count("reports", lane)
        if self._log is not None:
            columns = (lane, key, cls, subject, unit)
            rows = zip(*(column.tolist() for column in columns), strict=True)
            self._log.made += [(tick, *row) for row in rows]
        return slot

    def _push(self, tick: int, new: I64) -> None:
        """Release what was made, and pass on what was read."""
        store = self._store
        own = new[self._evidence(new)]
        if own.size:
            self._own = Evidence(
                store.lane[own],
                store.unit[own],
                store.subject[own],
                store.weight[own].astype(np.int64),
                store.made[own].astype(np.int64),
                store.origins[own],
            )
        relayed = self._evidence(self._taken.slot)
        slot, unit = self._taken.slot[relayed], self._taken.unit[relayed]
        may, extra = self._release.permitted(slot, unit)
        slot = np.concatenate((new, slot[may]))
        if not slot.size:
            return
        unit = np.concatenate((store.unit[new], unit[may]))
        extra = np.concatenate((np.zeros(new.size, dtype=np.int64), extra[may]))
        self._send(tick, self._release.expand(slot, unit, extra), RELEASE)

    def _send(self, tick: int, sending: Sending, stream: int) -> None:
        """Draw, count and schedule; `stream` tells a release from an answer."""
        if not sending.slot.size:
            return
        terms, store = self._world.terms, self._store
        push = stream == RELEASE
        threshold = (terms.push if push else terms.pull)[sending.term]
        delay = (terms.push_delay if push else terms.pull_delay)[sending.term]
        outcome = self._release.decide(tick, sending, stream, threshold, delay)
        lane = store.lane[sending.slot]
        self._count("attempts", lane)
        self._count("refused", lane[outcome.refused])
        sent = np.flatnonzero(outcome.sent)
        self._count("messages", lane[sent])
        if not push:
            self._count("answers", lane[sent])
        slot, channel, due = sending.slot[sent], sending.channel[sent], outcome.due[sent]
        self._log_sends(tick, slot, channel, due)
        in_time = due < self._world.horizon
        late = in_time & (due >= store.expires[slot])
        self._count("expired", lane[sent[late]])
        lands = in_time & ~late
        term = sending.term[sent]
        self._calendar.schedule(due[lands], slot[lands], channel[lands], term[lands])

    def _answer(self, tick: int) -> None:
        """Answer requests and follow-ups read now or taken automatically."""
        if not self._files.active:
            return
        role = self._world.classes.role[self._store.cls[self._taken.slot]]
        asked = (role == Role.REQUEST) | (role == Role.FOLLOWUP)
        read = Request(self._taken.slot[asked], self._taken.unit[asked], self._taken.channel[asked])
        request = Request(*map(np.concatenate, zip(read, self._automatic, strict=True)))
        if not request.slot.size:
            return
        answers = self._files.answer(tick, request)
        self._send(tick, answers.release, ANSWER)
        hit = self._world.classes.only(Role.HIT)
        if hit >= 0:
            self._reply(tick, hit, answers.hit, "hits")

    def _follow_up(self, tick: int) -> None:
        """Follow up the hits read now."""
        cls = self._world.classes.only(Role.FOLLOWUP)
        hit = self._world.classes.role[self._store.cls[self._taken.slot]] == Role.HIT
        if cls < 0 or not hit.any():
            return
        taken = Taken(*(part[hit] for part in self._taken))
        back = self._world.channels.reverse[taken.channel]
        there = back >= 0
        self._reply(
            tick, cls, Request(taken.slot[there], taken.unit[there], back[there]), "followups"
        )

    def _reply(self, tick: int, cls: int, about: Request, counter: str) -> None:
        """Make a report of class `cls` for each pair of report and unit; send it one way."""
        store, world = self._store, self._world
        if not about.slot.size:
            return
        lane, key = store.lane[about.slot], store.key[about.slot]
        name = (
            np.full(lane.size, world.classes.emit_key[cls]),
            key >> np.uint64(32),
            key & np.uint64(0xFFFFFFFF),
            world.units.key[about.holder],
        )
        bit = group_bit(world.units.group[about.holder])
        kind = np.full(lane.size, cls)
        subject = store.subject[about.slot]
        slot = self._make(tick, lane, about.holder, subject, kind, name, bit, EVERYONE)
        self._count(counter, lane)
        term = self._release.terms(slot, about.channel)
        granted = world.terms.push[term] > 0
        nothing = np.zeros(int(granted.sum()), dtype=np.int64)
        sending = Sending(slot[granted], about.channel[granted], term[granted], nothing)
        self._send(tick, sending, RELEASE)

    def _sweep(self, tick: int) -> None:
        """Give back the slots of reports that are dead at `tick`."""
        slots = self._store.dead(tick)
        if not slots.size:
            return
        dead = np.zeros(self._store.used.size, dtype=np.bool_)
        dead[slots] = True
        self._triage.purge(dead)
        self._files.drop(dead)
        self._store.free(slots)

    # Counting and logging -----------------------------------------------------------------------

    def _count(self, name: str, lane: I64) -> None:
        """Count one for each entry of `lane`."""
        if lane.size:
            self._count_each(name, np.bincount(lane, minlength=len(self.lanes)))

    def _count_each(self, name: str, amount: I64) -> None:
        """Add amounts of shape (L,) to a counter."""
        self._counters[:, _COLUMN[name]] += amount

    def _log_rows(self, tick: int, slot: I64, *columns: I64) -> list[Any]:
        """Rows (tick, lane, report key, ...) of events about the reports in `slot`."""
        parts = (np.full(slot.size, tick), self._store.lane[slot], self._store.key[slot], *columns)
        return list(zip(*(part.tolist() for part in parts), strict=True))

    def _log_sends(self, tick: int, slot: I64, channel: I64, due: I64) -> None:
        if self._log is not None:
            self._log.sends += self._log_rows(tick, slot, channel, due)

    def _log_deliveries(self, tick: int, slot: I64, channel: I64) -> None:
        if self._log is not None:
            self._log.deliveries += self._log_rows(tick, slot, channel)

    def _log_reads(self, tick: int, taken: Taken) -> None:
        if self._log is not None:
            self._log.reads += self._log_rows(tick, taken.slot, taken.unit)

"""The propagation kernel: every message of every lane at once, in NumPy.

The rules are in ``docs/semantics.md``; `sim.reference` follows the same rules in plain loops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from sim.arrays import run_starts
from sim.calendar import Calendar
from sim.drafts import Drafting, Drafts
from sim.fusion import Evidence, Fusion
from sim.lanes import Lanes
from sim.observation import Observation
from sim.port import COUNTERS, EVERYONE, Fate, Happenings, LaneId, Log, Reading, Recognition
from sim.pull import NO_REQUEST, Files, Request
from sim.release import Grant, Outcome, Release, Senders, Sending
from sim.reports import UNSEEN, NewReports, ReportStore
from sim.streams import QUANTILE_SHIFT
from sim.triage import NOTHING_TAKEN, Taken, Triage, joined
from sim.world import Role, World

if TYPE_CHECKING:
    from collections.abc import Sequence

I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]
Bool = NDArray[np.bool_]

SWEEP: Final = 64
"""Ticks between two sweeps of dead reports."""

_ROW: Final = {name: row for row, name in enumerate(COUNTERS)}
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
        self._calendar = Calendar(world.horizon, len(world.channels.names), world.terms.push.size)
        self._triage = Triage(world, self._lanes)
        self._fusion = Fusion(world, self._lanes)
        self._observation = Observation(world, self._lanes)
        self._drafting = Drafting(world, self._lanes, self._store, self._fusion)
        self._release = Release(world, self._lanes, self._store, self._fusion)
        self._files = Files(world, len(self.lanes), self._store, self._release)
        size = len(self.lanes)
        subjects = len(world.subjects.names)
        self._counters = np.zeros((len(COUNTERS), size), dtype=np.int64)
        self._disclosed = np.zeros((size, subjects, len(world.groups)), dtype=np.int64)
        role = world.classes.role
        self._is_evidence: Bool = role == int(Role.EVIDENCE)
        self._is_question: Bool = np.isin(role, (int(Role.REQUEST), int(Role.FOLLOWUP)))
        self._request_class = world.classes.only(Role.REQUEST)
        self._hit_class = world.classes.only(Role.HIT)
        self._followup_class = world.classes.only(Role.FOLLOWUP)
        self._own: Evidence | None = None
        self._gate_matters = not world.gate.all()
        self._taken = self._at_once = NOTHING_TAKEN
        self._automatic = NO_REQUEST

    # The first half of a tick ---------------------------------------------------------------

    def begin(self, tick: int) -> Happenings:
        """Deliver, triage and fuse (steps 1-3)."""
        self._triage.background(tick)
        self._deliver(tick)
        self._taken = taken = self._read(tick)
        recognitions = self._fuse(tick, taken)
        return Happenings(recognitions, self._readings(taken))

    def _read(self, tick: int) -> Taken:
        """Step 2: what units read; what died waiting has used its place and is not read."""
        taken = self._triage.serve(tick)
        if taken.slot.size:
            alive = self._store.expires[taken.slot] > tick
            taken = Taken(*(part[alive] for part in taken))
        taken = joined(taken, self._at_once)
        if taken.slot.size:
            self._count("read", self._store.lane[taken.slot])
            self._log_reads(tick, taken)
        return taken

    def _deliver(self, tick: int) -> None:
        """Step 1: what is due arrives; copies already seen are dropped."""
        self._automatic, self._at_once = NO_REQUEST, NOTHING_TAKEN
        due = self._calendar.take(tick)
        if not due.size:
            return
        store, world = self._store, self._world
        due, place = self._first_copies(due)
        slot, unit = np.divmod(place, store.places)
        channel, term = self._calendar.channel(due), self._calendar.term(due)
        store.hold(place, (1 + world.terms.handling[term]).view(np.uint8))
        lane, cls = store.lane[slot], store.cls[slot]
        self._count("delivered", lane)
        if self._gate_matters:
            self._count("violations", lane[~world.gate[channel, cls]])
        self._log_deliveries(tick, slot, channel)
        self._disclose(slot, unit, term)
        automatic = world.terms.automatic[term] & (cls == self._request_class)
        if automatic.any():
            self._automatic = Request(slot[automatic], unit[automatic], channel[automatic])
            waits = ~automatic
            slot, unit, channel = slot[waits], unit[waits], channel[waits]
        self._hand_over(Taken(slot, channel, unit))

    def _first_copies(self, due: I64) -> tuple[I64, I64]:
        """Messages that are the first of their report and receiver, sorted; and their places."""
        place = self._calendar.place(due)
        due = due[self._store.held_at(place) == UNSEEN]
        due.sort()
        place = self._calendar.place(due)
        first = run_starts(place)
        return due[first], place[first]

    def _hand_over(self, arrived: Taken) -> None:
        """Put what arrived on desks: read at once where capacity is unlimited, else queued."""
        store = self._store
        lane = store.lane[arrived.slot]
        self._count("queued", lane)
        waits = self._triage.waits(lane, arrived.unit)
        if waits is not None:
            self._at_once = Taken(*(part[~waits] for part in arrived))
            self._count("served", lane[~waits])
            arrived, lane = Taken(*(part[waits] for part in arrived)), lane[waits]
        slot, channel, unit = arrived
        urgency = self._world.classes.urgency[store.cls[slot]].astype(np.int64)
        queue = self._triage.queue(lane, unit, urgency)
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
        np.add.at(self._counters[_ROW["person_days"]], lane, days)
        _, subjects, groups = self._disclosed.shape
        told_of = (lane * subjects + store.subject[slot]) * groups + group
        np.add.at(self._disclosed.reshape(-1), told_of, persons)

    def _fuse(self, tick: int, taken: Taken) -> list[Recognition]:
        """Step 3: evidence read now, and made by the units themselves a tick ago."""
        matters = self._store.weight[taken.slot] > 0
        evidence = self._evidence_in(taken.slot[matters], taken.unit[matters])
        if self._own is not None:
            evidence, self._own = evidence.joined(self._own), None
        if not evidence.lane.size:
            return []
        known, asks = self._fusion.add(tick, evidence)
        for row in zip(*(part.tolist() for part in asks), strict=True):
            self._drafting.ask(*row)
        order = np.lexsort((known.unit, known.subject, known.lane))
        found = [Recognition(*row) for row in np.stack(known, axis=1)[order].tolist()]
        if self._log is not None:
            self._log.recognitions += [(tick, lane, unit, about) for lane, unit, about in found]
        return found

    def _evidence_in(self, slot: I64, unit: I64) -> Evidence:
        """Return what reports prove to the units that read or made them."""
        store = self._store
        return Evidence(
            store.lane[slot],
            unit,
            store.subject[slot],
            store.weight[slot].astype(np.int64),
            store.made[slot].astype(np.int64),
            store.origins[slot],
        )

    def _readings(self, taken: Taken) -> list[Reading]:
        """Step 4: readings the host hears of."""
        store = self._store
        which = self._world.classes.addressed[store.cls[taken.slot]].nonzero()[0]
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
        self._drafting.emit(lane, unit, subject, cls, audience)

    def ask(self, lane: int, unit: int, subject: int) -> None:
        """Have `unit` ask the others about `subject`."""
        self._drafting.ask(lane, unit, subject)

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
        return int(self._drafting.contributed[lane, subject])

    def disclosed(self, lane: int) -> I64:
        """Return person records disclosed, shape (S, G)."""
        told: I64 = self._disclosed[lane]
        return told

    def counters(self) -> I64:
        """Return the counters, shape (L, len(COUNTERS))."""
        counted = self._counters.copy()
        at_once = counted[_ROW["served"]].copy()
        counted[_ROW["served"]] += self._triage.served()
        queued = counted[_ROW["queued"]] - at_once
        counted[_ROW["background_arrived"]] = self._triage.tickets() - queued
        slot = self._calendar.place(self._calendar.in_flight()) // self._store.places
        flying = np.bincount(self._store.lane[slot], minlength=len(self.lanes))
        counted[_ROW["duplicates"]] -= counted[_ROW["delivered"]] + flying
        return counted.T

    def backlog(self) -> I64:
        """Return what waits to be read now, shape (L,)."""
        return self._triage.backlog()

    def _pair(self, lane: int, unit: int, subject: int) -> int:
        units, subjects = len(self._world.units.names), len(self._world.subjects.names)
        return (lane * units + unit) * subjects + subject

    # The second half of a tick ----------------------------------------------------------------

    def finish(self, tick: int) -> None:
        """Make and release reports (step 6b)."""
        new = self._make(tick, self._drafts(tick))
        evidence = new[self._is_evidence[self._store.cls[new]]]
        proves = evidence[self._store.weight[evidence] > 0]
        if proves.size:
            self._own = self._evidence_in(proves, self._store.unit[proves])
        self._push(tick, new)
        self._answer(tick)
        self._follow_up(tick)
        self._files.file(evidence)
        if (tick + 1) % SWEEP == 0:
            self._sweep(tick + 1)

    def _drafts(self, tick: int) -> list[Drafts]:
        """Return what is to be made at `tick`."""
        drafting = self._drafting
        observed = drafting.observed(*self._observation.due(tick))
        asked = drafting.asked(tick)
        self._count("observations", observed.lane)
        self._count("asks", asked.lane)
        return [draft for draft in (observed, drafting.written(), asked) if draft.lane.size]

    def _make(self, tick: int, drafts: list[Drafts]) -> I64:
        """Store new reports under the keys drawn for their names; return their slots."""
        if not drafts:
            return _NOBODY
        draft = Drafts(*map(np.concatenate, zip(*drafts, strict=True)))
        world, lane, cls = self._world, draft.lane, draft.cls
        words = self._lanes.draw(lane, draft.stream, draft.a, draft.b, draft.c)
        key = (words[0].astype(np.uint64) << np.uint64(32)) | words[1]
        weight = world.tables[world.classes.weight[cls], words[2] >> np.uint32(QUANTILE_SHIFT)]
        weight *= self._is_evidence[cls]
        new = NewReports(
            lane, draft.unit, draft.subject, cls, key, weight, draft.origins, draft.audience
        )
        self._count("reports", lane)
        self._log_made(tick, new)
        return self._store.add(tick, new)

    def _push(self, tick: int, new: I64) -> None:
        """Release what was made, and pass on what was read."""
        taken, store = self._taken, self._store
        relayed = self._is_evidence[store.cls[taken.slot]]
        slot, unit = taken.slot[relayed], taken.unit[relayed]
        may, extra = self._release.permitted(slot, unit)
        slot = np.concatenate((new, slot[may]))
        unit = np.concatenate((store.unit[new], unit[may]))
        extra = np.concatenate((np.zeros(new.size, dtype=np.int64), extra[may]))
        senders = self._release.senders(slot, unit, extra)
        for some, sending in self._release.expand(senders):
            self._send(tick, some, sending, self._release.push)

    def _send(self, tick: int, senders: Senders, sending: Sending, grant: Grant) -> None:
        """Draw, count and schedule."""
        if not sending.sender.size:
            return
        store = self._store
        outcome = self._release.decide(tick, senders, sending, grant)
        sent, due, refused = outcome
        sender, channel, term = (part[sent] for part in sending)
        self._tally("attempts", senders, sending.sender)
        self._tally("refused", senders, sending.sender[refused])
        self._tally("messages", senders, sender)
        if grant is self._release.pull:
            self._tally("answers", senders, sender)
        self._log_sends(tick, senders, sending, outcome, grant)
        expires = store.expires[senders.slot]
        last = due.max(initial=0)
        if last >= self._world.horizon or last >= expires.min():
            in_time = due < self._world.horizon
            late = due >= expires[sender]
            self._tally("expired", senders, sender[in_time & late])
            lands = in_time & ~late
            due, sender, channel, term = due[lands], sender[lands], channel[lands], term[lands]
        self._tally("duplicates", senders, sender)  # all that land; `counters` takes the others off
        place = store.place(senders.slot, 0)[sender] + self._world.channels.dst[channel]
        self._calendar.schedule(due, place, channel, term)

    def _answer(self, tick: int) -> None:
        """Answer requests and follow-ups read now or taken automatically."""
        if not self._files.active:
            return
        taken = self._taken
        asked = self._is_question[self._store.cls[taken.slot]]
        read = Request(taken.slot[asked], taken.unit[asked], taken.channel[asked])
        request = Request(*map(np.concatenate, zip(read, self._automatic, strict=True)))
        if not request.slot.size:
            return
        answers = self._files.answer(tick, request)
        self._send(tick, answers.holders, answers.release, self._release.pull)
        self._reply(tick, self._hit_class, answers.hit, "hits")

    def _follow_up(self, tick: int) -> None:
        """Follow up the hits read now."""
        hit = self._store.cls[self._taken.slot] == self._hit_class
        if not hit.any():
            return
        taken = Taken(*(part[hit] for part in self._taken))
        back = self._world.channels.reverse[taken.channel]
        there = back >= 0
        about = Request(taken.slot[there], taken.unit[there], back[there])
        self._reply(tick, self._followup_class, about, "followups")

    def _reply(self, tick: int, cls: int, about: Request, counter: str) -> None:
        """Make a report of class `cls`, if any, on each report and unit; send it one way."""
        if cls < 0 or not about.slot.size:
            return
        slot = self._make(tick, [self._drafting.reply(cls, about)])
        self._count(counter, self._store.lane[slot])
        senders = self._release.senders(slot, about.holder, np.zeros_like(slot))
        each = np.arange(slot.size)
        term = self._release.terms(senders, each, about.channel)
        granted = self._world.terms.push[term] > 0
        sending = Sending(each[granted], about.channel[granted], term[granted])
        self._send(tick, senders, sending, self._release.push)

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
            self._counters[_ROW[name]] += np.bincount(lane, minlength=len(self.lanes))

    def _tally(self, name: str, senders: Senders, sender: I64) -> None:
        """Count one for each sender, in its lane."""
        if sender.size:
            each = np.bincount(sender, minlength=senders.lane.size)
            counted = np.bincount(senders.lane, each, minlength=len(self.lanes))
            self._counters[_ROW[name]] += counted.astype(np.int64)

    def _log_rows(self, tick: int, slot: I64, *columns: NDArray[np.integer]) -> list[Any]:
        """Rows (tick, lane, report key, ...) of events about the reports in `slot`."""
        parts = (np.full(slot.size, tick), self._store.lane[slot], self._store.key[slot], *columns)
        return list(zip(*(part.tolist() for part in parts), strict=True))

    def _log_made(self, tick: int, new: NewReports) -> None:
        if self._log is not None:
            columns = (new.lane, new.key, new.cls, new.subject, new.unit)
            rows = zip(*(column.tolist() for column in columns), strict=True)
            self._log.made += [(tick, *row) for row in rows]
            contents = (new.lane, new.key, new.weight, new.origins)
            rows = zip(*(column.tolist() for column in contents), strict=True)
            self._log.contents += [(tick, *row) for row in rows]

    def _log_sends(
        self, tick: int, senders: Senders, sending: Sending, outcome: Outcome, grant: Grant
    ) -> None:
        if self._log is not None:
            sender, channel, term = sending
            slot, (sent, due, refused) = senders.slot[sender], outcome
            self._log.sends += self._log_rows(tick, slot[sent], channel[sent], due)
            fate = np.full(sender.size, int(Fate.HELD_BACK))
            fate[sent], fate[refused] = Fate.SENT, Fate.REFUSED
            kind = np.full(sender.size, int(grant is self._release.pull))
            self._log.attempts += self._log_rows(tick, slot, channel, term, kind, fate)

    def _log_deliveries(self, tick: int, slot: I64, channel: I64) -> None:
        if self._log is not None:
            self._log.deliveries += self._log_rows(tick, slot, channel)

    def _log_reads(self, tick: int, taken: Taken) -> None:
        if self._log is not None:
            self._log.reads += self._log_rows(tick, taken.slot, taken.unit)

"""The propagation kernel: every message of every lane at once, in NumPy.

The rules are in ``docs/semantics.md``; `sim.reference` follows the same rules in plain loops.
"""

from __future__ import annotations

from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.draws import philox4x32
from sim.kernel.calendar import Calendar
from sim.kernel.delivery import NOTHING_ARRIVED, Delivery
from sim.kernel.drafts import Drafting, Drafts
from sim.kernel.fusion import NO_EVIDENCE, Evidence, Fusion, touched
from sim.kernel.knowledge import Knowledge
from sim.kernel.lanes import Generator, Lanes
from sim.kernel.making import Making
from sim.kernel.observation import Observation
from sim.kernel.post import Post
from sim.kernel.pull import Answers, Files, Request
from sim.kernel.records import Recorder
from sim.kernel.release import Holding, Release, Sending
from sim.kernel.reports import ReportStore
from sim.kernel.routes import CONCERNS
from sim.kernel.stores import Hits, Stores
from sim.kernel.timetable import Timetable
from sim.kernel.triage import NOTHING_TAKEN, Taken, Triage, joined
from sim.seam import (
    ALL_UNITS,
    EVERYONE,
    KIND_ROW,
    Component,
    Counts,
    Happenings,
    LaneId,
    Log,
    Reading,
    Recognition,
    Role,
    World,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]
Bool = NDArray[np.bool_]

BEFORE: Final = -1
"""The tick of what is asked of an engine before tick 0."""

SWEEP: Final = 64
"""Ticks between two sweeps of dead reports."""

_NOBODY: Final = np.empty(0, dtype=np.int64)


class Parts(NamedTuple):
    """Who does the steps that every message goes through, and draws words."""

    generator: Generator
    calendar: type[Calendar]
    observation: type[Observation]
    delivery: type[Delivery]
    triage: type[Triage]
    fusion: type[Fusion]
    release: type[Release]
    making: type[Making]
    files: type[Files]
    post: type[Post]
    stores: type[Stores]


_reading: Final = partial(tuple.__new__, Reading)
"""Makes a `Reading` of a row, without the detour over named arguments."""


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

    parts: ClassVar[Parts] = Parts(
        philox4x32,
        Calendar,
        Observation,
        Delivery,
        Triage,
        Fusion,
        Release,
        Making,
        Files,
        Post,
        Stores,
    )
    """What the hot steps are done with."""

    def __init__(self, world: World, lanes: Sequence[LaneId], log: Log | None = None) -> None:
        self.lanes = tuple(lanes)
        self._world = world
        parts = self.parts
        self._lanes = Lanes.of(self.lanes, parts.generator, world.points)
        self._timetable = Timetable(world.points, self._lanes)
        self._store = store = ReportStore(world)
        self._record = record = Recorder(log, store)
        kinds = world.subjects.kind, len(world.kinds.names)
        self._counts = counts = Counts(len(self.lanes), *kinds)
        terms = max(world.terms.push.size, CONCERNS * world.channel_kinds)
        self._calendar = parts.calendar(world.horizon, len(world.channels.names), terms)
        self._triage = parts.triage(world, self._lanes)
        self._known = known = Knowledge(world, self._lanes)
        self._fusion = parts.fusion(world, self._lanes, known)
        self._release = parts.release(world, self._lanes, store, known)
        self._delivery = parts.delivery(world, store, self._calendar, self._triage, counts, record)
        self._post = parts.post(world, store, self._release, self._calendar, counts, record)
        self._observation = parts.observation(world, self._lanes)
        self._drafting = Drafting(world, self._lanes, store, known)
        self._making = parts.making(world, self._lanes, store, counts, record)
        self._files = parts.files(world, len(self.lanes), store, self._release)
        self._stores = None
        if world.stores.names:
            self._stores = parts.stores(world, self._lanes, store, self._files, counts)
        role = world.classes.role
        self._is_evidence: Bool = role == int(Role.EVIDENCE)
        self._is_question: Bool = np.isin(role, (int(Role.REQUEST), int(Role.FOLLOWUP)))
        self._hit_class = world.classes.only(Role.HIT)
        self._followup_class = world.classes.only(Role.FOLLOWUP)
        self._some_addressed = bool(world.classes.addressed.any())
        weights = world.tables[world.classes.weight[self._is_evidence]]
        self._some_tell = known.faces > 1 or bool(weights.any())
        """Whether any report may be evidence of a weight above 0, or show several faces."""
        self._tick = BEFORE
        self._own = _NOBODY
        """Evidence made a tick ago, for its makers."""
        self._linked: list[tuple[int, int, int]] = []
        self._taken = NOTHING_TAKEN
        self._cls = _NOBODY
        """Classes of what is taken."""
        self._arrived = NOTHING_ARRIVED

    # The first half of a tick ---------------------------------------------------------------

    def begin(self, tick: int) -> Happenings:
        """Deliver, triage and fuse (steps 1-3)."""
        self._tick = tick
        if tick in self._timetable.ticks:
            self._observation.turn(tick, self._timetable.turn(tick))
            self._triage.renew()
        self._triage.background(tick)
        self._arrived = self._delivery.deliver(tick)
        self._taken = taken = self._read(tick)
        recognitions = self._fuse(tick, taken)
        return Happenings(recognitions, self._readings(taken))

    def _read(self, tick: int) -> Taken:
        """Step 2: what units read; what died waiting has used its place and is not read."""
        if self._arrived.waiting.slot.size:
            self._triage.enqueue(*self._arrived.waiting)
        taken = self._triage.serve(tick)
        if taken.slot.size:
            alive = self._store.expires[taken.slot] > tick
            if not alive.all():
                taken = Taken(*(part[alive] for part in taken))
        taken = joined(taken, self._arrived.at_once)
        self._cls = self._store.cls[taken.slot] if taken.slot.size else _NOBODY
        about = self._store.lane[taken.slot], self._store.subject[taken.slot]
        self._counts.add_about("read", *about)
        self._record.reads(tick, taken.slot, taken.unit)
        return taken

    def _fuse(self, tick: int, taken: Taken) -> list[Recognition]:
        """Step 3: evidence read now, and made by the units themselves a tick ago."""
        evidence = self._evidence_of(taken)
        if self._linked:
            evidence, self._linked = evidence.joined(touched(self._linked)), []
        if not evidence.lane.size:
            return []
        known, asks = self._fusion.add(tick, evidence)
        self._drafting.wonder(asks)
        if not known.lane.size:
            return []
        order = np.lexsort((known.unit, known.subject, known.lane))
        found = [Recognition(*row) for row in np.stack(known, axis=1)[order].tolist()]
        self._counts.add_about("recognitions", known.lane, known.subject)
        self._record.recognitions(tick, found)
        return found

    def _evidence_of(self, taken: Taken) -> Evidence:
        """Return what reports tell the units that read them now, or made them a tick ago.

        The latter may be dead by now; what was said of them is there until something is made.
        """
        if not self._some_tell:
            return NO_EVIDENCE
        (slot, _, unit), own = taken, self._own
        if own.size:
            slot = np.concatenate((slot, own))
            unit = np.concatenate((unit, self._store.unit[own]))
            self._own = _NOBODY
        return self._fusion.evidence(self._store, slot, unit) if slot.size else NO_EVIDENCE

    def _readings(self, taken: Taken) -> list[Reading]:
        """Step 4: readings the host hears of."""
        store = self._store
        if not self._some_addressed:
            return []
        which = self._world.classes.addressed[self._cls].nonzero()[0]
        if not which.size:
            return []
        slot, unit = taken.slot[which], taken.unit[which]
        order = np.lexsort((unit, store.key[slot], store.lane[slot]))
        slot, unit = slot[order], unit[order]
        about = store.cls[slot], store.unit[slot], store.faces[slot]
        columns = (store.lane[slot], unit, store.subject[slot], *about)
        return list(map(_reading, zip(*(column.tolist() for column in columns), strict=True)))

    # The port -------------------------------------------------------------------------------

    def set_activity(self, lane: int, subject: int, place: int, aspect: int, level: int) -> None:
        """Set how much there is to see of a subject's aspect at `place`."""
        self._observation.set_activity(lane, subject, place, aspect, level)

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
        self._drafting.emit(lane, unit, subject, cls, audience, faces)

    def ask(self, lane: int, unit: int, subject: int, faces: int = 0) -> None:
        """Have `unit` ask the others about `faces` of `subject`; 0 stands for what it knows."""
        self._drafting.ask(max(self._tick, 0), lane, unit, subject, faces)

    def link(self, lane: int, unit: int, subject: int, face: int, other: int) -> None:
        """Have `unit` know from now on that two faces of `subject` belong together."""
        faces = 1 << face | 1 << other
        self._known.link(self._tick, lane, unit, subject, faces)
        self._linked.append((lane, unit, subject))
        self._record.change(max(self._tick, 0), lane, unit, subject, faces)

    def spend(self, lane: int, subject: int, unit: int = ALL_UNITS, *, links: bool = False) -> None:
        """Have `unit` forget its evidence on `subject`, and that it recognised it."""
        self._known.spend(lane, subject, unit, links=links)
        self._record.change(max(self._tick, 0), lane, unit, subject, 0, 1 + links)

    def set_trust(self, lane: int, giver: int, receiver: int, domain: int, value: int) -> None:
        """Set the trust of group `giver` in group `receiver` in a domain."""
        self._release.trust[lane, giver, receiver, domain] = value

    def set_contact(
        self, lane: int, giver: int, receiver: int, domain: int, *, known: bool
    ) -> None:
        """Set whether group `giver` knows a contact at group `receiver` in a domain."""
        self._release.set_contact(lane, giver, receiver, domain, known=known)
        self._record.contact(max(self._tick, 0), lane, giver, receiver, domain, known=known)

    def evidence(self, lane: int, unit: int, subject: int, tick: int) -> int:
        """Return the evidence of the component of which `unit` has most, aged to `tick`."""
        held = self._known.held(tick, lane, unit, subject)
        return max((part.evidence for part in held), default=0)

    def origins(self, lane: int, unit: int, subject: int) -> int:
        """Return the set of groups whose knowledge `unit` has of `subject`."""
        return self._known.all_origins(lane, unit, subject)

    def knowledge(self, lane: int, unit: int, subject: int, tick: int) -> list[Component]:
        """Return what `unit` holds on `subject`, by lowest face, with evidence aged to `tick`."""
        return self._known.held(tick, lane, unit, subject)

    def contributed(self, lane: int, subject: int) -> int:
        """Return the set of groups that observed `subject`."""
        return int(self._drafting.contributed[lane, subject])

    def disclosed(self, lane: int) -> I64:
        """Return person records disclosed, shape (S, G)."""
        told: I64 = self._delivery.disclosed[lane]
        return told

    def counters(self) -> I64:
        """Return the counters, shape (L, len(COUNTERS))."""
        counts, store = deepcopy(self._counts), self._store
        for name in ("read", "disclosures"):
            counts[name][...] = counts.by_kind[KIND_ROW[name]].sum(axis=1)
        queued = counts["queued"] - counts["served"]
        counts["background_arrived"][...] = self._triage.tickets() - queued
        counts["served"][...] += self._triage.served()
        slot = self._calendar.place(self._calendar.in_flight()) // store.places
        flying = np.bincount(store.lane[slot], minlength=len(self.lanes))
        counts["duplicates"][...] -= counts["delivered"] + counts["closed_to"] + flying
        return counts.table.T

    def by_kind(self) -> I64:
        """Return what is counted by kind of subject, shape (L, len(KIND_COUNTERS), K)."""
        return self._counts.by_kind.swapaxes(0, 1).copy()

    def backlog(self) -> I64:
        """Return what waits to be read now, shape (L,)."""
        return self._triage.backlog()

    # The second half of a tick ----------------------------------------------------------------

    def finish(self, tick: int) -> None:
        """Make and release reports (step 6b)."""
        new = self._make(tick, self._drafts(tick))
        evidence = new[self._is_evidence[self._store.cls[new]]]
        self._own = evidence
        self._push(tick, new)
        if self._stores is not None:
            self._stores.keep(tick, self._taken, self._arrived.automatic)
        self._answer(tick)
        self._follow_up(tick)
        if self._stores is not None:
            for hits in (self._stores.guard(tick), self._stores.mistake(tick)):
                self._alert(tick, hits)
        self._files.file(evidence)
        if (tick + 1) % SWEEP == 0:
            self._sweep(tick + 1)

    def _drafts(self, tick: int) -> list[Drafts]:
        """Return what is to be made at `tick`."""
        drafting = self._drafting
        observed = drafting.observed(*self._observation.due(tick))
        asked = drafting.asked()
        self._counts.add("observations", observed.lane)
        self._counts.add("asks", asked.lane)
        return [draft for draft in (observed, drafting.written(tick), asked) if draft.lane.size]

    def _make(self, tick: int, drafts: list[Drafts]) -> I64:
        """Make reports; return their slots."""
        if not drafts:
            return _NOBODY
        if len(drafts) == 1:
            return self._making.make(tick, drafts[0])
        return self._making.make(tick, Drafts(*map(np.concatenate, zip(*drafts, strict=True))))

    def _push(self, tick: int, new: I64) -> None:
        """Release what was made, and pass on what was read."""
        slot, unit, extra = self._release.relayed(self._taken.slot, self._taken.unit)
        if new.size:
            slot = np.concatenate((new, slot))
            unit = np.concatenate((self._store.unit[new], unit))
            extra = np.concatenate((np.zeros(new.size, dtype=np.int64), extra))
        self._post.push(tick, slot, unit, extra)

    def _answer(self, tick: int) -> None:
        """Answer requests and follow-ups read now or taken automatically."""
        if not self._files.active:
            return
        taken = self._taken
        asked = self._is_question[self._cls]
        read = Request(taken.slot[asked], taken.unit[asked], taken.channel[asked])
        request = Request(*map(np.concatenate, zip(read, self._arrived.automatic, strict=True)))
        if not request.slot.size:
            return
        if self._stores is not None:
            request, searches = self._stores.parted(request)
            if searches.slot.size:
                self._send_answers(tick, self._stores.answer(tick, searches))
        if request.slot.size:
            self._send_answers(tick, self._files.answer(tick, request))

    def _send_answers(self, tick: int, answers: Answers) -> None:
        """Send what holders may tell at once, and hits for what they may not."""
        self._post.send(tick, answers.holding, answers.release, self._release.pull)
        self._reply(tick, self._hit_class, answers.hit, "hits")

    def _follow_up(self, tick: int) -> None:
        """Follow up the hits read now."""
        if self._hit_class < 0:
            return
        hit = self._cls == self._hit_class
        if not hit.any():
            return
        taken = Taken(*(part[hit] for part in self._taken))
        back = self._world.channels.reverse[taken.channel]
        there = self._files.leads(self._store.lane[taken.slot], back)
        about = Request(taken.slot[there], taken.unit[there], back[there])
        self._reply(tick, self._followup_class, about, "followups")

    def _alert(self, tick: int, hits: Hits) -> None:
        """Tell owners of hits that nobody asked for."""
        if not hits.lane.size:
            return
        slot = self._tell(tick, self._drafting.hits(self._hit_class, hits), hits.channel)
        self._record.matches(tick, slot, hits.record, hits.matched)

    def _reply(self, tick: int, cls: int, about: Request, counter: str) -> None:
        """Make a report of class `cls`, if any, on each report and unit; send it one way."""
        if cls < 0 or not about.slot.size:
            return
        draft = self._drafting.reply(cls, about)
        self._counts.add(counter, draft.lane)
        self._tell(tick, draft, about.channel)

    def _tell(self, tick: int, draft: Drafts, channel: I64) -> I64:
        """Make reports and release each over one channel alone; return their slots."""
        if not draft.lane.size:
            return _NOBODY
        made = slot = self._make(tick, [draft])
        term = self._release.term_of(slot, draft.unit, channel)
        granted = self._world.terms.push[term] > 0
        if not granted.all():
            slot, term, channel = slot[granted], term[granted], channel[granted]
        holding = Holding(slot, self._store.lane[slot], np.zeros_like(slot))
        sending = Sending(np.arange(slot.size), channel, term)
        self._post.send(tick, holding, sending, self._release.push)
        return made

    def _sweep(self, tick: int) -> None:
        """Give back the slots of reports that are dead at `tick`."""
        if self._stores is not None:
            self._stores.sweep(tick)
        slots = self._store.dead(tick)
        if not slots.size:
            return
        dead = np.zeros(self._store.used.size, dtype=np.bool_)
        dead[slots] = True
        self._triage.purge(dead)
        self._files.drop(dead)
        self._store.free(slots)

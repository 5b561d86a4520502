"""Step 6b of a tick: telling others, from the wish to the calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.kernel.calendar import Calendar
from sim.kernel.records import Recorder
from sim.kernel.release import Grant, Holding, Release, Sending
from sim.kernel.reports import ReportStore
from sim.seam import Counts

if TYPE_CHECKING:
    from sim.seam import World

I64 = NDArray[np.int64]


class Post:
    """Sends reports: draws, counts and schedules."""

    def __init__(
        self,
        world: World,
        store: ReportStore,
        release: Release,
        calendar: Calendar,
        counts: Counts,
        record: Recorder,
    ) -> None:
        self._world, self._store, self._release = world, store, release
        self._calendar, self._counts, self._record = calendar, counts, record
        self._some_forbidden = not world.phases.gate.all()

    def push(self, tick: int, slot: I64, unit: I64, extra: I64) -> None:
        """Let units tell others unasked of the reports they made or read.

        Parameters
        ----------
        tick
            Now.
        slot, unit
            Reports and the units that hold them, shape (n,).
        extra
            Ticks that a permission takes, shape (n,).
        """
        if not slot.size:
            return
        senders = self._release.senders(slot, unit, extra)
        for some, sending in self._release.expand(senders):
            self.send(tick, some.holding, sending, self._release.push)

    def send(self, tick: int, senders: Holding, sending: Sending, grant: Grant) -> None:
        """Make attempts: draw, count and schedule."""
        if not sending.sender.size:
            return
        store, answers = self._store, grant is self._release.pull
        outcome = self._release.decide(tick, senders, sending, grant)
        sent, due, refused = outcome
        sender, channel, term = (part[sent] for part in sending)
        self._counts.tally("attempts", senders.lane, sending.sender)
        self._counts.tally("refused", senders.lane, sending.sender[refused])
        messages = self._counts.tally("messages", senders.lane, sender)
        if answers:
            self._counts.tally("answers", senders.lane, sender)
        if self._some_forbidden:
            unlawful = ~self._release.allowed(senders, sender, channel)
            self._counts.tally("violations", senders.lane, sender[unlawful])
        self._record.attempts(tick, senders, sending, outcome, answers=answers)
        # What lands is a duplicate until it is delivered: `Kernel.counters` takes the others off.
        expires = store.expires[senders.slot]
        last = due.max(initial=0)
        if last >= self._world.horizon or last >= expires.min():
            in_time = due < self._world.horizon
            late = due >= expires[sender]
            self._counts.tally("expired", senders.lane, sender[in_time & late])
            lands = in_time & ~late
            due, sender, channel, term = due[lands], sender[lands], channel[lands], term[lands]
            self._counts.tally("duplicates", senders.lane, sender)
        else:
            self._counts["duplicates"][...] += messages
        place = store.place(senders.slot, 0)[sender] + self._world.channels.dst[channel]
        self._calendar.schedule(due, place, channel, term)

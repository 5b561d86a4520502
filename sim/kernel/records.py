"""Noting what happens, event by event, where a log is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.kernel.release import Holding, Outcome, Sending
from sim.kernel.reports import NewReports, ReportStore
from sim.seam import Fate, Log

I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]


class Recorder:
    """Writes rows into a log; without a log it does nothing."""

    def __init__(self, log: Log | None, store: ReportStore) -> None:
        self.log, self._store = log, store

    def _rows(self, tick: int, slot: I64, *columns: NDArray[np.integer]) -> list[Any]:
        """Rows (tick, lane, report key, ...) of events about the reports in `slot`."""
        parts = (np.full(slot.size, tick), self._store.lane[slot], self._store.key[slot], *columns)
        return list(zip(*(part.tolist() for part in parts), strict=True))

    def made(self, tick: int, new: NewReports) -> None:
        """Note reports that are made."""
        if self.log is not None:
            columns = (new.lane, new.key, new.cls, new.subject, new.unit)
            rows = zip(*(column.tolist() for column in columns), strict=True)
            self.log.made += [(tick, *row) for row in rows]
            contents = (new.lane, new.key, new.weight, new.origins, new.faces)
            rows = zip(*(column.tolist() for column in contents), strict=True)
            self.log.contents += [(tick, *row) for row in rows]

    def attempts(
        self, tick: int, senders: Holding, sending: Sending, outcome: Outcome, *, answers: bool
    ) -> None:
        """Note attempts, and those that are sent."""
        if self.log is not None:
            sender, channel, term = sending
            slot, (sent, due, refused) = senders.slot[sender], outcome
            self.log.sends += self._rows(tick, slot[sent], channel[sent], due)
            fate = np.full(sender.size, int(Fate.HELD_BACK))
            fate[sent], fate[refused] = Fate.SENT, Fate.REFUSED
            kind = np.full(sender.size, int(answers))
            self.log.attempts += self._rows(tick, slot, channel, term, kind, fate)

    def deliveries(self, tick: int, slot: I64, channel: I64) -> None:
        """Note copies that arrive."""
        if self.log is not None:
            self.log.deliveries += self._rows(tick, slot, channel)

    def reads(self, tick: int, slot: I64, unit: I64) -> None:
        """Note reports that are read."""
        if self.log is not None:
            self.log.reads += self._rows(tick, slot, unit)

    def matches(self, tick: int, slot: I64, record: U64, matched: U64) -> None:
        """Note hits that stores made by themselves, and what they are about."""
        if self.log is not None:
            self.log.matches += self._rows(tick, slot, record, matched)

    def contact(
        self, tick: int, lane: int, giver: int, receiver: int, domain: int, *, known: bool
    ) -> None:
        """Note that a group knows a contact at another in a domain, or does not."""
        if self.log is not None:
            self.log.contacts.append((tick, lane, giver, receiver, domain, int(known)))

    def change(
        self, tick: int, lane: int, unit: int, subject: int, faces: int, spent: int = 0
    ) -> None:
        """Note that a unit linked faces, or that it or all spent what they knew."""
        if self.log is not None:
            self.log.changes.append((tick, lane, unit, subject, faces, spent))

    def recognitions(self, tick: int, found: Sequence[tuple[int, int, int, int]]) -> None:
        """Note who recognises what."""
        if self.log is not None:
            self.log.recognitions += [(tick, *row) for row in found]

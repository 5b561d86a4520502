"""The seam between the mechanism and whoever lives in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

I64 = NDArray[np.int64]
U32 = NDArray[np.uint32]

EVERYONE: Final = (1 << 64) - 1
"""The audience that leaves nobody out."""

ALL_UNITS: Final = -1
"""Stands for every unit."""

COUNTERS: Final = (
    "attempts",
    "messages",
    "delivered",
    "duplicates",
    "expired",
    "queued",
    "read",
    "background_arrived",
    "served",
    "refused",
    "violations",
    "disclosures",
    "person_days",
    "asks",
    "answers",
    "hits",
    "followups",
    "observations",
    "reports",
    "searches",
    "guard_hits",
    "false_matches",
    "disclosed_by_store",
    "closed_to",
)
"""Names of the counters of a lane, in the order of the counter table's columns."""

KIND_COUNTERS: Final = ("read", "disclosures", "recognitions")
"""Names of what is counted for each kind of subject as well."""


class Fate(IntEnum):
    """What came of an attempt to send a report over a channel."""

    HELD_BACK = 0
    """The chance did not come true."""
    SENT = 1
    REFUSED = 2
    """The chance came true and the gate did not allow it."""


class LaneId(NamedTuple):
    """Address of a lane: a design point in a random world."""

    point: int
    seed: int
    replication: int


class Recognition(NamedTuple):
    """A unit has enough evidence about a subject."""

    lane: int
    unit: int
    subject: int
    faces: int
    """The faces that the evidence is about, as bits."""


class Reading(NamedTuple):
    """A unit read a report of a class marked `addressed`."""

    lane: int
    unit: int
    subject: int
    cls: int
    origin: int
    faces: int
    """The faces that the report shows, as bits."""


class Component(NamedTuple):
    """Faces of a subject that belong together for a unit, and what it holds on them."""

    faces: int
    """As bits."""
    evidence: int
    origins: int
    """Groups whose knowledge is in it, as bits."""
    recognised: bool


class Happenings(NamedTuple):
    """What a tick brought that a host may react to, ordered by lane."""

    recognitions: list[Recognition]
    readings: list[Reading]


@dataclass
class Log:
    """Every event of a run, for comparison and for tracing; rows of whole numbers.

    Each list holds tuples: ``sends`` (tick, lane, report key, channel, due), ``deliveries``
    (tick, lane, report key, channel), ``reads`` (tick, lane, report key, unit), ``recognitions``
    (tick, lane, unit, subject, faces), ``made`` (tick, lane, report key, class, subject, unit).
    ``contents`` (tick, lane, report key, weight, origins, faces) goes with ``made``; ``attempts``
    (tick, lane, report key, channel, term, 1 for an answer else 0, `Fate`) holds those that failed
    too. ``matches`` (tick, lane, key of a hit that a store made by itself, of the record told of,
    of the one that matches it or 0 for a false match). ``contacts`` (tick, lane, giver, receiver,
    1 if known else 0) holds what was set; ``changes`` (tick, lane, unit or `ALL_UNITS`, subject,
    faces, 0) what was linked, and with 0 for the faces and 1, or 2 with the links, what was spent.
    What is called before tick 0 is noted at 0.
    """

    sends: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    deliveries: list[tuple[int, int, int, int]] = field(default_factory=list)
    reads: list[tuple[int, int, int, int]] = field(default_factory=list)
    recognitions: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    made: list[tuple[int, int, int, int, int, int]] = field(default_factory=list)
    contents: list[tuple[int, int, int, int, int, int]] = field(default_factory=list)
    attempts: list[tuple[int, int, int, int, int, int, int]] = field(default_factory=list)
    matches: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    contacts: list[tuple[int, int, int, int, int, int]] = field(default_factory=list)
    changes: list[tuple[int, int, int, int, int, int]] = field(default_factory=list)


class Engine(Protocol):
    """What a kernel offers: the two halves of a tick, and a port for the host."""

    lanes: tuple[LaneId, ...]

    def begin(self, tick: int) -> Happenings:
        """Deliver, triage and fuse (steps 1-3)."""

    def finish(self, tick: int) -> None:
        """Make and release reports (step 6b)."""

    def set_activity(self, lane: int, subject: int, place: int, aspect: int, level: int) -> None:
        """Set how much there is to see of a subject's aspect at `place` (LEVEL_ONE is 1)."""

    def emit(
        self,
        lane: int,
        unit: int,
        subject: int,
        cls: int,
        audience: int = EVERYONE,
        faces: int = 0,
    ) -> None:
        """Have `unit` write a report of class `cls`; it is made in this tick's `finish`.

        It is about `faces`, a set of bits; 0 leaves it to what the unit knows.
        """

    def ask(self, lane: int, unit: int, subject: int, faces: int = 0) -> None:
        """Have `unit` ask the others about `faces` of `subject`; 0 stands for what it knows."""

    def link(self, lane: int, unit: int, subject: int, face: int, other: int) -> None:
        """Have `unit` know from now on that two faces of `subject` belong together."""

    def spend(self, lane: int, subject: int, unit: int = ALL_UNITS, *, links: bool = False) -> None:
        """Have `unit` forget its evidence on `subject`, and that it recognised it.

        It may be recognised again. Which faces belong together is forgotten if `links` says so.
        """

    def set_trust(self, lane: int, giver: int, receiver: int, domain: int, value: int) -> None:
        """Set the trust of group `giver` in group `receiver` in a domain (TRUST_ONE is neutral)."""

    def set_contact(
        self, lane: int, giver: int, receiver: int, domain: int, *, known: bool
    ) -> None:
        """Set whether group `giver` knows a contact at `receiver` in a domain; at first all do."""

    def evidence(self, lane: int, unit: int, subject: int, tick: int) -> int:
        """Return the evidence of the component of which `unit` has most, aged to `tick`."""

    def origins(self, lane: int, unit: int, subject: int) -> int:
        """Return the set of groups whose knowledge `unit` has of `subject`, as bits."""

    def knowledge(self, lane: int, unit: int, subject: int, tick: int) -> list[Component]:
        """Return what `unit` holds on `subject`, by lowest face, with evidence aged to `tick`."""

    def contributed(self, lane: int, subject: int) -> int:
        """Return the set of groups that observed `subject`, as bits."""

    def disclosed(self, lane: int) -> I64:
        """Return person records disclosed, shape (S, G)."""

    def counters(self) -> I64:
        """Return the counters, shape (L, len(COUNTERS))."""

    def by_kind(self) -> I64:
        """Return what is counted by kind of subject, shape (L, len(KIND_COUNTERS), K)."""

    def backlog(self) -> I64:
        """Return reports and background waiting to be read now, shape (L,)."""


class Host(Protocol):
    """Whoever lives in a batch of lanes."""

    def start(self, engine: Engine) -> None:
        """Set the lanes up, before tick 0."""

    def react(self, tick: int, happenings: Happenings) -> None:
        """Hear what the tick brought (step 4)."""

    def move(self, tick: int) -> None:
        """Let threats move (step 5)."""

    def work(self, tick: int) -> None:
        """Run casework up to, excluding, ``tick + 1`` (step 6a)."""

    def end(self, tick: int) -> None:
        """Look at the finished tick."""


def advance(engine: Engine, host: Host, horizon: int) -> None:
    """Run all lanes of `engine` with `host` from tick 0 up to, excluding, `horizon`."""
    host.start(engine)
    for tick in range(horizon):
        host.react(tick, engine.begin(tick))
        host.move(tick)
        host.work(tick)
        engine.finish(tick)
        host.end(tick)

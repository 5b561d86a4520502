"""What the engine is handed: a compiled world, as frozen arrays.

The meaning of every field is in ``docs/semantics.md``. Sizes: U units, G groups (at most 64),
C channels, X kinds of channels, R report classes, S subjects, K kinds of subject, M domains,
F faces (at most 8), P places, A aspects, W sights, O observation streams, Y stores, D phases, N
points, E entries of a timetable, J terms, Q urgencies, H handling codes, Z tables.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.draws import ONE, QUANTILES

I8 = NDArray[np.int8]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
Bool = NDArray[np.bool_]

NEVER: Final = 2**31 - 1
"""A tick that does not come; a threshold that is not reached."""

LEVEL_ONE: Final = 256
"""Activity level that stands for 1.0."""

EXPOSURE_ONE: Final = 1 << 24
"""Mean gap between observations in units of exposure; one tick at level 1 and rate 2**16."""

RATE_ONE: Final = 1 << 16
"""Rate of one observation a tick at activity level 1."""

READING_ONE: Final = 256
"""Capacity of one report a tick."""

UNLIMITED: Final = NEVER
"""Capacity of a desk that reads whatever arrives, in the tick in which it arrives."""

MOST_CAPACITY: Final = NEVER - 2 * READING_ONE
"""Capacities below this, and what is left over of one tick, add up without wrapping."""

MOST_CODES: Final = 128

TRUST_ONE: Final = 4096
"""Neutral trust."""

DECAY_ONE: Final = 1 << 16

MAX_GROUPS: Final = 64
MAX_FACES: Final = 8
SITUATIONS: Final = 4
"""``2 * relay + concerned``."""


class Role(IntEnum):
    """What a report class is for."""

    EVIDENCE = 0
    REQUEST = 1
    HIT = 2
    FOLLOWUP = 3
    ROUTINE = 4


class Pull(IntEnum):
    """What a term lets a holder answer."""

    NONE = 0
    RELEASE = 1
    HIT = 2


class Onward(IntEnum):
    """What a handling code lets a holder do."""

    FREE = 0
    FORBIDDEN = 1
    PERMISSION = 2


@dataclass(frozen=True)
class Units:
    """Desks that read and send. Arrays of shape (U,)."""

    names: tuple[str, ...]
    key: U32
    group: I64
    place: I64
    """Index of the place, or -1."""


@dataclass(frozen=True)
class Channels:
    """Directed links. Arrays of shape (C,), sorted by `src`."""

    names: tuple[str, ...]
    src: I64
    dst: I64
    key: U32
    reverse: I64
    """The channel back over the same instrument, or -1."""
    kind: I64
    """What policies, the law and latencies know of a channel; in 0..X-1."""


@dataclass(frozen=True)
class Classes:
    """Kinds of report. Arrays of shape (R,)."""

    names: tuple[str, ...]
    role: I8
    urgency: I8
    lifetime: I32
    """Ticks, at least 1."""
    persons: I32
    """Person records a report carries; 0 is not personal."""
    weight: I32
    """Table number of the evidence weight."""
    addressed: Bool
    """Whether the host hears of each reading."""
    trace_key: U32
    emit_key: U32
    gap_key: U32

    def only(self, role: Role) -> int:
        """Return the index of the one class of `role`, or -1."""
        found = np.flatnonzero(self.role == role)
        return int(found[0]) if found.size else -1


@dataclass(frozen=True)
class Kinds:
    """What sorts of subject there are, one a threat. Arrays of shape (K,)."""

    names: tuple[str, ...]
    domain: I64
    """Index of the domain."""
    faces: I64
    """How many faces a subject has: sides by which it can be known, 1 to `MAX_FACES`."""
    decay: I64
    """Share of evidence left after a number of ticks, in units of ``1 / DECAY_ONE``, shape
    (K, horizon + longest lifetime + 1)."""

    @property
    def whole(self) -> U8:
        """All faces of a kind, as a set of bits."""
        return ((1 << self.faces) - 1).astype(np.uint8)


@dataclass(frozen=True)
class Subjects:
    """What reports are about. Arrays of shape (S,)."""

    names: tuple[str, ...]
    key: U32
    kind: I64


@dataclass(frozen=True)
class Sights:
    """Ways to see something of a subject. Arrays of shape (W,)."""

    cls: I64
    """Class of the report on what is seen."""
    aspect: I64
    """What of a subject's activity is seen."""
    shows: U64
    """Threshold in 0..ONE of the chance that a report shows a face, shape (W, F)."""


@dataclass(frozen=True)
class Watch:
    """Observation streams. Arrays of shape (O,)."""

    sight: I64
    unit: I64
    subject: I64
    place: I64
    key: U32
    """Names the unit, the place and, where one class has several, the sight in draws."""
    gap: int
    """Table number of the gaps, in units of exposure (mean EXPOSURE_ONE)."""


@dataclass(frozen=True)
class Terms:
    """What the policies' rules grant. Arrays of shape (J,); term 0 is never."""

    push: U64
    """Threshold in 0..ONE."""
    push_delay: I32
    pull_mode: I8
    pull: U64
    pull_delay: I32
    handling: I8
    retention: I32
    """Days."""
    trusted: Bool
    """Whether trust scales the thresholds."""
    contact: Bool
    """Whether the sender must know a contact at the receiver's group."""
    automatic: Bool
    """Whether a request is answered without being read."""


@dataclass(frozen=True)
class Stores:
    """Data bases that desks keep. Arrays of shape (Y,)."""

    names: tuple[str, ...]
    unit: I64
    """The desk that keeps it: one of its own that reads without limit."""
    holds: Bool
    """Whether reports of a class are kept, shape (Y, R)."""
    faces: U8
    """The faces by which what is kept is found, as bits, shape (Y, K)."""
    guards: Bool
    """Whether who brought something is told of what matches it."""
    false_match: U64
    """Threshold in 0..ONE of the chance to take a face for another subject's, shape (Y, K, F)."""

    @classmethod
    def none(cls, classes: int, kinds: int) -> Stores:
        """No store, in a world of so many classes and kinds."""
        return cls(
            names=(),
            unit=np.zeros(0, dtype=np.int64),
            holds=np.zeros((0, classes), dtype=np.bool_),
            faces=np.zeros((0, kinds), dtype=np.uint8),
            guards=np.zeros(0, dtype=np.bool_),
            false_match=np.zeros((0, kinds, MAX_FACES), dtype=np.uint64),
        )

    def of_units(self, units: int) -> I64:
        """Store of each of so many units, or -1."""
        store = np.full(units, -1, dtype=np.int64)
        store[self.unit] = np.arange(self.unit.size)
        return store


@dataclass(frozen=True)
class Phases:
    """What may differ between design points, and in each of them over time."""

    term: U16
    """Shape (D, SITUATIONS, X, R)."""
    gate: Bool
    """What the law allows, whatever the policy, shape (D, X, R)."""
    latency: I32
    """Table numbers, shape (D, X)."""
    open: Bool
    """Whether a unit is there; one that is not neither sees, reads, sends nor receives; (D, U)."""
    capacity: I32
    """Reports a tick in units of ``1 / READING_ONE``, shape (D, U, W) for the ticks of a week;
    `UNLIMITED` at all of them or at none."""
    background: I32
    """Table numbers of counts a tick, or -1, shape (D, U, Q)."""
    rate: I64
    """Observations a tick at activity level 1, in units of ``1 / RATE_ONE``, shape (D, W)."""
    recognise_at: I32
    """Evidence at which a unit recognises, or NEVER, shape (D, U, K)."""
    origins_needed: I32
    """Groups that must have contributed, shape (D, U, K)."""
    ask_at: I32
    """Evidence at which a unit asks, or NEVER, shape (D, U, K)."""
    ask_every: I32
    """Ticks between two requests on a subject, shape (D, K)."""
    onward: I8
    """Shape (D, H)."""
    onward_chance: U64
    onward_delay: I32
    retention: I32
    """Ticks for which stores keep what comes to them, shape (D, Y)."""


@dataclass(frozen=True)
class Points:
    """Design points: which phase holds from which tick on. Arrays of shape (N, E)."""

    names: tuple[str, ...]
    starts: I32
    """Ascending from 0; NEVER where nothing follows."""
    phase: I64

    @classmethod
    def constant(cls, names: tuple[str, ...]) -> Points:
        """Return points each of which stays in a phase of its own."""
        shape = len(names), 1
        return cls(names, np.zeros(shape, dtype=np.int32), np.arange(len(names)).reshape(shape))

    def phase_at(self, point: int, tick: int) -> int:
        """Return the phase that a point is in at a tick."""
        entry = int(np.searchsorted(self.starts[point], tick, side="right")) - 1
        return int(self.phase[point, max(entry, 0)])


@dataclass(frozen=True)
class World:
    """Everything a batch of lanes shares; its arrays can only be read, and lie in one piece each.

    So they are where a worker process maps them, too, and what is compiled serves both.
    """

    groups: tuple[str, ...]
    places: tuple[str, ...]
    domains: tuple[str, ...]
    aspects: tuple[str, ...]
    units: Units
    channels: Channels
    classes: Classes
    kinds: Kinds
    subjects: Subjects
    sights: Sights
    watch: Watch
    stores: Stores
    terms: Terms
    phases: Phases
    points: Points
    tables: I32
    """Inverse-CDF tables, shape (Z, QUANTILES)."""
    week: I64
    """Which tick of the week each tick is read like, shape (horizon,)."""
    horizon: int
    """Ticks; the last tick is ``horizon - 1``."""

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(self, field.name, _fixed(getattr(self, field.name)))
        check_world(self)

    @property
    def urgencies(self) -> int:
        """Number of urgency levels."""
        return int(self.phases.background.shape[2])

    @property
    def channel_kinds(self) -> int:
        """Number of kinds of channels, X."""
        return int(self.phases.term.shape[2])


def _fixed(part: object) -> object:
    """Return an array, or all arrays that a dataclass holds, as read-only views in C order."""
    if isinstance(part, np.ndarray):
        view = np.asarray(part, order="C").view()
        view.flags.writeable = False
        return view
    if is_dataclass(part) and not isinstance(part, type):
        return replace(part, **{f.name: _fixed(getattr(part, f.name)) for f in fields(part)})
    return part


def check_world(world: World) -> None:
    """Hold a world to the rules the engine relies on.

    Raises
    ------
    ValueError
        Naming the field and the rule that is broken.
    """
    units, channels, classes, terms = world.units, world.channels, world.classes, world.terms
    size = (len(units.names), len(channels.names), len(classes.names))
    rules = {
        "horizon is at least 1": world.horizon >= 1,
        "at most 64 groups": 0 < len(world.groups) <= MAX_GROUPS,
        "unit groups exist": _within(units.group, 0, len(world.groups)),
        "unit places exist": _within(units.place, -1, len(world.places)),
        "channel ends exist": _within(channels.src, 0, size[0])
        and _within(channels.dst, 0, size[0]),
        "channels are sorted by source": bool(np.all(np.diff(channels.src) >= 0)),
        "channels join two units": bool(np.all(channels.src != channels.dst)),
        "channel kinds exist": _within(channels.kind, 0, world.channel_kinds),
        "reverse channels go back": _reverses(channels),
        "unit keys differ": _differ(units.key),
        "channel keys differ": _differ(channels.key),
        "subject keys differ": _differ(world.subjects.key),
        "lifetimes are positive": _within(classes.lifetime, 1, NEVER),
        "term 0 is never": int(terms.push[0]) == 0 and int(terms.pull_mode[0]) == Pull.NONE,
        "thresholds are chances": bool(np.all(terms.push <= ONE) and np.all(terms.pull <= ONE)),
        "handling codes exist": _within(terms.handling, 0, world.phases.onward.shape[1]),
        "tables have 4096 entries": world.tables.shape[1] == QUANTILES,
        "decay reaches far enough": world.kinds.decay.shape[1]
        > world.horizon + int(classes.lifetime.max(initial=0)),
        "at most 128 handling codes": world.phases.onward.shape[1] <= MOST_CODES,
        **_rules_of_kinds(world),
        **_rules_of_stores(world),
        **_rules_of_phases(world),
        **_rules_of_points(world),
        "one request, hit and follow-up class at most": all(
            int(np.sum(classes.role == role)) <= 1
            for role in (Role.REQUEST, Role.HIT, Role.FOLLOWUP)
        ),
    }
    broken = [rule for rule, holds in rules.items() if not holds]
    if broken:
        msg = f"the world breaks: {'; '.join(broken)}"
        raise ValueError(msg)


def _within(values: NDArray[np.integer], low: int, high: int) -> bool:
    """Whether all values are in ``low <= value < high``."""
    return bool(np.all((values >= low) & (values < high)))


def _differ(keys: NDArray[np.integer]) -> bool:
    """Whether no key is there twice; sorted, which for many keys is faster than `numpy.unique`."""
    ordered = np.sort(keys)
    return bool((ordered[1:] != ordered[:-1]).all())


def _rules_of_kinds(world: World) -> dict[str, bool]:
    """Rules about kinds, faces and what is seen of them."""
    kinds, sights, watch = world.kinds, world.sights, world.watch
    count, (number, faces) = len(kinds.names), sights.shows.shape
    rules = {
        "kinds of subjects exist": _within(world.subjects.kind, 0, count),
        "domains of kinds exist": _within(kinds.domain, 0, len(world.domains)),
        "kinds have 1 to 8 faces": _within(kinds.faces, 1, MAX_FACES + 1),
        "decay has a row a kind": kinds.decay.shape[0] == count,
        "classes of sights exist": _within(sights.cls, 0, len(world.classes.names)),
        "aspects of sights exist": _within(sights.aspect, 0, len(world.aspects)),
        "what sights show are chances": bool(np.all(sights.shows <= ONE)),
        "sights show a face for sure": bool(np.all((sights.shows == ONE).any(axis=1))),
        "sights of streams exist": _within(watch.sight, 0, number),
    }
    if all(rules.values()):
        has = np.arange(faces) < kinds.faces[world.subjects.kind[watch.subject], np.newaxis]
        rules["observation streams differ by class, subject and key"] = _distinct(world)
        rules["sights show faces that there are"] = not (sights.shows[watch.sight][~has] > 0).any()
    return rules


def _rules_of_stores(world: World) -> dict[str, bool]:
    """Rules about data bases."""
    stores, phases, kinds = world.stores, world.phases, world.kinds
    count, chances = len(stores.names), stores.false_match.shape
    rules = {
        "units of stores exist": _within(stores.unit, 0, len(world.units.names)),
        "a unit keeps one store at most": _differ(stores.unit),
        "stores are held to classes, kinds and faces": stores.unit.shape == stores.guards.shape
        and stores.holds.shape == (count, len(world.classes.names))
        and stores.faces.shape == chances[:2] == (count, len(kinds.names))
        and chances[2] >= int(kinds.faces.max(initial=0)),
        "stores have a retention in every phase": phases.retention.shape
        == (len(phases.term), count),
    }
    if all(rules.values()):
        has = np.arange(chances[2]) < kinds.faces[:, np.newaxis]
        rules |= {
            "stores read without limit, or are closed": bool(
                (phases.capacity[:, stores.unit] == UNLIMITED)[phases.open[:, stores.unit]].all()
            ),
            "stores hold evidence": not stores.holds[:, world.classes.role != Role.EVIDENCE].any(),
            "stores keep faces that there are": not (stores.faces & ~kinds.whole).any(),
            "false matches are chances": bool(np.all(stores.false_match <= ONE))
            and not stores.false_match[:, ~has].any(),
            "stores keep for a tick at least": _within(phases.retention, 1, NEVER + 1),
        }
    return rules


def _distinct(world: World) -> bool:
    watch = world.watch
    cls = world.sights.cls[watch.sight]
    names = np.stack((cls, watch.subject, watch.key.astype(np.int64)))
    return bool(np.unique(names, axis=1).shape[1] == watch.unit.size)


def _rules_of_phases(world: World) -> dict[str, bool]:
    """Rules about what holds in each phase."""
    phases, count, units = world.phases, len(world.phases.term), len(world.units.names)
    kinds, classes = world.channel_kinds, len(world.classes.names)
    pairs = (count, units, len(world.kinds.names))
    weekly, capacity = phases.capacity.shape[2:], phases.capacity
    shapes = {
        "term": (count, SITUATIONS, kinds, classes),
        "gate": (count, kinds, classes),
        "latency": (count, kinds),
        "open": (count, units),
        "capacity": (count, units, *weekly),
        "background": (count, units, world.urgencies),
        "rate": (count, len(world.sights.cls)),
        **dict.fromkeys(("recognise_at", "origins_needed", "ask_at"), pairs),
        "ask_every": (count, pairs[2]),
        **dict.fromkeys(("onward", "onward_chance", "onward_delay"), phases.onward.shape),
    }
    rules = {
        f"{name} of phases fits": getattr(phases, name).shape == shape
        for name, shape in shapes.items()
    }
    rules["some ticks make a week"] = weekly > (0,)
    rules["each tick is one of the week"] = world.week.shape == (world.horizon,) and _within(
        world.week, 0, sum(weekly)
    )
    if all(rules.values()):
        unlimited = capacity == UNLIMITED
        rules |= {
            "terms exist": _within(phases.term, 0, world.terms.push.size),
            "capacities fit": bool(np.all((capacity < MOST_CAPACITY) | unlimited)),
            "rates are not negative": bool(np.all(phases.rate >= 0)),
            "unlimited desks are so all week": _alike(unlimited),
            "unlimited desks have no background": not (
                phases.background[unlimited.any(axis=2)] >= 0
            ).any(),
            "closed units do nothing": _idle(world),
        }
    return rules


def _alike(weekly: Bool) -> bool:
    return bool((weekly.all(axis=2) == weekly.any(axis=2)).all())


def _idle(world: World) -> bool:
    """Whether units that are closed read, see, recognise and ask nothing."""
    phases, watch = world.phases, world.watch
    closed = ~phases.open
    if not closed.any():
        return True
    seen = phases.rate[:, watch.sight] > 0
    return bool(
        (phases.capacity[closed] == 0).all()
        and (phases.background[closed] < 0).all()
        and (phases.recognise_at[closed] == NEVER).all()
        and (phases.ask_at[closed] == NEVER).all()
        and not (seen & closed[:, watch.unit]).any()
    )


def _rules_of_points(world: World) -> dict[str, bool]:
    """Rules about timetables."""
    points, phases = world.points, world.phases
    shape, starts = points.phase.shape, points.starts
    rules = {
        "points have timetables": starts.shape == shape and len(points.names) == shape[0],
        "timetables begin at tick 0": shape[1] > 0 and bool((starts[:, 0] == 0).all()),
        "timetables ascend": bool(
            ((starts[:, 1:] > starts[:, :-1]) | (starts[:, 1:] == NEVER)).all()
        ),
        "phases of points exist": _within(points.phase, 0, len(phases.term)),
    }
    if all(rules.values()):
        unlimited = (phases.capacity == UNLIMITED).any(axis=2)
        read = np.where(phases.open, 1 + unlimited, 0)[points.phase]
        read[starts == NEVER] = 0
        rules["units unlimited in a phase are so, or closed, in all of a timetable"] = not (
            (read == 1).any(axis=1) & (read > 1).any(axis=1)
        ).any()
    return rules


def _reverses(channels: Channels) -> bool:
    there = np.flatnonzero(channels.reverse >= 0)
    back = channels.reverse[there]
    return bool(
        np.all(back < channels.src.size)
        and np.all(channels.src[back] == channels.dst[there])
        and np.all(channels.dst[back] == channels.src[there])
    )

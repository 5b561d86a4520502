"""Worlds to test engines in: sketched by hand, drawn at random, and one fixed example.

A `Sketch` says in plain lists what a world has; `build` compiles it to arrays. A script is what
a host does in one lane; `ScriptedHost` plays scripts and remembers what it heard.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import numpy as np
from hypothesis import strategies as st

from sim.draws.streams import ONE, name_key
from sim.draws.tables import Table, TableStore, constant, exponential, piecewise, poisson
from sim.seam.port import ALL_UNITS, EVERYONE, Happenings, LaneId
from sim.seam.world import (
    DECAY_ONE,
    EXPOSURE_ONE,
    LEVEL_ONE,
    MAX_FACES,
    NEVER,
    RATE_ONE,
    READING_ONE,
    SITUATIONS,
    TRUST_ONE,
    UNLIMITED,
    Channels,
    Classes,
    Kinds,
    Onward,
    Phases,
    Points,
    Pull,
    Role,
    Sights,
    Stores,
    Subjects,
    Terms,
    Units,
    Watch,
    World,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from numpy.typing import NDArray

    from sim.seam.port import Engine

T = TypeVar("T")
Spread = int | Table
"""A distribution: a table, or the one value it always takes."""
Each = int | Sequence[int]
"""The same number for every kind of subject, or one for each."""

PLENTY: Final = 100 * READING_ONE
"""Capacity nobody runs out of."""

# Sketches ------------------------------------------------------------------------------------


class Link(NamedTuple):
    """A channel; `back` is the index of the channel back, or -1."""

    src: int
    dst: int
    back: int = -1


@dataclass(frozen=True)
class Kind:
    """A report class."""

    role: Role = Role.EVIDENCE
    urgency: int = 0
    lifetime: int = 100
    persons: int = 0
    weight: Spread = 100
    addressed: bool = False


@dataclass(frozen=True)
class Rule:
    """A term."""

    push: int = 0
    push_delay: Spread = 0
    pull_mode: Pull = Pull.NONE
    pull: int = 0
    pull_delay: Spread = 0
    handling: int = 0
    retention: int = 0
    trusted: bool = False
    contact: bool = False
    automatic: bool = False


@dataclass(frozen=True)
class Code:
    """What a handling code means at a design point."""

    onward: Onward = Onward.FREE
    chance: int = ONE
    delay: Spread = 0


@dataclass(frozen=True)
class Threat:
    """A kind of subject."""

    domain: int = 0
    faces: int = 1
    decay: float = 1.0
    """Share of evidence left after a tick."""


@dataclass(frozen=True)
class Sight:
    """A way to see something of a subject."""

    cls: int = 0
    aspect: int = 0
    shows: Sequence[int] = (ONE,)
    """Chance of each face; of those left out it is 0."""
    rate: int = RATE_ONE


@dataclass(frozen=True)
class Base:
    """A store."""

    unit: int
    holds: Sequence[int] = (0,)
    """Classes."""
    faces: Each = 2**MAX_FACES - 1
    """Sets of faces, of those that a kind has."""
    guards: bool = False
    false_match: Sequence[int] = ()
    """Chance of each face, of those that a kind has; of those left out it is 0."""


class Watcher(NamedTuple):
    """An observation stream."""

    unit: int = 0
    sight: int = 0
    subject: int = 0
    place: int = 0


@dataclass(frozen=True)
class Point:
    """A design point, or one of its phases; what a mapping leaves out has the value beside it."""

    term: Mapping[tuple[int, int, int], int] = field(default_factory=dict)
    """(situation, kind of channel, class): `Sketch.usual_term`."""
    latency: Mapping[int, Spread] = field(default_factory=dict)
    """Kind of channel: 1."""
    capacity: Mapping[int, Sequence[int]] = field(default_factory=dict)
    """Unit: `PLENTY` at every tick of the week, `UNLIMITED` of a store."""
    background: Mapping[tuple[int, int], Spread] = field(default_factory=dict)
    """(unit, urgency): none."""
    recognise_at: Mapping[int, Each] = field(default_factory=dict)
    """Unit: NEVER."""
    origins_needed: Mapping[int, Each] = field(default_factory=dict)
    """Unit: 1."""
    ask_at: Mapping[int, Each] = field(default_factory=dict)
    """Unit: NEVER."""
    ask_every: Each = 1
    codes: Sequence[Code] = (Code(),)
    retention: Mapping[int, int] = field(default_factory=dict)
    """Store: NEVER."""
    rate: Mapping[int, int] = field(default_factory=dict)
    """Sight: `Sight.rate`."""
    forbids: Collection[tuple[int, int]] = ()
    """(kind of channel, class) that the law forbids, beside `Sketch.closed`."""
    shut: Collection[int] = ()
    """Units that are not there; whatever else is said of them, they do nothing."""
    later: Sequence[tuple[int, Point]] = ()
    """From which tick on what holds instead; nothing of theirs is `later`."""

    @property
    def phases(self) -> list[tuple[int, Point]]:
        """What holds from which tick on."""
        return [(0, self), *self.later]


@dataclass(frozen=True)
class Sketch:
    """A world in plain lists."""

    groups: Sequence[int] = (0, 1)
    """The group of each unit."""
    links: Sequence[Link] = (Link(0, 1),)
    """Sorted by `src`."""
    alike: Sequence[int] | None = None
    """The kind of each channel; left out, each is of its own kind."""
    kinds: Sequence[Kind] = (Kind(),)
    rules: Sequence[Rule] = (Rule(push=ONE),)
    """Terms from 1 on; term 0 is always never."""
    usual_term: int = 1
    points: Sequence[Point] = (Point(),)
    threats: Sequence[Threat] = (Threat(),)
    subjects: Sequence[int] = (0,)
    """The kind of each subject."""
    places: int = 1
    aspects: int = 1
    urgencies: int = 1
    week: int = 1
    days: Sequence[int] | None = None
    """Which tick of the week each tick is; left out, week follows week."""
    sights: Sequence[Sight] = (Sight(),)
    watchers: Sequence[Watcher] = ()
    stores: Sequence[Base] = ()
    gap: Spread = EXPOSURE_ONE
    closed: Iterable[tuple[int, int]] = ()
    """(kind of channel, class) that the law forbids."""
    horizon: int = 20

    @property
    def channel_kinds(self) -> Sequence[int]:
        """The kind of each channel."""
        return range(len(self.links)) if self.alike is None else self.alike


def build(sketch: Sketch) -> World:
    """Compile a sketch."""
    store = TableStore()
    gap, kinds, phases = _number(store, sketch.gap), _kinds(store, sketch), _phases(store, sketch)
    return World(
        groups=_names("group", max(sketch.groups) + 1),
        places=_names("place", sketch.places),
        domains=_names("domain", max(threat.domain for threat in sketch.threats) + 1),
        aspects=_names("aspect", sketch.aspects),
        units=_units(sketch),
        channels=_channels(sketch),
        classes=kinds,
        kinds=_threats(sketch),
        subjects=Subjects(
            names=_names("subject", len(sketch.subjects)),
            key=_keys("subject", len(sketch.subjects)),
            kind=_ints(sketch.subjects),
        ),
        sights=_sights(sketch),
        watch=_watch(sketch, gap),
        stores=_stores(sketch),
        terms=_terms(store, [Rule(), *sketch.rules]),
        phases=phases,
        points=_points(sketch.points),
        tables=store.stack(),
        week=_days(sketch, phases.capacity.shape[2]),
        horizon=sketch.horizon,
    )


def _number(store: TableStore, spread: Spread) -> int:
    return store.add(constant(spread) if isinstance(spread, int) else spread)


def _names(word: str, count: int) -> tuple[str, ...]:
    return tuple(f"{word} {number}" for number in range(count))


def _keys(word: str, count: int) -> NDArray[np.uint32]:
    return np.array([name_key(name) for name in _names(word, count)], dtype=np.uint32)


def _ints(values: Iterable[int]) -> NDArray[np.int64]:
    return np.array(list(values), dtype=np.int64)


def _i32(values: Any) -> NDArray[np.int32]:
    return np.array(values, dtype=np.int32)


def _units(sketch: Sketch) -> Units:
    count = len(sketch.groups)
    places = (number % (sketch.places + 1) - 1 for number in range(count))
    return Units(
        names=_names("unit", count),
        key=_keys("unit", count),
        group=_ints(sketch.groups),
        place=_ints(places),
    )


def _channels(sketch: Sketch) -> Channels:
    count = len(sketch.links)
    return Channels(
        names=_names("channel", count),
        src=_ints(link.src for link in sketch.links),
        dst=_ints(link.dst for link in sketch.links),
        key=_keys("channel", count),
        reverse=_ints(link.back for link in sketch.links),
        kind=_ints(sketch.channel_kinds),
    )


def _kinds(store: TableStore, sketch: Sketch) -> Classes:
    kinds = sketch.kinds
    return Classes(
        names=_names("class", len(kinds)),
        role=np.array([kind.role for kind in kinds], dtype=np.int8),
        urgency=np.array([kind.urgency for kind in kinds], dtype=np.int8),
        lifetime=_i32([kind.lifetime for kind in kinds]),
        persons=_i32([kind.persons for kind in kinds]),
        weight=_i32([_number(store, kind.weight) for kind in kinds]),
        addressed=np.array([kind.addressed for kind in kinds], dtype=np.bool_),
        trace_key=_keys("trace", len(kinds)),
        emit_key=_keys("emit", len(kinds)),
        gap_key=_keys("gap", len(kinds)),
    )


def _threats(sketch: Sketch) -> Kinds:
    threats, longest = sketch.threats, max(kind.lifetime for kind in sketch.kinds)
    decay = np.array([[threat.decay] for threat in threats])
    shares = decay ** np.arange(sketch.horizon + longest + 1)
    return Kinds(
        names=_names("threat", len(threats)),
        domain=_ints(threat.domain for threat in threats),
        faces=_ints(threat.faces for threat in threats),
        decay=np.floor(shares * DECAY_ONE).astype(np.int64),
    )


def _sights(sketch: Sketch) -> Sights:
    faces = max(threat.faces for threat in sketch.threats)
    shows = np.zeros((len(sketch.sights), faces), dtype=np.uint64)
    for row, sight in zip(shows, sketch.sights, strict=True):
        row[: len(sight.shows)] = sight.shows
    return Sights(
        cls=_ints(sight.cls for sight in sketch.sights),
        aspect=_ints(sight.aspect for sight in sketch.sights),
        shows=shows,
    )


def _watch(sketch: Sketch, gap: int) -> Watch:
    return Watch(
        sight=_ints(row.sight for row in sketch.watchers),
        unit=_ints(row.unit for row in sketch.watchers),
        subject=_ints(row.subject for row in sketch.watchers),
        place=_ints(row.place for row in sketch.watchers),
        key=np.array(
            [name_key(f"watch {w.unit} at {w.place} by {w.sight}") for w in sketch.watchers],
            dtype=np.uint32,
        ),
        gap=gap,
    )


def _stores(sketch: Sketch) -> Stores:
    bases, threats = sketch.stores, sketch.threats
    shape = (len(bases), len(threats), MAX_FACES)
    whole = np.array([2**threat.faces - 1 for threat in threats])
    chances, holds = np.zeros(shape, np.uint64), np.zeros((len(bases), len(sketch.kinds)), bool)
    faces = np.zeros(shape[:2], dtype=np.uint8)
    for number, base in enumerate(bases):
        holds[number, list(base.holds)] = True
        faces[number] = np.array(_each(base.faces, len(threats))) & whole
        chances[number, :, : len(base.false_match)] = base.false_match
    for kind, threat in enumerate(threats):
        chances[:, kind, threat.faces :] = 0
    return Stores(
        names=_names("store", len(bases)),
        unit=_ints(base.unit for base in bases),
        holds=holds,
        faces=faces,
        guards=np.array([base.guards for base in bases], dtype=np.bool_),
        false_match=chances,
    )


def _terms(store: TableStore, rules: Sequence[Rule]) -> Terms:
    return Terms(
        push=np.array([rule.push for rule in rules], dtype=np.uint64),
        push_delay=_i32([_number(store, rule.push_delay) for rule in rules]),
        pull_mode=np.array([rule.pull_mode for rule in rules], dtype=np.int8),
        pull=np.array([rule.pull for rule in rules], dtype=np.uint64),
        pull_delay=_i32([_number(store, rule.pull_delay) for rule in rules]),
        handling=np.array([rule.handling for rule in rules], dtype=np.int8),
        retention=_i32([rule.retention for rule in rules]),
        trusted=np.array([rule.trusted for rule in rules], dtype=np.bool_),
        contact=np.array([rule.contact for rule in rules], dtype=np.bool_),
        automatic=np.array([rule.automatic for rule in rules], dtype=np.bool_),
    )


def _points(points: Sequence[Point]) -> Points:
    shape = len(points), max(len(point.phases) for point in points)
    starts, phase = np.full(shape, NEVER, dtype=np.int32), np.zeros(shape, dtype=np.int64)
    numbers = count()
    for row, point in enumerate(points):
        for column, (tick, _) in enumerate(point.phases):
            starts[row, column], phase[row, column] = tick, next(numbers)
    return Points(_names("point", len(points)), starts, phase)


def _phases(store: TableStore, sketch: Sketch) -> Phases:
    units, ways = range(len(sketch.groups)), range(max(sketch.channel_kinds, default=-1) + 1)
    points, kinds = [one for point in sketch.points for _, one in point.phases], len(sketch.threats)
    shape = (len(points), SITUATIONS, len(ways), len(sketch.kinds))

    def each(values: Mapping[int, Each], usual: int) -> list[list[int]]:
        return [_each(values.get(unit, usual), kinds) for unit in units]

    term = np.full(shape, sketch.usual_term, dtype=np.uint16)
    for number, point in enumerate(points):
        for cell, value in point.term.items():
            term[(number, *cell)] = value
    weeks = _weeks(sketch)
    latency = [[_number(store, point.latency.get(x, 1)) for x in ways] for point in points]
    phases = Phases(
        term=term,
        gate=_gate(sketch, points, len(ways)),
        open=np.array([[unit not in point.shut for unit in units] for point in points]),
        latency=_i32(latency).reshape(len(points), len(ways)),
        capacity=_i32([[list(point.capacity.get(u, weeks[u])) for u in units] for point in points]),
        background=_i32(
            [[_background(store, point, u, sketch.urgencies) for u in units] for point in points]
        ),
        recognise_at=_i32([each(point.recognise_at, NEVER) for point in points]),
        origins_needed=_i32([each(point.origins_needed, 1) for point in points]),
        ask_at=_i32([each(point.ask_at, NEVER) for point in points]),
        ask_every=_i32([_each(point.ask_every, kinds) for point in points]),
        onward=np.array([[c.onward for c in point.codes] for point in points], dtype=np.int8),
        onward_chance=np.array([[c.chance for c in p.codes] for p in points], dtype=np.uint64),
        onward_delay=_i32([[_number(store, c.delay) for c in p.codes] for p in points]),
        retention=_i32(
            [[p.retention.get(y, NEVER) for y in range(len(sketch.stores))] for p in points]
        ).reshape(len(points), len(sketch.stores)),
        rate=np.array(
            [[p.rate.get(n, sight.rate) for n, sight in enumerate(sketch.sights)] for p in points],
            dtype=np.int64,
        ).reshape(len(points), len(sketch.sights)),
    )
    _shut(phases, sketch)
    return phases


def _gate(sketch: Sketch, points: Sequence[Point], ways: int) -> NDArray[np.bool_]:
    gate = np.ones((len(points), ways, len(sketch.kinds)), dtype=np.bool_)
    for allowed, point in zip(gate, points, strict=True):
        for cell in (*sketch.closed, *point.forbids):
            allowed[cell] = False
    return gate


def _shut(phases: Phases, sketch: Sketch) -> None:
    """Let units that are not there do nothing, in place; their sights are nobody else's."""
    gone = ~phases.open
    phases.capacity[gone], phases.background[gone] = 0, -1
    phases.recognise_at[gone] = phases.ask_at[gone] = NEVER
    for watcher in sketch.watchers:
        phases.rate[gone[:, watcher.unit], watcher.sight] = 0


def _days(sketch: Sketch, week: int) -> NDArray[np.int64]:
    """Which tick of the week each tick is."""
    if sketch.days is None:
        return np.arange(sketch.horizon) % week
    return _ints(sketch.days)


def _weeks(sketch: Sketch) -> list[list[int]]:
    """What units can read in a week if a point does not say."""
    stores = {base.unit for base in sketch.stores}
    usual = (UNLIMITED if unit in stores else PLENTY for unit in range(len(sketch.groups)))
    return [[reads] * sketch.week for reads in usual]


def _each(values: Each, kinds: int) -> list[int]:
    return [values] * kinds if isinstance(values, int) else list(values)


def _background(store: TableStore, point: Point, unit: int, urgencies: int) -> list[int]:
    spreads = [point.background.get((unit, urgency)) for urgency in range(urgencies)]
    return [-1 if spread is None else _number(store, spread) for spread in spreads]


# Random worlds -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sizes:
    """How large a random world is, and which roles its classes have."""

    units: int
    groups: int
    links: int
    roles: tuple[Role, ...]
    threats: int
    subjects: int
    places: int
    aspects: int
    urgencies: int
    watchers: int
    stores: int
    rules: int
    points: int
    codes: int
    week: int
    horizon: int


LATENCIES: Final[Sequence[Spread]] = (0, 1, 1, 2, 3, exponential(1.5))
DELAYS: Final[Sequence[Spread]] = (0, 0, 1, 2, exponential(2.0))
WEIGHTS: Final[Sequence[Spread]] = (100, exponential(60.0), poisson(3.0), 0, 2**29)
GAPS: Final[Sequence[Spread]] = (
    EXPOSURE_ONE,
    exponential(EXPOSURE_ONE),
    piecewise([0.0, 1.0], [1.0, 2.0 * EXPOSURE_ONE]),
)
RATES: Final = (RATE_ONE // 8, RATE_ONE // 3, RATE_ONE, 2 * RATE_ONE)
COUNTS: Final[Sequence[Spread]] = (0, 1, poisson(0.4), poisson(2.0))
CHANCES: Final = (0, ONE // 4, ONE // 2, ONE - 1, ONE, ONE)
HELPFUL: Final = Rule(push=ONE, pull_mode=Pull.RELEASE, pull=ONE, retention=30)
"""Always the first rule, and what questions often fall under."""
CAPACITIES: Final = (0, 64, 200, 256, 300, 768, 1024, 1024, PLENTY, PLENTY)


class Dice:
    """A source of random choices that gives plain Python values."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def pick(self, options: Sequence[T]) -> T:
        """Return one of `options`."""
        return options[int(self._rng.integers(len(options)))]

    def below(self, bound: int) -> int:
        """Return a number in ``0 <= number < bound``."""
        return int(self._rng.integers(bound))

    def sometimes(self, chance: float) -> bool:
        """Whether something of that chance happens."""
        return bool(self._rng.random() < chance)


def random_sketch(sizes: Sizes, seed: int) -> Sketch:
    """Fill a sketch of the given size by chance."""
    dice = Dice(seed)
    spare = [dice.below(sizes.groups) for _ in range(sizes.units - sizes.groups)]
    stores = _random_stores(dice, sizes)
    links = random_links(dice, sizes, [base.unit for base in stores])
    alike = _random_channel_kinds(dice, len(links))
    kinds = max(alike, default=-1) + 1
    cells = [(x, r) for x in range(kinds) for r in range(len(sizes.roles))]
    threats = [_random_threat(dice, number) for number in range(sizes.threats)]
    subjects = [dice.below(sizes.threats) for _ in range(sizes.subjects)]
    sights = [_random_sight(dice, sizes, threat) for threat in (*threats, dice.pick(threats))]
    watchers = _random_watchers(dice, sizes, sights, [threats[kind] for kind in subjects])
    sights, watchers = _with_sights_of_their_own(dice, sizes, sights, watchers)
    watched = len(sights)
    return Sketch(
        groups=(*range(sizes.groups), *spare),
        links=links,
        alike=alike,
        kinds=[_random_kind(dice, sizes, role) for role in sizes.roles],
        rules=[HELPFUL, *(_random_rule(dice, sizes) for _ in range(sizes.rules - 1))],
        points=[_random_point(dice, sizes, kinds, watched, stores) for _ in range(sizes.points)],
        threats=threats,
        subjects=subjects,
        places=sizes.places,
        aspects=sizes.aspects,
        urgencies=sizes.urgencies,
        week=sizes.week,
        sights=sights,
        watchers=watchers,
        stores=stores,
        gap=dice.pick(GAPS),
        closed=[cell for cell in cells if dice.sometimes(0.07)],
        days=_random_days(dice, sizes),
        horizon=sizes.horizon,
    )


def random_links(dice: Dice, sizes: Sizes, stores: Sequence[int] = ()) -> list[Link]:
    """Links, some in pairs, some one way, some beside one another, some with a way back lent."""
    pairs: list[tuple[int, int, int]] = []
    while len(pairs) < sizes.links:
        src = dice.below(sizes.units)
        dst = (src + 1 + dice.below(sizes.units - 1)) % sizes.units
        here = len(pairs)
        if dice.sometimes(0.8) and here + 1 < sizes.links:
            pairs += [(src, dst, here + 1), (dst, src, here if dice.sometimes(0.9) else -1)]
        else:
            pairs.append((src, dst, -1))
    for store in stores:
        for unit in range(sizes.units):
            if unit != store and dice.sometimes(0.6):
                here = len(pairs)
                pairs += [(unit, store, here + 1), (store, unit, here)]
    return sorted_links(pairs)


def sorted_links(pairs: Sequence[tuple[int, int, int]]) -> list[Link]:
    """Sort (source, receiver, index of the way back) by source and renumber the ways back."""
    order = sorted(range(len(pairs)), key=lambda old: pairs[old][0])
    new = {old: here for here, old in enumerate(order)}
    return [Link(pairs[o][0], pairs[o][1], new.get(pairs[o][2], -1)) for o in order]


def _random_threat(dice: Dice, number: int) -> Threat:
    return Threat(
        domain=dice.below(number + 1),
        faces=dice.pick((1, 1, 2, 3, 6, 8)),
        decay=dice.pick((1.0, 0.97, 0.8, 0.3)),
    )


def _random_sight(dice: Dice, sizes: Sizes, threat: Threat) -> Sight:
    """One face for sure, others perhaps."""
    evidence = [cls for cls, role in enumerate(sizes.roles) if role == Role.EVIDENCE]
    sure, chances = dice.below(threat.faces), (0, 0, 0, ONE, ONE // 2)
    return Sight(
        cls=dice.pick(evidence),
        aspect=dice.below(sizes.aspects),
        shows=[ONE if face == sure else dice.pick(chances) for face in range(threat.faces)],
        rate=dice.pick(RATES),
    )


def _with_sights_of_their_own(
    dice: Dice, sizes: Sizes, sights: Sequence[Sight], watchers: Sequence[Watcher]
) -> tuple[list[Sight], list[Watcher]]:
    """Give each unit sights of its own, so that it may close alone; in some worlds."""
    if dice.sometimes(0.5):
        return list(sights), list(watchers)
    number = {cell: place for place, cell in enumerate({(w.unit, w.sight): None for w in watchers})}
    own = [replace(sights[sight], rate=dice.pick(RATES)) for _, sight in number]
    return own, [watcher._replace(sight=number[watcher[:2]]) for watcher in watchers]


def _random_kind(dice: Dice, sizes: Sizes, role: Role) -> Kind:
    return Kind(
        role=role,
        urgency=dice.below(sizes.urgencies),
        lifetime=dice.pick((1, 4, 10, 40, 40) if role == Role.EVIDENCE else (2, 15, 40)),
        persons=dice.pick((0, 1, 7)),
        weight=dice.pick(WEIGHTS),
        addressed=dice.sometimes(0.5),
    )


def _random_rule(dice: Dice, sizes: Sizes) -> Rule:
    return Rule(
        push=0 if dice.sometimes(0.4) else dice.pick(CHANCES),
        push_delay=dice.pick(DELAYS),
        pull_mode=dice.pick((Pull.NONE, Pull.RELEASE, Pull.RELEASE, Pull.HIT, Pull.HIT, Pull.HIT)),
        pull=dice.pick(CHANCES),
        pull_delay=dice.pick(DELAYS),
        handling=dice.below(sizes.codes),
        retention=dice.pick((0, 30, 3650)),
        trusted=dice.sometimes(0.4),
        contact=dice.sometimes(0.4),
        automatic=dice.sometimes(0.4),
    )


def _random_channel_kinds(dice: Dice, links: int) -> list[int]:
    """Kinds of channels: each its own, or few; some kinds have no channel."""
    if dice.sometimes(0.3):
        return list(range(links))
    few = 1 + dice.below(6)
    return [dice.below(few) for _ in range(links)]


def _random_stores(dice: Dice, sizes: Sizes) -> list[Base]:
    units = list(range(sizes.units))
    evidence = [cls for cls, role in enumerate(sizes.roles) if role == Role.EVIDENCE]
    chances = (0, ONE // 2, ONE, ONE)
    return [
        Base(
            unit=units.pop(dice.below(len(units))),
            holds=[cls for cls in evidence if dice.sometimes(0.9)],
            faces=[dice.pick((255, 255, 255, 1, 6, 0)) for _ in range(sizes.threats)],
            guards=dice.sometimes(0.7),
            false_match=[dice.pick(chances) for _ in range(MAX_FACES)],
        )
        for _ in range(min(sizes.stores, sizes.units - 1))
    ]


def _random_point(
    dice: Dice, sizes: Sizes, kinds: int, sights: int, stores: Sequence[Base]
) -> Point:
    """A point of one to five phases, some of which differ in few things."""
    unlimited = {unit for unit in range(sizes.units) if dice.sometimes(0.15)}
    unlimited |= {base.unit for base in stores}
    closing = dice.sometimes(0.6)
    phases = [_random_phase(dice, sizes, kinds, sights, unlimited, len(stores), closing=closing)]
    ticks = sorted(
        {1 + dice.below(sizes.horizon + 3) for _ in range(dice.pick((0, 0, 1, 2, 3, 4)))}
    )
    for _ in ticks:
        other = _random_phase(dice, sizes, kinds, sights, unlimited, len(stores), closing=closing)
        share = dice.pick((0.2, 0.5, 1.0))
        new = {name: value for name, value in vars(other).items() if dice.sometimes(share)}
        phases.append(replace(phases[-1], **new))
    return replace(phases[0], later=list(zip(ticks, phases[1:], strict=True)))


def _random_phase(
    dice: Dice,
    sizes: Sizes,
    kinds: int,
    sights: int,
    unlimited: set[int],
    stores: int,
    *,
    closing: bool,
) -> Point:
    units = range(sizes.units)
    term = {
        (situation, kind, cls): _random_term(dice, sizes, role)
        for situation in range(SITUATIONS)
        for kind in range(kinds)
        for cls, role in enumerate(sizes.roles)
    }
    background = {
        (unit, urgency): dice.pick(COUNTS)
        for unit in units
        if unit not in unlimited
        for urgency in range(sizes.urgencies)
        if dice.sometimes(0.4)
    }
    return Point(
        term=term,
        latency={kind: dice.pick(LATENCIES) for kind in range(kinds)},
        capacity={u: _random_week(dice, sizes, u in unlimited) for u in units},
        background=background,
        recognise_at={u: _each_of(dice, sizes, (0, 1, 150, 400, NEVER)) for u in units},
        origins_needed={u: _each_of(dice, sizes, (0, 1, 1, 2)) for u in units},
        ask_at={u: _each_of(dice, sizes, (0, 1, 1, 1, 120, 2**30, NEVER)) for u in units},
        ask_every=_each_of(dice, sizes, (1, 2, 5, 100)),
        codes=_random_codes(dice, sizes),
        retention={number: dice.pick((1, 4, 12, NEVER)) for number in range(stores)},
        rate={sight: dice.pick((0, *RATES)) for sight in range(sights) if dice.sometimes(0.5)},
        forbids=[
            (kind, cls)
            for kind in range(kinds)
            for cls in range(len(sizes.roles))
            if dice.sometimes(0.05)
        ],
        shut=[unit for unit in units if closing and dice.sometimes(0.25)],
    )


def _each_of(dice: Dice, sizes: Sizes, options: Sequence[int]) -> list[int]:
    return [dice.pick(options) for _ in range(sizes.threats)]


def _random_days(dice: Dice, sizes: Sizes) -> list[int] | None:
    """Days in any order, as holidays make them; more often week after week."""
    if dice.sometimes(0.7):
        return None
    return [dice.below(sizes.week) for _ in range(sizes.horizon)]


def _random_week(dice: Dice, sizes: Sizes, unlimited: bool) -> list[int]:
    if unlimited:
        return [UNLIMITED] * sizes.week
    return [dice.pick(CAPACITIES) for _ in range(sizes.week)]


def _random_term(dice: Dice, sizes: Sizes, role: Role) -> int:
    if dice.sometimes(0.1):
        return 0
    if role != Role.EVIDENCE and dice.sometimes(0.7):
        return 1
    return 1 + dice.below(sizes.rules)


def _random_codes(dice: Dice, sizes: Sizes) -> list[Code]:
    """Free, forbidden and with permission; which code means what differs between points."""
    turn = dice.below(len(Onward))
    return [
        Code(
            onward=Onward((code + turn) % len(Onward)),
            chance=dice.pick(CHANCES),
            delay=dice.pick(DELAYS),
        )
        for code in range(sizes.codes)
    ]


def _random_watchers(
    dice: Dice, sizes: Sizes, sights: Sequence[Sight], about: Sequence[Threat]
) -> list[Watcher]:
    """Streams that differ in (unit, sight, subject, place), since those name their draws."""
    fits = [
        (number, subject)
        for number, sight in enumerate(sights)
        for subject, threat in enumerate(about)
        if not any(sight.shows[threat.faces :])
    ]
    cells = {
        (dice.below(sizes.units), *dice.pick(fits), dice.below(sizes.places))
        for _ in range(sizes.watchers if fits else 0)
    }
    return [Watcher(*cell) for cell in sorted(cells)]


def roles() -> st.SearchStrategy[tuple[Role, ...]]:
    """Roles of 1-6 classes: evidence always, the whole chain of questions often."""
    chain = (Role.REQUEST, Role.HIT, Role.FOLLOWUP)
    others = st.one_of(
        st.just(chain),
        st.lists(st.sampled_from([*chain, Role.ROUTINE]), unique=True, max_size=4).map(tuple),
        st.just((*chain, Role.ROUTINE)),
    )
    evidence = st.sampled_from([(Role.EVIDENCE,), (Role.EVIDENCE, Role.EVIDENCE)])
    mixed = st.tuples(evidence, others).map(lambda parts: (*parts[0], *parts[1]))
    return mixed.flatmap(st.permutations).map(tuple)


@st.composite
def sketches(draw: st.DrawFn) -> Sketch:
    """Sketches of small but rich worlds."""
    units = draw(st.integers(2, 7))
    sizes = Sizes(
        units=units,
        groups=draw(st.integers(1, min(4, units))),
        links=draw(st.one_of(st.integers(0, 25), st.integers(8, 25))),
        roles=draw(roles()),
        threats=draw(st.integers(1, 3)),
        subjects=draw(st.integers(1, 4)),
        places=draw(st.integers(1, 3)),
        aspects=draw(st.integers(1, 2)),
        urgencies=draw(st.integers(1, 3)),
        watchers=draw(st.integers(1, 10)),
        stores=draw(st.sampled_from((0, 1, 1, 2, 3))),
        rules=draw(st.one_of(st.integers(1, 8), st.integers(5, 8))),
        points=draw(st.integers(1, 3)),
        codes=draw(st.sampled_from((1, 2, 3, 4, 20))),
        week=draw(st.integers(1, 4)),
        horizon=draw(st.one_of(st.integers(5, 40), st.integers(20, 40))),
    )
    return random_sketch(sizes, draw(st.integers(0, 2**32 - 1)))


def worlds() -> st.SearchStrategy[World]:
    """Small but rich worlds."""
    return sketches().map(build)


@st.composite
def lane_ids(draw: st.DrawFn, world: World) -> LaneId:
    """Lanes of a world, in few different random worlds so that some are shared."""
    point = draw(st.integers(0, len(world.points.names) - 1))
    seed = draw(st.sampled_from((0, 7, 2**63 + 12345)))
    return LaneId(point, seed, draw(st.integers(0, 2)))


# Scripts -------------------------------------------------------------------------------------

BEFORE: Final = -1
"""The tick of what is done before tick 0."""


class Action(NamedTuple):
    """One call of a host; `args` are the engine method's, less the lane."""

    tick: int
    kind: str
    args: tuple[int, ...]


Script = list[Action]
LEVELS: Final = (LEVEL_ONE, 2 * LEVEL_ONE, 4 * LEVEL_ONE, LEVEL_ONE // 4, 0)


@st.composite
def scripts(draw: st.DrawFn, world: World) -> Script:
    """Scripts of one lane: something to see from the start on, then anything."""
    cells = [
        (subject, place, aspect)
        for subject in range(len(world.subjects.names))
        for place in range(len(world.places))
        for aspect in range(len(world.aspects))
    ]
    opening = [
        Action(BEFORE, "set_activity", (*cell, draw(st.sampled_from(LEVELS)))) for cell in cells
    ]
    later = draw(st.lists(actions(world), max_size=40))
    return sorted([*opening, *later], key=lambda action: action.tick)


def actions(world: World) -> st.SearchStrategy[Action]:
    """Single calls of a host, at any tick."""
    units = st.integers(0, len(world.units.names) - 1)
    groups = st.integers(0, len(world.groups) - 1)
    subjects = st.integers(0, len(world.subjects.names) - 1)
    domains = st.integers(0, len(world.domains) - 1)
    places = st.integers(0, len(world.places) - 1)
    aspects = st.integers(0, len(world.aspects) - 1)
    whole = world.kinds.whole[world.subjects.kind].tolist()
    sides = st.one_of(st.just(0), st.integers(0, (1 << MAX_FACES) - 1))
    evidence = [int(cls) for cls in np.flatnonzero(world.classes.role == Role.EVIDENCE)]
    sets = st.integers(0, (1 << len(world.groups)) - 1)
    audiences = st.one_of(st.just(EVERYONE), sets, sets.map(lambda some: EVERYONE ^ some))
    levels = st.one_of(st.sampled_from(LEVELS), st.integers(0, 4 * LEVEL_ONE))
    trust = st.one_of(st.sampled_from((0, TRUST_ONE)), st.integers(0, 4 * TRUST_ONE))
    kinds = {
        "set_activity": st.tuples(subjects, places, aspects, levels),
        "emit": st.tuples(units, subjects, st.sampled_from(evidence), audiences, sides).map(
            lambda row: (*row[:4], row[4] & whole[row[1]])
        ),
        "ask": st.tuples(units, subjects, sides).map(lambda r: (*r[:2], r[2] & whole[r[1]])),
        "link": st.tuples(units, subjects, sides, sides).map(
            lambda row: (*row[:2], *(face % whole[row[1]].bit_length() for face in row[2:]))
        ),
        "spend": st.tuples(subjects, st.one_of(units, st.just(ALL_UNITS)), st.integers(0, 1)),
        "set_trust": st.tuples(groups, groups, domains, trust),
        "set_contact": st.tuples(groups, groups, domains, st.integers(0, 1)),
    }
    ticks = st.integers(BEFORE, world.horizon - 1)
    return st.one_of(
        [st.builds(Action, ticks, st.just(kind), args) for kind, args in kinds.items()]
    )


class ScriptedHost:
    """A host that does what its scripts say and remembers what it heard.

    Parameters
    ----------
    scripts
        Lane ``i`` plays ``scripts[i]``; what one tick brings is done in the order written.
    """

    def __init__(self, scripts: Sequence[Script]) -> None:
        self.seen: list[tuple[int, Happenings]] = []
        self._plans: list[dict[int, list[Action]]] = []
        for script in scripts:
            plan: defaultdict[int, list[Action]] = defaultdict(list)
            for action in script:
                plan[action.tick].append(action)
            self._plans.append(plan)
        self._engine: Engine | None = None

    def start(self, engine: Engine) -> None:
        """Set the lanes up, before tick 0."""
        self._engine = engine
        self._play(BEFORE)

    def react(self, tick: int, happenings: Happenings) -> None:
        """Remember what the tick brought and play what is due."""
        self.seen.append((tick, happenings))
        self._play(tick)

    def work(self, tick: int) -> None:
        """Do nothing: the script has no casework."""

    def move(self, tick: int) -> None:
        """Do nothing: the script has no threats."""

    def end(self, tick: int) -> None:
        """Do nothing."""

    def heard(self, lane: int) -> list[tuple[int, Happenings]]:
        """Return what lane `lane` brought, tick by tick, as if it were lane 0."""
        return [
            (
                tick,
                Happenings(
                    [row._replace(lane=0) for row in recognitions if row.lane == lane],
                    [row._replace(lane=0) for row in readings if row.lane == lane],
                ),
            )
            for tick, (recognitions, readings) in self.seen
        ]

    def _play(self, tick: int) -> None:
        assert self._engine is not None
        for lane, plan in enumerate(self._plans):
            for action in plan.get(tick, ()):
                perform(self._engine, lane, action)


def perform(engine: Engine, lane: int, action: Action) -> None:
    """Make the call that `action` says in `lane`."""
    match action.kind, action.args:
        case "set_activity", (subject, place, aspect, level):
            engine.set_activity(lane, subject, place, aspect, level)
        case "emit", (unit, subject, cls, *rest):
            engine.emit(lane, unit, subject, cls, *rest)
        case "ask", (unit, subject, *rest):
            engine.ask(lane, unit, subject, *rest)
        case "link", (unit, subject, face, other):
            engine.link(lane, unit, subject, face, other)
        case "spend", (subject, unit, links):
            engine.spend(lane, subject, unit, links=bool(links))
        case "set_trust", (giver, receiver, domain, value):
            engine.set_trust(lane, giver, receiver, domain, value)
        case "set_contact", (giver, receiver, domain, known):
            engine.set_contact(lane, giver, receiver, domain, known=bool(known))
        case _:
            msg = f"no such action: {action}"
            raise ValueError(msg)


# One fixed world -----------------------------------------------------------------------------

SIGHTING, ALERT, REQUEST, HIT, FOLLOWUP, ROUTINE = range(6)
DESKS = 3
"""Units of a group in the example; the first of them is its hub."""
CLOSING = 3
"""A unit of the example that is away for a while: the hub of the second group."""


def example_world() -> World:
    """Return a fixed world: 4 groups of 3 desks, 2 stores, 2 design points, 3 subjects, 60 ticks.

    Two subjects are of a kind with three faces, one of a kind with one. Desks talk to the next desk
    of their group both ways; hubs talk to all other hubs both ways, and hub 0 has a second, slower
    way to hub 3. The open point pushes much and answers everything; the guarded one pushes little,
    tells hits, and marks what it sends, but for a while. All hubs use two stores, which push
    nothing; the first guards what it keeps.
    """
    groups = [*(unit // DESKS for unit in range(12)), 0, 3]
    kinds = [
        Kind(urgency=1, lifetime=30, persons=1, weight=exponential(80.0)),
        Kind(urgency=0, lifetime=12, persons=2, weight=150, addressed=True),
        Kind(Role.REQUEST, urgency=0, lifetime=10, persons=1),
        Kind(Role.HIT, urgency=0, lifetime=10, addressed=True),
        Kind(Role.FOLLOWUP, urgency=1, lifetime=10),
        Kind(Role.ROUTINE, urgency=1),
    ]
    rules = [
        Rule(push=ONE, push_delay=exponential(1.0), pull_mode=Pull.RELEASE, pull=ONE, handling=0),
        Rule(push=ONE // 2, pull_mode=Pull.RELEASE, pull=ONE // 2, retention=365, automatic=True),
        Rule(
            push=ONE // 2, pull_mode=Pull.HIT, pull=ONE // 2, handling=1, trusted=True, contact=True
        ),
        Rule(push=ONE // 2, push_delay=2, pull_mode=Pull.HIT, pull=ONE, handling=2, retention=90),
        Rule(push=ONE, push_delay=1),
        Rule(pull_mode=Pull.RELEASE, pull=ONE // 2, retention=30),
        Rule(pull_mode=Pull.HIT, pull=ONE // 2),
    ]
    links = _example_links()
    pairs = [(groups[link.src], groups[link.dst]) for link in links]
    watchers = [
        Watcher(unit, sight + 4 * (2 if unit == CLOSING else unit % 2), subject, unit % 3)
        for unit in range(12)
        for sight, subject in _example_views(unit)
    ]
    opened, guarded = (_example_point(links, groups, guarded=guarded) for guarded in (False, True))
    sketch = Sketch(
        groups=groups,
        links=links,
        kinds=kinds,
        rules=rules,
        points=[opened, replace(guarded, later=_example_changes(opened, guarded))],
        threats=[Threat(faces=3, decay=0.93), Threat(domain=1, decay=0.9)],
        subjects=(0, 0, 1),
        places=3,
        aspects=2,
        urgencies=2,
        week=3,
        sights=[
            replace(sight, rate=RATE_ONE // (2 + 2 * (sight.cls == ALERT) + slower))
            for slower in (0, 1, 0)
            for sight in (
                Sight(SIGHTING, 0, (ONE, 0, ONE // 4)),
                Sight(ALERT, 1, (ONE // 2, ONE, 0)),
                Sight(SIGHTING, 0),
                Sight(ALERT, 1),
            )
        ],
        watchers=watchers,
        stores=[
            Base(12, (SIGHTING, ALERT), (0b101, 1), guards=True, false_match=(ONE // 4,)),
            Base(13, (ALERT,), false_match=(0, ONE // 4)),
        ],
        gap=exponential(EXPOSURE_ONE),
        closed=[(c, ALERT) for c, pair in enumerate(pairs) if pair in ((0, 2), (3, 1))],
        horizon=60,
    )
    return build(sketch)


def _example_changes(opened: Point, guarded: Point) -> list[tuple[int, Point]]:
    """From tick 25 on most is as at the open point and a desk is away; at tick 42 it is back."""
    slow = dict.fromkeys(range(4), RATE_ONE // 9)
    meanwhile = replace(opened, codes=guarded.codes, rate=slow, forbids=[(3, SIGHTING)])
    return [(25, replace(meanwhile, shut=[CLOSING])), (42, guarded)]


def _example_views(unit: int) -> list[tuple[int, int]]:
    """Sights and subjects of a desk: two subjects each of sightings and of alerts."""
    seen = [(cls, (unit + cls + turn) % 3) for cls in (SIGHTING, ALERT) for turn in (0, 1)]
    return [(cls + 2 * (subject == 2), subject) for cls, subject in seen]


def _example_links() -> list[Link]:
    """Neighbours within groups, all pairs of hubs, hubs and stores, and one link twice."""
    ends = [(3 * group + desk, 3 * group + desk + 1) for group in range(4) for desk in range(2)]
    ends += [(3 * one, 3 * two) for one in range(4) for two in range(one)]
    ends += [(3 * hub, store) for hub in range(4) for store in (12, 13)]
    pairs: list[tuple[int, int, int]] = []
    for one, two in ends:
        here = len(pairs)
        pairs += [(one, two, here + 1), (two, one, here)]
    return sorted_links([*pairs, (0, 9, -1)])


def _example_point(links: Sequence[Link], groups: Sequence[int], *, guarded: bool) -> Point:
    """Inside a group everything flows (term 1); across groups it is up to the point."""
    pairs = [(groups[link.src], groups[link.dst]) for link in links]
    abroad = {SIGHTING: (4, 3), ALERT: (3, 4)} if guarded else {SIGHTING: (2, 1), ALERT: (1, 2)}
    term: dict[tuple[int, int, int], int] = {}
    for channel, (giver, receiver) in enumerate(pairs):
        for cls in (SIGHTING, ALERT, REQUEST, HIT, FOLLOWUP):
            for situation in range(SITUATIONS):
                concerned = situation % 2
                usual = 5 if guarded or cls != REQUEST else 2
                across = abroad[cls][concerned] if cls in abroad else usual
                inside = giver == receiver or links[channel].dst > 11
                term[situation, channel, cls] = 1 if inside else across
                if cls in abroad and links[channel].src > 11:
                    term[situation, channel, cls] = 6 + guarded
    units = range(12)
    slow = exponential(3.0) if guarded else exponential(1.5)
    return Point(
        term=term,
        latency={c: slow if one != two else 1 for c, (one, two) in enumerate(pairs)},
        capacity={u: [(2 + u % 3) * 256, 256 + 40 * u, 0 if u % 4 else 1024] for u in units},
        background={(u, u % 2): poisson(0.3 + 0.1 * (u % 3)) for u in units},
        recognise_at={u: (250 + 50 * (u % 3), 300) for u in units},
        origins_needed={u: (1 + u % 2, 1) for u in units},
        ask_at={u: (60 + 20 * (u % 2), 90) for u in units},
        ask_every=(4, 5) if guarded else (7, 6),
        codes=[Code(), Code(Onward.FORBIDDEN), Code(Onward.PERMISSION, ONE // 2, 2)],
        retention={0: 10, 1: 6 if guarded else NEVER},
    )


def example_script() -> Script:
    """Return what a host does in the example world: much to see, a lull, asks and alerts."""
    cells = [
        (subject, place, aspect) for subject in range(3) for place in range(3) for aspect in (0, 1)
    ]
    script = [Action(BEFORE, "set_activity", (*cell, LEVEL_ONE // 2)) for cell in cells]
    script += [Action(12, "set_activity", (*cell, 0)) for cell in cells if sum(cell) % 2]
    script += [Action(21, "set_activity", (*cell, 150)) for cell in cells if sum(cell) % 2]
    script += [Action(3 + 5 * n, "ask", (n, n % 3)) for n in range(11)]
    script += [Action(5 + 5 * n, "ask", (n, n % 2, 1 + n % 3)) for n in range(11)]
    script += [Action(2 + 4 * n, "emit", (n, n % 3, ALERT)) for n in range(12)]
    script += [Action(7 + 4 * n, "emit", (n, n % 3, SIGHTING, 0b1010)) for n in range(12)]
    script += [Action(4 + 4 * n, "emit", (n, n % 2, ALERT, EVERYONE, 1 + n % 7)) for n in range(12)]
    script += [Action(BEFORE, "emit", (4, 1, ALERT, EVERYONE))]
    script += [Action(10 + 3 * n, "link", (n, n % 2, n % 3, (n + 1) % 3)) for n in range(12)]
    script += [Action(25, "spend", (0, ALL_UNITS, 0)), Action(40, "spend", (1, 3, 1))]
    script += [Action(9 + n, "set_trust", (n % 4, (n + 1) % 4, n % 2, 1024 * n)) for n in range(12)]
    script += [
        Action(11 + n, "set_contact", (n % 4, (n + 1) % 4, n // 8 % 2, n // 4 % 2))
        for n in range(24)
    ]
    return sorted(script, key=lambda action: action.tick)

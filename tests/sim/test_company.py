"""A threat fares in a shared world as it fares alone, as long as no desk deals with both."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from sim.seam import ALL_UNITS, COUNTERS, LEVEL_ONE, LaneId, Log, Role
from tests.stories import Story, kernel_stories
from tests.worlds import (
    BEFORE,
    Action,
    Sizes,
    Sketch,
    build,
    lane_ids,
    random_sketch,
    scripts,
    sketches,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sim.seam import World
    from tests.worlds import Script

    I64 = NDArray[np.int64]

T = TypeVar("T")
PARTS = (0, 1)


class Part(NamedTuple):
    """One half of a world's kinds of subject, and the desks that deal with them."""

    world: World
    units: I64
    """Numbers of what is kept, in the whole world."""
    channels: I64
    kinds: I64
    subjects: I64


def only(table: T, which: I64) -> T:
    """Return the rows of a part of a world."""
    chosen: dict[str, Any] = {}
    for field in fields(table):  # type: ignore[arg-type]
        column = getattr(table, field.name)
        if isinstance(column, tuple):
            chosen[field.name] = tuple(column[row] for row in which.tolist())
        elif isinstance(column, np.ndarray):
            chosen[field.name] = column[which]
    return replace(table, **chosen)  # type: ignore[type-var]


def part_of(world: World, number: int, *, desks_shared: bool) -> Part:
    """Return a world in which the other half's kinds of subject were never heard of."""
    all_units = np.arange(len(world.units.names))
    units = all_units if desks_shared else all_units[number::2]
    kinds = np.arange(len(world.kinds.names))[number::2]
    subjects = np.flatnonzero(np.isin(world.subjects.kind, kinds))
    channels, stores = world.channels, world.stores
    ways = np.flatnonzero(np.isin(channels.src, units) & np.isin(channels.dst, units))
    bases = np.flatnonzero(np.isin(stores.unit, units))
    streams = np.flatnonzero(np.isin(world.watch.subject, subjects))
    ways_kept, watch = only(channels, ways), only(world.watch, streams)
    kept, phases = only(stores, bases), world.phases
    by_kind = np.ix_(np.arange(len(phases.open)), units, kinds)
    part = replace(
        world,
        units=only(world.units, units),
        channels=replace(
            ways_kept,
            src=np.searchsorted(units, ways_kept.src),
            dst=np.searchsorted(units, ways_kept.dst),
            reverse=np.where(ways_kept.reverse < 0, -1, np.searchsorted(ways, ways_kept.reverse)),
        ),
        kinds=only(world.kinds, kinds),
        subjects=replace(
            only(world.subjects, subjects),
            kind=np.searchsorted(kinds, world.subjects.kind[subjects]),
        ),
        watch=replace(
            watch,
            unit=np.searchsorted(units, watch.unit),
            subject=np.searchsorted(subjects, watch.subject),
        ),
        stores=replace(
            kept,
            unit=np.searchsorted(units, kept.unit),
            faces=kept.faces[:, kinds],
            false_match=kept.false_match[:, kinds],
        ),
        phases=replace(
            phases,
            open=phases.open[:, units],
            capacity=phases.capacity[:, units],
            background=phases.background[:, units],
            recognise_at=phases.recognise_at[by_kind],
            origins_needed=phases.origins_needed[by_kind],
            ask_at=phases.ask_at[by_kind],
            ask_every=phases.ask_every[:, kinds],
            retention=phases.retention[:, bases],
        ),
    )
    return Part(part, units, ways, kinds, subjects)


def apart(world: World) -> World:
    """Let even desks deal with even kinds of subject alone, and odd ones with odd ones."""
    channels, watch = world.channels, world.watch
    ways = np.flatnonzero((channels.src - channels.dst) % 2 == 0)
    kept = only(channels, ways)
    back = np.where(kept.reverse < 0, -1, np.searchsorted(ways, kept.reverse))
    streams = np.flatnonzero((watch.unit - world.subjects.kind[watch.subject]) % 2 == 0)
    return replace(world, channels=replace(kept, reverse=back), watch=only(watch, streams))


def script_of(part: Part, script: Script) -> Script:
    """Return what a host does about a part's subjects at its desks, in its own numbers."""
    found = []
    for tick, kind, args in script:
        match kind, args:
            case "set_activity", (subject, *rest):
                mine, new = [(part.subjects, subject)], rest
            case (("emit" | "ask" | "link"), (unit, subject, *rest)):
                mine, new = [(part.units, unit), (part.subjects, subject)], rest
            case "spend", (subject, unit, links):
                mine = [(part.subjects, subject)]
                if unit == ALL_UNITS:
                    new = [unit, links]
                else:
                    mine, new = [*mine, (part.units, unit)], [links]
            case _:
                mine, new = [], list(args)
        if all(number in kept for kept, number in mine):
            at = [int(np.searchsorted(kept, number)) for kept, number in mine]
            found.append(Action(tick, kind, (*at, *new)))
    return found


def told_by(parts: Sequence[Part], script: Script) -> Script:
    """Return what is about one part or about none."""
    return [action for action in script if any(script_of(part, [action]) for part in parts)]


def in_the_whole(part: Part, log: Log) -> dict[str, list[tuple[int, ...]]]:
    """Return the events of a part's lane in the numbers of the whole world."""
    units, channels, subjects = (
        part.units.tolist(),
        part.channels.tolist(),
        part.subjects.tolist(),
    )
    return {
        "sends": [(*row[:3], channels[row[3]], row[4]) for row in log.sends],
        "deliveries": [(*row[:3], channels[row[3]]) for row in log.deliveries],
        "reads": [(*row[:3], units[row[3]]) for row in log.reads],
        "recognitions": [(*r[:2], units[r[2]], subjects[r[3]], r[4]) for r in log.recognitions],
        "made": [(*row[:4], subjects[row[4]], units[row[5]]) for row in log.made],
        "contents": [*log.contents],
        "attempts": [(*row[:3], channels[row[3]], *row[4:]) for row in log.attempts],
        "matches": [*log.matches],
    }


def story(world: World, lane: LaneId, script: Script) -> Story:
    """Run one lane."""
    return kernel_stories(world, [lane], [script])[0]


def check_apart(world: World, lane: LaneId, script: Script) -> Counter[str]:
    """Hold a lane to the lanes of its two parts; return what happened in both of them."""
    parts = [part_of(world, number, desks_shared=False) for number in PARTS]
    whole = story(world, lane, told_by(parts, script))
    alone = [story(part.world, lane, script_of(part, script)) for part in parts]
    events = [in_the_whole(part, one.log) for part, one in zip(parts, alone, strict=True)]
    for name in events[0]:
        both = sorted(row for found in events for row in found[name])
        assert sorted(getattr(whole.log, name)) == both, name
    total = Counter(alone[0].counters)
    total.update(alone[1].counters)
    assert whole.counters == dict(total)
    assert whole.backlog == sum(one.backlog for one in alone)
    for part, one in zip(parts, alone, strict=True):
        assert np.array(whole.by_kind)[:, part.kinds].tolist() == one.by_kind
        assert [whole.disclosed[subject] for subject in part.subjects] == one.disclosed
    least = Counter({name: min(one.counters[name] for one in alone) for name in whole.counters})
    return +least


def two_kinds(sketch: Sketch) -> bool:
    """Whether there are subjects of both parts."""
    return {kind % 2 for kind in sketch.subjects} == {0, 1}


@st.composite
def shared_worlds(draw: st.DrawFn, *, desks_shared: bool) -> tuple[World, LaneId, Script]:
    """A world of two parts, a lane and what its host does."""
    sketch = draw(sketches().filter(two_kinds))
    world = build(sketch)
    world = world if desks_shared else apart(world)
    return world, draw(lane_ids(world)), draw(scripts(world))


@pytest.mark.long
@settings(max_examples=100, deadline=None)
@given(shared=shared_worlds(desks_shared=False))
def test_threats_without_a_common_desk_fare_as_each_alone(
    shared: tuple[World, LaneId, Script],
) -> None:
    check_apart(*shared)


def observed(world: World, log: Log) -> list[tuple[int, ...]]:
    """Reports of what was seen, where agents write none."""
    evidence = np.flatnonzero(world.classes.role == Role.EVIDENCE)
    return sorted(row for row in log.made if row[3] in evidence)


@pytest.mark.long
@settings(max_examples=60, deadline=None)
@given(shared=shared_worlds(desks_shared=True))
def test_what_is_seen_of_a_threat_is_the_same_in_company(
    shared: tuple[World, LaneId, Script],
) -> None:
    """Whatever else the desks that see it have to do."""
    world, lane, script = shared
    script = [action for action in script if action.kind != "emit"]
    whole = observed(world, story(world, lane, script).log)
    parts = [part_of(world, number, desks_shared=True) for number in PARTS]
    alone = []
    for part in parts:
        log = story(part.world, lane, script_of(part, script)).log
        subjects = part.subjects.tolist()
        alone += [(*r[:4], subjects[r[4]], r[5]) for r in observed(part.world, log)]
    assert whole == sorted(alone)


LIVELY = Sizes(
    units=8,
    groups=3,
    links=40,
    roles=(Role.EVIDENCE, Role.EVIDENCE, Role.REQUEST, Role.HIT, Role.FOLLOWUP),
    threats=4,
    subjects=8,
    places=2,
    aspects=1,
    urgencies=2,
    watchers=60,
    stores=2,
    rules=6,
    points=2,
    codes=3,
    week=2,
    horizon=40,
)


def lively(number: int) -> tuple[World, LaneId, Script]:
    """A world of two parts in which much happens."""
    world = apart(build(random_sketch(LIVELY, number)))
    spots = [(subject, place) for subject in range(8) for place in range(2)]
    script = [Action(BEFORE, "set_activity", (*spot, 0, LEVEL_ONE)) for spot in spots]
    script += [Action(5 + n, "ask", (n, n % 8)) for n in range(8)]
    return world, LaneId(number % 2, 3, number), script


@pytest.mark.long
def test_in_lively_worlds_both_parts_do_all_that_there_is_to_do() -> None:
    total = sum((check_apart(*lively(number)) for number in range(12)), Counter())
    rare = {"violations", "false_matches", "guard_hits", "closed_to", "disclosed_by_store"}
    assert set(COUNTERS) - set(total) <= rare


def test_draws_that_go_by_number_are_noticed() -> None:
    world, lane, script = lively(0)
    check_apart(world, lane, script)
    shifted = np.arange(len(world.subjects.names), dtype=np.uint32)
    by_number = replace(world, subjects=replace(world.subjects, key=shifted))
    parts = [part_of(by_number, number, desks_shared=False) for number in PARTS]
    part = parts[1].world
    renumbered = replace(part.subjects, key=shifted[: part.subjects.key.size])
    alone = story(replace(part, subjects=renumbered), lane, script_of(parts[1], script))
    whole = story(by_number, lane, told_by(parts, script))
    mine = [row for row in whole.log.made if row[4] in parts[1].subjects]
    assert sorted(in_the_whole(parts[1], alone.log)["made"]) != sorted(mine)

"""Points as timetables: scenarios and policies that change on a date, many in one world.

What a lane gives depends on its own point, whatever others are compiled with it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from agents import engines, load_scenario, replay, run_compiled
from scenarios import Compiled, LoadedPolicy, Point, Stretch, ThreatSpec
from scenarios.compiling.compiled import compile_points, compile_world
from scenarios.compiling.terms import FREE, rule_of
from scenarios.schema.place import Body, Connection, UnitKind
from scenarios.schema.policy import Handling, Match, Permission, Policy, Push, Rule
from sim import LaneId, Reference
from sim.kernel.choice import KernelName
from sim.seam.world import NEVER, Onward
from tests.agents.small import Values, changed, days, differing, values_of
from tests.scenarios.compiling.variants import (
    CENTRE,
    GUESS,
    INDEX,
    NAMES,
    TICKS,
    VARIANTS,
    base,
    point,
    policy,
    variant,
    with_centre,
    with_index,
    with_place,
    with_spec,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


def played(points: Sequence[Point], seed: int = 1) -> list[Values]:
    """Return what a lane of each of some points gives, compiled and run together."""
    compiled = compile_points(points)
    lanes = [LaneId(number, seed, 0) for number in range(len(points))]
    result = run_compiled(compiled, lanes)
    return [values_of(result, number) for number in range(len(points))]


# Alone and among others ----------------------------------------------------------------------


@st.composite
def timetables(draw: st.DrawFn) -> Point:
    since = [0, *sorted(draw(st.sets(st.integers(1, TICKS), max_size=2)))]
    numbers, names = st.integers(0, VARIANTS - 1), st.sampled_from(NAMES)
    return point(*((tick, draw(numbers), draw(names)) for tick in since))


@pytest.mark.long
@settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(timetables(), min_size=2, max_size=4))
def test_a_point_gives_the_same_alone_and_among_others(points: list[Point]) -> None:
    together = played(points)
    backwards = played(points[::-1])[::-1]
    for number, one in enumerate(points):
        [alone] = played([one])
        assert differing(alone, together[number]) == []
        assert differing(alone, backwards[number]) == []


@pytest.mark.long
def test_every_change_is_one_and_none_reaches_the_others() -> None:
    """Each changed scenario from a date on, all in one world, beside the one as declared."""
    points = [point((0, 0, "availability"))]
    points += [point((0, 0, "availability"), (40, n, "availability")) for n in range(1, VARIANTS)]
    points += [point((0, n, "availability")) for n in range(1, VARIANTS)]
    seed = 5  # there every change is felt
    together = played(points, seed)
    for one, found in zip(points, together, strict=True):
        [alone] = played([one], seed)
        assert differing(alone, found) == []
    distinct = {tuple(sorted(found.items())) for found in together}
    assert len(distinct) == len(points)


@pytest.mark.long
def test_kernels_and_reference_agree_on_what_opens_and_closes() -> None:
    last = VARIANTS - 1
    points = [
        point((0, last, "hit-no-hit"), (70, 0, "full-pool"), (110, last, "hit-no-hit")),
        point((0, 4, "bilateral"), (50, 5, "originator-control"), (90, 8, "bilateral")),
    ]
    compiled = compile_points(points)
    for number in range(len(points)):
        lane = LaneId(number, 1, 0)
        plain = run_compiled(compiled, [lane], engine=lambda it, ids: Reference(it.world, ids[0]))
        assert plain.counters["messages"][0] > 0
        for name in (KernelName.NUMPY, KernelName.COMPILED):
            result = run_compiled(compiled, [lane], engine=engines(name))
            assert differing(values_of(plain, 0), values_of(result, 0)) == []


# Nothing is numbered by who else is there ----------------------------------------------------


def ordered(points: Sequence[Point]) -> tuple[list[str], list[str], list[str]]:
    """Return desks, channels, and the policy and rule of each term, in the order of numbers."""
    world = compile_points(points).world
    found = list({id(one.policy): one.policy for each in points for one in each.timetable}.values())
    places = [rule_of(term, found) for term in range(1, world.terms.push.size)]
    terms = [f"{found[place[0]].name} {place[1]}" for place in places if place]
    return list(world.units.names), list(world.channels.names), terms


def test_what_decides_between_equals_does_not_hang_on_other_points() -> None:
    """Two copies at once, two desks that react at once: the lower number goes first."""
    points = [
        point((0, 0, "originator-control"), (9, 6, "bilateral")),
        point((0, 7, "bilateral")),
        point((0, 4, "full-pool"), (5, 0, "bilateral")),
    ]
    whole = ordered(points)
    assert whole == ordered(points[::-1])
    over = [tuple(name.split(":")[::-1]) for name in whole[1]]
    place = {ends: number for number, (ends, _) in enumerate(reversed(over))}
    assert over == sorted(over, key=lambda pair: (-place[pair[0]], pair[1]))
    for one in points:
        for few, many in zip(ordered([one]), whole, strict=True):
            assert few == [name for name in many if name in set(few)]


def test_declared_order_does_not_matter() -> None:
    one = with_centre(with_index(base()))
    place = one.atlas.place
    national = dict(reversed(place.national.items()))
    bodies = dict(reversed(place.bodies.items()))
    other = with_place(one, national=national, bodies=bodies)
    pair = [Point.constant(loaded, policy("bilateral")) for loaded in (one, other)]
    assert ordered(pair[:1]) == ordered(pair[1:]) == ordered(pair)
    assert compile_points(pair).world.groups == compile_points(pair[1:]).world.groups


# Handling codes ------------------------------------------------------------------------------


def coded(name: str, **codes: str) -> LoadedPolicy:
    """Return a policy that tells all with its first code, and knows codes by what they allow.

    Data bases are told by a rule of their own: what names nobody is about people.
    """
    asked = Permission(chance=0.5, delay=days(2), **GUESS)
    handling = {
        code: Handling(
            meaning="x",
            onward=onward,  # type: ignore[arg-type]
            permission=asked if onward == "permission" else None,
        )
        for code, onward in codes.items()
    }
    told = Rule(meaning="x", push=Push(chance=1), **GUESS)
    kept = Rule(meaning="x", match=Match(receiver=("store",)), push=Push(chance=1), **GUESS)
    first = next(iter(codes), None)
    spec = Policy(
        policy=name,
        meaning="x",
        source="x",
        handling=handling,
        default_handling=first,
        rules=(told, kept),
    )
    return replace(policy("bilateral"), spec=spec, rule_places=policy("bilateral").rule_places[:2])


def meanings(compiled: Compiled, codes: Sequence[str]) -> list[list[Onward]]:
    """Return what some codes, in the order of numbers, let holders do in each stretch."""
    phases, world = compiled.world.phases, compiled.world
    assert phases.onward.shape[1] == len(codes)
    return [[Onward(mode) for mode in phases.onward[phase]] for phase in world.points.phase[0]]


def test_codes_keep_their_number_and_what_was_known_of_them() -> None:
    strict = coded("strict", kept="forbidden", asks="permission")
    loose = coded("loose", asks="free", other="forbidden")
    blank = coded("blank")
    rows = [Stretch(5 * n, base(), one) for n, one in enumerate((blank, strict, loose, blank))]
    compiled = compile_points([Point("x", tuple(rows))])
    free, no, ask = Onward.FREE, Onward.FORBIDDEN, Onward.PERMISSION
    codes = (FREE, "asks", "kept", "other")
    assert meanings(compiled, codes) == [
        [free, free, free, free],  # no code is known yet, and none is in use
        [free, ask, no, free],
        [free, free, no, no],
        [free, free, no, no],
    ]
    handling = compiled.world.terms.handling
    used = {
        name: int(handling[term])
        for term in range(1, handling.size)
        for place in (rule_of(term, (blank, strict, loose)),)
        if place is not None
        for name in (("blank", "strict", "loose")[place[0]],)
    }
    assert used == {"blank": 0, "strict": codes.index("kept"), "loose": codes.index("asks")}


def test_what_a_code_meant_is_of_its_own_timetable() -> None:
    """Another point that never knew the code is not told of it, and shares no phase."""
    strict, blank = coded("strict", kept="forbidden"), coded("blank")
    first = Point("a", (Stretch(0, base(), strict), Stretch(9, base(), blank)))
    world = compile_points([Point.constant(base(), blank), first]).world
    assert world.points.phase.tolist() == [[0, 0], [1, 2]]
    assert world.points.starts.tolist() == [[0, NEVER], [0, 9]]
    assert world.phases.onward[:, 1].tolist() == [Onward.FREE, *[Onward.FORBIDDEN] * 2]


# Timetables ----------------------------------------------------------------------------------


def test_equal_stretches_are_one_phase() -> None:
    """Equal in what they compile to, whatever objects they are."""
    copy = replace(base(), spec=base().spec.model_copy(deep=True))
    same = replace(policy("bilateral"), spec=policy("bilateral").spec.model_copy(deep=True))
    rows = Stretch(0, base(), policy("bilateral")), Stretch(7, copy, same)
    points = [
        Point("x", rows),
        Point.constant(base(), policy("bilateral")),
        point((0, 0, "full-pool")),
    ]
    world = compile_points(points).world
    assert len(world.phases.term) == 2
    assert world.points.starts.tolist() == [[0], [0], [0]]
    assert world.points.phase.tolist() == [[0], [0], [1]]
    rules = sum(len(policy(name).spec.rules) for name in ("bilateral", "full-pool"))
    assert world.terms.push.size == 1 + rules


def test_a_timetable_whose_stretches_are_equal_is_a_constant_point() -> None:
    """Also where it changes to and fro at once; and what begins at the horizon changes nothing."""
    constant = point((0, 0, "hit-no-hit"))
    others = [
        point((0, 0, "hit-no-hit"), (30, 0, "hit-no-hit")),
        point((0, 0, "hit-no-hit"), (TICKS, 6, "full-pool")),
        point((0, 0, "hit-no-hit"), (TICKS - 1, 6, "hit-no-hit")),
    ]
    [expected] = played([constant])
    *same, last = played(others)
    assert [differing(expected, one) for one in same] == [[], []]
    assert "counter observations" not in differing(expected, last)
    whole = compile_points([constant]).world
    late = compile_points(others[1:2]).world
    assert late.units.names == whole.units.names
    assert late.points.starts.tolist() == [[0]]


def test_a_desk_that_never_opens_changes_nothing() -> None:
    """Its body, its line, its reports and its store are in the arrays, for others."""
    names = ("bilateral", "hit-no-hit")
    points = [point((0, 0, name)) for name in names]
    among = played([*points, point((0, VARIANTS - 1, "hit-no-hit"))])
    for alone, found in zip(played(points), among, strict=False):
        assert differing(alone, found) == []


def test_a_desk_that_opens_reads_nothing_before() -> None:
    since, until, told = 60, 120, coded("told")
    rows = ((0, 0), (since, VARIANTS - 1), (until, 0))
    compiled = compile_points(
        [Point("x", tuple(Stretch(tick, variant(number), told) for tick, number in rows))]
    )
    log = replay(compiled, LaneId(0, 1, 0)).log
    centre, index = (compiled.layout.units[name] for name in (CENTRE, INDEX))
    ends = compiled.world.channels.dst
    for unit in (centre, index):
        read = [tick for tick, _, _, at in log.reads if at == unit]
        sent = [tick for tick, _, _, channel, _ in log.sends if ends[channel] == unit]
        come = [tick for tick, _, _, channel in log.deliveries if ends[channel] == unit]
        for ticks in (read, sent, come):
            assert ticks
            assert since <= min(ticks) <= max(ticks) < until
    made = [tick for tick, *_, unit in log.made if unit == centre]
    assert made
    assert since <= min(made) <= max(made) <= until, "of the last tick"


def test_timetables_begin_at_once_and_ascend() -> None:
    rows = [Stretch(since, base(), policy("bilateral")) for since in (0, 3, 3)]
    for some in ((), rows[1:2], rows):
        with pytest.raises(ValueError, match="begins at tick 0 and ascends"):
            Point("x", tuple(some))


# The scenarios of the catalogue --------------------------------------------------------------


HALF_A_YEAR = 180 * 24.0


def _also(threat: ThreatSpec, desk: str) -> ThreatSpec:
    """Let the centre see and recognise what a desk does."""
    also: ThreatSpec = changed(
        threat,
        **{
            part: {**desks, **({CENTRE: desks[desk]} if desk in desks else {})}
            for part, desks in (("sees", threat.sees), ("recognises", threat.recognises))
        },
    )
    return also


@pytest.mark.long
@pytest.mark.parametrize("name", ["organised-crime", "cyber-outbreak", "forest-fire"])
def test_a_shipped_scenario_gives_the_same_among_others(name: str) -> None:
    """Among a point in which everybody is quicker, a body is new, and the policy changes."""
    loaded = load_scenario(name)
    hours = min(loaded.spec.horizon, HALF_A_YEAR)
    loaded = with_spec(loaded, horizon=hours)
    first, second = (policy(one) for one in ("bilateral", "full-pool"))
    desk = next(iter(loaded.spec.desks))
    place = loaded.atlas.place
    more = Body(
        meaning="x", desks={"centre": UnitKind(meaning="x", hours="continuous", **GUESS)}, **GUESS
    )
    way = next(iter(place.instruments))
    line = changed(
        place.instruments[way],
        latency=days(0.25),
        connections=(Connection(between=(desk, CENTRE)),),
    )
    made = with_place(
        loaded,
        bodies={"fusion": more, **place.bodies},
        instruments={"line": line, **place.instruments},
    )
    threats = {name: _also(threat, desk) for name, threat in loaded.spec.threats.items()}
    desks = {CENTRE: loaded.spec.desks[desk], **loaded.spec.desks}
    made = with_spec(made, desks=desks, threats=threats)
    half = loaded.ticks // 2
    others = [
        Point("moves", (Stretch(0, made, second), Stretch(half, loaded, first))),
        Point.constant(loaded, first),
        Point.constant(made, first),
    ]
    compiled = compile_points(others)
    among = run_compiled(compiled, [LaneId(1, 1, 0), LaneId(0, 1, 0)])
    alone = run_compiled(compile_world(loaded, [first]), [LaneId(0, 1, 0)])
    assert differing(values_of(alone, 0), values_of(among, 0)) == []
    moved = run_compiled(compile_points(others[:1]), [LaneId(0, 1, 0)])
    assert differing(values_of(moved, 0), values_of(among, 1)) == []
    assert differing(values_of(moved, 0), values_of(alone, 0))

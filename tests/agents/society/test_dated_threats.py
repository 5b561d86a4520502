"""Numbers of threats that change on a day: from then on, and whoever else is in the batch."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest

from agents import run_compiled
from scenarios import LoadedScenario, Point, SpecError, Stretch, compile_points
from scenarios.changing import Change, Original, scenario_with
from sim import LaneId
from tests.agents import cyber, small_fire
from tests.agents.small import THREAT, Values, certain, differing, policy, small, values_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scenarios import ThreatSpec


def lively() -> LoadedScenario:
    """Return a scenario in which police are always right, and networks fall apart."""
    networks = {"falls_apart": 0.9, "recruits_per_week": 0.5, "replaced": 0.9, "leak_per_week": 0.2}
    return small(horizon_days=DAYS, networks=4, procedures=certain(), network=networks)


SMALL: Final = {
    "crime": (lively, THREAT, "full-pool"),
    "cyber": (cyber.small_outbreak, cyber.THREAT, "full-pool"),
    "fire": (small_fire.small_fire, small_fire.THREAT, "full-pool"),
}
DAYS: Final = 84
WORLDS: Final = 4
LESS: Final = 0.02
SOME: Final = 0.6
"""Of what sets a lane up, which keeps rules that less of it would break."""
SEED: Final = 7


@cache
def base(kind: str) -> LoadedScenario:
    make, *_ = SMALL[kind]
    return make()


def spec_of(kind: str) -> ThreatSpec:
    _, name, _ = SMALL[kind]
    return base(kind).spec.threats[name]


@cache
def other(kind: str, part: str, factor: float = LESS) -> LoadedScenario:
    """Return the scenario with the numbers of a part of its threat multiplied."""
    _, name, _ = SMALL[kind]
    original = Original.of(base(kind))
    paths = original.expanded(f"threats.{name}.{part}")
    return scenario_with(base(kind), original, [(Change(path, "times"), factor) for path in paths])


def point(kind: str, *rows: tuple[int, LoadedScenario]) -> Point:
    *_, regime = SMALL[kind]
    return Point("x", tuple(Stretch(since, one, policy(regime)) for since, one in rows))


def dated(kind: str, part: str, tick: int, factor: float = LESS) -> Point:
    return point(kind, (0, base(kind)), (tick, other(kind, part, factor)))


def played(points: Sequence[Point]) -> list[list[Values]]:
    """Return what each point gives, in each world."""
    compiled = compile_points(points)
    lanes = [LaneId(n, SEED, world) for n in range(len(points)) for world in range(WORLDS)]
    result = run_compiled(compiled, lanes)
    found = [values_of(result, number) for number in range(len(lanes))]
    return [found[n * WORLDS : (n + 1) * WORLDS] for n in range(len(points))]


def same(one: Sequence[Values], two: Sequence[Values]) -> bool:
    return all(not differing(a, b) for a, b in zip(one, two, strict=True))


@cache
def alone(kind: str) -> list[Values]:
    [found] = played([point(kind, (0, base(kind)))])
    return found


def by_day(kind: str) -> list[str]:
    return sorted(spec_of(kind).by_day)


def at_first(kind: str) -> list[str]:
    """Return what sets a lane up; a malware's coincidences are about nobody."""
    return sorted(spec_of(kind).at_first - ({"decoys.persons"} if kind == "cyber" else set()))


@pytest.mark.long
@pytest.mark.parametrize("kind", SMALL)
def test_each_number_that_may_change_is_asked_for(kind: str) -> None:
    """One by one, in one batch: each moves the lanes that have it, and no others."""
    listed = by_day(kind)
    found = played([point(kind, (0, base(kind))), *(dated(kind, one, 2) for one in listed)])
    assert same(found[0], alone(kind))
    changed = dict(zip(listed, found[1:], strict=True))
    assert [one for one in listed if same(changed[one], alone(kind))] == []


@pytest.mark.long
@pytest.mark.parametrize("kind", SMALL)
def test_from_the_first_tick_each_moves_something(kind: str) -> None:
    """Also what sets a lane up, which lanes of one batch may have of their own."""
    listed = [*at_first(kind), *by_day(kind)]
    listed = [one for one in listed if one != "decoys.persons"]  # police are always right here
    made = [other(kind, one, SOME if one in at_first(kind) else LESS) for one in listed]
    found = played([point(kind, (0, one)) for one in made])
    changed = dict(zip(listed, found, strict=True))
    assert [one for one in listed if same(changed[one], alone(kind))] == []


@pytest.mark.long
@pytest.mark.parametrize("kind", SMALL)
def test_who_else_runs_makes_no_difference(kind: str) -> None:
    scenario, ticks = base(kind), base(kind).ticks
    first, *_, last = by_day(kind)
    both = scenario_with(
        other(kind, first), Original.of(other(kind, first)), [(_change(kind, last), 0.5)]
    )
    points = [
        dated(kind, first, ticks // 4),
        point(kind, (0, scenario), (ticks // 5, other(kind, last)), (ticks // 2, both)),
        point(kind, (0, other(kind, first)), (ticks // 3, scenario)),
        point(kind, (0, scenario)),
    ]
    for order in (points, points[::-1]):
        for one, found in zip(order, played(order), strict=True):
            assert same(found, played([one])[0])


def _change(kind: str, part: str) -> Change:
    _, name, _ = SMALL[kind]
    return Change(f"threats.{name}.{part}", "times")


@pytest.mark.parametrize("kind", SMALL)
def test_equal_phases_are_as_one(kind: str) -> None:
    ticks = base(kind).ticks
    again = [(tick, other(kind, one, 1.0)) for tick, one in enumerate(by_day(kind), ticks // 4)]
    assert again[0][1] is not base(kind)
    assert same(played([point(kind, (0, base(kind)), *again)])[0], alone(kind))


@pytest.mark.parametrize("kind", SMALL)
def test_after_the_run_it_is_nothing(kind: str) -> None:
    first, *_ = by_day(kind)
    late = [dated(kind, first, base(kind).ticks + more) for more in (0, 10)]
    assert all(same(found, alone(kind)) for found in played(late))


@pytest.mark.parametrize("kind", SMALL)
def test_nothing_happens_before_its_day(kind: str) -> None:
    scenario, half = base(kind), base(kind).ticks // 2
    others = (dated(kind, one, half) for one in by_day(kind))
    compiled = compile_points([point(kind, (0, scenario)), *others])
    count = len(compiled.world.points.names)
    result = run_compiled(compiled, [LaneId(n, SEED, 0) for n in range(count)])
    before = result.series_days <= half * scenario.spec.tick_h / 24
    assert before.any()
    for found in result.series.values():
        assert (found[:, before] == found[0, before]).all()
    assert any((found[:, ~before] != found[0, ~before]).any() for found in result.series.values())


@pytest.mark.parametrize("kind", ["crime", "cyber"])
def test_what_sets_a_lane_up_stays(kind: str) -> None:
    for one in at_first(kind):
        with pytest.raises(SpecError, match="the same all the time of a run") as caught:
            compile_points([dated(kind, one, 5, SOME)])
        assert caught.value.where == f"threats.{SMALL[kind][1]}"


@pytest.mark.parametrize("kind", SMALL)
def test_parts_are_declared(kind: str) -> None:
    """Each leads to a number, and a whole declaration is no part."""
    threat: Any = spec_of(kind)
    assert not threat.by_day & threat.at_first
    for one in (*by_day(kind), *at_first(kind)):
        assert Original.of(base(kind)).expanded(f"threats.{SMALL[kind][1]}.{one}")
        steps = one.split(".")
        assert threat.lasting(steps) == ("day" if one in threat.by_day else "run")
        assert threat.lasting(steps[:-1]) == "world"
        assert threat.lasting([*steps, "value"]) == threat.lasting(steps)
    assert threat.lasting(["half_life", "value"]) == "world"
    assert threat.lasting(["sees", "police", 0, "per_year"]) == "day"


def test_a_malware_that_no_longer_spreads_stops_there() -> None:
    """From the day on nobody is infected: by hand, in all lanes."""
    tick = base("cyber").ticks // 2
    made = base("cyber")
    for part in ("in_cell", "in_state", "anywhere"):
        original = Original.of(made)
        made = scenario_with(made, original, [(_change("cyber", f"malware.{part}.value"), 0.0)])
    compiled = compile_points([point("cyber", (0, base("cyber")), (tick, made))])
    result = run_compiled(compiled, [LaneId(0, SEED, world) for world in range(WORLDS)])
    infected = result.series["operators_infected"]
    at = int(np.searchsorted(result.series_days, tick * base("cyber").spec.tick_h / 24))
    assert (infected[:, at:] == infected[:, at : at + 1]).all()
    assert (infected[:, at] > infected[:, 0]).any()

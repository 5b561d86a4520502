"""Fires as arrays: danger, outbreaks, growth, and what is burnt; against laws and by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray

from agents.lane.travel import Daylight, distance_km
from agents.mechanisms.fires.fires import ONE, Fires, Land, Shape, Weather, danger_table, normal
from agents.mechanisms.versions import Versions
from sim.kernel.lanes import Lanes
from sim.seam.port import LaneId

CALM = Shape(
    season_spread=0.25,
    region_spread=0.4,
    state_spread=0.3,
    persistence=0.8,
    growth=0.04,
    suppression=0.06,
    hectares=10,
    held_share=0.4,
    night=0.3,
    spread_limit=2,
    burns_out=0.03,
    aircraft_worth=2,
    aircraft_limit=0.6,
    tied_share=0.4,
    tied_most=0.8,
    dawn_h=6,
    dusk_h=20,
    need_median=10,
    need_p95=10,
)
HOURS = 24


def land(codes: tuple[str, ...] = ("EL", "IT", "FI"), **values: Any) -> Land:
    count = len(codes)
    given_: dict[str, Any] = {
        "aircraft": np.full(count, 10),
        "ground": np.full(count, 20),
        "small_ha_month": np.zeros(count),
        "large_fires_month": np.full(count, 30.0),
        "fierceness": np.ones(count),
        "regions": ("south", "south", "north")[:count],
    }
    return Land(codes=codes, **{**given_, **values})


def lanes(count: int, seed: int = 1) -> Lanes:
    return Lanes.of([LaneId(0, seed, number) for number in range(count)])


def fires(count: int = 4, shape: Shape = CALM, **values: Any) -> Fires:
    return Fires(Versions([shape], count), land(**values), lanes(count), 1.0)


def steady(made: Fires, danger: float = 1.0) -> Fires:
    """Hold the danger where it is put."""
    made.set_danger(np.full(made.need.shape, round(danger * ONE), dtype=np.int64))
    made.weather.danger = lambda: made.danger  # type: ignore[method-assign]
    return made


# Weather -------------------------------------------------------------------------------------


def test_danger_has_the_mean_and_the_persistence_that_are_declared() -> None:
    made = Weather(CALM, land(), lanes(4000))
    days: list[NDArray[np.int64]] = [made.danger()]
    for day in range(1, 8):
        made.next_day(day)
        days.append(made.danger())
    danger = np.stack(days) / ONE
    assert danger.mean() == pytest.approx(1.0, abs=0.03)
    index = np.log(danger)
    spread = np.sqrt(0.25**2 + 0.4**2 + 0.3**2)
    assert index.std() == pytest.approx(spread, rel=0.03)
    tomorrow = np.corrcoef(index[3].ravel(), index[4].ravel())[0, 1]
    kept = (0.25**2 + 0.8 * (0.4**2 + 0.3**2)) / spread**2
    assert tomorrow == pytest.approx(kept, abs=0.02)


def test_states_of_one_region_share_their_weather() -> None:
    made = Weather(CALM, land(), lanes(4000))
    index = np.log(made.danger() / ONE)
    together, apart = np.corrcoef(index.T)[0, 1:]
    shared = (0.25**2 + 0.4**2) / (0.25**2 + 0.4**2 + 0.3**2)
    assert together == pytest.approx(shared, abs=0.03)
    assert abs(apart) < 0.05


def test_tables_are_centred() -> None:
    assert abs(normal(0.5).mean()) < 1
    assert danger_table(0.0)[4 * 1024] == ONE


# Outbreaks -----------------------------------------------------------------------------------


def test_outbreaks_are_as_frequent_as_declared_and_mostly_by_day() -> None:
    made = steady(fires(400))
    by_hour = np.zeros(HOURS)
    for tick in range(10 * HOURS):
        by_hour[tick % HOURS] += made.step(tick).sum()
    expected = 400 * 3 * 10
    assert by_hour.sum() == pytest.approx(expected, abs=4 * expected**0.5)
    day, night = by_hour[6:20].mean(), np.r_[by_hour[:6], by_hour[20:]].mean()
    assert night / day == pytest.approx(0.3, abs=0.04)


def test_twice_the_danger_twice_the_outbreaks() -> None:
    counts = []
    for danger in (1.0, 2.0):
        made = steady(fires(400), danger)
        counts.append(sum(int(made.step(tick).sum()) for tick in range(5 * HOURS)))
    assert counts[1] / counts[0] == pytest.approx(2, abs=0.1)


# Growth --------------------------------------------------------------------------------------


@pytest.mark.parametrize("tick_h", [1.0, 0.5, 0.25])
@pytest.mark.parametrize("modules", [3, 30])
def test_a_held_fire_goes_out_as_declared_however_short_the_tick(tick_h, modules):
    """9% an hour; of a small fire in short ticks a fifth of that was once cut off."""
    made = Fires(Versions([CALM], 1), land(large_fires_month=np.zeros(3)), lanes(1), tick_h)
    steady(made)
    made.land.ground[:] = 100
    made.set_danger(made.danger)
    made.need[:] = modules * ONE
    ticks = round(12 / tick_h)
    for tick in range(ticks):
        made.step(tick)
    expected = modules * ONE * (1 - (0.06 + 0.03) * tick_h) ** ticks
    assert made.need[0, 0] == pytest.approx(expected, rel=0.04)


def quiet(**values: Any) -> Fires:
    """Fires that only the test lights, at danger 1."""
    return steady(fires(1, large_fires_month=np.zeros(3), **values))


def lit(need: float, **values: Any) -> Fires:
    made = quiet(**values)
    made.need[:] = round(need * ONE)
    made._ceiling[:] = 100 * made.need
    return made


def test_need_that_is_not_met_grows_at_the_declared_rate() -> None:
    made = lit(200, aircraft=np.zeros(3, int), ground=np.zeros(3, int))
    made.step(HOURS // 2)
    assert made.need[0, 0] / ONE == pytest.approx(200 * (1 + 0.04 * 0.99 - 0.03), abs=0.1)
    assert made.unmet[0, 0] == 200 * ONE


def test_need_that_is_met_goes_out_at_the_declared_rate() -> None:
    made = lit(5)
    made.step(HOURS // 2)
    assert made.need[0, 0] / ONE == pytest.approx(5 * (1 - 0.06 - 0.03), abs=0.02)
    assert made.unmet[0, 0] == 0


def test_a_fire_alone_never_passes_its_limit_and_burns_out() -> None:
    made = steady(quiet(aircraft=np.zeros(3, int), ground=np.zeros(3, int)), 3.0)
    made.need[:] = 10 * ONE
    made._ceiling[:] = 20 * ONE
    most = 0
    for tick in range(30 * HOURS):
        made.step(tick)
        most = max(most, int(made.need.max()))
    assert 10 * ONE < most <= 20 * ONE
    assert not made.need.any()


def test_hectares_by_hand() -> None:
    made = lit(10, aircraft=np.zeros(3, int), ground=np.zeros(3, int))
    made.step(HOURS // 2)
    assert made.burnt[0, 0] / ONE**2 == pytest.approx(10 * 10)
    held = lit(10)
    held.step(HOURS // 2)
    assert held.burnt[0, 0] / ONE**2 == pytest.approx(0.4 * 10 * 10, rel=0.01)


def test_danger_slows_those_who_hold_a_fire_and_feeds_it() -> None:
    """At danger 3 an aircraft and three ground modules are free, just enough for a need of five."""
    made = steady(lit(5), 3.0)
    made.step(HOURS // 2)
    assert made.unmet[0, 0] == 0
    assert made.need[0, 0] / ONE == pytest.approx(5 * (1 - 0.06 * 2 / (3 + 1) - 0.03), abs=0.03)
    assert made.burnt[0, 0] / ONE**2 == pytest.approx(5 * 0.4 * 10 * (3 + 1) / 2, rel=0.01)


def test_an_outbreak_has_its_size_and_its_limit() -> None:
    """Ten modules, and half of that where fires are half as fierce; twice that at most."""
    fierceness = np.array([1.0, 1.0, 0.5])
    made = steady(fires(1, large_fires_month=np.full(3, 1000.0), fierceness=fierceness))
    made._break_out(HOURS // 2, HOURS // 2)
    assert made.outbreaks[0].tolist() == [1, 1, 1]
    assert made.need[0].tolist() == [10 * ONE, 10 * ONE, 5 * ONE]
    assert made._ceiling[0].tolist() == [20 * ONE, 20 * ONE, 10 * ONE]


def test_aircraft_work_by_day_only() -> None:
    """Ten aircraft and no ground modules: six of ten modules are met at noon, none at midnight."""
    values = {"aircraft": np.full(3, 30), "ground": np.zeros(3, int)}
    noon, midnight = lit(10, **values), lit(10, **values)
    noon.step(HOURS // 2)
    midnight.step(HOURS - 1)
    assert noon.unmet[0, 0] == pytest.approx(4 * ONE, abs=5)
    assert midnight.unmet[0, 0] == 10 * ONE


def test_the_last_hour_of_light_is_the_one_before_dusk() -> None:
    made = fires()
    assert made.light.tolist() == [6 <= hour < 20 for hour in range(HOURS)]


def test_small_fires_and_loans_leave_less() -> None:
    made = quiet()
    made.lent_aircraft[0, 0] = 2
    air, ground = made.own_means()
    assert air[0].tolist() == [4, 6, 6]
    assert ground[0].tolist() == [12, 12, 12]
    assert made.own_means_at(0, 0) == (air[0, 0], ground[0, 0])
    steady(made, 5.0)
    assert made.own_means()[0][0].tolist() == [0, 1, 1]  # 1.99, whole aircraft


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 30), min_size=2, max_size=5, unique=True))
def test_what_a_lane_gives_does_not_depend_on_the_batch(seed: int, numbers: list[int]) -> None:
    def run(chosen: list[int]) -> list[bytes]:
        made = Fires(
            Versions([CALM], len(chosen)),
            land(),
            Lanes.of([LaneId(0, seed, number) for number in chosen]),
            1.0,
        )
        for tick in range(30):
            made.step(tick)
        both = np.stack((made.need, made.burnt, made.unmet, made.danger))
        return [both[:, lane].tobytes() for lane in range(len(chosen))]

    assert run(numbers)[-1] == run(numbers[-1:])[0]


def test_a_planted_error_is_noticed() -> None:
    """Were aircraft to work at night, the test of daylight would fail."""
    wrong = replace(CALM, dawn_h=0, dusk_h=24)
    made = lit(10, aircraft=np.full(3, 30), ground=np.zeros(3, int))
    made.light = Fires(Versions([wrong], 1), land(), lanes(1), 1.0).light
    made.step(HOURS - 1)
    assert made.unmet[0, 0] < 10 * ONE


# Journeys ------------------------------------------------------------------------------------


def test_flights_rest_at_night() -> None:
    light = Daylight(6, 20)
    assert light.arrival_h(10, 4) == 14
    assert light.arrival_h(18, 4) == 32
    assert light.arrival_h(22, 4) == 34
    assert light.arrival_h(2, 4) == 10
    assert light.arrival_h(10, 30) == 24 + 24 + 6 + 6


@given(st.floats(0, 500), st.floats(0, 60), st.sampled_from([20, 23.9132878407965, 24]))
def test_an_aircraft_arrives_by_day(start: float, flight: float, dusk: float) -> None:
    arrival = Daylight(6, dusk).arrival_h(start, flight)
    assert arrival >= start + flight - 1e-6
    of_day = arrival % 24
    assert 6 - 1e-6 <= of_day <= dusk + 1e-6 or of_day <= dusk + 1e-6 - 24


def test_a_flight_ends_whatever_is_lost_in_rounding() -> None:
    """An hour so near to dusk that nothing can be flown until then."""
    dusk = 23.913287840796546
    light = Daylight(6, dusk)
    for day in range(2000):
        for now in (24 * day + dusk, np.nextafter(24 * day + dusk, 0)):
            assert light.arrival_h(float(now), 2) == pytest.approx(24 * day + 32, abs=1e-6)


def test_distances() -> None:
    assert distance_km(2.35, 48.86, 23.73, 37.98) == 2100
    assert distance_km(1, 2, 1, 2) == 0

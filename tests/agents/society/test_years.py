"""Outcomes by year: by hand, beside runs that end with a year, and with planted errors."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
from hypothesis import given, strategies as st

from agents import BatchResult, replay, run_compiled
from agents.society import totals
from agents.society.totals import JUDGED, Totals, Years
from scenarios import LoadedScenario, SpecError, compile_world
from scenarios.schema import Scenario, check_scenario
from scenarios.schema.outcomes import COMMON_FLOWS, COMMON_OUTCOMES, given as outcomes_given
from sim import LaneId
from tests.agents.cyber import small_outbreak
from tests.agents.small import SUBJECT, TICKS_A_DAY, Stage, changed, policies, small, without
from tests.agents.small_fire import small_fire

if TYPE_CHECKING:
    from collections.abc import Callable

LANES: Final = [LaneId(0, 5, number) for number in range(3)]
NEW_YEAR: Final = date(2012, 1, 1)
BEFORE: Final = 30
"""Days of the small run before the year turns."""


def by_year(
    loaded: LoadedScenario, *names: str, begins: date | None = None, every: bool = False
) -> LoadedScenario:
    """Return a scenario with a calendar in which outcomes, or all that can be, are told by year."""
    spec = loaded.spec
    flows = outcomes_given(spec.threats).flows
    chosen = flows if every else set(names)
    outcomes = tuple(
        changed(one, by_year=one.name in chosen, by_state=False) for one in spec.outcomes
    )
    spec = changed(spec, outcomes=outcomes, begins=begins)
    return type(loaded)(**{**vars(loaded), "spec": spec})


MADE: Final[dict[str, tuple[Callable[..., LoadedScenario], str, int, int]]] = {
    "network": (lambda days: small(horizon_days=days), "hub-and-spoke", BEFORE, 60),
    "outbreak": (lambda days: small_outbreak(days=days), "full-pool", 3, 7),
    "fires": (lambda days: small_fire(days=days), "bilateral", 4, 8),
}
"""How a small world is made that lasts for some days, a policy, days before the year, all days."""


@cache
def run_of(name: str) -> tuple[LoadedScenario, BatchResult]:
    """Run a small world in which the year turns."""
    make, policy, before, length = MADE[name]
    loaded = by_year(make(length), begins=NEW_YEAR - timedelta(before), every=True)
    return loaded, run_compiled(compile_world(loaded, policies((policy,))), LANES)


def of_years(loaded: LoadedScenario, result: BatchResult, name: str) -> list[Any]:
    """Return what came in each year, each of shape (L,)."""
    (outcome,) = (one for one in loaded.spec.outcomes if one.name == name)
    return [result.outcomes[part.name] for part in loaded.spec.by_year(outcome)]


# What is recorded ------------------------------------------------------------------------------


def test_names_are_stable_and_no_part_is_tested() -> None:
    loaded = by_year(small(), "disclosures", begins=date(2011, 12, 2))
    parts = loaded.outcomes[len(loaded.spec.outcomes) :]
    assert [part.name for part in parts] == [
        "disclosures@2011-12-02..12-31",
        "disclosures@2012-01-01..02-23",
    ]
    assert [part.label for part in parts][1] == "Disclosures of personal data, 2012-01-01..02-23"
    assert not any(part.tested or part.headline or part.by_year for part in parts)


def test_years_of_365_days_without_a_calendar() -> None:
    loaded = by_year(small(horizon_days=800), "disclosures", "proceeds_meur")
    assert [one.name for one in loaded.outcomes if "@" in one.name] == [
        f"{name}@{year}"
        for name in ("proceeds_meur", "disclosures")
        for year in ("d1-365", "d366-730", "d731-800")
    ]


def test_one_year_is_told_by_the_total() -> None:
    assert by_year(small(), every=True).outcomes == by_year(small(), every=True).spec.outcomes


@pytest.mark.parametrize("name", ["backlog_mean", "never_read_share", "days_to_recognition"])
def test_what_is_no_sum_has_no_years(name: str) -> None:
    with pytest.raises(SpecError, match=f"{name} is no sum over time") as caught:
        check_scenario(by_year(small(), name).spec)
    assert str(caught.value.where).endswith(".by_year")


def test_flows_are_outcomes() -> None:
    assert COMMON_FLOWS < COMMON_OUTCOMES
    for make, _, _, length in MADE.values():
        (threat,) = make(length).spec.threats.values()
        assert threat.flows < threat.outcomes
        assert not threat.flows & set(threat.times)


# By hand ---------------------------------------------------------------------------------------


def stage() -> Stage:
    """Return a stage on which the year turns after ten days, and nobody patrols the border."""
    names = ("disclosures", "casework_hours", "unnecessary_disclosures")
    quiet = without(small(), "joint-operation")
    return Stage(by_year(quiet, *names, begins=date(2011, 12, 22)))


FIRST, SECOND = "2011-12-22..12-31", "2012-01-01..03-14"


def close_year(played: Stage) -> None:
    """Let the last tick of the tenth day end, and those around it."""
    for tick in range(10 * TICKS_A_DAY - 2, 10 * TICKS_A_DAY + 2):
        played.society.end(tick)


def test_a_year_has_what_was_counted_by_the_end_of_its_last_day() -> None:
    played = stage()
    for tick in range(10 * TICKS_A_DAY + 3):
        played.engine._count["disclosures"] = 100 + tick
        played.society.end(tick)
    assert played.outcomes[f"disclosures@{FIRST}"] == 100 + 10 * TICKS_A_DAY - 1
    assert played.outcomes[f"disclosures@{SECOND}"] == 3
    assert played.outcomes["disclosures"] == 100 + 10 * TICKS_A_DAY + 2


def test_work_that_goes_on_at_new_year_is_divided() -> None:
    """A team of six works 5.4 hours a day each from the fourth day on."""
    played = stage()
    played.clocks.at(0, 3 * TICKS_A_DAY)
    assert played.lane.environment.now == 3 * TICKS_A_DAY
    played.lane.work.begin(played.lane.work.shift("DE.team", useful=True))
    close_year(played)
    found = played.outcomes
    a_day = 6 * 5.4
    assert found[f"casework_hours@{FIRST}"] == pytest.approx(a_day * 7)
    assert found[f"casework_hours@{SECOND}"] == pytest.approx(a_day * 74)


def test_need_is_judged_at_the_end() -> None:
    """Austria is told of three persons before New Year, of two after, and then has a case."""
    played = stage()
    played.disclosed(SUBJECT, 3, "AT", "DE")
    close_year(played)
    played.disclosed(SUBJECT, 5, "AT", "DE")
    assert played.outcomes[f"unnecessary_disclosures@{FIRST}"] == 6
    assert played.outcomes[f"unnecessary_disclosures@{SECOND}"] == 4
    played.lane.organisations["AT"].subjects.add(SUBJECT)
    assert played.outcomes[f"unnecessary_disclosures@{FIRST}"] == 3
    assert played.outcomes[f"unnecessary_disclosures@{SECOND}"] == 2


# Whole lanes -----------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize("name", list(MADE))
def test_running_totals_end_as_the_outcomes(name: str) -> None:
    """Every flow has years; what a threat calls a flow is what it totals."""
    loaded, result = run_of(name)
    declared = {one.name for one in loaded.spec.outcomes}
    for flow in outcomes_given(loaded.spec.threats).flows & declared:
        assert len(of_years(loaded, result, flow)) == 2, flow
    (threat,) = loaded.spec.threats.values()
    assert threat.flows <= declared


@pytest.mark.parametrize("name", list(MADE))
def test_years_add_up_to_the_total(name: str) -> None:
    loaded, result = run_of(name)
    assert missing_from_sum(loaded, result) == []


def missing_from_sum(loaded: LoadedScenario, result: BatchResult) -> list[str]:
    """Return the outcomes whose years do not add up: exactly where the total is a whole number."""
    wrong = []
    for outcome in loaded.spec.outcomes:
        parts = of_years(loaded, result, outcome.name)
        if not parts:
            continue
        total, summed = result.outcomes[outcome.name], sum(parts)
        counts = all((values == np.rint(values)).all() for values in (total, *parts))
        least = 0.0 if counts else 1e-9
        if not np.allclose(summed, total, rtol=least, atol=least):
            wrong.append(outcome.name)
    return wrong


@pytest.mark.parametrize("name", list(MADE))
def test_no_year_takes_anything_away(name: str) -> None:
    """Sums over time only grow; a share whose whole grows is none."""
    loaded, result = run_of(name)
    for outcome in loaded.spec.outcomes:
        for came in of_years(loaded, result, outcome.name):
            assert (came >= -1e-9).all(), outcome.name


def test_a_share_whose_whole_grows_is_no_sum() -> None:
    assert "arrested_share" not in outcomes_given(small().spec.threats).flows


@cache
def first_year_alone(name: str) -> BatchResult:
    """Run the small world up to New Year only."""
    make, policy, before, _ = MADE[name]
    loaded = by_year(make(before), begins=NEW_YEAR - timedelta(before))
    return run_compiled(compile_world(loaded, policies((policy,))), LANES)


def unlike_alone(name: str, loaded: LoadedScenario, result: BatchResult) -> list[str]:
    """Return the outcomes whose first year is not that of a run which ends with the year."""
    alone = first_year_alone(name)
    return [
        outcome.name
        for outcome in loaded.spec.outcomes
        if (parts := of_years(loaded, result, outcome.name))
        and outcome.name not in JUDGED  # at the end
        and not np.allclose(parts[0], alone.outcomes[outcome.name], rtol=1e-9, atol=1e-9)
    ]


@pytest.mark.parametrize("name", list(MADE))
def test_the_first_year_is_that_of_a_run_which_ends_with_it(name: str) -> None:
    loaded, result = run_of(name)
    assert unlike_alone(name, loaded, result) == []


def test_years_are_not_all_empty() -> None:
    """What is compared above is there: each year of each small world brings something."""
    for name in MADE:
        loaded, result = run_of(name)
        for number in (0, 1):
            brought = [
                outcome.name
                for outcome in loaded.spec.outcomes
                if (parts := of_years(loaded, result, outcome.name)) and parts[number].any()
            ]
            assert len(brought) >= 4, (name, number)


def test_a_lane_alone_and_replayed_has_the_same_years() -> None:
    make, policy, before, length = MADE["network"]
    loaded = by_year(make(length), begins=NEW_YEAR - timedelta(before), every=True)
    compiled = compile_world(loaded, policies((policy,)))
    _, together = run_of("network")
    for number, lane in enumerate(LANES[:2]):
        again = replay(compiled, lane).result
        for name, values in together.outcomes.items():
            assert np.array_equal(again.outcomes[name], values[[number]], equal_nan=True), name


# Planted errors --------------------------------------------------------------------------------


def _a_day_late(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = Scenario.ticks_of

    def late(self: Scenario, year: Any) -> int:
        return usual(self, year) + TICKS_A_DAY

    monkeypatch.setattr(Scenario, "ticks_of", late)


def _a_tick_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Years, "end_at", lambda self, tick: tick - 1 in self._ends)


def _other_way_round(monkeypatch: pytest.MonkeyPatch) -> None:
    def backwards(ends: Any, axis: int, prepend: float) -> Any:
        return -np.diff(ends, axis=axis, prepend=prepend)

    class Numbers:
        diff = staticmethod(backwards)

        def __getattr__(self, name: str) -> Any:
            return getattr(np, name)

    monkeypatch.setattr(totals, "np", Numbers())


def _not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first year is forgotten: all comes in the last."""

    def keep(self: Years, found: Totals) -> None:
        none = {name: 0 * row for name, row in found.of.items()}
        self._kept.append(Totals(none, found.disclosed))

    monkeypatch.setattr(Years, "keep", keep)


def _last_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Years.values

    def values(self: Years, last: Totals, lanes: Any) -> Any:
        return original(self, self._kept[-1], lanes) if self._kept else original(self, last, lanes)

    monkeypatch.setattr(Years, "values", values)


@pytest.mark.long
@pytest.mark.parametrize(
    "plant", [_a_day_late, _a_tick_late, _other_way_round, _not_cut, _last_left_out]
)
def test_a_planted_error_is_noticed(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    make, policy, before, length = MADE["network"]
    first_year_alone("network")
    plant(monkeypatch)
    loaded = by_year(make(length), begins=NEW_YEAR - timedelta(before), every=True)
    result = run_compiled(compile_world(loaded, policies((policy,))), LANES)
    assert missing_from_sum(loaded, result) or unlike_alone("network", loaded, result)


# Any number of years ---------------------------------------------------------------------------


@given(st.lists(st.lists(st.integers(0, 50), min_size=2, max_size=2), min_size=3, max_size=3))
def test_years_give_back_what_came_in_each(came: list[list[int]]) -> None:
    """Two lanes over three years, whatever came in each."""
    spec = by_year(small(horizon_days=1000), "disclosures").spec
    made = Years(spec)
    running = np.cumsum(came, axis=0).astype(float)
    assert [tick for tick in range(spec.ticks + 1) if made.end_at(tick)] == [
        365 * TICKS_A_DAY,
        730 * TICKS_A_DAY,
    ]
    for row in running[:-1]:
        made.keep(Totals({"disclosures": row}, ()))
    found = made.values(Totals({"disclosures": running[-1]}, ()), ())
    assert list(found) == [f"disclosures@{year}" for year in ("d1-365", "d366-730", "d731-1000")]
    assert [row.tolist() for row in found.values()] == came

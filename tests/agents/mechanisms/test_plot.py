"""Plots: stages, what is seen of them, the attack, and what is done about them; by hand."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy import stats

from agents.lane import Lane
from agents.mechanisms.plot.conspiracy import Conspiracy
from agents.mechanisms.plot.declaration import STAGES, room_needed
from scenarios import SpecError
from sim.seam import LEVEL_ONE
from tests.agents.plots import CELL, TICKS_A_DAY, PlotStage, calm, many, small_plots
from tests.agents.small import MEMBERS, days

TEN_DAYS = 10 * TICKS_A_DAY


def facts(stage: PlotStage, what: str) -> list[Any]:
    return [fact for fact in stage.facts if fact.what == what]


# Where they come from -----------------------------------------------------------------------------


@cache
def arrived() -> list[list[Conspiracy]]:
    """Return the plots of many worlds."""
    return many(calm(), 300)


def test_the_number_of_plots_is_a_poisson_number() -> None:
    """Mean and variance are 30 a year in 100 days; within four standard errors."""
    counts = np.array([len(plots) for plots in arrived()])
    mean = 30 * 100 / 365
    error = math.sqrt(mean / counts.size)
    assert abs(counts.mean() - mean) < 4 * error
    assert 0.7 < counts.var() / mean < 1.35


def test_they_come_at_any_time() -> None:
    times = [plot.begins / (100 * TICKS_A_DAY) for plots in arrived() for plot in plots]
    assert stats.kstest(times, "uniform").pvalue > 0.01
    assert stats.kstest(np.square(times), "uniform").pvalue < 1e-6


def test_they_come_by_population() -> None:
    homes = np.bincount([plot.home for plots in arrived() for plot in plots], minlength=9)
    atlas = calm().atlas
    people = np.array([atlas.members[code].population for code in MEMBERS], float)
    expected = people / people.sum() * homes.sum()
    assert stats.chisquare(homes, expected).pvalue > 0.01


def test_a_stage_lasts_as_declared() -> None:
    """Lognormal with a median of 20 days and a 95th percentile of 60."""
    slow = days(20).model_copy(update={"value": None, "median": 480.0, "p95": 1440.0})
    lasting = [
        plot._lasting(0) / TICKS_A_DAY
        for plots in many(calm(propaganda={"lasts": slow}), 120)
        for plot in plots
    ]
    sigma = math.log(3) / stats.norm.ppf(0.95)
    found = stats.kstest(np.log(np.array(lasting) / 20) / sigma, "norm")
    assert found.pvalue > 0.01
    assert stats.kstest(np.log(np.array(lasting) / 25) / sigma, "norm").pvalue < 1e-3


def test_content_brings_plots() -> None:
    """Where nobody meets any, only the others begin."""
    loaded = calm(arrivals={"from_content": 0.4, "exposure": 0.5})
    worlds = many(loaded, 120, 100 * TICKS_A_DAY)
    begun = [plot.how != "never begun" for plots in worlds for plot in plots]
    share, error = np.mean(begun), math.sqrt(0.8 * 0.2 / len(begun))
    assert abs(share - (1 - 0.4 * 0.5)) < 4 * error


def test_take_downs_leave_less_content_until_it_is_back() -> None:
    stage = PlotStage(calm(arrivals={"removed": 0.1, "comes_back": 24.0 * 5}))
    assert stage.does("remove", "DE") == stage.does("remove", "AT", subject=stage.decoy) == 1
    assert stage.plotters.exposure == pytest.approx(0.81)
    assert stage.outcomes["content_removed"] == 2
    stage.until(5 * TICKS_A_DAY)
    assert stage.plotters.exposure == 1


def test_more_than_there_is_room_for_are_refused() -> None:
    assert room_needed(100) == 150
    with pytest.raises(SpecError, match=r"\d+ plots are expected, and there is room for 60"):
        PlotStage(calm(arrivals={"per_year": 200}))


def test_what_was_over_before_the_first_tick_is_no_plot() -> None:
    """Sixty days from the first stage to the attack: none that began earlier is there."""
    stage = PlotStage(calm(arrivals={"before": 90 * 24.0}))
    begins = [plot.begins / TICKS_A_DAY for plot in stage.plotters.plots]
    assert min(begins) < 0
    assert min(begins) > -60
    under_way = sum(begin < 0 for begin in begins)
    assert len(facts(stage, "plot begins")) == under_way
    assert stage.outcomes["attacks"] == 0


# Their way ---------------------------------------------------------------------------------------


def test_a_plot_goes_from_stage_to_stage_to_the_attack() -> None:
    stage = PlotStage()
    plot = stage.plot
    stage.until(plot.begins + 6 * TEN_DAYS + 1)
    own = [fact for fact in stage.facts if fact.subject == plot.subject]
    ticks = [fact.tick for fact in own if fact.what == "stage begins"]
    assert ticks == [plot.begins + TEN_DAYS * number for number in range(6)]
    (attack,) = (fact for fact in own if fact.what == "attack")
    assert attack.tick == plot.begins + 6 * TEN_DAYS == plot.due
    assert plot.how == "attacked"
    found = stage.outcomes
    ended = [one for one in stage.plotters.plots if one.how == "attacked"]
    assert found["attacks"] == len(ended)
    assert found["dead"] == sum(fact.numbers["dead"] for fact in facts(stage, "attack"))
    assert found["injured"] == sum(fact.numbers["injured"] for fact in facts(stage, "attack"))
    assert found["stopped_share"] == found["plots_stopped"] == found["attacks_failed"] == 0


def test_what_there_is_to_see_of_each_stage() -> None:
    """Persons in a state over the mean of six; a third of what was, and nothing of what will be."""
    stage = PlotStage(calm(propaganda={"lingers": 0.25}, contact={"lingers": 0}))
    stage.at_stage("travel", 1)
    plot = stage.plot
    for place in range(9):
        there = plot.persons.count(place) / 6
        assert stage.level("propaganda", place) == round(there * 0.25 * LEVEL_ONE)
        assert stage.level("travel", place) == round(there * LEVEL_ONE)
        assert not any(stage.level(name, place) for name in ("contact", "funds", "materials"))
    stage.until(plot.begins + 6 * TEN_DAYS + 1)
    assert not any(stage.level(name, place) for name in STAGES for place in range(9))


@pytest.mark.parametrize(("fails", "name"), [(1, "attacks_failed"), (0, "attacks")])
def test_an_attack_fails_or_comes_off(fails: float, name: str) -> None:
    stage = PlotStage(calm(attack={"fails": fails}))
    stage.until(stage.plot.begins + 6 * TEN_DAYS + 1)
    found = stage.outcomes
    assert found[name] >= 1
    assert found["attacks"] + found["attacks_failed"] == found[name]
    assert (found["injured"] > 0) is not bool(fails)


def test_some_give_up_by_themselves() -> None:
    stage = PlotStage(calm(contact={"gives_up": 1}))
    stage.until(100 * TICKS_A_DAY)
    over = sum(plot.begins + 2 * TEN_DAYS < 100 * TICKS_A_DAY for plot in stage.plotters.plots)
    assert stage.outcomes["plots_given_up"] == over > 0
    assert all(plot.due is None for plot in stage.plotters.plots)
    assert math.isnan(stage.outcomes["days_of_warning"])


def test_a_protected_target_halves_the_harm() -> None:
    harm = []
    for protected in (False, True):
        stage = PlotStage(calm(attack={"protected": 0.5, "protected_for": 24.0 * 30}))
        plot = stage.plot
        stage.at_stage("reconnaissance")
        if protected:
            assert stage.does("protect", MEMBERS[plot.home], subject=stage.decoy) == 1
        stage.until(plot.begins + 6 * TEN_DAYS + 1)
        (attack,) = (fact for fact in facts(stage, "attack") if fact.subject == plot.subject)
        assert attack.numbers["protected"] == protected
        harm.append(attack.numbers["injured"])
    assert harm[1] == pytest.approx(harm[0] / 2, abs=0.5)
    assert harm[0] > 0


def test_whoever_hurries_can_still_be_arrested() -> None:
    stage = PlotStage(calm(struck={"hastens": 1, "falls_apart": 0.01}))
    stage.at_stage("contact", 2)
    stage.plot.persons += [stage.plot.home] * 40
    stage.does("arrest", share=0.5)
    assert stage.does("arrest", by="DE:1") > 0
    assert stage.plot.how == "stopped"
    assert stage.outcomes["stopped_in_reconnaissance"] == 1


def test_guards_deter() -> None:
    stage = PlotStage(calm(attack={"deterred": 1, "protected_for": 24.0 * 30}))
    stage.at_stage("reconnaissance")
    stage.does("protect", MEMBERS[stage.plot.home])
    stage.until(stage.plot.begins + 6 * TEN_DAYS + 1)
    assert stage.plot.how == "deterred"
    deterred = [plot for plot in stage.plotters.plots if plot.how == "deterred"]
    assert stage.outcomes["plots_deterred"] == len(deterred)


# What is done about them -------------------------------------------------------------------------


@pytest.mark.parametrize("name", STAGES)
def test_arrests_stop_it_at_its_stage(name: str) -> None:
    stage = PlotStage()
    stage.at_stage(name, 2)
    size = len(stage.plot.persons)
    assert stage.does("arrest") == size
    found = stage.outcomes
    assert stage.plot.how == "stopped"
    assert found["persons_arrested"] == size
    assert found["plots_stopped"] == 1
    assert found["stopped_share"] == 1 / (1 + found["attacks"])
    assert [float(one == name) for one in STAGES] == [
        found["stopped_in_propaganda"],
        found["stopped_in_contact"],
        found["stopped_in_travel"],
        found["stopped_in_funds"],
        found["stopped_in_materials"],
        found["stopped_in_reconnaissance"],
    ]
    assert not any(stage.level(one, place) for one in STAGES for place in range(9))
    stage.until(stage.tick + 6 * TEN_DAYS)
    assert not [fact for fact in facts(stage, "attack") if fact.subject == stage.plot.subject]


def test_who_is_left_brings_the_attack_forward_or_goes_on() -> None:
    for hastens in (0, 1):
        changes = {"hastens": hastens, "falls_apart": 0.01}
        stage = PlotStage(calm(struck=changes, attack={"hurried": 1}))
        stage.at_stage("contact", 2)
        plot = stage.plot
        plot.persons += [plot.home] * 40
        taken = stage.does("arrest", share=0.5)
        assert 0 < taken < len(plot.persons) + taken
        stage.until(stage.tick + 3)
        assert plot.how == ("attacked" if hastens else "")
        assert STAGES[min(plot.stage, 5)] == ("reconnaissance" if hastens else "contact")


@pytest.mark.parametrize(("name", "guilty"), [("contact", 0), ("materials", 1)])
def test_who_is_arrested_too_early_is_acquitted(name: str, guilty: float) -> None:
    stage = PlotStage(calm(contact={"provable": 0}, materials={"provable": 1}))
    stage.at_stage(name)
    size = stage.does("arrest")
    places = [MEMBERS[place] for place in sorted(stage.plot.detained)]
    assert stage.does("convict", *places) == size * guilty
    assert stage.outcomes["persons_convicted"] == size * guilty
    assert len(stage.plot.persons) == size * (1 - guilty)
    assert stage.does("convict", *places) == 0


def test_after_acquittals_it_may_begin_again() -> None:
    for again in (0, 1):
        loaded = calm(travel={"provable": 0}, struck={"begins_again": again})
        stage = PlotStage(loaded)
        stage.at_stage("travel")
        stage.does("arrest")
        stage.does("convict", *(MEMBERS[place] for place in sorted(stage.plot.detained)))
        assert stage.plot.is_active is bool(again)
        if again:
            assert STAGES[stage.plot.stage] == "contact"
            stage.does("arrest", by="DE:1")
            assert stage.outcomes["plots_stopped"] == 2


@pytest.mark.parametrize("name", STAGES)
def test_money_and_materials_can_be_withheld(name: str) -> None:
    stage = PlotStage()
    stage.at_stage(name, 4)
    plot = stage.plot
    can = name in {"funds", "materials"}
    assert stage.does("deny") == can
    assert plot.next_tick == (stage.tick if can else stage.tick - 4 * TICKS_A_DAY - 1) + TEN_DAYS
    assert plot.is_active


def test_somebody_who_is_denied_may_give_up() -> None:
    stage = PlotStage(calm(struck={"denied_ends": 1}))
    stage.at_stage("materials")
    elsewhere = [code for place, code in enumerate(MEMBERS) if place not in stage.plot.persons]
    assert stage.does("deny", *elsewhere) == 0
    assert stage.does("deny") == 1
    assert stage.outcomes["stopped_in_materials"] == stage.outcomes["plots_stopped"] == 1


def test_talks_end_it_if_enough_leave() -> None:
    stage = PlotStage(calm(propaganda={"persuadable": 1}, contact={"persuadable": 0}))
    stage.at_stage("propaganda", 1)
    size = len(stage.plot.persons)
    assert stage.does("disengage") == size
    assert stage.plot.how == "disengaged"
    assert stage.outcomes["plots_disengaged"] == 1
    assert stage.outcomes["persons_disengaged"] == size
    late = PlotStage(calm(contact={"persuadable": 0}))
    late.at_stage("contact")
    assert late.does("disengage") == 0
    assert late.plot.is_active


def test_more_is_seen_of_whoever_is_watched() -> None:
    stage = PlotStage(calm(struck={"seen_more": 3}))
    stage.at_stage("contact")
    place = stage.plot.home
    before = stage.level("contact", place)
    assert stage.does("watch", MEMBERS[place]) == 1
    assert stage.does("watch", MEMBERS[place]) == 0
    assert stage.level("contact", place) == pytest.approx(4 * before, abs=4)
    stage.until(stage.tick + 2 * TICKS_A_DAY)
    persons = stage.plot.persons.count(place)
    assert stage.outcomes["watched_person_days"] == pytest.approx(2 * persons)
    assert stage.does("release", MEMBERS[place]) == 1
    assert stage.does("release", MEMBERS[place]) == 0
    assert stage.level("contact", place) == before
    stage.until(stage.tick + TICKS_A_DAY)
    found = stage.outcomes
    assert found["watched_person_days"] == pytest.approx(2 * persons)
    assert found["watched_for_nothing"] == found["watched_for_nothing_days"] == 0


def test_a_coincidence_is_watched_for_nothing() -> None:
    stage = PlotStage()
    decoy = stage.decoy
    for by in ("DE:0", "DE:1"):
        assert stage.does("watch", "DE", subject=decoy, by=by) == 1
        stage.until(stage.tick + 3 * TICKS_A_DAY)
        assert stage.does("release", "DE", subject=decoy, by=by) == 1
    found = stage.outcomes
    assert found["watched_for_nothing"] == 1
    assert found["watched_for_nothing_days"] == found["watched_person_days"] == 6
    assert not any(
        stage.does(verb, "DE", subject=decoy) for verb in ("arrest", "convict", "deny", "disengage")
    )


def test_warning_is_counted_from_the_first_recognition() -> None:
    stage = PlotStage()
    plots = [one for one in stage.plotters.plots if one.begins + 6 * TEN_DAYS < 400]
    stage.until(plots[0].begins + 2 * TEN_DAYS + 1)
    lane: Lane = stage.lane
    lane.aware(plots[0].subject, "DE")
    begun = [one for one in stage.plotters.plots if one.stage >= 0]
    due = [one for one in begun if one.due is not None and one.due < 400]
    days_ahead = (plots[0].begins + 6 * TEN_DAYS - stage.tick) / TICKS_A_DAY
    assert stage.outcomes["days_of_warning"] == pytest.approx(days_ahead / len(due))
    assert stage.outcomes["recognised_share"] == 1 / len(begun)
    assert stage.outcomes["plots_begun"] == len(begun)


def test_each_coincidence_looks_like_one_stage() -> None:
    loaded = small_plots(CELL, decoys=200)
    spec: Any = loaded.spec.threats[CELL]
    stage = PlotStage(loaded)
    shown: dict[int, set[str]] = {}
    first = stage.decoy - 199
    for tick in range(60 * TICKS_A_DAY):
        stage.until(tick)
        for subject in range(first, stage.decoy + 1):
            shown.setdefault(subject, set()).update(
                name
                for number, name in enumerate(STAGES)
                if stage.lane._activity.get((subject, number))
            )
    assert {len(names) for names in shown.values()} == {1}
    counts = np.array([sum(name in one for one in shown.values()) for name in spec.signals])
    weights = np.array([one.value for one in spec.signals.values()])
    assert stats.chisquare(counts, weights / weights.sum() * 200).pvalue > 0.01

"""What finished lanes can be asked by name, and what they cannot."""

from __future__ import annotations

import numpy as np
import pytest

from agents import load_scenario
from agents.lane.help import Call
from agents.society import batch
from agents.society.quantities import Question, quantity, read_off
from agents.society.society import Society
from scenarios import SpecError
from sim import LaneId
from tests.agents.small_fire import HALF_HOURS, MEMBERS, FireStage, small_fire


@pytest.mark.parametrize(
    ("scenario", "name", "unit", "parameter", "of_calls"),
    [
        ("forest-fire", "aircraft_at_work@48h", "aircraft", 48, True),
        ("forest-fire", "ground_at_work@2 d", "ground modules", 48, True),
        ("forest-fire", "aircraft_come_h@5", "hours", 5, True),
        ("forest-fire", "states_offering@90 min", "states", 1.5, True),
        ("forest-fire", "hectares_burnt", "hectares", 1, False),
        ("forest-fire", "calls/year", "calls a year", 30 / 365, False),
        ("cyber-outbreak", "hours_to_case", "hours", 1, False),
        ("cyber-outbreak", "warned_in_time", "share", 1, False),
    ],
)
def test_what_is_offered(scenario, name, unit, parameter, of_calls):
    asked = quantity(load_scenario(scenario), name)
    assert (asked.name, asked.unit, asked.is_of_calls) == (name, unit, of_calls)
    assert asked.parameter == pytest.approx(parameter)


@pytest.mark.parametrize(
    ("scenario", "name", "told"),
    [
        ("forest-fire", "aircraft", "aircraft_accepted"),
        ("forest-fire", "hectares", "hectares_burnt"),
        ("forest-fire", "first_offer_h@2h", "nothing behind it"),
        ("forest-fire", "first_offer_h@", "nothing behind it"),
        ("forest-fire", "aircraft_at_work", "a time since the call"),
        ("forest-fire", "aircraft_at_work@48", "48h"),
        ("forest-fire", "aircraft_at_work@-1h", "negative"),
        ("forest-fire", "aircraft_at_work@31d", "ends after 30 days"),
        ("forest-fire", "aircraft_come_h", "a number of modules"),
        ("forest-fire", "aircraft_come_h@0", "whole number"),
        ("forest-fire", "aircraft_come_h@2h", "whole number"),
        ("forest-fire", "aircraft_come_h@²", "whole number"),
        ("forest-fire", "unanswered_calls/year", "do not add up"),
        ("forest-fire", "hours_to_first_offer@2h", "quantity"),
        ("forest-fire", "searches", "does not declare"),
        ("cyber-outbreak", "hours_to_case/year", "do not add up"),
        ("cyber-outbreak", "aircraft_at_work@48h", "nobody calls for help"),
        ("cyber-outbreak", "calls", "quantity"),
    ],
)
def test_what_is_not_offered(scenario, name, told):
    with pytest.raises(SpecError) as refused:
        quantity(load_scenario(scenario), name)
    assert told in str(refused.value)
    assert refused.value.value == name


def test_only_what_a_scenario_offers_is_named_to_choose_from():
    with pytest.raises(SpecError) as refused:
        quantity(load_scenario("cyber-outbreak"), "first_offer")
    assert "first_offer_h" not in str(refused.value)


def test_a_mean_over_calls_is_no_number_by_the_year_only_where_it_says_so():
    """Hours that are not a time to be reached (staff hours) add up."""
    asked = quantity(load_scenario("cyber-outbreak"), "staff_hours/year")
    assert asked.parameter == pytest.approx(28 / 365)


def test_calls_of_one_state_and_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two lanes; a call that was never written is none."""
    event = None

    def played(_: object, society: Society, horizon: int) -> None:
        assert horizon == 2 * 24 * HALF_HOURS
        rows = (0, "EL", 4, 1), (0, "EL", 6, 1), (0, "FR", 8, 1), (1, "EL", 9, 2), (1, "EL", 3, 0)
        for number, code, first_offer, written in rows:
            call = Call(MEMBERS.index(code), 0, 0, 0, event, calls=written)  # type: ignore[arg-type]
            call.first_call, call.first_offer = 2 if written else None, first_offer
            society.lanes[number].help.calls.append(call)

    def advanced(made: object, society: Society, horizon: int) -> None:
        society.start(made)  # type: ignore[arg-type]
        played(made, society, horizon)

    monkeypatch.setattr(batch, "advance", advanced)
    compiled = FireStage().compiled
    monkeypatch.setattr(
        batch, "outcomes_of", lambda *_: {"calls": np.array([3.0, 1.0]), "gone": np.array([np.nan])}
    )
    scenario = small_fire()
    offers, calls = (quantity(scenario, name) for name in ("first_offer_h", "calls"))
    lanes = [LaneId(0, 1, 0), LaneId(0, 1, 1)]
    questions = [Question(offers, "EL"), Question(calls, None), Question(offers, "FR")]
    found = read_off(compiled, lanes, questions)
    assert [one.tolist() for one in found] == [[1, 2, 3.5], [3, 1], [3]]


def test_a_time_not_reached_is_never_and_a_year_is_a_year(monkeypatch) -> None:
    scenario = load_scenario("cyber-outbreak")
    values = {"hours_to_case": np.array([3.0, np.nan]), "false_alarms": np.array([28.0, 0.0])}
    monkeypatch.setattr(
        "agents.society.quantities.run_with_calls",
        lambda *_: (type("Result", (), {"outcomes": values}), []),
    )
    asked = [Question(quantity(scenario, n), None) for n in ("hours_to_case", "false_alarms/year")]
    case, alarms = read_off(FireStage().compiled, [], asked)
    assert case.tolist() == [3, np.inf]
    assert alarms.tolist() == pytest.approx([365, 0])


def test_real_lanes_are_read_as_a_comparison_reads_them():
    """Calls by all states are the outcome; and the world is the same as in any run."""
    compiled = FireStage().compiled
    lanes = [LaneId(0, 3, number) for number in range(2)]
    scenario = small_fire()
    asked = [Question(quantity(scenario, "first_offer_h"), code) for code in MEMBERS]
    asked.append(Question(quantity(scenario, "calls"), None))
    *by_state, calls = read_off(compiled, lanes, asked)
    assert sum(one.size for one in by_state) == calls.sum() > 0
    assert calls.tolist() == batch.run_compiled(compiled, lanes).outcomes["calls"].tolist()

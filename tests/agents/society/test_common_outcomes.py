"""What is read off lanes of every threat: rights, backlog and casework; numbers by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from agents.lane.cases import Case
from agents.society import caseload, totals
from scenarios import LoadedScenario
from sim.seam import COUNTERS
from tests.agents.small import (
    DAYS,
    SUBJECT,
    TICKS_A_DAY,
    Stage,
    certain,
    changed,
    days,
    small,
    without,
)

DECOY, OTHER = 1, 2
TEAM_DAY, UNIT_DAY = 6 * 5.4, 2 * 5.4
"""Hours: six officers of a team, two of a financial unit; each works 5.4 in a calendar day."""


@cache
def _scenario(teams: int) -> LoadedScenario:
    """Return a scenario in which police see through a coincidence only after 30 days.

    A lead is verified in 10 days, for true; it is investigated in 20, and a strike prepared in 4;
    after verification money is traced in 12 days, and frozen in two. Nobody gives up waiting.
    """
    fixed = {"verification": 10, "investigation": 20, "authorisation": 4, "queue": 300}
    money = {"tracing": 12, "freezing": 2, "queue": 300}
    whole = small(
        procedures={
            **certain(**{name: days(one) for name, one in fixed.items()}, seen_through=0),
            "money": {name: days(one) for name, one in money.items()},
        },
        posts={"team": {"number": float(teams)}},
    )
    loaded = without(whole, "joint-operation")
    spec = loaded.spec
    (opened,) = (one for one in spec.outcomes if one.name == "cases_opened")
    outcomes = (*spec.outcomes, changed(opened, name="cases_closed"))
    return replace(loaded, spec=changed(spec, outcomes=outcomes))


def stage(teams: int = 1) -> Stage:
    return Stage(_scenario(teams))


# Rights --------------------------------------------------------------------------------------


def test_each_outcome_reads_its_own_counter() -> None:
    """Counters are set to numbers that no two share."""
    played = stage()
    for number, name in enumerate(COUNTERS):
        played.engine._count[name] = 1000 + number
    found = played.outcomes
    assert found["disclosures"] == 1000 + COUNTERS.index("disclosures")
    assert found["refused_releases"] == 1000 + COUNTERS.index("refused")
    assert found["violations"] == 1000 + COUNTERS.index("violations")


def test_a_person_year_has_365_days() -> None:
    """Two persons are kept for a year, and one for a fifth of a year."""
    played = stage()
    played.engine._count["person_days"] = 2 * 365 + 73
    assert played.outcomes["person_years"] == pytest.approx(2.2)


def test_a_disclosure_is_unnecessary_to_who_has_no_part() -> None:
    """Germany has seen the network and Europol has a file on it; Austria has neither."""
    played = stage()
    played.saw(SUBJECT, "DE")
    played.lane.organisations["europol"].subjects.add(SUBJECT)
    played.lane.organisations["AT"].subjects.add(DECOY)
    played.disclosed(SUBJECT, 3, "DE", "AT", "europol")
    played.disclosed(DECOY, 5, "AT")
    assert played.outcomes["unnecessary_disclosures"] == 3 + 5


# Reading -------------------------------------------------------------------------------------


def test_false_recognitions_are_counted_by_desk() -> None:
    played = stage()
    played.recognised(DECOY, "DE", "AT", "europol")
    played.recognised(OTHER, "DE")
    played.recognised(SUBJECT, "DE", "AT")
    assert played.outcomes["false_recognitions"] == 4
    assert played.outcomes["false_subjects"] == 2


def test_reports_never_read() -> None:
    """Forty reached a queue and thirty were read; of none queued none is unread."""
    played = stage()
    assert played.outcomes["never_read_share"] == 0
    played.engine._count.update(queued=40, read=30, served=35, delivered=80)
    assert played.outcomes["never_read_share"] == pytest.approx(0.25)


def test_the_backlog_is_that_of_the_end_of_each_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three days of four ticks, at whose ends 10, 40 and 7 reports wait; in between 1,000 do."""
    played = stage()
    waiting = {3: 10, 7: 40, 11: 7}
    for tick in range(3 * TICKS_A_DAY):
        now = np.array([waiting.get(tick, 1000)])
        monkeypatch.setattr(played.engine, "backlog", lambda now=now: now)
        played.society.end(tick)
    assert played.outcomes["backlog_mean"] == pytest.approx(57 / 3)
    assert played.outcomes["backlog_peak"] == 40


def test_the_series_are_recorded_at_the_end_of_each_week(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve weeks of 28 ticks. In the second two organisations know, and one team is at work."""
    played = stage()
    for tick in range(3 * 7 * TICKS_A_DAY):
        now = np.array([tick])
        monkeypatch.setattr(played.engine, "backlog", lambda now=now: now)
        played.engine._count["disclosures"] = 2 * tick
        if tick == 30:
            played.saw(DECOY, "DE")
            played.recognised(DECOY, "DE")
            played.recognised(SUBJECT, "PL", "europol")
        played.society.end(tick)
    series = {name: values[0, :3].tolist() for name, values in played.society.series.items()}
    assert played.society.series_ticks == list(range(27, 336, 28))
    assert series["backlog"] == [27, 55, 83]
    assert series["disclosures"] == [54, 110, 166]
    assert series["aware_organisations"] == [0, 2, 2]


def test_open_cases_are_those_that_hold_a_place() -> None:
    """Slovenia has one team, for two coincidences; each takes ten days and twenty.

    Their money is looked into from day 10 and day 40 on, for 26 days each: there is no asset
    recovery office.
    """
    played = stage()
    assert not played.layout.atlas.members["SI"].aro_2010
    for subject in (DECOY, OTHER):
        played.saw(subject, "SI")
        played.recognised(subject, "SI")
    for tick in range(10 * 7 * TICKS_A_DAY):
        played.until(tick / TICKS_A_DAY)
        played.society.end(tick)
    found = played.society.series["open_cases"][0, :10]
    assert found.tolist() == [1, *[2] * 7, 1, 0]


# Casework ------------------------------------------------------------------------------------


def test_hours_of_casework_on_what_is_real_and_on_decoys() -> None:
    """A decoy takes a German team 30 days, and from day 10 on the financial unit for 14.

    The network takes another team from day 4 on, for 10 days, 20 and 4, and from day 24 on, when
    it has a place free, the financial unit for 14 days.
    """
    played = stage(teams=2)
    played.settle(("DE", 5))
    played.saw(DECOY, "DE")
    played.saw(SUBJECT, "DE")
    played.recognised(DECOY, "DE")
    played.until(4)
    played.recognised(SUBJECT, "DE")
    played.until(60)
    wrong = 30 * TEAM_DAY + 14 * UNIT_DAY
    assert played.outcomes["false_casework_hours"] == pytest.approx(wrong)
    real = 34 * TEAM_DAY + 14 * UNIT_DAY
    assert played.outcomes["casework_hours"] == pytest.approx(real + wrong)


def test_work_still_open_counts_to_the_end_of_the_run() -> None:
    """The network takes an Austrian team from day 70, and the financial unit from day 80 on."""
    played = stage()
    played.saw(SUBJECT, "AT")
    played.until(70)
    played.recognised(SUBJECT, "AT")
    played.until(81)
    assert DAYS == 84
    assert played.outcomes["casework_hours"] == pytest.approx(14 * TEAM_DAY + 4 * UNIT_DAY)


# Cases ---------------------------------------------------------------------------------------


def three_leads() -> Stage:
    """Return a stage on which the one team of Slovenia has three coincidences.

    Two are recognised on day 0 and the third on day 50. The team is on the first until day 30, on
    the second until day 60, and on the third from then on. Suspects there are after ten days each.
    """
    played = stage()
    for subject in (DECOY, OTHER, OTHER + 1):
        played.saw(subject, "SI")
    played.recognised(DECOY, "SI")
    played.recognised(OTHER, "SI")
    played.until(50)
    played.recognised(OTHER + 1, "SI")
    played.until(84)
    return played


def test_cases_opened_closed_and_dropped() -> None:
    """Each lead that is upheld has a case on its money beside it; none was dropped as a lead."""
    played = three_leads()
    investigations, money = played.cases("investigation"), played.cases("money")
    assert [(case.subject, case.how) for case in investigations] == [
        (DECOY, "not-proven"),
        (OTHER, "not-proven"),
        (OTHER + 1, ""),
    ]
    assert [case.how for case in money] == ["frozen", "frozen", ""]
    found = played.outcomes
    assert found["cases_opened"] == 6
    assert found["cases_closed"] == 4
    assert found["cases_dropped"] == 0


def test_a_lead_is_dropped_that_ends_without_a_suspect() -> None:
    """Slovenia pursues one of two and puts the other aside unread; Hungary sees through one.

    What came of a case that never has suspects, as that on money, or is about nobody, is no matter.
    """
    played = stage()
    played.saw(DECOY, "SI", "HU")
    played.recognised(DECOY, "SI")
    cases, places = played.lane.cases, played.layout.places
    for code, subject, how in (("SI", OTHER, "overtaken"), ("HU", DECOY, "dropped")):
        lead = cases.open("investigation", code, places[code], subject, 0)
        cases.close(lead, how, 3)
    patrol = cases.open("joint-operation", "frontex", -1, -1, 0)
    cases.close(patrol, "ended", 3)
    played.until(40)
    assert played.case_of("SI", "money", DECOY).how == "frozen"
    found = played.outcomes
    assert found["cases_opened"] == 4
    assert found["cases_closed"] == 4
    assert found["cases_dropped"] == 2


def test_waiting_is_that_of_all_cases_for_people() -> None:
    """The second lead waits for 30 days and the third for 10; of six cases none else does."""
    assert three_leads().outcomes["waiting_days"] == pytest.approx((30 + 10) / 6)


def test_who_still_waits_has_waited_until_the_end() -> None:
    """On day 80 the team is busy: four days until the end, of two cases and one on money."""
    played = stage()
    played.saw(DECOY, "SI")
    played.saw(OTHER, "SI")
    played.until(65)
    played.recognised(DECOY, "SI")
    played.until(80)
    played.recognised(OTHER, "SI")
    played.until(82)
    assert played.outcomes["waiting_days"] == pytest.approx(4 / 3)


def test_nobody_waits_where_there_is_no_case() -> None:
    assert stage().outcomes["waiting_days"] == 0


# Persons wrongly pursued ---------------------------------------------------------------------


def test_two_persons_of_a_coincidence_are_pursued_in_each_state() -> None:
    """Slovenia pursues those of three; Austria those of one of them, and people of the network."""
    played = three_leads()
    assert played.outcomes["wrongly_pursued"] == 2 * 3
    for subject in (DECOY, SUBJECT):
        case = played.lane.cases.open("investigation", "AT", played.layout.places["AT"], subject, 8)
        played.lane.cases.uphold(case, 40)
    assert played.outcomes["wrongly_pursued"] == 2 * 4


def test_who_is_pursued_twice_in_a_state_is_one_person_for_a_longer_time() -> None:
    played = three_leads()
    before = played.outcomes
    cases, place = played.lane.cases, played.layout.places["SI"]
    again = cases.open("investigation", "SI", place, DECOY, 0)
    cases.uphold(again, 40 * TICKS_A_DAY)
    cases.close(again, "not-proven", 50 * TICKS_A_DAY)
    assert played.outcomes["wrongly_pursued"] == before["wrongly_pursued"]
    more = played.outcomes["wrongly_pursued_years"] - before["wrongly_pursued_years"]
    assert more == pytest.approx(2 * 10 / 365)


def test_years_of_being_pursued_count_from_suspicion_to_the_end_of_the_case() -> None:
    """From day 10 to 30, from 40 to 60, and from 70 to the end of the run, by two persons each."""
    years = three_leads().outcomes["wrongly_pursued_years"]
    assert years == pytest.approx(2 * (20 + 20 + 14) / 365)


def test_a_network_is_not_wrongly_pursued() -> None:
    played = stage()
    played.saw(SUBJECT, "AT")
    played.recognised(SUBJECT, "AT")
    played.until(80)
    found = played.outcomes
    assert found["wrongly_pursued"] == found["wrongly_pursued_years"] == 0


# Planted errors ------------------------------------------------------------------------------


def _open_ones_left_out(original: Any) -> Any:
    def pursued(self: Case, now: float) -> float:
        return 0 if self.closed is None else float(original(self, now))

    return pursued


def _from_opening(_: Any) -> Any:
    def pursued(self: Case, now: float) -> float:
        return (now if self.closed is None else self.closed) - self.opened

    return pursued


def _only_when_granted(_: Any) -> Any:
    return lambda self, _: self.waited


def _with_patrols(_: Any) -> Any:
    return lambda lane, _: lane.cases.all


def _one_person(_: Any) -> Any:
    return lambda *_: 1


def _networks_too(_: Any) -> Any:
    return lambda lane, _: [case for case in lane.cases.all if case.upheld is not None]


def _whatever_the_procedure(_: Any) -> Any:
    return lambda scenario: set(scenario.procedures)


def _years_of_360_days(hours: int) -> int:
    return hours // 365 * 360


@pytest.mark.parametrize(
    ("where", "name", "error", "notices"),
    [
        (
            Case,
            "pursued",
            _open_ones_left_out,
            test_years_of_being_pursued_count_from_suspicion_to_the_end_of_the_case,
        ),
        (
            Case,
            "pursued",
            _from_opening,
            test_years_of_being_pursued_count_from_suspicion_to_the_end_of_the_case,
        ),
        (Case, "waiting", _only_when_granted, test_who_still_waits_has_waited_until_the_end),
        (
            totals,
            "cases_on_subjects",
            _with_patrols,
            test_a_lead_is_dropped_that_ends_without_a_suspect,
        ),
        (
            totals,
            "kinds_of_lead",
            _whatever_the_procedure,
            test_a_lead_is_dropped_that_ends_without_a_suspect,
        ),
        (
            caseload,
            "persons_of",
            _one_person,
            test_two_persons_of_a_coincidence_are_pursued_in_each_state,
        ),
        (caseload, "wrongly_upheld", _networks_too, test_a_network_is_not_wrongly_pursued),
        (
            totals,
            "HOURS_A_YEAR",
            _years_of_360_days,
            test_years_of_being_pursued_count_from_suspicion_to_the_end_of_the_case,
        ),
        (totals, "PERSON_DAYS_A_YEAR", lambda _: 360, test_a_person_year_has_365_days),
    ],
)
def test_a_planted_error_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
    where: Any,
    name: str,
    error: Callable[[Any], Any],
    notices: Callable[[], None],
) -> None:
    notices()
    monkeypatch.setattr(where, name, error(getattr(where, name)))
    with pytest.raises(AssertionError):
        notices()

"""What is read off lanes of a cyber outbreak; every number worked out by hand.

A tick is a quarter of an hour. Poland and Romania have no response team.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from agents.lane.verbs import Blow
from agents.mechanisms.outbreak.compartments import Compartments
from scenarios.schema.delays import Delay
from tests.agents.cyber import DAYS, MEMBERS, SUBJECT, OutbreakStage, small_outbreak
from tests.agents.small import with_procedures

DECOY, OTHER = 1, 2
AN_HOUR = 4
"""Ticks."""
AT, CZ, DE, PL, RO = (MEMBERS.index(code) for code in ("AT", "CZ", "DE", "PL", "RO"))


def hours(number: float) -> Delay:
    return Delay(value=f"{number} h", assumed="for the test")  # type: ignore[arg-type]


def stage(begins_h: float = 0, **values: Any) -> OutbreakStage:
    """Return a stage on which the outbreak begins at an hour of the test's choice."""
    played = OutbreakStage(**values)
    played.outbreak.begins = round(begins_h * AN_HOUR)
    return played


def populate(played: OutbreakStage, **vulnerable: int) -> Compartments:
    """Have so many operators, all of one sector, in some states be vulnerable, and nobody else."""
    cells = played.threat.compartments
    cells.vulnerable[:] = cells.at_first[:] = cells._open[:] = 0
    for code, number in vulnerable.items():
        place = MEMBERS.index(code)
        cells.vulnerable[0, place, 0] = cells.at_first[0, place] = cells._open[0, place] = number
    return cells


# The outbreak --------------------------------------------------------------------------------


def brief_outbreak() -> OutbreakStage:
    """Return a stage with a malware that does not spread.

    Once an hour, in its last tick, whoever is infected cuts itself off, and whoever had cut itself
    off works again.
    """
    still = {"in_cell": 0, "in_state": 0, "anywhere": 0, "isolation": 1e-3, "restoring": 1e-3}
    return stage(malware=still, decoys=1)


def test_operators_down_and_hours_of_outage() -> None:
    """Five operators are infected in tick 0, cut off in tick 3 and restored in tick 7.

    They are down at the end of ticks 0 to 6. From tick 10 on three others are, until tick 15: for
    5 ticks. A tick is a quarter of an hour. The three are infected, cut off or restored: all eight
    have been infected, whenever one looks.
    """
    played = brief_outbreak()
    cells = populate(played, AT=50, PL=50)
    down = []
    for tick in range(16):
        if tick in (0, 10):
            cells.seed(0, 5 if tick == 0 else 3)
        cells.step(tick)
        down.append(int(cells.down.sum()))
        assert played.outcomes["operators_infected"] == (5 if tick < 10 else 8)
    assert down == [5] * 7 + [0] * 3 + [3] * 5 + [0]
    assert played.outcomes["peak_down"] == 5
    assert played.outcomes["outage_hours"] == pytest.approx((7 * 5 + 5 * 3) / 4)


def test_the_series_of_an_outbreak() -> None:
    """Five infected, of whom three are cut off and one restored; two states are warned."""
    played = brief_outbreak()
    cells = populate(played, AT=50)
    cells.infected[0, AT, 0], cells.isolated[0, AT, 0], cells.restored[0, PL, 0] = 1, 3, 1
    cells.down[0, AT] = 4
    for place in (AT, CZ):
        played.outbreak.warn(SUBJECT, place)
    played.outbreak.warn(DECOY, DE)
    series = {name: float(value) for name, (value,) in played.threat.series().items()}
    assert series == {"operators_down": 4, "operators_infected": 5, "warned_states": 2}


# Warnings ------------------------------------------------------------------------------------


def test_hours_to_warnings_count_from_the_beginning_of_the_outbreak() -> None:
    """It begins in hour 8; Austria warns in hour 20, Poland in 31, the others in 50."""
    played = stage(begins_h=8)
    assert math.isnan(played.outcomes["hours_to_first_warning"])
    for hour, places in ((20, [AT]), (31, [PL]), (50, range(len(MEMBERS)))):
        assert math.isnan(played.outcomes["hours_to_all_warned"])
        played.until(hour)
        for place in places:
            played.outbreak.warn(SUBJECT, place)
    assert played.outcomes["hours_to_first_warning"] == 20 - 8
    assert played.outcomes["hours_to_all_warned"] == 50 - 8


def test_a_warning_of_nothing_warns_nobody_of_the_malware() -> None:
    played = stage()
    for place in range(len(MEMBERS)):
        played.outbreak.warn(DECOY, place)
    for name in ("hours_to_first_warning", "hours_to_all_warned"):
        assert math.isnan(played.outcomes[name])
    assert played.outcomes["warned_in_time"] == 0


def test_who_is_infected_is_warned_too_late() -> None:
    """Ten of Austria's ten and five of Germany's twenty could still be infected, of fifty."""
    played = stage()
    cells = populate(played, AT=10, DE=20, PL=20)
    cells.vulnerable[0, DE, 0] = 5
    for place in (AT, DE):
        played.outbreak.warn(SUBJECT, place)
    assert played.outcomes["warned_in_time"] == pytest.approx(15 / 50)


def test_who_patched_before_was_vulnerable_at_first_all_the_same() -> None:
    played = stage()
    cells = populate(played, AT=10)
    cells.vulnerable[0, AT, 0] = 4
    cells._open[0, AT] = 4
    played.outbreak.warn(SUBJECT, AT)
    assert played.outcomes["warned_in_time"] == pytest.approx(0.4)


def test_the_gap_is_positive_where_states_with_a_team_fare_better() -> None:
    """Of 30 operators with a team 15 are warned in time; of 20 without one 8."""
    played = stage()
    cells = populate(played, AT=10, DE=20, PL=12, RO=8)
    cells.vulnerable[0, DE, 0] = 5
    for place in (AT, DE, RO):
        played.outbreak.warn(SUBJECT, place)
    assert played.outcomes["gap_without_team"] == pytest.approx(15 / 30 - 8 / 20)


def test_the_gap_is_negative_where_states_without_a_team_fare_better() -> None:
    played = stage()
    populate(played, AT=10, DE=30, PL=12, RO=8)
    for place in (AT, PL, RO):
        played.outbreak.warn(SUBJECT, place)
    assert played.outcomes["gap_without_team"] == pytest.approx(10 / 40 - 1)


def test_there_is_no_gap_where_everybody_has_a_team() -> None:
    """Nobody is vulnerable in Poland and Romania, or those are not there at all."""
    played = stage()
    populate(played, AT=10, DE=20)
    played.outbreak.warn(SUBJECT, AT)
    assert played.outcomes["warned_in_time"] == pytest.approx(10 / 30)
    assert math.isnan(played.outcomes["gap_without_team"])
    loaded = small_outbreak()
    teams = {code: row for code, row in loaded.atlas.members.items() if row.cert_2010}
    played = stage(loaded=replace(loaded, atlas=replace(loaded.atlas, members=teams)))
    played.outbreak.warn(SUBJECT, AT)
    assert math.isnan(played.outcomes["gap_without_team"])


def test_there_is_no_gap_where_nobody_has_a_team() -> None:
    played = stage()
    populate(played, PL=12, RO=8)
    played.outbreak.warn(SUBJECT, RO)
    assert math.isnan(played.outcomes["gap_without_team"])


def test_the_gap_is_0_where_nobody_is_warned() -> None:
    played = stage()
    populate(played, AT=10, RO=8)
    assert played.outcomes["gap_without_team"] == 0


def test_all_heed_a_warning_until_a_false_alarm() -> None:
    played = stage(incident={"heeds": 1.0, "heeds_less": 1.0})
    cells = populate(played, AT=10, DE=10)
    played.outbreak.warn(DECOY, DE)
    for place in (AT, DE):
        played.outbreak.warn(SUBJECT, place)
    assert cells.alerted[0, [AT, DE], 0].tolist() == [10, 0]


def test_false_alarms_are_counted_by_state_and_coincidence() -> None:
    played = stage()
    for place, subject in ((DE, DECOY), (DE, OTHER), (AT, DECOY), (CZ, SUBJECT)):
        played.outbreak.warn(subject, place)
    assert played.outcomes["false_alarms"] == 3


# Indicators ----------------------------------------------------------------------------------


def test_indicators_written_by_those_who_searched() -> None:
    """Two search the malware, one a coincidence that it does not see through, one only checks."""
    played = stage(incident={"seen_through": 0.0})
    played.recognised(SUBJECT, "AT.cert")
    played.recognised(SUBJECT, "RO.police")
    played.recognised(DECOY, "DE.cert")
    played.told("CZ.cert", SUBJECT, "indicator", "AT.cert")
    played.until(24 * 30)
    assert played.outcomes["indicators_written"] == 3


def test_a_search_takes_longer_without_a_team_and_a_warning_follows_it() -> None:
    """Three hours with a team, seven without; then two until the operators are warned."""
    delays = {"search": hours(3), "search_without_team": hours(7), "warning": hours(2)}
    played = stage(incident=delays)
    played.recognised(SUBJECT, "AT.cert")
    played.recognised(SUBJECT, "RO.police")
    played.until(24)
    assert played.outbreak.warned == {AT: 5 * AN_HOUR, RO: 9 * AN_HOUR}


def test_who_reads_an_indicator_of_the_malware() -> None:
    """The Czech team and ENISA; the German one reads of a coincidence only, Italy a warning."""
    played = stage()
    for _ in range(2):
        played.told("CZ.cert", SUBJECT, "indicator", "AT.cert")
    played.told("enisa.desk", SUBJECT, "indicator", "AT.cert")
    played.told("DE.cert", DECOY, "indicator", "AT.cert")
    played.told("IT.cert", SUBJECT, "warning", "enisa.desk")
    assert played.outcomes["indicator_readers"] == 2


# Work ----------------------------------------------------------------------------------------


def test_work_of_teams_and_of_operators_who_read_a_warning() -> None:
    """The Czech team checks for 3 hours and warns for 2, the German one too, of a coincidence.

    A handler works 5.4 hours in a calendar day; an operator spends two hours on a warning.
    """
    delays = {"checking": hours(3), "warning": hours(2)}
    played = stage(incident={**delays, "seen_through": 0.0})
    played.told("CZ.cert", SUBJECT, "indicator", "AT.cert")
    played.told("DE.cert", DECOY, "indicator", "AT.cert")
    played.until(24)
    operators = played.threat.compartments.operators[[CZ, DE]].sum()
    shift = 5 * 5.4 / 24
    assert played.outcomes["casework_hours"] == pytest.approx(2 * shift)
    assert played.outcomes["false_casework_hours"] == pytest.approx(shift)
    assert played.outcomes["staff_hours"] == pytest.approx(2 * shift + 2 * operators)


def test_work_still_open_counts_to_the_end_of_the_run() -> None:
    played = stage(incident={"checking": hours(3000)})
    played.until(12)
    played.told("CZ.cert", SUBJECT, "indicator", "AT.cert")
    played.until(24)
    assert played.outcomes["staff_hours"] == pytest.approx((DAYS * 24 - 12) * 5.4 / 24)


# The criminal case ---------------------------------------------------------------------------


def case_stage() -> OutbreakStage:
    """Return a stage in which the outbreak begins in hour 5, and police take all for true."""
    fixed = {"verification": hours(10), "investigation": hours(20), "authorisation": hours(6)}
    sure = {"verified": 1, "seen_through": 0, "secured": 1, "faster": 0}
    loaded = with_procedures(small_outbreak(), {"secure-evidence": {**fixed, **sure}})
    return stage(begins_h=5, loaded=loaded)


def test_the_first_case_is_that_of_the_malware() -> None:
    """Germany takes a coincidence up in hour 0, Italy the malware in 11, and Austria in 12."""
    played = case_stage()
    played.recognised(DECOY, "DE.police")
    played.until(11)
    played.recognised(SUBJECT, "IT.police")
    played.until(12)
    played.recognised(SUBJECT, "AT.police")
    assert math.isnan(played.outcomes["hours_to_case"])
    played.until(23)
    assert played.outcomes["hours_to_case"] == 11 + 10 - 5


def test_traces_are_secured_of_who_is_down_when_the_order_comes() -> None:
    """Seven are down in Italy in hour 36, when 10 hours, 20 and 6 have passed; nine were before."""
    played = case_stage()
    down = played.threat.compartments.down[0]
    down[MEMBERS.index("IT")], down[AT] = 9, 4
    played.recognised(SUBJECT, "IT.police")
    played.until(35)
    assert played.outcomes["evidence_secured"] == 0
    down[MEMBERS.index("IT")] = 7
    played.until(36)
    assert played.outcomes["evidence_secured"] == 7
    assert played.outbreak.secure(SUBJECT, Blow((AT, CZ), "AT:0", 1.0, 1.0)) == 4
    assert played.outbreak.secure(DECOY, Blow((AT, CZ), "AT:0", 1.0, 1.0)) == 0
    assert played.outcomes["evidence_secured"] == 7 + 4

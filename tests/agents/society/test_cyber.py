"""Cyber outbreak: who warns whom, what false alarms and missing contacts do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from agents import BatchResult, run_compiled
from agents.lane.verbs import Blow
from agents.mechanisms.outbreak.compartments import Compartments, noticeable
from agents.mechanisms.outbreak.declaration import MOST_OPERATORS
from agents.society.society import Society
from scenarios import Compiled, LoadedScenario
from sim import Engine, Kernel, LaneId, Reference
from sim.seam.port import COUNTERS, EVERYONE
from sim.seam.world import LEVEL_ONE
from tests.agents.cyber import (
    MEMBERS,
    SUBJECT,
    THREAT,
    OutbreakStage,
    compiled_outbreak,
    small_outbreak,
)
from tests.agents.small import (
    POLICIES,
    Values,
    changed,
    days,
    differing,
    values_of,
    with_procedures,
)

DECOY = 1
LANES = [LaneId(point, 6, 81) for point in range(len(POLICIES))]


# Exactness -----------------------------------------------------------------------------------


def reference(compiled: Compiled, lanes: Sequence[LaneId]) -> Engine:
    (lane,) = lanes
    return Reference(compiled.world, lane)


@pytest.fixture(scope="module")
def by_kernel() -> BatchResult:
    return run_compiled(compiled_outbreak(), LANES)


@pytest.mark.parametrize("lane", LANES, ids=POLICIES)
def test_kernel_and_reference_agree(lane: LaneId, by_kernel: BatchResult) -> None:
    slow = run_compiled(compiled_outbreak(), [lane], engine=reference)
    assert differing(values_of(by_kernel, lane.point), values_of(slow, 0)) == []


def test_the_lanes_compared_do_everything(by_kernel: BatchResult) -> None:
    """Else the agreement would say little."""
    idle = [name for name in COUNTERS if not by_kernel.counters[name].any()]
    assert idle == ["violations", "searches", "false_matches", "closed_to"]
    unmoved = {
        name
        for name, values in by_kernel.outcomes.items()
        if "@" not in name and not np.any(np.nan_to_num(values))
    }
    assert unmoved == {"violations"}


def one_by_one(lanes: Sequence[LaneId]) -> list[Values]:
    return [values_of(run_compiled(compiled_outbreak(), [lane]), 0) for lane in lanes]


def test_a_batch_is_the_union_of_its_lanes() -> None:
    lanes = [LaneId(0, 3, 1), LaneId(2, 3, 1), LaneId(4, 9, 2**32 - 1), LaneId(2, 2**63, 0)]
    alone = one_by_one(lanes)
    for order in ([0, 1, 2, 3], [3, 1, 0, 2]):
        result = run_compiled(compiled_outbreak(), [lanes[number] for number in order])
        for place, number in enumerate(order):
            assert differing(values_of(result, place), alone[number]) == []


def test_a_lane_that_shares_its_draws_with_another_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lanes = [LaneId(0, 3, 1), LaneId(2, 9, 2)]
    alone = one_by_one(lanes)
    original = Compartments.seed

    def seed(self: Compartments, lane: int, number: int) -> Any:
        return original(self, lane, number + int(self.down.any(axis=1).sum()))

    monkeypatch.setattr(Compartments, "seed", seed)
    result = run_compiled(compiled_outbreak(), lanes)
    assert any(differing(values_of(result, number), alone[number]) for number in range(2))


def test_worlds_are_paired() -> None:
    """The policy changes neither the outbreak's beginning nor who is vulnerable."""
    compiled = compiled_outbreak()
    result = run_compiled(compiled, LANES)
    first = result.series["operators_infected"][:, 0]
    assert np.unique(first).size == 1


# What they do ----------------------------------------------------------------------------------


def test_a_team_finds_the_indicator_tells_and_warns() -> None:
    stage = OutbreakStage()
    stage.recognised(SUBJECT, "AT.cert")
    assert stage.written == []
    stage.until(24 * 6)
    assert ("AT.cert", SUBJECT, "indicator", EVERYONE) in stage.written
    assert stage.outbreak.warned.keys() == {MEMBERS.index("AT")}
    assert "AT warns its operators" in stage.story()


def test_a_state_without_a_team_answers_by_its_police() -> None:
    stage = OutbreakStage()
    stage.recognised(SUBJECT, "RO.police")
    stage.until(24 * 30)
    assert MEMBERS.index("RO") in stage.outbreak.warned
    assert ("RO.police", SUBJECT, "indicator", EVERYONE) in stage.written


def test_the_police_of_a_state_with_a_team_leave_incidents_to_it() -> None:
    stage = OutbreakStage()
    stage.recognised(SUBJECT, "AT.police")
    stage.told("AT.police", SUBJECT, "warning", "enisa.desk")
    stage.until(24 * 30)
    assert stage.outbreak.warned == {}


def test_an_indicator_that_is_told_is_checked_and_warned_of() -> None:
    stage = OutbreakStage()
    stage.told("CZ.cert", SUBJECT, "indicator", "AT.cert")
    stage.until(24 * 3)
    assert stage.outbreak.warned.keys() == {MEMBERS.index("CZ")}
    assert stage.written == []
    assert stage.outbreak.readers == {"CZ"}


def test_an_indicator_ends_a_search() -> None:
    slow = {
        "search": OutbreakStage().lane.casework.incident.search.model_copy(  # type: ignore[union-attr]
            update={"median": None, "p95": None, "value": 24.0 * 20}
        )
    }
    alone, helped = OutbreakStage(incident=slow), OutbreakStage(incident=slow)
    for stage in (alone, helped):
        stage.recognised(SUBJECT, "AT.cert")
    helped.until(10)
    helped.told("AT.cert", SUBJECT, "indicator", "CZ.cert")
    for stage in (alone, helped):
        stage.until(24 * 5)
    assert alone.outbreak.warned == {}
    assert helped.outbreak.warned[0] > 10 / 0.25
    assert helped.written == []
    assert "is helped by the indicator of CZ" in helped.story()


def test_handlers_are_scarce() -> None:
    busy = OutbreakStage(decoys=3, incident={"handlers": 1, "seen_through": 0.0})
    free = OutbreakStage(decoys=3, incident={"handlers": 9, "seen_through": 0.0})
    for stage in (busy, free):
        for decoy in (1, 2, 3):
            stage.recognised(decoy, "AT.cert")
        stage.recognised(SUBJECT, "AT.cert")
        stage.until(24 * 30)
    assert busy.outbreak.warned[0] > free.outbreak.warned[0]


def test_false_alarms_cost_hours_and_heed() -> None:
    careful = OutbreakStage(incident={"seen_through": 1.0})
    careless = OutbreakStage(incident={"seen_through": 0.0, "heeds_less": 0.5})
    for stage in (careful, careless):
        stage.recognised(DECOY, "DE.cert")
        stage.until(24 * 10)
        assert stage.outbreak.warned == {}
    de = MEMBERS.index("DE")
    assert careful.outbreak.false_alarms == {}
    assert careless.outbreak.false_alarms == {de: 1}
    assert careless.outbreak.operator_hours[de] > 0 == len(careful.outbreak.operator_hours)
    for stage in (careful, careless):
        stage.outbreak.warn(SUBJECT, de)
    heeding = [int(stage.threat.compartments.alerted[0, de].sum()) for stage in (careful, careless)]
    assert heeding[1] < heeding[0]


def test_a_second_warning_does_nothing() -> None:
    stage = OutbreakStage()
    stage.outbreak.warn(SUBJECT, 0)
    hours, when = dict(stage.outbreak.operator_hours), dict(stage.outbreak.warned)
    stage.until(5)
    stage.outbreak.warn(SUBJECT, 0)
    assert (stage.outbreak.operator_hours, stage.outbreak.warned) == (hours, when)


def test_enisa_checks_and_warns_every_state() -> None:
    stage = OutbreakStage()
    stage.told("enisa.desk", SUBJECT, "indicator", "AT.cert")
    stage.told("enisa.desk", SUBJECT, "indicator", "CZ.cert")
    stage.until(24 * 10)
    assert stage.written == [("enisa.desk", SUBJECT, "warning", EVERYONE)]
    stage.told("PL.police", SUBJECT, "warning", "enisa.desk")
    stage.until(24 * 20)
    assert MEMBERS.index("PL") in stage.outbreak.warned


def knows(stage: OutbreakStage, one: str, other: str) -> bool:
    """Whether two organisations know each other's contact."""
    pair = [stage.compiled.layout.groups[name] for name in (one, other)]
    known = stage.engine._release.contacts[0, :, 0]
    there, back = (bool(int(known[a]) >> b & 1) for a, b in (pair, pair[::-1]))
    assert there == back
    return there


def test_contacts_are_missing_and_found_again() -> None:
    stage = OutbreakStage(incident={"contact_known": 0.0})
    assert not knows(stage, "AT", "DE")
    assert knows(stage, "AT", "PL")
    assert knows(stage, "AT", "enisa")
    stage.told("DE.cert", SUBJECT, "indicator", "AT.cert")
    assert knows(stage, "AT", "DE")
    assert not knows(stage, "AT", "CZ")
    stage.recognised(SUBJECT, "AT.cert")
    stage.until(24 * 20)
    assert knows(stage, "AT", "CZ")
    groups = stage.compiled.layout.groups
    again = sum(1 << groups[code] for code in ("CZ", "HU", "IT", "SI"))
    assert stage.written[-1] == ("AT.cert", SUBJECT, "indicator", again)


def test_known_contacts_are_not_looked_for() -> None:
    stage = OutbreakStage(incident={"contact_known": 1.0})
    assert knows(stage, "AT", "DE")
    stage.recognised(SUBJECT, "AT.cert")
    stage.until(24 * 20)
    assert [audience for *_, audience in stage.written] == [EVERYONE]


def test_more_than_half_of_the_pairs_do_not_know_each_other() -> None:
    compiled = compiled_outbreak()
    society = Society(compiled)
    society.start(Kernel(compiled.world, [LaneId(0, 1, number) for number in range(60)]))
    pairs = sum(len(lane.contacts.missing(0)) for lane in society.lanes)
    assert pairs / (60 * 5) == pytest.approx(0.55, abs=0.1)


def test_reports_come_less_once_the_case_is_in_hand() -> None:
    stage = OutbreakStage()
    cells = stage.threat.compartments
    cells.down[0, 0] = 100
    stage.threat.reporting.show(np.array([0]), np.array([0]))
    before = stage.level("AT")
    stage.recognised(SUBJECT, "AT.cert")
    assert 0 < stage.level("AT") == pytest.approx(0.02 * before, rel=0.2)


def test_traces_are_secured_only_where_operators_are_down() -> None:
    stage = OutbreakStage()
    stage.threat.compartments.down[0, 2] = 50
    assert stage.outbreak.secure(SUBJECT, Blow((0,), "AT:0", 0.5, 1.0)) == 0
    assert stage.outbreak.secured == {0: 0}
    found = stage.outbreak.secure(SUBJECT, Blow((0, 2), "eurojust:0", 0.5, 1.0))
    assert 10 < found == stage.outbreak.secured[2] < 40


def test_levels_rise_by_powers_of_the_square_root_of_two() -> None:
    levels = noticeable(np.arange(101)) / LEVEL_ONE
    assert levels[:6].tolist() == [0, 1, 2, pytest.approx(2.828, abs=0.01), 4, 4]
    count = np.arange(1, 101)
    assert np.all(levels[1:] <= count + 0.01)
    assert np.all(levels[1:] * 1.42 > count - 0.5)


# The criminal case -------------------------------------------------------------------------------


def pursuing(loaded: LoadedScenario | None = None) -> OutbreakStage:
    """Return a stage on which police take all for true, as fast with little evidence as with much.

    A case lasts a day at most.
    """
    short = {name: days(0.25) for name in ("verification", "investigation", "authorisation")}
    sure = {"verified": 1, "seen_through": 0, "faster": 0, **short}
    certain: dict[str, dict[str, Any]] = {"secure-evidence": sure, "cyber-file": {"found": 1}}
    loaded = with_procedures(loaded or small_outbreak(), certain)
    return OutbreakStage(loaded=loaded)


def test_police_open_a_case_on_complaints_and_secure_what_is_still_down() -> None:
    stage = pursuing()
    stage.threat.compartments.down[0, MEMBERS.index("IT")] = 200
    stage.recognised(SUBJECT, "IT.police")
    stage.until(24 * 5)
    assert ("IT.police", SUBJECT, "cyber-notice", EVERYONE) in stage.written
    assert stage.outbreak.secured[MEMBERS.index("IT")] > 10
    assert "alert" not in stage.compiled.layout.classes


def test_an_indicator_is_no_case() -> None:
    stage = pursuing()
    stage.recognised(SUBJECT, "AT.cert")
    stage.told("AT.police", SUBJECT, "indicator", "CZ.cert")
    stage.until(24 * 3)
    assert stage.lane.cases.all == []
    stage.told("AT.police", SUBJECT, "cyber-notice", "CZ.police")
    stage.until(24 * 5)
    (case,) = stage.lane.cases.all
    assert (case.organisation, case.procedure, case.upheld is None) == (
        "AT",
        "secure-evidence",
        False,
    )


def test_the_high_tech_crime_centre_keeps_a_file() -> None:
    stage = pursuing()
    stage.told("europol.high-tech", SUBJECT, "cyber-notice", "AT.police")
    stage.until(24 * 30)
    assert stage.written == [("europol.high-tech", SUBJECT, "cyber-analysis", EVERYONE)]


def test_a_file_is_kept_at_the_desk_that_the_threat_needs() -> None:
    """Whatever other desks there are in its world."""
    loaded = small_outbreak()
    desks = {"europol.analysis": loaded.spec.desks["europol.high-tech"], **loaded.spec.desks}
    stage = pursuing(replace(loaded, spec=changed(loaded.spec, desks=desks)))
    assert "europol.analysis" in stage.lane.layout.units
    stage.told("europol.high-tech", SUBJECT, "cyber-notice", "AT.police")
    stage.until(24 * 30)
    assert stage.written == [("europol.high-tech", SUBJECT, "cyber-analysis", EVERYONE)]


def test_nobody_is_wanted_whatever_reports_there_are() -> None:
    """A strike on a threat that needs no alerts writes none."""
    loaded = small_outbreak()
    alert = changed(loaded.spec.reports["warning"], kind="alert")
    reports = {**loaded.spec.reports, "alert": alert}
    stage = pursuing(replace(loaded, spec=changed(loaded.spec, reports=reports)))
    stage.recognised(SUBJECT, "AT.police")
    stage.until(24 * 7)
    assert "AT acts in AT: secure" in stage.story()
    assert stage.lane.cases.all[0].closed is not None
    assert [report for _, _, report, _ in stage.written] == ["cyber-notice"]


def test_only_police_without_a_team_hear_of_incidents() -> None:
    world, layout = compiled_outbreak().world, compiled_outbreak().layout
    seen = zip(world.watch.unit.tolist(), world.sights.cls[world.watch.sight].tolist(), strict=True)
    units, incident = list(layout.units), layout.classes["incident"]
    hear = {units[unit] for unit, cls in seen if cls == incident}
    teams = {f"{code}.cert" for code in MEMBERS if code not in {"PL", "RO"}}
    assert hear == {*teams, "PL.police", "RO.police"}


def test_operators_follow_the_population_between_bounds() -> None:
    compiled = compiled_outbreak()
    operators = OutbreakStage().threat.compartments.operators
    sectors: Any = compiled.layout.scenario.threats[THREAT]
    per_million = [sector.per_million.value for sector in sectors.sectors.of.values()]
    people = compiled.layout.atlas.members["DE"].population
    assert operators[MEMBERS.index("DE")].tolist() == [
        round(people * number / 1e6) for number in per_million
    ]
    assert operators.min() >= 2
    assert operators.max() <= MOST_OPERATORS

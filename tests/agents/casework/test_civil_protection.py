"""Calls, offers and modules: nothing is lost, nobody gives what it needs, and engines agree."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from agents import BatchResult, replay, run_compiled
from agents.casework.civil_protection import CivilProtection
from agents.casework.means import Means
from agents.lane.help import NOTHING, Call, Modules
from agents.lane.lane import Lane
from agents.mechanisms.fires.fires import ONE
from agents.society.society import Society
from scenarios import compile_world
from scenarios.schema.casework import declared
from sim import LaneId
from sim.seam.port import COUNTERS
from tests.agents.small import UNUSED, differing, job_of, values_of
from tests.agents.small_fire import (
    DAYS,
    POLICIES,
    compiled_fire,
    policies,
    small_fire,
    watch,
)
from tests.agents.society.test_reference_scenario import reference

DAY = round(24 / small_fire().spec.tick_h)
"""Ticks."""
WORLD = 3, 9
"""A week in which all that can happen does."""
LANES = [LaneId(point, *WORLD) for point in range(len(POLICIES))]


@cache
def by_kernel() -> BatchResult:
    return run_compiled(compiled_fire(), LANES)


# Engines and batches ---------------------------------------------------------------------------


@pytest.mark.parametrize("lane", LANES, ids=POLICIES)
def test_kernel_and_reference_agree(lane: LaneId) -> None:
    slow = run_compiled(compiled_fire(), [lane], engine=reference)
    assert differing(values_of(by_kernel(), lane.point), values_of(slow, 0)) == []


def test_the_lanes_compared_do_everything() -> None:
    """Else the agreement would say little."""
    outcomes = by_kernel().outcomes
    idle = {name for name, values in outcomes.items() if "@" not in name and not np.any(values > 0)}
    assert idle <= {"false_warnings", "never_read_share"}  # all burn, and desks are large
    personal = {"disclosures", "person_days", "refused", "violations", "hits", "followups"}
    still = {name for name in COUNTERS if not by_kernel().counters[name].any()}
    assert still <= personal | {"expired", "answers", *UNUSED}


@pytest.mark.parametrize("number", [0, 3, 5])
def test_a_lane_alone_gives_what_it_gave_in_the_batch(number: int) -> None:
    alone = run_compiled(
        compile_world(small_fire(), policies((POLICIES[number],))), [LaneId(0, *WORLD)]
    )
    assert differing(values_of(by_kernel(), number), values_of(alone, 0)) == []


def test_a_journal_changes_nothing() -> None:
    number = POLICIES.index("hub-and-spoke")
    told = replay(compiled_fire(), LANES[number])
    assert differing(values_of(by_kernel(), number), values_of(told.result, 0)) == []
    texts = " ".join(deed.text for deed in told.deeds)
    for phrase in (
        "a large fire breaks out",
        "fires outgrow national means",
        "calls for",
        "offers",
        "accepts",
        "refuses",
        "set out",
        "at work in",
        "go home",
        "on stand-by",
        "reports what is offered",
    ):
        assert phrase in texts, phrase


def test_the_same_fires_burn_under_every_policy_until_help_comes() -> None:
    first = by_kernel().series["hectares_burnt"][:, 0]
    assert np.ptp(by_kernel().outcomes["fires"]) == 0
    assert first.max() / first.min() < 1.5


# Nothing is lost -------------------------------------------------------------------------------


def errors_of(society: Society, _: int) -> list[str]:
    """Return what is wrong with the books of all lanes at this tick."""
    fires: Any = society.threats[0].fires  # type: ignore[attr-defined]
    found = []
    for kind, owned in (("aircraft", fires.land.aircraft), ("ground", fires.land.ground)):
        lent, helping, coming = (
            getattr(fires, f"{what}_{kind}") for what in ("lent", "help", "coming")
        )
        if (lent < 0).any() or (helping < 0).any() or (coming < 0).any():
            found.append(f"{kind}: fewer than none")
        if (lent > owned).any():
            found.append(f"{kind}: more abroad than owned")
        if (helping.sum(axis=1) > lent.sum(axis=1)).any():
            found.append(f"{kind}: more at work than are abroad")
        for lane in society.lanes:
            for code, place in lane.layout.places.items():
                own = int(owned[place])
                level = lane.work.pool(f"{code}.{kind}").level
                if own and level + lent[lane.number, place] > own:
                    found.append(f"{kind} of {code}: more than owned")
    return found


def wrong_books() -> list[str]:
    found: list[str] = []
    watch(compiled_fire(), LANES, lambda society, tick: found.extend(errors_of(society, tick)))
    return found


def test_modules_are_neither_made_nor_lost() -> None:
    assert wrong_books() == []


def test_a_module_sent_twice_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Means._mission

    def twice(self: Any, call: Call, kind: Any, modules: Modules) -> Any:
        self._hazard(call).lends(call.subject, self.place, modules, 1)
        return (yield from original(self, call, kind, modules))

    monkeypatch.setattr(Means, "_mission", twice)
    assert wrong_books() != []


def test_everything_is_home_in_the_end() -> None:
    """Without fires for a fortnight, all modules are back."""
    compiled = compile_world(small_fire(days=40, hotter=2.0), policies(("bilateral",)))
    lane = watch(compiled, [LaneId(0, *WORLD)], _no_new_fires_after(15 * DAY))[0]
    fires = lane.of(0).fires
    assert fires.given.sum() > 0
    for name in ("lent", "help", "coming"):
        assert not getattr(fires, f"{name}_aircraft").any()
        assert not getattr(fires, f"{name}_ground").any()
    assert all(job.means.held == NOTHING for job in _jobs(lane))


def _no_new_fires_after(end: int) -> Any:
    def look(society: Society, tick: int) -> None:
        if tick == end:
            society.threats[0].fires._rate[:] = 0  # type: ignore[attr-defined]

    return look


def _jobs(lane: Lane) -> list[CivilProtection]:
    return [job_of(lane, code, CivilProtection) for code in lane.layout.places]


# Nobody gives what it needs ---------------------------------------------------------------------


def test_an_offer_leaves_the_reserve_untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    """When it offers, a state has at home what its own fires, reserve and promises take."""
    offers: list[tuple[float, float]] = []
    original = CivilProtection._could_give

    def noted(self: Any, call: Call) -> Modules:
        given = original(self, call)
        hazard = self.lane.of(call.subject)
        fires, number, place = hazard.fires, self.lane.number, self.place
        air = fires.own_means_at(number, place)[0]
        standby = self._ready_for(call.subject)
        ready = standby.left.aircraft if standby else 0
        kept = fires.aircraft_needed(number, place) + self.means.held.aircraft
        kept += self._reserve_share(hazard) * self.means.owned.aircraft
        offers.append((given.aircraft - ready, max(air - kept, 0)))
        return given

    monkeypatch.setattr(CivilProtection, "_could_give", noted)
    run_compiled(compiled_fire(), LANES[:1])
    assert any(given > 0 for given, _ in offers)
    assert all(given <= spare for given, spare in offers)


def test_danger_at_home_and_nearby_keeps_modules_back() -> None:
    lane = watch(compiled_fire(("bilateral",)), [LaneId(0, *WORLD)], lambda *_: None)[0]
    job = next(job for job in _jobs(lane) if job.name == "EL")
    hazard = lane.of(0)
    fires = hazard.fires
    small = np.full(fires.need.shape, ONE // 2)
    fires.set_danger(small)
    fires.need[:] = 0
    fires.lent_aircraft[:] = fires.lent_ground[:] = 0
    job.means.held, job.standbys, job._near_danger, job._cautious_until = NOTHING, [], [], -1.0
    calm = job.spare(hazard)
    fires.set_danger(4 * small)
    dangerous = job.spare(hazard)
    assert dangerous.aircraft < calm.aircraft
    fires.set_danger(small)
    job._cautious_until = lane.now + 1
    assert job.spare(hazard).aircraft < calm.aircraft
    job._cautious_until = -1.0
    subject = hazard._stretches.subject(lane.layout.places["BG"], lane.tick)
    job.recognised(subject)
    assert job.spare(hazard).aircraft < calm.aircraft


def test_no_more_is_accepted_than_was_asked_for() -> None:
    lanes = watch(compiled_fire(), LANES, lambda *_: None)
    calls = [call for lane in lanes for call in lane.help.calls]
    assert any(call.committed.total for call in calls)
    for call in calls:
        assert call.committed.minus(call.asked) == NOTHING
        for offer in call.offers:
            assert offer.accepted.minus(offer.modules) == NOTHING


def test_the_order_of_a_call() -> None:
    lanes = watch(compiled_fire(), LANES, lambda *_: None)
    calls = [call for lane in lanes for call in lane.help.calls if call.first_aircraft]
    assert calls
    for call in calls:
        assert call.first_call is not None
        assert call.first_offer is not None
        assert call.first_aircraft is not None
        assert call.opened < call.first_call < call.first_offer < call.first_aircraft


def test_help_goes_home_when_it_is_not_needed_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not before, unless it is called back or has stayed for long; and not later."""
    calls_back: set[tuple[int, float]] = set()
    original = CivilProtection.call_back

    def noted(self: CivilProtection, subject: int) -> None:
        calls_back.add((self.lane.number, self.lane.now))
        original(self, subject)

    monkeypatch.setattr(CivilProtection, "call_back", noted)
    lanes = watch(compiled_fire(), LANES, lambda *_: None)
    longest = lanes[0].durations.ticks(declared(lanes[0].casework.assistance).longest_stay)
    ended = 0
    for lane in lanes:
        for call in lane.help.calls:
            for stay in call.stays:
                if call.closed is None:
                    continue
                assert stay.left is not None
                assert stay.left <= call.closed + 1e-9
                if stay.left < call.closed - 1e-9:
                    long_stay = stay.left - stay.arrived >= longest - 1e-9
                    assert long_stay or (lane.number, stay.left) in calls_back
                ended += stay.left == call.closed
    assert ended > 5


def test_foreign_aircraft_begin_by_day() -> None:
    lanes = watch(compiled_fire(), LANES, lambda *_: None)
    hours = [
        stay.arrived / DAY * 24 % 24
        for lane in lanes
        for call in lane.help.calls
        for stay in call.stays
        if stay.modules.aircraft
    ]
    assert hours
    assert all(6 <= hour <= 20 + 1e-9 for hour in hours)


# What knowledge does -----------------------------------------------------------------------------


def test_who_knows_of_other_offers_offers_less() -> None:
    outcomes = dict(zip(POLICIES, by_kernel().outcomes["duplicated_offers"], strict=True))
    assert outcomes["full-pool"] < outcomes["bilateral"]


def test_false_warnings_and_stand_by_grow_with_what_is_told() -> None:
    names = ("need-to-know", "bilateral", "full-pool")
    compiled = compile_world(small_fire(hotter=1.0), policies(names))
    lanes = [LaneId(point, 3, number) for number in range(24) for point in range(3)]
    outcomes = run_compiled(compiled, lanes).outcomes
    for name in ("standby_hours", "false_warnings"):
        few, some, many = outcomes[name].reshape(24, 3).sum(axis=0)
        assert many > max(few, some)


def test_without_help_more_burns() -> None:
    def burnt(**assistance: Any) -> float:
        compiled = compile_world(small_fire(**assistance), policies(("full-pool",)))
        lanes = [LaneId(0, 3, number) for number in range(4)]
        return float(run_compiled(compiled, lanes).outcomes["hectares_burnt"].sum())

    assert burnt(call_at=100_000.0) > burnt()


def test_a_week_has_its_series() -> None:
    result = by_kernel()
    assert result.series_days.tolist() == [float(day + 1) for day in range(DAYS)]
    assert (np.diff(result.series["hectares_burnt"], axis=1) >= 0).all()


def test_the_centre_reports_no_more_than_had_been_offered() -> None:
    """It knows what it has read, not what is in the world."""
    wrong, reports, behind = [], 0, 0

    def look(society: Society, tick: int) -> None:
        nonlocal reports, behind
        for lane in society.lanes:
            calls = {call.key: call for call in lane.help.calls}
            for written in lane.help.situations.values():
                key, _, offered = written[-1]
                made = sum(offer.modules.total for offer in calls[key].offers)
                reports += 1
                behind += offered.total < made
                if offered.total > made:
                    wrong.append((tick, key))

    watch(compiled_fire(), LANES, look)
    assert wrong == []
    assert reports > 0
    assert behind > 0


def test_pictures_are_drawn_of_two_emergencies_at_once() -> None:
    told = replay(compiled_fire(), LANES[POLICIES.index("hub-and-spoke")])
    pictures = [deed for deed in told.deeds if "draws a picture" in deed.text]
    calls = [deed for deed in told.deeds if deed.text.startswith("calls for")]
    assert pictures
    assert len({deed.actor for deed in calls if deed.tick < pictures[0].tick}) > 1

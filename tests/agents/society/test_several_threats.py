"""Several threats in one world: each as it is alone, but for the people who deal with them all."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest

from agents.casework.incident_handling import IncidentHandling
from agents.lane import workplace
from agents.lane.lane import Lane
from agents.mechanisms import threat as threat_module
from agents.mechanisms.network.network import CriminalNetwork
from agents.procedures.practice import Practice
from agents.society import caseload
from agents.society.society import Society
from scenarios import SpecError, compile_world
from scenarios.schema import COMMON_BY_THREAT, EVIDENCE_ONE, given, qualified
from sim import Kernel, LaneId, Reference
from sim.seam import EVERYONE
from sim.seam.port import advance
from sim.seam.world import TRUST_ONE
from tests.agents.several import (
    FIRES,
    LANES,
    MEMBERS,
    POLICIES,
    TRAFFICKING,
    WORM,
    bare,
    of_threat,
    run,
    world,
)
from tests.agents.small import (
    USUAL,
    Stage,
    certain,
    changed,
    differing,
    job_of,
    policies,
    small,
    values_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents import BatchResult
    from scenarios import LoadedScenario

# Alone and in company --------------------------------------------------------------------------

PAIRS: Final = {
    "crime and fires": ((TRAFFICKING, FIRES), "PT6H", 42),
    "outbreak and fires": ((WORM, FIRES), "PT1H", 7),
}
"""Threats that have no desk in common."""


@cache
def played(*names: str, tick: str, days: float) -> tuple[LoadedScenario, BatchResult]:
    loaded = world(*names, tick=tick, days=days)
    return loaded, run(loaded)


def told_apart(names: tuple[str, ...], tick: str, days: float) -> list[str]:
    """Return what threats give in company that they do not give alone, to the bit."""
    _, together = played(*names, tick=tick, days=days)
    found = []
    for name in names:
        loaded, alone = played(name, tick=tick, days=days)
        threat = loaded.spec.threats[name]
        one, other = of_threat(alone, "", threat), of_threat(together, name, threat)
        assert one.keys() == other.keys()
        found += [f"{name}.{key}" for key in one if one[key].tobytes() != other[key].tobytes()]
    return found


@pytest.mark.long
@pytest.mark.parametrize("pair", list(PAIRS))
def test_threats_with_no_desk_in_common_give_what_they_give_alone(pair: str) -> None:
    names, tick, days = PAIRS[pair]
    desks = [set(world(name).spec.desks) for name in names]
    assert not set.intersection(*desks)
    assert told_apart(names, tick, days) == []


@pytest.mark.parametrize("pair", list(PAIRS))
def test_much_happens_in_what_is_compared(pair: str) -> None:
    """Else the agreement would say little."""
    names, tick, days = PAIRS[pair]
    _, together = played(*names, tick=tick, days=days)
    busy = {
        TRAFFICKING: ("members_arrested", "victims_freed", "cases_dropped", "wrongly_pursued"),
        WORM: ("operators_infected", "evidence_secured", "false_alarms", "waiting_days"),
        FIRES: ("hectares_burnt", "calls", "assistance_given", "refused_offers"),
    }
    idle = [
        f"{name}.{outcome}"
        for name in names
        for outcome in busy[name]
        if not together.outcomes[f"{name}.{outcome}"].any()
    ]
    assert idle == []


@pytest.mark.long
@pytest.mark.parametrize("pair", list(PAIRS))
def test_the_order_of_threats_does_not_matter(pair: str) -> None:
    names, tick, days = PAIRS[pair]
    loaded, one = played(*names, tick=tick, days=days)
    _, other = played(*reversed(names), tick=tick, days=days)
    differ = [
        name
        for name in given(loaded.spec.threats).names
        if one.outcomes[name].tobytes() != other.outcomes[name].tobytes()
    ]
    assert differ == []


def _one_stream(_: Any) -> Any:
    """Draws of threats that go by the order in which they are there."""
    return lambda self, threat: self.draws.within(
        f"threat:{list(self.layout.threats.specs).index(threat)}"
    )


def _all_hours(original: Any) -> Any:
    return lambda self, tick, *_: original(self, tick)


def _casework_first(original: Any) -> Any:
    """Let threats move after casework, whose clock says how late it is."""

    def move(self: Society, tick: int) -> None:
        self._clocks.run_before(tick + 1)
        original(self, tick)

    return move


@pytest.mark.long
@pytest.mark.parametrize(
    ("where", "name", "error", "pair"),
    [
        (Lane, "draws_of", _one_stream, "outbreak and fires"),
        (workplace.Workplace, "hours", _all_hours, "outbreak and fires"),
        (Society, "move", _casework_first, "crime and fires"),
    ],
)
def test_a_world_in_which_threats_meet_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
    where: Any,
    name: str,
    error: Callable[[Any], Any],
    pair: str,
) -> None:
    names, tick, days = PAIRS[pair]
    names = names[::-1] if name == "draws_of" else names
    monkeypatch.setattr(where, name, error(getattr(where, name)))
    played.cache_clear()
    apart = told_apart(names, tick, days)
    played.cache_clear()
    assert apart


# Threats that do not happen --------------------------------------------------------------------


def without(name: str, *names: str, **fields: Any) -> LoadedScenario:
    """Return a world of some threats of which one does not happen."""
    threat = changed(world(name, **fields).spec.threats[name], happens=False)
    return world(*names, threats={name: threat}, **fields)


@pytest.mark.long
@pytest.mark.parametrize("pair", list(PAIRS))
def test_what_does_not_happen_leaves_the_others_alone(pair: str) -> None:
    names, tick, days = PAIRS[pair]
    for name, absent in (names, names[::-1]):
        loaded, alone = played(name, tick=tick, days=days)
        found = run(without(absent, *names, tick=tick, days=days))
        threat = loaded.spec.threats[name]
        one, other = of_threat(alone, "", threat), of_threat(found, name, threat)
        assert [key for key in one if one[key].tobytes() != other[key].tobytes()] == []


@pytest.mark.parametrize("name", [TRAFFICKING, WORM, FIRES])
def test_nobody_sees_or_does_anything_of_what_does_not_happen(name: str) -> None:
    found = run(without(name, name, tick="PT1H", days=7))
    assert not found.counters["observations"].any()
    busy = {"cases_opened", "false_recognitions", "calls", "operators_infected", "leaks"}
    assert not any(found.outcomes[one].any() for one in busy & found.outcomes.keys())
    assert not found.series["aware_organisations"].any()


# What the world does by itself -----------------------------------------------------------------


@cache
def society(*names: str, days: int = 0, idle: bool = True) -> Society:
    """Return a society of some threats after some days; idle: in which nobody sees anything."""
    loaded = world(*names, tick="PT1H", days=7)
    compiled = compile_world(bare(loaded) if idle else loaded, policies(POLICIES))
    made = Society(compiled)
    advance(Kernel(compiled.world, list(LANES)), made, 24 * days)
    return made


ALL: Final = (TRAFFICKING, WORM, FIRES)


def of(society: Society, name: str) -> Any:
    """Return a threat of a society."""
    return next(one for one in society.threats if one.name == name)


def first_cells(played: Society) -> list[list[tuple[int, int]]]:
    """Return the cells with which the networks of each lane begin."""
    return [
        [(cell.place, cell.members) for network in lane.networks for cell in network.cells]
        for lane in of(played, TRAFFICKING)._lanes
    ]


@pytest.mark.parametrize("company", [(TRAFFICKING, WORM), ALL, ALL[::-1]])
def test_networks_begin_as_they_do_alone(company: tuple[str, ...]) -> None:
    alone = first_cells(society(TRAFFICKING))
    assert first_cells(society(*company)) == alone
    assert len({str(cells) for cells in alone}) == len({lane.replication for lane in LANES})


@pytest.mark.parametrize("name", [TRAFFICKING, WORM])
@pytest.mark.parametrize("company", [(TRAFFICKING, WORM), ALL[::-1]])
def test_coincidences_come_as_they_do_alone(name: str, company: tuple[str, ...]) -> None:
    def traces(*names: str) -> list[Any]:
        batch = of(society(*names), name)
        return [batch._coincidences._traces[key] for key in sorted(batch._coincidences._traces)]

    assert traces(*company) == traces(name)
    assert len(traces(name)) == 2


@pytest.mark.long
@pytest.mark.parametrize("company", [(TRAFFICKING, WORM), ALL, ALL[::-1]])
def test_an_outbreak_of_which_nobody_warns_runs_its_course(company: tuple[str, ...]) -> None:
    one, other = (of(society(*names, days=5), WORM).compartments for names in ((WORM,), company))
    assert one.outage.any()
    for table in ("outage", "peak_down", "at_first", "killed_at"):
        assert (getattr(one, table) == getattr(other, table)).all(), table


@pytest.mark.parametrize("company", [(TRAFFICKING, FIRES), ALL, ALL[::-1]])
def test_it_burns_in_company_as_it_does_alone(company: tuple[str, ...]) -> None:
    """What outgrows a state is still answered: civil protection needs no desk to see its fires."""
    one, other = (of(society(*names, days=5), FIRES).fires for names in ((FIRES,), company))
    assert one.outbreaks.any()
    for table in ("danger", "danger_sum", "outbreaks", "burnt", "need"):
        assert (getattr(one, table) == getattr(other, table)).all(), table


# Who deals with what ---------------------------------------------------------------------------

DECOYS: Final = 4
FIRST, SECOND = 0, DECOYS + 1
"""The networks of two threats of one kind; each has its decoys behind it."""


@pytest.fixture
def staged() -> Stage:
    """Return a stage of two threats, each with a network: in Germany, and in Austria."""
    return two_networks()


def two_networks(**procedures: tuple[str, ...]) -> Stage:
    """Return the stage; of each threat it can be said which procedures deal with it."""
    loaded = small(decoys=DECOYS, procedures=certain(arrested=1), network={"leak_per_week": 0})
    (threat,) = loaded.spec.threats.values()
    threats = {
        name: changed(threat, procedures=procedures.get(name, threat.procedures))
        for name in ("germans", "austrians")
    }
    spec = changed(loaded.spec, threats=threats, outcomes=_without_threats(loaded))
    stage = Stage(type(loaded)(**{**vars(loaded), "spec": spec}))
    stage.settle(("DE", 5))
    stage.network = stage.lane.of(SECOND).networks[0]
    stage.settle(("AT", 5))
    return stage


def _without_threats(loaded: LoadedScenario) -> tuple[Any, ...]:
    """Return the outcomes that a world has once, whatever its threats."""
    return tuple(one for one in loaded.spec.outcomes if one.name == "cases_opened")


def networks(stage: Stage) -> list[CriminalNetwork]:
    return [stage.lane.of(subject).networks[0] for subject in (FIRST, SECOND)]


def test_a_subject_leads_to_its_threat(staged: Stage) -> None:
    lane, subjects = staged.lane, range(2 * SECOND)
    first, second = lane.of(FIRST), lane.of(SECOND)
    assert first is not second
    assert [lane.of(subject) for subject in subjects] == [first] * 5 + [second] * 5
    assert [lane.threat_of(one) for one in subjects] == ["germans"] * 5 + ["austrians"] * 5
    real = [subject for subject in subjects if lane.is_real(subject)]
    assert real == [FIRST, SECOND]
    assert [network.subject for network in networks(staged)] == real
    assert [decoy.subject for decoy in second.decoys] == [6, 7, 8, 9]
    assert list(staged.layout.subjects)[4:6] == ["germans.decoy-3", "austrians.network-1"]


def test_each_is_seen_where_it_is(staged: Stage) -> None:
    """And as what it is: each threat has aspects of its own."""
    aspects = staged.compiled.world.aspects
    assert [name.partition(".")[0] for name in aspects] == ["germans"] * 3 + ["austrians"] * 3
    seen = {
        (subject, code, aspect)
        for subject in (FIRST, SECOND)
        for code in ("DE", "AT")
        for aspect in range(6)
        if staged.level(code, subject, aspect) > 0
    }
    assert seen == {(FIRST, "DE", one) for one in range(3)} | {
        (SECOND, "AT", one) for one in range(3, 6)
    }


def test_a_strike_on_one_leaves_the_other_alone(staged: Stage) -> None:
    first, second = networks(staged)
    staged.saw(SECOND, "AT", "DE")
    staged.recognised(SECOND, "AT", "DE")
    staged.until(80)
    assert second.ledger.raids > 0
    assert second.ledger.arrested > 0
    assert (first.ledger.raids, first.ledger.arrested, first._warned_until) == (0, 0, -1)


def test_only_who_is_investigated_notices(staged: Stage) -> None:
    first, second = networks(staged)
    staged.network_is(notice_per_week=1, leak_per_week=0)
    cases = staged.lane.cases
    for code in ("AT", "DE"):
        case = cases.open("investigation", code, staged.layout.places[code], SECOND, 0)
        cases.uphold(case, 0)
    for network in (first, second):
        network.step()
    assert (first.is_warned, second.is_warned) == (False, True)


def deals_with(stage: Stage) -> list[bool]:
    """Return whether a case comes of each threat, if police recognise it and if they are told."""
    found = []
    for subject in (FIRST, SECOND, FIRST + 1, SECOND + 1):
        before = len(stage.lane.cases.all)
        stage.saw(subject, "DE")
        if subject in {FIRST, SECOND}:
            stage.recognised(subject, "DE")
        else:
            stage.told("DE", subject, "case-notice", "AT")
        found.append(len(stage.lane.cases.all) > before)
    return found


def test_a_procedure_deals_with_the_threats_that_name_it() -> None:
    """In each: the first, the second, then their coincidences; what names none meets all."""
    assert deals_with(two_networks()) == [True] * 4
    assert deals_with(two_networks(austrians=())) == [True, False, True, False]
    assert deals_with(two_networks(germans=("money",))) == [False, True, False, True]


def test_who_deals_with_everything_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Practice, "concerns", lambda *_: True)
    with pytest.raises(AssertionError):
        test_a_procedure_deals_with_the_threats_that_name_it()


# Trust and contacts ----------------------------------------------------------------------------


class Mixed:
    """A lane of a network, an outbreak and fires, in an engine that is never advanced."""

    def __init__(self, *names: str) -> None:
        self.compiled = compile_world(world(*(names or ALL), tick="PT1H"), policies(("bilateral",)))
        self.engine = Reference(self.compiled.world, LaneId(0, 7, 0))
        self.journal: list[Any] = []
        self.society = Society(self.compiled, self.journal)
        self.society.start(self.engine)
        (self.lane,) = self.society.lanes
        self.groups = self.compiled.layout.groups

    def subject(self, threat: str, number: int = 0) -> int:
        """Return a subject of a threat."""
        return self.compiled.layout.threats.ranges[threat][number]

    def domain(self, threat: str) -> int:
        """Return the domain of a threat."""
        return self.lane.domain_of(self.subject(threat))

    def recognised(self, desk: str, subject: int) -> None:
        """Let a desk recognise a subject now, from traces of its own among others."""
        unit = self.compiled.layout.units[desk]
        own = 1 << self.groups[self.compiled.layout.owners[unit]]
        self.engine._contributed[subject] |= own
        belief = self.engine._belief(unit, subject)
        [part] = belief.parts
        belief.last, part.evidence, part.origins = 0, USUAL * EVIDENCE_ONE, own
        self.lane.recognised(0, subject, unit)


@pytest.mark.long
def test_each_family_is_a_domain() -> None:
    mixed = Mixed()
    assert mixed.compiled.world.domains == ("crime", "cyber", "disaster")
    assert [mixed.domain(name) for name in ALL] == [0, 1, 2]
    kinds = mixed.compiled.world.kinds
    assert (kinds.names, kinds.domain.tolist()) == (ALL, [0, 1, 2])


def test_two_threats_of_a_family_are_one_domain(staged: Stage) -> None:
    assert staged.compiled.world.domains == ("crime",)
    assert staged.lane.domain_of(FIRST) == staged.lane.domain_of(SECOND) == 0


@pytest.mark.parametrize("name", ALL)
def test_trust_is_won_and_lost_in_the_domain_of_what_was_done(name: str) -> None:
    mixed = Mixed()
    trust, domain = mixed.lane.trust, mixed.domain(name)
    trust.useful(domain, [0, 1])
    trust.misled(domain, [2], [3])
    trust.leaked(domain, [4], 5)
    assert {key[2] for key in trust._values} == {domain}
    assert trust.of(0, 1, domain) > 1 > trust.of(2, 3, domain) > trust.of(4, 5, domain)
    for giver, receiver in ((0, 1), (1, 0), (2, 3), (4, 5)):
        for other in range(3):
            told = mixed.engine._trust[giver, receiver, other] / TRUST_ONE
            assert told == pytest.approx(trust.of(giver, receiver, other), abs=1 / TRUST_ONE)
            assert other == domain or told == 1


def test_a_case_that_misled_costs_trust_in_its_own_field_only() -> None:
    """Whoever told of a coincidence of the outbreak is trusted as before on trafficking."""
    for threat, domain, report in ((TRAFFICKING, 0, "case-notice"), (WORM, 1, "cyber-notice")):
        mixed = Mixed()
        layout, lane = mixed.compiled.layout, mixed.lane
        germans, french = layout.units["DE.police"], layout.units["FR.police"]
        for subject in layout.threats.ranges[threat]:
            if not lane.is_real(subject):
                lane.told(0, subject, report, germans, french)
                mixed.recognised("DE.police", subject)
        mixed.society.work(24 * 40)
        groups = mixed.groups["DE"], mixed.groups["FR"]
        assert set(lane.trust._values) == {(*groups, domain)}, threat
        assert lane.trust.of(*groups, domain) < 1


def test_contacts_are_missing_on_incidents_alone() -> None:
    mixed = Mixed()
    domain = mixed.domain(WORM)
    alone, engine = Mixed(WORM), mixed.engine
    missing = {(giver, receiver) for giver, receiver, _ in engine._strangers}
    assert {where[2] for where in engine._strangers} == {domain}
    names = list(alone.groups)
    assert {(names[one], names[other]) for one, other, _ in alone.engine._strangers} == {
        (MEMBERS[one], MEMBERS[other]) for one, other in missing
    }
    (one, other), *_ = sorted(missing)
    assert mixed.lane.contacts.found(one, [other]) == [other]
    assert not {(one, other, domain), (other, one, domain)} & engine._strangers


def test_the_kernel_has_contacts_by_domain() -> None:
    compiled = compile_world(world(*ALL, tick="PT1H"), policies(("bilateral",)))
    kernel, made = Kernel(compiled.world, [LaneId(0, 7, 0)]), Society(compiled)
    made.start(kernel)
    known = kernel._release.contacts[0]
    assert (known[:, [0, 2]] == EVERYONE).all()
    assert (known[:, 1] != EVERYONE).any()


# Jobs that are not declared --------------------------------------------------------------------


def test_an_incident_is_handled_and_a_network_is_not() -> None:
    """Police are the first to hear of both in a state that has no response team."""
    assert handled(WORM)
    assert not handled(TRAFFICKING)


def handled(threat: str) -> bool:
    """Return whether a Polish handler is put on what police recognise."""
    mixed = Mixed()
    mixed.recognised("PL.police", mixed.subject(threat))
    mixed.society.work(24 * 60)
    texts = [deed.text for deed in mixed.journal if deed.actor == "PL"]
    assert any("opens a case" in text for text in texts)
    is_on_it = bool(job_of(mixed.lane, "PL", IncidentHandling).subjects)
    assert is_on_it == ("puts a handler on the incidents" in texts)
    return is_on_it


def test_a_handler_who_takes_up_everything_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(IncidentHandling, "concerns", lambda *_: True)
    with pytest.raises((AssertionError, AttributeError)):
        test_an_incident_is_handled_and_a_network_is_not()


# What is read off ------------------------------------------------------------------------------

SUMS: Final = sorted(COMMON_BY_THREAT - {"waiting_days"})
"""What the whole has is what its parts have."""


@cache
def shared() -> BatchResult:
    """Return a world in which police deal with trafficking and an outbreak."""
    return run(world(TRAFFICKING, WORM, tick="PT1H", days=42, by_year=("cases_opened",)))


def missing_from_sums(found: BatchResult, names: tuple[str, ...]) -> list[str]:
    """Return the common outcomes that are not the sum of those by threat."""
    outcomes = found.outcomes
    return [
        name
        for name in SUMS
        if not np.allclose(
            outcomes[name], sum(outcomes[f"{one}.{name}"] for one in names), rtol=1e-12, atol=0
        )
    ]


@pytest.mark.long
def test_outcomes_by_threat_add_up_to_the_whole() -> None:
    found = shared()
    assert missing_from_sums(found, (TRAFFICKING, WORM)) == []
    for name in ("cases_opened", "cases_closed", "cases_dropped", "false_recognitions"):
        for threat in (TRAFFICKING, WORM):
            assert found.outcomes[f"{threat}.{name}"].any(), (threat, name)
    assert found.outcomes[f"{TRAFFICKING}.wrongly_pursued"].any()


def test_the_wait_of_all_cases_is_the_mean_of_the_waits_by_threat() -> None:
    outcomes = shared().outcomes
    waits = sum(
        outcomes[f"{name}.waiting_days"] * outcomes[f"{name}.cases_opened"]
        for name in (TRAFFICKING, WORM)
    )
    cases = outcomes["cases_opened"]
    assert outcomes["waiting_days"].any()
    np.testing.assert_allclose(outcomes["waiting_days"], waits / cases, rtol=1e-12)


def test_hours_on_a_threat_add_up_to_casework_hours() -> None:
    """Work on nobody in particular is of no threat."""
    made, now = society(*ALL, days=7, idle=False), 24 * 7
    for lane in made.lanes:
        whole = np.array(lane.work.hours(now))
        parts = np.array([lane.work.hours(now, name) for name in (*ALL, "")]).sum(axis=0)
        np.testing.assert_allclose(parts, whole, rtol=1e-12)
    for name in ALL:
        assert any(sum(lane.work.hours(now, name)) for lane in made.lanes), name


def test_series_are_named_after_their_threat() -> None:
    loaded, found = played(*PAIRS["crime and fires"][0], tick="PT6H", days=42)
    names = loaded.spec.threats
    assert f"{TRAFFICKING}.members_arrested" in found.series
    assert f"{FIRES}.hectares_burnt" in found.series
    assert "members_arrested" not in found.series
    assert qualified(FIRES, "hectares_burnt", names) == f"{FIRES}.hectares_burnt"
    assert found.series_days.tolist() == [float(day + 1) for day in range(42)], "as often as fires"
    burnt = found.series[f"{FIRES}.hectares_burnt"][:, -1]
    np.testing.assert_allclose(burnt, found.outcomes[f"{FIRES}.hectares_burnt"])


def test_one_threat_has_outcomes_without_its_name() -> None:
    loaded, found = played(FIRES, tick="PT1H", days=7)
    assert not any("." in name for name in (*found.outcomes, *found.series))
    assert not any("." in name for name in given(loaded.spec.threats).names)


def _coincidences_of_the_first(_: Any) -> Any:
    return lambda lane, group: [
        case
        for case in lane.cases.all
        if case.subject >= 0 and lane.threat_of(case.subject) in sorted(group.threats)[:1]
    ]


@pytest.mark.long
def test_a_threat_that_is_left_out_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = _coincidences_of_the_first(caseload.cases_on_subjects)
    monkeypatch.setattr("agents.society.totals.cases_on_subjects", wrong)
    shared.cache_clear()
    missing = missing_from_sums(shared(), (TRAFFICKING, WORM))
    shared.cache_clear()
    assert missing


# Two of a kind ---------------------------------------------------------------------------------


def twice(name: str) -> LoadedScenario:
    """Return a world with two threats that are declared alike."""
    other = world(name, tick="PT1H", days=7).spec.threats[name]
    return world(name, threats={"other": other}, tick="PT1H", days=7)


def test_two_outbreaks_are_two() -> None:
    """What is drawn of them is drawn by name."""
    found = run(twice(WORM)).outcomes
    for outcome in ("operators_infected", "indicators_written", "staff_hours", "peak_down"):
        assert (found[f"{WORM}.{outcome}"] != found[f"other.{outcome}"]).any(), outcome


def test_all_fires_are_one_threat() -> None:
    """States have their modules once."""
    with pytest.raises(
        SpecError, match="one threat of the kind forest-fire; fires is one"
    ) as caught:
        twice(FIRES)
    assert caught.value.where == "threats.other.kind"


# Batches ---------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_lane_of_several_threats_is_the_same_in_any_batch_and_engine() -> None:
    loaded = world(*ALL, tick="PT1H", days=4)
    batch = run(loaded)
    alone = run(loaded, lanes=LANES[3:])
    assert differing(values_of(batch, 3), values_of(alone, 0)) == []
    slow = run(
        loaded,
        lanes=LANES[3:],
        engine=lambda compiled, lanes: Reference(compiled.world, lanes[0]),
    )
    assert differing(values_of(batch, 3), values_of(slow, 0)) == []


def test_a_threat_says_what_it_is_called() -> None:
    made = society(*ALL)
    assert [one.name for one in made.threats] == list(ALL)
    assert all(isinstance(one, threat_module.Threat) for one in made.threats)
    assert [one.named("x") for one in made.threats] == [f"{name}.x" for name in ALL]

"""The law holds under every policy: who may read what, and over which instrument.

The law is read off the declarations again, apart from the compiled gate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray

from agents.society.society import Society
from scenarios import Compiled, LoadedPolicy, LoadedScenario, compile_world
from scenarios.schema.place import CLEARANCES, UnitKind
from scenarios.schema.policy import Ask, Match, Policy, Pull, Push, Rule
from sim import Kernel, LaneId, Log, advance
from sim.kernel.release import Outcome, Release
from sim.kernel.reports import UNSEEN
from sim.seam.port import COUNTERS
from sim.seam.world import NEVER
from tests.agents.small import POLICIES, policies, small

LANE = LaneId(0, 5, 0)
GUESS = "for the test"


@cache
def strict_scenario() -> LoadedScenario:
    """Return a short scenario in which some classes are confidential."""
    secret = {"classification": "confidential"}
    return small(horizon_days=42, reports={"financial-trace": secret, "case-notice": secret})


def made_policy(*rules: Rule, ask: Ask | None = None) -> LoadedPolicy:
    policy = Policy(policy="made-up", meaning="for the test", source="none", rules=rules, ask=ask)
    file = Path("made-up.yaml")
    return LoadedPolicy(file, policy, tuple((file, number) for number in range(len(rules))))


@cache
def lawless() -> LoadedPolicy:
    """Return a policy that tells everybody, and the store, everything, asked or not, at once."""
    everything = Rule(
        meaning="everything to everybody",
        push=Push(chance=1.0),
        pull=Pull(answer="release", chance=1.0),
        trust=False,
        assumed=GUESS,
    )
    kept = everything.model_copy(update={"match": Match(over=("common-store",))})
    every = {"every": "10 d"}
    return made_policy(everything, kept, ask=Ask(evidence=1, assumed=GUESS, **every))  # type: ignore[arg-type]


class Watched(Society):
    """A society in which the files of Frontex are searched every day."""

    def __init__(self, compiled: Compiled) -> None:
        super().__init__(compiled)
        desks = [name for name in compiled.layout.units if name.startswith("frontex.")]
        self._desks = [compiled.layout.units[name] for name in desks]
        self._personal = compiled.world.classes.persons > 0
        self.held = 0
        self.personal_held = 0

    def end(self, tick: int) -> None:
        super().end(tick)
        engine = self.engine
        assert isinstance(engine, Kernel)
        store = engine._store
        slots = np.flatnonzero(store.used)
        desks = np.array(self._desks, dtype=np.int64)
        held = (store.held(slots[:, np.newaxis], desks) != UNSEEN).any(axis=1)
        self.held += int(held.sum())
        self.personal_held += int((held & self._personal[store.cls[slots]]).sum())


class Played(NamedTuple):
    """A lane that ran."""

    compiled: Compiled
    log: Log
    society: Watched
    counters: dict[str, int]


def play(compiled: Compiled, lane: LaneId = LANE) -> Played:
    log, society = Log(), Watched(compiled)
    engine = Kernel(compiled.world, [lane], log)
    advance(engine, society, compiled.world.horizon)
    counters = dict(zip(COUNTERS, engine.counters()[0].tolist(), strict=True))
    return Played(compiled, log, society, counters)


@cache
def played_lawless() -> Played:
    return play(compile_world(strict_scenario(), [lawless()]))


def desk_of(compiled: Compiled, unit: str) -> UnitKind:
    """Return the kind of a desk named ``DE.police`` or ``europol.analysis``."""
    place = compiled.layout.atlas.place
    owner, kind = unit.split(".")
    if owner in compiled.layout.places:
        return place.national[kind]
    return place.bodies[owner].desks[kind]


class Offence(NamedTuple):
    """A copy that breaks a law."""

    copy: int
    law: str
    what: str


def offences(played: Played, copies: Sequence[tuple[int, ...]] | None = None) -> list[Offence]:
    """Return the deliveries, or other rows of a log, that break the law; one may break several."""
    compiled, log, _, _ = played
    rows: Sequence[tuple[int, ...]] = log.deliveries if copies is None else copies
    world, layout = compiled.world, compiled.layout
    classes, specs = list(layout.classes), layout.scenario.reports
    about = {key: classes[cls] for _, _, key, cls, _, _ in log.made}
    found = []
    for number, (_, _, key, channel, *_) in enumerate(rows):
        name = world.channels.names[channel]
        instrument = layout.atlas.place.instruments[name.split(":")[0]]
        receiver = desk_of(compiled, name.split(">")[1])
        report = specs[about[key]]
        level = CLEARANCES.index(report.classification)
        broken = {
            "instrument": CLEARANCES.index(instrument.clearance) < level,
            "clearance": CLEARANCES.index(receiver.clearance) < level,
            "personal data": report.persons > 0 and not receiver.personal_data,
            "kind": report.kind not in instrument.kinds,
        }
        what = f"{about[key]} over {name}"
        found += [Offence(number, law, what) for law, is_broken in broken.items() if is_broken]
    return found


def laws(found: list[Offence]) -> set[str]:
    return {offence.law for offence in found}


@pytest.mark.parametrize("name", POLICIES)
def test_every_regime_keeps_the_law(name: str) -> None:
    played = play(compile_world(strict_scenario(), policies((name,))))
    assert offences(played) == []
    assert played.counters["violations"] == 0
    assert played.society.personal_held == 0
    assert played.counters["delivered"] > 0


def test_a_lawless_policy_is_refused_and_counted() -> None:
    played = played_lawless()
    assert offences(played) == []
    assert played.counters["violations"] == 0
    assert played.counters["refused"] > 100


def test_frontex_never_holds_personal_data() -> None:
    society = played_lawless().society
    assert society.held > 0
    assert society.personal_held == 0


def test_what_is_not_against_the_law_is_sent() -> None:
    """The gate refuses no more than the law does: each attempt is sent or refused."""
    counters = played_lawless().counters
    assert counters["attempts"] == counters["messages"] + counters["refused"]


def test_confidential_reports_stay_within_the_states_and_the_common_store() -> None:
    """Only the channels between the desks of one state, and those to the store, are cleared."""
    compiled, log, _, _ = played_lawless()
    secret = compiled.layout.classes["financial-trace"]
    keys = {row[2] for row in log.made if row[3] == secret}
    names = compiled.world.channels.names
    used = {names[row[3]].split(":")[0] for row in log.deliveries if row[2] in keys}
    assert used == {"interagency", "common-store"}


# A hole in the gate is seen ------------------------------------------------------------------


def under(compiled: Compiled, gate: NDArray[np.bool_]) -> Compiled:
    """Return the same world under another law."""
    world = compiled.world
    return replace(compiled, world=replace(world, phases=replace(world.phases, gate=gate)))


def test_a_gate_that_lets_all_through_is_found_out() -> None:
    compiled = compile_world(strict_scenario(), [lawless()])
    everything = np.ones_like(compiled.world.phases.gate)
    played = play(under(compiled, everything))
    assert laws(offences(played)) == {"instrument", "clearance", "personal data"}
    assert played.society.personal_held > 0


def test_a_gate_nobody_minds_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    original: Any = Release.decide

    def decide(self: Release, tick: int, *args: Any) -> Any:
        sent, due, refused = original(self, tick, *args)
        at_once = np.full(refused.size, tick + 1)
        sent, due = np.concatenate((sent, refused)), np.concatenate((due, at_once))
        return Outcome(sent, due, refused)

    monkeypatch.setattr(Release, "decide", decide)
    played = play(compile_world(strict_scenario(), [lawless()]))
    assert offences(played)
    found = offences(played, played.log.sends)
    assert played.counters["violations"] == len({offence.copy for offence in found})


def test_a_hole_for_a_single_class_is_found_out() -> None:
    compiled = compile_world(strict_scenario(), [lawless()])
    gate = compiled.world.phases.gate.copy()
    gate[:, :, compiled.layout.classes["border-trace"]] = True
    played = play(under(compiled, gate))
    assert laws(offences(played)) == {"personal data"}


# Any policy at all ---------------------------------------------------------------------------


def _some(*names: str) -> st.SearchStrategy[tuple[str, ...] | None]:
    chosen = st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True).map(tuple)
    return st.none() | chosen


CHANCES = st.sampled_from([0.0, 0.3, 1.0])
DESKS = _some("police", "border-guard", "financial", "national", "body", "europol", "frontex", "DE")
MATCHES = st.builds(
    Match,
    sender=DESKS,
    receiver=DESKS,
    over=_some(
        "siena", "frontex", "bilateral", "interagency", "sis", "europol-frontex", "common-store"
    ),
    reports=_some("trace", "notice", "pattern", "request", "hit", "follow-up", "border-trace"),
    personal=st.none() | st.booleans(),
    classification=_some("confidential", "restricted"),
    same_member=st.none() | st.booleans(),
    own=st.none() | st.booleans(),
    concerned=st.none() | st.booleans(),
)
RULES = st.builds(
    Rule,
    meaning=st.just("any"),
    assumed=st.just(GUESS),
    match=MATCHES,
    push=st.none() | st.builds(Push, chance=CHANCES),
    pull=st.none() | st.builds(Pull, answer=st.sampled_from(["release", "hit"]), chance=CHANCES),
    trust=st.booleans(),
    automatic=st.booleans(),
)


@settings(max_examples=8, deadline=None)
@given(rules=st.lists(RULES, min_size=1, max_size=3), replication=st.integers(0, NEVER))
def test_no_policy_breaks_the_law(rules: list[Rule], replication: int) -> None:
    """Any rules, with everything to everybody where none of them decides."""
    base = lawless().spec
    policy = made_policy(*rules, *base.rules, ask=base.ask)
    played = play(compile_world(_brief(), [policy]), LaneId(0, 1, replication))
    assert offences(played) == []
    assert played.counters["violations"] == 0
    assert played.society.personal_held == 0


@cache
def _brief() -> LoadedScenario:
    secret = {"classification": "confidential"}
    return small(horizon_days=21, reports={"financial-trace": secret, "case-notice": secret})

"""Two threats in one world: what is of each, and that company changes nothing of what was alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from agents import load_scenario
from agents.mechanisms.network.declaration import OrganisedCrime
from scenarios import Compiled, LoadedScenario, SpecError, compile_world, load_policy
from scenarios.schema import ThreatSpec, check_scenario
from scenarios.schema.threat import Family, Sight
from sim.draws.streams import ONE, name_key
from sim.seam.world import NEVER, RATE_ONE
from tests.agents.small import changed
from tests.scenarios.compiling.test_compile import GUESS, RULES, TICKS_A_WEEK, Yard, usual
from tests.scenarios.compiling.test_stores import INDEX, WITH_INDEX, stores

__all__ = ["usual"]

A_YEAR = 365 * 4
"""Ticks."""
ASK = "ask: {evidence: 1.5, every: 10 d, assumed: x}\n"
POLICE = ("AA.police", "BB.police", "CC.police")


class Rings(OrganisedCrime):
    """Thieves that are known by three sides, and of whom there are two things to see."""

    family: ClassVar[Family] = "cyber"  # type: ignore[assignment]
    aspects: ClassVar[tuple[str, ...]] = ("travel", "sale")  # type: ignore[assignment]


def sight(report: str, per_year: float, aspect: str | None = None) -> Sight:
    return Sight(report=report, per_year=per_year, aspect=aspect, **GUESS)  # type: ignore[arg-type]


class Kin(Rings):
    """Thieves who are of the same family as other gangs."""

    family: ClassVar[Family] = "crime"


def rings(gangs: Any, made: type[OrganisedCrime] = Rings) -> ThreatSpec:
    """Return thieves, with one decoy."""
    update: dict[str, Any] = {
        "faces": ("person", "car", "phone"),
        "half_life": changed(gangs.half_life, value=60 * 24.0),
        "decoys": changed(gangs.decoys, number=1),
        "sees": {
            "police": (sight("tip", 36, "sale"), sight("name", 6)),
            "financial": (sight("tip", 24),),
        },
        "recognises": {
            "police": changed(gangs.recognises["police"], evidence=4.0, organisations=1),
            "financial": changed(gangs.recognises["police"], evidence=1.0, organisations=3),
        },
    }
    return made.model_construct(**{**dict(gangs), **update})


@pytest.fixture
def yard(tmp_path: Path, usual: LoadedScenario) -> Yard:
    return Yard(tmp_path, usual)


def with_threats(loaded: LoadedScenario, threats: Mapping[str, ThreatSpec]) -> LoadedScenario:
    return replace(loaded, spec=loaded.spec.model_copy(update={"threats": dict(threats)}))


def threats_of(yard: Yard, made: type[OrganisedCrime] = Rings) -> dict[str, ThreatSpec]:
    gangs = yard.usual().spec.threats["gangs"]
    return {"gangs": gangs, "rings": rings(gangs, made)}


def compiled(yard: Yard, threats: Mapping[str, ThreatSpec], head: str = "") -> Compiled:
    policy = load_policy(str(yard.policy(RULES, head)))
    return compile_world(with_threats(yard.usual(), threats), [policy])


def test_subjects_follow_each_other_under_the_names_of_their_threats(yard: Yard) -> None:
    found = compiled(yard, threats_of(yard))
    world, layout = found.world, found.layout
    gangs = ("gangs.network-1", "gangs.decoy-0", "gangs.decoy-1")
    names = (*gangs, "rings.network-1", "rings.decoy-0")
    assert world.subjects.names == names
    assert layout.subjects == {name: number for number, name in enumerate(names)}
    assert layout.threats.ranges == {"gangs": range(3), "rings": range(3, 5)}
    assert list(layout.threats.owners) == ["gangs"] * 3 + ["rings"] * 2
    assert list(layout.threats.real) == [True, False, False, True, False]


def test_kinds_are_the_threats_and_domains_their_families(yard: Yard) -> None:
    threats = threats_of(yard)
    world = compiled(yard, threats).world
    assert (world.kinds.names, world.domains) == (("gangs", "rings"), ("crime", "cyber"))
    assert world.subjects.kind.tolist() == [0, 0, 0, 1, 1]
    assert world.kinds.domain.tolist() == [0, 1]
    assert world.kinds.faces.tolist() == [1, 3]
    assert world.kinds.whole.tolist() == [0b1, 0b111]
    alike = compiled(yard, threats_of(yard, Kin)).world
    assert (alike.domains, alike.kinds.domain.tolist()) == (("crime",), [0, 0])


def test_evidence_of_each_threat_halves_in_its_own_time(yard: Yard) -> None:
    """In 120 and in 60 days of four ticks."""
    path = yard.scenario({"horizon": "300 d"})
    loaded = with_threats(load_scenario(str(path)), threats_of(yard))
    decay = compile_world(loaded, [load_policy(str(yard.policy()))]).world.kinds.decay
    assert decay[:, [0, 240, 480]].tolist() == [[65536, 46341, 32768], [65536, 32768, 16384]]


def test_aspects_follow_each_other_under_the_names_of_their_threats(yard: Yard) -> None:
    found = compiled(yard, threats_of(yard))
    own = ("gangs.exploitation", "gangs.travel", "gangs.money")
    assert found.world.aspects == (*own, "rings.travel", "rings.sale")
    assert found.layout.threats.first_aspect == {"gangs": 0, "rings": 3}


def test_desks_see_of_each_threat_what_that_says_and_of_its_own_subjects_only(yard: Yard) -> None:
    found = compiled(yard, threats_of(yard))
    world = found.world
    watch, sights, rate = world.watch, world.sights, world.phases.rate[0]
    rows = {
        (
            world.units.names[unit],
            world.subjects.names[subject],
            world.classes.names[sights.cls[at]],
            world.aspects[sights.aspect[at]],
            int(rate[at]),
        )
        for at, unit, subject, place in zip(
            watch.sight, watch.unit, watch.subject, watch.place, strict=True
        )
        if world.units.place[unit] in {-1, place}
    }
    told: dict[str, list[tuple[str, str, str, float]]] = {
        "gangs": [
            *((unit, "tip", "exploitation", 12) for unit in POLICE),
            *((unit, "name", "exploitation", 4) for unit in ("BB.guard", "CC.guard")),
            ("europol.analysis", "name", "exploitation", 0.5),
        ],
        "rings": [
            *((unit, "tip", "sale", 36) for unit in POLICE),
            *((unit, "name", "travel", 6) for unit in POLICE),
            *((f"{code}.financial", "tip", "travel", 24) for code in ("AA", "BB", "CC")),
        ],
    }
    assert rows == {
        (unit, name, report, f"{threat}.{aspect}", round(per_year / A_YEAR * RATE_ONE))
        for threat, seen in told.items()
        for unit, report, aspect, per_year in seen
        for name in world.subjects.names
        if name.startswith(f"{threat}.")
    }
    assert watch.unit.size == len(rows) + 2 * 3, "the analysts of Europol see three states"


def test_sights_show_the_faces_of_their_threat(yard: Yard) -> None:
    world = compiled(yard, threats_of(yard)).world
    watch = world.watch
    kinds = world.subjects.kind[watch.subject]
    for sight_, kind in zip(watch.sight.tolist(), kinds.tolist(), strict=True):
        shown = [ONE] * (1, 3)[kind]
        assert world.sights.shows[sight_].tolist() == shown + [0] * (3 - len(shown))


def test_thresholds_are_by_kind(yard: Yard) -> None:
    found = compiled(yard, threats_of(yard), ASK)
    phases, units = found.world.phases, found.layout.units
    police, guard, financial = (units[f"AA.{desk}"] for desk in ("police", "guard", "financial"))
    assert phases.recognise_at[0, police].tolist() == [640, 1024]
    assert phases.origins_needed[0, police].tolist() == [2, 1]
    assert phases.recognise_at[0, guard].tolist() == [NEVER, NEVER]
    assert phases.recognise_at[0, financial].tolist() == [NEVER, 256]
    assert phases.origins_needed[0, financial].tolist()[1] == 3
    assert phases.ask_at[0, [police, guard]].tolist() == [[384, 384], [NEVER, NEVER]]
    assert phases.ask_every.tolist() == [[40, 40]]


def test_a_store_keeps_the_faces_of_both(yard: Yard) -> None:
    yard.write("places/tiny/place.yaml", WITH_INDEX)
    policy = load_policy(str(yard.policy()))

    def kept(**changes: Any) -> Any:
        common = {"name": "disclosures", "label": "x", "unit": "x"}
        outcomes = [{**common, "better": "lower", "group": "rights"}]
        loaded = load_scenario(str(yard.scenario({**stores(), "outcomes": outcomes})))
        spec = loaded.spec
        assert spec.stores
        store = spec.stores[INDEX].model_copy(update=changes)
        both = with_threats(loaded, threats_of(yard))
        both = replace(both, spec=both.spec.model_copy(update={"stores": {INDEX: store}}))
        check_scenario(both.spec)
        return compile_world(both, [policy]).world.stores

    assert kept().faces.tolist() == [[0b1, 0b111]]
    some = kept(faces=("car", "whole", "phone"), false_match={"whole": 0.25, "phone": 0.5})
    assert some.faces.tolist() == [[0b1, 0b110]]
    assert some.false_match[0, 0, :3].tolist() == [ONE // 4, 0, 0]
    assert some.false_match[0, 1, :3].tolist() == [0, 0, ONE // 2]
    assert kept(faces=("car",)).faces.tolist() == [[0, 0b10]]
    with pytest.raises(SpecError, match="there is no face") as caught:
        kept(faces=("car", "lorry"))
    assert caught.value.where == f"stores.{INDEX}.faces[1]"


@pytest.mark.parametrize("name", ["gangs", "rings"])
def test_a_threat_has_the_same_keys_alone_and_in_company(yard: Yard, name: str) -> None:
    threats = threats_of(yard)
    alone = compiled(yard, {name: threats[name]})
    names = alone.world.subjects.names
    assert "." not in "".join(names)
    assert alone.world.subjects.key.tolist() == [name_key(f"subject:{name}.{n}") for n in names]
    for company in (threats, dict(reversed(threats.items()))):
        found = compiled(yard, company)
        own = found.layout.threats.ranges[name]
        subjects = found.world.subjects
        assert subjects.names[own.start : own.stop] == tuple(f"{name}.{one}" for one in names)
        assert subjects.key[own.start : own.stop].tolist() == alone.world.subjects.key.tolist()
        assert len(set(subjects.key.tolist())) == subjects.key.size


@pytest.mark.parametrize("name", ["gangs", "rings"])
def test_a_threat_has_the_same_streams_alone_and_in_company(yard: Yard, name: str) -> None:
    threats = threats_of(yard)
    streams = partial(_streams, name=name)
    alone = streams(compiled(yard, {name: threats[name]}))
    assert alone
    assert streams(compiled(yard, threats)) == alone
    assert streams(compiled(yard, dict(reversed(threats.items())))) == alone


def _streams(found: Compiled, name: str) -> list[tuple[Any, ...]]:
    """Return what draws the observations of a threat: keys, class, aspect of its own, and rate."""
    world, own = found.world, found.layout.threats.ranges[name]
    watch, first = world.watch, found.layout.threats.first_aspect[name]
    gap = world.tables[watch.gap]
    return sorted(
        (
            int(world.subjects.key[subject]),
            int(key),
            int(world.classes.trace_key[world.sights.cls[at]]),
            int(world.sights.aspect[at]) - first,
            int(world.phases.rate[0, at]),
            int(np.sum(gap)),
        )
        for at, subject, key in zip(watch.sight, watch.subject, watch.key, strict=True)
        if subject in own
    )


def test_what_is_of_no_threat_is_the_same_in_company(yard: Yard) -> None:
    """Ways, terms, readers and routine."""
    threats = threats_of(yard)
    alone, both = (compiled(yard, some).world for some in ({"gangs": threats["gangs"]}, threats))
    for part in ("term", "gate", "latency", "open", "capacity", "background"):
        assert np.array_equal(getattr(alone.phases, part), getattr(both.phases, part)), part
    assert alone.channels.names == both.channels.names
    assert alone.classes.names == both.classes.names
    assert both.phases.capacity.shape[-1] == TICKS_A_WEEK

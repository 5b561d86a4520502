"""Two threats in one world: who acts on a subject meets the network that it belongs to."""

from __future__ import annotations

from typing import Any

import pytest

from agents.mechanisms.network.batch import Networks
from agents.mechanisms.network.network import CriminalNetwork
from agents.mechanisms.threat import Threat
from agents.society import society
from scenarios import Layout
from tests.agents.small import Stage, certain, changed, small

DECOYS = 4
FIRST, SECOND = 0, DECOYS + 1
"""The networks; each has its decoys behind it."""


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Return a stage of two threats, each with a network, the second in Austria alone."""
    monkeypatch.setattr(society, "threats_of", _two_of)
    sure = certain(arrested=1)
    stage = Stage(small(decoys=2 * DECOYS + 1, procedures=sure, network={"leak_per_week": 0}))
    stage.settle(("DE", 5))
    stage.network = stage.lane.of(SECOND).networks[0]
    stage.settle(("AT", 5))
    return stage


def _two_of(layout: Layout) -> tuple[Threat, ...]:
    whole: Any = layout.scenario.threat
    half = changed(whole, decoys=changed(whole.decoys, number=DECOYS))
    subjects = range(len(layout.subjects))
    return Networks(layout, half, subjects[:SECOND]), Networks(layout, half, subjects[SECOND:])


def networks(played: Stage) -> list[CriminalNetwork]:
    return [played.lane.of(subject).networks[0] for subject in (FIRST, SECOND)]


def test_a_subject_leads_to_its_threat(played: Stage) -> None:
    lane = played.lane
    first, second = lane.of(FIRST), lane.of(SECOND)
    assert first is not second
    assert [lane.of(subject) for subject in range(2 * SECOND)] == [first] * 5 + [second] * 5
    real = [subject for subject in range(2 * SECOND) if lane.is_real(subject)]
    assert real == [FIRST, SECOND]
    assert [network.subject for network in networks(played)] == real
    assert [decoy.subject for decoy in second.decoys] == [6, 7, 8, 9]


def test_each_is_seen_where_it_is(played: Stage) -> None:
    levels = [(played.level(code, subject) > 0) for subject in (0, 5) for code in ("DE", "AT")]
    assert levels == [True, False, False, True]


def test_a_strike_on_one_leaves_the_other_alone(played: Stage) -> None:
    first, second = networks(played)
    played.saw(SECOND, "AT", "DE")
    played.recognised(SECOND, "AT", "DE")
    played.until(80)
    assert second.ledger.raids > 0
    assert second.ledger.arrested > 0
    assert (first.ledger.raids, first.ledger.arrested, first._warned_until) == (0, 0, -1)


def test_only_who_is_investigated_notices(played: Stage) -> None:
    first, second = networks(played)
    for network in (first, second):
        network.spec = changed(network.spec, notice_per_week=1, leak_per_week=0)
    cases = played.lane.cases
    for code in ("AT", "DE"):
        case = cases.open("investigation", code, played.layout.places[code], SECOND, 0)
        cases.uphold(case, 0)
    for network in (first, second):
        network.step()
    assert (first.is_warned, second.is_warned) == (False, True)

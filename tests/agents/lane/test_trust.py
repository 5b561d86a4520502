"""Trust: who comes to trust whom, and what that changes in the engine."""

from __future__ import annotations

from functools import cache

import pytest

from sim import Kernel, Log, advance
from sim.seam.port import Engine, Happenings, LaneId
from sim.seam.world import LEVEL_ONE, TRUST_ONE
from tests.agents.small import SUBJECT, Stage, compiled_small, days, small

DECOY = 1


def test_success_together_raises_trust_both_ways() -> None:
    played = Stage()
    groups = played.layout.groups
    played.lane.trust.useful([groups["DE"], groups["AT"]])
    assert played.trust("DE", "AT") == played.trust("AT", "DE") == pytest.approx(1.08, abs=1e-3)
    assert played.trust("DE", "PL") == played.trust("PL", "DE") == 1
    assert (groups["DE"], groups["DE"]) not in played.lane.trust._values


def test_a_wrong_lead_lowers_trust_in_those_it_came_from() -> None:
    played = Stage()
    groups = played.layout.groups
    played.lane.trust.misled([groups["DE"]], [groups["AT"], groups["DE"], groups["PL"]])
    assert played.trust("DE", "AT") == played.trust("DE", "PL") == pytest.approx(0.97, abs=1e-3)
    assert played.trust("AT", "DE") == 1


@pytest.mark.parametrize(("event", "bound"), [("useful", 1.5), ("leaked", 0.3)])
def test_trust_stays_within_its_bounds(event: str, bound: float) -> None:
    played = Stage()
    groups = played.layout.groups
    de, at = groups["DE"], groups["AT"]
    for _ in range(20):
        if event == "useful":
            played.lane.trust.useful([de, at])
        else:
            played.lane.trust.leaked([de], at)
    assert played.lane.trust.of(de, at) == bound
    assert played.trust("DE", "AT") == pytest.approx(bound, abs=1 / TRUST_ONE)


def test_trust_is_won_back_step_by_step() -> None:
    played = Stage()
    trust, (one, other) = played.lane.trust, (0, 1)
    trust.leaked([one], other)
    for _ in range(3):
        trust.useful([one, other])
    assert trust.of(one, other) == pytest.approx(0.75 * 1.08**3)


def test_a_decoy_pursued_or_dropped_costs_trust_in_its_contributors() -> None:
    for found in (0, 1):
        delays = {"verification": days(10), "false_pursuit": days(20)}
        played = Stage(small(casework={**delays, "false_found": found}))
        played.saw(DECOY, "DE", "AT")
        played.recognised(DECOY, "DE")
        played.until(9)
        assert played.trust("DE", "AT") == 1
        played.until(30)
        assert played.trust("DE", "AT") == pytest.approx(0.97, abs=1e-3)
        assert played.trust("AT", "DE") == 1


def test_an_action_day_makes_friends() -> None:
    short = dict.fromkeys(
        ("verification", "investigation", "coordination", "joint_team_setup", "authorisation"),
        days(2),
    )
    played = Stage(small(casework=short))
    played.settle(("DE", 5), ("AT", 5))
    played.saw(SUBJECT, "DE", "AT")
    played.recognised(SUBJECT, "DE", "AT")
    for state in ("DE", "AT"):
        played.told("eurojust", SUBJECT, "case-notice", state)
    played.until(20)
    assert played.network.ledger.raids == 1
    assert played.trust("DE", "AT") == played.trust("AT", "DE") > 1


# What the engine makes of it -----------------------------------------------------------------


class Trusting:
    """A host without agents: a network shows, and everybody trusts everybody to a degree."""

    def __init__(self, trust: float) -> None:
        self._trust = round(trust * TRUST_ONE)

    def start(self, engine: Engine) -> None:
        world = compiled_small().world
        for place in range(len(world.places)):
            engine.set_activity(0, SUBJECT, place, 0, LEVEL_ONE)
        for giver in range(len(world.groups)):
            for receiver in range(len(world.groups)):
                engine.set_trust(0, giver, receiver, 0, self._trust)

    def react(self, tick: int, happenings: Happenings) -> None:
        """Do nothing."""

    def work(self, tick: int) -> None:
        """Do nothing."""

    def move(self, tick: int) -> None:
        """Do nothing."""

    def end(self, tick: int) -> None:
        """Do nothing."""


@cache
def told_by_authors(name: str, trust: float) -> frozenset[tuple[int, str]]:
    """What desks that wrote a trace told on making it: (report, channel)."""
    compiled, log = compiled_small((name,)), Log()
    world = compiled.world
    advance(Kernel(world, [LaneId(0, 4, 0)], log), Trusting(trust), 160)
    names = world.classes.names
    made = [row for row in log.made if names[row[3]].endswith("-trace")]
    traces = {key: (tick, unit) for tick, _, key, _, _, unit in made}
    return frozenset(
        (key, world.channels.names[channel])
        for tick, _, key, channel, _ in log.sends
        if traces.get(key) == (tick, world.channels.src[channel])
    )


def over(told: frozenset[tuple[int, str]], way: str) -> frozenset[tuple[int, str]]:
    return frozenset(row for row in told if row[1].startswith(f"{way}:"))


def test_who_is_trusted_is_told_more() -> None:
    """The same draws against a higher threshold: whoever was told still is."""
    little, usual, much = (
        over(told_by_authors("bilateral", trust), "bilateral") for trust in (0.3, 1.0, 1.5)
    )
    assert little < usual < much
    assert len(little) / len(usual) == pytest.approx(0.3, abs=0.2)
    assert len(much) / len(usual) == pytest.approx(1.5, abs=0.3)


def test_an_obligation_is_met_with_or_without_trust() -> None:
    """Sharing within a state is no matter of trust, nor is a hub's duty."""
    ways = [over(told_by_authors("bilateral", trust), "interagency") for trust in (0.3, 1.0, 1.5)]
    assert len(ways[0]) > 20
    assert ways[0] == ways[1] == ways[2]
    assert told_by_authors("full-pool", 0.3) == told_by_authors("full-pool", 1.5)

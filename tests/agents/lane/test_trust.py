"""Trust: who comes to trust whom, and what that changes in the engine."""

from __future__ import annotations

from functools import cache

import pytest

from sim import Kernel, Log, advance
from sim.seam.port import Engine, Happenings, LaneId
from sim.seam.world import LEVEL_ONE, TRUST_ONE
from tests.agents.small import SUBJECT, Stage, certain, compiled_small, days, small

DECOY = 1

CRIME = 0
"""The domain of the one threat."""


def test_success_together_raises_trust_both_ways() -> None:
    played = Stage()
    groups = played.layout.groups
    played.lane.trust.useful(CRIME, [groups["DE"], groups["AT"]])
    assert played.trust("DE", "AT") == played.trust("AT", "DE") == pytest.approx(1.08, abs=1e-3)
    assert played.trust("DE", "PL") == played.trust("PL", "DE") == 1
    assert (groups["DE"], groups["DE"], CRIME) not in played.lane.trust._values


def test_a_wrong_lead_lowers_trust_in_those_it_came_from() -> None:
    played = Stage()
    groups = played.layout.groups
    played.lane.trust.misled(CRIME, [groups["DE"]], [groups["AT"], groups["DE"], groups["PL"]])
    assert played.trust("DE", "AT") == played.trust("DE", "PL") == pytest.approx(0.97, abs=1e-3)
    assert played.trust("AT", "DE") == 1


@pytest.mark.parametrize(("event", "bound"), [("useful", 1.5), ("leaked", 0.3)])
def test_trust_stays_within_its_bounds(event: str, bound: float) -> None:
    played = Stage()
    groups = played.layout.groups
    de, at = groups["DE"], groups["AT"]
    for _ in range(20):
        if event == "useful":
            played.lane.trust.useful(CRIME, [de, at])
        else:
            played.lane.trust.leaked(CRIME, [de], at)
    assert played.lane.trust.of(de, at, CRIME) == bound
    assert played.trust("DE", "AT") == pytest.approx(bound, abs=1 / TRUST_ONE)


def test_trust_is_won_back_step_by_step() -> None:
    played = Stage()
    trust, (one, other) = played.lane.trust, (0, 1)
    trust.leaked(CRIME, [one], other)
    for _ in range(3):
        trust.useful(CRIME, [one, other])
    assert trust.of(one, other, CRIME) == pytest.approx(0.75 * 1.08**3)


@pytest.mark.parametrize(
    ("subject", "chances"),
    [
        (DECOY, {"seen_through": 1}),
        (DECOY, {"seen_through": 0, "cleared": 1}),
        (SUBJECT, {"verified": 0}),
    ],
    ids=["seen through", "pursued in vain", "true, and not made out"],
)
def test_a_lead_that_does_not_hold_costs_trust_in_who_told_of_it(
    subject: int, chances: dict[str, float]
) -> None:
    """Whatever the truth, which nobody knows; and once, not in every step."""
    fixed = certain(verification=days(10), investigation=days(20), **chances)
    played = Stage(small(procedures=fixed))
    played.saw(subject, "DE", "AT", "PL")
    played.told("DE", subject, "case-notice", "AT")
    played.until(9)
    assert played.trust("DE", "AT") == 1
    played.until(31)
    assert played.trust("DE", "AT") == pytest.approx(0.97, abs=1e-3)
    assert played.trust("AT", "DE") == played.trust("DE", "PL") == 1
    assert len(played.lane.trust._values) == 1


def test_a_lead_of_ones_own_costs_nobody_trust() -> None:
    played = Stage(small(procedures=certain(verification=days(10))))
    played.saw(DECOY, "DE", "AT")
    played.recognised(DECOY, "DE")
    played.until(20)
    assert played.case_of("DE", "investigation", DECOY).how == "dropped"
    assert played.lane.trust._values == {}


def action_day(arrested: float, freed: float) -> Stage:
    """Play an action day of Germany and Austria, whom Eurojust invites on day 3."""
    alone = certain(verification=days(2), investigation=days(10), patience=days(30))
    short = dict.fromkeys(("preparing", "setup", "authorisation"), days(2))
    sure = {"worth_a_meeting": 1, "team_agreed": 1, "arrested_by_team": arrested, "freed": freed}
    together = {**short, **sure, "patience": days(40)}
    played = Stage(small(procedures={**alone, "coordination": together}))
    played.settle(("DE", 5), ("AT", 5))
    played.saw(SUBJECT, "DE", "AT", "PL")
    played.recognised(SUBJECT, "DE", "AT", "PL")
    for state in ("DE", "AT"):
        played.told("eurojust", SUBJECT, "case-notice", state)
    played.until(3)
    for state in ("DE", "AT"):
        played.told(state, SUBJECT, "invitation", "eurojust")
    played.until(14.25)
    assert played.network.ledger.common_actions == 1
    return played


@pytest.mark.parametrize(("arrested", "freed"), [(1, 1), (1, 0), (0, 1)])
def test_an_action_day_makes_friends_once(arrested: float, freed: float) -> None:
    """All are ready on day 12, and strike on day 14; Poland, which did not join, is no part."""
    played = action_day(arrested, freed)
    assert played.trust("DE", "AT") == played.trust("AT", "DE") == pytest.approx(1.08, abs=1e-3)
    assert len(played.lane.trust._values) == 2


def test_an_action_day_of_which_nothing_comes_does_not() -> None:
    assert action_day(arrested=0, freed=0).lane.trust._values == {}


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

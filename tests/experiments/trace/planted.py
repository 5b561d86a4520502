"""Two lanes of one world whose events are made up, few enough to follow by hand.

ES sees a trace and tells Europol; the customs of FR see one and tell their police, who tell Europol
and ES. What differs is whether ES tells FR: under the one policy only when asked, and under the
other at once, so that FR knows earlier. That Europol knows is more than its reports explain: a
fault, which a story tells. PT sees nothing and is told enough; IT sees something and is told of
nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from agents import BatchResult, Replay, load_scenario
from agents.lane.journal import Deed, DeedKind
from experiments.outcomes import Outcome
from experiments.trace import Shown
from experiments.trace.comparing import compare
from experiments.trace.events import Events
from experiments.trace.story import choose, story_of
from scenarios import Compiled, LoadedPolicy, compile_world, load_policy
from scenarios.schema.scenario import EVIDENCE_ONE
from sim.seam.port import Fate, Log
from tests.experiments.trace.kit import lane_of

EVERYBODY = Path(__file__).parent / "everybody.yaml"

OUTCOMES = (
    Outcome("days", "First recognition anywhere", "days", "lower", "effect", time=True),
    Outcome("share", "Members arrested", "share", "higher", "effect"),
    Outcome("load", "Reports read", "reports", "lower", "cost", tested=False),
)


@dataclass
class Planted:
    """A lane in the making; all is given by name."""

    compiled: Compiled
    policies: tuple[LoadedPolicy, ...]
    point: int
    log: Log = field(default_factory=Log)
    deeds: list[Deed] = field(default_factory=list)

    def made(
        self, tick: int, key: int, cls: str, desk: str, weight: float, subject: str = "network-1"
    ) -> None:
        """Have a desk make a report with what its own organisation knows."""
        world = self.compiled.world
        unit = world.units.names.index(desk)
        numbers = world.classes.names.index(cls), world.subjects.names.index(subject)
        origins = 1 << int(world.units.group[unit])
        self.log.made.append((tick, 0, key, *numbers, unit))
        self.log.contents.append((tick, 0, key, int(weight * EVIDENCE_ONE), origins, 1))

    def tried(
        self, tick: int, key: int, over: str, rule: int, fate: Fate, *, asked: bool = False
    ) -> None:
        """Have a release come to nothing."""
        channel = self.compiled.world.channels.names.index(over)
        term = rule + sum(len(policy.spec.rules) for policy in self.policies[: self.point])
        self.log.attempts.append((tick, 0, key, channel, term, int(asked), fate))

    def sent(
        self,
        ticks: tuple[int, int, int | None],
        key: int,
        over: str,
        rule: int,
        *,
        asked: bool = False,
    ) -> None:
        """Have a report let out, arrive and be read at these ticks."""
        tick, due, read = ticks
        self.tried(tick, key, over, rule, Fate.SENT, asked=asked)
        channel = self.compiled.world.channels.names.index(over)
        unit = int(self.compiled.world.channels.dst[channel])
        self.log.sends.append((tick, 0, key, channel, due))
        self.log.deliveries.append((due, 0, key, channel))
        if read is not None:
            self.log.reads.append((read, 0, key, unit))

    def recognised(self, tick: int, desk: str) -> None:
        """Have a desk recognise the network."""
        self.log.recognitions.append((tick, 0, self.compiled.world.units.names.index(desk), 0, 1))

    def did(
        self, tick: float, actor: str, kind: DeedKind, text: str, subject: str = "network-1"
    ) -> None:
        """Have something done."""
        number = self.compiled.world.subjects.names.index(subject)
        self.deeds.append(Deed(tick, actor, kind, number, text))

    def events(self, *values: float) -> Events:
        """Return the lane with the values of its outcomes."""
        again = Replay(cast("BatchResult", None), self.log, self.deeds)
        named = {outcome.name: value for outcome, value in zip(OUTCOMES, values, strict=True)}
        return Events(
            lane_of(
                self.compiled, self.policies, self.point, again, outcomes=OUTCOMES, values=named
            )
        )


ES, FR, ASK, DECOY, ALERT, BORDER, SEEN, AGAIN = (number << 56 for number in range(1, 9))


def numbered(policy: LoadedPolicy, meaning: str) -> int:
    """Return the number of a rule of a policy."""
    return next(n for n, rule in enumerate(policy.spec.rules, 1) if rule.meaning == meaning)


def begin(lane: Planted, within: int) -> None:
    """Let happen what both lanes share; `within` is the rule of desks of one state."""
    lane.did(0, "network", "world", "has cells in ES, FR")
    lane.made(4, ES, "police-trace", "ES.police", 5)
    lane.made(5, DECOY, "police-trace", "DE.police", 1, "decoy-3")
    lane.made(6, FR, "customs-trace", "FR.customs", 4)
    lane.made(7, BORDER, "border-trace", "ES.border-guard", 0.5)
    lane.sent((6, 8, 10), FR, "interagency:FR.customs>FR.police", within)
    lane.did(9, "DE", "case", "puts a team on it", "decoy-3")


def bilateral(compiled: Compiled, policies: tuple[LoadedPolicy, ...]) -> Events:
    """ES tells FR only when it is asked."""
    lane = Planted(compiled, policies, 0)
    begin(lane, numbered(policies[0], "desks of one state tell each other of traces"))
    lane.tried(4, ES, "siena:ES.police>FR.police", 1, Fate.HELD_BACK)
    lane.sent((4, 7, 9), ES, "siena:ES.police>europol.analysis", 2)
    refused = numbered(
        policies[0], "personal data that border guards would send to Frontex is refused by law"
    )
    lane.tried(7, BORDER, "frontex:ES.border-guard>frontex.risk-analysis", refused, Fate.REFUSED)
    lane.sent((10, 12, 12), FR, "siena:FR.police>europol.analysis", 2)
    lane.sent((10, 13, None), FR, "siena:FR.police>ES.police", 1)
    lane.made(8, SEEN, "police-trace", "IT.police", 0.25)
    lane.made(9, AGAIN, "police-trace", "IT.police", 0.25)
    lane.tried(4, ES, "siena:ES.police>IT.police", 1, Fate.HELD_BACK)
    lane.sent((4, 9, 11), ES, "siena:ES.police>PT.police", 1)
    lane.sent((10, 14, 15), FR, "siena:FR.police>PT.police", 1)
    lane.recognised(12, "europol.analysis")
    lane.recognised(15, "PT.police")
    lane.did(12.25, "europol", "case", "opens a work file")
    lane.made(20, ASK, "request", "FR.police", 0)
    lane.sent((20, 22, 23), ASK, "siena:FR.police>ES.police", 3)
    lane.sent((23, 25, 26), ES, "siena:ES.police>FR.police", 1, asked=True)
    lane.recognised(26, "FR.police")
    lane.did(31, "europol", "action", "warns ES, FR")
    lane.made(40, ALERT, "alert", "IT.police", 0)
    lane.sent((40, 41, 44), ALERT, "siena:IT.police>ES.police", 4)
    return lane.events(3.0, 0.25, 7)


def everybody(compiled: Compiled, policies: tuple[LoadedPolicy, ...]) -> Events:
    """ES tells FR at once."""
    lane = Planted(compiled, policies, 1)
    begin(lane, 1)
    lane.sent((4, 6, 8), ES, "siena:ES.police>FR.police", 3)
    lane.sent((4, 6, 9), ES, "siena:ES.police>europol.analysis", 3)
    lane.made(9, SEEN, "police-trace", "IT.police", 0.25)
    lane.recognised(10, "FR.police")
    lane.did(10.5, "FR", "case", "puts a team on it")
    lane.did(19, "FR", "alarm", "warns everybody")
    return lane.events(math.nan, 0.5, 7)


def world() -> tuple[Compiled, tuple[LoadedPolicy, ...]]:
    """Return what the lanes are lanes of."""
    policies = (load_policy("bilateral"), load_policy(str(EVERYBODY)))
    return compile_world(load_scenario("organised-crime"), policies), policies


def shown(*, both: bool, every: bool) -> Shown:
    """Tell of the one lane, or of both side by side."""
    made = world()
    lanes = [bilateral(*made), everybody(*made)]
    stories = [story_of(events, choose(lanes, every=every)) for events in lanes]
    return Shown(stories[0], compare(*stories, every=every) if both else None, every)

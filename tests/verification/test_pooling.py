"""Five people who pool all they know, one message each a step (Leavitt 1949).

An exhaustive search finds the fewest steps and messages; the kernel plays what was found. A
message is a report to one person, and carries the groups whose knowledge its writer has read of.
"""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.kernel.engine import Kernel
from sim.kernel.release import Release
from sim.seam.port import LaneId, advance
from tests.worlds import Action, Kind, Link, Point, ScriptedHost, Sketch, build

pytestmark = pytest.mark.verify

PEOPLE = 5
ALL = (1 << PEOPLE) - 1
States = NDArray[np.int64]
"""What each of five knows, as five sets of five bits, packed."""

START = sum(1 << (person * PEOPLE + person) for person in range(PEOPLE))
END = (1 << (PEOPLE * PEOPLE)) - 1


class Message(NamedTuple):
    """One person tells another all they know."""

    teller: int
    hearer: int


Step = tuple[Message, ...]


def pairs(*edges: tuple[int, int]) -> list[Message]:
    return [Message(*way) for one, other in edges for way in ((one, other), (other, one))]


NETS = {
    "circle": pairs((0, 1), (1, 2), (2, 3), (3, 4), (4, 0)),
    "wheel": pairs((0, 1), (0, 2), (0, 3), (0, 4)),
    "chain": pairs((0, 1), (1, 2), (2, 3), (3, 4)),
    "y": pairs((0, 1), (0, 2), (0, 3), (3, 4)),
}


def full_steps(net: list[Message]) -> list[Step]:
    """All steps in which everybody sends one message; to send less never helps."""
    ways = [[message for message in net if message.teller == person] for person in range(PEOPLE)]
    return [tuple(step) for step in product(*ways)]


def after(states: States, step: Step) -> States:
    """What is known after messages sent at once."""
    told = states.copy()
    for teller, hearer in step:
        known = (states >> (teller * PEOPLE)) & ALL
        told |= known << (hearer * PEOPLE)
    return told


def fewest(moves: list[Step]) -> list[Step]:
    """Return a shortest plan by which all know all: every plan that is shorter was tried."""
    layers = [np.array([START], dtype=np.int64)]
    while END not in layers[-1]:
        layers.append(np.unique(np.concatenate([after(layers[-1], move) for move in moves])))
    plan: list[Step] = []
    goal = END
    for layer in reversed(layers[:-1]):
        move, state = next(
            (move, int(layer[reached][0]))
            for move in moves
            if (reached := after(layer, move) == goal).any()
        )
        plan.insert(0, move)
        goal = state
    return plan


def single_messages(net: list[Message]) -> list[Step]:
    return [(message,) for message in net]


class Pool(ScriptedHost):
    """Plays a plan, a step a tick, and notes the first tick at which all know all."""

    def __init__(self, plan: list[Step]) -> None:
        super().__init__(
            [
                [
                    Action(tick, "emit", (teller, 0, 0, 1 << hearer))
                    for tick, step in enumerate(plan)
                    for teller, hearer in step
                ]
            ]
        )
        self.done_at: int | None = None

    def react(self, tick: int, happenings: Any) -> None:
        assert self._engine is not None
        known = [self._engine.origins(0, person, 0) | 1 << person for person in range(PEOPLE)]
        if self.done_at is None and all(one == ALL for one in known):
            self.done_at = tick
        super().react(tick, happenings)


def pooled(net: list[Message], plan: list[Step]) -> tuple[int | None, int]:
    """Tick at which all know all in the kernel, and messages sent."""
    links = [Link(*message) for message in sorted(net)]
    quiet = {(situation, c, 0): 0 for situation in (2, 3) for c in range(len(links))}
    world = build(
        Sketch(
            groups=range(PEOPLE),
            links=links,
            kinds=[Kind(weight=1)],
            points=[Point(term=quiet)],
            horizon=20,
        )
    )
    engine, host = Kernel(world, [LaneId(0, 1, 1)]), Pool(plan)
    advance(engine, host, world.horizon)
    return host.done_at, int(engine.counters()[0, 1])


@pytest.mark.parametrize(("name", "steps"), [("circle", 3), ("wheel", 5)])
def test_fewest_steps(name: str, steps: int) -> None:
    """Circle 3, wheel 5: no shorter plan exists, and the kernel does it in no more."""
    net = NETS[name]
    plan = fewest(full_steps(net))
    assert len(plan) == steps
    assert pooled(net, plan) == (steps, PEOPLE * steps)
    assert pooled(net, plan[:-1])[0] is None


@pytest.mark.parametrize("name", NETS)
def test_fewest_messages(name: str) -> None:
    """2 (n - 1) = 8 messages in every net."""
    net = NETS[name]
    plan = fewest(single_messages(net))
    assert len(plan) == 2 * (PEOPLE - 1)
    assert pooled(net, plan) == (8, 8)
    assert pooled(net, plan[1:])[0] is None


def test_everybody_telling_everybody_they_can_takes_two_steps_in_a_circle() -> None:
    """Without the rule of one message each, the circle is as quick as it is wide."""
    net = NETS["circle"]
    assert pooled(net, [tuple(net)] * 2) == (2, 20)


@pytest.mark.parametrize("name", ["circle", "wheel"])
def test_a_late_message_is_noticed(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    original = Release.decide

    def decide(self: Any, *args: Any) -> Any:
        outcome = original(self, *args)
        return outcome._replace(due=outcome.due + 1)

    plan = fewest(full_steps(NETS[name]))
    monkeypatch.setattr(Release, "decide", decide)
    assert pooled(NETS[name], plan)[0] != len(plan)


@pytest.mark.parametrize("name", ["circle", "wheel"])
def test_a_dropped_channel_is_noticed(name: str) -> None:
    net, plan = NETS[name], fewest(full_steps(NETS[name]))
    used = plan[-1][0]
    assert pooled([message for message in net if message != used], plan)[0] != len(plan)

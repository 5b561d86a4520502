"""Rules of a policy that answer nobody where a policy that it extends would."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from scenarios import compile_world
from scenarios.compiling import rule_of

if TYPE_CHECKING:
    from scenarios import LoadedPolicy, LoadedScenario

_T = TypeVar("_T")


def tell_hidden(policy: LoadedPolicy, scenarios: Sequence[LoadedScenario]) -> Iterator[str]:
    """Say which rules of a policy's file hide the `pull` of one taken over, in which scenarios."""
    found: dict[tuple[int, int], list[str]] = {}
    for scenario in scenarios:
        for pair in hidden_pulls(policy, scenario):
            found.setdefault(pair, []).append(scenario.name)
    for (first, hidden), names in found.items():
        file, place = policy.rule_places[hidden]
        yield (
            f"rules[{policy.rule_places[first][1]}] tells and does not answer, and is the first to"
            f" match where rules[{place}] of {file.stem} would answer ({', '.join(names)}):"
            " who asks there gets no answer, unless the first has a `pull:` as well"
        )


def hidden_pulls(policy: LoadedPolicy, scenario: LoadedScenario) -> Iterator[tuple[int, int]]:
    """Give pairs of rules: one that tells and does not answer, and one whose `pull` it hides.

    The first rule that matches decides. A rule of the file itself with a `push` that leaves some
    untold, and without a `pull`, is compared with what would decide if it were not there. Rules of
    one file are in the order that their author wanted.
    """
    rules = policy.spec.rules
    own = [
        number
        for number, rule in enumerate(rules)
        if rule.push is not None and 0 < rule.push.chance < 1 and rule.pull is None
        if policy.rule_places[number][0] == policy.path
    ]
    if not own:
        return
    others = [_without(policy, number) for number in own]
    world, policies = compile_world(scenario, [policy, *others]).world, [policy, *others]
    whole, *without = world.points.phase[:, 0].tolist()
    made = {rule_of(term, policies): term for term in range(world.terms.push.size)}
    for number, phase in zip(own, without, strict=True):
        taken = (world.phases.term[whole] == made[0, number]) & world.phases.gate[whole]
        for term in np.unique(world.phases.term[phase][taken]).tolist():
            behind = rule_of(term, policies)
            if behind is not None:
                hidden = behind[1] + (behind[1] >= number)
                is_taken_over = policy.rule_places[hidden][0] != policy.path
                if is_taken_over and rules[hidden].pull is not None:
                    yield number, hidden


def _without(policy: LoadedPolicy, number: int) -> LoadedPolicy:
    spec = policy.spec.model_copy(update={"rules": _rest(policy.spec.rules, number)})
    return replace(policy, spec=spec, rule_places=_rest(policy.rule_places, number))


def _rest(rows: tuple[_T, ...], number: int) -> tuple[_T, ...]:
    return (*rows[:number], *rows[number + 1 :])

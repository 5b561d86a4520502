"""Worlds of the shipped scenarios, run once for each change that a test asks for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents import load_scenario, run_compiled
from experiments.planning import in_force, measures_of, under
from scenarios import LoadedScenario, compile_world, load_policy
from scenarios.changing import Change, Original, scenario_with
from sim.seam import LaneId

F64 = NDArray[np.float64]
Set = tuple[str, object]

SEED: Final = 20101122
"""Day of COM(2010) 673."""


@cache
def scenario(name: str, *changes: Set) -> LoadedScenario:
    """Return a scenario of the catalogue with some values set, by path."""
    pairs = [(Change(path, levels=(value,)), 0.0) for path, value in changes]
    base = load_scenario(name)
    return scenario_with(base, Original.of(base), pairs)


_Asked = tuple[str, str, int, tuple[Set, ...]]
_known: Final[dict[_Asked, Mapping[str, F64]]] = {}
"""Outcomes by scenario, policy, number of worlds and changes: policies are compared again and
again, and what a lane gives does not depend on who else runs."""


def outcomes(
    name: str, policies: tuple[str, ...], worlds: int, *changes: Set
) -> tuple[Mapping[str, F64], ...]:
    """Return the outcomes of each policy in the same worlds, each of shape (worlds,)."""
    asked: list[_Asked] = [(name, policy, worlds, changes) for policy in policies]
    new = [one for one in asked if one not in _known]
    if new:
        found = _run(name, tuple(policy for _, policy, *_ in new), worlds, *changes)
        _known.update(zip(new, found, strict=True))
    return tuple(_known[one] for one in asked)


def _run(
    name: str, policies: tuple[str, ...], worlds: int, *changes: Set
) -> tuple[Mapping[str, F64], ...]:
    compiled = compile_world(scenario(name, *changes), [load_policy(one) for one in policies])
    lanes = [LaneId(p, SEED, w) for p in range(len(policies)) for w in range(worlds)]
    found = run_compiled(compiled, lanes).outcomes
    return tuple(
        {key: value[p * worlds : (p + 1) * worlds] for key, value in found.items()}
        for p in range(len(policies))
    )


def gain(after: F64, before: F64) -> tuple[float, float, float]:
    """Return the mean paired difference and its 95% interval (normal approximation).

    Where one was run in fewer worlds, they are the first of the other's.
    """
    both = min(len(after), len(before))
    differences = after[:both] - before[:both]
    mean = float(differences.mean())
    half = 1.96 * float(differences.std(ddof=1)) / len(differences) ** 0.5
    return mean, mean - half, mean + half


def surely(sign: int, after: F64, before: F64) -> bool:
    """Whether one is more (1) or less (-1) than the other in these worlds, surely."""
    _, low, high = gain(after, before)
    return low > 0 if sign > 0 else high < 0


def moves(after: F64, before: F64) -> bool:
    """Whether anything is different in any world, of those that both were run in."""
    both = min(len(after), len(before))
    return bool((after[:both] != before[:both]).any())


@cache
def with_each(name: str, measures: tuple[str, ...], worlds: int) -> Mapping[str, Mapping[str, F64]]:
    """Return the outcomes with no measure (empty name) and with each alone, in the same worlds."""
    base = load_scenario(name)
    alone = load_policy(base.baseline)
    policies = [alone, *(under(alone, in_force(measures_of(one))) for one in measures)]
    lanes = [LaneId(p, SEED, w) for p in range(len(policies)) for w in range(worlds)]
    found = run_compiled(compile_world(base, policies), lanes).outcomes
    return {
        one: {key: value[p * worlds : (p + 1) * worlds] for key, value in found.items()}
        for p, one in enumerate(("", *measures))
    }

"""Worlds of the shipped scenarios, run once for each change that a test asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


@cache
def outcomes(
    name: str, policies: tuple[str, ...], worlds: int, *changes: Set
) -> tuple[Mapping[str, F64], ...]:
    """Return the outcomes of each policy in the same worlds, each of shape (worlds,)."""
    compiled = compile_world(scenario(name, *changes), [load_policy(one) for one in policies])
    lanes = [LaneId(p, SEED, w) for p in range(len(policies)) for w in range(worlds)]
    found = run_compiled(compiled, lanes).outcomes
    return tuple(
        {key: value[p * worlds : (p + 1) * worlds] for key, value in found.items()}
        for p in range(len(policies))
    )


def gain(after: F64, before: F64) -> tuple[float, float, float]:
    """Return the mean paired difference and its 95% interval (normal approximation)."""
    differences = after - before
    mean = float(differences.mean())
    half = 1.96 * float(differences.std(ddof=1)) / len(differences) ** 0.5
    return mean, mean - half, mean + half


def surely(sign: int, after: F64, before: F64) -> bool:
    """Whether one is more (1) or less (-1) than the other in these worlds, surely."""
    _, low, high = gain(after, before)
    return low > 0 if sign > 0 else high < 0


def moves(after: F64, before: F64) -> bool:
    """Whether anything is different in any world."""
    return bool((after != before).any())


def order(means: Sequence[float]) -> list[int]:
    """Return the positions of means from the lowest to the highest."""
    return sorted(range(len(means)), key=means.__getitem__)


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

"""Synthetic results: what a comparison could have given, made without the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from agents import load_scenario
from experiments.outcomes.values import F64, Mask, Outcome, Results
from experiments.planning.plan import Plan, make_plan
from experiments.planning.settings import Settings
from experiments.store.shards import Address
from scenarios import LoadedPolicy, LoadedScenario, load_policy
from sim import LaneId

HORIZON_DAYS = 100.0
POLICIES = ("bilateral", "hub-and-spoke", "full-pool")

TIME = Outcome("days", "Time to recognition", "days", "lower", "effect", time=True, headline=True)
SHARE = Outcome("share", "Share arrested", "share", "higher", "effect", headline=True)
NEEDLESS = Outcome("unnecessary_disclosures", "Unneeded records", "records", "lower", "rights")
LOAD = Outcome("load", "Reports read", "reports", "lower", "cost", headline=True)
OUTCOMES = (TIME, SHARE, NEEDLESS, LOAD)


@dataclass(frozen=True)
class Batch:
    """What a batch gave."""

    outcomes: dict[str, F64]
    series_days: F64
    series: dict[str, F64]

    @property
    def finished(self) -> Mask:
        """All of them."""
        return np.isfinite(next(iter(self.outcomes.values()))) | True


def results_of(
    values: dict[str, F64],
    outcomes: Sequence[Outcome],
    *,
    policies: Sequence[str] = POLICIES,
    done: Mask | None = None,
) -> Results:
    """Return results with the first policy as baseline."""
    shape = next(iter(values.values())).shape
    return Results(
        scenario="sample",
        policies=tuple(policies[: shape[0]]),
        baseline=policies[0],
        seed=7,
        horizon_days=HORIZON_DAYS,
        outcomes=tuple(outcomes),
        values=values,
        done=np.ones(shape, np.bool_) if done is None else done,
    )


def sample_results(replications: int = 40, policies: Sequence[str] = POLICIES) -> Results:
    """Return plausible results: worlds differ much, policies little, some times are censored."""
    draws = np.random.default_rng(5)
    shape = len(policies), replications
    world = draws.lognormal(0, 0.5, replications)
    openness = np.linspace(0.2, 1, shape[0])[:, None]
    days = 60 * world / (0.4 + openness) * draws.lognormal(0, 0.1, shape)
    values = {
        "days": np.where(days < HORIZON_DAYS, days, np.nan),
        "share": np.clip(0.5 + 0.2 * openness + 0.05 * draws.normal(size=shape), 0, 1),
        "unnecessary_disclosures": np.floor(500 * openness**2 * draws.lognormal(0, 0.1, shape)),
        "load": np.floor(1000 * openness * world),
    }
    return results_of(values, OUTCOMES, policies=policies)


def real_plan(replications: int = 7, policies: Sequence[str] = POLICIES, seed: int = 3) -> Plan:
    """Return a plan on the shipped scenario."""
    return plan_of(_scenario(), map(_policy, policies), replications, seed)


@cache
def _scenario() -> LoadedScenario:
    return without_states(load_scenario("organised-crime"))


def without_states(scenario: LoadedScenario) -> LoadedScenario:
    """Return a scenario that records of each state one outcome only: shards have few columns."""
    spec = scenario.spec
    kept = next(outcome for outcome in spec.outcomes if outcome.by_state)
    few = tuple(
        outcome if outcome is kept else outcome.model_copy(update={"by_state": False})
        for outcome in spec.outcomes
    )
    return replace(scenario, spec=spec.model_copy(update={"outcomes": few}))


@cache
def _policy(name: str) -> LoadedPolicy:
    return load_policy(name)


def address_of(plan: Plan, folder: Path) -> Address:
    """Return where the shards of a plan go."""
    settings, _, replications = plan.shape
    names = tuple(outcome.name for outcome in plan.outcomes)
    return Address(folder, plan.scenario.name, plan.names, names, plan.seed, settings, replications)


def headlines_only(plan: Plan) -> Plan:
    """Return a plan with fewer outcomes."""
    scenario = plan.scenario
    spec = scenario.spec
    few = tuple(outcome for outcome in spec.outcomes if outcome.headline)
    spec = spec.model_copy(update={"outcomes": few})
    return replace(plan, settings=Settings.only(replace(scenario, spec=spec), plan.policies))


def plan_of(
    scenario: LoadedScenario, policies: Sequence[LoadedPolicy] | map, replications: int, seed: int
) -> Plan:
    """Return a plan with the scenario's baseline."""
    return make_plan(scenario, tuple(policies), baseline=None, seed=seed, replications=replications)


def batch_of(plan: Plan, lanes: Sequence[LaneId]) -> Batch:
    """Return values that depend on policy, seed and replication alone, as the engine's do."""
    names = [outcome.name for outcome in plan.outcomes]
    values = np.array([_draws(plan, lane, len(names)) for lane in lanes])
    days = np.array([0.0, 30.0, 60.0])
    series = {
        "backlog": values[:, :1] * days,
        "arrests": np.add.outer(values[:, 1], days),
    }
    return Batch({name: values[:, place] for place, name in enumerate(names)}, days, series)


def _draws(plan: Plan, lane: LaneId, count: int) -> F64:
    name = plan.names[lane.point]
    draws = np.random.default_rng([lane.seed, lane.replication, *name.encode()])
    values = draws.normal(size=count)
    values[draws.random(count) < 0.2] = np.nan
    return values

"""What is to be run: a scenario under some policies, in the same random worlds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from experiments.errors import UserError
from experiments.measures import Mask, Outcome

if TYPE_CHECKING:
    from scenarios import LoadedPolicy, LoadedScenario
    from sim import LaneId

ALL: Final = "all"
"""Stands for every policy of the catalogue."""

KEYS: Final = ("scenario", "policy", "replication", "seed")
"""Columns of the table of outcomes that name a lane."""

MOST_SEED: Final = 2**63 - 1
MOST_REPLICATIONS: Final = 2**31 - 1


@dataclass(frozen=True, eq=False)
class Plan:
    """A comparison to be run: P policies x R replications (0 to R - 1) of one scenario."""

    scenario: LoadedScenario
    policies: tuple[LoadedPolicy, ...]
    baseline: str
    seed: int
    replications: int

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the policies, in the order of rows."""
        return tuple(policy.name for policy in self.policies)

    @property
    def lanes(self) -> int:
        """Number of lanes."""
        return len(self.policies) * self.replications

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """Outcomes that the scenario declares."""
        return tuple(Outcome.of(outcome) for outcome in self.scenario.outcomes)

    def identity(self) -> dict[str, Any]:
        """Return what a lane's result depends on, and the baseline; not the replications."""
        return {
            "scenario": {"name": self.scenario.name, "digest": self.scenario.digest},
            "policies": [{"name": p.name, "digest": p.digest} for p in self.policies],
            "baseline": self.baseline,
            "seed": self.seed,
        }

    def chunks(self, done: Mask, size: int) -> Iterator[list[LaneId]]:
        """Yield the lanes that are not done, at most `size` at a time.

        A chunk holds whole replications (all policies of a random world) unless `size` is less
        than the number of policies. What a lane gives does not hang on its chunk.
        """
        from sim import LaneId

        chunk: list[LaneId] = []
        for replication in np.flatnonzero(~done.all(axis=0)).tolist():
            points = np.flatnonzero(~done[:, replication]).tolist()
            if len(chunk) + len(points) > size and chunk:
                yield chunk
                chunk = []
            chunk += [LaneId(point, self.seed, replication) for point in points]
            while len(chunk) > size:
                yield chunk[:size]
                chunk = chunk[size:]
        if chunk:
            yield chunk


def chunk_size(lanes: int, policies: int, batch: int, workers: int) -> int:
    """Return how many lanes to run together: at most `batch`, and as much for every worker."""
    rounds = -(-lanes // (workers * batch))
    replications_each = -(-lanes // (workers * rounds * policies))
    return max(1, min(batch, replications_each * policies))


@dataclass(frozen=True)
class Selection:
    """Policies chosen for a scenario, and what was left out of ``all``."""

    policies: tuple[LoadedPolicy, ...]
    left_out: dict[str, str]
    """Reason by name."""


def select_policies(
    text: str, scenario: LoadedScenario, *, option: str = "--policies"
) -> Selection:
    """Load policies from a list of names and paths with commas, for one scenario.

    ``all`` is the catalogue, without the policies that make no sense for the scenario's family.

    Parameters
    ----------
    option
        Option that the text was given with; of another than ``--policies``, one policy is wanted.

    Raises
    ------
    UserError, SpecError
        If none is named, or one is not known, breaks a rule or is not for this family.
    """
    named = {part.strip() for part in text.split(",")}
    chosen, left_out = [], {}
    for policy in read_policies(text):
        reason = policy.spec.not_for.get(scenario.family)
        if reason is None:
            chosen.append(policy)
        elif named & {policy.name, str(policy.path)}:
            raise UserError(
                f"{option} names {policy.name} for the scenario {scenario.name}",
                f"this policy is not for threats of the family {scenario.family}: {reason}",
                f"leave it out, or write `{ALL}` for those that apply"
                if option == "--policies"
                else f"choose from {', '.join(_that_apply(scenario))}",
            )
        else:
            left_out[policy.name] = reason
    return Selection(tuple(chosen), left_out)


def _that_apply(scenario: LoadedScenario) -> list[str]:
    policies = read_policies(ALL)
    return [policy.name for policy in policies if scenario.family not in policy.spec.not_for]


def read_policies(text: str) -> tuple[LoadedPolicy, ...]:
    """Load policies from a list of names and paths with commas; ``all`` is the catalogue.

    Raises
    ------
    UserError, SpecError
        If none is named, or one is not known or breaks a rule.
    """
    from scenarios import load_policy, policy_entries

    names: list[str] = []
    for part in text.split(","):
        name = part.strip()
        if name == ALL:
            names += [entry.name for entry in policy_entries() if entry.name not in names]
        elif name:
            names.append(name)
    if not names:
        raise UserError(f"--policies {text!r}", "at least one policy is needed", "name one, or all")
    return tuple(load_policy(name) for name in names)


def make_plan(
    scenario: LoadedScenario,
    policies: Sequence[LoadedPolicy],
    *,
    baseline: str | None,
    seed: int,
    replications: int,
) -> Plan:
    """Put a comparison together, with the baseline first and the others in the order given.

    Raises
    ------
    UserError, SpecError
        If names collide, the baseline is not among the policies, or a number is out of range.
    """
    names = [policy.name for policy in policies]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserError(
            f"--policies names {', '.join(twice)} more than once",
            "each policy is a column of the comparison and needs a name of its own",
            "name it once, or give the second file another name",
        )
    if baseline is None:
        baseline = scenario.baseline if scenario.baseline in names else names[0]
    elif baseline not in names:
        from scenarios.errors import unknown_name

        raise unknown_name("policy in --policies", baseline, names, where="--baseline")
    clashing = sorted({outcome.name for outcome in scenario.outcomes} & set(KEYS))
    if clashing:
        raise UserError(
            f"scenario {scenario.name!r}: outcome {clashing[0]!r}",
            "this name is a column of every table",
            "give the outcome another name",
        )
    _within("--replications", replications, 1, MOST_REPLICATIONS)
    _within("--seed", seed, 0, MOST_SEED)
    first = sorted(policies, key=lambda policy: policy.name != baseline)
    return Plan(scenario, tuple(first), baseline, seed, replications)


def _within(option: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        rule = f"must be a whole number from {least} to {most}"
        raise UserError(f"{option} {value}", rule, "choose a number in that range")

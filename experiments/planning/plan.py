"""What is to be run: settings of a scenario under some policies, in the same random worlds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from experiments.errors import UserError
from experiments.outcomes import Mask, Outcome

if TYPE_CHECKING:
    from experiments.planning.settings import Settings
    from scenarios import LoadedPolicy, LoadedScenario
    from sim import LaneId

KEYS: Final = ("scenario", "setting", "policy", "replication", "seed")
"""Columns of the table of outcomes that name a lane."""

EXIT: Final = "exit"
"""Column of the table of outcomes that says how a lane ended."""

MOST_SEED: Final = 2**63 - 1
MOST_REPLICATIONS: Final = 2**31 - 1

MOST_TOGETHER: Final = 16
"""Settings that run together at the most; each takes memory in every process."""


class Part(NamedTuple):
    """The lanes of a chunk that are of one setting; they are written into one shard."""

    setting: int
    lanes: tuple[LaneId, ...]


@dataclass(frozen=True)
class Chunk:
    """Lanes that run together: the unit of work."""

    parts: tuple[Part, ...]
    """One of each setting; none is empty."""

    @property
    def settings(self) -> tuple[int, ...]:
        """Settings that its lanes are of."""
        return tuple(part.setting for part in self.parts)

    @property
    def lanes(self) -> int:
        """Number of lanes."""
        return sum(len(part.lanes) for part in self.parts)


class Share(NamedTuple):
    """One of several equal shares of the work, for processes that know nothing of each other."""

    number: int
    """From 0."""
    of: int


WHOLE: Final = Share(0, 1)


@dataclass(frozen=True, eq=False)
class Plan:
    """An experiment to be run: S settings x P policies x R replications (0 to R - 1)."""

    settings: Settings
    baseline: str
    seed: int
    replications: int
    fewer: Mapping[str, int] = field(default_factory=dict)
    """Replications of the policies that need fewer, by name."""
    experiment: Mapping[str, Any] = field(default_factory=dict)
    """The experiment file it came from, as plain JSON content; empty for a comparison."""

    @property
    def scenario(self) -> LoadedScenario:
        """The scenario as declared, before any setting."""
        return self.settings.base

    @property
    def policies(self) -> tuple[LoadedPolicy, ...]:
        """The policies as declared, in the order of rows."""
        return self.settings.policies

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the policies, in the order of rows."""
        return tuple(policy.name for policy in self.policies)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Numbers of settings, policies and replications."""
        return len(self.settings), len(self.policies), self.replications

    def wanted(self) -> Mask:
        """Return which lanes are to be run, shape (S, P, R)."""
        most = np.array([self.fewer.get(name, self.replications) for name in self.names])
        row = np.arange(self.replications) < most[:, None]
        return np.broadcast_to(row, self.shape)

    @property
    def lanes(self) -> int:
        """Number of lanes."""
        each = (self.fewer.get(name, self.replications) for name in self.names)
        return len(self.settings) * sum(each)

    @property
    def together(self) -> int:
        """Settings that run together at the most."""
        return min(max(map(len, self.settings.alike)), MOST_TOGETHER)

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """Outcomes that the scenario declares."""
        return tuple(Outcome.of(outcome) for outcome in self.scenario.outcomes)

    def identity(self) -> dict[str, Any]:
        """Return what a lane's result depends on, and the baseline; not the replications."""
        return {
            "scenario": {"name": self.scenario.name, "digest": self.scenario.digest},
            "policies": [{"name": p.name, "digest": p.digest} for p in self.policies],
            "design": {"settings": len(self.settings), "digest": self.settings.digest},
            "baseline": self.baseline,
            "seed": self.seed,
        }

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what the lanes are and how many there are."""
        content = [self.identity(), self.replications, dict(self.fewer)]
        text = json.dumps(content, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def chunks(self, done: Mask, size: int, share: Share = WHOLE) -> Iterator[Chunk]:
        """Yield the lanes of a share that are wanted and not done, at most `size` at a time.

        The lanes are divided into blocks that depend on `size` alone, and the blocks among the
        shares in turn, so that two shares never have a lane in common. A chunk is what is missing
        of a block: whole replications (all policies of a random world), unless `size` is less than
        the number of policies. Settings that can be one world stand in one block while there is
        room. What a lane gives does not hang on its chunk.
        """
        missing = self.wanted() & ~done
        for settings, block in islice(self._blocks(size), share.number, None, share.of):
            found = [
                Part(setting, self._lanes(missing[setting, :, block], block.start))
                for setting in settings
            ]
            parts = tuple(part for part in found if part.lanes)
            if len(parts) == 1:  # with more policies than `size` it may not fit as a whole
                [(setting, lanes)] = parts
                for first in range(0, len(lanes), size):
                    yield Chunk((Part(setting, lanes[first : first + size]),))
            elif parts:
                yield Chunk(parts)

    def missing(self, done: Mask, size: int, share: Share = WHOLE) -> int:
        """Return how many lanes `chunks` would yield."""
        missing = self.wanted() & ~done
        if share == WHOLE:
            return int(missing.sum())
        blocks = islice(self._blocks(size), share.number, None, share.of)
        return sum(int(missing[list(settings), :, block].sum()) for settings, block in blocks)

    def blocks(self, size: int) -> int:
        """Return how many blocks there are for chunks of `size`: the most that can be shared."""
        return sum(1 for _ in self._blocks(size))

    def _blocks(self, size: int) -> Iterator[tuple[tuple[int, ...], slice]]:
        """Yield settings and ranges of replications that together are all lanes."""
        each = max(1, size // len(self.policies))
        together = min(max(1, each // self.replications), MOST_TOGETHER)
        for alike in self.settings.alike:
            for start in range(0, len(alike), together):
                for first in range(0, self.replications, each):
                    block = slice(first, min(first + each, self.replications))
                    yield alike[start : start + together], block

    def _lanes(self, missing: Mask, first: int) -> tuple[LaneId, ...]:
        """Return lanes of a block, a random world after the other."""
        from sim import LaneId

        replications, points = np.nonzero(missing.T)
        pairs = zip(points.tolist(), (replications + first).tolist(), strict=True)
        return tuple(LaneId(point, self.seed, replication) for point, replication in pairs)


def chunk_size(plan: Plan, batch: int, workers: int, missing: int | None = None) -> int:
    """Return how many lanes to run together: at most `batch`, and as much for every worker.

    Parameters
    ----------
    missing
        Lanes to be run; None stands for all.
    """
    settings, policies = len(plan.settings), len(plan.policies)
    missing = plan.lanes if missing is None else max(1, missing)
    lanes_each = -(-missing // settings)
    together = min(plan.together, batch // lanes_each)
    if together > 1:
        rounds = -(-settings // (workers * together))
        return -(-settings // (workers * rounds)) * lanes_each
    if settings >= workers:
        chunks_each = -(-lanes_each // batch)
    else:
        rounds = -(-missing // (workers * batch))
        chunks_each = -(-workers * rounds // settings)
    replications_each = -(-lanes_each // (chunks_each * policies))
    return max(1, min(batch, replications_each * policies))


def make_plan(
    scenario: LoadedScenario | Settings,
    policies: Sequence[LoadedPolicy],
    *,
    baseline: str | None,
    seed: int,
    replications: int,
    experiment: Mapping[str, Any] | None = None,
) -> Plan:
    """Put an experiment together, with the baseline first and the others in the order given.

    Parameters
    ----------
    scenario
        Settings of a scenario, or the scenario as it was declared for a single one.

    Raises
    ------
    UserError, SpecError
        If names collide, the baseline is not among the policies, or a number is out of range.
    """
    from experiments.planning.settings import Settings

    settings = scenario if isinstance(scenario, Settings) else Settings.only(scenario)
    scenario = settings.base
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
    clashing = sorted({outcome.name for outcome in scenario.outcomes} & {*KEYS, EXIT})
    if clashing:
        raise UserError(
            f"scenario {scenario.name!r}: outcome {clashing[0]!r}",
            "this name is a column of every table",
            "give the outcome another name",
        )
    _within("--replications", replications, 1, MOST_REPLICATIONS)
    _within("--seed", seed, 0, MOST_SEED)
    first = sorted(policies, key=lambda policy: policy.name != baseline)
    settings = replace(settings, policies=tuple(first))
    return Plan(settings, baseline, seed, replications, experiment=experiment or {})


def _within(option: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        rule = f"must be a whole number from {least} to {most}"
        raise UserError(f"{option} {value}", rule, "choose a number in that range")

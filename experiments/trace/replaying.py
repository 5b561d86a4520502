"""Running lanes of a run directory again, from what its manifest says and nothing else."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.errors import UserError
from experiments.outcomes import Outcome
from experiments.store import (
    RUN_AGAIN,
    Manifest,
    RunDirectory,
    engine_digest,
    open_for_reading,
    settings_of,
)

if TYPE_CHECKING:
    from agents import Replay
    from scenarios import Compiled, LoadedPolicy


@dataclass(frozen=True, eq=False)
class Replayed:
    """One lane, run again and found to be what was stored."""

    folder: Path
    compiled: Compiled
    policies: tuple[LoadedPolicy, ...]
    """Policies that were compiled together."""
    point: int
    """Which of them the lane runs under."""
    seed: int
    setting: int
    replication: int
    outcomes: tuple[Outcome, ...]
    values: Mapping[str, float]
    """Outcomes of the lane; NaN is a time not reached."""
    replay: Replay
    engine_changed: bool
    """Whether the engine's code is not what it was when the lane was stored."""

    @property
    def policy(self) -> LoadedPolicy:
        """Policy of the lane."""
        return self.policies[self.point]


def replay_lanes(
    folder: Path, policies: Sequence[str], replication: int, setting: int = 0
) -> list[Replayed]:
    """Run the lanes of one random world under some policies again; all share one compilation.

    Raises
    ------
    UserError, SpecError
        If the directory has no such finished lanes, its manifest does not hold what was run, or
        a lane does not come out as it was stored.
    """
    from agents import replay
    from scenarios import compile_world
    from sim import LaneId

    directory = open_for_reading(folder)
    manifest = directory.manifest
    policies = [_named(folder, manifest, policy) for policy in policies]
    _check_lanes(folder, manifest, policies, replication, setting)
    stored = [_stored(directory, policy, replication, setting) for policy in policies]
    settings = settings_of(manifest, folder)
    held = dict(zip(manifest.policies, settings.policies_in(setting), strict=True))
    loaded = tuple(held[policy] for policy in policies)
    compiled = compile_world(settings.scenario(setting), loaded)
    seed = manifest.identity["seed"]
    changed = manifest.identity["engine"]["digest"] != engine_digest(manifest.kinds)
    found = []
    for point, row in enumerate(stored):
        lane = Replayed(
            folder=folder,
            compiled=compiled,
            policies=loaded,
            point=point,
            seed=seed,
            setting=setting,
            replication=replication,
            outcomes=manifest.outcomes,
            values=row,
            replay=replay(compiled, LaneId(point, seed, replication)),
            engine_changed=changed,
        )
        _check_outcomes(lane)
        found.append(lane)
    return found


def _named(folder: Path, manifest: Manifest, text: str) -> str:
    """Return the policy of a run that a name, or the path of its file, stands for."""
    from scenarios import SpecError, load_policy
    from scenarios.errors import choice

    if text in manifest.policies:
        return text
    if Path(text).is_file():
        try:
            name = load_policy(text).name
        except SpecError:
            name = Path(text).stem
        if name in manifest.policies:
            return name
    raise UserError(
        f"policy {text}",
        f"there is no policy of this name in {folder}",
        choice(Path(text).stem, manifest.policies),
    )


def _check_lanes(
    folder: Path, manifest: Manifest, policies: Sequence[str], replication: int, setting: int
) -> None:
    if len(set(policies)) < len(policies):
        raise UserError(
            f"--against {policies[-1]}",
            "a lane is compared with one under another policy",
            f"name another of {', '.join(manifest.policies)}",
        )
    for name, number, held in (
        ("replication", replication, manifest.replications),
        ("setting", setting, manifest.settings),
    ):
        if not 0 <= number < held:
            raise UserError(
                f"--{name} {number}",
                f"{folder} holds {name}s 0 to {held - 1}",
                "choose a number in that range",
            )


def _stored(
    directory: RunDirectory, policy: str, replication: int, setting: int
) -> dict[str, float]:
    """Return the outcomes of a lane as the run directory holds them."""
    results = directory.results(setting)
    point = results.policies.index(policy)
    if not results.done[point, replication]:
        raise UserError(
            f"{directory.folder}: replication {replication} under {policy} is not finished",
            "a lane is compared with what was stored of it",
            "run what made the directory again, with the same --out",
        )
    return {name: float(held[point, replication]) for name, held in results.values.items()}


def _check_outcomes(lane: Replayed) -> None:
    """Hold a replay to the stored row, to the bit."""
    again = {name: float(held[0]) for name, held in lane.replay.result.outcomes.items()}
    differing = [name for name in lane.values if not same(lane.values[name], again[name])]
    if not differing:
        return
    shown = ", ".join(
        f"{name} was {lane.values[name]!r} and is {again[name]!r}" for name in differing[:3]
    )
    why = (
        "the engine's code has changed since"
        if lane.engine_changed
        else "the stored lane was changed, or this machine computes otherwise"
    )
    raise UserError(
        f"{lane.folder}: replication {lane.replication} under {lane.policy.name} came out otherwise"
        f" than it was stored ({shown}); {why}",
        "a replay gives the stored outcomes to the bit",
        f"use the version of fivesteps that made the directory, or {RUN_AGAIN}",
    )


def same(one: float, other: float) -> bool:
    """Whether two outcomes are the same to the bit; NaN is NaN."""
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return struct.pack("<d", one) == struct.pack("<d", other)

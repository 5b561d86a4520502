"""What was run, back from the manifest of a run directory and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from experiments.errors import UserError
from experiments.store.manifest import NAME, Manifest

if TYPE_CHECKING:
    from experiments.planning import Plan, Settings
    from scenarios import LoadedPolicy, LoadedScenario

_L = TypeVar("_L", "LoadedScenario", "LoadedPolicy", "Settings")

RUN_AGAIN = "run it again into a new --out"


def settings_of(manifest: Manifest, folder: Path) -> Settings:
    """Return settings and policies as the manifest in `folder` has them, digests checked.

    Raises
    ------
    UserError
        If a document cannot be read, or is not the one that was run.
    """
    from agents import declarations
    from experiments.planning import Settings
    from scenarios import SpecError
    from scenarios.reading import policy_from, scenario_from

    path = folder / NAME
    identity, documents = manifest.identity, manifest.documents
    digests = {row["name"]: row["digest"] for row in identity["policies"]}
    what = f"scenario {manifest.scenario}"
    try:
        scenario = scenario_from(documents["scenario"], declarations(), path)
        _check_digest(path, what, scenario, identity["scenario"]["digest"])
        policies = []
        for name in manifest.policies:
            what = f"policy {name}"
            policy = policy_from(documents["policies"][name], path)
            policies.append(_check_digest(path, what, policy, digests[name]))
        what = "the design"
        settings = Settings.of(documents["design"], scenario, tuple(policies))
        return _check_digest(path, what, settings, identity["design"]["digest"])
    except (ValueError, KeyError, TypeError, SpecError) as error:
        reason = " ".join(str(error).split())[:300]
        raise UserError(
            f"{path}: the content of {what} cannot be read: {reason}",
            "a lane is run from the scenario and policies that its manifest holds",
            f"use the version of fivesteps that made the directory, or {RUN_AGAIN}",
        ) from None


def plan_of(
    manifest: Manifest,
    folder: Path,
    replications: int | None = None,
    policies: Sequence[LoadedPolicy] = (),
) -> Plan:
    """Return the plan of a run directory, with more replications and other policies if wanted.

    A policy that it has already is taken once.

    Raises
    ------
    UserError
        As `settings_of`, and if the number of replications cannot be, or another policy has the
        name of one that was run.
    """
    from experiments.planning import make_plan

    settings = settings_of(manifest, folder)
    return make_plan(
        settings,
        [*settings.policies, *(new for new in policies if not _is_run(new, manifest))],
        baseline=manifest.identity["baseline"],
        seed=manifest.identity["seed"],
        replications=manifest.replications if replications is None else replications,
        experiment=manifest.documents["experiment"],
    )


def _is_run(policy: LoadedPolicy, manifest: Manifest) -> bool:
    return {"name": policy.name, "digest": policy.digest} in manifest.identity["policies"]


def _check_digest(path: Path, what: str, declared: _L, expected: str) -> _L:
    if declared.digest != expected:
        raise UserError(
            f"{path}: the content of {what} is not what was run (its digest is"
            f" {declared.digest[:12]}, the run's {expected[:12]})",
            "a lane is run again only from the very scenario and policies that made it",
            f"put the manifest back as it was written, or {RUN_AGAIN}",
        )
    return declared

"""Running an assessment in stages: a few worlds of all, more of what moves, then what leads."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from experiments.execution.placing import How
from experiments.execution.running import Ran, run_plan
from experiments.store import NAME, read_manifest

if TYPE_CHECKING:
    from experiments.analysis import Assessed
    from experiments.designs import Assessment, Coalition

SCREENED: Final = 10
"""Worlds after which a measure that moved nothing is run no more."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Extent:
    """How much of an assessment is run."""

    seed: int
    replications: int
    top: int
    """Measures, at the most, that are run together in every way that their orders need."""
    orders: int
    """Orders, at the most, in which they come."""


def run_assessment(
    assessment: Assessment, out: Path, how: How, extent: Extent, say: Say
) -> tuple[Ran, Assessed | None]:
    """Run what is missing of an assessment; return what it found, None if it was broken off.

    Measures that move nothing in the first worlds are left at those. Then the leading measures run
    together. Each stage is told by the lanes of those before it, so that who goes on comes to the
    same; what a directory has is kept.

    Raises
    ------
    UserError, SpecError, StoppedError, WorkerLostError
        As `run_plan`.
    """
    from experiments.analysis import Study, assess, leading, moved_nothing
    from experiments.designs import orders

    held = _held(out)
    there = (group for group in held.groups if group <= set(assessment.named))
    groups = tuple(dict.fromkeys((*assessment.first(), *there)))
    plan = assessment.plan(
        groups,
        extent.seed,
        max(held.replications, min(SCREENED, extent.replications)),
        held.fewer,
        held.orders,
    )
    ran = run_plan(plan, out, how)
    if not ran.complete:
        return ran, None
    if extent.replications > SCREENED:
        idle = moved_nothing(_first_worlds(out))
        if idle:
            say(f"{SCREENED} worlds: {', '.join(sorted(idle))} moved nothing and run no more")
        plan = replace(
            plan,
            replications=max(plan.replications, extent.replications),
            fewer=_fewer(assessment, idle),
        )
        ran = run_plan(plan, out, how).after(ran)
        if not ran.complete:
            return ran, None
    found = assess(Study.of(out))
    top = leading(found, extent.top)
    if len(top) < 2:  # noqa: PLR2004 - one has nobody to share with
        return ran, found
    arranged = orders(top, extent.orders, extent.seed)
    say(f"Together: {', '.join(top)}, in {len(arranged):,} orders")
    beginnings = [
        assessment.needs.joined(order[:length])
        for order in arranged
        for length in range(len(order) + 1)
    ]
    wanted = {assessment.name(one, group) for group in beginnings for one in assessment.policies}
    plan = assessment.plan(
        tuple(dict.fromkeys((*groups, *beginnings))),
        extent.seed,
        plan.replications,
        {name: worlds for name, worlds in plan.fewer.items() if name not in wanted},
        arranged,
    )
    ran = run_plan(plan, out, how).after(ran)
    return ran, assess(Study.of(out)) if ran.complete else None


def _fewer(assessment: Assessment, idle: Collection[str]) -> dict[str, int]:
    """Return the alternatives that are there for measures alone that moved nothing."""
    needs = assessment.needs
    others = set(assessment.measures).difference(idle)

    def groups(names: Collection[str]) -> set[Coalition]:
        return {needs.of[name] for name in names} | set(map(needs.without, names))

    kept = {needs.joined(()), needs.everything} | groups(others)
    return {
        assessment.name(policy, group): SCREENED
        for group in groups(idle) - kept
        for policy in assessment.policies
    }


@dataclass(frozen=True)
class _Held:
    """What a directory has been made for."""

    replications: int = 0
    orders: tuple[tuple[str, ...], ...] = ()
    groups: tuple[Coalition, ...] = ()
    fewer: dict[str, int] | None = None


def _held(out: Path) -> _Held:
    if not (out / NAME).is_file():
        return _Held()
    manifest = read_manifest(out)
    told: dict[str, Any] = manifest.documents["experiment"].get("alternatives") or {}
    groups = tuple(dict.fromkeys(frozenset(one["measures"]) for one in told.values()))
    held = manifest.documents["experiment"].get("orders") or ()
    return _Held(manifest.replications, tuple(map(tuple, held)), groups, manifest.fewer)


def _first_worlds(out: Path) -> Assessed:
    """Return what an assessment found in the worlds that every measure is screened in."""
    from experiments.analysis import Study, assess

    study = Study.of(out)
    futures = study.futures
    cut = replace(
        futures,
        values={name: values[:, :, :SCREENED] for name, values in futures.values.items()},
        held=futures.held[:, :, :SCREENED],
        done=futures.done[:, :, :SCREENED],
    )
    return assess(replace(study, futures=cut))

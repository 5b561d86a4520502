"""What each part of a model does: worlds with it beside the same worlds without it.

A part is *inert* if no way to change it moves any headline outcome in any world under any policy.
It is *not seen* if something moved but no difference can be told from chance, and *seen* otherwise.
All tests of an audit are one family: every way, policy and headline outcome.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from experiments.designs import reason_for
from experiments.outcomes import (
    Comparison,
    Futures,
    Mask,
    Outcome,
    Results,
    compare_policies,
    one_family,
    unlike,
)
from experiments.terminal import is_clear

if TYPE_CHECKING:
    from experiments.analysis.study import Study

Verdict = Literal["seen", "not seen", "inert"]

VERDICTS: Final[tuple[Verdict, ...]] = ("seen", "not seen", "inert")


@dataclass(frozen=True)
class Effect:
    """What one way to change a part does to one outcome under one policy."""

    part: str
    way: str
    policy: str
    row: Comparison
    """Changed minus as declared; its policy is the way, its baseline the scenario as declared."""
    moved: int
    """Worlds in which the outcome is another one."""

    @property
    def is_clear(self) -> bool:
        """Whether both the interval and the adjusted test say that there is a difference."""
        return is_clear(self.row)

    def document(self) -> dict[str, Any]:
        """Return it as plain JSON content; what cannot be said is None."""
        own = {"part": self.part, "change": self.way, "policy": self.policy}
        return {**own, **self.row.brief(), "moved": self.moved}


@dataclass(frozen=True)
class PartFound:
    """A part with all its effects on headline outcomes."""

    name: str
    kind: str
    meaning: str
    ways: tuple[str, ...]
    effects: tuple[Effect, ...]
    moved: float
    """Share of the worlds in which a headline outcome is another one, in some way."""
    elsewhere: tuple[str, ...]
    """Outcomes that are no headlines and that moved in some world."""
    reason: str = ""
    """Why it may be inert, if a reason is given."""

    @property
    def verdict(self) -> Verdict:
        """What can be said of it."""
        if any(effect.is_clear for effect in self.effects):
            return "seen"
        return "not seen" if self.moved else "inert"

    def document(self) -> dict[str, Any]:
        """Return it as plain JSON content."""
        return {
            "name": self.name,
            "kind": self.kind,
            "meaning": self.meaning,
            "verdict": self.verdict,
            "moved": self.moved,
            "elsewhere": list(self.elsewhere),
            "reason": self.reason or None,
            "effects": [effect.document() for effect in self.effects],
        }


@dataclass(frozen=True)
class AuditFound:
    """What an audit found."""

    scenario: str
    policies: tuple[str, ...]
    seed: int
    worlds: int
    outcomes: tuple[Outcome, ...]
    """The headline outcomes."""
    parts: tuple[PartFound, ...]
    left_out: Mapping[str, str]
    """Reason by name, of what could not be changed."""

    @cached_property
    def effects(self) -> tuple[Effect, ...]:
        """All effects, part after part."""
        return tuple(effect for part in self.parts for effect in part.effects)

    @property
    def tests(self) -> int:
        """Number of tests in the one family."""
        return sum(not math.isnan(effect.row.p) for effect in self.effects)

    def of(self, verdict: Verdict) -> tuple[PartFound, ...]:
        """Return the parts of which this can be said."""
        return tuple(part for part in self.parts if part.verdict == verdict)

    def document(self) -> dict[str, Any]:
        """Return it as plain JSON content."""
        return {
            "scenario": self.scenario,
            "policies": list(self.policies),
            "seed": self.seed,
            "worlds": self.worlds,
            "tests": self.tests,
            "outcomes": [outcome.name for outcome in self.outcomes],
            **{
                verdict.replace(" ", "_"): [part.name for part in self.of(verdict)]
                for verdict in VERDICTS
            },
            "parts": [part.document() for part in self.parts],
            "left_out": dict(self.left_out),
        }


def audit(study: Study, reasons: Mapping[str, str] | None = None) -> AuditFound:
    """Return what the parts do, from the finished lanes of an audit.

    Parameters
    ----------
    reasons
        Why parts may be inert, by name or pattern.
    """
    declared, futures = study.directory.manifest.documents["experiment"], study.futures
    asked = study.outcomes
    ways = [(part["name"], way) for part in declared["parts"] for way in part["ways"]]
    effects = _adjusted(list(_effects(futures, asked, ways)))
    of_part: dict[str, list[Effect]] = {}
    for effect in effects:
        of_part.setdefault(effect.part, []).append(effect)
    moved = {one.name: _moved(futures, one.name) for one in futures.outcomes}
    parts = []
    for row in declared["parts"]:
        name = row["name"]
        settings = [number for number, (part, _) in enumerate(ways, start=1) if part == name]
        by_world = np.any([moved[one.name][settings] for one in asked], axis=(0, 1, 2))
        whole = [one for one in futures.outcomes if one.is_whole]
        others = [one.name for one in whole if one not in asked]
        parts.append(
            PartFound(
                name=name,
                kind=row["kind"],
                meaning=row["meaning"],
                ways=tuple(row["ways"]),
                effects=tuple(of_part[name]),
                moved=float(by_world.mean()),
                elsewhere=tuple(other for other in others if moved[other][settings].any()),
                reason=reason_for(name, reasons or {}),
            )
        )
    return AuditFound(
        futures.scenario,
        futures.policies,
        futures.seed,
        futures.held.shape[2],
        asked,
        tuple(parts),
        declared["left_out"],
    )


def newly_inert(
    found: AuditFound, before: Mapping[str, Any], least_moved: float = 0.0
) -> list[str]:
    """Return the parts that are inert, have no reason for it, and were not inert before.

    Parameters
    ----------
    before
        Document of an earlier audit of the same scenario, seed and policies, of as many worlds or
        more.
    least_moved
        Share of the worlds in which a part must have moved something before, to be judged by
        fewer worlds now.
    """
    known = {part["name"]: part for part in before["parts"]}
    return [
        part.name
        for part in found.of("inert")
        if not part.reason and (part.name not in known or known[part.name]["moved"] > least_moved)
    ]


def _moved(futures: Futures, outcome: str) -> Mask:
    """Return where an outcome is not as with the scenario as declared, shape (S, P, R)."""
    values, both = futures.values[outcome], futures.done & futures.done[:1]
    return both & unlike(values, values[:1])


def _effects(
    futures: Futures, asked: Sequence[Outcome], ways: Sequence[tuple[str, str]]
) -> Iterator[Effect]:
    """Give the effects of all ways under each policy, tests adjusted for each policy alone."""
    moved = {one.name: _moved(futures, one.name).sum(axis=2) for one in asked}
    labels = ("as declared", *(str(number) for number in range(1, len(ways) + 1)))
    for point, policy in enumerate(futures.policies):
        results = Results(
            scenario=futures.scenario,
            policies=labels,
            baseline=labels[0],
            seed=futures.seed,
            horizon_days=futures.horizon_days,
            outcomes=tuple(asked),
            values={one.name: futures.values[one.name][:, point] for one in asked},
            done=futures.done[:, point],
        )
        for row in compare_policies(results, asked):
            setting = int(row.policy)
            part, way = ways[setting - 1]
            count = int(moved[row.outcome][setting, point])
            yield Effect(part, way, policy, replace(row, policy=way), count)


def _adjusted(effects: Sequence[Effect]) -> list[Effect]:
    """Return effects with p-values adjusted for all of them together, in the order of parts."""
    rows = one_family([effect.row for effect in effects])
    return [replace(effect, row=row) for effect, row in zip(effects, rows, strict=True)]

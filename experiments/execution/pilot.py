"""The first lanes of a long run: few of them, so that it is soon known what the rest will give.

They are lanes of the run itself, as a chunk of their own; what a lane gives does not hang on its
chunk.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from experiments.outcomes import Mask, Outcome, Results, student
from experiments.planning import WHOLE, Chunk, Plan, Share
from experiments.store import RunDirectory

WORLDS: Final = 10
"""Replications of a pilot, under every policy, in the first setting."""

LEAST_RUNS: Final = 10
"""Times as many lanes as a pilot's that a run must have for one."""


@dataclass(frozen=True)
class Pilot:
    """A small chunk that is run before the others."""

    chunk: Chunk
    plan: Plan
    directory: RunDirectory

    @classmethod
    def of(cls, plan: Plan, directory: RunDirectory, done: Mask, share: Share) -> Pilot | None:
        """Return the pilot of a run; None for one that is short, a share, or has begun before."""
        size = WORLDS * len(plan.policies)
        if share != WHOLE or done.any() or plan.lanes < LEAST_RUNS * size:
            return None
        return cls(next(plan.chunks(done, size)), plan, directory)

    def before(self, done: Mask, size: int) -> Iterator[Chunk]:
        """Yield the pilot, then all other chunks."""
        yield self.chunk
        rest = done.copy()
        for setting, lanes in self.chunk.parts:
            for lane in lanes:
                rest[setting, lane.point, lane.replication] = True
        yield from self.plan.chunks(rest, size)

    def sure(self) -> str:
        """Say how narrow the intervals of a setting's differences will be; empty if unknown."""
        outcomes = self.directory.manifest.outcomes
        headlines = [one for one in outcomes if one.headline and one.tested]
        if not headlines or len(self.plan.policies) == 1:
            return ""
        outcome = headlines[0]
        results = self.directory.futures((outcome.name,)).setting(self.chunk.settings[0])
        half = expected_half(results, outcome, self.plan.replications)
        if half is None:
            return ""
        where = " in each setting" if len(self.plan.settings) > 1 else ""
        return f"; differences in {outcome.label!r} will be known to about ±{half:.2g}{where} (95%)"


def expected_half(results: Results, outcome: Outcome, replications: int) -> float | None:
    """Return half the width that the widest interval of a difference will have.

    Parameters
    ----------
    results
        Some replications.
    replications
        How many there will be.

    Returns
    -------
    float or None
        In the unit of the outcome; None where it cannot be told, or lanes do not differ yet.
    """
    values = results.restricted(outcome)
    differences = values - values[results.policies.index(results.baseline)]
    there = differences[:, np.isfinite(differences).all(axis=0)]
    if there.shape[1] < WORLDS // 2:
        return None
    spread = float(there.std(axis=1, ddof=1).max())
    half = float(student(replications - 1)) * spread / float(np.sqrt(replications))
    return half if half > 0 else None

"""Which policies are worth considering when several outcomes matter and none is known exactly.

A policy *dominates* another if it is at least as good in every outcome and better in one. With
estimates, means alone would settle this by chance. Here:

``dominated``
    Some policy is significantly better in every outcome. Outcomes that came out the same in every
    world do not count; with an indifference, it is enough not to be worse by more than that, and
    to be significantly better in one outcome.
``front``
    No policy can dominate it: each of the others is significantly worse in some outcome, by more
    than the indifference.
``possibly dominated``
    Anything else; `on_front` tells what the means alone say.

Tests are one-sided t-tests of paired differences; with several settings, both settings and worlds
are samples (`analysis.crossed`). To be better in all outcomes is an
intersection-union test (Berger, "Multiparameter hypothesis testing and acceptance sampling",
Technometrics 24, 1982): the largest of the p-values is the p-value. To be better in some outcome
costs Bonferroni's factor. Over all ordered pairs, and over all policies, Holm's adjustment keeps
the chance of even one wrong ``dominated``, or one wrong ``front``, below 5% each.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal

import numpy as np

from experiments.analysis.crossed import CrossedMean
from experiments.analysis.plain import plain
from experiments.outcomes import F64, LEVEL, Better, Mask, holm

Status = Literal["front", "possibly dominated", "dominated"]

ALPHA: Final = 1 - LEVEL


@dataclass(frozen=True)
class Standing:
    """Where one policy stands among all."""

    policy: str
    status: Status
    on_front: bool
    """Whether no policy has means that dominate its means; a mean that is unknown is no help."""
    dominated_by: tuple[str, ...]
    """Policies that significantly dominate it."""
    behind: tuple[str, ...]
    """Policies whose means dominate its means."""
    p_dominated: float
    """Least adjusted p-value of being dominated by any policy."""
    p_front: float
    """Adjusted p-value of being dominated by none."""
    means: tuple[float, ...]
    lows: tuple[float, ...]
    highs: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Apart:
    """Mean differences from a baseline in the same worlds, with 95% intervals; shape (O, P).

    NaN is what cannot be said. The baseline differs from itself by nothing.
    """

    base: F64
    """Means of the baseline, shape (O,)."""
    mean: F64
    low: F64
    high: F64


def apart(values: F64, policies: Sequence[str], baseline: str) -> Apart:
    """Return how far policies are from a baseline in each outcome.

    Parameters
    ----------
    values
        Shape (O, P, S, R), as for `front`.
    """
    row = policies.index(baseline)
    found = [[CrossedMean.of(table - tables[row]) for table in tables] for tables in values]
    ends = np.array([[one.interval() for one in line] for line in found])
    return Apart(
        base=np.array([CrossedMean.of(tables[row]).mean for tables in values]),
        mean=np.array([[one.mean for one in line] for line in found]),
        low=ends[..., 0],
        high=ends[..., 1],
    )


@dataclass(frozen=True)
class Front:
    """Policies in several outcomes; means and their 95% intervals in the order of `outcomes`."""

    outcomes: tuple[str, ...]
    better: tuple[Better, ...]
    indifference: tuple[float, ...]
    replications: int
    standings: tuple[Standing, ...]

    def of(self, status: Status) -> tuple[str, ...]:
        """Return the policies of a status."""
        return tuple(one.policy for one in self.standings if one.status == status)

    def document(self) -> dict[str, Any]:
        """Return it as plain JSON content; what cannot be said is None."""
        return asdict(self) | {
            "standings": [
                {key: plain(value) for key, value in asdict(one).items()} for one in self.standings
            ]
        }


def front(
    values: F64,
    policies: Sequence[str],
    outcomes: Sequence[str],
    better: Sequence[Better],
    *,
    indifference: Sequence[float] | None = None,
) -> Front:
    """Tell which policies are dominated, which are not, and of which it is not known.

    Parameters
    ----------
    values
        Shape (O, P, S, R): outcomes, policies, settings, replications. Times are restricted
        (`Results.restricted`). A pair with a NaN is left out of its difference.
    better
        Which way each outcome is better.
    indifference
        For each outcome, how much worse counts as no worse; 0 by default.
    """
    spare = tuple(indifference or [0.0] * len(outcomes))
    signs = np.array([1.0 if way == "higher" else -1.0 for way in better])
    gains = values * signs[:, None, None, None]
    found = [[CrossedMean.of(table) for table in tables] for tables in values]
    means = np.array([[one.mean for one in row] for row in found]) * signs[:, None]
    ahead = _ahead(means)
    leads = _Leads(gains)
    beaten = _adjusted(_dominating(leads, spare))
    unbeaten = holm(_undominated(leads, spare))
    standings = []
    for row, policy in enumerate(policies):
        by = [other for other in range(len(policies)) if beaten[other, row] < ALPHA]
        sure = not by and unbeaten[row] < ALPHA
        ends = [one[row].interval() for one in found]
        standings.append(
            Standing(
                policy=policy,
                status="dominated" if by else "front" if sure else "possibly dominated",
                on_front=sure or bool(np.isfinite(means[:, row]).all() and not ahead[:, row].any()),
                dominated_by=tuple(policies[other] for other in by),
                behind=tuple(policies[other] for other in np.flatnonzero(ahead[:, row]).tolist()),
                p_dominated=float(np.min(beaten[:, row])),
                p_front=unbeaten[row],
                means=tuple(float(mean) for mean in means[:, row] * signs),
                lows=tuple(low for low, _ in ends),
                highs=tuple(high for _, high in ends),
            )
        )
    return Front(tuple(outcomes), tuple(better), spare, values.shape[-1], tuple(standings))


def _ahead(means: F64) -> Mask:
    """Return where the means of a policy dominate those of another, shape (P, P)."""
    one, other = means[:, :, None], means[:, None, :]
    ahead: Mask = np.all(one >= other, axis=0) & np.any(one > other, axis=0)
    return ahead


class _Leads:
    """The mean lead of each policy over each other in each outcome, estimated once."""

    def __init__(self, gains: F64) -> None:
        self.outcomes, self.policies = gains.shape[:2]
        self._means: dict[tuple[int, int, int], CrossedMean] = {}
        self._same: set[tuple[int, int, int]] = set()
        for place in range(self.outcomes):
            for one, other in itertools.combinations(range(self.policies), 2):
                differences = gains[place, one] - gains[place, other]
                mean = CrossedMean.of(differences)
                self._means[place, one, other] = mean
                self._means[place, other, one] = replace(mean, mean=-mean.mean)
                if _same(differences):
                    self._same |= {(place, one, other), (place, other, one)}

    def p_above(self, place: int, one: int, other: int, bound: float) -> float:
        """Return the one-sided p-value of a lead above a bound; 1 if it cannot be said."""
        return self._means[place, one, other].p_above(bound)

    def differing(self, one: int, other: int) -> list[int]:
        """Return the outcomes in which two policies are not the same in every world."""
        return [place for place in range(self.outcomes) if (place, one, other) not in self._same]


def _dominating(leads: _Leads, spare: Sequence[float]) -> F64:
    """Return p-values of one policy (row) dominating another (column); 1 for itself."""
    found = np.ones((leads.policies, leads.policies))
    for one, other in itertools.permutations(range(leads.policies), 2):
        count = leads.differing(one, other)
        if not count:
            continue
        no_worse = max(leads.p_above(place, one, other, -spare[place]) for place in count)
        found[one, other] = no_worse
        if any(spare):
            better = min(leads.p_above(place, one, other, 0.0) for place in count)
            found[one, other] = max(no_worse, min(1.0, len(count) * better))
    return found


def _undominated(leads: _Leads, spare: Sequence[float]) -> list[float]:
    """Return, for each policy, the p-value of every other being worse than it somewhere."""
    found = [0.0] * leads.policies
    for one, other in itertools.permutations(range(leads.policies), 2):
        places = enumerate(spare)
        somewhere = min(leads.p_above(place, one, other, bound) for place, bound in places)
        found[one] = max(found[one], min(1.0, leads.outcomes * somewhere))
    return found


def _same(differences: F64) -> bool:
    known = differences[np.isfinite(differences)]
    return bool(known.size) and not known.any()


def _adjusted(p_values: F64) -> F64:
    """Adjust the p-values off the diagonal by Holm's method."""
    off = ~np.eye(len(p_values), dtype=np.bool_)
    adjusted = np.ones_like(p_values)
    adjusted[off] = holm(p_values[off].tolist())
    return adjusted

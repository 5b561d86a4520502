"""What measures do together: joint effects beside the sum, and the share of each in the whole.

A *joint effect* of two measures is what both add beyond the sum of what each adds alone; of a
measure and the rest, what it adds last beyond what it adds alone. A *share* is Shapley's: the mean,
over orders in which measures may come, of what a measure adds to those that came before it. The
shares of all of them add up to what they do together.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from experiments.designs import Needs
from experiments.outcomes import (
    F64,
    Futures,
    Mask,
    Outcome,
    Results,
    holm,
    mean_interval,
    mean_of,
    plain,
    restricted,
    signed_rank,
)

if TYPE_CHECKING:
    from experiments.designs import Coalition

Word = Literal["better than the sum", "worse than the sum", "unclear"]

LEVEL: Final = 0.05


@dataclass(frozen=True, eq=False)
class Values:
    """Outcomes of every policy with every coalition of measures in force."""

    futures: Futures
    rows: Mapping[tuple[str, Coalition], int]
    """Row of each policy and coalition."""
    needs: Needs
    """Measures that are ever in force."""
    measures: tuple[str, ...]
    """Those that are assessed."""

    @classmethod
    def of(cls, futures: Futures, declared: Mapping[str, Any]) -> Values:
        """Take the rows by what the run directory says of its alternatives."""
        rows = {
            (one["policy"], frozenset(one["measures"])): futures.policies.index(name)
            for name, one in declared["alternatives"].items()
        }
        needs = Needs({name: frozenset(needed) for name, needed in declared["needs"].items()})
        return cls(futures, rows, needs, tuple(declared["assessed"]))

    @cached_property
    def policies(self) -> tuple[str, ...]:
        """Policies, in the order of rows."""
        return tuple(dict.fromkeys(policy for policy, _ in self.rows))

    def beside(
        self, policy: str, before: Coalition, after: Coalition, outcomes: Sequence[Outcome]
    ) -> Results:
        """Return two coalitions under a policy as a comparison of one with the other."""
        rows = [self.rows[policy, before], self.rows[policy, after]]
        return Results(
            scenario=self.futures.scenario,
            policies=("before", "after"),
            baseline="before",
            seed=self.futures.seed,
            horizon_days=self.futures.horizon_days,
            outcomes=tuple(outcomes),
            values={one.name: self.futures.values[one.name][0, rows] for one in outcomes},
            done=self.futures.done[0, rows],
        )

    def worth(self, policy: str, outcome: Outcome) -> dict[Coalition, F64]:
        """Return an outcome with each coalition in force, shape (R,), NaN where there is none."""
        found = restricted(self.futures, outcome.name)[0]
        return {measures: found[row] for (of, measures), row in self.rows.items() if of == policy}


@dataclass(frozen=True)
class Joint:
    """What measures do together beyond the sum of what each does."""

    measures: tuple[str, ...]
    """Two of them, or one: with all the rest."""
    policy: str
    outcome: str
    unit: str
    pairs: int
    difference: float
    """Joint effect minus the sum."""
    low: float
    high: float
    p: float
    is_gain: bool
    """Whether the difference is the way that is better."""
    p_adjusted: float = math.nan

    @property
    def word(self) -> Word:
        """Say whether the whole is better or worse than the sum, if that can be told."""
        clear = self.p_adjusted < LEVEL and (self.low > 0 or self.high < 0)
        if not clear:
            return "unclear"
        return "better than the sum" if self.is_gain else "worse than the sum"

    def document(self) -> dict[str, Any]:
        """Return it as plain JSON content; what cannot be said is None."""
        told = {key: value for key, value in plain(self).items() if key != "is_gain"}
        return {**told, "measures": list(self.measures), "verdict": self.word}


@dataclass(frozen=True)
class Share:
    """What one of the leading measures adds, on average over orders."""

    measure: str
    policy: str
    outcome: str
    unit: str
    orders: int
    is_exact: bool
    """Whether these are all orders there are."""
    mean: float
    low: float
    high: float
    whole: float
    """What all the leading ones do together."""

    def document(self) -> dict[str, Any]:
        """Return it as plain JSON content; what cannot be said is None."""
        return plain(self)


def joints(values: Values, asked: Sequence[Outcome]) -> tuple[Joint, ...]:
    """Return the joint effects of measures with the rest, and of pairs that were run.

    A measure that needs another one, or is needed, does not do the same alone and last, and has
    no joint effect with the rest.
    """
    found = list(_joints(values, asked))
    adjusted = holm([one.p for one in found])
    return tuple(replace(one, p_adjusted=p) for one, p in zip(found, adjusted, strict=True))


def _joints(values: Values, asked: Sequence[Outcome]) -> Iterator[Joint]:
    nothing: Coalition = frozenset()
    names, needs = values.measures, values.needs
    has_rest = len(names) > 2  # noqa: PLR2004 - of two the rest is one, and told as a pair
    free = [name for name in names if has_rest and needs.stands_alone(name)]
    for policy in values.policies:
        for outcome in asked:
            worth = values.worth(policy, outcome)
            for name in free:
                last = worth[needs.everything] - worth[needs.without(name)]
                alone = worth[needs.of[name]] - worth[nothing]
                yield _joint((name,), policy, outcome, last - alone)
            for one, other in combinations(names, 2):
                mine, its = needs.of[one], needs.of[other]
                if mine | its in worth and mine & its in worth and mine | its not in (mine, its):
                    beyond = worth[mine | its] - worth[mine] - worth[its] + worth[mine & its]
                    yield _joint((one, other), policy, outcome, beyond)


def _joint(measures: tuple[str, ...], policy: str, outcome: Outcome, beyond: F64) -> Joint:
    known = beyond[np.isfinite(beyond)]
    low, high = mean_interval(known)
    mean = mean_of(known)
    return Joint(
        measures=measures,
        policy=policy,
        outcome=outcome.name,
        unit=outcome.unit,
        pairs=known.size,
        difference=mean,
        low=low,
        high=high,
        p=signed_rank(known) if outcome.tested else math.nan,
        is_gain=(mean > 0) == (outcome.better == "higher"),
    )


def shares(
    values: Values, asked: Sequence[Outcome], orders: Sequence[tuple[str, ...]]
) -> tuple[Share, ...]:
    """Return the share of every leading measure in what they do together.

    Parameters
    ----------
    orders
        Orders of the leading measures, all of one length; every beginning of one has been run.
    """
    return tuple(_shares(values, asked, orders)) if orders else ()


def _shares(
    values: Values, asked: Sequence[Outcome], orders: Sequence[tuple[str, ...]]
) -> Iterator[Share]:
    names = sorted(orders[0], key=values.measures.index)
    is_exact = len(set(orders)) == math.factorial(len(names))
    for policy in values.policies:
        for outcome in asked:
            worth = values.worth(policy, outcome)
            added = _added(worth, values.needs.of, orders)
            known = _known(list(added.values()))
            whole = sum(mean_of(one[known]) for one in added.values())
            for name in names:
                mine = added[name][known]
                yield Share(
                    name, policy, outcome.name, outcome.unit, len(orders), is_exact,
                    mean_of(mine), *mean_interval(mine), whole,
                )  # fmt: skip


def _added(
    worth: Mapping[Coalition, F64],
    needs: Mapping[str, Coalition],
    orders: Sequence[tuple[str, ...]],
) -> dict[str, F64]:
    """Return what each measure adds on average over orders, shape (R,) each."""
    added = {name: np.zeros_like(worth[frozenset()]) for name in orders[0]}
    for order in orders:
        before: Coalition = frozenset()
        for name in order:
            after = before | needs[name]
            added[name] += (worth[after] - worth[before]) / len(orders)
            before = after
    return added


def _known(columns: Sequence[F64]) -> Mask:
    known: Mask = np.all(np.isfinite(np.stack(columns)), axis=0)
    return known

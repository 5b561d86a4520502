"""Which policy is best, with a guarantee: Kim and Nelson's procedure KN.

S.-H. Kim and B. L. Nelson, "A fully sequential procedure for indifference-zone selection in
simulation", ACM Transactions on Modeling and Computer Simulation 11(3), 2001, 251-273; here with
c = 1. Every system starts with `first` replications. The variance of each *difference* between two
systems is estimated from them once; as all systems meet the same random worlds, it is small. From
then on systems that are left get further replications together, and one that falls behind another
by more than a margin is out. The margin shrinks as replications accumulate and reaches zero, so
the procedure ends.

Guarantee: if the best mean is better than every other by at least `indifference`, the best is
selected with probability `confidence` or more. If others come closer, the paper promises nothing;
in our tests a policy within the indifference of the best is then selected at least as often.

Assumptions: the values of one world are a draw from a multivariate normal distribution,
independent of the other worlds. Means and covariances may be anything, so common random numbers
are allowed. Where values are far from normal, three things help:

- The variances are only trusted when they are as well known as those of `first` normal values.
  The variance of a sample variance grows with the kurtosis (it is (kurtosis - 1) / n, relative to
  its square), and the first stage goes on until that is no more than for a normal distribution.
  This is ours, not the paper's. It keeps the guarantee for normal values: there, the shape of a
  sample is independent of its mean and variance (Basu's theorem), and a longer first stage gives
  more degrees of freedom than the constant allows for. `patience=1` is the paper's procedure.
- `batch` makes the mean of several worlds one value, which is closer to normal (the paper studies
  such batching).
- Two systems that never differed in the first stage have no variance to judge by; by the rule of
  three, up to 3 in n worlds may still differ, and are taken to differ as two unrelated worlds do.

Screening only at every `step` replications keeps the guarantee: the bound holds for a process
that is watched all the time, and looking less often can only miss eliminations.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from experiments.analysis.precision import RULE_OF_THREE
from experiments.outcomes import F64, FEWEST, NOISE, Better, Mask

NORMAL_KURTOSIS: Final = 3.0

PAPER: Final = (
    "Kim and Nelson (2001), A fully sequential procedure for indifference-zone selection in "
    "simulation, ACM TOMACS 11(3), 251-273; procedure KN with c = 1 and common random numbers"
)


@dataclass(frozen=True)
class Elimination:
    """A system that fell behind."""

    name: str
    after: int
    """Replications used until it was out."""
    by: str
    """The system ahead of it by most, relative to the margin between the two."""
    behind: float
    """How much worse its mean was, in the outcome's unit."""
    margin: float
    """How far behind it could have been without being out."""


def eta(systems: int, confidence: float, first: int) -> float:
    """Return the paper's constant for c = 1; the chance of error is shared out over all pairs."""
    share = 2 * (1 - confidence) / (systems - 1)
    return 0.5 * (math.pow(share, -2 / (first - 1)) - 1)


def margins(variances: F64, replications: int, indifference: float, h2: float) -> F64:
    """Return W of the paper, how far behind a system may be; shape as `variances`."""
    reach = h2 * variances / indifference**2 - replications
    return np.maximum(0.0, indifference / (2 * replications) * reach)


class Ranking:
    """Procedure KN, told values and asked what to run next.

    What it decides depends only on the values in their order, not on how many are told at a time.

    Parameters
    ----------
    names
        The systems, at least two.
    better
        Which way is better.
    indifference
        The smallest difference worth detecting, in the outcome's unit.
    confidence
        Probability of selecting the best; above 1 / number of systems.
    first
        Values of the first stage. Fewer make the margins wide, more may be needless.
    patience
        How many times as long the first stage may become if values are far from normal.
    step
        Values between two screenings.
    batch
        Replications whose mean is one value.
    """

    def __init__(
        self,
        names: Sequence[str],
        better: Better,
        *,
        indifference: float,
        confidence: float = 0.95,
        first: int = 20,
        step: int = 1,
        batch: int = 1,
        patience: int = 50,
    ) -> None:
        if len(names) < FEWEST or len(set(names)) < len(names):
            msg = f"a ranking needs two systems or more, each with a name of its own: {names}"
            raise ValueError(msg)
        if not 1 / len(names) < confidence < 1 or not 0 < indifference < math.inf:
            msg = f"no ranking with confidence {confidence} and indifference {indifference}"
            raise ValueError(msg)
        if first < FEWEST or min(step, batch, patience) < 1:
            msg = f"no ranking with stages {first}, {step} of batches of {batch}"
            raise ValueError(msg)
        self.names = tuple(names)
        self.better: Better = better
        self.indifference = indifference
        self.confidence = confidence
        self.first = first
        self.step = step
        self.h2 = 2 * eta(len(names), confidence, first) * (first - 1)
        self.batch = batch
        self.patience = patience
        self._next = first
        self._left: Mask = np.full(len(names), fill_value=True)
        self._sums: F64 = np.zeros(len(names))
        self._variances: F64 | None = None
        self._start: list[F64] = []
        self._values = 0
        self._pending: list[F64] = []
        self._told = 0
        self._eliminated: list[Elimination] = []

    def tell(self, values: F64) -> None:
        """Take in all values so far.

        Parameters
        ----------
        values
            Shape (k, r): a row for each system in the order of `names`, a column for each
            replication, from the first on, as far as every system that is left has run it;
            columns told before are not looked at again. Rows of eliminated systems may hold
            anything. A replication in which a system that is left has no value (NaN) is left out
            for all of them.
        """
        if values.ndim != FEWEST or values.shape[0] != len(self.names):
            msg = f"values of shape {values.shape} for {len(self.names)} systems"
            raise ValueError(msg)
        signed = values if self.better == "higher" else -values
        for column in range(self._told, values.shape[1]):
            self._told = column + 1
            self._take(signed[:, column])
            if self.decided:
                return

    def _take(self, world: F64) -> None:
        """Take in one replication, and screen if it ends a stage."""
        if not np.isfinite(world[self._left]).all():
            return
        self._pending.append(world)
        if len(self._pending) < self.batch:
            return
        value = sum(self._pending[1:], self._pending[0]) / self.batch
        self._pending.clear()
        self._values += 1
        self._sums = self._sums + value
        if self._variances is None:
            self._start.append(value)
        if self._values == self._next:
            if self._variances is None:
                self._look()
            else:
                self._next += self.step
            self._screen()

    def _look(self) -> None:
        """End the first stage if the variances are well known, or prolong it by a tenth."""
        start = np.array(self._start).T
        longest = self.first * self.patience
        needed = self.first * (kurtosis(start) - 1) / (NORMAL_KURTOSIS - 1)
        if self._values >= min(needed, longest):
            self._variances = _variances(start)
            self._next = self._values + self.step
        else:
            self._next = min(longest, self._values + max(self.step, self._values // 10))

    def _screen(self) -> None:
        """Eliminate every system that is behind another by more than the margin."""
        if self._variances is None:
            return
        left = np.flatnonzero(self._left)
        means = self._sums[left] / self._values
        allowed = margins(
            self._variances[np.ix_(left, left)], self._values, self.indifference, self.h2
        )
        behind = means - means[:, None]  # [i, l]: how far i is behind l
        beyond = behind - allowed
        np.fill_diagonal(beyond, -np.inf)
        out: Mask = np.asarray((beyond > 0).any(axis=1))
        if not out.any() and not (allowed > 0).any():
            # The margins are zero and the means are equal: the first named is as good as any.
            out[1:] = True
        for place in np.flatnonzero(out):
            by = int(beyond[place].argmax())
            self._eliminated.append(
                Elimination(
                    name=self.names[left[place]],
                    after=self.replications,
                    by=self.names[left[by]],
                    behind=float(behind[place, by]),
                    margin=float(allowed[place, by]),
                )
            )
        self._left[left[out]] = False

    @property
    def survivors(self) -> tuple[str, ...]:
        """Systems that are left, in the order of their names given."""
        return tuple(name for name, left in zip(self.names, self._left, strict=True) if left)

    @property
    def eliminated(self) -> tuple[Elimination, ...]:
        """Systems that are out, in the order in which they fell."""
        return tuple(self._eliminated)

    def is_close(self, out: Elimination) -> bool:
        """Tell whether a system that is out was behind by no more than the indifference."""
        return out.behind <= self.indifference

    @property
    def decided(self) -> bool:
        """Whether one system is left."""
        return int(self._left.sum()) == 1

    @property
    def best(self) -> str | None:
        """The system selected; None while more than one is left."""
        return self.survivors[0] if self.decided else None

    @property
    def leading(self) -> str | None:
        """The system that is left with the best mean so far; None before any value."""
        if self._values == 0:
            return None
        left = np.flatnonzero(self._left)
        return self.names[int(left[self._sums[left].argmax()])]

    @property
    def replications(self) -> int:
        """Replications that could be used."""
        return self._values * self.batch + len(self._pending)

    def wanted(self) -> dict[str, int]:
        """Return how many replications in all each system should have next; none if decided.

        Replications that could not be used are made up for.
        """
        if self.decided:
            return {}
        ahead = (self._next - self._values) * self.batch - len(self._pending)
        return dict.fromkeys(self.survivors, self._told + ahead)

    def most(self) -> int | None:
        """Return the replications after which it has ended at the latest, if all can be used.

        None before the end of the first stage.
        """
        if self._variances is None:
            return None
        left = np.flatnonzero(self._left)
        widest = float(self._variances[np.ix_(left, left)].max())
        last = math.floor(self.h2 * widest / self.indifference**2) + 1
        started = len(self._start)
        stages = max(0, math.ceil((last - started) / self.step))
        return (started + stages * self.step) * self.batch

    def document(self) -> dict[str, Any]:
        """Return it as plain JSON content."""
        return {
            "procedure": PAPER,
            "names": list(self.names),
            "better": self.better,
            "indifference": self.indifference,
            "confidence": self.confidence,
            "first": self.first,
            "step": self.step,
            "batch": self.batch,
            "started": None if self._variances is None else len(self._start) * self.batch,
            "replications": self.replications,
            "left_out": self._told - self.replications,
            "best": self.best,
            "leading": self.leading,
            "survivors": list(self.survivors),
            "eliminated": [
                {**asdict(one), "close": self.is_close(one)} for one in self._eliminated
            ],
            "most": self.most(),
        }


def kurtosis(start: F64) -> float:
    """Return the largest sample kurtosis of any difference; 3 is that of a normal distribution.

    Parameters
    ----------
    start
        Shape (k, n). Differences that are all equal do not count.
    """
    differences = start[:, None, :] - start[None, :, :]
    away = differences - differences.mean(axis=2, keepdims=True)
    second, fourth = (away**2).mean(axis=2), (away**4).mean(axis=2)
    spread = second > NOISE**2 * start.var(axis=1).max()
    return float(np.where(spread, fourth / np.where(spread, second, 1.0) ** 2, 1.0).max())


def _variances(start: F64) -> F64:
    """Return the variance of every difference; `start` has shape (k, first)."""
    differences = start[:, None, :] - start[None, :, :]
    variances: F64 = differences.var(axis=2, ddof=1)
    own = start.var(axis=1, ddof=1)
    apart = own[:, None] + own
    unseen = RULE_OF_THREE / start.shape[1] * apart
    found = np.where(variances <= NOISE**2 * apart, unseen, variances)
    np.fill_diagonal(found, 0.0)
    return found

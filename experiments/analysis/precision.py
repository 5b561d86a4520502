"""Replicate until the difference between policies is known well enough.

The aim is a width: the 95% interval of the mean paired difference (policy minus baseline), from
its lower to its upper end, is to be narrower than a given number, or than a given share of the
baseline's mean. After each stage the spread of the differences tells how many replications that
takes (Chow and Robbins, "On the asymptotic theory of fixed-width sequential confidence intervals
for the mean", Ann. Math. Stat. 36, 1965), and the next stage runs them.

Stopping when the interval looks narrow favours moments at which the spread happens to look small.
Four rules keep that from spoiling the intervals:

- the first stage is not small (`Rule.first`), and a stage at most doubles what is there
  (`Rule.growth`), so that the interval is looked at few times;
- Student's interval is used throughout;
- skewed differences need at least 25 times the square of their skewness (Cochran, *Sampling
  Techniques*, 3rd ed. 1977, section 2.15) before the interval is believed;
- differences that are all equal have no spread to judge by. By the rule of three, up to 3 in n
  worlds may still differ; they are taken to differ as two unrelated worlds do, and the interval is
  as wide as that makes it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from experiments.analysis.plain import plain
from experiments.errors import UserError
from experiments.outcomes import F64, FEWEST, I64, NOISE, Mask, student
from scenarios.errors import choice, shown

SKEWNESS_FACTOR: Final = 25
"""Replications for each unit of squared skewness (Cochran 1977)."""
RULE_OF_THREE: Final = 3
"""Upper 95% limit of the expected number of events, if none was seen."""
PERCENT: Final = 100.0
FORM: Final = re.compile(r"\s*(?P<number>[0-9.]+(?:[eE][-+]?[0-9]+)?)\s*(?P<percent>%?)\s*")
REMEDY: Final = (
    "write a width above zero, in the outcome's unit (0.3) or as a share of the baseline's "
    "mean (5%)"
)


@dataclass(frozen=True)
class Goal:
    """How narrow the 95% interval of a difference is to be.

    Parameters
    ----------
    outcome
        Name of the outcome.
    width
        From the lower to the upper end of the interval: in the outcome's unit, or, if `relative`,
        as a share of the size of the baseline's mean.
    relative
        Whether `width` is such a share.
    """

    outcome: str
    width: float
    relative: bool = False

    @classmethod
    def parse(cls, text: str, outcomes: Sequence[str], *, where: str = "--precision") -> Goal:
        """Read ``OUTCOME=5%`` or ``OUTCOME=0.3``.

        Raises
        ------
        UserError
            If it is neither, or no outcome has that name.
        """
        name, equals, width = text.partition("=")
        if not equals:
            raise UserError(
                f"{where} {shown(text)}",
                "a precision is an outcome and the width of its interval",
                f"write OUTCOME=WIDTH, such as {outcomes[0] if outcomes else 'disclosures'}=5%",
            )
        return cls.of(name.strip(), width, outcomes, where=f"{where} {shown(text)}")

    @classmethod
    def of(
        cls, outcome: str, width: str | float, outcomes: Sequence[str], *, where: str = "stop"
    ) -> Goal:
        """Return the goal for an outcome and a width such as ``0.3`` or ``"5%"``.

        Raises
        ------
        UserError
            If no outcome has that name, or `width` is no width.
        """
        if outcome not in outcomes:
            raise UserError(
                f"{where}: outcome = {shown(outcome)}",
                "there is no outcome of this name",
                choice(outcome, outcomes),
            )
        found = FORM.fullmatch(str(width))
        try:
            number = float(found["number"]) if found else math.nan
        except ValueError:
            number = math.nan
        if found is None or not 0 < number < math.inf:
            raise UserError(
                f"{where}: width = {shown(width)}",
                "the width of an interval is a number above zero",
                REMEDY,
            )
        relative = bool(found["percent"])
        return cls(outcome, number / PERCENT if relative else number, relative)

    def target(self, baseline: F64) -> float:
        """Return the width in the outcome's unit; NaN if it is a share of nothing."""
        if not self.relative:
            return self.width
        known = baseline[np.isfinite(baseline)]
        size = abs(float(known.mean())) if known.size else 0.0
        return self.width * size if size > 0 else math.nan

    def __str__(self) -> str:
        width = f"{self.width * PERCENT:.10g}%" if self.relative else f"{self.width:.10g}"
        return f"{self.outcome}={width}"


@dataclass(frozen=True)
class Rule:
    """How stages of replications follow each other.

    Parameters
    ----------
    first
        Replications of the first stage, at least 2. Below 20 the intervals are too narrow.
    step
        A stage ends at a multiple of it.
    growth
        Most times that a stage may multiply the replications.
    most
        Budget: replications in all.
    """

    first: int = 30
    step: int = 10
    growth: float = 2.0
    most: int = 2000

    def __post_init__(self) -> None:
        if self.first < FEWEST or self.step < 1 or self.growth <= 1 or self.most < FEWEST:
            msg = f"no stages follow from {self}"
            raise ValueError(msg)

    def start(self) -> int:
        """Return the replications of the first stage."""
        return min(self.most, _multiple(self.first, self.step))


@dataclass(frozen=True)
class Difference:
    """How well the difference of one policy from the baseline is known."""

    policy: str
    pairs: int
    difference: float
    low: float
    high: float
    target: float
    skewness: float
    precise: bool
    wanted: int
    """Replications in all that it should have next; those it has, if it is precise."""

    @property
    def width(self) -> float:
        """Width of the interval."""
        return self.high - self.low


@dataclass(frozen=True)
class Progress:
    """Where a comparison stands on its way to a goal."""

    goal: Goal
    rule: Rule
    baseline: str
    replications: int
    differences: tuple[Difference, ...]

    @property
    def open(self) -> tuple[str, ...]:
        """Policies whose difference is not yet precise."""
        return tuple(row.policy for row in self.differences if not row.precise)

    @property
    def reached(self) -> bool:
        """Whether every difference is precise."""
        return not self.open

    @property
    def spent(self) -> bool:
        """Whether the budget is used up before the goal was reached."""
        return not self.reached and self.replications >= self.rule.most

    @property
    def wanted(self) -> int:
        """Replications in all to have next; those there are, if there is nothing more to do."""
        return max((row.wanted for row in self.differences), default=self.replications)

    def document(self) -> dict[str, Any]:
        """Return it as plain JSON content; what cannot be said is None."""
        rows = [asdict(row) | {"width": row.width} for row in self.differences]
        return {
            "goal": asdict(self.goal),
            "rule": asdict(self.rule),
            "baseline": self.baseline,
            "replications": self.replications,
            "reached": self.reached,
            "spent": self.spent,
            "wanted": self.wanted,
            "differences": [{key: plain(value) for key, value in row.items()} for row in rows],
        }


def progress(
    goal: Goal, values: F64, policies: Sequence[str], baseline: str, rule: Rule | None = None
) -> Progress:
    """Tell which differences are precise enough and how many replications to run next.

    Parameters
    ----------
    values
        Shape (P, R): the outcome of each policy in each replication run so far. Times are
        restricted (`Results.restricted`). A pair with a NaN is left out.
    policies
        Names of the P rows.
    baseline
        The one that the others are compared with.
    """
    rule = rule or Rule()
    base = list(policies).index(baseline)
    others = [row for row in range(len(policies)) if row != base]
    replications = values.shape[1]
    width = goal.target(values[base])
    found = judge(values[others], values[base], width, rule)
    rows = tuple(
        Difference(
            policy=policies[row],
            pairs=int(found.pairs[place]),
            difference=float(found.mean[place]),
            low=float(found.mean[place] - found.half[place]),
            high=float(found.mean[place] + found.half[place]),
            target=width,
            skewness=float(found.skewness[place]),
            precise=bool(found.precise[place]),
            wanted=int(found.wanted[place]),
        )
        for place, row in enumerate(others)
    )
    return Progress(goal, rule, baseline, replications, rows)


@dataclass(frozen=True, eq=False)
class Judgement:
    """Of K differences at once, each of shape (K,)."""

    pairs: I64
    mean: F64
    half: F64
    """Half the width of the interval; NaN for fewer than two pairs."""
    skewness: F64
    precise: Mask
    wanted: I64


def judge(policies: F64, baseline: F64, width: float, rule: Rule) -> Judgement:
    """Judge K differences after R replications.

    Parameters
    ----------
    policies
        Shape (K, R).
    baseline
        Shape (R,) or (K, R).
    width
        The target in the outcome's unit; NaN is never reached.
    """
    differences = policies - baseline
    ran = differences.shape[1]
    pairs, mean, half, skewness = _moments(differences)
    unseen = _unseen(policies, baseline, differences, pairs)
    half = np.where(unseen > 0, unseen, half)
    width_now = 2 * half
    skewed = SKEWNESS_FACTOR * skewness**2
    narrow = np.isfinite(half) & (width_now <= width)
    precise: Mask = narrow & (pairs >= skewed) & (ran >= min(rule.first, rule.most))
    ratio = np.nan_to_num(width_now / width, nan=np.inf, posinf=np.inf)
    needed = np.maximum(np.where(unseen > 0, ratio, ratio**2) * np.maximum(pairs, 1), skewed)
    # Pairs that could not be used will be as frequent as before.
    needed *= ran / np.maximum(pairs, 1)
    aim = np.clip(needed, max(ran + 1, rule.first), max(rule.growth * ran, rule.first))
    following = np.ceil(aim / rule.step) * rule.step
    wanted = np.where(precise, ran, np.maximum(np.minimum(following, rule.most), ran))
    return Judgement(pairs, mean, half, skewness, precise, wanted.astype(np.int64))


def _moments(differences: F64) -> tuple[I64, F64, F64, F64]:
    """Return the number, the mean, half of Student's interval, and the skewness of each row."""
    known = np.isfinite(differences)
    pairs = known.sum(axis=1)
    count = np.maximum(pairs, 1)
    mean = np.where(known, differences, 0.0).sum(axis=1) / count
    away = np.where(known, differences - mean[:, None], 0.0)
    second = (away**2).sum(axis=1) / count
    third = (away**3).sum(axis=1) / count
    enough = pairs >= FEWEST
    freedom = np.maximum(pairs - 1, 1)
    half = student(freedom) * np.sqrt(second / freedom)
    spread = np.where(second > 0, second, 1.0)
    skewness = np.where(second > 0, third / spread**1.5, 0.0)
    missing = np.where(pairs > 0, 0.0, np.nan)
    return pairs, mean + missing, np.where(enough, half, np.nan), skewness


def _unseen(policies: F64, baseline: F64, differences: F64, pairs: I64) -> F64:
    """Return half the width that worlds not yet seen could give to rows of equal differences.

    Zero for the other rows, and where neither policy nor baseline differs between worlds.
    """
    known = np.isfinite(differences)
    own = _variance(policies, known)
    worlds = own + _variance(np.broadcast_to(baseline, policies.shape), known)
    equal = _variance(differences, known) <= (NOISE**2) * np.maximum(worlds, 0)
    count = np.maximum(pairs, FEWEST)
    half: F64 = student(count - 1) * np.sqrt(RULE_OF_THREE * worlds) / count
    return np.where(equal & (pairs >= FEWEST), half, 0.0)


def _variance(values: F64, known: Mask) -> F64:
    count = np.maximum(known.sum(axis=1), FEWEST)
    mean = np.where(known, values, 0.0).sum(axis=1) / count
    away = np.where(known, values - mean[:, None], 0.0)
    variance: F64 = (away**2).sum(axis=1) / (count - 1)
    return variance


def _multiple(number: float, step: int) -> int:
    return math.ceil(number / step) * step

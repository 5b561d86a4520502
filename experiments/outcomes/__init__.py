"""What lanes came to, and its paired comparison: the words that all other rooms use."""

from experiments.outcomes.differences import (
    differences,
    differences_of,
    restricted,
)
from experiments.outcomes.paired import (
    FEWEST,
    LEVEL,
    NOISE,
    Comparison,
    compare_policies,
    fewest_pairs,
    holm,
    mean_interval,
    student,
)
from experiments.outcomes.values import (
    F64,
    HOURS,
    HOURS_A_DAY,
    I64,
    Better,
    Futures,
    Group,
    Mask,
    Outcome,
    Results,
)

__all__ = [
    "F64",
    "FEWEST",
    "HOURS",
    "HOURS_A_DAY",
    "I64",
    "LEVEL",
    "NOISE",
    "Better",
    "Comparison",
    "Futures",
    "Group",
    "Mask",
    "Outcome",
    "Results",
    "compare_policies",
    "differences",
    "differences_of",
    "fewest_pairs",
    "holm",
    "mean_interval",
    "restricted",
    "student",
]

"""Answers from many runs: how many replications, which policy, under which conditions, and why."""

from experiments.analysis.assessment import (
    TOGETHER,
    Assessed,
    MeasureEffect,
    MeasureFound,
    YearEffect,
    assess,
    leading,
    moved_nothing,
)
from experiments.analysis.assessment_files import (
    effect_rows,
    write_assessment,
)
from experiments.analysis.audit import (
    VERDICTS,
    AuditFound,
    Effect,
    PartFound,
    audit,
)
from experiments.analysis.audit_files import (
    write_audit,
)
from experiments.analysis.conditions import (
    Box,
    Limit,
)
from experiments.analysis.crossed import (
    CrossedMean,
)
from experiments.analysis.discovery import (
    Discovery,
)
from experiments.analysis.indices import (
    Indices,
)
from experiments.analysis.joint import (
    Joint,
    Share,
)
from experiments.analysis.overview import (
    Overview,
    overview,
    print_overview,
)
from experiments.analysis.pareto import (
    Apart,
    Front,
    Standing,
    Status,
    apart,
    front,
)
from experiments.analysis.precision import (
    Goal,
    Progress,
    Rule,
    progress,
)
from experiments.analysis.ranking import (
    Ranking,
)
from experiments.analysis.robustness import (
    CRITERIA,
    Criterion,
    Robustness,
    Score,
)
from experiments.analysis.screening import (
    Screening,
)
from experiments.analysis.sensitivity import (
    Noise,
    Swing,
    Swings,
)
from experiments.analysis.study import (
    AUDIT,
    MORRIS,
    ONE_AT_A_TIME,
    SALTELLI,
    Event,
    Study,
)

__all__ = [
    "AUDIT",
    "CRITERIA",
    "MORRIS",
    "ONE_AT_A_TIME",
    "SALTELLI",
    "TOGETHER",
    "VERDICTS",
    "Apart",
    "Assessed",
    "AuditFound",
    "Box",
    "Criterion",
    "CrossedMean",
    "Discovery",
    "Effect",
    "Event",
    "Front",
    "Goal",
    "Indices",
    "Joint",
    "Limit",
    "MeasureEffect",
    "MeasureFound",
    "Noise",
    "Overview",
    "PartFound",
    "Progress",
    "Ranking",
    "Robustness",
    "Rule",
    "Score",
    "Screening",
    "Share",
    "Standing",
    "Status",
    "Study",
    "Swing",
    "Swings",
    "YearEffect",
    "apart",
    "assess",
    "audit",
    "effect_rows",
    "front",
    "leading",
    "moved_nothing",
    "overview",
    "print_overview",
    "progress",
    "write_assessment",
    "write_audit",
]

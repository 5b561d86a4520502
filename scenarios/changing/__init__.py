"""Changes of declared documents: which number, what it becomes, and what is made of it."""

from scenarios.changing.made import policies_with, scenario_with
from scenarios.changing.measured import reached_by, with_measures
from scenarios.changing.original import (
    ABSENT,
    PLACE,
    POLICIES,
    Change,
    How,
    Original,
    is_duration,
    is_number,
    leaves,
)
from scenarios.changing.paths import Path, overlap, shared_length
from scenarios.changing.programme import coming_in, programme_in

__all__ = [
    "ABSENT",
    "PLACE",
    "POLICIES",
    "Change",
    "How",
    "Original",
    "Path",
    "coming_in",
    "is_duration",
    "is_number",
    "leaves",
    "overlap",
    "policies_with",
    "programme_in",
    "reached_by",
    "scenario_with",
    "shared_length",
    "with_measures",
]

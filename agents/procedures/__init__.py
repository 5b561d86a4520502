"""Procedures: cases whose course is declared, run step by step for the organisations of a lane."""

from agents.procedures.common import Commons
from agents.procedures.practice import Practice

__all__ = [
    "Commons",
    "Practice",
]

"""Mechanisms: what moves a threat in all lanes, and what may be done to it."""

from agents.mechanisms.kinds import KINDS
from agents.mechanisms.threat import F64, Threat, ThreatKind, by_place, named

__all__ = [
    "F64",
    "KINDS",
    "Threat",
    "ThreatKind",
    "by_place",
    "named",
]

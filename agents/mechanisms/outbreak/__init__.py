"""Cyber outbreak: a malware that spreads by itself among operators of critical services."""

from typing import Final

from agents.mechanisms.outbreak.batch import Outbreaks
from agents.mechanisms.outbreak.declaration import CyberOutbreak
from agents.mechanisms.threat import ThreatKind

CYBER_OUTBREAK: Final = ThreatKind(CyberOutbreak, Outbreaks)

__all__ = ["CYBER_OUTBREAK"]

"""Organised crime: a network in several states, and the coincidences that resemble it."""

from typing import Final

from agents.mechanisms.network.batch import Networks
from agents.mechanisms.network.declaration import OrganisedCrime
from agents.mechanisms.threat import ThreatKind

ORGANISED_CRIME: Final = ThreatKind(OrganisedCrime, Networks)

__all__ = ["ORGANISED_CRIME"]

"""Casework: jobs that the units of a Member State do. The agent is the state, a job part of it."""

from agents.casework.civil_protection import CivilProtection
from agents.casework.incident_handling import IncidentHandling
from agents.casework.job import Job

__all__ = [
    "CivilProtection",
    "IncidentHandling",
    "Job",
]

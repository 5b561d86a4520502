"""Scenarios, with the threats that they may declare."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any

import scenarios
from agents.society.kinds import kinds, offers
from scenarios import LoadedScenario, LoadedThreat, ThreatSpec


def declarations() -> dict[str, type[ThreatSpec]]:
    """Return the declarations of all threats, by kind."""
    return {name: kind.declaration for name, kind in kinds().items()}


def package_of(kind: str) -> EntryPoint | None:
    """Return the entry point of the package that offers a kind of threat; None if it is ours."""
    return offers()[kind][1] if kind in offers() else None


def load_scenario(name_or_path: str) -> LoadedScenario:
    """Load a scenario of the catalogue or from a file, of any kind of threat there is.

    Raises
    ------
    SpecError
        If there is no such scenario or its file breaks a rule.
    """
    return scenarios.load_scenario(name_or_path, declarations())


def load_threat(name_or_path: str) -> LoadedThreat:
    """Load a threat of the catalogue or from a file, of any kind there is.

    Raises
    ------
    SpecError
        If there is no such threat or its file breaks a rule.
    """
    return scenarios.load_threat(name_or_path, declarations())


def json_schemas() -> dict[str, dict[str, Any]]:
    """JSON Schemas of all declarations, for editors."""
    return scenarios.json_schemas(declarations())

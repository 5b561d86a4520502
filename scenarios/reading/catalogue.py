"""What stands in the catalogue, by name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from scenarios.reading.declarations import read
from scenarios.reading.finding import CATALOGUE, files_in
from scenarios.reading.measures import MEASURES, PROGRAMMES
from scenarios.reading.named import PROCEDURES, THREATS
from scenarios.schema import (
    Header,
    History,
    Measure,
    Place,
    Policy,
    Procedure,
    Programme,
    ThreatHeader,
)


@dataclass(frozen=True)
class Entry:
    """A declaration in the catalogue."""

    name: str
    meaning: str
    path: Path


@dataclass(frozen=True)
class ThreatEntry(Entry):
    """A threat in the catalogue."""

    kind: str


def scenario_entries() -> list[Entry]:
    """Scenarios of the catalogue, by name."""
    return [
        Entry(spec.scenario, spec.meaning, path)
        for path in files_in(CATALOGUE / "scenarios")
        for spec in [read(path, Header)]
    ]


def policy_entries() -> list[Entry]:
    """Policies of the catalogue that can be run, by name."""
    return [
        Entry(spec.policy, spec.meaning, path)
        for path in policy_files()
        for spec in [read(path, Policy)]
        if not spec.abstract
    ]


def policy_files() -> list[Path]:
    """Files of all policies of the catalogue, those that only serve others among them."""
    return files_in(CATALOGUE / "policies")


def threat_entries() -> list[ThreatEntry]:
    """Threats of the catalogue, by name."""
    return [
        ThreatEntry(spec.threat, spec.meaning, path, spec.kind)
        for path in files_in(CATALOGUE / THREATS)
        for spec in [read(path, ThreatHeader)]
    ]


def procedure_entries() -> list[Entry]:
    """Procedures of the catalogue, by name."""
    return [
        Entry(spec.procedure, spec.meaning, path)
        for path in files_in(CATALOGUE / PROCEDURES)
        for spec in [read(path, Procedure)]
    ]


def measure_entries() -> list[Entry]:
    """Measures of the catalogue, by name."""
    return [
        Entry(spec.measure, spec.meaning, path)
        for path in files_in(CATALOGUE / MEASURES)
        for spec in [read(path, Measure)]
    ]


def programme_entries() -> list[Entry]:
    """Programmes of the catalogue, by name."""
    return [
        Entry(spec.programme, spec.meaning, path)
        for path in files_in(CATALOGUE / PROGRAMMES)
        for spec in [read(path, Programme)]
    ]


def place_entries() -> list[Entry]:
    """Places of the catalogue, by name."""
    return [
        Entry(spec.place, spec.meaning, path)
        for path in sorted((CATALOGUE / "places").glob("*/place.yaml"))
        for spec in [read(path, Place)]
    ]


def history_entries() -> list[Entry]:
    """Histories of the catalogue, by name."""
    return [
        Entry(spec.history, spec.meaning, path)
        for path in files_in(CATALOGUE / "history")
        for spec in [read(path, History)]
    ]

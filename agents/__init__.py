"""Organisations, threats and casework: what lives in the lanes."""

from agents.batch import (
    BatchResult,
    Footprint,
    Replay,
    engines,
    footprint,
    replay,
    run_batch,
    run_compiled,
)
from agents.catalogue import declarations, json_schemas, load_scenario, package_of

__all__ = [
    "BatchResult",
    "Footprint",
    "Replay",
    "declarations",
    "engines",
    "footprint",
    "json_schemas",
    "load_scenario",
    "package_of",
    "replay",
    "run_batch",
    "run_compiled",
]

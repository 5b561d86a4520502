"""Organisations, threats and casework: what lives in the lanes."""

from agents.society import (
    BatchResult,
    Footprint,
    Replay,
    declarations,
    engines,
    footprint,
    json_schemas,
    load_scenario,
    load_threat,
    package_of,
    replay,
    run_batch,
    run_compiled,
)

__all__ = [
    "BatchResult",
    "Footprint",
    "Replay",
    "declarations",
    "engines",
    "footprint",
    "json_schemas",
    "load_scenario",
    "load_threat",
    "package_of",
    "replay",
    "run_batch",
    "run_compiled",
]

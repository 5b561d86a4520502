"""Society: puts lanes, threats, organisations and casework together, and runs them in batches."""

from agents.society.batch import (
    BatchResult,
    Replay,
    engines,
    replay,
    run_batch,
    run_compiled,
)
from agents.society.calls import QUANTITIES, has_calls, read_calls, units
from agents.society.catalogue import declarations, json_schemas, load_scenario, package_of
from agents.society.footprint import Footprint, footprint

__all__ = [
    "QUANTITIES",
    "BatchResult",
    "Footprint",
    "Replay",
    "declarations",
    "engines",
    "footprint",
    "has_calls",
    "json_schemas",
    "load_scenario",
    "package_of",
    "read_calls",
    "replay",
    "run_batch",
    "run_compiled",
    "units",
]

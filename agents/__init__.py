"""Organisations, threats and casework: what lives in the lanes."""

from agents.batch import BatchResult, Replay, estimate_bytes, replay, run_batch, run_compiled
from agents.catalogue import declarations, json_schemas, load_scenario

__all__ = [
    "BatchResult",
    "Replay",
    "declarations",
    "estimate_bytes",
    "json_schemas",
    "load_scenario",
    "replay",
    "run_batch",
    "run_compiled",
]

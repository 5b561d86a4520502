"""Society: puts lanes, threats, organisations and casework together, and runs them in batches."""

from agents.society.batch import (
    BatchResult,
    Replay,
    engines,
    replay,
    run_batch,
    run_compiled,
)
from agents.society.catalogue import (
    declarations,
    json_schemas,
    load_scenario,
    load_threat,
    package_of,
)
from agents.society.footprint import Footprint, footprint
from agents.society.quantities import Quantity, Question, quantity, read_off

__all__ = [
    "BatchResult",
    "Footprint",
    "Quantity",
    "Question",
    "Replay",
    "declarations",
    "engines",
    "footprint",
    "json_schemas",
    "load_scenario",
    "load_threat",
    "package_of",
    "quantity",
    "read_off",
    "replay",
    "run_batch",
    "run_compiled",
]

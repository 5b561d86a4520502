"""Tables and progress on a terminal."""

from experiments.terminal.progress import (
    progress,
    readable_seconds,
)
from experiments.terminal.records import (
    print_records,
)
from experiments.terminal.tables import (
    DIRECTION,
    LEVEL,
    amount,
    console,
    grid,
    is_clear,
    number,
    percent,
    print_comparison,
    print_outcomes,
    print_rows,
)

__all__ = [
    "DIRECTION",
    "LEVEL",
    "amount",
    "console",
    "grid",
    "is_clear",
    "number",
    "percent",
    "print_comparison",
    "print_outcomes",
    "print_records",
    "print_rows",
    "progress",
    "readable_seconds",
]

"""Tables, sentences and progress on a terminal."""

from experiments.terminal.layout import (
    Column,
)
from experiments.terminal.page import (
    print_rows,
    print_table,
    say,
)
from experiments.terminal.progress import (
    progress,
    readable_seconds,
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
)

__all__ = [
    "DIRECTION",
    "LEVEL",
    "Column",
    "amount",
    "console",
    "grid",
    "is_clear",
    "number",
    "percent",
    "print_comparison",
    "print_outcomes",
    "print_rows",
    "print_table",
    "progress",
    "readable_seconds",
    "say",
]

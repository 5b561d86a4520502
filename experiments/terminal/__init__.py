"""Tables, sentences and progress on a terminal."""

from experiments.terminal.layout import (
    Column,
    fold,
    lay_out,
)
from experiments.terminal.numbers import (
    amount,
    number,
    p_value,
    percent,
)
from experiments.terminal.page import (
    print_facts,
    print_rows,
    print_table,
    say,
    tell_left_out,
    width,
)
from experiments.terminal.progress import (
    progress,
    readable_seconds,
)
from experiments.terminal.tables import (
    DIRECTION,
    LEVEL,
    digits_of,
    is_clear,
    print_comparison,
    print_outcomes,
    too_few,
    verdict,
)
from experiments.terminal.years import (
    print_years,
)

__all__ = [
    "DIRECTION",
    "LEVEL",
    "Column",
    "amount",
    "digits_of",
    "fold",
    "is_clear",
    "lay_out",
    "number",
    "p_value",
    "percent",
    "print_comparison",
    "print_facts",
    "print_outcomes",
    "print_rows",
    "print_table",
    "print_years",
    "progress",
    "readable_seconds",
    "say",
    "tell_left_out",
    "too_few",
    "verdict",
    "width",
]

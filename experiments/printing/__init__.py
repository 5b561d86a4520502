"""Answers of analyses as tables on the terminal."""

from experiments.printing.assessment import (
    print_assessment,
)
from experiments.printing.audit import (
    print_audit,
)
from experiments.printing.conditions import (
    print_discovery,
)
from experiments.printing.drivers import (
    print_drivers,
    print_meanings,
)
from experiments.printing.standings import (
    print_front,
    print_robustness,
)

__all__ = [
    "print_assessment",
    "print_audit",
    "print_discovery",
    "print_drivers",
    "print_front",
    "print_meanings",
    "print_robustness",
]

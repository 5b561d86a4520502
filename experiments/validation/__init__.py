"""Held against what is known: declarations against their rules, results against history."""

from experiments.validation.declarations import (
    check_file,
)
from experiments.validation.known import (
    read_known,
)
from experiments.validation.running import (
    set_beside,
)

__all__ = [
    "check_file",
    "read_known",
    "set_beside",
]

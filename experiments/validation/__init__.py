"""Held against what is known: declarations against their rules, results against history."""

from experiments.validation.declarations import (
    check_file,
)

__all__ = [
    "check_file",
]

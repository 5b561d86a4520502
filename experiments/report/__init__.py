"""A run directory as one HTML file for readers: verdicts, charts, and what they rest on."""

from experiments.report.writing import (
    write_report,
)

__all__ = [
    "write_report",
]

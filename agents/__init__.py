"""Organisations, threats and casework: what lives in the lanes."""

from agents.batch import BatchResult, estimate_bytes, run_batch, run_compiled

__all__ = ["BatchResult", "estimate_bytes", "run_batch", "run_compiled"]

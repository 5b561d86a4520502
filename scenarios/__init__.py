"""Scenario schema, loading and the built-in catalogue."""

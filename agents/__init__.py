"""Agents that put a scenario's agencies on top of the engine."""

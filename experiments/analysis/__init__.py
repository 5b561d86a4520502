"""Answers from many runs: how many replications, which policy, under which conditions.

Pure functions on arrays that return frozen dataclasses; nothing is read, written or printed here.
Nothing is imported either, so that the command line starts at once; import the modules by name.
"""

__all__: list[str] = []

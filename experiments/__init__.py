"""Experiments: running comparisons, keeping their results, statistics, figures, command line.

Nothing is imported here, so that the command line starts at once; import the modules by name.
"""

__all__: list[str] = []

"""A prototype of the spreading work on a graphics processor; see ``docs/performance.md``."""

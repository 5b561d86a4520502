"""The tables of ``docs/odd.md``, made from the catalogue and the code."""

from experiments.odd.blocks import BlockError, generated, rewritten
from experiments.odd.streams import Stream, UnnamedError, package_sources, read_streams

__all__ = [
    "BlockError",
    "Stream",
    "UnnamedError",
    "generated",
    "package_sources",
    "read_streams",
    "rewritten",
]

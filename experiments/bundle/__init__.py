"""A finished run directory as one file to send or to keep, and back from such a file."""

from experiments.bundle.archive import (
    unpacked,
    write_archive,
)
from experiments.bundle.contents import (
    bundle,
)

__all__ = [
    "bundle",
    "unpacked",
    "write_archive",
]

"""A scenario, a policy or a place explained: in words, in numbers with sources, in pictures."""

from experiments.show.pictures import (
    write,
)
from experiments.show.shown import (
    show,
)
from experiments.show.text import (
    print_description,
)

__all__ = [
    "print_description",
    "show",
    "write",
]

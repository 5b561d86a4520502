"""Errors that are planted in the code, and what they make wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    import pytest

Plant = Callable[["pytest.MonkeyPatch"], None]


class Planted(NamedTuple):
    """An error, the world in which it shows, and outcomes that it makes wrong."""

    plant: Plant
    world: str
    wrong: frozenset[str]


PLANTED: Final[dict[str, Planted]] = {}


def planted(world: str, *wrong: str) -> Callable[[Plant], Plant]:
    """Keep an error under its name."""

    def keep(plant: Plant) -> Plant:
        name = plant.__name__.strip("_").replace("_", " ")
        PLANTED[name] = Planted(plant, world, frozenset(wrong))
        return plant

    return keep


def replaced(
    patch: pytest.MonkeyPatch, where: Any, name: str, change: Callable[[Any], Any]
) -> None:
    """Put what `change` makes of a function in its place."""
    patch.setattr(where, name, change(getattr(where, name)))

"""Deeds in fewer lines: what many did alike is told once."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents.lane import Deed

MOST: Final = 90
"""Deeds that are told one by one."""
FEWEST: Final = 4
"""Deeds alike that are told as one, where there are too many."""

_VARIES: Final = re.compile(r"\d[\d,.]*|\b[A-Z]{2}\b")


class Alike(NamedTuple):
    """One deed, or several alike."""

    first: Deed
    last: Deed
    number: int
    actors: tuple[str, ...]
    same: bool = True
    """Whether the words are the same to the letter."""


def pattern(text: str) -> str:
    """Return the words of a text without numbers and codes of states."""
    return _VARIES.sub("#", text)


def condensed(deeds: Sequence[Deed], *, every: bool = False) -> list[Alike]:
    """Return deeds one by one, or where there are many, deeds of one kind alike as one.

    Alike are deeds whose words differ only in numbers and in codes of states.
    """
    alone = [Alike(deed, deed, 1, (deed.actor,)) for deed in deeds]
    if every or len(deeds) <= MOST:
        return alone
    alike: dict[tuple[str, str], list[Deed]] = defaultdict(list)
    for deed in deeds:
        alike[deed.kind, pattern(deed.text)].append(deed)
    found = []
    for group in alike.values():
        if len(group) < FEWEST:
            found += [Alike(deed, deed, 1, (deed.actor,)) for deed in group]
        else:
            actors = tuple(dict.fromkeys(deed.actor for deed in group))
            same = len({deed.text for deed in group}) == 1
            found.append(Alike(group[0], group[-1], len(group), actors, same))
    return sorted(found, key=lambda told: told.first.tick)

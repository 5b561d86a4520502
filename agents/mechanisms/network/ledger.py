"""What networks did and what was done to them, in units that can be multiplied."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Ledger:
    """Books of one network and of those that took its place.

    What has a place is entered there as well, beside the whole.
    """

    proceeds: float = 0.0
    """Euro earned."""
    laundered: float = 0.0
    frozen: float = 0.0
    confiscated: float = 0.0
    victims: float = 0.0
    """Persons who were exploited."""
    victim_weeks: float = 0.0
    freed: float = 0.0
    """Persons who were freed."""
    arrested: int = 0
    convicted: int = 0
    members: int = 0
    """Members there have been, those recruited later included."""
    raids: int = 0
    common_actions: int = 0
    """Raids of several states at once."""
    moves: int = 0
    leaks: int = 0
    dismantled: int = 0
    replaced: int = 0
    placed: dict[str, dict[int, float]] = field(default_factory=dict)
    """Entries of the books by place."""

    def at(self, place: int, **entries: float) -> None:
        """Enter what came of a place, beside the whole."""
        for name, number in entries.items():
            there = self.placed.setdefault(name, {})
            there[place] = there.get(place, 0.0) + number


@dataclass(slots=True)
class Known:
    """When a group began, and when somebody first knew of it; ticks."""

    began: float
    first: dict[str, float] = field(default_factory=dict)
    """By organisation."""
    first_arrest: float | None = None
    ended: float | None = None

"""What plots did and what was done about them, in units that can be multiplied."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Ledger:
    """Books of the plots of one lane, by the names of the outcomes and by place."""

    placed: dict[str, dict[int, float]] = field(default_factory=dict)

    def enter(self, place: int, **entries: float) -> None:
        """Enter what came of a place."""
        for name, number in entries.items():
            there = self.placed.setdefault(name, {})
            there[place] = there.get(place, 0.0) + number

    def sum(self, name: str) -> float:
        """Return all there is of an entry."""
        return sum(self.placed.get(name, {}).values())


class Watches:
    """Who is watched in one lane: where, by whom, since when.

    Parameters
    ----------
    day
        Ticks of a day.
    """

    def __init__(self, ledger: Ledger, day: float) -> None:
        self._ledger, self._day = ledger, day
        self._open: dict[tuple[int, int, str], tuple[float, int]] = {}
        """When a watch began, and on how many persons, by subject, place and watcher."""
        self._ever: set[tuple[int, int]] = set()
        """Coincidences that were watched, by place."""

    def begin(self, key: tuple[int, int, str], now: float, persons: int, *, real: bool) -> bool:
        """Begin a watch; return whether it is a new one."""
        if key in self._open:
            return False
        self._open[key] = now, persons
        subject, place, _ = key
        if not real and (subject, place) not in self._ever:
            self._ever.add((subject, place))
            self._ledger.enter(place, watched_for_nothing=persons)
        return True

    def end(self, key: tuple[int, int, str], now: float, *, real: bool) -> int | None:
        """End a watch; return on how many persons it was, None if there was none."""
        if key not in self._open:
            return None
        days, persons = self._days(key, now), self._open.pop(key)[1]
        self._ledger.enter(key[1], **_booked(days, real=real))
        return persons

    def going_on(self, now: float, real: list[bool]) -> list[tuple[int, dict[str, float]]]:
        """Return the person days of watches that have not ended, by place."""
        return [
            (key[1], _booked(self._days(key, now), real=real[key[0]])) for key in sorted(self._open)
        ]

    def _days(self, key: tuple[int, int, str], now: float) -> float:
        began, persons = self._open[key]
        return (now - began) / self._day * persons


def _booked(days: float, *, real: bool) -> dict[str, float]:
    return {"watched_person_days": days} | ({} if real else {"watched_for_nothing_days": days})

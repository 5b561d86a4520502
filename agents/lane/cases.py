"""The cases of a lane: who works on what, since when, and how it ended."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

NO_PLACE = -1
"""Place of a case of a body, which has no territory."""


NO_NAME = 2**32 - 1
"""Names in draws are words; a case about no subject has the last one."""


@dataclass(eq=False, slots=True)
class Case:
    """Work of one organisation on one subject, from opening to closing; times are in ticks."""

    procedure: str
    organisation: str
    place: int
    subject: int
    named: int
    """What names the subject in draws."""
    turn: int
    """Cases of the same kind and name that the organisation had on the subject before."""
    opened: float
    upheld: float | None = None
    """When the lead was taken for true, and somebody became a suspect."""
    closed: float | None = None
    how: str = ""
    waited: float = 0.0
    """Ticks spent in waiting for people."""
    asked: list[float] = field(default_factory=list)
    """Since when it waits for people now."""
    file: tuple[float, int] = (0.0, 0)
    """Most evidence that it has held, and organisations behind it: what is in the file stays."""
    origins: int = 0
    """Organisations, as bits, that anything on file comes from."""

    @property
    def names(self) -> tuple[str, int, int]:
        """What names it in draws, the same under every policy, alone or in company."""
        return self.organisation, self.named, self.turn

    def waiting(self, now: float) -> float:
        """Return ticks spent in waiting for people, up to now."""
        return self.waited + sum(now - since for since in self.asked)

    def pursued(self, now: float) -> float:
        """Return ticks for which somebody was a suspect, up to now."""
        if self.upheld is None:
            return 0.0
        return (now if self.closed is None else self.closed) - self.upheld


class Cases:
    """All cases of a lane, in the order of their opening."""

    def __init__(self) -> None:
        self.all: list[Case] = []
        self._open: dict[tuple[str, str, int], Case] = {}
        self._turns: dict[tuple[str, str, int, int], int] = {}
        self._working: dict[tuple[int, int], int] = {}
        """Upheld cases that are open, by subject and place."""

    def open(
        self,
        procedure: str,
        organisation: str,
        place: int,
        subject: int,
        now: float,
        named: int = NO_NAME,
    ) -> Case:
        """Open a case; `named` is what names its subject in draws."""
        key = procedure, organisation, subject
        turn = self._turns.get((*key, named), 0)
        self._turns[*key, named] = turn + 1
        case = Case(procedure, organisation, place, subject, named, turn, now)
        self.all.append(case)
        self._open[key] = case
        return case

    def current(self, procedure: str, organisation: str, subject: int) -> Case | None:
        """Return the open case of a kind that an organisation has on a subject."""
        return self._open.get((procedure, organisation, subject))

    def uphold(self, case: Case, now: float) -> None:
        """Note that there are suspects from now on."""
        if case.upheld is None:
            case.upheld = now
            key = case.subject, case.place
            self._working[key] = self._working.get(key, 0) + 1

    def close(self, case: Case, how: str, now: float) -> None:
        """End a case; the organisation may open another one on the subject."""
        case.closed, case.how = now, how
        self._open.pop((case.procedure, case.organisation, case.subject), None)
        if case.upheld is not None:
            self._working[case.subject, case.place] -= 1

    def are_open(self, subject: int, place: int) -> bool:
        """Whether a state pursues suspects in a subject."""
        return self._working.get((subject, place), 0) > 0

    def first_verified(self, subject: int) -> float:
        """Tick at which the first case on a subject was upheld; NaN if none was."""
        ticks = (
            case.upheld for case in self.all if case.subject == subject and case.upheld is not None
        )
        return min(ticks, default=math.nan)

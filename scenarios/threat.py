"""What every threat declares, and the coincidences that resemble one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Literal

from scenarios.quantities import Count, Delay, NonNegative, Positive, Range, Span, Spec

Family = Literal["crime", "cyber", "disaster"]


class ThreatSpec(Spec):
    """Base of the declarations of threats; each has a `kind` of its own.

    The declaration of a threat and its behaviour stand in one file of ``agents/threats/``; here is
    what the compiler needs to know of any of them.
    """

    family: ClassVar[Family]
    """Which policies make sense for it."""
    reports_needed: ClassVar[tuple[str, ...]] = ()
    """Classes of report that the organisations of a scenario with it write or react to."""
    desks_needed: ClassVar[tuple[str, ...]] = ()
    """Desks whose organisations act."""
    casework_needed: ClassVar[tuple[str, ...]] = ()
    """Blocks of casework that must be declared."""
    outcomes: ClassVar[frozenset[str]] = frozenset()
    """Names of the outcomes that its behaviour reads off a lane, beside the common ones."""

    kind: str

    @abstractmethod
    def subjects(self, members: Sequence[str]) -> tuple[str, ...]:
        """Names of the subjects that reports are about; `members` are the Member States' codes."""

    @abstractmethod
    def is_real(self, subject: int) -> bool:
        """Whether a subject stands for something real, not for a coincidence."""


class Decoys(Spec):
    """Coincidences that look like the threat: real reports about nothing."""

    number: Count
    places: Range
    """States in which a decoy is seen."""
    activity_median: Positive
    """Traces of a decoy in a state, as a share of those of the threat."""
    activity_p95: Positive
    """The same, that 95 of 100 stay within."""
    starts_within: Span
    """Decoys begin at moments drawn evenly from this time."""
    lasts: Delay

    def names(self) -> tuple[str, ...]:
        """Names of the decoys among the subjects."""
        return tuple(f"decoy-{number}" for number in range(self.number.value))


class Trust(Spec):
    """How organisations come to trust each other."""

    useful_exchange: NonNegative
    """Share by which trust grows after a case that succeeded together."""
    false_case: NonNegative
    """Share by which trust falls in those whose traces led to a false case."""
    leak: NonNegative
    """Share by which trust falls in the organisation that leaked."""
    most: Positive
    """Highest trust; 1 is neutral."""
    least: Positive
    """Lowest trust."""

"""What a scenario says of a criminal network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, Literal, Self

from pydantic import model_validator

from scenarios import ThreatSpec
from scenarios.errors import refusal
from scenarios.schema import Chance, Decoys, Positive, Range, Span, Spec, check_states

MOST_MEMBERS: Final = 1_000
"""Most members of a cell; each is drawn for in every raid."""


class Network(Spec):
    """A criminal network with cells in several states."""

    cells: Range
    """Cells, each in a state of its own at first."""
    members_per_cell: Range
    victims_per_member: Positive
    """Victims that a member holds."""
    income_per_victim_year: Positive
    """Euro."""
    liquid_share: Chance
    """Share of the income that is put aside to be laundered; the rest is spent."""
    laundered_per_week: Chance
    """Share of the liquid money that is out of reach a week later."""
    laundered_when_warned: Chance
    """The same while the network is warned."""
    notice_per_week: Chance
    """Chance in a week that a cell notices an investigation of its state."""
    leak_per_week: Chance
    """Chance in a week and informed organisation that the network hears of it."""
    reaction_time: Span
    """How long a warned network lies low."""
    low_activity: Chance
    """Share of its activity that a cell keeps up while it lies low."""
    moves_when_warned: Chance
    """Chance that a warned cell moves to another state."""
    recruits_per_week: Chance
    """Chance in a week that a cell below its first size takes in a member."""

    @model_validator(mode="after")
    def _members_can_be_counted(self) -> Self:
        if self.members_per_cell.high > MOST_MEMBERS:
            raise refusal(f"a cell has at most {MOST_MEMBERS:,} members", "write a smaller number")
        return self


class OrganisedCrime(ThreatSpec):
    """A network and the coincidences that resemble it."""

    family: ClassVar = "crime"
    reports_needed: ClassVar = ("case-notice", "analysis", "risk", "alert")
    desks_needed: ClassVar = (
        "police",
        "financial",
        "europol.analysis",
        "eurojust.coordination",
        "frontex.risk-analysis",
    )
    casework_needed: ClassVar = (
        "investigation",
        "finance",
        "analysis",
        "coordination",
        "operations",
    )
    times: ClassVar = dict.fromkeys(
        ("days_to_all_affected", "days_to_europol", "days_to_first_arrest", "days_to_recognition"),
        "days",
    )
    flows: ClassVar = frozenset(("proceeds_meur",))
    outcomes: ClassVar = frozenset(
        (*times, *flows, "arrested_share", "confiscated_share", "unequal_awareness")
    )

    kind: Literal["organised-crime"]
    network: Network
    decoys: Decoys

    def subjects(self, members: Sequence[str]) -> tuple[str, ...]:
        """The network, then the decoys."""
        del members
        return ("network", *self.decoys.names())

    def check(self, members: Sequence[str], tick_h: float) -> None:
        """Hold cells and decoys to the Member States there are."""
        del tick_h
        check_states("threat.network.cells", self.network.cells, members)
        check_states("threat.decoys.places", self.decoys.places, members)

    def is_real(self, subject: int) -> bool:
        """Whether `subject` is the network; the others are decoys."""
        return subject == 0

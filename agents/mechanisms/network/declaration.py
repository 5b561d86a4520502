"""What a scenario says of criminal networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from scenarios import ThreatSpec
from scenarios.errors import refusal
from scenarios.schema import (
    DECOYS,
    Chance,
    Count,
    Decoys,
    Positive,
    Range,
    Span,
    Spec,
    check_states,
)

MOST_MEMBERS: Final = 1_000
"""Most members of a cell; each is drawn for in every raid."""

MOST_NETWORKS: Final = 200


class Network(Spec):
    """Criminal networks with cells in several states."""

    number: Count
    """Networks of the sample that are active at first."""
    cells: Range
    """Cells of a network, each in a state of its own at first."""
    members_per_cell: Range
    victims_per_member: Positive
    """Victims that a member holds if nothing disturbs."""
    held_for: Span
    """How long a victim is held on average, if nobody frees it."""
    found_in: Span
    """Time in which half of the places of victims that are gone are filled again."""
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
    leak_traced: Chance
    """Chance that it comes out who leaked."""
    reaction_time: Span
    """How long a warned network lies low."""
    low_activity: Chance
    """Share of its activity that a cell keeps up while it lies low."""
    moves_when_warned: Chance
    """Chance that a warned cell moves to another state."""
    avoids: Chance
    """Share of its usual attraction that a state keeps in which the network lost members."""
    memory: Span
    """How long it remembers that."""
    recruits_per_week: Chance
    """Chance in a week that a cell below its first size takes in a member."""
    falls_apart: Chance
    """Share of its first members below which a network is no longer active."""
    replaced: Chance
    """Chance that another group takes the place of one that fell apart."""
    replaced_after: Span
    """Time until it does."""

    @model_validator(mode="after")
    def _members_can_be_counted(self) -> Self:
        if self.members_per_cell.high > MOST_MEMBERS:
            raise refusal(f"a cell has at most {MOST_MEMBERS:,} members", "write a smaller number")
        if not 1 <= self.number.value <= MOST_NETWORKS:
            raise refusal(f"there are 1 to {MOST_NETWORKS} networks", "write a number in between")
        return self


_SETTLED: Final = ("cells", "members_per_cell")
"""Numbers that say how networks settle."""


class OrganisedCrime(ThreatSpec):
    """Networks and the coincidences that resemble them."""

    family: ClassVar = "crime"
    verbs: ClassVar = frozenset(("arrest", "convict", "free", "freeze", "surrender"))
    aspects: ClassVar = ("exploitation", "travel", "money")
    flows: ClassVar = frozenset(
        (
            "common_actions",
            "confiscated_meur",
            "frozen_meur",
            "leaks",
            "members_arrested",
            "members_convicted",
            "networks_dismantled",
            "networks_replaced",
            "proceeds_meur",
            "victim_years",
            "victims_exploited",
            "victims_freed",
        )
    )
    placed: ClassVar = flows - {
        "common_actions",
        "leaks",
        "networks_dismantled",
        "networks_replaced",
    }
    outcomes: ClassVar = frozenset(
        (
            *flows,
            "arrested_share",
            "confiscated_share",
            "days_to_europol",
            "days_to_first_arrest",
            "days_to_recognition",
            "recognised_share",
            "unequal_awareness",
        )
    )

    at_first: ClassVar = DECOYS | {f"network.{name}" for name in _SETTLED}
    by_day: ClassVar = frozenset(
        f"network.{name}" for name in Network.model_fields.keys() - {"number", *_SETTLED}
    )

    kind: Literal["organised-crime"]
    network: Network
    decoys: Decoys = Field()

    def subjects(self, members: Sequence[str]) -> tuple[str, ...]:
        """The networks, then the decoys."""
        del members
        networks = (f"network-{number + 1}" for number in range(self.network.number.value))
        return (*networks, *self.decoys.names())

    def check(self, members: Sequence[str], tick_h: float) -> None:
        """Hold cells and decoys to the Member States there are."""
        del tick_h
        check_states("network.cells", self.network.cells, members)
        check_states("decoys.places", self.decoys.places, members)

    def is_real(self, subject: int) -> bool:
        """Whether `subject` is a network; the others are decoys."""
        return subject < self.network.number.value

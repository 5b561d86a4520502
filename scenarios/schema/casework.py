"""Casework: how organisations answer, as work that takes people and time.

Each block is the work of one kind of organisation. An organisation of a scenario acts only where
the scenario declares its block.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeVar

from pydantic import model_validator

from scenarios.errors import refusal
from scenarios.schema.delays import Delay
from scenarios.schema.quantities import Chance, Count, Factor, Positive, Span
from scenarios.schema.sourced import Sourced
from scenarios.schema.spec import Spec

_B = TypeVar("_B", bound=Spec)

STEPS_A_TICK: Final = 64
"""Delays of casework are whole multiples of 1/64 tick, so that they are the same everywhere."""


_SLOWEST_KM_H, _FASTEST_KM_H = 5.0, 5_000.0


class Incident(Spec):
    """Computer emergency response teams and ENISA: from incidents to warned operators.

    Where a state has no team, its police do what they can.
    """

    handlers: Count
    """Incidents that a team works on at once."""
    handlers_without_team: Count
    search: Delay
    """Time to find out by what the malware is known: its indicator."""
    search_without_team: Delay
    checking: Delay
    """Time to check somebody else's indicator."""
    warning: Delay
    """Time from knowing the indicator until the state's operators are warned."""
    made_out: Chance
    """Chance that what is real is seen to be real."""
    seen_through: Chance
    """Chance that what is a coincidence is seen to be one."""
    heeds: Chance
    """Share of the operators that act on a warning, if there was no false one before."""
    heeds_less: Chance
    """Share by which that falls with each false alarm."""
    operator_hours: Factor
    """Hours that an operator spends on a warning, right or wrong."""
    contact_known: Chance
    """Chance that two teams know whom to call in the other state."""
    contact_found: Delay
    """Time until a missing contact is found, through ENISA."""
    enisa_experts: Count
    advice: Delay
    """Time that ENISA takes to check an indicator before it warns."""


class Assistance(Spec):
    """Civil protection: calls for help across borders, and who answers them."""

    asking: Delay
    """From a fire that outgrows national means to a call for help."""
    asking_when_aware: Chance
    """Share of that time where the state had recognised its danger before."""
    call_at: Positive
    """Modules that must be missing before a state calls."""
    module_people: Positive
    """People of a module, those of an aircraft counted with their share."""
    shift: Positive
    """Hours that they work in a day."""
    seen_through: Chance
    """Chance that a state that means to help sees that nothing burns where it stands by."""
    watch: Span
    """Time for which national means have to be enough before a state that called lets help go."""
    renewal: Span
    """Time before it calls again for what is still missing."""
    aircraft_share: Chance
    """Share of what is missing that is asked for as aircraft."""
    deciding: Delay
    """From reading a call to an offer."""
    answering: Delay
    """From reading an offer to accepting or refusing it."""
    patience: Span
    """How long modules are held for an offer that is not answered."""
    largest_offer: Count
    """Modules of a kind in one offer at most."""
    reserve: Chance
    """Share of its means that a state keeps at danger 1; it grows with its danger."""
    reserve_for_neighbours: Chance
    """Share more for each neighbour whose danger it has recognised."""
    caution: Span
    """How long a common picture of several emergencies doubles the reserve."""
    mobilising_aircraft: Delay
    """From an accepted offer to the departure of aircraft."""
    mobilising_ground: Delay
    """The same for ground modules."""
    mobilising_when_ready: Chance
    """Share of that time for modules on stand-by."""
    flight_km_h: Positive
    """Speed of aircraft on their way, stops for fuel included, km an hour."""
    road_km_h: Positive
    """Speed of a convoy, km an hour."""
    ground_range_km: Positive
    """Distance beyond which ground modules are not sent."""
    longest_stay: Span
    """Time after which modules go home in any case."""
    refit: Delay
    """Maintenance and rest after the return."""
    standby: Span
    """How long a recognised danger keeps modules on stand-by."""
    standby_modules: Count
    """Modules of a kind on stand-by for one state at most."""
    reporting: Delay
    """From news at the Monitoring and Information Centre to its report on the situation."""
    picturing: Delay
    """From such reports to a common picture by the Situation Centre."""

    @model_validator(mode="after")
    def _moves(self) -> Assistance:
        for speed in (self.flight_km_h, self.road_km_h):
            if not _SLOWEST_KM_H <= speed.value <= _FASTEST_KM_H:
                raise refusal(
                    "a speed lies between 5 and 5,000 km an hour", "write it in km an hour"
                )
        return self


class Casework(Spec):
    """Work that takes people and time."""

    hours_per_day: Positive | None = None
    """Working hours of an officer in a calendar day; for posts and those who handle incidents."""
    incident: Incident | None = None
    assistance: Assistance | None = None

    def blocks(self) -> list[str]:
        """Names of the blocks that are declared."""
        return [
            name
            for name in type(self).model_fields
            if isinstance(getattr(self, name), Spec)
            and not isinstance(getattr(self, name), Sourced)
        ]

    def delays(self) -> Iterator[tuple[str, Delay]]:
        """Every delay of every block, by name; no two blocks share a name."""
        for block in type(self).model_fields:
            declared = getattr(self, block)
            for name in type(declared).model_fields if isinstance(declared, Spec) else ():
                value = getattr(declared, name)
                if isinstance(value, Delay):
                    yield name, value


def declared(block: _B | None) -> _B:
    """Return a block that must be there by now.

    Raises
    ------
    ValueError
        If it is not.
    """
    if block is None:
        msg = "this work needs a block of casework that the scenario does not declare"
        raise ValueError(msg)
    return block

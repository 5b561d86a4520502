"""History: what is known to have happened, to set beside what a scenario gives."""

from __future__ import annotations

from pydantic import Field, model_validator

from scenarios.errors import refusal
from scenarios.schema.quantities import MOST
from scenarios.schema.sourced import Sourced
from scenarios.schema.spec import Name, Spec


class Event(Sourced):
    """One known quantity, or the interval in which it lay."""

    quantity: str
    """What the model is asked for."""
    event: str
    label: str
    unit: str
    """That of the quantity: ``hours``, ``days``, ``aircraft``, ``calls``."""
    low: float = Field(ge=0, le=MOST)
    high: float = Field(ge=0, le=MOST)

    @model_validator(mode="after")
    def _ordered(self) -> Event:
        if self.high < self.low:
            raise refusal("an interval runs from low to high", "write low <= high")
        return self


class History(Spec):
    """Known quantities, and how the model is run to be compared with them."""

    history: Name
    meaning: str
    scenario: str
    """Name in the catalogue, or path from this file; so are the policies."""
    policy: str
    """The regime that stands for the status quo."""
    beside: str
    """Another regime to look at."""
    state: str
    """The state whose calls the quantities are about."""
    events: tuple[Event, ...] = Field(min_length=1)
    missing: tuple[str, ...] = ()
    """What happened and has no counterpart in the model."""

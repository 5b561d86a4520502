"""History: what is known to have happened, to set beside what a scenario gives."""

from __future__ import annotations

from pydantic import Field, model_validator

from scenarios.errors import refusal
from scenarios.schema.quantities import LARGEST
from scenarios.schema.sourced import Sourced
from scenarios.schema.spec import Name, Spec


class Event(Sourced):
    """One known quantity: its value, the interval in which it lay, or both."""

    quantity: str
    """What the model is asked for: of a call for help (``aircraft_at_work@48h``), or an outcome of
    the scenario, in all or by the year (``arrested``, ``arrested/year``)."""
    state: str | None = None
    """The state whose calls it is about, if not that of the whole file."""
    event: str
    label: str
    unit: str
    """That of the quantity, such as ``hours`` or ``aircraft``."""
    value: float | None = Field(default=None, ge=-LARGEST, le=LARGEST)
    low: float | None = Field(default=None, ge=-LARGEST, le=LARGEST)
    high: float | None = Field(default=None, ge=-LARGEST, le=LARGEST)

    @model_validator(mode="after")
    def _ordered(self) -> Event:
        low, high = self.low, self.high
        if (low is None) != (high is None):
            raise refusal("an interval has two ends", "write `low:` and `high:`, or `value:` alone")
        if low is None or high is None:
            if self.value is None:
                raise refusal(
                    "a known quantity has a value or an interval",
                    "write `value:`, or `low:` and `high:`",
                )
        elif high < low:
            raise refusal("an interval runs from low to high", "write low <= high")
        elif self.value is not None and not low <= self.value <= high:
            raise refusal("a value lies in its interval", "write low <= value <= high")
        return self

    @property
    def interval(self) -> tuple[float, float]:
        """What is known: the interval, or the value twice."""
        return _first(self.low, self.value), _first(self.high, self.value)


def _first(*numbers: float | None) -> float:
    """Return the first number that is given."""
    return next(number for number in numbers if number is not None)


class History(Spec):
    """Known quantities, and how the model is run to be compared with them."""

    history: Name
    meaning: str
    scenario: str
    """Name in the catalogue, or path from this file; so are the policies."""
    policy: str
    """The regime that stands for the status quo."""
    beside: str | None = None
    """Another regime to look at."""
    state: str | None = None
    """The state whose calls the quantities are about, where they are about calls."""
    events: tuple[Event, ...] = Field(min_length=1)
    missing: tuple[str, ...] = ()
    """What happened and has no counterpart in the model."""

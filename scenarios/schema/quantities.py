"""Quantities of a declaration: numbers, chances, counts and durations, each with its source."""

from __future__ import annotations

from typing import ClassVar, Final, Self

from pydantic import Field, model_validator

from scenarios.errors import refusal
from scenarios.schema.durations import Hours
from scenarios.schema.sourced import Sourced

LARGEST: Final = 1e12
"""Largest number that can be declared: products of a few of them are finite."""

SMALLEST: Final = 1e-9
"""Smallest number above 0 where a number must be above 0: one can be divided by it."""

MOST: Final = 10**9
"""Largest count that can be declared."""

MOST_EVIDENCE: Final = 4_000_000
"""Most evidence, in traces of ordinary weight; the engine holds sums of a little more."""


class Number(Sourced):
    """Any number."""

    noun: ClassVar[str] = "number"

    value: float = Field(ge=-LARGEST, le=LARGEST)


class Positive(Number):
    """A number above 0."""

    value: float = Field(gt=0, le=LARGEST)

    @model_validator(mode="after")
    def _can_divide(self) -> Self:
        if self.value < SMALLEST:
            raise refusal(f"a number above 0 is at least {SMALLEST:g}", "write a larger number")
        return self


class NonNegative(Number):
    """A number of 0 or above."""

    value: float = Field(ge=0, le=LARGEST)


class Factor(NonNegative):
    """How many times more or longer."""

    noun: ClassVar[str] = "factor"

    value: float = Field(ge=0, le=1_000)


class Chance(Number):
    """A chance within 0 and 1."""

    noun: ClassVar[str] = "chance"

    value: float = Field(ge=0, le=1)


class Count(Sourced):
    """A whole number of 0 or above."""

    noun: ClassVar[str] = "count"

    value: int = Field(ge=0, le=MOST)


class Range(Sourced):
    """Whole number drawn evenly from `low` to `high`, both included."""

    low: int = Field(ge=1, le=MOST)
    high: int = Field(ge=1, le=MOST)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.high < self.low:
            raise refusal("a range runs from low to high", "write low <= high")
        return self


class Span(Sourced):
    """A fixed duration."""

    noun: ClassVar[str] = "duration"

    value: Hours


class Spread(Sourced):
    """What is told by its median and its 95th percentile."""

    median: float
    p95: float

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.p95 < self.median:
            raise refusal("the 95th percentile lies below the median", "write p95 >= median")
        return self

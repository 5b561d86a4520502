"""Stores: data bases that keep reports, answer by machine, and may stand guard."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from scenarios.errors import refusal
from scenarios.schema.durations import Hours
from scenarios.schema.sourced import Sourced
from scenarios.schema.spec import Name


class Store(Sourced):
    """A data base, instead of the people of a desk: what reaches it is kept and found again."""

    meaning: str
    holds: tuple[Name, ...] = Field(min_length=1)
    """Kinds or classes of report that are kept."""
    faces: tuple[Name, ...] | None = Field(default=None, min_length=1)
    """Faces of a subject by which it is found; all if left out."""
    retention: Hours = Field(gt=0)
    """How long a report is kept, and a question where the store stands guard."""
    guards: bool = False
    """Whether those who brought or asked for something are told of what matches it."""
    false_match: dict[Name, Annotated[float, Field(ge=0, le=1)]] = {}
    """Chance, by face, to take a subject for another one."""

    @model_validator(mode="after")
    def _mistakes_what_it_keeps(self) -> Self:
        for face in self.false_match:
            if self.faces is not None and face not in self.faces:
                raise refusal(
                    f"a store takes for another's what it keeps; it does not keep the face {face}",
                    f"add {face} to `faces:`, or leave it out of `false_match:`",
                )
        return self

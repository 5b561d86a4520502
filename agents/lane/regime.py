"""What casework goes by during a stretch of time: its numbers, its delays, its people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Self

from agents.lane.durations import Durations
from agents.lane.workplace import Post
from scenarios import InForce
from scenarios.schema import Casework, Member, Procedure


class Regime(NamedTuple):
    """What casework goes by."""

    casework: Casework
    procedures: Mapping[str, Procedure]
    durations: Durations
    members: tuple[Member, ...]
    """Member States by place, with the offices that they have."""
    posts: Mapping[str, Post]
    """Places of work by name."""

    @classmethod
    def of(cls, force: InForce, posts: Mapping[str, Post]) -> Self:
        """Return what a scenario in force says of it."""
        scenario = force.scenario
        durations = Durations(scenario.casework, scenario.procedures, scenario.tick_h)
        members = tuple(force.atlas.members.values())
        return cls(scenario.casework, scenario.procedures, durations, members, posts)

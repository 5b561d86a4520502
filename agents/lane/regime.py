"""What a lane goes by during a stretch of time: threats, numbers and delays of work, people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Self

from agents.lane.durations import Durations
from agents.lane.workplace import Post
from scenarios import InForce, ThreatSpec
from scenarios.schema import Casework, Member, Procedure


class Regime(NamedTuple):
    """What threats and casework go by."""

    threats: Mapping[str, ThreatSpec]
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
        return cls(
            scenario.threats, scenario.casework, scenario.procedures, durations, members, posts
        )

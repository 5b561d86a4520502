"""What the work of people costs."""

from __future__ import annotations

from agents.lane import Lane
from scenarios import Layout


def cost_by(lane: Lane, tick: float) -> dict[str, float]:
    """Return the euro that casework has cost each organisation up to a tick, work open included."""
    worked = lane.work.hours_by(tick)
    names = (name for name in lane.groups if name in worked)
    return {name: worked[name] * hour_eur(lane.layout, name) for name in names}


def hour_eur(layout: Layout, organisation: str) -> float:
    """Return what an hour costs: in a state its own, in a body the mean of states by population."""
    members = layout.atlas.members
    if organisation in members:
        return members[organisation].hour_eur
    people = sum(member.population for member in members.values())
    return sum(one.population * one.hour_eur for one in members.values()) / people

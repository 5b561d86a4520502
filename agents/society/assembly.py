"""Who lives in a world: its threats, its bodies, and the jobs of its Member States."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from agents.casework import CivilProtection, IncidentHandling, Investigation, Job
from agents.lane import Coordinator, Lane
from agents.mechanisms import Threat
from agents.organisations import (
    Enisa,
    Eurojust,
    Europol,
    Frontex,
    MemberState,
    Mic,
    Organisation,
    SitCen,
)
from agents.society.kinds import kinds
from scenarios import Layout
from scenarios.schema import Casework

BODIES: Final[Mapping[str, type[Organisation]]] = {
    "europol": Europol,
    "eurojust": Eurojust,
    "frontex": Frontex,
    "enisa": Enisa,
    "mic": Mic,
    "sitcen": SitCen,
}


def threats_of(layout: Layout) -> tuple[Threat, ...]:
    """Return the behaviour of the threats of a world, whose subjects follow each other."""
    declaration = layout.scenario.threat
    behaviour = kinds()[declaration.kind].behaviour
    return (behaviour(layout, declaration, range(len(layout.subjects))),)


def settle(lane: Lane) -> None:
    """Put bodies and Member States into a lane."""
    layout, casework = lane.layout, lane.casework
    bodies = {
        name: _kind_of(name, casework)(lane, name)
        for name in layout.groups
        if name not in layout.places
    }
    eurojust = bodies.get("eurojust")
    coordinator = eurojust if isinstance(eurojust, Eurojust) else None
    for name in layout.places:
        state = MemberState(lane, name)
        for job in _jobs(state, casework, coordinator):
            state.take_on(job)
        lane.organisations[name] = state
    lane.organisations.update(bodies)


def _kind_of(body: str, casework: Casework) -> type[Organisation]:
    """Class of a body; one whose casework is not declared only reads and passes on."""
    kind = BODIES.get(body, Organisation)
    if kind.block is None or getattr(casework, kind.block) is None:
        return Organisation
    return kind


def _jobs(state: MemberState, casework: Casework, coordinator: Coordinator | None) -> Iterator[Job]:
    """Give the jobs of a state whose casework is declared."""
    if casework.investigation is not None:
        yield Investigation(state, coordinator)
    if casework.incident is not None:
        yield IncidentHandling(state)
    if casework.assistance is not None:
        yield CivilProtection(state)

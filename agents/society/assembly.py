"""Who lives in a world: its threats, its bodies, and the jobs of its Member States."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from agents.casework import CivilProtection, IncidentHandling
from agents.lane import Job, Lane
from agents.mechanisms import Threat
from agents.organisations import (
    Enisa,
    MemberState,
    Mic,
    Organisation,
    SitCen,
)
from agents.procedures import Commons, Practice
from agents.society.kinds import kinds
from scenarios import Layout
from scenarios.schema import NATIONAL, Casework

BODIES: Final[Mapping[str, type[Organisation]]] = {
    "enisa": Enisa,
    "mic": Mic,
    "sitcen": SitCen,
}


def threats_of(layout: Layout) -> tuple[Threat, ...]:
    """Return the behaviour of the threats of a world, whose subjects follow each other."""
    known = kinds()
    return tuple(
        known[declaration.kind].behaviour(layout, name)
        for name, declaration in layout.scenario.threats.items()
    )


def settle(lane: Lane) -> None:
    """Put bodies and Member States into a lane, each with the work that it does."""
    layout, casework = lane.layout, lane.casework
    commons = Commons()
    for name in layout.places:
        state = MemberState(lane, name)
        for job in _jobs(state, casework):
            state.take_on(job)
        _practise(state, commons)
        lane.organisations[name] = state
    for name in layout.groups:
        if name not in layout.places:
            body = _kind_of(name, casework)(lane, name)
            _practise(body, commons)
            lane.organisations[name] = body


def _kind_of(body: str, casework: Casework) -> type[Organisation]:
    """Class of a body; one whose casework is not declared only reads and passes on."""
    kind = BODIES.get(body, Organisation)
    if kind.block is None or getattr(casework, kind.block) is None:
        return Organisation
    return kind


def _jobs(state: MemberState, casework: Casework) -> Iterator[Job]:
    """Give the jobs of a state whose casework is declared."""
    if casework.incident is not None:
        yield IncidentHandling(state)
    if casework.assistance is not None:
        yield CivilProtection(state)


def _practise(organisation: Organisation, commons: Commons) -> None:
    """Give an organisation the procedures that are its own."""
    lane, practices = organisation.lane, dict[str, Practice]()
    kind = NATIONAL if organisation.name in lane.layout.places else organisation.name
    for key, spec in lane.layout.scenario.procedures.items():
        if spec.of == kind:
            practices[key] = Practice(organisation, key, commons, practices)
            organisation.take_on(practices[key])
            if spec.starts.every is not None:
                lane.start(practices[key].programme())

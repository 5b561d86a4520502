"""A small, hurried version of cyber-outbreak: eight states, a week, few operators."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any, Final

import numpy as np

from agents import load_scenario
from agents.lane.lane import Lane
from agents.mechanisms.outbreak.batch import Outbreaks
from agents.mechanisms.outbreak.outbreak import Outbreak
from agents.society.society import Society
from scenarios import Compiled, LoadedScenario, compile_world
from sim import Kernel, LaneId
from tests.agents.small import POLICIES, changed, of_one_face, outcomes_in, policies

MEMBERS: Final = ("AT", "CZ", "DE", "HU", "IT", "PL", "RO", "SI")
"""PL and RO had no response team."""

THREAT: Final = "worm"

SUBJECT: Final = 0
"""The malware; the other subjects are decoys."""

DAYS: Final = 7
SHORTER: Final = 5
"""So many times shorter is the life of reports: some expire."""


def small_outbreak(
    *,
    days: float = DAYS,
    decoys: int = 4,
    malware: dict[str, Any] | None = None,
    incident: dict[str, Any] | None = None,
) -> LoadedScenario:
    """Return the small scenario, with other values of malware or incident handling."""
    loaded = load_scenario("cyber-outbreak")
    spec, atlas = loaded.spec, loaded.atlas
    threat: Any = of_one_face(spec.threats[THREAT])
    threat = changed(
        threat,
        malware=changed(
            threat.malware,
            **{
                "begins_within": 24.0,
                "seeds": changed(threat.malware.seeds, low=6, high=8),
                **(malware or {}),
            },
        ),
        decoys=changed(
            threat.decoys,
            number=decoys,
            places=changed(threat.decoys.places, low=2, high=3),
            starts_within=48.0,
        ),
    )
    work = changed(spec.casework, incident=changed(spec.casework.incident, **(incident or {})))
    reports = {
        name: changed(one, lifetime=one.lifetime / SHORTER) for name, one in spec.reports.items()
    }
    spec = changed(
        spec, horizon=days * 24.0, threats={THREAT: threat}, casework=work, reports=reports
    )
    near = frozenset(pair for pair in atlas.neighbours if pair <= set(MEMBERS))
    members = {code: atlas.members[code] for code in MEMBERS}
    return replace(loaded, spec=spec, atlas=replace(atlas, members=members, neighbours=near))


@cache
def compiled_outbreak(names: tuple[str, ...] = POLICIES) -> Compiled:
    """Return the small scenario compiled for policies."""
    return compile_world(small_outbreak(), policies(names))


class OutbreakStage:
    """One lane whose engine is never advanced; the test plays the world."""

    def __init__(
        self, replication: int = 0, loaded: LoadedScenario | None = None, **values: Any
    ) -> None:
        loaded = loaded or small_outbreak(**values)
        self.compiled = compile_world(loaded, policies(("bilateral",)))
        self.engine = Kernel(self.compiled.world, [LaneId(0, 1, replication)])
        self.journal: list[Any] = []
        self.society = Society(self.compiled, self.journal)
        self.society.start(self.engine)
        self.tick = 0

    @property
    def lane(self) -> Lane:
        """The lane."""
        return self.society.lanes[0]

    @property
    def threat(self) -> Outbreaks:
        """All outbreaks of the batch."""
        threat = self.society.threats[0]
        assert isinstance(threat, Outbreaks)
        return threat

    @property
    def outbreak(self) -> Outbreak:
        """The malware, as its answerers meet it."""
        outbreak: Outbreak = self.lane.of(0)
        return outbreak

    def recognised(self, subject: int, unit: str) -> None:
        """Let a desk recognise a subject now, from traces of its own among others."""
        layout = self.compiled.layout
        group = layout.groups[layout.owners[layout.units[unit]]]
        self.engine._drafting.contributed[0, subject] |= np.uint64(1 << group)
        self.lane.recognised(self.tick, subject, self.compiled.layout.units[unit])

    def told(self, unit: str, subject: int, report: str, teller: str) -> None:
        """Let a desk read an addressed report now."""
        units = self.compiled.layout.units
        self.lane.told(self.tick, subject, report, units[unit], units[teller])

    def until(self, hours: float) -> None:
        """Let casework run; the world outside stands still."""
        self.tick = round(hours / self.compiled.layout.scenario.tick_h)
        self.society.work(self.tick)
        self.lane.tick = self.tick

    @property
    def written(self) -> list[tuple[str, int, str, int]]:
        """Reports that agents wrote so far: (desk, subject, class, audience), in order."""
        units, classes = list(self.compiled.layout.units), list(self.compiled.layout.classes)
        drafts = self.engine._drafting._emits
        return [(units[unit], about, classes[cls], to) for _, unit, about, cls, to, _ in drafts]

    def level(self, code: str, subject: int = 0) -> int:
        """Return what the engine was last told there is to see in a state."""
        place = self.compiled.layout.places[code]
        observation = self.engine._observation
        return observation._asked.get((0, int(observation._spots[subject, place, 0])), 0)

    @property
    def outcomes(self) -> dict[str, float]:
        """Outcomes, if the run ended now."""
        return outcomes_in(self.compiled, self.society, self.engine)

    def story(self) -> str:
        """Everything noted so far."""
        return "\n".join(f"{deed.actor} {deed.text}" for deed in self.journal)

"""Tiny scenarios whose procedures a test writes itself, and a stage on which it plays the world."""

from __future__ import annotations

import functools
from collections import defaultdict
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ruamel.yaml import YAML

from agents import load_scenario
from agents.lane.verbs import Blow
from agents.organisations.organisation import Organisation
from agents.procedures.practice import Practice
from agents.society.catalogue import declarations
from agents.society.society import Society
from scenarios import Compiled, LoadedPolicy, LoadedScenario, compile_world, load_policy
from scenarios.reading.declarations import read_plain
from scenarios.schema.scenario import EVIDENCE_ONE, check_scenario, plain, scenario_model
from sim import Draws, LaneId, Reference
from sim.seam.port import ALL_UNITS
from sim.seam.world import TRUST_ONE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agents.lane.cases import Case
    from scenarios.reading.atlas import Atlas

MEMBERS: Final = ("AT", "CZ", "DE", "IT")
"""AT and CZ have no external border; IT has no asset recovery office and no response team."""

REAL, OTHER_REAL, DECOY, OTHER_DECOY = 0, 1, 2, 3
"""Subjects: two networks, then coincidences."""

THREAT: Final = "networks"

TICKS_A_DAY: Final = 4

BASE: Final = """
scenario: tiny
meaning: two networks and a few coincidences in four states
place: eu27-2010
tick: PT6H
horizon: 200 d
baseline: bilateral
reports:
  trace:
    {kind: trace, meaning: x, weight: {median: 1, p95: 2}, persons: 1, lifetime: 90 d, assumed: x}
  case-notice:
    {kind: notice, meaning: x, weight: {median: 4, p95: 6}, persons: 1, lifetime: 90 d,
     addressed: true, assumed: x}
  no-case: {kind: notice, meaning: x, persons: 1, lifetime: 90 d, addressed: true, assumed: x}
  invitation: {kind: notice, meaning: x, persons: 1, lifetime: 90 d, addressed: true, assumed: x}
  alert:
    {kind: alert, meaning: x, persons: 1, classification: unclassified, lifetime: 90 d,
     addressed: true, assumed: x}
  routine: {kind: routine, meaning: x, persons: 1, lifetime: 30 d, assumed: x}
desks:
  police:
    staff: {base: 4, assumed: x}
    reads: {value: 12, assumed: x}
    local_routine: {value: 0.2, assumed: x}
    routine_made: {value: 0.5, assumed: x}
  financial:
    staff: {base: 4, assumed: x}
    reads: {value: 12, assumed: x}
    local_routine: {value: 0.2, assumed: x}
    routine_made: {value: 0.5, assumed: x}
  eurojust.coordination:
    staff: {base: 10, assumed: x}
    reads: {value: 12, assumed: x}
    local_routine: {value: 0.2, assumed: x}
    routine_made: {value: 0.5, assumed: x}
threats:
  networks:
    kind: organised-crime
    half_life: {value: 60 d, assumed: x}
    recognises:
      police: {evidence: 4, organisations: 1, assumed: x}
    sees:
      police: [{report: trace, aspect: exploitation, per_year: 40, assumed: x}]
    network:
      number: {value: 2, assumed: x}
      cells: {low: 2, high: 3, assumed: x}
      members_per_cell: {low: 4, high: 6, assumed: x}
      victims_per_member: {value: 2, assumed: x}
      held_for: {value: 2 y, assumed: x}
      found_in: {value: 90 d, assumed: x}
      income_per_victim_year: {value: 10000, assumed: x}
      liquid_share: {value: 0.5, assumed: x}
      laundered_per_week: {value: 0.05, assumed: x}
      laundered_when_warned: {value: 0.2, assumed: x}
      notice_per_week: {value: 0.02, assumed: x}
      leak_per_week: {value: 0, assumed: x}
      leak_traced: {value: 0, assumed: x}
      reaction_time: {value: 60 d, assumed: x}
      low_activity: {value: 0.3, assumed: x}
      moves_when_warned: {value: 0.3, assumed: x}
      avoids: {value: 0.3, assumed: x}
      memory: {value: 1 y, assumed: x}
      recruits_per_week: {value: 0.05, assumed: x}
      falls_apart: {value: 0.3, assumed: x}
      replaced: {value: 0.5, assumed: x}
      replaced_after: {value: 90 d, assumed: x}
    decoys:
      number: {value: 4, assumed: x}
      places: {low: 1, high: 2, assumed: x}
      activity_median: {value: 0.5, assumed: x}
      activity_p95: {value: 1, assumed: x}
      starts_within: {value: 60 d, assumed: x}
      lasts: {value: 90 d, assumed: x}
casework:
  hours_per_day: {value: 6, assumed: x}
trust:
  useful_exchange: {value: 0.5, assumed: x}
  false_case: {value: 0.25, assumed: x}
  leak: {value: 0.25, assumed: x}
  most: {value: 2, assumed: x}
  least: {value: 0.2, assumed: x}
outcomes:
  - {name: cases_opened, label: x, unit: cases, better: lower, group: cost}
  - {name: waiting_days, label: x, unit: days, better: lower, group: cost}
"""


# Declarations --------------------------------------------------------------------------------


def yaml(text: str) -> Any:
    """Read YAML text."""
    return YAML(typ="safe").load(text)


@functools.cache
def base() -> dict[str, Any]:
    """Return the document of the tiny scenario, without procedures; not to be changed."""
    return dict(yaml(BASE))


@functools.cache
def _atlas() -> Atlas:
    atlas = load_scenario("organised-crime").atlas
    near = frozenset(pair for pair in atlas.neighbours if pair <= set(MEMBERS))
    members = {code: atlas.members[code] for code in MEMBERS}
    members["IT"] = members["IT"].model_copy(update={"cert_2010": False})
    return replace(atlas, members=members, neighbours=near)


def value(number: object) -> dict[str, object]:
    """Return a number or duration with provenance, as a file would give it."""
    return {"value": number, "assumed": "for the test"}


def procedure(
    steps: str,
    *,
    delays: Mapping[str, float | str] | None = None,
    chances: Mapping[str, float] | None = None,
    numbers: Mapping[str, float] | None = None,
    evidence: Mapping[str, float] | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """Return a procedure of a state's police: steps as YAML, delays as days or YAML."""
    declared = {
        "procedure": "any",
        "meaning": "for the test",
        "assumed": "for the test",
        "of": "national",
        "at": ["police"],
        "delays": {
            name: value(f"{days} d") if isinstance(days, int | float) else yaml(days)
            for name, days in (delays or {}).items()
        },
        "chances": {name: value(chance) for name, chance in (chances or {}).items()},
        "numbers": {name: value(number) for name, number in (numbers or {}).items()},
        "steps": yaml(steps),
        **fields,
    }
    if evidence is not None:
        usual = {"usual": 8, "faster": 0, "surer": 1, "organisation": 1, "doubt": 1, **evidence}
        declared["evidence"] = {name: value(number) for name, number in usual.items()}
    return declared


def post(of: str = "national", number: float = 1, **fields: Any) -> dict[str, Any]:
    """Return the people of a post."""
    return {"of": of, "number": number, "officers": 2, "length": "10 d", "assumed": "x", **fields}


POSTS: Final = {"team": post(), "desk": post("eurojust")}


def scenario(
    procedures: Mapping[str, Any], posts: Mapping[str, Any] | None = None, **fields: Any
) -> LoadedScenario:
    """Return the tiny scenario with procedures and posts of one's own."""
    document = deepcopy(base()) | deepcopy(
        {"procedures": dict(procedures), "posts": dict(POSTS if posts is None else posts)}
    )
    document |= fields
    model = scenario_model(declarations())
    spec = plain(read_plain(document, "tiny.yaml", model, check=check_scenario))
    return LoadedScenario(Path("tiny.yaml"), spec, _atlas(), declarations())


@functools.cache
def policies(names: tuple[str, ...] = ("bilateral",)) -> tuple[LoadedPolicy, ...]:
    """Return policies of the catalogue."""
    return tuple(load_policy(name) for name in names)


def compiled(
    procedures: Mapping[str, Any],
    posts: Mapping[str, Any] | None = None,
    names: tuple[str, ...] = ("bilateral",),
    **fields: Any,
) -> Compiled:
    """Return the tiny scenario, compiled."""
    return compile_world(scenario(procedures, posts, **fields), list(policies(names)))


# A stage -------------------------------------------------------------------------------------


class Still(Reference):
    """An engine that never advances: it holds what the test says, and remembers what is asked."""

    def __init__(self, world: Any, lane: LaneId) -> None:
        super().__init__(world, lane)
        self.held: dict[tuple[int, int], tuple[float, int]] = {}
        """Evidence in traces and origins as bits, by unit and subject."""
        self.seen: defaultdict[int, int] = defaultdict(int)
        self.spent: list[tuple[int, int]] = []
        """(unit, subject), in order."""
        self.asked_at: list[int] = []
        """Ticks for which evidence was asked."""

    def evidence(self, lane: int, unit: int, subject: int, tick: int) -> int:
        """Return what the test said."""
        del lane
        self.asked_at.append(tick)
        return round(self.held.get((unit, subject), (0, 0))[0] * EVIDENCE_ONE)

    def origins(self, lane: int, unit: int, subject: int) -> int:
        """Return what the test said."""
        del lane
        return self.held.get((unit, subject), (0, 0))[1]

    def contributed(self, lane: int, subject: int) -> int:
        """Return what the test said."""
        del lane
        return self.seen[subject]

    def spend(self, lane: int, subject: int, unit: int = ALL_UNITS, *, links: bool = False) -> None:
        """Remember, and forget the evidence."""
        del lane, links
        self.spent.append((unit, subject))
        self.held.pop((unit, subject), None)


class Recorder(Draws):
    """Draws that remember what was asked, and answer chances as the test says."""

    def __init__(self, *answers: bool) -> None:
        super().__init__(1, 0)
        self.asked: list[tuple[float, str, tuple[int | str, ...]]] = []
        self._answers = list(answers)

    def chance(self, probability: float, stream: str, *entity: int | str) -> bool:
        """Answer with the next of the test's answers; in the end yes."""
        self.asked.append((probability, stream, entity))
        return self._answers.pop(0) if self._answers else True


class Fakes:
    """A threat that remembers what is done to it; as much comes of it as the test says."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.comes: dict[str, float] = {}
        """What comes of a verb; 1 if the test does not say."""
        self.done: list[tuple[float, str, int, Blow]] = []
        """(day, verb, subject, blow), in order."""

    def __getattr__(self, verb: str) -> Any:
        return functools.partial(self._do, verb)

    def _do(self, verb: str, subject: int, blow: Blow) -> float:
        self.done.append((self._stage.day, verb, subject, blow))
        return self.comes.get(verb, 1.0)

    @property
    def verbs(self) -> list[tuple[float, str]]:
        """Day and verb of what was done."""
        return [(day, verb) for day, verb, _, _ in self.done]


class Stage:
    """One lane in an engine that is never advanced; the test plays the world."""

    def __init__(
        self,
        procedures: Mapping[str, Any],
        posts: Mapping[str, Any] | None = None,
        *,
        replication: int = 0,
        **fields: Any,
    ) -> None:
        self.compiled = compiled(procedures, posts, **fields)
        self.layout = self.compiled.layout
        self.engine = Still(self.compiled.world, LaneId(0, 1, replication))
        self.journal: list[Any] = []
        self.society = Society(self.compiled, self.journal)
        self.society.start(self.engine)
        (self.lane,) = self.society.lanes
        self.fakes = Fakes(self)
        self.lane._threats[THREAT] = self.fakes
        self.tick = 0

    @property
    def day(self) -> float:
        """Now, in days."""
        return self.lane.now / TICKS_A_DAY

    # What the world does -----------------------------------------------------------------------

    def holds(self, desk: str, subject: int, traces: float, *groups: str) -> None:
        """Let a desk hold evidence that comes from some organisations."""
        bits = sum(1 << self.layout.groups[group] for group in groups)
        self.engine.held[self.layout.units[desk], subject] = traces, bits

    def saw(self, subject: int, *groups: str) -> None:
        """Let organisations have observed a subject."""
        for group in groups:
            self.engine.seen[subject] |= 1 << self.layout.groups[group]

    def recognises(self, desk: str, subject: int) -> None:
        """Let a desk recognise a subject now."""
        self.lane.recognised(self.tick, subject, self.layout.units[desk])

    def tells(self, teller: str, reader: str, subject: int, report: str = "case-notice") -> None:
        """Let a desk read an addressed report of another one now."""
        units = self.layout.units
        self.lane.told(self.tick, subject, report, units[reader], units[teller])

    def practice(self, organisation: str, key: str) -> Practice:
        """Return a procedure as an organisation practises it."""
        office = self.lane.organisations[organisation]
        assert isinstance(office, Organisation)
        jobs = (job for jobs in office._at.values() for job in jobs)
        return next(job for job in jobs if isinstance(job, Practice) and job.key == key)

    def begins(self, organisation: str, subject: int, key: str = "work", **how: Any) -> Case:
        """Let an organisation open a case now."""
        self.lane.tick = self.tick
        return self.practice(organisation, key).begin(subject, **how)

    def until(self, day: float) -> None:
        """Let casework run through the first tick of a day."""
        self.tick = round(day * TICKS_A_DAY)
        self.society.work(self.tick)
        self.lane.tick = self.tick

    # What came of it ---------------------------------------------------------------------------

    @property
    def written(self) -> list[tuple[str, int, str]]:
        """Reports that agents wrote so far: (desk, subject, class), in order."""
        units, classes = list(self.layout.units), list(self.layout.classes)
        drafts = self.engine._to_emit
        return [(units[unit], subject, classes[cls]) for unit, subject, cls, *_ in drafts]

    @property
    def cases(self) -> list[Case]:
        """All cases so far."""
        return self.lane.cases.all

    @property
    def ends(self) -> list[tuple[str, float, str]]:
        """(Organisation, day, how) of the cases that are closed, in order of their opening."""
        return [
            (case.organisation, case.closed / TICKS_A_DAY, case.how)
            for case in self.cases
            if case.closed is not None
        ]

    @property
    def busy(self) -> int:
        """Pieces of work that hold a place now."""
        return self.lane.work.open_now

    def hours(self, day: float) -> tuple[float, float]:
        """Hours worked by a day: on real subjects, on coincidences."""
        return self.lane.work.hours(day * TICKS_A_DAY)

    def trust(self, giver: str, receiver: str) -> float:
        """Return the trust that the engine was told of."""
        groups = self.layout.groups
        return self.engine._trust[groups[giver], groups[receiver], 0] / TRUST_ONE

    def level(self, subject: int, code: str, aspect: int) -> int:
        """Return what there is to see in a state, in units of ``1 / LEVEL_ONE``."""
        return self.engine._level[subject, self.layout.places[code], aspect]


def ends_of(played: Stage, keys: Sequence[str]) -> list[tuple[float, str]]:
    """Return (day, how) of the closed cases of some procedures."""
    return [
        ((case.closed or 0) / TICKS_A_DAY, case.how)
        for case in played.cases
        if case.procedure in keys
    ]

"""What every threat declares, and the coincidences that resemble one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Final, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from scenarios.errors import SpecError, refusal, unknown_name
from scenarios.schema.delays import Delay
from scenarios.schema.quantities import (
    MOST_EVIDENCE,
    Count,
    NonNegative,
    Positive,
    Range,
    Span,
)
from scenarios.schema.sourced import Sourced
from scenarios.schema.spec import Name, Spec
from sim.draws import QUANTILES, lognormal
from sim.seam import LEVEL_ONE, MAX_FACES, MAX_GROUPS

Family = Literal["crime", "cyber", "disaster"]

Lasting = Literal["day", "run", "world"]
"""How long a number of a threat lasts: until the day of another one, in a run, in all runs."""

_SEEN: Final = frozenset({"sees", "recognises"})

MOST_ACTIVITY: Final = 1_000
"""Most times as active as the threat that a decoy may be."""

MOST_DECOYS: Final = 2_000

MOST_TRUST: Final = 1_000.0


class Sight(Sourced):
    """What a kind of desk sees of one active cell."""

    report: Name
    aspect: Name | None = None
    """What of the threat it is that is seen; its first aspect if left out."""
    per_year: float = Field(gt=0, le=1_000_000)
    only_external_border: bool = False
    only_without_cert: bool = False
    """Only in states that have no computer emergency response team."""
    shows: dict[Name, Annotated[float, Field(gt=0, le=1)]] | None = Field(
        default=None, min_length=1, max_length=MAX_FACES
    )
    """Chances that the report shows faces of it; left out, it always shows all of them."""

    @model_validator(mode="after")
    def _shows_something(self) -> Self:
        if self.shows is not None and max(self.shows.values()) < 1:
            raise refusal(
                "what is seen shows something: one of its faces for sure",
                "give the face that every such report has the chance 1",
            )
        return self


class Recognition(Sourced):
    """When a desk recognises a subject."""

    evidence: float = Field(gt=0, le=MOST_EVIDENCE)
    organisations: int = Field(ge=1, le=MAX_GROUPS)
    """Organisations whose traces must have met."""


class ThreatSpec(Spec):
    """Base of the declarations of threats; each has a `kind` of its own.

    The declaration of a threat and its behaviour stand together in ``agents/mechanisms/``; here is
    what the compiler needs to know of any of them.
    """

    family: ClassVar[Family]
    """Which policies make sense for it."""
    reports_needed: ClassVar[tuple[str, ...]] = ()
    """Classes of report that the organisations of a scenario with it write or react to."""
    desks_needed: ClassVar[tuple[str, ...]] = ()
    """Desks whose organisations act."""
    casework_needed: ClassVar[tuple[str, ...]] = ()
    """Blocks of casework that must be declared."""
    casework_possible: ClassVar[tuple[str, ...]] = ()
    """Further blocks of casework that its agents know how to deal with."""
    verbs: ClassVar[frozenset[str]] = frozenset()
    """What procedures may do to it."""
    aspects: ClassVar[tuple[str, ...]] = ("activity",)
    """What there is to see of its subjects; desks see the first one unless their sight says so."""
    tables_needed: ClassVar[tuple[str, ...]] = ()
    """Tables that the place must have: names of fields of `Atlas`."""
    outcomes: ClassVar[frozenset[str]] = frozenset()
    """Names of the outcomes that its behaviour reads off a lane, beside the common ones."""

    flows: ClassVar[frozenset[str]] = frozenset()
    """Those of them that are sums over time, and may be told by year."""

    times: ClassVar[Mapping[str, str]] = {}
    """Those of them that are times, which may not be reached, with their units: days or hours."""

    placed: ClassVar[frozenset[str]] = frozenset()
    """Those of them that have a place, and may be told by Member State."""

    by_day: ClassVar[frozenset[str]] = frozenset()
    """Parts that may change on a day, dotted, as in ``network.found_in``; ``*`` is any name.

    Its behaviour asks for them when it needs them, of `Lane.declared`. Who sees and recognises it
    may change whatever it is.
    """

    at_first: ClassVar[frozenset[str]] = frozenset()
    """Parts that set a lane up, which keeps those of its first tick; lanes may differ in them."""

    once: ClassVar[bool] = False
    """Whether a world has at most one of its kind: all that there is against it is used on it."""

    kind: str
    meaning: str = ""
    faces: tuple[Name, ...] = Field(default=("whole",), min_length=1, max_length=MAX_FACES)
    """Sides by which its subjects are known, such as a person, a vehicle, an account."""
    happens: bool = True
    """Whether it comes at all; if not, its own outcomes mean nothing, and nothing is seen of it."""
    sampled: bool = True
    """Whether a scenario's sample of the world has its share of it; else it is there whole."""
    half_life: Span
    """Time in which evidence loses half of its weight."""
    sees: dict[str, tuple[Sight, ...]] = {}
    """What there is to see of it, by kind of desk."""
    recognises: dict[str, Recognition] = {}
    """When a kind of desk takes it for what it is."""
    procedures: tuple[Name, ...] | None = None
    """Procedures of the scenario that deal with it in company; alone, all of them do."""

    @model_validator(mode="after")
    def _has_each_face_once(self) -> Self:
        if len(set(self.faces)) < len(self.faces):
            raise refusal("a face is named once", "remove the second one")
        return self

    @classmethod
    def lasting(cls, steps: Sequence[str | int]) -> Lasting:
        """Return how long what stands at the end of some steps into a declaration lasts."""
        if any(_leads_into(part.split("."), steps) for part in _SEEN | cls.by_day):
            return "day"
        is_first = any(_leads_into(part.split("."), steps) for part in cls.at_first)
        return "run" if is_first else "world"

    @abstractmethod
    def subjects(self, members: Sequence[str]) -> tuple[str, ...]:
        """Names of the subjects that reports are about; `members` are the Member States' codes."""

    def check(self, members: Sequence[str], tick_h: float) -> None:
        """Hold the declaration to the Member States and the length of a tick there are.

        Raises
        ------
        SpecError
            If something does not fit; its `where` is a path in the threat (``network.cells``).
        """

    @abstractmethod
    def is_real(self, subject: int) -> bool:
        """Whether a subject stands for something real, not for a coincidence."""


def _leads_into(part: Sequence[str], steps: Sequence[str | int]) -> bool:
    """Whether steps lead to a part or into it."""
    pairs = zip(part, steps, strict=False)
    return len(part) <= len(steps) and all(name in {"*", step} for name, step in pairs)


class Decoys(Spec):
    """Coincidences that look like the threat: real reports about nothing."""

    number: Count
    places: Range
    """States in which a decoy is seen."""
    activity_median: Positive
    """Traces of a decoy in a state, as a share of those of the threat."""
    activity_p95: Positive
    """The same, that 95 of 100 stay within."""
    starts_within: Span
    """Decoys begin at moments drawn evenly from this time."""
    lasts: Delay
    persons: Count | None = None
    """Persons who would be pursued in a state if it were taken for the threat."""

    @model_validator(mode="after")
    def _activity_fits(self) -> Self:
        median, p95 = self.activity_median.value, self.activity_p95.value
        if median > p95:
            raise refusal("the 95th percentile lies below the median", "write p95 >= median")
        try:
            most = lognormal(median * LEVEL_ONE, p95 * LEVEL_ONE)[-1] / LEVEL_ONE
        except ValueError:
            most = np.inf
        if most > MOST_ACTIVITY:
            raise refusal(
                f"1 of {2 * QUANTILES} decoys would be more than {MOST_ACTIVITY} times as active "
                "as the threat",
                "bring activity_p95 nearer to activity_median, or make both smaller",
            )
        return self

    @model_validator(mode="after")
    def _are_not_too_many(self) -> Self:
        if self.number.value > MOST_DECOYS:
            raise refusal(f"there are at most {MOST_DECOYS:,} decoys", "write a smaller number")
        return self

    def names(self) -> tuple[str, ...]:
        """Names of the decoys among the subjects."""
        return tuple(f"decoy-{number}" for number in range(self.number.value))


class Trust(Spec):
    """How organisations come to trust each other."""

    useful_exchange: NonNegative
    """Share by which trust grows after a case that succeeded together."""
    false_case: NonNegative
    """Share by which trust falls in those whose traces led to a false case."""
    leak: NonNegative
    """Share by which trust falls in the organisation that leaked."""
    most: Positive
    """Highest trust; 1 is neutral."""
    least: Positive
    """Lowest trust."""

    @model_validator(mode="after")
    def _is_a_span(self) -> Self:
        if not self.least.value <= 1 <= self.most.value <= MOST_TRUST:
            raise refusal(
                "trust is 1 at first: least is at most that, most at least that and at most "
                f"{MOST_TRUST:g}",
                "write for example least 0.3 and most 1.5",
            )
        return self


DECOYS: Final = frozenset(f"decoys.{name}" for name in Decoys.model_fields.keys() - {"number"})
"""Parts of a declaration that say what its coincidences are like: `ThreatSpec.at_first`."""


def check_alone(threat: ThreatSpec) -> None:
    """Hold a threat to the rules that it keeps or breaks whatever the scenario.

    Raises
    ------
    SpecError
        For the first part that does not fit; its `where` is a path in the threat.
    """
    if not threat.half_life.value:
        raise SpecError(
            "evidence does not vanish at once",
            "write a half-life above 0, such as 1 h; a short one forgets soon",
            where="half_life.value",
        )
    for kind, sights in threat.sees.items():
        seen: set[str] = set()
        for number, sight in enumerate(sights):
            where = f"sees.{kind}[{number}]"
            if sight.aspect is not None and sight.aspect not in threat.aspects:
                raise unknown_name("aspect", sight.aspect, threat.aspects, where=f"{where}.aspect")
            for face in sight.shows or ():
                if face not in threat.faces:
                    raise unknown_name("face", face, threat.faces, where=f"{where}.shows.{face}")
            if sight.report in seen:
                raise SpecError(
                    "a desk sees a class of report at one rate",
                    "add the two rates up, or name another class",
                    where=f"{where}.report",
                )
            seen.add(sight.report)


def check_states(where: str, states: Range, members: Sequence[str]) -> None:
    """Hold a number of states, one each, to the states there are.

    Raises
    ------
    SpecError
        If there may be more.
    """
    if states.high > len(members):
        raise SpecError(
            f"each is in a Member State of its own, and the place has {len(members)}",
            f"write a number up to {len(members)}",
            where=f"{where}.high",
        )

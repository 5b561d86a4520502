"""Measures: actions of a strategy as dated, sourced changes of a world; and programmes of them."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from scenarios.errors import refusal
from scenarios.schema.calendar import day_of
from scenarios.schema.quantities import MOST, Span
from scenarios.schema.sourced import Sourced
from scenarios.schema.spec import NAME_LENGTH, Guideline, Name, Spec

MEASURE_PATTERN: Final = r"^[a-z0-9]+(\.[a-z0-9]+)*(-[a-z0-9]+)*$"

MOST_CHANGES: Final = 100
MOST_MEASURES: Final = 500

MeasureName = Annotated[str, StringConstraints(pattern=MEASURE_PATTERN, max_length=NAME_LENGTH)]
"""A number of the annex and words of one's own, or words alone: 3.3b-alert-system, my-measure."""

VERBS: Final = ("set", "open", "close", "add", "times", "raise", "lower")
"""What a measure may do, in the order in which it is done, whatever the order of measures."""

ActOfLaw = Literal[
    "directive", "regulation", "decision", "guideline", "network", "body", "practice", "project"
]
"""What brings a measure about, which says how long it takes from a proposal until it works."""

_POSITION: Final = re.compile(r"\[\d+\]")
_COARSE: Final = re.compile(r"(\d{4})(-\d{2})?", re.ASCII)


def _since(value: object) -> object:
    """Read a year or a month as its first day."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str) and (match := _COARSE.fullmatch(value.strip())):
        value = f"{match[1]}{match[2] or '-01'}-01"
    return day_of(value)


Since = Annotated[
    date,
    BeforeValidator(_since),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string", "pattern": r"^\d{4}(-\d{2}){0,2}$"}, {"type": "integer"}],
            "examples": ["2013-05-01", "2013-05", "2013"],
        }
    ),
]
"""A day; a month or a year stands for its first."""


def _named(path: str) -> str:
    if _POSITION.search(path):
        raise refusal(
            "a measure finds what it changes by name, kind or tag, since positions shift",
            "write for example rules[tag=alerts], or sees.police[report=police-trace]",
        )
    return path


Target = Annotated[str, StringConstraints(min_length=1, max_length=400), AfterValidator(_named)]
Targets = Annotated[
    tuple[Target, ...],
    BeforeValidator(lambda one: [one] if isinstance(one, str) else one),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
"""A path, or several."""


class Alteration(Sourced):
    """One change of a world; exactly one verb, which names what it is done to."""

    model_config = ConfigDict(populate_by_name=True)
    noun: ClassVar[str] = "change"

    meaning: str | None = None
    where: Targets = ()
    """Only where all of this is declared."""
    add: Targets = ()
    """Tables or lists that something is added to; rules come before those that are there."""
    set: Targets = ()
    open: Targets = ()
    """What is true from then on: a permission, a body."""
    close: Targets = ()
    times: Targets = ()
    """Numbers and durations, all that stand there, that are multiplied."""
    raise_: Targets = Field(default=(), alias="raise")
    """Chances p that become 1 - (1 - p)(1 - by)."""
    lower: Targets = ()
    """Chances p that become p (1 - by)."""
    by: float | None = Field(default=None, ge=0, le=MOST)
    to: Any = None
    """What is put."""
    what: dict[str, Any] | tuple[Any, ...] | None = None
    """What is added: by name to a table, one after the other to a list."""

    @property
    def verb(self) -> str:
        """What is done."""
        return self._given[0]

    @property
    def targets(self) -> tuple[str, ...]:
        """Paths of what it is done to."""
        found: tuple[str, ...] = getattr(self, _FIELDS[self.verb])
        return found

    @property
    def _given(self) -> list[str]:
        return [verb for verb in VERBS if getattr(self, _FIELDS[verb])]

    @model_validator(mode="after")
    def _is_one_change(self) -> Self:
        if len(self._given) != 1:
            has = f"; this one has {', '.join(self._given)}" if self._given else ""
            raise refusal(
                f"a change has one verb of {', '.join(VERBS)}{has}",
                "write for example `times: procedures.joint-team.delays.setup` and `by: 0.5`",
            )
        wanted = _NEEDS.get(self.verb)
        for key in ("by", "to", "what"):
            if (getattr(self, key) is not None) != (key == wanted):
                raise refusal(
                    f"`{self.verb}` goes with `{wanted}`" if wanted else f"`{self.verb}` is enough",
                    f"add `{key}:`" if key == wanted else f"leave `{key}:` out",
                )
        if self.verb in {"raise", "lower"} and self.by is not None and self.by > 1:
            raise refusal("a chance is raised or lowered by a share within 0 and 1", "write 0.3")
        return self


_FIELDS: Final = {verb: "raise_" if verb == "raise" else verb for verb in VERBS}
_NEEDS: Final = {"add": "what", "set": "to", "times": "by", "raise": "by", "lower": "by"}


class Dates(Sourced):
    """When a measure was to be proposed, and when it came to work."""

    noun: ClassVar[str] = "date"

    proposed: Since
    """As the annex has it: of the Commission's proposal, or of the work itself."""
    act: ActOfLaw
    applies: Since | None = None
    """From when on it applied; left out where it never did, or nobody knows."""
    lag: Span | None = None
    """From then until it works: transposition, recruitment, training."""


class Cost(Sourced):
    """What a measure costs, in millions of euro."""

    noun: ClassVar[str] = "cost"

    once_meur: float = Field(default=0, ge=0, le=MOST)
    yearly_meur: float = Field(default=0, ge=0, le=MOST)
    payer: str


class Rights(Sourced):
    """What a measure keeps of persons."""

    noun: ClassVar[str] = "burden"

    records_per_year: float = Field(ge=0, le=MOST * 1_000)
    meaning: str


class Measure(Spec):
    """An action of a strategy."""

    measure: MeasureName
    meaning: str
    """What it changes, in one sentence."""
    title: str | None = None
    """What the annex calls it."""
    says: str | None = None
    """What the document says of it."""
    objective: int | None = Field(default=None, ge=1, le=99)
    action: int | None = Field(default=None, ge=1, le=99)
    responsible: tuple[Name, ...] = ()
    guidelines: tuple[Guideline, ...] = ()
    dates: Dates | None = None
    needs: tuple[str, ...] = ()
    """Measures that it cannot do without; it works once all of them do."""
    changes: tuple[Alteration, ...] = Field(min_length=1, max_length=MOST_CHANGES)
    cost: Cost | None = None
    rights: Rights | None = None
    expect: dict[str, Literal["higher", "lower"]] = {}
    """What its authors expect, outcomes with their direction; written before it is run."""


class Programme(Spec):
    """Which measures are in force, and from when on."""

    programme: Name
    meaning: str
    dates: Literal["proposed", "applies"] | None = None
    """Dates of the measures that count; left out, they are in force from the first tick."""
    lags: dict[ActOfLaw, Span] = {}
    """From a proposal until what it brings about works, by kind of act."""
    measures: (
        Literal["all"]
        | Annotated[tuple[str, ...], Field(max_length=MOST_MEASURES)]
        | Annotated[dict[str, Since], Field(max_length=MOST_MEASURES)]
    )
    """Names or paths; with dates of one's own where it is a table."""
    without: tuple[str, ...] = ()
    """Measures that are left out of `all`."""

    @model_validator(mode="after")
    def _has_one_kind_of_dates(self) -> Self:
        if self.dates is not None and isinstance(self.measures, dict):
            raise refusal(
                "measures have dates of their own, or those that their files give",
                "leave `dates:` out, or write `measures:` as a list",
            )
        if self.lags and self.dates != "proposed":
            raise refusal(
                "lags are counted from proposals", "add `dates: proposed`, or leave `lags:` out"
            )
        if self.without and self.measures != "all":
            raise refusal("`without` leaves measures out of all", "write `measures: all`")
        return self

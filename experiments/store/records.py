"""What may stand in the JSON files of a run directory: manifest and failures, field by field.

Somebody else may have made or changed them. What is read is held to these models before anything
else looks at it; names obey the grammar of names, so that none of them leads out of the directory.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from experiments.planning import EXIT, KEYS, MOST_REPLICATIONS, MOST_SEED
from experiments.store.opening import content, damaged
from scenarios.errors import dotted, printable
from scenarios.schema import MEASURE_PATTERN, NAME_PATTERN, TIME_UNITS, Name

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT: Final = 3

SHOWN: Final = 300
"""Most characters of a reason that are shown."""

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
ColumnName = Annotated[
    str,
    StringConstraints(
        pattern=r"^([a-z][a-z0-9-]*\.)?[a-z][a-z0-9_]*(@([a-z0-9][a-z0-9.-]{0,40}|[A-Z]{2}))?$",
        max_length=200,
    ),
]
"""Name of an outcome, or of what it came to in a year or in a state."""
AlternativeName = Annotated[
    str,
    StringConstraints(
        pattern=rf"{NAME_PATTERN[:-1]}( \+ (all-but-)?{MEASURE_PATTERN[1:-1]})*$", max_length=2_000
    ),
]
"""Name of a policy, and behind it that of a programme or those of measures."""
ProgrammeName = Annotated[
    str,
    StringConstraints(
        pattern=rf"{MEASURE_PATTERN[:-1]}( \+ {MEASURE_PATTERN[1:-1]})*$", max_length=2_000
    ),
]
"""Name of a programme, or those of measures."""
ParameterName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.+\[\]-]*$", max_length=200)
]
FileName = Annotated[
    str,
    StringConstraints(pattern=r"^(outcomes/|series/)?[a-z0-9][a-z0-9._-]*\.(csv|parquet)$"),
]
Count = Annotated[int, Field(ge=0)]
Quantity = Annotated[float, Field(ge=0)]
Size = Annotated[int, Field(ge=1)]
Replications = Annotated[int, Field(ge=1, le=MOST_REPLICATIONS)]
Seed = Annotated[int, Field(ge=0, le=MOST_SEED)]

_M = TypeVar("_M", bound=BaseModel)


class Part(BaseModel):
    """Base of all: no unknown keys, nothing taken for what it is not, finite numbers."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class Open(Part):
    """A document of which only some fields are read, so that others may be there."""

    model_config = ConfigDict(frozen=True, strict=True, extra="allow", allow_inf_nan=False)


class Named(Part):
    """A declaration by its name."""

    name: AlternativeName
    digest: Digest


class DesignSize(Part):
    """How many settings a design has."""

    settings: Size
    digest: Digest


class Engine(Part):
    """The code that made the lanes."""

    version: str | None
    digest: Digest


class Identity(Part):
    """What the lanes depend on."""

    scenario: Named
    policies: Annotated[list[Named], Field(min_length=1)]
    design: DesignSize
    baseline: AlternativeName
    seed: Seed
    engine: Engine


class OutcomeRecord(Part):
    """An outcome, as `Outcome` documents it."""

    name: ColumnName
    label: str
    unit: str
    better: Literal["lower", "higher"]
    group: Literal["effect", "cost", "rights", "fairness"]
    time: bool
    headline: bool
    tested: bool


class ChangeRecord(Part):
    """What the numbers of a column change."""

    path: str
    how: str
    levels: list[Any] = []


Pair = Annotated[list[Any], Field(min_length=2, max_length=2)]


class ScaleRecord(Part):
    """What the numbers of a column stand for."""

    kind: Literal["number", "hours", "words", "switch"]
    levels: list[Pair] = []
    places: list[Pair] = []

    @model_validator(mode="after")
    def _has_numbers(self) -> ScaleRecord:
        numbers = [pair[0] for pair in self.levels] + [n for pair in self.places for n in pair]
        if not all(type(number) in {int, float} for number in numbers):
            raise ValueError("a level or a place has no number")
        return self

    def has(self, number: float) -> bool:
        """Whether a number of the table can be read."""
        is_level = self.kind != "words" or any(pair[0] == number for pair in self.levels)
        return is_level and (not self.places or any(pair[0] == number for pair in self.places))


class ProgrammeRecord(Part):
    """What a level of a column puts in force, with the measures whole; `rebuild` reads them."""

    name: ProgrammeName
    meaning: str
    measures: list[dict[str, Any]]


class Design(Part):
    """The table of settings."""

    names: list[ParameterName]
    table: Annotated[list[list[float]], Field(min_length=1)]
    changes: list[list[ChangeRecord]]
    scales: list[ScaleRecord]
    in_force: list[list[ProgrammeRecord]] = []

    @model_validator(mode="after")
    def _is_a_table(self) -> Design:
        width = len(self.names)
        in_force = self.in_force or [[]] * width
        each = {len(self.changes), len(self.scales), len(in_force)}
        if len(set(self.names)) < width or each != {width}:
            raise ValueError("columns do not fit their names")
        if any(len(row) != width for row in self.table):
            raise ValueError("rows are of different lengths")
        columns = zip(self.changes, self.scales, in_force, strict=True)
        for place, (changes, scale, there) in enumerate(columns):
            levels = len(there) or next((len(one.levels) for one in changes if one.levels), 0)
            numbers = {row[place] for row in self.table}
            if levels and any(not 0 <= number < levels for number in numbers):
                raise ValueError(f"{self.names[place]} has a level that there is not")
            if not all(map(scale.has, numbers)):
                raise ValueError(f"{self.names[place]} has a number that means nothing")
        return self


class Meant(Open):
    """What an experiment's file says of a parameter or a measure."""

    meaning: str | None = None


class DesignOfExperiment(Open):
    """How the settings were chosen."""

    kind: str
    levels: Annotated[int, Field(ge=2)] | None = None

    @model_validator(mode="after")
    def _has_levels(self) -> DesignOfExperiment:
        if self.kind == "morris" and self.levels is None:
            raise ValueError("a design of Morris has levels")
        return self


class AlternativeRecord(Part):
    """A policy with some measures in force."""

    policy: Name
    measures: list[str]


class CostRecord(Open):
    """What a measure costs."""

    once_meur: Quantity
    yearly_meur: Quantity


class AssessedRecord(Open):
    """What a run directory keeps of a measure that is assessed."""

    name: str
    meaning: str
    objective: int | None
    guidelines: list[str]
    cost: CostRecord | None
    records_per_year: Quantity | None
    expect: dict[str, Literal["higher", "lower"]]


class ExperimentRecord(Open):
    """The experiment's file, or nothing for a comparison."""

    experiment: str = ""
    outcomes: list[str] | None = None
    design: DesignOfExperiment | None = None
    parameters: dict[str, Meant] | None = None
    measures: dict[str, Meant] | None = None
    alternatives: dict[AlternativeName, AlternativeRecord] | None = None
    orders: list[list[str]] = []
    assessed: dict[str, AssessedRecord] | None = None
    needs: dict[str, list[str]] = {}
    untouched: dict[str, str] = {}


class Member(Open):
    """A Member State of the place."""

    code: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


class Place(Open):
    """The content of the place."""

    members: list[Member] = []


class ThreatRecord(Open):
    """A threat."""

    kind: Name


class ScenarioRecord(Open):
    """The scenario's document; `rebuild` reads all of it."""

    threats: dict[str, ThreatRecord] = Field(min_length=1)
    place_content: Place = Place()


class ManifestRecord(Part):
    """The manifest of a run directory."""

    format: Literal[3]
    seal: Digest
    identity: Identity
    replications: Replications
    fewer: dict[AlternativeName, Replications]
    block: Size
    complete: bool
    horizon_days: Annotated[float, Field(gt=0)]
    outcomes: Annotated[list[OutcomeRecord], Field(min_length=1)]
    runs: list[dict[str, Any]]
    files: dict[FileName, Digest]
    scenario: ScenarioRecord
    policies: dict[AlternativeName, dict[str, Any]]
    design: Design
    experiment: ExperimentRecord

    @model_validator(mode="after")
    def _hangs_together(self) -> ManifestRecord:
        policies = [policy.name for policy in self.identity.policies]
        outcomes = [outcome.name for outcome in self.outcomes]
        asked = set(self.experiment.outcomes or ())
        wrong = {
            "a policy is there twice": len(set(policies)) < len(policies),
            "an outcome is there twice": len(set(outcomes)) < len(outcomes),
            "an outcome has the name of another column": bool({*KEYS, EXIT} & set(outcomes)),
            "a time is neither in days nor in hours": any(
                outcome.time and outcome.unit not in TIME_UNITS for outcome in self.outcomes
            ),
            "the baseline is none of the policies": self.identity.baseline not in policies,
            "the policies are not those of the identity": set(self.policies) != set(policies),
            "fewer replications are told of another policy": not set(self.fewer) <= set(policies),
            "the experiment asks for an outcome that there is not": not asked <= set(outcomes),
            "the alternatives are not the policies": self.experiment.alternatives is not None
            and set(self.experiment.alternatives) != set(policies),
            "the design has another number of settings": len(self.design.table)
            != self.identity.design.settings,
        }
        for what, is_so in wrong.items():
            if is_so:
                raise ValueError(what)
        return self


class LaneRecord(Part):
    """A lane by its numbers."""

    setting: Count
    policy: AlternativeName
    replication: Count


class ChunkFailure(Part):
    """A chunk that was given up."""

    chunk: str
    attempts: Count
    error: str
    lanes: list[LaneRecord]


class LaneFailure(LaneRecord):
    """A lane that raised."""

    seed: Seed
    error: str
    traceback: list[str]


def parsed(path: Path, text: bytes) -> Any:  # noqa: ANN401 - any JSON
    """Return what JSON says; without NaN and infinity, and nested to some depth only.

    Raises
    ------
    UserError
        If it is none.
    """
    from pydantic_core import from_json

    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise damaged(path, f"is no JSON as we write it ({error})") from None


def held_to(model: type[_M], path: Path, found: Mapping[str, Any]) -> _M:
    """Return what was read as a model.

    Raises
    ------
    UserError
        If it breaks a rule of the model.
    """
    try:
        return model.model_validate(found)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = dotted(first["loc"])
        rule = first["msg"].removeprefix("Value error, ")
        reason = f"{where}: {rule}" if where else rule
        raise damaged(path, f"is damaged ({printable(reason)[:SHOWN]})") from None


def read_record(model: type[_M], path: Path) -> _M:
    """Read a JSON file of a run directory.

    Raises
    ------
    UserError, FileNotFoundError
        If it cannot be read, or breaks a rule of the model.
    """
    return held_to(model, path, parsed(path, content(path)))

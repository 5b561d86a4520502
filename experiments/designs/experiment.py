"""Schema of experiment files: what is varied, by how much, and which settings are run."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema, model_validator

from experiments.planning import MOST_REPLICATIONS, MOST_SEED, Scale, sameness
from scenarios.errors import refusal, shown
from scenarios.schema import DURATION_PATTERN, Name, Sourced, Spec, parse_hours

MOST_POINTS: Final = 1_000_000
"""Most settings of a design."""

PROGRAMME: Final = "programme"
"""Column of an experiment that says which programme of measures is in force."""

MOST_PARAMETERS: Final = 1_000
MOST_LEVELS: Final = 1_000

PERCENT: Final = re.compile(r"\d{1,3}(\.\d{1,6})?\s*%")


def _amount(value: float | str) -> float | str:
    """Check text: a number in a file of experiments may be a duration."""
    if isinstance(value, str):
        parse_hours(value)
    return value


Amount = Annotated[
    float | str,
    AfterValidator(_amount),
    WithJsonSchema(
        {"anyOf": [{"type": "number"}, {"type": "string", "pattern": DURATION_PATTERN}]}
    ),
]
"""A number, or a duration with its unit."""


def _width(value: float | str) -> float | str:
    if isinstance(value, str):
        if not PERCENT.fullmatch(value):
            raise refusal("a width is a number, or a percentage", "write for example 0.02 or 5%")
        value_ = float(value.rstrip("% "))
    else:
        value_ = value
    if value_ <= 0:
        raise refusal("an interval has a width above 0", "write for example 0.02 or 5%")
    return value


Width = Annotated[float | str, AfterValidator(_width)]

ParameterName = Annotated[
    str, StringConstraints(pattern=r"^[a-z][A-Za-z0-9_.+\[\]-]*$", max_length=200)
]
"""Words of a reader's, or the path of what is changed."""

Setting = dict[str, Any]


class Form(Spec):
    """Values that a number may take; exactly one form is given.

    Parameters
    ----------
    low, high
        Ends of a range, both included.
    log
        Whether to spread the values evenly on a logarithmic scale.
    mode
        Most likely value between low and high: a triangular distribution.
    median, p95
        A lognormal distribution, without the outermost 0.1% at either end.
    values
        A list of values, each with the same chance.
    """

    low: Amount | None = None
    high: Amount | None = None
    log: bool = False
    mode: Amount | None = None
    median: Amount | None = None
    p95: Amount | None = None
    values: tuple[Any, ...] | None = Field(default=None, min_length=2, max_length=MOST_LEVELS)

    @property
    def forms(self) -> list[str]:
        """Names of the forms that are given."""
        given = {
            "low and high": self.low is not None or self.high is not None,
            "median and p95": self.median is not None or self.p95 is not None,
            "values": self.values is not None,
        }
        return [name for name, is_given in given.items() if is_given]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for one, other in (("low", "high"), ("median", "p95")):
            if (getattr(self, one) is None) != (getattr(self, other) is None):
                raise refusal(f"{one} and {other} go together", "write both, or neither")
        if (self.log or self.mode is not None) and self.low is None:
            raise refusal(
                "`log` and `mode` say how the values between low and high are spread",
                "add `low:` and `high:`, or leave them out",
            )
        if self.log and self.mode is not None:
            raise refusal(
                "a range is spread either by `log` or by `mode`", "leave one of the two out"
            )
        if self.median is not None and self.p95 is not None:
            _check_order(self.median, self.p95, "0 < median < p95", above=0)
        if self.low is not None and self.high is not None:
            self._check_range(self.low, self.high)
        _check_apart(self.values or ())
        return self

    def _check_range(self, low: Amount, high: Amount) -> None:
        if self.log:
            _check_order(low, high, "0 < low < high, on a logarithmic scale", above=0)
        else:
            _check_order(low, high, "low < high")
        if self.mode is not None:
            low_, mode, high_ = (number_of(value) for value in (low, self.mode, high))
            if not low_ <= mode <= high_:
                raise refusal("the mode lies between low and high", "write low <= mode <= high")


def _check_apart(values: tuple[Any, ...]) -> None:
    """Refuse two values that mean the same, or that tables could not tell apart."""
    seen: dict[object, object] = {}
    for value in values:
        for key in (sameness(value), Scale("words", ((0.0, value),)).text(0.0)):
            if key in seen:
                raise refusal(
                    f"each value is listed once; {shown(seen[key])} and {shown(value)} are one",
                    "remove the second",
                )
        seen |= {sameness(value): value, Scale("words", ((0.0, value),)).text(0.0): value}


def number_of(amount: float | str) -> float:
    """Return an amount as a number: hours, if it is a duration."""
    return parse_hours(amount) if isinstance(amount, str) else float(amount)


def _check_order(one: Amount, other: Amount, rule: str, above: float | None = None) -> None:
    if isinstance(one, str) != isinstance(other, str):
        raise refusal("both ends are durations, or neither is", "write both with a unit of time")
    low, high = number_of(one), number_of(other)
    if not low < high or (above is not None and low <= above):
        raise refusal(f"a range has {rule}", "change one of the two")


class Times(Form):
    """Factors."""

    @model_validator(mode="after")
    def _are_factors(self) -> Self:
        if len(self.forms) != 1:
            raise refusal(
                "factors have one form",
                "write `times: {low: 0.5, high: 2}`, `{median: 1, p95: 2}` or `{values: [1, 2]}`",
            )
        given = (self.low, self.high, self.mode, self.median, self.p95, *(self.values or ()))
        for factor in given:
            if isinstance(factor, str | bool) or (factor is not None and _is_below(factor)):
                raise refusal("a factor is a number of 0 or above", "write for example 0.5")
        return self


def _is_below(factor: object) -> bool:
    return not isinstance(factor, int | float) or factor < 0


class Parameter(Sourced, Form):
    """Something that varies, and within which bounds.

    Parameters
    ----------
    changes
        Dotted path in the scenario's document, or several that get the same number.
    times
        Factor on what is declared there, instead of a number to put there.
    """

    noun: ClassVar[str] = "range"

    changes: str | Annotated[tuple[str, ...], Field(min_length=1, max_length=MOST_LEVELS)]
    meaning: str | None = None
    times: Times | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        """What is changed."""
        return (self.changes,) if isinstance(self.changes, str) else self.changes

    @model_validator(mode="after")
    def _has_one_form(self) -> Self:
        given = [*self.forms, *(["times"] if self.times is not None else [])]
        if len(given) != 1:
            has = f"; this one has {', '.join(given)}" if given else ""
            raise refusal(
                f"a parameter has exactly one form{has}",
                "give `low` and `high`, `median` and `p95`, `values`, or `times` with one of these",
            )
        return self


class Measure(Sourced):
    """A change that is made or not: a level of the design with two values.

    Parameters
    ----------
    set
        What is put where, by dotted path.
    times
        Factors on what is declared, by dotted path.
    """

    noun: ClassVar[str] = "measure"

    meaning: str
    set: dict[str, Any] = Field(default={})
    times: dict[str, Annotated[float, Field(ge=0, le=1_000_000)]] = Field(default={})

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if not self.set and not self.times:
            raise refusal(
                "a measure changes something", "add `set: {path: value}` or `times: {path: factor}`"
            )
        if any(value is None for value in self.set.values()):
            raise refusal("a measure puts a value", "write what to put, or leave the path out")
        return self


class PutInForce(Spec):
    """Measures with files of their own, in force or not: a level of the design with two values.

    Parameters
    ----------
    in_force
        A measure's number in the annex, its name, or its path; or several that go together.
    meaning
        What is done; left out, what the files say.
    """

    in_force: str | Annotated[tuple[str, ...], Field(min_length=1, max_length=MOST_PARAMETERS)]
    meaning: str | None = None

    @property
    def named(self) -> tuple[str, ...]:
        """Names and paths of the measures."""
        return (self.in_force,) if isinstance(self.in_force, str) else self.in_force


class Listed(Spec):
    """Settings one by one; what a setting does not name is as declared."""

    kind: Literal["list"]
    settings: tuple[Setting, ...] = Field(min_length=1, max_length=MOST_POINTS)


class Factorial(Spec):
    """Every combination of the levels of all parameters and measures."""

    kind: Literal["factorial"]
    levels: int = Field(default=2, ge=2, le=MOST_LEVELS)
    """Levels of a parameter that has no `values`: evenly spread, both ends among them."""


class OneAtATime(Spec):
    """The scenario as declared, then each parameter at its low and high end by itself."""

    kind: Literal["one-at-a-time"]


class LatinHypercube(Spec):
    """Points that are spread evenly in every parameter."""

    kind: Literal["latin-hypercube"]
    points: int = Field(ge=2, le=MOST_POINTS)


class Sobol(Spec):
    """Points of a scrambled Sobol' sequence."""

    kind: Literal["sobol"]
    points: int = Field(ge=2, le=MOST_POINTS)

    @model_validator(mode="after")
    def _is_power(self) -> Self:
        _check_power(self.points)
        return self


class Saltelli(Spec):
    """Saltelli's design for Sobol' indices: `points` x (parameters + 2) settings."""

    kind: Literal["saltelli"]
    points: int = Field(ge=2, le=MOST_POINTS)

    @model_validator(mode="after")
    def _is_power(self) -> Self:
        _check_power(self.points)
        return self


def _check_power(points: int) -> None:
    if points & (points - 1):
        raise refusal("a Sobol' sequence has a power of two of points", "write 64, 128 or 256")


class Morris(Spec):
    """Morris' design for screening: `trajectories` x (parameters + 1) settings."""

    kind: Literal["morris"]
    trajectories: int = Field(ge=2, le=MOST_POINTS)
    levels: int = Field(default=4, ge=2, le=100)

    @model_validator(mode="after")
    def _is_even(self) -> Self:
        if self.levels % 2:
            raise refusal("Morris' grid has an even number of levels", "write 4 or 6")
        return self


Design = Annotated[
    Listed | Factorial | OneAtATime | LatinHypercube | Sobol | Saltelli | Morris,
    Field(discriminator="kind"),
]


class Stop(Spec):
    """Replicate until an interval is narrow enough."""

    outcome: str
    width: Width
    """Whole width of the 95% interval of the paired difference: a number in the unit of the
    outcome, or a percentage of the baseline's mean."""
    most: int = Field(ge=1, le=MOST_REPLICATIONS)
    """Most replications."""


class Experiment(Spec):
    """An experiment, as declared."""

    experiment: Name
    meaning: str
    scenario: str
    policies: str | Annotated[tuple[str, ...], Field(min_length=1)] = "all"
    baseline: str | None = None
    """Policy that the others are compared with; left out, the scenario's."""
    seed: int = Field(default=1, ge=0, le=MOST_SEED)
    replications: int = Field(ge=1, le=MOST_REPLICATIONS)
    outcomes: tuple[str, ...] = ()
    """Outcomes that tables and pictures show; left out, the scenario's headlines."""
    parameters: dict[ParameterName, Parameter] = Field(default={}, max_length=MOST_PARAMETERS)
    measures: dict[Name, Measure | PutInForce] = Field(default={}, max_length=MOST_PARAMETERS)
    programmes: tuple[str, ...] | None = Field(default=None, min_length=2, max_length=MOST_LEVELS)
    """Programmes of measures by name or path: the levels of one column."""
    design: Design | None = None
    stop: Stop | None = None

    @property
    def varied(self) -> tuple[str, ...]:
        """Names of what varies, in the order of columns."""
        programme = (PROGRAMME,) if self.programmes else ()
        return (*self.parameters, *self.measures, *programme)

    @model_validator(mode="after")
    def _has_a_design(self) -> Self:
        varied = self.varied
        if varied and self.design is None:
            raise refusal(
                "an experiment that varies something says which settings are run",
                "add for example `design: {kind: latin-hypercube, points: 64}`",
            )
        if self.design is not None and not varied:
            raise refusal(
                "a design needs something to vary",
                "add `parameters:`, `measures:` or `programmes:`, or leave `design:` out",
            )
        twice = sorted({name for name in varied if varied.count(name) > 1})
        if twice:
            raise refusal(
                "parameters, measures and `programme` have names of their own; "
                f"{twice[0]} is there twice",
                "give one of them another name",
            )
        return self

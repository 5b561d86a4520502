"""Quantities of a declaration: numbers, chances and delays that say where they come from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Final, NamedTuple, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema

from scenarios.errors import dotted, refusal, shown
from sim.draws import QUANTILES, tables

NAME_PATTERN: Final = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
NAME_LENGTH: Final = 64

UNITS: Final[Mapping[str, Fraction]] = {
    "min": Fraction(1, 60),
    "h": Fraction(1),
    "d": Fraction(24),
    "w": Fraction(24 * 7),
    "mo": Fraction(24 * 30),
    "y": Fraction(24 * 365),
}
"""Hours in each unit of time; a month has 30 days and a year 365."""

LONGEST_H: Final = 200.0 * 24 * 365
"""Longest duration that can be declared, in hours."""

LONGEST_DRAW_H: Final = 900.0 * 24 * 365
"""Longest delay a distribution may draw, in hours: it fits a table in steps of 1/256 h."""

LARGEST: Final = 1e12
"""Largest number that can be declared: products of a few of them are finite."""

SMALLEST: Final = 1e-9
"""Smallest number above 0 where a number must be above 0: one can be divided by it."""

MOST: Final = 10**9
"""Largest count that can be declared."""

MOST_EVIDENCE: Final = 4_000_000
"""Most evidence, in traces of ordinary weight; the engine holds sums of a little more."""

DURATION_PATTERN: Final = r"^\d{1,12}(\.\d{1,40})?\s*(min|h|d|w|mo|y)$"

_DURATION: Final = re.compile(r"([+-]?)(\d{1,12}(?:\.\d{1,40})?)\s*([^\W\d_]+)", re.ASCII)
_BARE_NUMBER: Final = re.compile(r"[+-]?\d{1,20}(\.\d{1,40})?", re.ASCII)
_SHOWN_UNITS: Final = ("y", "d", "h", "min")
_STRICT: Final = frozenset({"bool", "float", "int", "str"})
_NOT_SCHEMA: Final = frozenset({"default", "expected", "metadata", "serialization"})
_LARGEST_PLAIN: Final = 1e15


def _make_strict(node: object) -> None:
    """Make every plain scalar in a core schema strict."""
    if isinstance(node, dict):
        if node.get("type") in _STRICT:
            node["strict"] = True
        for key, value in node.items():
            if key not in _NOT_SCHEMA:
                _make_strict(value)
    elif isinstance(node, list | tuple):
        for value in node:
            _make_strict(value)


class Spec(BaseModel):
    """Base of all declarations: frozen, no unknown keys, and no text taken for a number.

    Whole numbers are accepted where a number is wanted; text and true/false are not. Lists may
    fill tuples and sets, so that declarations stay unchangeable after reading.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        str_strip_whitespace=True,
        use_attribute_docstrings=True,
    )

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[BaseModel], handler: GetCoreSchemaHandler, /
    ) -> CoreSchema:
        """Build the schema with strict scalars.

        Strictness is set scalar by scalar: the strict mode of pydantic would also refuse lists
        for tuples.
        """
        schema = handler(source)
        _make_strict(schema)
        return schema


Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN, max_length=NAME_LENGTH)]
"""A name: lower-case words of letters and digits, joined by single hyphens."""


def parse_hours(value: object) -> float:
    """Read a duration such as "8 h" or "2 w" as a number of hours.

    Raises
    ------
    ValueError
        If `value` is not text of a number and a unit, is negative, or is above `LONGEST_H`.
    """
    units = ", ".join(UNITS)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _unitless(shown(value))
    if not isinstance(value, str):
        raise refusal("a duration is a number and a unit", "write for example 8 h, 30 min or 2 w")
    text = value.strip()
    if _BARE_NUMBER.fullmatch(text):
        return _unitless(shown(text))
    match = _DURATION.fullmatch(text)
    if match is None:
        raise refusal(
            "a duration is a number and a unit",
            f"write for example 8 h, 30 min or 2 w; the units are {units}",
        )
    sign, number, unit = match.groups()
    if unit not in UNITS:
        raise refusal(f"{unit[:20]} is not a unit of time", f"the units are {units}")
    exact = Fraction(number) * UNITS[unit]
    if sign == "-" and exact:
        raise refusal("a delay cannot be negative", "write 0 h or a longer time")
    if exact > LONGEST_H:
        raise refusal(
            "a duration is at most 200 y", "write a shorter time, or leave out what never happens"
        )
    return float(exact)


def _unitless(text: str) -> float:
    raise refusal(
        "a duration needs a unit",
        f"add one, for example {text} h; the units are {', '.join(UNITS)}",
    )


def format_hours(hours: float) -> str:
    """Write a number of hours as text that `parse_hours` reads back to the same number."""
    for unit in _SHOWN_UNITS:
        number = Fraction(hours) / UNITS[unit]
        if number.denominator == 1 and (number or unit == "h"):
            return f"{number.numerator} {unit}"
    minutes = f"{hours * 60:.6f}".rstrip("0").rstrip(".")
    if float(Fraction(minutes) * UNITS["min"]) == hours:
        return f"{minutes} min"
    return f"{Decimal(repr(hours)):f} h"


Hours = Annotated[
    float,
    BeforeValidator(parse_hours),
    PlainSerializer(format_hours, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": DURATION_PATTERN,
            "examples": ["30 min", "8 h", "7 d", "2 w", "18 mo", "3 y"],
            "description": "a number and a unit: min, h, d, w, mo (30 d) or y (365 d)",
        }
    ),
]
"""A duration in hours, written as text with a unit."""


def _number_key(key: object) -> object:
    """Read a key that is a number in quotes: JSON knows no other keys."""
    return float(key) if isinstance(key, str) and _BARE_NUMBER.fullmatch(key) else key


_Probability = Annotated[float, BeforeValidator(_number_key)]


class Sourced(Spec):
    """A declaration that says where it comes from, or that it is a guess and why.

    Parameters
    ----------
    source
        Reference and year.
    assumed
        Why the guess is reasonable.
    """

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["source"]}, {"required": ["assumed"]}]}
    )
    noun: ClassVar[str] = "declaration"
    """What messages call it."""

    source: str | None = None
    assumed: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _is_mapping(cls, data: object) -> object:
        if isinstance(data, str | int | float) and not isinstance(data, bool):
            example = f"value: {shown(data)}" if "value" in cls.model_fields else "..."
            raise refusal(
                "a bare value does not say where it comes from",
                f"write {{{example}, source: reference and year}} "
                f"or {{{example}, assumed: reason}}",
            )
        return data

    @model_validator(mode="after")
    def _has_provenance(self) -> Self:
        if self.source is not None and self.assumed is not None:
            raise refusal(
                f"a {self.noun} is either sourced or assumed, not both",
                f"keep `source:` if the reference gives the {self.noun}, else keep `assumed:`",
            )
        if not self.source and not self.assumed:
            raise refusal(
                f"a {self.noun} has a source or a stated assumption",
                f"say where the {self.noun} comes from: `source: reference, year`, "
                "or why it is a guess: `assumed: reason`",
            )
        return self


class Number(Sourced):
    """Any number."""

    noun: ClassVar[str] = "number"

    value: float = Field(ge=-LARGEST, le=LARGEST)


class Positive(Number):
    """A number above 0."""

    value: float = Field(gt=0, le=LARGEST)

    @model_validator(mode="after")
    def _can_divide(self) -> Self:
        if self.value < SMALLEST:
            raise refusal(f"a number above 0 is at least {SMALLEST:g}", "write a larger number")
        return self


class NonNegative(Number):
    """A number of 0 or above."""

    value: float = Field(ge=0, le=LARGEST)


class Factor(NonNegative):
    """How many times more or longer."""

    noun: ClassVar[str] = "factor"

    value: float = Field(ge=0, le=1_000)


class Chance(Number):
    """A chance within 0 and 1."""

    noun: ClassVar[str] = "chance"

    value: float = Field(ge=0, le=1)


class Count(Sourced):
    """A whole number of 0 or above."""

    noun: ClassVar[str] = "count"

    value: int = Field(ge=0, le=MOST)


class Range(Sourced):
    """Whole number drawn evenly from `low` to `high`, both included."""

    low: int = Field(ge=1, le=MOST)
    high: int = Field(ge=1, le=MOST)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.high < self.low:
            raise refusal("a range runs from low to high", "write low <= high")
        return self


class Span(Sourced):
    """A fixed duration."""

    noun: ClassVar[str] = "duration"

    value: Hours


class BareDelay(Spec):
    """A delay without provenance, for use where its parent carries one.

    Exactly one form is given.

    Parameters
    ----------
    value
        A fixed delay.
    median, p95
        Median and 95th percentile of a lognormal distribution.
    mean
        Mean of an exponential distribution.
    quantiles
        Delays at rising probabilities from 0 to 1, joined by straight lines.
    """

    value: Hours | None = None
    median: Hours | None = None
    p95: Hours | None = None
    mean: Hours | None = None
    quantiles: dict[_Probability, Hours] | None = None

    @model_validator(mode="before")
    @classmethod
    def _has_form(cls, data: object) -> object:
        if isinstance(data, str | int | float) and not isinstance(data, bool):
            raise refusal(
                "a delay says which form it has",
                f"write {{value: {shown(data)}}} for a fixed delay, "
                "or {median: 4 h, p95: 2 d} for one that varies",
            )
        return data

    @model_validator(mode="after")
    def _is_one_form(self) -> Self:
        forms = {
            "value": self.value is not None,
            "median and p95": self.median is not None or self.p95 is not None,
            "mean": self.mean is not None,
            "quantiles": self.quantiles is not None,
        }
        given = [form for form, is_given in forms.items() if is_given]
        if len(given) != 1:
            has = f"; this one has {', '.join(given)}" if given else ""
            raise refusal(
                f"a delay has exactly one form{has}",
                "give `value` (fixed), `median` and `p95` (lognormal), `mean` (exponential) "
                "or `quantiles`",
            )
        self._check_lognormal()
        self._check_quantiles()
        self._check_longest()
        return self

    def _check_lognormal(self) -> None:
        median, p95 = self.median, self.p95
        if median is None and p95 is None:
            return
        if median is None or p95 is None:
            raise refusal(
                "a lognormal delay has a median and a p95",
                "add `p95: 2 d`, the time that 95 of 100 stay within"
                if p95 is None
                else "add `median: 4 h`, the time that half stay within",
            )
        if not 0 < median <= p95:
            raise refusal(
                "a lognormal delay has 0 < median <= p95",
                "raise p95 to the median or above, or write `value` for a fixed delay",
            )

    def _check_quantiles(self) -> None:
        if self.quantiles is None:
            return
        chances = list(self.quantiles)
        if not chances or chances[0] != 0 or chances[-1] != 1:
            raise refusal(
                "quantiles begin at probability 0 and end at 1",
                "add the shortest delay as `0: 1 h` first and the longest as `1: 30 d` last",
            )
        if any(low >= high for low, high in pairwise(chances)):
            raise refusal("the probabilities of quantiles rise", "list them from 0 up to 1")
        if any(low > high for low, high in pairwise(self.quantiles.values())):
            raise refusal(
                "a higher quantile is never a shorter delay",
                "check the order of the delays; each is at least the one before",
            )

    def _check_longest(self) -> None:
        try:
            longest = int(self.table(1.0)[-1])
        except ValueError:
            longest = tables.LARGEST
        if longest > LONGEST_DRAW_H:
            raise refusal(
                f"1 of {2 * QUANTILES} delays would be longer than 900 y",
                "bring p95 nearer to the median, shorten the mean, "
                "or write `quantiles`, which state a longest delay",
            )

    def fits(self, tick_h: float, *, unit: float = 1.0) -> bool:
        """Whether `table` can be compiled: whether the longest delay is a number of such steps."""
        try:
            self.table(tick_h, unit=unit)
        except ValueError:
            return False
        return True

    def table(self, tick_h: float, *, unit: float = 1.0) -> tables.Table:
        """Compile to an inverse-CDF table of whole multiples of `unit` ticks.

        Parameters
        ----------
        tick_h
            Hours in a tick.
        unit
            Ticks in a step of the table; 1/64 gives 64ths of a tick.

        Raises
        ------
        ValueError
            If the step is so small that the longest delay does not fit the table.
        """
        step = tick_h * unit
        if self.value is not None:
            return tables.constant(self.value / step)
        if self.mean is not None:
            return tables.exponential(self.mean / step)
        if self.quantiles is not None:
            delays = [hours / step for hours in self.quantiles.values()]
            return tables.piecewise(list(self.quantiles), delays)
        if self.median is None or self.p95 is None:
            msg = "the delay has no form"
            raise ValueError(msg)
        return tables.lognormal(self.median / step, self.p95 / step)


class Delay(BareDelay, Sourced):
    """A delay with provenance."""

    noun: ClassVar[str] = "delay"


def walk_delays(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str, BareDelay]]:
    """Give every delay in a nested model and its dotted path, in order of declaration."""
    if isinstance(value, BareDelay):
        yield dotted(path), value
    for key, child in _children(value):
        yield from walk_delays(child, (*path, key))


class SourceRow(NamedTuple):
    """Provenance of one quantity."""

    path: str
    value: str
    kind: str
    text: str


def walk_sources(model: BaseModel, prefix: str = "") -> list[SourceRow]:
    """List every `Sourced` in a nested model, in order of declaration."""
    return list(_walk(model, [prefix] if prefix else []))


def _walk(value: object, path: list[str | int]) -> Iterator[SourceRow]:
    if isinstance(value, Sourced):
        kind = "source" if value.source else "assumed"
        yield SourceRow(dotted(path), _summary(value), kind, value.source or value.assumed or "")
    for key, child in _children(value):
        yield from _walk(child, [*path, key])


def _children(value: object) -> Iterator[tuple[str | int, object]]:
    if isinstance(value, BaseModel):
        yield from ((name, getattr(value, name)) for name in type(value).model_fields)
    elif isinstance(value, Mapping):
        yield from ((str(key), child) for key, child in value.items())
    elif isinstance(value, list | tuple):
        yield from enumerate(value)


def _summary(model: Sourced) -> str:
    """Render the fields of a model other than its provenance and nested `Sourced`."""
    held = {name for name, value in _children(model) if next(_walk(value, []), None)}
    own = model.model_dump(exclude={"source", "assumed", *map(str, held)}, exclude_none=True)
    return _rendered(own)


def _rendered(value: Any) -> str:  # noqa: ANN401 - dumped data of any shape
    if isinstance(value, dict):
        if list(value) == ["value"]:
            return _rendered(value["value"])
        return ", ".join(f"{_plain(key)} {_rendered(child)}" for key, child in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return f"[{', '.join(map(_rendered, value))}]"
    return _plain(value)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST_PLAIN:
        return str(int(value))
    return str(value)

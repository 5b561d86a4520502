"""Columns made of what a file says: each parameter and measure with its changes and its values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from experiments.designs.columns import Column
from experiments.designs.distributions import (
    Distribution,
    Levels,
    Lognormal,
    Rounded,
    Triangular,
    Uniform,
    WholeUniform,
)
from experiments.designs.experiment import (
    PROGRAMME,
    Experiment,
    Form,
    Measure,
    Parameter,
    PutInForce,
    number_of,
)
from experiments.designs.in_force import InForce, measure_column, programme_column
from scenarios.changing import Change, Original, is_duration, is_number, leaves, overlap
from scenarios.errors import SpecError, dotted
from scenarios.schema import parse_hours


def columns_of(spec: Experiment, original: Original, levels: InForce) -> tuple[Column, ...]:
    """Return the columns of an experiment's design: parameters, measures, programmes.

    Parameters
    ----------
    levels
        What is put in force, of the columns that do so.

    Raises
    ------
    SpecError
        If a path leads nowhere, or a value does not fit what is declared there; `where` is the
        place in the experiment's file.
    """
    found = [_parameter(name, parameter, original) for name, parameter in spec.parameters.items()]
    _check_apart(found, original)
    for name, one in spec.measures.items():
        if isinstance(one, PutInForce):
            found.append(measure_column(name, levels[name]))
        else:
            found.append(_measure(name, one, original))
    return (*found, *([programme_column(levels[PROGRAMME])] if spec.programmes else []))


def _parameter(name: str, parameter: Parameter, original: Original) -> Column:
    where = f"parameters.{name}"
    paths = _once(
        one
        for number, path in enumerate(parameter.paths)
        for one in _expanded(original, path, f"{where}.changes{_position(parameter, number)}")
    )
    _check_nested(paths, original, f"{where}.changes")
    spots = [original.spot(path) for path in paths]
    if parameter.times is not None:
        _check_scalable(spots, f"{where}.changes")
        changes = tuple(Change(path, "times") for path in paths)
        factors = _usable(_distribution(parameter.times, where), f"{where}.times")
        listed = parameter.times.values or ()
        return Column(name, where, changes, factors, declared=1.0, listed=listed)
    if parameter.values is not None and not all(map(_is_amount, parameter.values)):
        return _choices(name, where, paths, parameter.values)
    _check_single(paths, original, f"{where}.changes")
    changes = tuple(Change(path) for path in paths)
    duration, whole = _sort_of(spots, where)
    _check_units(parameter, where, duration=duration)
    numbers = {_declared(plain, typed) for plain, typed in spots}
    declared = numbers.pop() if len(numbers) == 1 else None
    values = _usable(_distribution(parameter, where, whole=whole), where)
    return Column(
        name, where, changes, values,
        declared=declared, is_duration=duration, listed=parameter.values or (),
    )  # fmt: skip


def _choices(name: str, where: str, paths: Sequence[str], values: Sequence[Any]) -> Column:
    """Return a column whose numbers are positions: 0 as declared (null), then the values."""
    levels = (None, *(value for value in values if value is not None))
    first = 0 if None in values else 1
    numbers = tuple(float(place) for place in range(first, len(levels)))
    changes = tuple(Change(path, levels=levels) for path in paths)
    return Column(name, where, changes, Levels(numbers), labels=levels, declared=0.0)


def _measure(name: str, measure: Measure, original: Original) -> Column:
    where = f"measures.{name}"
    changes = [
        Change(one, "set", (None, value))
        for path, value in measure.set.items()
        for one in _expanded(original, path, f"{where}.set")
    ]
    for path, factor in measure.times.items():
        paths = _expanded(original, path, f"{where}.times")
        _check_scalable([original.spot(one) for one in paths], f"{where}.times")
        changes += [Change(one, "times", (None, factor)) for one in paths]
    scaled = [change.path for change in changes if change.how == "times"]
    _check_nested(scaled, original, f"{where}.times")
    return Column(
        name, where, tuple(changes), Levels((0.0, 1.0)), labels=(False, True), declared=0.0
    )


def _once(paths: Iterable[str]) -> tuple[str, ...]:
    """Leave out paths that are there already, by a name and by a pattern."""
    return tuple(dict.fromkeys(paths))


def _position(parameter: Parameter, number: int) -> str:
    return "" if isinstance(parameter.changes, str) else f"[{number}]"


def _expanded(original: Original, path: str, where: str) -> tuple[str, ...]:
    """Return the paths that a path of the file leads to, each of which exists."""
    try:
        return original.changeable(path)
    except SpecError as error:
        error.where, error.value = where, path
        raise


def _check_nested(paths: Sequence[str], original: Original, where: str) -> None:
    """Refuse two paths of which one leads into the other: a factor would be taken twice."""
    steps = {original.steps(path): path for path in paths}
    for one, path in steps.items():
        inner = next((steps[one[:end]] for end in range(1, len(one)) if one[:end] in steps), None)
        if inner is not None or len(steps) < len(paths):
            raise SpecError(
                f"a path leads to a number once; {path} is part of {inner or path}",
                "leave one of the two out",
                where=where,
                value=path,
            )


def _check_single(paths: Sequence[str], original: Original, where: str) -> None:
    """Refuse to put a number in the place of a whole declaration."""
    for path in paths:
        plain, typed = original.spot(path)
        if isinstance(plain, dict | list):
            inner = ", ".join(f"`{dotted(steps)}`" for steps, _ in islice(leaves(plain, typed), 4))
            raise SpecError(
                f"a number is put where a number stands; {path} is a whole declaration",
                f"go on to a number in it ({inner or 'it has none'}), or use `times:`",
                where=where,
                value=path,
            )


def _check_scalable(spots: Sequence[tuple[Any, Any]], where: str) -> None:
    for plain, typed in spots:
        if next(leaves(plain, typed), None) is None:
            raise SpecError(
                "a factor needs a number or a duration to multiply",
                "name a declaration with numbers, or use `values:`",
                where=where,
            )


def _sort_of(spots: Sequence[tuple[Any, Any]], where: str) -> tuple[bool, bool]:
    """Return whether durations stand there, and whether whole numbers do."""
    sorts = {(is_duration(plain, typed), isinstance(typed, int)) for plain, typed in spots}
    if len(sorts) > 1:
        raise SpecError(
            "one number is put in several places only if they are of one sort",
            "write a parameter for each sort: durations, whole numbers, other numbers",
            where=f"{where}.changes",
        )
    return sorts.pop()


def _check_units(form: Form, where: str, *, duration: bool) -> None:
    """Hold the numbers of a form to what is declared: durations have a unit, others have none."""
    for key in ("low", "high", "mode", "median", "p95"):
        value = getattr(form, key)
        if value is not None:
            _check_unit(value, f"{where}.{key}", duration=duration)
    for number, value in enumerate(form.values or ()):
        _check_unit(value, f"{where}.values[{number}]", duration=duration)


def _check_unit(value: float | str, where: str, *, duration: bool) -> None:
    if duration and not isinstance(value, str):
        raise SpecError(
            "a duration is declared there, and needs a unit",
            f"add one, for example {value:g} h",
            where=where,
            value=value,
        )
    if not duration and isinstance(value, str):
        raise SpecError(
            "no duration is declared there", "write a number without a unit", where=where
        )


def _declared(plain: object, typed: object) -> float | None:
    if isinstance(plain, dict | list) or not is_number(typed):
        return None
    return float(typed)  # type: ignore[arg-type]


def _is_amount(value: object) -> bool:
    """Whether a value is a number, or text that is a duration."""
    if isinstance(value, str):
        try:
            parse_hours(value)
        except ValueError:
            return False
        return True
    return is_number(value)


def _distribution(form: Form, where: str, *, whole: bool = False) -> Distribution:
    """Return the distribution of a form; `whole` if whole numbers alone may stand there."""
    if form.values is not None:
        return Levels(tuple(number_of(value) for value in form.values))
    if form.median is not None and form.p95 is not None:
        made: Distribution = Lognormal(number_of(form.median), number_of(form.p95))
        return Rounded(made) if whole else made
    if form.low is None or form.high is None:
        msg = "the form has neither values, nor a median, nor ends"
        raise ValueError(msg)
    low, high = number_of(form.low), number_of(form.high)
    if whole:
        low, high = float(math.ceil(low)), float(math.floor(high))
        if low >= high:
            raise _no_range(where)
    if form.mode is not None:
        made = Triangular(low, min(max(number_of(form.mode), low), high), high)
    elif whole and not form.log:
        return WholeUniform(int(low), int(high))
    else:
        made = Uniform(low, high, form.log)
    return Rounded(made) if whole else made


def _usable(distribution: Distribution, where: str) -> Distribution:
    """Return a distribution whose values differ, and can be calculated with.

    Raises
    ------
    SpecError
        If they do not, or cannot.
    """
    import numpy as np

    try:
        with np.errstate(all="raise", under="ignore"):
            numbers = distribution.quantile(np.array([0.0, 0.5, 1.0]))
            if numbers[0] == numbers[-1]:
                raise _no_range(where)
            found = np.isfinite([numbers, distribution.place(numbers)]).all()
    except (FloatingPointError, OverflowError):
        found = np.False_
    if not found:
        raise SpecError(
            "a range is not so wide that there are no numbers for it",
            "write ends that are nearer to each other",
            where=where,
        )
    return distribution


def _no_range(where: str) -> SpecError:
    return SpecError(
        "whole numbers are declared there, and the range holds no two of them",
        "write a wider range, or leave the parameter out",
        where=where,
    )


def _check_apart(columns: Sequence[Column], original: Original) -> None:
    """Refuse two parameters of which one would undo the other."""
    seen: dict[tuple[str | int, ...], Column] = {}
    for column in columns:
        for change in column.changes:
            steps = original.steps(change.path)
            for other_steps, other in seen.items():
                both_scale = change.how == "times" == other.changes[0].how
                if overlap(steps, other_steps) and not both_scale:
                    raise SpecError(
                        f"two parameters put numbers in one place: {other.name} changes "
                        f"{other.changes[0].path} already",
                        "leave one of the two out, or use `times:` in both",
                        where=f"{column.where}.changes",
                    )
            seen[steps] = column

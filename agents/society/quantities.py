"""What finished lanes can be asked by name: of the calls for help of a state, or any outcome."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.society.batch import run_with_calls
from agents.society.calls import OF_CALLS, OfCall, Seen
from scenarios import Compiled, LoadedScenario, SpecError
from scenarios.errors import split_refusal, unknown_name
from scenarios.schema import Outcome, given, parse_hours
from sim.seam import LaneId

F64 = NDArray[np.float64]

_YEARLY: Final = "/year"
_DAYS_A_YEAR: Final = 365
_EXAMPLE: Final = {"hours": "48h", "count": "5"}
_MOST: Final = 1_000_000
"""More modules than there are."""


class Quantity(NamedTuple):
    """A quantity that a scenario offers, as it was asked for."""

    name: str
    unit: str
    of: OfCall | Outcome
    parameter: float
    """Of a call: hours or a number of modules, or NaN. Of an outcome: what it is divided by."""

    @property
    def is_of_calls(self) -> bool:
        """Whether it is read off each call of a state, and not off a whole run."""
        return isinstance(self.of, OfCall)


class Question(NamedTuple):
    """A quantity, and the state whose calls it is asked of."""

    quantity: Quantity
    state: str | None


def quantity(scenario: LoadedScenario, name: str) -> Quantity:
    """Return a quantity by its name, with what stands behind ``@`` or ``/``.

    Raises
    ------
    SpecError
        If there is no such quantity, or the scenario does not offer it; `where` is empty.
    """
    stem, at, parameter = name.partition("@")
    outcomes = {one.name: one for one in scenario.outcomes}
    if stem in OF_CALLS:
        return _of_call(scenario, name, stem, parameter if at else None)
    outcome = outcomes.get(name.removesuffix(_YEARLY))
    if outcome is not None:
        return _of_run(scenario, name, outcome)
    if name.removesuffix(_YEARLY) in given(scenario.spec.threats).names:
        raise SpecError(
            f"the scenario {scenario.name} does not declare this outcome",
            "add it to `outcomes:` of a scenario that extends it, and name that scenario",
            value=name,
        )
    of_calls = OF_CALLS if _has_calls(scenario) else {}
    raise unknown_name("quantity", name, [*of_calls, *outcomes])


def _has_calls(scenario: LoadedScenario) -> bool:
    return scenario.spec.casework.assistance is not None


def _of_call(scenario: LoadedScenario, name: str, stem: str, text: str | None) -> Quantity:
    if not _has_calls(scenario):
        raise SpecError(
            "this is read off calls for help, and nobody calls for help in the scenario "
            f"{scenario.name}",
            "name an outcome of the scenario, or a scenario in which states call for help",
            value=name,
        )
    known = OF_CALLS[stem]
    if not known.parameter:
        if text is not None:
            raise SpecError(f"{stem} has nothing behind it", f"write {stem}", value=name)
        return Quantity(name, known.unit, known, math.nan)
    return Quantity(name, known.unit, known, _parameter(scenario, name, text or ""))


def _parameter(scenario: LoadedScenario, name: str, text: str) -> float:
    """Read what stands behind ``@``: hours within the run, or a number of modules."""
    stem = name.partition("@")[0]
    of = OF_CALLS[stem].parameter
    remedy = f"write for example {stem}@{_EXAMPLE[of]}"
    if not text:
        what = "a time since the call" if of == "hours" else "a number of modules"
        raise SpecError(f"{stem} is asked for with {what}", remedy, value=name)
    if of == "count":
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= _MOST):
            raise SpecError("a number of modules is a whole number from 1", remedy, value=name)
        return float(text)
    try:
        hours = parse_hours(text)
    except ValueError as error:
        raise SpecError(split_refusal(str(error))[0], remedy, value=name) from None
    if hours > scenario.horizon_days * 24:
        raise SpecError(
            f"a run of the scenario {scenario.name} ends after {scenario.horizon_days:g} days",
            "write a shorter time, or name a scenario with a longer horizon",
            value=name,
        )
    return hours


def _of_run(scenario: LoadedScenario, name: str, outcome: Outcome) -> Quantity:
    if not name.endswith(_YEARLY):
        return Quantity(name, outcome.unit, outcome, 1.0)
    if outcome.time or outcome.unit == "share":
        raise SpecError(
            "times and shares do not add up over the years", f"write {outcome.name}", value=name
        )
    years = scenario.horizon_days / _DAYS_A_YEAR
    return Quantity(name, f"{outcome.unit} a year", outcome, years)


def read_off(
    compiled: Compiled, lanes: Sequence[LaneId], questions: Sequence[Question]
) -> list[F64]:
    """Run lanes, and read off them what is asked.

    Returns
    -------
    list
        Of each question the values: of calls, shape (calls of the state in all lanes,); of an
        outcome, shape (L,). Infinity is never, NaN is not defined.
    """
    result, calls = run_with_calls(compiled, lanes)
    tick_h, horizon = compiled.layout.scenario.tick_h, compiled.world.horizon
    found = []
    for asked, state in questions:
        if isinstance(asked.of, OfCall):
            place = compiled.layout.places[state or ""]
            seen = [Seen(call, tick_h, horizon) for call in calls if call.place == place]
            of_calls = [asked.of.read(one, asked.parameter) for one in seen]
            found.append(np.array(of_calls, dtype=float))
        else:
            values = result.outcomes[asked.of.name] / asked.parameter
            found.append(np.where(np.isnan(values), np.inf, values) if asked.of.time else values)
    return found

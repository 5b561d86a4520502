"""Scenario and policy with measures in force, whatever order the measures are named in."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from scenarios.changing.made import policies_with, scenario_with
from scenarios.changing.original import Change, How, Original, leaves
from scenarios.changing.paths import Path, overlap, shared_length
from scenarios.errors import SpecError, choice, dotted, printable
from scenarios.reading import LoadedMeasure, LoadedPolicy, LoadedScenario, located
from scenarios.schema import Alteration, Lasting

_PUTS: Final = ("set", "open", "close")
_MOVES: Final[tuple[How, ...]] = ("times", "raise", "lower")


class Doing(NamedTuple):
    """A change of a measure."""

    measure: LoadedMeasure
    number: int
    spec: Alteration

    @property
    def where(self) -> str:
        """Its path in the file of the measure."""
        return f"changes[{self.number}]"


@dataclass
class _World:
    """A scenario and a policy, and their documents."""

    scenario: LoadedScenario
    policy: LoadedPolicy
    original: Original = field(init=False)

    def __post_init__(self) -> None:
        self.original = Original.of(self.scenario, [self.policy])

    def with_(self, changes: Sequence[tuple[Change, float]]) -> _World:
        """Return what comes of changes, held to all rules."""
        of_policy = [pair for pair in changes if pair[0].is_of_policy]
        of_scenario = [pair for pair in changes if not pair[0].is_of_policy]
        scenario, policy = self.scenario, self.policy
        if of_scenario:
            scenario = scenario_with(scenario, self.original, of_scenario)
        if of_policy:
            [policy] = policies_with([policy], self.original, of_policy)
        return _World(scenario, policy) if changes else self


def with_measures(
    scenario: LoadedScenario, policy: LoadedPolicy, measures: Sequence[LoadedMeasure]
) -> tuple[LoadedScenario, LoadedPolicy]:
    """Return scenario and policy with measures in force.

    What is put comes first, then what is added, then factors, then chances raised and lowered; of
    each, all measures at once. What a scenario does not have is not touched.

    Raises
    ------
    SpecError
        If two measures put different things in one place, or what comes of them breaks a rule.
    """
    if not measures:
        return scenario, policy
    doings = [one for measure in sorted(measures, key=lambda one: one.name) for one in of(measure)]
    world = _World(scenario, policy)
    doings = _acting(world.original, doings)
    for one in doings:
        _hold(world.original, one, scenario, ("world",))
    for stage in (_built, _moved):
        with _blaming(doings):
            world = world.with_(stage(world.original, doings))
    return world.scenario, world.policy


def of(measure: LoadedMeasure) -> Iterator[Doing]:
    """Give the changes of a measure."""
    for number, spec in enumerate(measure.spec.changes):
        yield Doing(measure, number, spec)


def check_lasting(
    scenario: LoadedScenario, policy: LoadedPolicy, measures: Sequence[LoadedMeasure]
) -> None:
    """Hold measures that come into force within a run to leave alone what lasts as long as it.

    Raises
    ------
    SpecError
        If one changes what sets a threat up.
    """
    if measures:
        original = Original.of(scenario, [policy])
        for measure in measures:
            for one in _acting(original, of(measure)):
                _hold(original, one, scenario, ("run",))


def reached_by(
    scenario: LoadedScenario, policy: LoadedPolicy, measure: LoadedMeasure
) -> dict[int, list[Path]]:
    """Return what each change of a measure reaches in a scenario and a policy, by its number.

    Raises
    ------
    SpecError
        If a change leads to what nothing depends on.
    """
    original = Original.of(scenario, [policy])
    return {one.number: _reached(original, one) for one in _acting(original, of(measure))}


def _acting(original: Original, doings: Iterable[Doing]) -> list[Doing]:
    """Return the changes that are made where there is what they ask for."""
    return [one for one in doings if all(map(original.reached, one.spec.where))]


# What may not change ------------------------------------------------------------------------------


def _hold(
    original: Original, one: Doing, scenario: LoadedScenario, lasting: Sequence[Lasting]
) -> None:
    """Refuse a change of what lasts too long in a threat."""
    for steps in _reached(original, one):
        match steps:
            case ("threats", str(name), *rest) if rest:
                threat = scenario.spec.threats[name]
                found, what = threat.lasting(rest), dotted(rest)
                if found in lasting:
                    rule, remedy = _FIXED[found]
                    known = choice("", threat.by_day)
                    raise _said(one, rule.format(what), f"{remedy}; {known}", dotted(steps))


_FIXED: Final[Mapping[Lasting, tuple[str, str]]] = {
    "run": (
        "{} sets a threat up: a run keeps it as it is at the first tick",
        "let it hold from the first tick, with --measures, or name a number that may change",
    ),
    "world": (
        "{} is the same in all runs of a world, and no measure changes it",
        "compare with a scenario of your own that says so, or name a number that may change",
    ),
}
"""By how long a number of a threat lasts: the rule that a change of it breaks, and the remedy."""


# What is put and added ---------------------------------------------------------------------------

_Made = list[tuple[Change, float]]


def _built(original: Original, doings: Sequence[Doing]) -> _Made:
    """Return what is set, opened and closed, then what is added."""
    return [*_put(original, doings), *_added(original, doings)]


def _put(original: Original, doings: Sequence[Doing]) -> _Made:
    """Return what is set, opened and closed; each place once."""
    found: list[tuple[Path, object, Doing]] = []
    for one in doings:
        verb = one.spec.verb
        if verb not in _PUTS:
            continue
        value = one.spec.to if verb == "set" else verb == "open"
        for steps in _reached(original, one):
            if verb != "set" and not isinstance(original.typed_at(steps), bool):
                raise _said(one, "what is opened or closed is true or false", "write `set:`")
            for other, _, by in found:
                if overlap(steps, other) and not (verb == by.spec.verb != "set"):
                    raise _two(one, by, dotted(steps))
            found.append((steps, value, one))
    return [(Change(dotted(steps), "set", (value,)), 0.0) for steps, value, _ in found]


def _added(original: Original, doings: Sequence[Doing]) -> _Made:
    """Return what is added; of one name, all measures add the same."""
    named: dict[tuple[Path, str], tuple[object, Doing]] = {}
    found: _Made = []
    for one in doings:
        if one.spec.verb != "add":
            continue
        what = one.spec.what
        for steps in _reached(original, one):
            for name, thing in what.items() if isinstance(what, dict) else ():
                known, by = named.setdefault((steps, name), (thing, one))
                if known != thing:
                    raise _two(one, by, f"{dotted(steps)}.{name}")
            plain = list(what) if isinstance(what, tuple) else what
            found.append((Change(dotted(steps), "add", (plain,)), 0.0))
    return found


# What is moved -----------------------------------------------------------------------------------


def _moved(original: Original, doings: Sequence[Doing]) -> _Made:
    """Return factors, then chances raised, then lowered; for each number all at once."""
    by: dict[How, dict[Path, list[float]]] = {how: {} for how in _MOVES}
    for one in doings:
        how = next((verb for verb in _MOVES if verb == one.spec.verb), None)
        if how is None or one.spec.by is None:
            continue
        for steps in _reached(original, one):
            for leaf in _numbers(original, steps, one):
                by[how].setdefault(leaf, []).append(one.spec.by)
    together: dict[How, Callable[[list[float]], float]] = {
        "times": math.prod,
        "raise": _either,
        "lower": _either,
    }
    return [
        (Change(dotted(leaf), how, (together[how](sorted(numbers)),)), 0.0)
        for how, found in by.items()
        for leaf, numbers in sorted(found.items(), key=lambda pair: dotted(pair[0]))
    ]


def _either(shares: list[float]) -> float:
    """Return the share that several come to: the chance that at least one is met."""
    return 1 - math.prod(1 - share for share in shares)


def _numbers(original: Original, steps: Path, one: Doing) -> list[Path]:
    """Return the numbers that stand somewhere."""
    plain, typed = original.plain_at(steps), original.typed_at(steps)
    found = [(*steps, *more) for more, _ in leaves(plain, typed)]
    if not found:
        raise _said(one, f"there is no number at {dotted(steps)}", "name one, or write `set:`")
    if one.spec.verb != "times" and len(found) > 1:
        raise _said(
            one, f"there are several numbers at {dotted(steps)}", "name one that is a chance"
        )
    return found


# Errors ------------------------------------------------------------------------------------------


def _reached(original: Original, one: Doing) -> list[Path]:
    """Return the places that a change leads to, each once."""
    try:
        found = [steps for path in one.spec.targets for steps in original.reached(path)]
    except SpecError as error:
        raise _said(one, error.rule, error.remedy) from None
    return list(dict.fromkeys(found))


def _said(one: Doing, rule: str, remedy: str, value: Any = None) -> SpecError:  # noqa: ANN401 - any
    """Make the error about a change, with its line."""
    where = f"{one.where}.{one.spec.verb}"
    shown = one.spec.targets[0] if value is None else value
    error = SpecError(rule, remedy, file=str(one.measure.path), where=where, value=shown)
    return located(error)


def _two(one: Doing, other: Doing, where: str) -> SpecError:
    files = " and ".join(sorted({printable(str(it.measure.path)) for it in (one, other)}))
    return _said(
        one,
        f"a place gets one value; {other.measure.name} and {one.measure.name} both put one at "
        f"{where} ({files})",
        "leave one of the two measures out, or let both multiply, raise or lower what is there",
    )


@contextmanager
def _blaming(doings: Sequence[Doing]) -> Iterator[None]:
    """Let errors name the change that brought them about."""
    try:
        yield
    except SpecError as error:
        if any(str(one.measure.path) == error.file for one in doings):
            raise
        raise _blamed(error, doings) from None


def _blamed(error: SpecError, doings: Sequence[Doing]) -> SpecError:
    """Return the error as one about the change whose target is nearest to it."""
    if not doings:
        return error
    one = max(doings, key=lambda each: _nearness(each, error.where))
    where = f" ({printable(error.where)})" if error.where else ""
    return _said(one, f"{error.rule}{where}", error.remedy, error.value)


def _nearness(one: Doing, where: str) -> int:
    """Return how much of a target an error is about, by its length."""
    return max(shared_length(_plainly(path), where) for path in one.spec.targets)


def _plainly(path: str) -> str:
    """Return as much of a path as stands for one place."""
    return path.partition("[")[0].partition(".*")[0]

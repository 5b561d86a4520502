"""The guesses of a scenario and its policies as parameters: factors around what is declared.

A declaration is a guess if it is marked `assumed`, or if the text of its source says that the
number itself was assumed. Its numbers that belong together (median and p95) get one factor.
"""

from __future__ import annotations

import fnmatch
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from experiments.designs.experiment import Experiment, Parameter
from experiments.designs.groups import Group, groups_of
from experiments.designs.load import LoadedExperiment
from experiments.designs.policy_groups import policy_groups
from experiments.errors import UserError
from experiments.planning import Settings
from scenarios import SpecError
from scenarios.changing import Change, Original
from scenarios.errors import choice

if TYPE_CHECKING:
    from scenarios import LoadedPolicy, LoadedScenario

FACTOR: Final = 2.0
MOST_FACTOR: Final = 1_000.0

LEAST_RATIO: Final = 1.05
"""A range whose ends are nearer to each other than this is none."""

_HALVINGS: Final = 7


@dataclass(frozen=True)
class Guesses:
    """What of a scenario can be varied, and what cannot, with the reason."""

    parameters: dict[str, Parameter]
    fixed: dict[str, str] = field(default_factory=dict)


_Range = tuple[Group, float, float]
"""A group with its smallest and its largest factor."""


def guesses_of(
    scenario: LoadedScenario,
    policies: tuple[LoadedPolicy, ...],
    *,
    factor: float = FACTOR,
    only: Sequence[str] = ("*",),
) -> Guesses:
    """Return a parameter for every guess of a scenario, its place and the policies in it.

    Parameters
    ----------
    factor
        Largest factor; the smallest is one over it. A range is narrowed where the scenario would
        break a rule: shares and chances stay within 0 and 1.
    only
        Patterns such as ``desks.*``; of the guesses, those whose name fits one of them.

    Raises
    ------
    UserError
        If the factor is out of range, or a pattern fits nothing.
    """
    if not 1 < factor <= MOST_FACTOR:
        raise UserError(
            f"--factor {factor:g}", f"is above 1 and at most {MOST_FACTOR:g}", "write for example 2"
        )
    settings = Settings.only(scenario, policies)
    fixed: dict[str, str] = {}
    groups = [*groups_of(scenario, settings.original, fixed), *policy_groups(settings, fixed)]
    _check_patterns(only, [*fixed, *(group.name for group in groups)])
    groups = [group for group in groups if _is_chosen(group.name, only)]
    fixed = {name: reason for name, reason in fixed.items() if _is_chosen(name, only)}
    ranges: dict[str, _Range] = {}
    for group in groups:
        found = range_of(settings, group, factor)
        if isinstance(found, str):
            fixed[group.name] = found
        elif rule := _broken(settings, group, _within(*found)):
            fixed[group.name] = f"within its range the scenario breaks a rule: {rule}"
        else:
            ranges[group.name] = (group, *found)
    joined = _joined(settings, ranges, factor)
    return Guesses({name: _parameter(*one) for name, one in joined.items()}, fixed)


def default_experiment(
    scenario: LoadedScenario,
    policies: tuple[LoadedPolicy, ...],
    *,
    guesses: Guesses,
    design: dict[str, Any],
    seed: int,
    replications: int,
) -> LoadedExperiment:
    """Return the experiment that varies guesses.

    Parameters
    ----------
    design
        As in an experiment's file, such as ``{"kind": "morris", "trajectories": 10}``.

    Raises
    ------
    UserError, SpecError
        If there is nothing to vary, or the design breaks a rule.
    """
    from scenarios.reading import read_plain

    if not guesses.parameters:
        raise UserError(
            f"scenario {scenario.name}",
            "nothing that was chosen can be varied",
            "choose other parameters; `fivesteps sources` lists what is assumed",
        )
    content = {
        "experiment": f"{scenario.name}-guesses"[:64],
        "meaning": f"Which guesses of {scenario.name} drive the answer",
        "scenario": scenario.name,
        "policies": [policy.name for policy in policies],
        "seed": seed,
        "replications": replications,
        "parameters": {
            name: one.model_dump(exclude_none=True) for name, one in guesses.parameters.items()
        },
        "design": design,
    }
    spec = read_plain(content, f"guesses of {scenario.name}", Experiment)
    return LoadedExperiment(scenario.path, spec, scenario, policies, {})


def _is_chosen(name: str, only: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in only)


def _check_patterns(only: Sequence[str], names: Sequence[str]) -> None:
    for pattern in only:
        if not fnmatch.filter(names, pattern):
            raise UserError(
                f"--parameters {pattern!r}",
                "fits no guess of this scenario, its place or the policies",
                choice(pattern.partition(".")[0], {name.partition(".")[0] for name in names})
                + ", and what follows it, or `*`",
            )


def range_of(settings: Settings, group: Group, factor: float) -> tuple[float, float] | str:
    """Return the smallest and the largest factor, or why there is none."""
    if not any(group.numbers):
        return "it is 0, which no factor changes"
    low, rule = _end(settings, group, 1 / factor)
    high, other = _end(settings, group, _within_one(group, factor))
    if high / low < LEAST_RATIO:
        return f"next to what is declared the scenario breaks a rule: {rule or other}"
    if not any(changes_something(settings.original, group, end) for end in (low, high)):
        return "it is a whole number that stays the same within the range"
    return low, high


def changes_something(original: Original, group: Group, factor: float) -> bool:
    """Whether a factor changes the document at all."""
    made: list[tuple[Change, float]] = [(Change(path, "times"), factor) for path in group.paths]
    return original.patched(made) != original.plain


def _within_one(group: Group, factor: float) -> float:
    """Return the factor, or the largest that leaves shares at 1 or below."""
    if not group.are_shares:
        return factor
    largest = max(group.numbers)
    most = 1 / largest
    while largest * most > 1:
        most = math.nextafter(most, 0)
    return min(factor, most)


def _within(low: float, high: float) -> float:
    """Return a factor within a range that is no round one, as a design may draw it."""
    return float(low * (high / low) ** 0.618)


def _end(settings: Settings, group: Group, factor: float) -> tuple[float, str]:
    """Return the factor, or one nearer to 1 that keeps all rules, and the rule that it breaks."""
    rule = _broken(settings, group, factor)
    if not rule:
        return factor, ""
    good, bad = 1.0, factor
    for _ in range(_HALVINGS):
        middle = math.sqrt(good * bad)
        if _broken(settings, group, middle):
            bad = middle
        else:
            good = middle
    return good, rule


def _broken(settings: Settings, group: Group, factor: float) -> str:
    """Return the rule that a factor makes scenario or policies break."""
    try:
        _hold(settings, [(group, factor)])
    except SpecError as error:
        return error.rule
    return ""


def _hold(settings: Settings, factors: Sequence[tuple[Group, float]]) -> None:
    """Hold scenario and policies to their rules, with some factors together."""
    settings.varied(
        tuple(group.name for group, _ in factors),
        np.array([[factor for _, factor in factors]]),
        tuple(tuple(Change(path, "times") for path in group.paths) for group, _ in factors),
    ).hold(0)


def _joined(settings: Settings, ranges: dict[str, _Range], factor: float) -> dict[str, _Range]:
    """Give one factor to two neighbours that break a rule when one falls and the other rises."""
    found = dict(ranges)
    parents = list(dict.fromkeys(map(_parent, ranges)))
    for parent in parents:
        names = [name for name in ranges if _parent(name) == parent]
        if _all_fit(settings, [ranges[name] for name in names]):
            continue
        for one, other in itertools.combinations(names, 2):
            if one in found and other in found and not _fit(settings, found[one], found[other]):
                merged = _merged(found[one][0], found[other][0])
                ends = range_of(settings, merged, factor)
                if not isinstance(ends, str):
                    del found[other]
                    found[one] = (merged, *ends)
    return {one[0].name: one for one in found.values()}


def _merged(one: Group, other: Group) -> Group:
    return Group(
        f"{one.name}+{other.name.rpartition('.')[2]}",
        (*one.paths, *other.paths),
        (*one.numbers, *other.numbers),
        one.are_shares or other.are_shares,
        one.why,
        one.meaning,
    )


def _all_fit(settings: Settings, ranges: Sequence[_Range]) -> bool:
    """Whether no two of them break a rule at ends of their own.

    Every range is put at one of its ends, in so many ways that of each two ranges one is low and
    the other high in some way, and the reverse in another: two ways for each binary digit of
    their numbers.
    """
    digits = max(1, (len(ranges) - 1).bit_length())
    for digit, flip in itertools.product(range(digits), (0, 1)):
        ends = [
            (group, high if (number >> digit) & 1 ^ flip else low)
            for number, (group, low, high) in enumerate(ranges)
        ]
        try:
            _hold(settings, ends)
        except SpecError:
            return False
    return True


def _parent(name: str) -> str:
    return name.rpartition(".")[0]


def _fit(settings: Settings, one: _Range, two: _Range) -> bool:
    """Whether the scenario keeps its rules when one is low and the other high, either way."""
    for first, second in ((one[1], two[2]), (one[2], two[1])):
        try:
            _hold(settings, [(one[0], first), (two[0], second)])
        except SpecError:
            return False
    return True


def _parameter(group: Group, low: float, high: float) -> Parameter:
    return Parameter.model_validate(
        {
            "changes": group.paths if len(group.paths) > 1 else group.paths[0],
            "meaning": group.meaning or None,
            "times": {"low": low, "high": high, "log": True},
            "assumed": f"within these factors of what is declared: {group.why}",
        }
    )

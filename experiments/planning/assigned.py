"""What a user puts in a scenario and its policies for one run: ``--set PATH=VALUE``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from experiments.errors import UserError
from scenarios import LoadedPolicy, LoadedScenario, SpecError, compile_world
from scenarios.changing import (
    Change,
    Original,
    overlap,
    policies_with,
    scenario_with,
    shared_length,
)
from scenarios.errors import printable
from scenarios.reading import plain_value

OPTION: Final = "--set"
MOST_SHOWN: Final = 100
"""Characters of a path that a message shows."""


@dataclass(frozen=True)
class _Assignment:
    """A value and the places that it is put in."""

    path: str
    value: object
    changes: tuple[Change, ...]

    @property
    def label(self) -> str:
        return _label(self.path)


def _label(text: str) -> str:
    return f"{OPTION} {printable(text[:MOST_SHOWN])}{'...' if len(text) > MOST_SHOWN else ''}"


def with_values(
    scenario: LoadedScenario, policies: Sequence[LoadedPolicy], texts: Sequence[str]
) -> tuple[LoadedScenario, tuple[LoadedPolicy, ...]]:
    """Return a scenario and policies with other values in them.

    Paths are those of an experiment's ``changes:``, values are in YAML notation; both are held to
    the rules of a measure's ``set:``, and what comes of them to the rules of a file.

    Parameters
    ----------
    texts
        ``PATH=VALUE`` each; the order does not matter.

    Raises
    ------
    UserError, SpecError
        If one is not of this form, leads nowhere, does not fit or overlaps with another.
    """
    if not texts:
        return scenario, tuple(policies)
    original = Original.of(scenario, policies)
    found = [_assignment(text, original) for text in texts]
    _check_apart(found, original)
    made = [(change, 0.0) for one in found for change in one.changes]
    of_policies = [pair for pair in made if pair[0].is_of_policy]
    of_scenario = [pair for pair in made if not pair[0].is_of_policy]
    with _blaming(found):
        if of_scenario:
            scenario = scenario_with(scenario, original, of_scenario)
        if of_policies:
            policies = policies_with(policies, original, of_policies)
        compile_world(scenario, policies)  # some rules are held to only there
    return scenario, tuple(policies)


def _assignment(text: str, original: Original) -> _Assignment:
    path, is_there, written = text.partition("=")
    path = path.strip()
    if not is_there or not path:
        raise UserError(
            _label(text),
            "a path and a value are given, with = between",
            f"write for example {OPTION} desks.police.reads.value=20",
        )
    try:
        value = plain_value(written)
        paths = original.changeable(path)
    except SpecError as error:
        error.where, error.line = _label(path), None
        raise
    if value is None:
        raise UserError(
            _label(text),
            "a value is put there, and this is none",
            "write one behind the =; to take something away, write a scenario that extends this",
        )
    return _Assignment(path, value, tuple(Change(one, "set", (value,)) for one in paths))


def _check_apart(found: Sequence[_Assignment], original: Original) -> None:
    """Refuse two values for one place, or for a place within another."""
    seen: list[tuple[tuple[str | int, ...], _Assignment]] = []
    for one in found:
        mine = [original.steps(change.path) for change in one.changes]
        for steps in mine:
            other = next((it for there, it in seen if overlap(steps, there)), None)
            if other is not None:
                raise UserError(
                    f"{one.label} beside {other.label}",
                    "a place gets one value",
                    "leave one of the two out",
                )
        seen += [(steps, one) for steps in mine]


@contextmanager
def _blaming(found: Sequence[_Assignment]) -> Iterator[None]:
    """Let errors name the option that brought them about, or all where it was none alone."""
    try:
        yield
    except SpecError as error:
        raise _blamed(error, found) from None


def _blamed(error: SpecError, found: Sequence[_Assignment]) -> SpecError:
    shares = [max(shared_length(c.path, error.where) for c in one.changes) for one in found]
    most = max(shares)
    blamed = [one for one, share in zip(found, shares, strict=True) if share == most]
    label = ", ".join(one.label for one in blamed)
    if any(change.path == error.where for one in blamed for change in one.changes):
        return SpecError(error.rule, error.remedy, where=label, value=blamed[0].value)
    return SpecError(error.rule, error.remedy, where=f"{label} ({error.where})", value=error.value)

"""Which policies a user means."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from experiments.errors import UserError

if TYPE_CHECKING:
    from scenarios import LoadedPolicy, LoadedScenario

ALL: Final = "all"
"""Stands for every policy of the catalogue."""


@dataclass(frozen=True)
class Selection:
    """Policies chosen for a scenario, and what was left out of ``all``."""

    policies: tuple[LoadedPolicy, ...]
    left_out: dict[str, str]
    """Reason by name."""


def select_policies(
    names: str | Sequence[str], scenario: LoadedScenario, *, option: str = "--policies"
) -> Selection:
    """Load policies from a list of names and paths, for one scenario.

    ``all`` is the catalogue, without the policies that make no sense for the scenario's threats.

    Parameters
    ----------
    names
        A text is taken apart as `policy_names` does; the items of a list are as they are.
    option
        Option that they were given with; of another than ``--policies``, one policy is wanted.

    Raises
    ------
    UserError, SpecError
        If none is named, or one is not known, breaks a rule or is not for such threats.
    """
    chosen, left_out = [], {}
    for policy, is_named in _read(names):
        reason = scenario.why_not(policy)
        if reason is None:
            chosen.append(policy)
        elif is_named:
            raise UserError(
                f"{option} names {policy.name} for the scenario {scenario.name}",
                f"this policy is {reason}",
                f"leave it out, or write `{ALL}` for those that apply"
                if option == "--policies"
                else f"choose from {', '.join(_that_apply(scenario))}",
            )
        else:
            left_out[policy.name] = reason
    return Selection(tuple(chosen), left_out)


def _that_apply(scenario: LoadedScenario) -> list[str]:
    policies = read_policies(ALL)
    return [policy.name for policy in policies if scenario.why_not(policy) is None]


def read_policies(names: str | Sequence[str]) -> tuple[LoadedPolicy, ...]:
    """Load policies from a list of names and paths; ``all`` is the catalogue.

    Raises
    ------
    UserError, SpecError
        If none is named, or one is not known or breaks a rule.
    """
    return tuple(policy for policy, _ in _read(names))


def _read(names: str | Sequence[str]) -> Iterator[tuple[LoadedPolicy, bool]]:
    """Yield policies, and whether each was named; those of the catalogue once."""
    from scenarios import load_policy, policy_entries

    listed = policy_names(names) if isinstance(names, str) else names
    if not listed:
        raise UserError(
            f"--policies {names!r}", "at least one policy is needed", "name one, or all"
        )
    for place, name in enumerate(listed):
        if name != ALL:
            yield load_policy(name), True
        elif ALL not in listed[:place]:
            others = (entry.name for entry in policy_entries() if entry.name not in listed)
            yield from ((load_policy(other), False) for other in others)


def policy_names(text: str, folder: Path | None = None) -> tuple[str, ...]:
    """Take a list of names and paths with commas apart.

    A path that has a comma in it stands in double quotes, as in a CSV file; the text may also be
    the path of one file.

    Parameters
    ----------
    folder
        Where paths begin; the working folder if left out.

    Raises
    ------
    UserError
        If it is no such list.
    """
    if "," in text and os.path.isfile(os.path.join(folder or "", text)):  # noqa: PTH113, PTH118 - any text
        return (text,)
    try:
        [parts] = csv.reader([" ".join(text.splitlines())], skipinitialspace=True)
    except csv.Error:
        raise UserError(
            f"--policies {text!r}",
            "names and paths stand with commas between, a path with a comma in double quotes",
            'write for example bilateral,"my, own.yaml"',
        ) from None
    return tuple(part.strip() for part in parts if part.strip())

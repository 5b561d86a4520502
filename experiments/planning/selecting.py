"""Which policies a user means."""

from __future__ import annotations

from dataclasses import dataclass
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
    text: str, scenario: LoadedScenario, *, option: str = "--policies"
) -> Selection:
    """Load policies from a list of names and paths with commas, for one scenario.

    ``all`` is the catalogue, without the policies that make no sense for the scenario's family.

    Parameters
    ----------
    option
        Option that the text was given with; of another than ``--policies``, one policy is wanted.

    Raises
    ------
    UserError, SpecError
        If none is named, or one is not known, breaks a rule or is not for this family.
    """
    named = {part.strip() for part in text.split(",")}
    chosen, left_out = [], {}
    for policy in read_policies(text):
        reason = policy.spec.not_for.get(scenario.family)
        if reason is None:
            chosen.append(policy)
        elif named & {policy.name, str(policy.path)}:
            raise UserError(
                f"{option} names {policy.name} for the scenario {scenario.name}",
                f"this policy is not for threats of the family {scenario.family}: {reason}",
                f"leave it out, or write `{ALL}` for those that apply"
                if option == "--policies"
                else f"choose from {', '.join(_that_apply(scenario))}",
            )
        else:
            left_out[policy.name] = reason
    return Selection(tuple(chosen), left_out)


def _that_apply(scenario: LoadedScenario) -> list[str]:
    policies = read_policies(ALL)
    return [policy.name for policy in policies if scenario.family not in policy.spec.not_for]


def read_policies(text: str) -> tuple[LoadedPolicy, ...]:
    """Load policies from a list of names and paths with commas; ``all`` is the catalogue.

    Raises
    ------
    UserError, SpecError
        If none is named, or one is not known or breaks a rule.
    """
    from scenarios import load_policy, policy_entries

    names: list[str] = []
    for part in text.split(","):
        name = part.strip()
        if name == ALL:
            names += [entry.name for entry in policy_entries() if entry.name not in names]
        elif name:
            names.append(name)
    if not names:
        raise UserError(f"--policies {text!r}", "at least one policy is needed", "name one, or all")
    return tuple(load_policy(name) for name in names)

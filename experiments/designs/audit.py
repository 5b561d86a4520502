"""The design of an audit: a setting for each way to take away or change a part of the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from experiments.designs.parts import Parts, fits, names_of, parts_of
from experiments.errors import UserError
from experiments.planning import Scale, Settings
from scenarios.changing import Change, How
from scenarios.errors import choice

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from scenarios import LoadedPolicy, LoadedScenario

COLUMN: Final = "part"
"""The one column of the table: which part is changed, and how; 0 is none."""

KIND: Final = "audit"
"""What such a design is called in the file of a run directory."""


@dataclass(frozen=True, eq=False)
class Audit:
    """A scenario, its policies, and the parts to look at."""

    scenario: LoadedScenario
    policies: tuple[LoadedPolicy, ...]
    parts: Parts

    def settings(self) -> Settings:
        """Return the scenario as declared, then every part changed in every way."""
        ways = [(part, way) for part in self.parts.found for way in part.ways]
        levels: dict[tuple[str, How], list[Any]] = {}
        for number, (_, way) in enumerate(ways, start=1):
            for put in way.puts:
                row = levels.setdefault((put.path, put.how), [None] * (len(ways) + 1))
                row[number] = put.operand
        changes = tuple(Change(path, how, tuple(row)) for (path, how), row in levels.items())
        labels = (None, *(f"{part.name} {way.label}" for part, way in ways))
        table = np.arange(len(ways) + 1, dtype=np.float64)[:, None]
        scale = Scale("words", tuple((float(n), label) for n, label in enumerate(labels)))
        return Settings(self.scenario, (COLUMN,), table, (changes,), self.policies, (scale,))

    def document(self) -> dict[str, Any]:
        """Return what a run directory keeps, as plain JSON content."""
        return {
            "experiment": f"{self.scenario.name}-audit"[:64],
            "meaning": f"What each part of {self.scenario.name} does",
            "scenario": self.scenario.name,
            "design": {"kind": KIND},
            "parts": [part.document() for part in self.parts.found],
            "left_out": self.parts.left_out,
        }


def audit_of(
    scenario: LoadedScenario, policies: Sequence[LoadedPolicy], only: Sequence[str] = ("*",)
) -> Audit:
    """Return the audit of a scenario under some policies.

    Parameters
    ----------
    only
        Patterns of the parts to look at, such as ``organisations.*``.

    Raises
    ------
    UserError
        If a pattern fits nothing, or nothing that it fits can be changed.
    """
    declared = Settings.only(scenario, tuple(policies))
    names = names_of(declared)
    for pattern in only:
        if not any(fits(name, pattern) for name in names):
            raise _fits_nothing(pattern, names)
    parts = parts_of(declared, only)
    if not parts.found:
        reasons = "; ".join(f"{name}: {why}" for name, why in parts.left_out.items())
        raise UserError(
            f"--only {','.join(only)}",
            f"nothing of it can be taken away, halved or doubled ({reasons})",
            "choose other parts",
        )
    return Audit(scenario, tuple(policies), parts)


def _fits_nothing(pattern: str, names: Collection[str]) -> UserError:
    """Make the message about a pattern that fits no part."""
    firsts = {name.partition(".")[0] for name in names}
    return UserError(
        f"--only {pattern!r}",
        "fits no part of this scenario, its place or the policies",
        choice(pattern.partition(".")[0], firsts) + ", and what follows it, or `*`",
    )

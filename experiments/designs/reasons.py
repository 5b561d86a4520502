"""Reasons why a part of a scenario of the catalogue may be inert, each beside the part."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from experiments.designs.parts import fits
from scenarios.reading import read
from scenarios.schema import Name, Spec

REASONS: Final = Path(__file__).parents[1] / "catalogue" / "inert"
"""A file for each scenario that has exceptions."""


class Reasons(Spec):
    """Exceptions of a scenario, as declared."""

    scenario: Name
    inert: dict[str, str]
    """Reason by part; a name may have ``*`` and ``?`` in it."""


def reasons_of(scenario: str) -> dict[str, str]:
    """Return the reasons that the catalogue gives for a scenario, by part or pattern.

    Raises
    ------
    SpecError
        If the file breaks a rule.
    """
    path = REASONS / f"{scenario}.yaml"
    return dict(read(path, Reasons).inert) if path.is_file() else {}


def reason_for(part: str, reasons: Mapping[str, str]) -> str:
    """Return why a part may be inert; an empty text if no reason is given."""
    return next((why for pattern, why in reasons.items() if fits(part, pattern)), "")

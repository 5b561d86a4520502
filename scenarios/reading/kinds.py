"""What a file declares, told from its keys."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from scenarios.reading.declarations import kind_of
from scenarios.schema import (
    History,
    Measure,
    Place,
    Policy,
    Procedure,
    Programme,
    Scenario,
    ThreatSpec,
    bundle_of,
)

KINDS: Final[dict[str, type[BaseModel]]] = {
    "scenario": Scenario,
    "policy": Policy,
    "threat": bundle_of(ThreatSpec),
    "procedure": Procedure,
    "measure": Measure,
    "programme": Programme,
    "place": Place,
    "history": History,
}


def declared_kind(path: Path, others: Mapping[str, type[BaseModel]] | None = None) -> str:
    """Return what a file declares, as `KINDS` calls it: ``scenario``, ``policy`` or another.

    Parameters
    ----------
    others
        Further kinds of declaration, by name.

    Raises
    ------
    SpecError
        If it cannot be read, or declares nothing that is known.
    """
    kinds = {**KINDS, **(others or {})}
    return kind_of(path, {kind: model.model_fields for kind, model in kinds.items()})

"""How names, paths and values of Python become what commands take."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

Named: TypeAlias = str | os.PathLike[str]
"""A name in the catalogue, or the path of a file."""
Names: TypeAlias = Named | Sequence[Named]
"""One, or several; a text may have commas between them, as for the commands."""


def named(one: Named) -> str:
    """Return a name as it is, and a path so that it is not taken for a name."""
    if isinstance(one, str):
        return one
    path = Path(one)
    return str(path) if path.parent.name or path.is_absolute() else f".{os.sep}{path}"


def listed(names: Names) -> str | list[str]:
    """Return a text as it is, a path or several names as a list."""
    if isinstance(names, str):
        return names
    return [named(names)] if isinstance(names, os.PathLike) else [named(one) for one in names]


def assigned(values: Mapping[str, object] | None) -> list[str]:
    """Return values by path as ``PATH=VALUE``, in the notation of YAML, of which JSON is part."""
    return [f"{path}={json.dumps(value)}" for path, value in (values or {}).items()]

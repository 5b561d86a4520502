"""The kinds of threat there are: one module each, with its declaration and its behaviour."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points

from agents.threat import ThreatKind

ENTRY_POINTS = "fivesteps.threats"
"""Group of entry points under which installed packages offer threats of their own."""


@cache
def kinds() -> dict[str, ThreatKind]:
    """Return every threat by its kind.

    A module of this folder offers one under the name ``THREAT``; so does whatever object an
    installed package names in the group `ENTRY_POINTS`.

    Raises
    ------
    ValueError
        If two threats are of one kind.
    """
    modules = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found: list[ThreatKind] = [import_module(f"{__name__}.{name}").THREAT for name in modules]
    found += [entry.load() for entry in entry_points(group=ENTRY_POINTS)]
    names = [threat.name for threat in found]
    if len(set(names)) < len(names):
        msg = f"two threats are of one kind; the kinds are {', '.join(sorted(names))}"
        raise ValueError(msg)
    return dict(zip(names, found, strict=True))

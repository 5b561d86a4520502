"""The kinds of threat there are: ours, and those that installed packages offer."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points

from agents.mechanisms import KINDS, ThreatKind
from scenarios import SpecError

ENTRY_POINTS = "fivesteps.threats"
"""Group of entry points under which installed packages offer threats of their own."""


def kinds() -> dict[str, ThreatKind]:
    """Return every threat by its kind; raises as `offers`."""
    return {name: threat for name, (threat, _) in offers().items()}


@cache
def offers() -> dict[str, tuple[ThreatKind, EntryPoint | None]]:
    """Return every threat by its kind, with the entry point of a package that offers it.

    An installed package offers whatever object it names in the group `ENTRY_POINTS`.

    Raises
    ------
    SpecError
        If a package's threat cannot be loaded, or two threats are of one kind.
    """
    found: list[tuple[ThreatKind, EntryPoint | None]] = [(kind, None) for kind in KINDS]
    found += [(_loaded(entry), entry) for entry in entry_points(group=ENTRY_POINTS)]
    names = [threat.name for threat, _ in found]
    if len(set(names)) < len(names):
        raise SpecError(
            f"each kind of threat is offered once; found {', '.join(sorted(names))}",
            "uninstall one of the packages that offer the same",
        )
    return dict(zip(names, found, strict=True))


def _loaded(entry: EntryPoint) -> ThreatKind:
    """Load the threat of an installed package, whose code may fail in any way."""
    package = entry.dist.name if entry.dist else entry.value
    try:
        threat = entry.load()
    except (Exception, SystemExit) as error:  # it is the package that ends, not the program
        why = f"SystemExit: {error}" if isinstance(error, SystemExit) else str(error)
        raise SpecError(
            f"the threat {entry.name} of the package {package} fails when it is loaded: {why}",
            "mend the package, or uninstall it",
        ) from error
    if not isinstance(threat, ThreatKind) or not threat.is_named:
        raise SpecError(
            f"the threat {entry.name} of the package {package} is no ThreatKind with a kind",
            "name an object made with `ThreatKind(declaration, behaviour)`, and declare "
            'kind: Literal["a-name"]',
        )
    return threat

"""What a scenario and its threats need of each other and of their place."""

from __future__ import annotations

from pathlib import Path

from scenarios.errors import SpecError, unknown_name
from scenarios.reading.atlas import Atlas
from scenarios.reading.declarations import located
from scenarios.schema import Scenario, ThreatSpec


def check_needs(path: Path, spec: Scenario, atlas: Atlas) -> None:
    """Hold a scenario to what its place offers and the organisations that answer its threats need.

    Parameters
    ----------
    path
        File of the scenario.
    spec
        The scenario.
    atlas
        The place that it plays in.

    Raises
    ------
    SpecError
        If a desk, a table, a report or a block of casework is missing, or is there in vain.
    """
    _check_desks(path, spec, atlas)
    _check_absent(path, spec, atlas)
    _check_possible(path, spec)
    for threat in spec.threats.values():
        _check_threat(path, spec, threat, atlas)


def _check_threat(path: Path, spec: Scenario, threat: ThreatSpec, atlas: Atlas) -> None:
    """Hold a scenario to what one of its threats needs."""
    for table in threat.tables_needed:
        if not getattr(atlas, table):
            raise located(
                SpecError(
                    f"a scenario of {threat.kind} needs a place with the table {table}.csv",
                    "choose a place that has it, or add the table to its folder",
                    file=str(path),
                    where="place",
                )
            )
    for what, needed, declared, key in (
        ("report", threat.reports_needed, set(spec.reports), "reports"),
        ("desk", threat.desks_needed, set(spec.desks), "desks"),
        ("casework", threat.casework_needed, set(spec.casework.blocks()), "casework"),
    ):
        for name in needed:
            if name not in declared:
                raise located(
                    SpecError(
                        f"the organisations that answer {threat.kind} need the {what} {name}",
                        f"declare it under `{key}:`, as a scenario of the catalogue does",
                        file=str(path),
                        where=key,
                    )
                )


def _check_desks(path: Path, spec: Scenario, atlas: Atlas) -> None:
    """Hold desks and stores to the desks there are, and those with people to be no store."""
    there, stores = set(atlas.desk_kinds), atlas.place.stores or {}
    for key, desks in (("desks", spec.desks), ("stores", spec.stores or {})):
        for desk in desks:
            if desk not in there:
                where = f"{key}.{desk}"
                raise located(unknown_name("desk", desk, there, file=str(path), where=where))
    for desk in spec.desks:
        if desk in stores:
            raise located(
                SpecError(
                    f"a desk has people or is a store; {desk} is a store of {atlas.place.place}",
                    f"remove {desk} from `desks:`",
                    file=str(path),
                    where=f"desks.{desk}",
                )
            )


def _check_absent(path: Path, spec: Scenario, atlas: Atlas) -> None:
    """Hold what takes no part to what the place has."""
    if spec.absent is None:
        return
    place = atlas.place
    for key, what, names, known in (
        (
            "organisations",
            "organisation",
            spec.absent.organisations,
            (*atlas.members, *place.bodies),
        ),
        ("desks", "desk", spec.absent.desks, atlas.desk_kinds),
        ("instruments", "instrument", spec.absent.instruments, place.instruments),
    ):
        for number, name in enumerate(names):
            if name not in known:
                where = f"absent.{key}[{number}]"
                raise located(unknown_name(what, name, known, file=str(path), where=where))


def _check_possible(path: Path, spec: Scenario) -> None:
    """Refuse casework that the agents of no threat would know what to do with."""
    threats = spec.threats.values()
    possible = {name for one in threats for name in one.casework_needed + one.casework_possible}
    wrong = [f"casework.{name}" for name in spec.casework.blocks() if name not in possible]
    if wrong:
        raise located(
            SpecError(
                f"no organisation does this in a scenario of {', '.join(t.kind for t in threats)}",
                f"remove `{wrong[0].rpartition('.')[2]}:`",
                file=str(path),
                where=wrong[0],
            )
        )

"""Declarations by name or path: scenarios, policies, threats, procedures, places, histories."""

from __future__ import annotations

import os
from pathlib import Path

from scenarios.errors import SpecError, printable, shown, unknown_name
from scenarios.reading.atlas import load_atlas
from scenarios.reading.catalogue import policy_entries
from scenarios.reading.declarations import error_at, located, read
from scenarios.reading.extending import document_of
from scenarios.reading.files import is_file
from scenarios.reading.finding import CATALOGUE, find
from scenarios.reading.loaded import LoadedPolicy, LoadedScenario, LoadedThreat
from scenarios.reading.named import PROCEDURES, THREAT, THREATS
from scenarios.reading.needs import check_needs
from scenarios.reading.policies import resolved
from scenarios.schema import (
    PLACE_FILE,
    History,
    Place,
    Procedure,
    Threats,
    bundle_of,
    check_alone,
    check_place,
    check_scenario,
    check_threats,
    declaration_in,
    header_of,
    plain,
    scenario_model,
)


def load_scenario(name_or_path: str, threats: Threats) -> LoadedScenario:
    """Load a scenario of the catalogue or from a file.

    Parameters
    ----------
    name_or_path
        Name in the catalogue, or path.
    threats
        Declarations that its threats may be of, by kind.

    Raises
    ------
    SpecError
        If there is no such scenario or its file breaks a rule.
    """
    path = find(name_or_path, CATALOGUE / "scenarios", "scenario")
    spec = plain(read(path, scenario_model(threats), check=check_scenario))
    atlas = load_atlas(_place_folder(spec.place, path))
    check_needs(path, spec, atlas)
    try:
        check_threats(spec, tuple(atlas.members))
    except SpecError as error:
        error.file = str(path)
        raise located(error) from None
    return LoadedScenario(path, spec, atlas, threats)


def read_policy(name_or_path: str) -> LoadedPolicy:
    """Read a policy of the catalogue or from a file, with what it extends; also an abstract one.

    Raises
    ------
    SpecError
        If there is no such policy, its file breaks a rule, or policies extend each other in a
        circle.
    """
    return resolved(find(name_or_path, CATALOGUE / "policies", "policy"))


def load_policy(name_or_path: str) -> LoadedPolicy:
    """Load a policy that can be run.

    Raises
    ------
    SpecError
        As `read_policy`, and if the policy is abstract.
    """
    policy = read_policy(name_or_path)
    if policy.spec.abstract:
        raise located(
            SpecError(
                "this policy only serves others to extend",
                f"choose one of {', '.join(entry.name for entry in policy_entries())}",
                file=str(policy.path),
                where="abstract",
                value=True,
            )
        )
    return policy


def load_place(path: Path) -> Place:
    """Load the declaration of a place; its tables are read with `load_atlas`."""
    return read(path, Place, check=check_place)


def load_threat(name_or_path: str, threats: Threats) -> LoadedThreat:
    """Load a threat of the catalogue or from a file, by itself, with what it brings.

    What it names of a scenario is checked with the scenario that has it.

    Parameters
    ----------
    name_or_path
        Name in the catalogue, or path.
    threats
        Declarations that it may be of, by kind.

    Raises
    ------
    SpecError
        If there is none of this name, or its file breaks a rule.
    """
    path = find(name_or_path, CATALOGUE / THREATS, THREAT)
    declaration = threats[read(path, header_of(threats)).kind]
    bundle = read(
        path,
        bundle_of(declaration),
        check=lambda bundle: check_alone(declaration_in(bundle, declaration)),
    )
    return LoadedThreat(path, bundle, declaration_in(bundle, declaration))


def load_procedure(name_or_path: str) -> Procedure:
    """Load a procedure of the catalogue or from a file, by itself.

    What it names of a scenario is checked with the scenario that has it.

    Raises
    ------
    SpecError
        If there is none of this name, or its file breaks a rule.
    """
    return read(find(name_or_path, CATALOGUE / PROCEDURES, "procedure"), Procedure)


def load_history(name_or_path: str) -> History:
    """Load a history of the catalogue or from a file.

    Raises
    ------
    SpecError
        If there is none of this name, or its file breaks a rule.
    """
    path: Path = find(name_or_path, CATALOGUE / "history", "history")
    return read(path, History)


def _place_folder(place: str, scenario: Path) -> Path:
    """Folder of a place: in the catalogue by name, or a path beside the file that says so."""
    if "/" in place or place.startswith("."):
        file = document_of(scenario).children["place"].file or scenario
        folder = Path(file).parent / place
        if not is_file(folder / PLACE_FILE):
            raise error_at(
                scenario,
                "place",
                f"there is no file {printable(shown(str(folder / PLACE_FILE)))}",
                "write the name of a place of the catalogue, or the path of a folder with "
                f"{PLACE_FILE} and its tables",
            )
        return Path(os.path.realpath(folder))
    known = sorted(folder.name for folder in (CATALOGUE / "places").iterdir() if folder.is_dir())
    if place not in known:
        raise located(unknown_name("place", place, known, file=str(scenario), where="place"))
    return CATALOGUE / "places" / place

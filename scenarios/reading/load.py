"""The catalogue, and declarations by name or path."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from scenarios.errors import SpecError, printable, shown, unknown_name
from scenarios.reading.atlas import Atlas, load_atlas
from scenarios.reading.needs import check_needs
from scenarios.reading.reading import is_file, is_readable, located, read
from scenarios.schema import (
    MOST_CODES,
    MOST_RULES,
    PLACE_FILE,
    Family,
    Header,
    History,
    Outcome,
    Place,
    Policy,
    Scenario,
    SourceRow,
    Threats,
    check_place,
    check_scenario,
    plain,
    scenario_model,
    walk_sources,
)

Model = TypeVar("Model", bound=BaseModel)

CATALOGUE = Path(__file__).parents[1] / "catalogue"
SUFFIXES = (".yaml", ".yml")

MOST_EXTENDED = 20
"""Most policies in a row that extend each other."""


@dataclass(frozen=True)
class Entry:
    """A declaration in the catalogue."""

    name: str
    meaning: str
    path: Path


@dataclass(frozen=True)
class Declared:
    """What scenarios and policies share: a file and its content."""

    path: Path

    @property
    def model(self) -> BaseModel:
        """The declaration itself."""
        raise NotImplementedError

    def document(self) -> dict[str, Any]:
        """Return the resolved content as plain JSON types."""
        return self.model.model_dump(mode="json", exclude_none=True)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical content."""
        text = json.dumps(self.document(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def sources(self) -> list[SourceRow]:
        """Every number with where it comes from."""
        return walk_sources(self.model)


@dataclass(frozen=True)
class LoadedScenario(Declared):
    """A scenario with the place it plays in."""

    spec: Scenario
    atlas: Atlas

    @property
    def model(self) -> Scenario:
        """The declaration itself."""
        return self.spec

    @property
    def name(self) -> str:
        """Name of the scenario."""
        return self.spec.scenario

    @property
    def meaning(self) -> str:
        """One line about the scenario."""
        return self.spec.meaning

    @property
    def ticks(self) -> int:
        """Ticks of a run."""
        return self.spec.ticks

    @property
    def horizon_days(self) -> float:
        """Days of a run."""
        return self.spec.horizon_days

    @property
    def baseline(self) -> str:
        """Policy that the others are compared with."""
        return self.spec.baseline

    @property
    def family(self) -> Family:
        """Family of the threat."""
        return self.spec.threat.family

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """What is read off a finished lane."""
        return self.spec.outcomes

    def document(self) -> dict[str, Any]:
        """Return scenario and place as plain JSON types."""
        return {**super().document(), "place_content": self.atlas.document()}

    def sources(self) -> list[SourceRow]:
        """Every number of the scenario and its place with where it comes from."""
        return [*super().sources(), *self.atlas.sources()]


@dataclass(frozen=True)
class LoadedPolicy(Declared):
    """A policy, its rules followed by those of the policies it extends."""

    spec: Policy
    rule_places: tuple[tuple[Path, int], ...]
    """File of each rule, and its number there."""
    taken_over: Mapping[str, Path] = field(default_factory=dict)
    """Other declarations that come from a file which it extends, by path: ``ask``, a code."""

    @property
    def model(self) -> Policy:
        """The declaration itself."""
        return self.spec

    @property
    def name(self) -> str:
        """Name of the policy."""
        return self.spec.policy

    @property
    def meaning(self) -> str:
        """One line about the policy."""
        return self.spec.meaning


def scenario_entries() -> list[Entry]:
    """Scenarios of the catalogue, by name."""
    return [
        Entry(spec.scenario, spec.meaning, path)
        for path in _files(CATALOGUE / "scenarios")
        for spec in [read(path, Header)]
    ]


def policy_entries() -> list[Entry]:
    """Policies of the catalogue that can be run, by name."""
    return [
        Entry(spec.policy, spec.meaning, path)
        for path in policy_files()
        for spec in [read(path, Policy)]
        if not spec.abstract
    ]


def policy_files() -> list[Path]:
    """Files of all policies of the catalogue, those that only serve others among them."""
    return _files(CATALOGUE / "policies")


def place_entries() -> list[Entry]:
    """Places of the catalogue, by name."""
    return [
        Entry(spec.place, spec.meaning, path)
        for path in sorted((CATALOGUE / "places").glob("*/place.yaml"))
        for spec in [read(path, Place)]
    ]


def load_scenario(name_or_path: str, threats: Threats) -> LoadedScenario:
    """Load a scenario of the catalogue or from a file.

    Parameters
    ----------
    name_or_path
        Name in the catalogue, or path.
    threats
        Declarations that its threat may be one of, by kind.

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
        spec.threat.check(tuple(atlas.members), spec.tick_h)
    except SpecError as error:
        error.file = str(path)
        raise located(error) from None
    return LoadedScenario(path, spec, atlas)


def read_policy(name_or_path: str) -> LoadedPolicy:
    """Read a policy of the catalogue or from a file, with what it extends; also an abstract one.

    Raises
    ------
    SpecError
        If there is no such policy, its file breaks a rule, or policies extend each other in a
        circle.
    """
    return _resolved(find(name_or_path, CATALOGUE / "policies", "policy"), ())


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


def load_history(name_or_path: str) -> History:
    """Load a history of the catalogue or from a file.

    Raises
    ------
    SpecError
        If there is none of this name, or its file breaks a rule.
    """
    path: Path = find(name_or_path, CATALOGUE / "history", "history")
    return read(path, History)


def json_schemas(threats: Threats) -> dict[str, dict[str, Any]]:
    """JSON Schemas of the declarations, for editors."""
    models: dict[str, type[BaseModel]] = {
        "scenario": scenario_model(threats),
        "policy": Policy,
        "place": Place,
    }
    return {
        name: {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **model.model_json_schema(mode="validation"),
        }
        for name, model in models.items()
    }


def find(name_or_path: str, folder: Path, kind: str) -> Path:
    """Return the file of a catalogue name, or the path itself.

    Raises
    ------
    SpecError
        If it is neither, saying which names exist.
    """
    if name_or_path.endswith(SUFFIXES) or "/" in name_or_path or "\\" in name_or_path:
        return Path(name_or_path)
    path = folder / f"{name_or_path}.yaml"
    known = [file.stem for file in _files(folder)]
    if name_or_path not in known:
        raise unknown_name(kind, name_or_path, known)
    return path


def _resolved(path: Path, above: tuple[Path, ...]) -> LoadedPolicy:
    """Read a policy and append the rules of what it extends."""
    spec = read(path, Policy)
    if len(above) > MOST_EXTENDED:
        raise _at(
            path,
            "extends",
            f"policies extend each other at most {MOST_EXTENDED} times in a row",
            "write the rules of some of them into one file",
        )
    own = tuple((path, number) for number in range(len(spec.rules)))
    if spec.extends is None:
        return LoadedPolicy(path, spec, own)
    chain = (*above, Path(os.path.realpath(path)))
    base = _extended(path, spec.extends)
    if Path(os.path.realpath(base)) in chain:
        circle = " -> ".join(printable(file.stem) for file in (*chain, base))
        raise _at(
            path,
            "extends",
            f"policies must not extend each other in a circle: {circle}",
            "remove one `extends:` of the circle",
        )
    parent = _resolved(base, chain)
    merged = spec.model_copy(
        update={
            "rules": (*spec.rules, *parent.spec.rules),
            "handling": {**parent.spec.handling, **spec.handling},
            "ask": spec.ask or parent.spec.ask,
            "not_for": {**parent.spec.not_for, **spec.not_for},
            "default_handling": spec.default_handling or parent.spec.default_handling,
            "retention": parent.spec.retention if spec.retention is None else spec.retention,
        }
    )
    for what, number, most in (
        ("rules", len(merged.rules), MOST_RULES),
        ("handling codes", len(merged.handling), MOST_CODES),
    ):
        if number > most:
            raise _at(
                path,
                "extends",
                f"a policy has at most {most} {what}, those that it extends included",
                "leave some out",
            )
    theirs = {"ask": parent.spec.ask, **{f"handling.{c}": 1 for c in parent.spec.handling}}
    mine = {"ask": spec.ask, **{f"handling.{code}": 1 for code in spec.handling}}
    taken = {
        what: parent.taken_over.get(what, base)
        for what, declared in theirs.items()
        if declared is not None and mine.get(what) is None
    }
    return LoadedPolicy(path, merged, (*own, *parent.rule_places), taken)


def _extended(path: Path, name_or_path: str) -> Path:
    """Return the file of the policy that the one in `path` extends."""
    try:
        base = find(name_or_path, CATALOGUE / "policies", "policy")
    except SpecError as error:
        error.file, error.where = str(path), "extends"
        raise located(error) from None
    if base.name == name_or_path or not base.is_absolute():
        base = path.parent / base
    if not is_file(base):
        raise _at(
            path,
            "extends",
            f"there is no file {printable(shown(str(base)))}",
            "write the name of a policy of the catalogue, or the path of a file beside this one",
        )
    if not is_readable(base):
        raise _at(
            path,
            "extends",
            f"the file {printable(shown(str(base)))} must be readable",
            "check its permissions, or write the path of another file",
        )
    return base


def _at(path: Path, where: str, rule: str, remedy: str) -> SpecError:
    """Make the error about a value of a file, with its line."""
    return located(SpecError(rule, remedy, file=str(path), where=where))


def _place_folder(place: str, scenario: Path) -> Path:
    """Folder of a place: in the catalogue by name, or a path beside the scenario's file."""
    if "/" in place or place.startswith("."):
        folder = scenario.parent / place
        if not is_file(folder / PLACE_FILE):
            raise _at(
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


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.yaml"))

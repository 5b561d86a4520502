"""Scenarios and policies with the file that they come from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel

from scenarios.reading.atlas import Atlas
from scenarios.schema import (
    Bundle,
    Family,
    Measure,
    Outcome,
    Policy,
    Scenario,
    SourceRow,
    Threats,
    ThreatSpec,
    walk_sources,
)


@dataclass(frozen=True)
class Declared:
    """What scenarios and policies share: a file and its content."""

    path: Path

    @property
    def model(self) -> BaseModel:
        """The declaration itself."""
        raise NotImplementedError

    def content(self) -> dict[str, Any]:
        """Return the declaration itself as plain JSON types."""
        return self.model.model_dump(mode="json", exclude_none=True, by_alias=True)

    def document(self) -> dict[str, Any]:
        """Return all of it as plain JSON types."""
        return self.content()

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
    threats: Threats
    """Declarations that its threats may be of, by kind."""

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
    def families(self) -> tuple[Family, ...]:
        """Families of the threats, each once."""
        return self.spec.families

    def why_not(self, policy: LoadedPolicy) -> str | None:
        """Say why a policy makes no sense here: it is for none of the threats; None if it does."""
        reasons = policy.spec.not_for
        if any(family not in reasons for family in self.families):
            return None
        family = self.families[0]
        return f"not for threats of the family {family}: {reasons[family]}"

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """What is read off a finished lane, years and states apart included."""
        return self.spec.recorded(self.atlas.members)

    @property
    def outcome_names(self) -> list[str]:
        """Names of the outcomes, years and states apart included."""
        return self.spec.recorded_names(self.atlas.members)

    def document(self) -> dict[str, Any]:
        """Return scenario and place as plain JSON types."""
        return {**self.content(), "place_content": self.atlas.document()}

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


@dataclass(frozen=True)
class LoadedMeasure(Declared):
    """A measure with its file."""

    spec: Measure

    @property
    def model(self) -> Measure:
        """The declaration itself."""
        return self.spec

    @property
    def name(self) -> str:
        """Name of the measure."""
        return self.spec.measure

    @property
    def short(self) -> str:
        """What tables call it: its number in the annex, or its name."""
        first = self.name.partition("-")[0]
        return first if first[0].isdigit() else self.name

    @property
    def meaning(self) -> str:
        """What it changes."""
        return self.spec.meaning


class Dated(NamedTuple):
    """A measure in a programme."""

    measure: LoadedMeasure
    since: date | None
    """The day from which on it works; None: from the first tick."""


@dataclass(frozen=True)
class LoadedProgramme:
    """Measures with the days from which on they work, in the order of names."""

    name: str
    meaning: str
    measures: tuple[Dated, ...]

    def document(self) -> dict[str, Any]:
        """Return it as plain JSON types."""
        return {
            "name": self.name,
            "meaning": self.meaning,
            "measures": [
                {"since": since and since.isoformat(), **measure.document()}
                for measure, since in self.measures
            ],
        }

    @classmethod
    def joined(cls, parts: Iterable[LoadedProgramme]) -> LoadedProgramme:
        """Return what several programmes put in force together; they have no measure in common."""
        there = [part for part in parts if part.measures]
        measures = sorted(
            (one for part in there for one in part.measures), key=lambda one: one.measure.name
        )
        name, meaning = (
            mark.join(getattr(part, what) for part in there)
            for mark, what in ((" + ", "name"), ("; ", "meaning"))
        )
        return cls(name, meaning, tuple(measures))

    @classmethod
    def of(cls, document: Mapping[str, Any], path: Path) -> LoadedProgramme:
        """Return the programme whose `document()` this is; `path` is what errors name."""
        found = []
        for one in document["measures"]:
            content = {key: value for key, value in one.items() if key != "since"}
            since = one["since"] and date.fromisoformat(one["since"])
            found.append(Dated(LoadedMeasure(path, Measure.model_validate(content)), since))
        return cls(document["name"], document["meaning"], tuple(found))


@dataclass(frozen=True, kw_only=True)
class Alternative(LoadedPolicy):
    """A policy under a programme of measures: what is compared."""

    programme: LoadedProgramme

    @classmethod
    def of(cls, policy: LoadedPolicy, programme: LoadedProgramme) -> LoadedPolicy:
        """Return a policy under a programme; the policy itself where that has no measure."""
        if not programme.measures:
            return policy
        own = {field.name: getattr(policy, field.name) for field in fields(LoadedPolicy)}
        return cls(**own, programme=programme)

    @property
    def policy(self) -> LoadedPolicy:
        """The policy alone."""
        own = {field.name: getattr(self, field.name) for field in fields(LoadedPolicy)}
        return LoadedPolicy(**own)

    @property
    def name(self) -> str:
        """Names of both."""
        return f"{self.spec.policy} + {self.programme.name}"

    @property
    def meaning(self) -> str:
        """One line about both."""
        return f"{self.spec.meaning}; {self.programme.meaning}"

    def document(self) -> dict[str, Any]:
        """Return policy and programme as plain JSON types."""
        return {**self.content(), "programme": self.programme.document()}


@dataclass(frozen=True)
class LoadedThreat(Declared):
    """A threat in a file of its own, with what it brings into a scenario."""

    bundle: Bundle
    spec: ThreatSpec
    """The declaration, as a scenario with it has it."""

    @property
    def model(self) -> Bundle:
        """The whole of what the file says."""
        return self.bundle

    @property
    def name(self) -> str:
        """Name of the threat."""
        return self.bundle.threat

    @property
    def meaning(self) -> str:
        """One line about the threat."""
        return self.spec.meaning

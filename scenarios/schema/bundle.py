"""Threats as files declare them: the declaration, and what comes with it into a scenario."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, create_model

from scenarios.schema.casework import Casework
from scenarios.schema.procedure import Post, Procedure
from scenarios.schema.scenario import ReportClass, Threats
from scenarios.schema.spec import Name, Spec
from scenarios.schema.threat import ThreatSpec


class Brought(Spec):
    """What a threat may bring; it becomes the scenario's, which may change it."""

    reports: dict[Name, ReportClass] = {}
    posts: dict[Name, Post] = {}
    casework: Casework | None = None
    procedures: dict[Name, Procedure] | tuple[Name, ...] | None = None
    """Procedures that deal with it; or names of those of the scenario that do, all if left out."""


class Bundle(Brought):
    """A threat in a file of its own, beside what its kind declares."""

    threat: Name


class ThreatHeader(BaseModel):
    """The lines of a threat's file that a list shows; the rest is not looked at."""

    model_config = ConfigDict(extra="ignore")

    threat: Name
    kind: str
    meaning: str = ""


def header_of(threats: Threats) -> type[ThreatHeader]:
    """Return the model of those lines where the kind is one of `threats`."""
    kinds: Any = Literal[tuple(threats)]
    model: type[ThreatHeader] = create_model(
        "ThreatHeader", __base__=ThreatHeader, kind=(kinds, ...)
    )
    return model


@cache
def bundle_of(declaration: type[ThreatSpec]) -> type[Bundle]:
    """Return the model of files that declare threats of a kind."""
    bases: Any = (Bundle, declaration)
    model: type[Bundle] = create_model(f"{declaration.__name__}File", __base__=bases)
    return model


@cache
def inline_of(declaration: type[ThreatSpec]) -> type[ThreatSpec]:
    """Return the model of what a scenario may write of a threat of a kind, under its name.

    With ``extends`` it is what differs from a file.
    """
    bases: Any = (Brought, declaration)
    more: Any = {"extends": (str | None, None)}
    model: type[ThreatSpec] = create_model(declaration.__name__, __base__=bases, **more)
    return model


def declaration_in(bundle: Bundle, declaration: type[ThreatSpec]) -> ThreatSpec:
    """Return the declaration that a file holds, as a scenario with it has it."""
    held = {name: getattr(bundle, name) for name in declaration.model_fields}
    if isinstance(bundle.procedures, dict):
        held["procedures"] = tuple(bundle.procedures)
    return declaration.model_construct(**held)

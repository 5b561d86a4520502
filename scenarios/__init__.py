"""Declarations: scenarios, policies and places as data, and their compilation to arrays."""

from scenarios.compiling import Compiled, Layout, Variant, compile_together, compile_world
from scenarios.errors import SpecError
from scenarios.reading import (
    LoadedPolicy,
    LoadedScenario,
    json_schemas,
    load_place,
    load_policy,
    load_scenario,
    place_entries,
    policy_entries,
    scenario_entries,
)
from scenarios.schema import ThreatSpec

__all__ = [
    "Compiled",
    "Layout",
    "LoadedPolicy",
    "LoadedScenario",
    "SpecError",
    "ThreatSpec",
    "Variant",
    "compile_together",
    "compile_world",
    "json_schemas",
    "load_place",
    "load_policy",
    "load_scenario",
    "place_entries",
    "policy_entries",
    "scenario_entries",
]

"""Declarations: scenarios, policies and places as data, and their compilation to arrays."""

from scenarios.compiling import (
    Compiled,
    InForce,
    Layout,
    Point,
    Stretch,
    compile_points,
    compile_world,
)
from scenarios.errors import SpecError
from scenarios.reading import (
    LoadedPolicy,
    LoadedScenario,
    LoadedThreat,
    json_schemas,
    load_place,
    load_policy,
    load_scenario,
    load_threat,
    place_entries,
    policy_entries,
    scenario_entries,
)
from scenarios.schema import ThreatSpec

__all__ = [
    "Compiled",
    "InForce",
    "Layout",
    "LoadedPolicy",
    "LoadedScenario",
    "LoadedThreat",
    "Point",
    "SpecError",
    "Stretch",
    "ThreatSpec",
    "compile_points",
    "compile_world",
    "json_schemas",
    "load_place",
    "load_policy",
    "load_scenario",
    "load_threat",
    "place_entries",
    "policy_entries",
    "scenario_entries",
]

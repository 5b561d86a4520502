"""From files to checked declarations: YAML, messages about it, the catalogue, tables of a place."""

from scenarios.reading.atlas import (
    Atlas,
    load_atlas,
)
from scenarios.reading.catalogue import (
    Entry,
    history_entries,
    measure_entries,
    place_entries,
    policy_entries,
    policy_files,
    procedure_entries,
    programme_entries,
    scenario_entries,
    threat_entries,
)
from scenarios.reading.declarations import located, read, read_plain
from scenarios.reading.document import plain_value
from scenarios.reading.files import is_folder
from scenarios.reading.finding import CATALOGUE, beside, find, is_path
from scenarios.reading.kinds import (
    declared_kind,
)
from scenarios.reading.load import (
    load_history,
    load_place,
    load_policy,
    load_procedure,
    load_scenario,
    load_threat,
    read_policy,
)
from scenarios.reading.loaded import (
    Alternative,
    Dated,
    LoadedMeasure,
    LoadedPolicy,
    LoadedProgramme,
    LoadedScenario,
    LoadedThreat,
)
from scenarios.reading.measures import (
    load_measure,
    load_measures,
    load_programme,
    needed_by,
    programme_of,
)
from scenarios.reading.rebuild import (
    policy_from,
    policy_like,
    scenario_from,
    scenario_like,
)
from scenarios.reading.schemas import json_schemas

__all__ = [
    "CATALOGUE",
    "Alternative",
    "Atlas",
    "Dated",
    "Entry",
    "LoadedMeasure",
    "LoadedPolicy",
    "LoadedProgramme",
    "LoadedScenario",
    "LoadedThreat",
    "beside",
    "declared_kind",
    "find",
    "history_entries",
    "is_folder",
    "is_path",
    "json_schemas",
    "load_atlas",
    "load_history",
    "load_measure",
    "load_measures",
    "load_place",
    "load_policy",
    "load_procedure",
    "load_programme",
    "load_scenario",
    "load_threat",
    "located",
    "measure_entries",
    "needed_by",
    "place_entries",
    "plain_value",
    "policy_entries",
    "policy_files",
    "policy_from",
    "policy_like",
    "procedure_entries",
    "programme_entries",
    "programme_of",
    "read",
    "read_plain",
    "read_policy",
    "scenario_entries",
    "scenario_from",
    "scenario_like",
    "threat_entries",
]

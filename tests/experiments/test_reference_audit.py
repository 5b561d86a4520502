"""The audits that are committed: nothing is inert without a reason, and nothing becomes so.

`results/reference/audit` has ``audit.json`` of each shipped scenario that was audited, as
``SCENARIO.json``; where there is none there is nothing to hold. Reasons stand in
``experiments/catalogue/inert``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from agents import load_scenario
from experiments.analysis import Study, audit
from experiments.analysis.audit import newly_inert
from experiments.designs import audit_of, reason_for, reasons_of
from experiments.execution import How, run_plan
from experiments.execution.here import Here
from experiments.planning import make_plan, select_policies

FOLDER: Final = Path(__file__).parents[2] / "results" / "reference" / "audit"
REFERENCES: Final = sorted(FOLDER.glob("*.json"))

WORLDS: Final = 5
"""Worlds of an audit that is run to compare with one of many more."""

LEAST_MOVED: Final = 0.75
"""A part that moved something in fewer worlds than this share may be still in so few by chance."""


def document(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("path", REFERENCES, ids=lambda path: path.stem)
def test_what_is_inert_has_a_reason(path: Path) -> None:
    reasons = reasons_of(path.stem)
    assert [name for name in document(path)["inert"] if not reason_for(name, reasons)] == []


@pytest.mark.slow
@pytest.mark.parametrize("path", REFERENCES, ids=lambda path: path.stem)
def test_nothing_becomes_inert(path: Path, tmp_path: Path) -> None:
    before = document(path)
    scenario = load_scenario(path.stem)
    policies = select_policies(before["policies"], scenario).policies
    made = audit_of(scenario, policies)
    plan = make_plan(
        made.settings(),
        policies,
        baseline=None,
        seed=before["seed"],
        replications=WORLDS,
        experiment=made.document(),
    )
    assert run_plan(plan, tmp_path / "audit", How(Here())).complete
    now = audit(Study.of(tmp_path / "audit"), reasons_of(scenario.name))
    assert newly_inert(now, before, LEAST_MOVED) == []

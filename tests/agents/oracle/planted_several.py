"""Errors to plant where several threats meet: what one gives is counted as another's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agents.lane.workplace import Workplace
from agents.mechanisms.outbreak.batch import Outbreaks
from agents.society import caseload, totals
from scenarios.schema import COMMON_BY_THREAT
from tests.agents.oracle.planting import planted, replaced

if TYPE_CHECKING:
    import pytest


@planted("several", *(f"worm.{name}" for name in COMMON_BY_THREAT))
def _cases_of_all_count_to_each(patch: pytest.MonkeyPatch) -> None:
    def everybody(original: Any) -> Any:
        def groups_of(scenario: Any) -> Any:
            whole, *each = original(scenario)
            return whole, *(one._replace(threats=whole.threats) for one in each)

        return groups_of

    for module in (caseload, totals):
        replaced(patch, module, "groups_of", everybody)


@planted("several", "worm.staff_hours")
def _work_on_anything_is_work_on_the_worm(patch: pytest.MonkeyPatch) -> None:
    replaced(
        patch,
        Workplace,
        "hours",
        lambda original: lambda self, tick, *_: original(self, tick),
    )


@planted("several", "worm.outage_hours")
def _a_step_lasts_a_tick(patch: pytest.MonkeyPatch) -> None:
    def longer(original: Any) -> Any:
        def totals_of(self: Outbreaks, tick: int) -> Any:
            right, self._step_h = self._step_h, self._tick_h
            found = original(self, tick)
            self._step_h = right
            return found

        return totals_of

    replaced(patch, Outbreaks, "totals", longer)

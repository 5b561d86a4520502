"""Errors to plant in what any threat has: cases, hours, messages, years."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from agents.lane.cases import Case
from agents.lane.workplace import Workplace
from agents.society import caseload, cost, outcomes, totals
from agents.society.society import Society
from scenarios.schema import Scenario
from sim.seam import COUNTERS
from tests.agents.oracle.planting import planted, replaced

if TYPE_CHECKING:
    import pytest


@planted("crime", "person_years")
def _years_of_360_days_for_data(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(totals, "PERSON_DAYS_A_YEAR", 360)


@planted("crime", "wrongly_pursued_years")
def _years_of_360_days_for_the_pursued(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(totals, "HOURS_A_YEAR", 24 * 360)


@planted("crime", "wrongly_pursued_years")
def _pursued_since_the_case_was_opened(patch: pytest.MonkeyPatch) -> None:
    def pursued(self: Case, now: float) -> float:
        if self.upheld is None:
            return 0.0
        return (now if self.closed is None else self.closed) - self.opened

    patch.setattr(Case, "pursued", pursued)


@planted("crime", "wrongly_pursued", "wrongly_pursued_years")
def _one_person_a_coincidence(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(caseload, "persons_of", lambda *_: 1)
    patch.setattr(totals, "persons_of", lambda *_: 1)


@planted("crime", "wrongly_pursued", "wrongly_pursued_years")
def _the_first_state_that_errs_is_left_out(patch: pytest.MonkeyPatch) -> None:
    for module in (caseload, totals):
        replaced(
            patch, module, "wrongly_upheld", lambda original: lambda *asked: original(*asked)[1:]
        )


@planted("crime", "waiting_days")
def _who_waits_at_the_end_never_waited(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Case, "waiting", lambda self, _: self.waited)


@planted("crime", "cases_opened", "cases_closed", "waiting_days")
def _cases_about_nobody_count(patch: pytest.MonkeyPatch) -> None:
    for module in (caseload, totals):
        patch.setattr(module, "cases_on_subjects", lambda lane, _: lane.cases.all)


@planted("crime", "cases_dropped")
def _every_case_is_a_lead(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(totals, "kinds_of_lead", lambda scenario: set(scenario.procedures))


@planted("crime", "casework_hours")
def _open_work_is_not_counted(patch: pytest.MonkeyPatch) -> None:
    def closed_only(original: Any) -> Any:
        def hours(self: Workplace, *asked: Any) -> Any:
            held, self._held = self._held, {}
            found = original(self, *asked)
            self._held = held
            return found

        return hours

    replaced(patch, Workplace, "hours", closed_only)


@planted("crime", "false_casework_hours")
def _right_and_wrong_work_change_places(patch: pytest.MonkeyPatch) -> None:
    replaced(
        patch, Workplace, "hours", lambda original: lambda *asked: tuple(reversed(original(*asked)))
    )


@planted("fire", "casework_hours")
def _hours_ignore_how_many_places_work(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Workplace, "rate", lambda self, name, _: self._posts[name].hours_a_tick)


@planted("crime", "casework_hours@EU", "casework_hours@DE")
def _bodies_work_in_germany(patch: pytest.MonkeyPatch) -> None:
    def moved(original: Any) -> Any:
        def hours_by(self: Workplace, *asked: Any) -> Any:
            found = original(self, *asked)
            found["DE"] = found.get("DE", 0.0) + found.pop("europol", 0.0)
            return found

        return hours_by

    replaced(patch, Workplace, "hours_by", moved)


@planted("crime", "work_eur", "work_eur@DE")
def _everybody_costs_the_mean(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(cost, "hour_eur", lambda *_: 23.1)


@planted("crime", "unnecessary_disclosures", "needed_disclosures", "needed_disclosures@EU")
def _whoever_works_on_it_needs_nothing(patch: pytest.MonkeyPatch) -> None:
    def unnecessary(lane: Any, disclosed: Any) -> Any:
        needed = np.zeros(disclosed.shape, dtype=bool)
        for subject in range(len(disclosed)):
            seen = lane.engine.contributed(lane.number, subject)
            needed[subject, lane.groups_in(seen)] = True
        return np.where(needed, 0, disclosed).sum(axis=0)

    patch.setattr(totals, "unnecessary", unnecessary)


@planted("crime", "unnecessary_disclosures")
def _work_on_a_coincidence_is_a_need(patch: pytest.MonkeyPatch) -> None:
    def trusting(original: Any) -> Any:
        def unnecessary(lane: Any, disclosed: Any) -> Any:
            real, lane.__dict__["is_real"] = lane.is_real, lambda _: True
            found = original(lane, disclosed)
            lane.__dict__["is_real"] = real
            return found

        return unnecessary

    replaced(patch, totals, "unnecessary", trusting)


@planted("crime", "never_read_share")
def _of_all_reports_that_were_read(patch: pytest.MonkeyPatch) -> None:
    replaced(patch, Society, "never_read", lambda original: lambda self: original(self) / 2 + 0.01)


@planted("crime", "false_subjects", "false_recognitions")
def _recognitions_are_subjects(patch: pytest.MonkeyPatch) -> None:
    def mistaken(original: Any) -> Any:
        def totals_of(lanes: Any, *asked: Any) -> Any:
            found = original(lanes, *asked)
            one, other = found.of["false_subjects"], found.of["false_recognitions"]
            found.of["false_subjects"], found.of["false_recognitions"] = other, one
            return found

        return totals_of

    for module in (totals, outcomes):
        replaced(patch, module, "totals_of", mistaken)


def _exchanged(patch: pytest.MonkeyPatch, one: str, other: str) -> None:
    """Have two columns of the counters change places."""
    names = {one: other, other: one}
    patch.setattr(totals, "COUNTERS", tuple(names.get(name, name) for name in COUNTERS))


@planted("crime", "refused_releases", "violations")
def _what_was_refused_was_done(patch: pytest.MonkeyPatch) -> None:
    _exchanged(patch, "refused", "violations")


@planted("crime", "searches", "guard_hits")
def _searches_are_hits(patch: pytest.MonkeyPatch) -> None:
    _exchanged(patch, "searches", "guard_hits")


@planted("crime", "disclosures", "disclosed_by_store")
def _reports_are_records(patch: pytest.MonkeyPatch) -> None:
    _exchanged(patch, "disclosures", "disclosed_by_store")


@planted("crime", "false_matches")
def _hits_are_false_matches(patch: pytest.MonkeyPatch) -> None:
    _exchanged(patch, "hits", "false_matches")


@planted("crime", "proceeds_meur@2011-12-02..12-31", "disclosures@2011-12-02..12-31")
def _a_year_ends_a_week_late(patch: pytest.MonkeyPatch) -> None:
    replaced(
        patch, Scenario, "ticks_of", lambda original: lambda self, year: original(self, year) + 28
    )

"""Errors to plant in what is read off an outbreak."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agents.mechanisms.outbreak.batch import Outbreaks
from agents.mechanisms.outbreak.compartments import Compartments
from agents.mechanisms.outbreak.outbreak import Outbreak
from tests.agents.oracle.planting import planted, replaced

if TYPE_CHECKING:
    import pytest


@planted("cyber", "gap_without_team")
def _gap_the_other_way_round(patch: pytest.MonkeyPatch) -> None:
    replaced(patch, Outbreaks, "_gap", lambda original: lambda *asked: -original(*asked))


@planted("cyber", "hours_to_first_warning", "hours_to_all_warned", "hours_to_case")
def _hours_of_the_run(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Outbreaks, "_hours", lambda self, _, tick: tick * self._tick_h)


@planted("cyber", "operators_infected")
def _who_works_again_was_never_infected(patch: pytest.MonkeyPatch) -> None:
    def infected(self: Outbreaks) -> Any:
        cells = self.compartments
        return (cells.infected + cells.isolated).sum(axis=2)

    patch.setattr(Outbreaks, "_infected", infected)


@planted("cyber", "outage_hours")
def _outage_without_the_first_state(patch: pytest.MonkeyPatch) -> None:
    def fewer(original: Any) -> Any:
        def step(self: Compartments, tick: int) -> Any:
            found = original(self, tick)
            self.outage[:, 2] = 0
            return found

        return step

    replaced(patch, Compartments, "step", fewer)


@planted("cyber", "peak_down")
def _peak_of_those_infected_only(patch: pytest.MonkeyPatch) -> None:
    def lower(original: Any) -> Any:
        def step(self: Compartments, tick: int) -> Any:
            before = self.peak_down.copy()
            found = original(self, tick)
            self.peak_down = before.clip(min=self.infected.sum(axis=(1, 2)))
            return found

        return step

    replaced(patch, Compartments, "step", lower)


@planted("cyber", "warned_in_time", "gap_without_team")
def _share_of_all_operators(patch: pytest.MonkeyPatch) -> None:
    def wider(original: Any) -> Any:
        def outcomes(self: Outbreaks) -> Any:
            cells = self.compartments
            right, cells.at_first = cells.at_first, cells.operators.sum(axis=1)[None, :]
            found = original(self)
            cells.at_first = right
            return found

        return outcomes

    replaced(patch, Outbreaks, "outcomes", wider)


@planted("cyber", "staff_hours")
def _operators_read_nothing(patch: pytest.MonkeyPatch) -> None:
    def idle(original: Any) -> Any:
        def warn(self: Outbreak, subject: int, place: int) -> None:
            original(self, subject, place)
            self.operator_hours.clear()

        return warn

    replaced(patch, Outbreak, "warn", idle)


@planted("cyber", "evidence_secured")
def _what_is_secured_counts_twice(patch: pytest.MonkeyPatch) -> None:
    def doubled(original: Any) -> Any:
        def secure(self: Outbreak, *asked: Any) -> Any:
            found = original(self, *asked)
            self.secured = {place: 2 * number for place, number in self.secured.items()}
            return found

        return secure

    replaced(patch, Outbreak, "secure", doubled)


@planted("cyber", "false_alarms")
def _a_false_alarm_counts_once_in_all(patch: pytest.MonkeyPatch) -> None:
    def once(original: Any) -> Any:
        def warn(self: Outbreak, subject: int, place: int) -> None:
            original(self, subject, place)
            for state in list(self.false_alarms)[1:]:
                del self.false_alarms[state]

        return warn

    replaced(patch, Outbreak, "warn", once)


@planted("cyber", "indicators_written")
def _indicators_of_coincidences_do_not_count(patch: pytest.MonkeyPatch) -> None:
    def fewer(original: Any) -> Any:
        def written(self: Outbreak, subject: int) -> None:
            if self.lane.is_real(subject):
                original(self, subject)

        return written

    replaced(patch, Outbreak, "indicator_written", fewer)


@planted("cyber", "indicator_readers")
def _who_reads_of_anything_reads(patch: pytest.MonkeyPatch) -> None:
    def read(self: Outbreak, subject: int, group: str) -> None:
        self.readers.add(f"{group} {subject}")

    patch.setattr(Outbreak, "indicator_read", read)

"""Errors to plant in what is read off fires and calls for help."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.casework.civil_protection import CivilProtection
from agents.lane.help import Call, Help, Standby
from agents.mechanisms.fires import batch
from agents.mechanisms.fires.fires import ONE, Fires
from tests.agents.oracle.planting import planted, replaced

if TYPE_CHECKING:
    import pytest


@planted("fire", "refused_offers")
def _a_withdrawn_offer_is_not_counted(patch: pytest.MonkeyPatch) -> None:
    def silent(original: Any) -> Any:
        def hear_back(self: CivilProtection, call: Call, offer: Any) -> None:
            before = self._help.refused
            original(self, call, offer)
            self._help.refused = before

        return hear_back

    replaced(patch, CivilProtection, "_hear_back", silent)


@planted("fire", "duplicated_offers")
def _open_offers_promise_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Call, "offered", property(lambda self: self.committed))


@planted("fire", "standby_hours")
def _stand_by_goes_on_for_ever(patch: pytest.MonkeyPatch) -> None:
    def module_ticks(self: Standby, end: float) -> float:
        return self.used_ticks + self.left.total * (end - self.begun)

    patch.setattr(Standby, "module_ticks", module_ticks)


@planted("fire", "standby_hours")
def _modules_that_leave_never_stood_by(patch: pytest.MonkeyPatch) -> None:
    def module_ticks(self: Standby, end: float) -> float:
        return self.left.total * (min(self.until, end) - self.begun)

    patch.setattr(Standby, "module_ticks", module_ticks)


@planted("fire", "false_warnings")
def _every_warning_is_false(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Help, "was_for_nothing", lambda *_: True)


@planted("fire", "hours_to_first_offer", "hours_to_first_aircraft")
def _hours_since_the_call_was_written(patch: pytest.MonkeyPatch) -> None:
    def later(original: Any) -> Any:
        def outcomes(self: Help, horizon: int, tick_h: float) -> Any:
            opened = [call.opened for call in self.calls]
            for call in self.calls:
                call.opened = call.opened if call.first_call is None else call.first_call
            found = original(self, horizon, tick_h)
            for call, tick in zip(self.calls, opened, strict=True):
                call.opened = tick
            return found

        return outcomes

    replaced(patch, Help, "outcomes", later)


@planted("fire", "unanswered_calls", "hours_to_first_aircraft")
def _ground_modules_fly(patch: pytest.MonkeyPatch) -> None:
    first = property(lambda self: self.stays[0].arrived if self.stays else None)
    patch.setattr(Call, "first_aircraft", first)


@planted("fire", "calls")
def _calls_that_were_never_written_count(patch: pytest.MonkeyPatch) -> None:
    replaced(
        patch,
        Help,
        "totals",
        lambda original: lambda self, *asked: {**original(self, *asked), "calls": math.pi},
    )


@planted("fire", "hectares_burnt")
def _small_fires_burn_nothing(patch: pytest.MonkeyPatch) -> None:
    def without(original: Any) -> Any:
        def burn(self: Fires, of_day: int) -> None:
            self.burnt -= self._small[of_day] * self.danger
            original(self, of_day)

        return burn

    replaced(patch, Fires, "_burn", without)


@planted("fire", "unmet_need_hours")
def _hours_are_ticks(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(batch.FireSeasons, "_module_hours", lambda _, ticks: ticks.sum(axis=1) / ONE)


@planted("fire", "assistance_given", "unequal_assistance")
def _only_aircraft_are_help(patch: pytest.MonkeyPatch) -> None:
    def fewer(original: Any) -> Any:
        def step(self: Fires, tick: int) -> Any:
            found = original(self, tick)
            self.given -= self.lent_ground
            return found

        return step

    replaced(patch, Fires, "step", fewer)


@planted("fire", "fires")
def _large_fires_are_not_counted(patch: pytest.MonkeyPatch) -> None:
    def fewer(original: Any) -> Any:
        def count(self: batch.FireSeasons) -> Any:
            return original(self) - self.fires.outbreaks.sum(axis=1)

        return count

    replaced(patch, batch.FireSeasons, "_fires", fewer)


@planted("fire", "unequal_assistance")
def _states_are_a_sample(patch: pytest.MonkeyPatch) -> None:
    class Numbers:
        std = staticmethod(lambda row: np.std(row, ddof=1))

        def __getattr__(self, name: str) -> Any:
            return getattr(np, name)

    patch.setattr(batch, "np", Numbers())


@planted("fire", "unmet_need_hours", "hectares_burnt")
def _a_state_is_left_out(patch: pytest.MonkeyPatch) -> None:
    def fewer(original: Any) -> Any:
        def totals(self: batch.FireSeasons, tick: int) -> Any:
            burnt, unmet = self.fires.burnt, self.fires.unmet
            self.fires.burnt, self.fires.unmet = burnt[:, :-2], unmet[:, :-2]
            found = original(self, tick)
            self.fires.burnt, self.fires.unmet = burnt, unmet
            return found

        return totals

    replaced(patch, batch.FireSeasons, "totals", fewer)

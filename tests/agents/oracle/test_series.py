"""Every recorded series is what the oracle adds up, and errors in them are noticed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest

from agents.lane import Lane
from agents.lane.workplace import Workplace
from agents.mechanisms.fires.batch import FireSeasons
from agents.mechanisms.flow.batch import Flows
from agents.mechanisms.network.batch import Networks
from agents.mechanisms.outbreak.batch import Outbreaks
from agents.society import society
from agents.society.society import Society
from sim.seam import COUNTERS
from tests.agents.oracle.planting import replaced
from tests.agents.oracle.series import NOT_TOLD, errors
from tests.agents.oracle.test_planted import where
from tests.agents.oracle.witness import Witness
from tests.agents.oracle.worlds import (
    World,
    crimes,
    crossings,
    held_to_the_oracle,
    meetings,
    outbreaks,
    plots,
    seasons,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.agents.oracle.planting import Plant


def errors_in(one: World) -> dict[str, tuple[float, float, float]]:
    """Return the series of a lane that are not what the oracle says."""
    told = one.replayed()
    return errors(Witness.of(one.compiled, one.lane, told), told.result)


@pytest.mark.long
@held_to_the_oracle(crimes(), examples=4)
def test_series_of_networks(one: World) -> None:
    assert errors_in(one) == {}


@held_to_the_oracle(crossings(), examples=2)
def test_series_of_crossings(one: World) -> None:
    assert errors_in(one) == {}


@held_to_the_oracle(outbreaks(), examples=4)
def test_series_of_outbreaks(one: World) -> None:
    assert errors_in(one) == {}


@held_to_the_oracle(plots(), examples=3)
def test_series_of_plots(one: World) -> None:
    assert errors_in(one) == {}


@held_to_the_oracle(seasons(), examples=3)
def test_series_of_fires(one: World) -> None:
    assert errors_in(one) == {}


@held_to_the_oracle(meetings(), examples=2)
def test_series_of_several_threats(one: World) -> None:
    assert errors_in(one) == {}


def _series(kind: type[Any], name: str, change: Callable[[Any, Any], Any]) -> Plant:
    """Have a threat give something else as a series: of itself, and what it gives."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        def otherwise(original: Any) -> Any:
            def series(self: Any) -> Any:
                found = original(self)
                return {**found, name: change(self, found[name])}

            return series

        replaced(patch, kind, "series", otherwise)

    return plant


def _a_record_late(patch: pytest.MonkeyPatch) -> None:
    def late(original: Any) -> Any:
        def record(self: Society, column: int) -> None:
            original(self, max(column - 1, 0))

        return record

    replaced(patch, Society, "_record", late)


def _nobody_works(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Workplace, "open_now", property(lambda _: 0))


def _what_is_told_is_read(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(society, "_DISCLOSURES", COUNTERS.index("read"))


def _awareness_is_never_lost(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Lane, "forget_recognitions", lambda *_: None)


PLANTED: Final[dict[str, tuple[str, Plant, frozenset[str]]]] = {
    "late": (
        "crime",
        _a_record_late,
        frozenset(("disclosures", "open_cases", "members_arrested", "aware_organisations")),
    ),
    "nobody works": ("crime", _nobody_works, frozenset(("open_cases",))),
    "told is read": ("crime", _what_is_told_is_read, frozenset(("disclosures",))),
    "never lost": ("crime", _awareness_is_never_lost, frozenset(("aware_organisations",))),
    "proceeds": (
        "crime",
        _series(Networks, "proceeds_meur", lambda _, found: found * 52 / 52.14),
        frozenset(("proceeds_meur",)),
    ),
    "freed": (
        "crime",
        _series(Networks, "victims_freed", lambda self, _: self._sums("victims")),
        frozenset(("victims_freed",)),
    ),
    "down": (
        "cyber",
        _series(
            Outbreaks,
            "operators_down",
            lambda self, _: self.compartments.infected.sum(axis=(1, 2)).astype(float),
        ),
        frozenset(("operators_down",)),
    ),
    "infected": (
        "cyber",
        _series(
            Outbreaks,
            "operators_infected",
            lambda self, _: self.compartments.down.sum(axis=1).astype(float),
        ),
        frozenset(("operators_infected",)),
    ),
    "warned": (
        "cyber",
        _series(Outbreaks, "warned_states", lambda _, found: np.maximum(found - 1, 0)),
        frozenset(("warned_states",)),
    ),
    "set out": (
        "borders",
        _series(Flows, "set_out", lambda _, found: found + 1),
        frozenset(("set_out",)),
    ),
    "stopped": (
        "borders",
        _series(
            Flows,
            "stopped",
            lambda self, _: self.stream.books.found.sum(axis=(1, 2)).astype(float),
        ),
        frozenset(("stopped",)),
    ),
    "lost": (
        "borders",
        _series(
            Flows,
            "lost",
            lambda self, _: self.stream.books.rescued.sum(axis=(1, 2)).astype(float),
        ),
        frozenset(("lost",)),
    ),
    **{
        f"met {route}": (
            "borders",
            _series(Flows, f"met_{route}", lambda _, found: found + 1),
            frozenset((f"met_{route}",)),
        )
        for route in (
            "central_mediterranean",
            "eastern_mediterranean_land",
            "eastern_mediterranean_sea",
            "western_mediterranean_land",
            "western_mediterranean_sea",
        )
    },
    "burnt": (
        "fire",
        _series(FireSeasons, "hectares_burnt", lambda _, found: found * 0.9),
        frozenset(("hectares_burnt",)),
    ),
    "unmet": (
        "fire",
        _series(FireSeasons, "unmet_need_hours", lambda _, found: found * 2),
        frozenset(("unmet_need_hours",)),
    ),
    "calls": (
        "fire",
        _series(
            FireSeasons,
            "open_calls",
            lambda self, _: np.array([float(len(one.help.calls)) for one in self._lanes]),
        ),
        frozenset(("open_calls",)),
    ),
    "abroad": (
        "fire",
        _series(
            FireSeasons,
            "modules_abroad",
            lambda self, _: self.fires.lent_aircraft.sum(axis=1).astype(float),
        ),
        frozenset(("modules_abroad",)),
    ),
}


@pytest.mark.parametrize("name", ["borders", "crime", "cyber", "fire"])
def test_without_an_error_nothing_is_noticed(name: str) -> None:
    assert errors_in(where(name)) == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", list(PLANTED))
def test_a_planted_error_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world, plant, wrong = PLANTED[name]
    one = where(world)
    plant(monkeypatch)
    assert wrong <= errors_in(one).keys()


def test_every_series_is_made_wrong_by_some_error() -> None:
    wrong = {series for _, _, found in PLANTED.values() for series in found}
    told = {
        series
        for name in ("borders", "crime", "cyber", "fire")
        for series in where(name).replayed().result.series
    }
    assert told - {NOT_TOLD} == wrong

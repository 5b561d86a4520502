"""Errors to plant in what is read off a flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from agents.mechanisms.flow.batch import Flows
from agents.mechanisms.flow.rings import Traffic
from agents.mechanisms.flow.stream import Stream
from tests.agents.oracle.planting import planted, replaced

if TYPE_CHECKING:
    import pytest

_BOOKED: Final = ("set_out", "through", "found", "rescued", "lost", "finds")


def _booked(patch: pytest.MonkeyPatch, *names: str) -> None:
    """Have some books say that twice as much came of each tick."""

    def twice(original: Any) -> Any:
        def step(self: Stream, tick: int) -> None:
            before = {name: getattr(self.books, name).copy() for name in names}
            original(self, tick)
            for name, was in before.items():
                now = getattr(self.books, name)
                setattr(self.books, name, now + (now - was))

        return step

    replaced(patch, Stream, "step", twice)


@planted("borders", "set_out", "through", "stopped", "turned_back", "rescued", "lost", "finds")
def _loads_count_twice(patch: pytest.MonkeyPatch) -> None:
    _booked(patch, *_BOOKED)


@planted("borders", "through_share", "finds_per_1000_checks")
def _what_is_found_gets_through(patch: pytest.MonkeyPatch) -> None:
    _booked(patch, "through", "finds")


@planted("borders", "checks", "deterred", "displaced")
def _half_of_the_checks_and_choices(patch: pytest.MonkeyPatch) -> None:
    def halved(original: Any) -> Any:
        def totals(self: Flows, tick: int) -> Any:
            found = original(self, tick)
            half = {name: found[name] / 2 for name in ("checks", "deterred", "displaced")}
            return {**found, **half}

        return totals

    replaced(patch, Flows, "totals", halved)


@planted("borders", "fees_meur")
def _fees_are_paid_by_those_who_arrive(patch: pytest.MonkeyPatch) -> None:
    def otherwise(original: Any) -> Any:
        def totals(self: Flows, tick: int) -> Any:
            self._paid_on = "arriving"
            return original(self, tick)

        return totals

    replaced(patch, Flows, "totals", otherwise)


@planted("borders", "facilitators_arrested", "rings_broken")
def _an_arrest_is_booked_again(patch: pytest.MonkeyPatch) -> None:
    def again(original: Any) -> Any:
        def arrest(self: Traffic, *asked: Any) -> Any:
            taken = original(self, *asked)
            self.arrested = {place: 2 * number for place, number in self.arrested.items()}
            self.broken += bool(taken)
            return taken

        return arrest

    replaced(patch, Traffic, "arrest", again)


@planted("borders", "frozen_meur")
def _what_is_frozen_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    def forgotten(original: Any) -> Any:
        def freeze(self: Traffic, *asked: Any) -> Any:
            found = original(self, *asked)
            self.frozen.clear()
            return found

        return freeze

    replaced(patch, Traffic, "freeze", forgotten)


@planted("borders", "rings_replaced", "days_to_recognition", "recognised_share")
def _who_comes_after_is_the_same_ring(patch: pytest.MonkeyPatch) -> None:
    def same(original: Any) -> Any:
        def back(self: Traffic, ring: Any) -> None:
            original(self, ring)
            self.replaced -= 1
            ring.known.pop()

        return back

    replaced(patch, Traffic, "_return", same)


@planted("borders", "stopped@IT", "through@IT", "lost@MT")
def _places_are_shifted(patch: pytest.MonkeyPatch) -> None:
    replaced(
        patch,
        Flows,
        "_at",
        lambda original: lambda self, *asked: np.roll(original(self, *asked), 1, axis=1),
    )

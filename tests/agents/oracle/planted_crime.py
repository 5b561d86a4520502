"""Errors to plant in the books of criminal networks and in what is read off them."""

from __future__ import annotations

from statistics import median, stdev
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.mechanisms.network import batch
from agents.mechanisms.network.ledger import Ledger
from agents.mechanisms.network.network import CriminalNetwork
from tests.agents.oracle.planting import planted, replaced
from tests.agents.small import MEMBERS

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest


def _booked(
    patch: pytest.MonkeyPatch, method: str, entry: str, book: Callable[[float, float], float]
) -> None:
    """Have a method book something else: of what stood there before, and what is there now."""

    def otherwise(original: Any) -> Any:
        def done(self: CriminalNetwork, *asked: Any) -> Any:
            before = getattr(self.ledger, entry)
            found = original(self, *asked)
            setattr(self.ledger, entry, book(before, getattr(self.ledger, entry)))
            return found

        return done

    replaced(patch, CriminalNetwork, method, otherwise)


@planted("crime", "victim_years")
def _years_of_52_weeks(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(batch._FLOWS, "victim_years", ("victim_weeks", 1 / 52))


@planted("crime", "proceeds_meur")
def _proceeds_in_thousands(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(batch._FLOWS, "proceeds_meur", ("proceeds", 1e-3))


@planted("crime", "confiscated_meur", "confiscated_share")
def _all_that_is_frozen_is_kept(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(batch._FLOWS, "confiscated_meur", ("frozen", 1e-6))
    replaced(
        patch,
        batch,
        "_all",
        lambda original: (
            lambda books, name: original(books, "frozen" if name == "confiscated" else name)
        ),
    )


@planted("crime", "frozen_meur")
def _half_as_much_is_frozen(patch: pytest.MonkeyPatch) -> None:
    _booked(patch, "freeze", "frozen", lambda before, now: (before + now) / 2)


@planted("crime", "victim_years@DE", "victims_exploited@DE", "proceeds_meur@DE")
def _all_that_is_of_germany_is_austrian(patch: pytest.MonkeyPatch) -> None:
    def moved(original: Any) -> Any:
        def at(self: Ledger, place: int, **entries: float) -> None:
            original(self, 0 if place == MEMBERS.index("DE") else place, **entries)

        return at

    replaced(patch, Ledger, "at", moved)


@planted("crime", "victims_freed")
def _half_as_many_are_freed(patch: pytest.MonkeyPatch) -> None:
    _booked(patch, "free", "freed", lambda before, now: (before + now) / 2)


@planted("crime", "members_arrested", "arrested_share")
def _nobody_is_arrested_in_raids(patch: pytest.MonkeyPatch) -> None:
    _booked(patch, "raid", "arrested", lambda before, _: before)


@planted("crime", "members_convicted")
def _courts_convict_one_too_many(patch: pytest.MonkeyPatch) -> None:
    _booked(patch, "convict", "convicted", lambda before, now: max(before + 1, now))


@planted("crime", "arrested_share")
def _recruits_are_no_members(patch: pytest.MonkeyPatch) -> None:
    _booked(patch, "_recruit", "members", lambda before, _: before)


@planted("crime", "victims_exploited")
def _only_those_held_at_first_are_victims(patch: pytest.MonkeyPatch) -> None:
    _booked(patch, "_exploit", "victims", lambda before, _: before)


@planted("crime", "common_actions")
def _every_raid_is_common(patch: pytest.MonkeyPatch) -> None:
    _booked(patch, "raid", "common_actions", lambda before, _: before + 1)


@planted("crime", "leaks")
def _a_leak_counts_twice(patch: pytest.MonkeyPatch) -> None:
    _booked(patch, "_listen", "leaks", lambda before, now: 2 * now - before)


@planted("crime", "networks_replaced")
def _nobody_is_replaced(patch: pytest.MonkeyPatch) -> None:
    _booked(patch, "_return", "replaced", lambda before, _: before)


@planted("crime", "unequal_awareness")
def _spread_of_a_sample(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(batch, "pstdev", lambda values: stdev([*values]))


@planted("crime", "days_to_recognition")
def _medians_for_means(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(batch, "fmean", median)


@planted("crime", "days_to_recognition", "days_to_first_arrest", "days_to_europol")
def _days_of_the_run(patch: pytest.MonkeyPatch) -> None:
    def late(original: Any) -> Any:
        def begun(self: CriminalNetwork) -> None:
            original(self)
            self.known[-1].began = 0

        return begun

    replaced(patch, CriminalNetwork, "_begin", late)


@planted("crime", "recognised_share", "days_to_recognition", "days_to_europol")
def _nobody_knows_any_group(patch: pytest.MonkeyPatch) -> None:
    def forgotten(original: Any) -> Any:
        def books(self: CriminalNetwork) -> Any:
            for known in original(self):
                known.first = {}
            return self.known

        return books

    replaced(patch, CriminalNetwork, "books", forgotten)


@planted("crime", "days_to_recognition")
def _only_the_last_group_counts(patch: pytest.MonkeyPatch) -> None:
    replaced(patch, CriminalNetwork, "books", lambda original: lambda self: original(self)[-1:])


@planted("crime", "victim_years", "members_arrested", "networks_dismantled")
def _the_first_network_is_left_out(patch: pytest.MonkeyPatch) -> None:
    def fewer(self: batch.Networks, name: str) -> Any:
        return np.array(
            [
                float(sum(getattr(one.ledger, name) for one in lane.networks[1:]))
                for lane in self._lanes
            ]
        )

    patch.setattr(batch.Networks, "_sums", fewer)

"""Errors to plant in what is read off plots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from agents.mechanisms.plot import conspiracy
from agents.mechanisms.plot.batch import Plots
from agents.mechanisms.plot.conspiracy import Conspiracy
from agents.mechanisms.plot.ledger import Ledger, Watches
from tests.agents.oracle.planting import planted, replaced

if TYPE_CHECKING:
    import pytest

STAGES: Final = ("propaganda", "contact", "travel", "funds", "materials", "reconnaissance")


def _entered(patch: pytest.MonkeyPatch, change: Any) -> None:
    """Have other entries in the books."""

    def other(original: Any) -> Any:
        def enter(self: Ledger, place: int, **entries: float) -> None:
            original(self, place, **change(entries))

        return enter

    replaced(patch, Ledger, "enter", other)


@planted(
    "plot",
    "attacks",
    "attacks_failed",
    "plots_stopped",
    "plots_disengaged",
    "plots_deterred",
    "plots_given_up",
    "stopped_share",
)
def _every_end_is_any_end(patch: pytest.MonkeyPatch) -> None:
    ends = set(conspiracy._BOOKED.values())
    _entered(patch, lambda entries: dict.fromkeys(ends, 1) if ends & set(entries) else entries)


@planted("plot", *(f"stopped_in_{stage}" for stage in STAGES))
def _who_is_stopped_was_in_every_stage(patch: pytest.MonkeyPatch) -> None:
    stages = {f"stopped_in_{stage}" for stage in STAGES}
    _entered(patch, lambda entries: dict.fromkeys(stages, 1) if stages & set(entries) else entries)


@planted("plot", "dead", "injured")
def _the_dead_are_injured(patch: pytest.MonkeyPatch) -> None:
    other = {"dead": "injured", "injured": "dead"}
    _entered(patch, lambda entries: {other.get(name, name): n for name, n in entries.items()})


@planted("plot", "persons_arrested", "persons_convicted", "persons_disengaged", "content_removed")
def _who_goes_counts_twice(patch: pytest.MonkeyPatch) -> None:
    twice = {"persons_arrested", "persons_convicted", "persons_disengaged", "content_removed"}
    _entered(patch, lambda entries: {k: n * (1 + (k in twice)) for k, n in entries.items()})


@planted("plot", "watched_person_days", "watched_for_nothing_days")
def _watches_in_ticks(patch: pytest.MonkeyPatch) -> None:
    replaced(
        patch, Watches, "_days", lambda original: lambda self, *a: original(self, *a) * self._day
    )


@planted("plot", "watched_for_nothing")
def _whoever_is_watched_is_so_for_nothing(patch: pytest.MonkeyPatch) -> None:
    def wrongly(original: Any) -> Any:
        return lambda *asked, **_: original(*asked, real=False)

    replaced(patch, Watches, "begin", wrongly)


@planted("plot", "plots_begun")
def _plots_that_are_over_have_not_begun(patch: pytest.MonkeyPatch) -> None:
    def fewer(original: Any) -> Any:
        def booked(self: Plots, tick: int) -> Any:
            found = original(self, tick)
            for books, plotters in zip(found, self._lanes, strict=True):
                over = [plot for plot in plotters.plots if plot.ended is not None]
                for plot in over:
                    books["plots_begun"][plot.home] -= 1
            return found

        return booked

    replaced(patch, Plots, "_booked", fewer)


@planted("plot", "days_of_warning", "recognised_share")
def _one_desk_alone_knows(patch: pytest.MonkeyPatch) -> None:
    def known(self: Plots, lane: Any, plot: Conspiracy) -> float:
        del self
        return float(lane.recognitions_of(plot.subject).get("SK", float("inf")))

    patch.setattr(Plots, "_first_known", known)

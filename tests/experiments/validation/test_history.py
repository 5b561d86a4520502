"""A scenario beside history: the table and the picture, and what the verdicts mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from agents.calls import QUANTITIES, read_calls
from experiments.validation import figure as picture
from experiments.validation.history import compare, report, table
from scenarios import SpecError
from scenarios.reading.load import load_history
from scenarios.schema.history import History
from sim import LaneId
from tests.agents.small_fire import compiled_fire


@pytest.fixture(scope="module")
def history() -> History:
    return load_history("greece-2007")


def test_every_event_has_a_source_and_a_quantity_of_the_model(history: History) -> None:
    for event in history.events:
        assert event.source
        assert event.quantity in {*QUANTITIES, "calls"}


def test_an_interval_is_ordered(history: History) -> None:
    event = history.events[0]
    with pytest.raises(ValueError, match="low to high"):
        type(event)(**{**event.model_dump(exclude_none=True), "low": 6.0})


def test_an_unknown_history_is_refused() -> None:
    with pytest.raises(SpecError, match="greece"):
        load_history("greece-2008")


def fake(history: History, shift: float) -> dict[str, np.ndarray]:
    """Values around what happened, shifted by so many times the interval's middle."""
    values = {}
    for event in history.events:
        middle = (event.low + event.high) / 2
        values[event.quantity] = middle * np.linspace(0.5, 1.5, 101) * shift
    return values


def test_what_happened_is_usual_in_a_model_of_it(history: History) -> None:
    one = history.model_copy(update={"events": history.events[:1]})
    rows = compare(one, fake(one, 1.0), fake(one, 1.0))
    assert [row.verdict for row in rows] == ["usual"]
    assert rows[0].median == pytest.approx(5)
    assert rows[0].place == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(("shift", "side"), [(0.1, "more"), (10.0, "less")])
def test_a_miss_is_called_a_miss(history: History, shift: float, side: str) -> None:
    one = history.model_copy(update={"events": history.events[:1]})
    (row,) = compare(one, fake(one, shift), fake(one, 1.0))
    assert row.verdict == f"missed: history is {side}"


def test_never_counts_as_above_everything(history: History) -> None:
    one = history.model_copy(update={"events": history.events[:1]})
    values = {one.events[0].quantity: np.array([1.0, np.inf, np.inf, np.nan])}
    (row,) = compare(one, values, values)
    assert row.count == 3
    assert row.below == pytest.approx(1 / 3)
    assert "never" in table(one, [row])


def test_quantities_of_real_calls(history: History, tmp_path: Path) -> None:
    values = read_calls(compiled_fire(("bilateral",)), [LaneId(0, 3, n) for n in range(3)], "EL")
    calls = values["first_offer_h"].size
    assert calls > 0
    assert values["calls"].shape == (3,)
    for name in QUANTITIES:
        assert values[name].shape == (calls,)
    reached = np.isfinite(values["first_aircraft_h"])
    assert (values["first_offer_h"][reached] < values["first_aircraft_h"][reached]).all()
    assert (values["aircraft_accepted"][reached] > 0).all()
    rows = compare(history, values, values)
    text = report(history, rows, 3)
    for event in history.events:
        assert event.label in text
    picture.save(rows, values, tmp_path / "picture.png")
    assert (tmp_path / "picture.png").stat().st_size > 10_000

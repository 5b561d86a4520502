"""A scenario beside history: the table and the picture, and what the verdicts mean."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from agents import load_scenario
from agents.society.calls import QUANTITIES, read_calls
from experiments.cli import main
from experiments.figures import style
from experiments.validation import figure as picture
from experiments.validation.history import compare, report, table
from experiments.validation.known import Known, read_known
from scenarios import SpecError, compile_world, load_policy
from scenarios.reading import CATALOGUE
from scenarios.schema.history import History
from sim import LaneId
from tests.agents.small_fire import compiled_fire


@pytest.fixture(scope="module")
def known() -> Known:
    return read_known("greece-2007")


@pytest.fixture(scope="module")
def history(known: Known) -> History:
    return known.history


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
        read_known("greece-2008")


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


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0, 9, "says little"),  # all there is
        (4, 7, "says little"),
        (4, 6, "usual"),
        (6, 7.4, "usual"),
        (7.2, 100, "unusual: history is more"),
        (7.5, 7.5, "missed: history is more"),
        (8, 100, "missed: history is more"),  # wide, and none of the model's values in it
        (0, 2.6, "missed: history is less"),
    ],
)
def test_an_interval_in_which_nearly_any_value_lies_says_little(history, low, high, verdict):
    event = history.events[0].model_copy(update={"low": low, "high": high})
    one = history.model_copy(update={"events": (event,)})
    values = {event.quantity: 5 * np.linspace(0.5, 1.5, 101)}
    (row,) = compare(one, values, values)
    assert row.verdict == verdict


def test_never_counts_as_above_everything(known: Known) -> None:
    one = known.history.model_copy(update={"events": known.history.events[:1]})
    values = {one.events[0].quantity: np.array([1.0, np.inf, np.inf, np.nan])}
    (row,) = compare(one, values, values)
    assert row.count == 3
    assert row.below == pytest.approx(1 / 3)
    assert "never" in table(replace(known, history=one), [row])


def test_what_was_never_read_is_nothing_to_compare(known: Known) -> None:
    values = {event.quantity: np.zeros(0) for event in known.history.events}
    rows = compare(known.history, values, values)
    assert {row.verdict for row in rows} == {"nothing to compare"}
    assert "nan" not in table(known, rows)


def test_text_of_a_file_stays_in_its_cell(known: Known) -> None:
    event = known.history.events[0].model_copy(update={"label": "a | b\n\x1b[31m"})
    one = replace(known, history=known.history.model_copy(update={"events": (event,)}))
    values = {event.quantity: np.ones(3)}
    *_, line = table(one, compare(one.history, values, values)).splitlines()
    assert "\x1b" not in line
    assert line.replace("\\|", "").count("|") == 9


def test_quantities_of_real_calls(known: Known) -> None:
    values = read_calls(compiled_fire(("bilateral",)), [LaneId(0, 3, n) for n in range(3)], "EL")
    calls = values["first_offer_h"].size
    assert calls > 0
    assert values["calls"].shape == (3,)
    for name in QUANTITIES:
        assert values[name].shape == (calls,)
    reached = np.isfinite(values["first_aircraft_h"])
    assert (values["first_offer_h"][reached] < values["first_aircraft_h"][reached]).all()
    assert (values["aircraft_accepted"][reached] > 0).all()
    rows = compare(known.history, values, values)
    text = report(known, rows, calls=calls, worlds=3)
    for event in known.history.events:
        assert event.label in text
    with style.settings():
        assert len(picture.draw(rows, values).axes) == len(rows)


HISTORY = (CATALOGUE / "history" / "greece-2007.yaml").read_text(encoding="utf-8")
OWN = """\
history: mine
meaning: calls by a state in a month
scenario: forest-fire
policy: ./mine.yaml
beside: bilateral
state: EL
events:
  - {quantity: calls, event: July, label: Calls, unit: calls, low: 1, high: 30, source: a report}
"""
POLICY = "policy: mine\nmeaning: a copy\nsource: trial\nextends: bilateral\nrules: []\n"


def test_a_history_of_ones_own_is_run(tmp_path, capsys, monkeypatch):
    (tmp_path / "mine.yaml").write_text(POLICY)
    (tmp_path / "history.yaml").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["history", "history.yaml", "--replications", "2", "--seed", "7", "--out", "out"])
    assert not ended.value.code
    shown = capsys.readouterr().out
    assert "policy mine, 2 worlds" in shown
    assert shown.endswith("out/mine.md\nout/mine.png\n")
    assert (tmp_path / "out" / "mine.md").read_text() in shown
    assert (tmp_path / "out" / "mine.png").stat().st_size > 5_000
    [row] = [line for line in shown.splitlines() if line.startswith("| July")]
    values = read_calls(
        compile_world(load_scenario("forest-fire"), [load_policy("bilateral")]),
        [LaneId(0, 7, number) for number in range(2)],
        "EL",
    )["calls"]
    assert row.split("|")[4].strip() == f"{np.quantile(values, 0.5, method='inverted_cdf'):.3g}"


@pytest.mark.parametrize(
    ("found", "written", "told"),
    [
        ("scenario: forest-fire", "scenario: organised-crime", "nobody calls for help"),
        ("scenario: forest-fire", "scenario: cyber-outbreak", "nobody calls for help"),
        ("scenario: forest-fire", "scenario: ./none.yaml", "none.yaml"),
        ("beside: hub-and-spoke", "beside: bilateral", "two regimes"),
        ("beside: hub-and-spoke", "beside: hit-no-hit", "not for threats of the family disaster"),
        ("policy: bilateral", "policy: originator-control", "not for threats of the family"),
        ("state: EL", "state: XX", "state = XX"),
        ("quantity: stay_d", "quantity: stay_h", "stay_d"),
        ("unit: days", "unit: hours", "stay_d is in days"),
        (
            "unit: hours\n    low: 12\n    high: 18",
            "unit: h\n    low: 12\n    high: 18",
            "in hours",
        ),
        ("high: 54", "high: 1e300", "1000000000"),
        ("high: 54", "high: .inf", "events[2].high"),
        ("high: 54", "high: 5", "low to high"),
    ],
)
def test_rules_hold_when_it_is_checked_and_when_it_is_run(tmp_path, capsys, found, written, told):
    assert found in HISTORY
    path = tmp_path / "mine.yaml"
    path.write_text(HISTORY.replace(found, written, 1), encoding="utf-8")
    errors = []
    for command in (["validate", path], ["history", path, "--out", tmp_path / "out"]):
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in command])
        assert ended.value.code == 2
        errors.append(capsys.readouterr().err)
    assert errors[0] == errors[1]
    assert told in errors[0]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "options",
    [("--replications", "0"), ("--seed", "-1"), ("--out", "{file}"), ("--out", "{link}"), ("--x",)],
)
def test_what_is_refused_writes_nothing(tmp_path, options):
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_text("mine")
    link.mkdir()
    (link / "greece-2007.md").symlink_to(tmp_path / "theirs")
    words = [one.format(file=file, link=link) for one in options]
    with pytest.raises(SystemExit) as ended:
        main(["history", "greece-2007", "--out", str(tmp_path / "out"), *words])
    assert ended.value.code == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link"]


def test_help_runs_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["history", "--help"])
    assert not ended.value.code
    assert "--replications" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())

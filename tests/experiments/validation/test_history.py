"""A scenario beside history: the table and the picture, and what the verdicts mean."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from agents import load_scenario
from agents.society.batch import run_batch
from agents.society.quantities import read_off
from experiments.cli import main
from experiments.figures import style
from experiments.validation import figure as picture, running
from experiments.validation.history import compare, report, table
from experiments.validation.known import Known, read_known
from scenarios import SpecError, load_policy
from scenarios.reading import CATALOGUE, history_entries
from scenarios.schema.history import Event, History
from sim import LaneId
from tests.agents.small_fire import compiled_fire


@pytest.fixture(scope="module")
def known() -> Known:
    return read_known("greece-2007")


@pytest.fixture(scope="module")
def history(known: Known) -> History:
    return known.history


@pytest.mark.parametrize("name", [entry.name for entry in history_entries()])
def test_every_event_of_the_catalogue_has_a_source_and_a_quantity_of_the_model(name):
    known = read_known(name)
    assert len(known.questions) == len(known.history.events)
    for event, question in zip(known.history.events, known.questions, strict=True):
        assert event.source
        assert event.unit == question.quantity.unit


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"low": 6.0, "high": 5.0}, "low to high"),
        ({"low": 6.0}, "two ends"),
        ({"high": 6.0}, "two ends"),
        ({"high": 6.0, "value": 3}, "two ends"),
        ({}, "a value or an interval"),
        ({"low": 1.0, "high": 5.0, "value": 6.0}, "in its interval"),
    ],
)
def test_what_is_known_is_a_value_in_an_interval(history, given, told):
    event = history.events[0]
    bare = event.model_dump(exclude_none=True, exclude={"value", "low", "high"})
    with pytest.raises(ValueError, match=told):
        type(event)(**bare, **given)


@pytest.mark.parametrize(
    ("given", "interval", "said"),
    [
        ({"value": 0}, (0, 0), "0"),
        ({"low": -2, "high": 0}, (-2, 0), "-2 to 0"),
        ({"low": 3, "high": 3}, (3, 3), "3"),
        ({"low": 1, "high": 5, "value": 4}, (1, 5), "4 (1 to 5)"),
        ({"low": 4, "high": 4, "value": 4}, (4, 4), "4"),
    ],
)
def test_history_is_said_as_it_is_known(known, given, interval, said):
    event = known.history.events[0]
    bare = event.model_dump(exclude_none=True, exclude={"value", "low", "high"})
    one = only(known, type(event)(**bare, **given))
    assert one.history.events[0].interval == interval
    rows = compare(one.history, [np.ones(3)])
    assert cells(table(one, rows))[2] == said
    with style.settings():
        assert len(picture.draw(rows, [np.ones(3)]).axes) == 1


def only(known: Known, event: Event) -> Known:
    """Return it with one event alone."""
    history = known.history.model_copy(update={"events": (event,), "beside": None})
    return replace(known, history=history, beside=None)


def cells(table: str) -> list[str]:
    """Return the cells of the last row of a table."""
    return [cell.strip() for cell in table.splitlines()[-1].strip("|").split("|")]


def test_an_unknown_history_is_refused() -> None:
    with pytest.raises(SpecError, match="greece"):
        read_known("greece-2008")


MIDDLE = 5
VALUES = MIDDLE * np.linspace(0.5, 1.5, 101)


def first(history: History, **known: float | None) -> History:
    """Return a history of its first event alone, with other numbers."""
    event = history.events[0].model_copy(update=known)
    return history.model_copy(update={"events": (event,)})


def test_what_happened_is_usual_in_a_model_of_it(history: History) -> None:
    (row,) = compare(first(history, value=MIDDLE), [VALUES], [2 * VALUES])
    assert row.verdict == "usual"
    assert row.quantiles == pytest.approx((2.75, 3.75, 5, 6.25, 7.25))
    assert row.place == pytest.approx(0.5, abs=0.01)
    assert row.within == pytest.approx(1 / 101)
    assert row.beside == pytest.approx(10)


def test_the_share_within_counts_both_ends(history: History) -> None:
    (row,) = compare(first(history, value=None, low=2, high=4), [np.array([1.0, 2, 3, 4, 5])])
    assert (row.below, row.within, row.beside) == (0.2, 0.6, None)


@pytest.mark.parametrize(("shift", "side"), [(0.1, "more"), (10.0, "less")])
def test_a_miss_is_called_a_miss(history: History, shift: float, side: str) -> None:
    (row,) = compare(first(history, value=MIDDLE), [VALUES * shift])
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
    (row,) = compare(first(history, value=None, low=low, high=high), [VALUES])
    assert row.verdict == verdict


def test_never_counts_as_above_everything(known: Known) -> None:
    one = only(known, known.history.events[0])
    (row,) = compare(one.history, [np.array([1.0, np.inf, np.inf, np.nan])])
    assert row.count == 3
    assert row.below == pytest.approx(1 / 3)
    assert "never" in table(one, [row])


def test_what_was_never_read_is_nothing_to_compare(known: Known) -> None:
    values = [np.zeros(0) for _ in known.history.events]
    rows = compare(known.history, values, values)
    assert {row.verdict for row in rows} == {"nothing to compare"}
    assert "nan" not in table(known, rows)


def test_text_of_a_file_stays_in_its_cell(known: Known) -> None:
    event = known.history.events[0].model_copy(update={"label": "a | b\n\x1b[31m"})
    one = only(known, event)
    *_, line = table(one, compare(one.history, [np.ones(3)])).splitlines()
    assert "\x1b" not in line
    assert line.replace("\\|", "").count("|") == 11


def test_quantities_of_real_calls(known: Known) -> None:
    lanes = [LaneId(0, 3, n) for n in range(3)]
    values = read_off(compiled_fire(("bilateral",)), lanes, known.questions)
    calls = values[0].size
    assert calls > 0
    for event, question, one in zip(known.history.events, known.questions, values, strict=True):
        assert one.shape == ((calls,) if question.quantity.is_of_calls else (3,)), event.quantity
    rows = compare(known.history, values, values)
    text = report(known, rows, worlds=3)
    for event in known.history.events:
        assert event.label in text
    with style.settings():
        assert len(picture.draw(rows, values).axes) == len(rows)


HISTORY = (CATALOGUE / "history" / "greece-2007.yaml").read_text(encoding="utf-8")
OWN = """\
history: mine
meaning: calls by a state in a month
scenario: ./wide.yaml
policy: ./mine.yaml
beside: bilateral
events:
  - {quantity: calls, event: July, label: Calls, unit: calls, low: 1, high: 30, source: a report}
  - quantity: calls/year
    event: all year
    label: Calls
    unit: calls a year
    value: 50
    assumed: twelve Julys
  - quantity: ground_at_work@2d
    state: PT
    event: August
    label: Ground modules at work after two days
    unit: ground modules
    low: 0
    high: 4
    value: 2
    source: a newspaper
"""
POLICY = "policy: mine\nmeaning: a copy\nsource: trial\nextends: bilateral\nrules: []\n"
SCENARIO = "scenario: wide\nmeaning: ten days\nextends: forest-fire\nhorizon: 10 d\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a history, and the policy and the scenario that it names."""
    (tmp_path / "mine.yaml").write_text(POLICY)
    (tmp_path / "wide.yaml").write_text(SCENARIO)
    (tmp_path / "history.yaml").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    return int(ended.value.code or 0)


def test_a_history_of_ones_own_is_run(folder, capsys):
    assert run("validate", "history.yaml") == 0
    assert "history mine" in capsys.readouterr().out
    assert run("history", "history.yaml", "--replications", "3", "--seed", "7", "--out", "out") == 0
    shown = capsys.readouterr().out
    assert "scenario wide, policy mine, 3 worlds." in shown
    assert shown.endswith("out/mine.md\nout/mine.png\n")
    assert (folder / "out" / "mine.md").read_text() in shown
    assert (folder / "out" / "mine.png").stat().st_size > 5_000
    rows = [cells(line) for line in shown.splitlines() if line.startswith("| ")]
    july, year, august = (next(row for row in rows if row[0] == of) for of in EVENTS)
    lanes = [LaneId(0, 7, number) for number in range(3)]
    counted = run_batch(load_scenario("wide.yaml"), [load_policy("bilateral")], lanes)
    calls = counted.outcomes["calls"]
    assert july[3] == f"{np.quantile(calls, 0.5, method='inverted_cdf'):.3g}"
    assert july[6] == f"{((calls >= 1) & (calls <= 30)).mean():.0%}"
    assert (july[-2], july[-1]) == ("3", july[3])
    assert float(year[3]) == pytest.approx(float(july[3]) * 36.5, rel=0.01)
    assert august[2] == "2 (0 to 4)"


EVENTS = ("July", "all year", "August")


def test_another_value_is_put_into_scenario_and_regimes(folder, capsys):
    words = ("history", "history.yaml", "--replications", "2", "--out", "out")
    # A call for less than nobody misses: nobody calls.
    assert run(*words, "--set", "casework.assistance.call_at.value=100000") == 0
    shown = capsys.readouterr().out
    assert "2 worlds, with casework.assistance.call_at.value=100000." in shown
    july = next(line for line in shown.splitlines() if line.startswith("| July"))
    assert cells(july)[3] == "0"
    assert run(*words, "--set", "policies.mine.rules[0].push.chance=2") == 2
    assert "--set policies.mine.rules[0].push.chance" in capsys.readouterr().err
    assert run(*words, "--set", "horizon=1 d") == 2
    assert "ends after 1 days" in capsys.readouterr().err


def test_the_state_of_an_event_goes_before_that_of_the_file(folder):
    own = OWN.replace("beside: bilateral", "state: ES")
    own += own[own.index("  - quantity: ground") :].replace("    state: PT\n", "")
    (folder / "history.yaml").write_text(own)
    asked = read_known("./history.yaml").questions
    assert [question.state for question in asked] == [None, None, "PT", "ES"]


@pytest.mark.parametrize("together", [1, 2, 3])
def test_worlds_are_the_same_however_many_are_run_together(monkeypatch, known, together):
    compiled, steps = compiled_fire(("bilateral",)), list[int]()
    monkeypatch.setattr(running, "compile_world", lambda *_: compiled)
    monkeypatch.setattr(running, "_BATCH", together)
    found = running._read_off(known, known.policy, 3, 3, 10, steps.append)
    lanes = [LaneId(0, 3, number) for number in range(3)]
    whole = read_off(compiled, lanes, known.questions)
    for one, same in zip(found, whole, strict=True):
        np.testing.assert_array_equal(one, same)
    assert steps == [10 + done for done in {1: (1, 2, 3), 2: (2, 3), 3: (3,)}[together]]


def test_without_another_regime_there_is_one_column_less(folder, capsys):
    (folder / "history.yaml").write_text(OWN.replace("beside: bilateral\n", ""))
    assert run("history", "history.yaml", "--replications", "1", "--out", "out") == 0
    heads = next(line for line in capsys.readouterr().out.splitlines() if "quantity" in line)
    assert cells(heads)[-1] == "values"


@pytest.mark.parametrize(
    ("found", "written", "line", "told"),
    [
        ("state: PT", "state: XX", 15, "events[2].state = XX"),
        ("    state: PT\n", "", 14, "none is named"),
        ("quantity: calls,", "quantity: calls, state: PT,", 7, "events[0].state = PT"),
        ("quantity: ground_at_work@2d", "quantity: ground_at_work", 14, "ground_at_work@48h"),
        ("ground_at_work@2d", "ground_at_work@20d", 14, "ends after 10 days"),
        ("ground_at_work@2d", "cars_at_work@2d", 14, "quantity"),
        ("quantity: calls/year", "quantity: unanswered_calls/year", 8, "do not add up"),
        ("quantity: calls/year", "quantity: searches", 8, "does not declare this outcome"),
        ("unit: calls a year", "unit: calls", 11, "in calls a year"),
        ("beside: bilateral", "beside: bilateral\nstate: ES", 6, "no quantity is read off"),
        ("policy: ./mine.yaml", "policy: ./broken.yaml", None, "broken.yaml"),
    ],
)
def test_what_cannot_be_run_is_refused_with_its_line(folder, capsys, found, written, line, told):
    assert found in OWN
    broken = POLICY.replace(
        "rules: []", "rules:\n  - {meaning: x, match: {over: [none]}, assumed: x}"
    )
    (folder / "broken.yaml").write_text(broken)
    (folder / "history.yaml").write_text(OWN.replace(found, written, 1))
    errors = []
    for words in (["validate"], ["history"]):
        assert run(*words, "history.yaml") == 2
        errors.append(capsys.readouterr().err)
    assert errors[0] == errors[1]
    assert told in errors[0]
    assert "rule: " in errors[0]
    assert "remedy: " in errors[0]
    assert line is None or f"history.yaml:{line}: " in errors[0]


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
        ("quantity: aircraft_stay_d", "quantity: aircraft_stay_h", "aircraft_stay_d"),
        ("unit: days", "unit: hours", "aircraft_stay_d is in days"),
        (
            "unit: hours\n    low: 12\n    high: 18",
            "unit: h\n    low: 12\n    high: 18",
            "in hours",
        ),
        ("high: 54", "high: 1e300", "1000000000000"),
        ("high: 54", "high: .inf", "events[6].high"),
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

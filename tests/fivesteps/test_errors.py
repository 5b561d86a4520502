"""Errors: the messages of the commands in the words of Python, as one class, and no exit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import fivesteps
from experiments.errors import StoppedError, UserError
from fivesteps.errors import told
from scenarios import SpecError


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: fivesteps.load("bilaterl"), "did you mean bilateral?"),
        (lambda: fivesteps.compare("forest-fires"), "did you mean forest-fire?"),
        (lambda: fivesteps.compare("forest-fire", "bilaterl"), "did you mean bilateral?"),
        (lambda: fivesteps.compare("forest-fire", replications=0), "replications 0\n"),
        (lambda: fivesteps.compare("forest-fire", ["bilateral"] * 2), "policies names bilateral"),
        (lambda: fivesteps.compare("forest-fire", values={"no": 1}), "values no"),
        (lambda: fivesteps.compare("forest-fire", measures="9.9z"), "measures 9.9z"),
        (lambda: fivesteps.compare("forest-fire", kernel="none"), "none"),
        (lambda: fivesteps.compare(Path("forest-fire")), "forest-fire"),
        (lambda: fivesteps.sweep("organised-crime-guesses"), "choose from"),
        (lambda: fivesteps.sweep({"experiment": "x"}), "scenario"),
        (lambda: fivesteps.assess("cyber-outbreak", "5.4a"), "touches anything"),
        (lambda: fivesteps.read("nowhere"), "nowhere"),
    ],
)
def test_what_cannot_be_done_is_said(
    ask: Callable[[], object], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(fivesteps.Error) as caught:
        ask()
    text = str(caught.value)
    assert said in text
    assert "remedy: " in text
    assert "--policies" not in text
    assert "--set" not in text
    assert isinstance(caught.value.__cause__, UserError | SpecError)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "ask",
    [
        lambda found: found.frame("hectares_burn"),
        lambda found: found.differences(["hectares_burn"]),
        lambda found: found.figure("difference"),
        lambda found: found.series("none"),
        lambda found: found.series("hectares_burnt", setting=1),
        lambda found: found.query("drop table outcomes"),
    ],
)
def test_results_say_what_they_have_not(found, ask):
    with pytest.raises(fivesteps.Error, match="remedy: "):
        ask(found)


def test_a_table_or_picture_that_is_not_there_is_said():
    policy = fivesteps.load("bilateral")
    with pytest.raises(fivesteps.Error, match="choose from"):
        policy.table("desks")
    with pytest.raises(fivesteps.Error, match="choose from"):
        policy.figure("map")


def test_a_notebook_shows_the_words_alone():
    with pytest.raises(fivesteps.Error) as caught:
        fivesteps.load("forest\x1b[2J-fires")
    [shown] = caught.value._render_traceback_()
    assert shown.startswith("fivesteps: NAME = ")
    assert "\x1b" not in shown


def test_who_stops_it_is_told_how_to_go_on():
    with pytest.raises(KeyboardInterrupt, match="goes on from there"), told():
        raise StoppedError("stopped: the same command goes on from there")


def test_mistakes_of_ours_stay_what_they_are():
    with pytest.raises(ZeroDivisionError), told():
        _ = 1 / 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("--seed -1", "seed -1"),
        ("--set desks.x=1", "values desks.x=1"),
        ("write `--policies all`", "write `policies all`"),
        ("my--out.yaml", "my--out.yaml"),
        ("--out-of-it", "--out-of-it"),
    ],
)
def test_options_are_called_as_parameters_are(text, words):
    with pytest.raises(fivesteps.Error) as caught, told():
        raise UserError(text, "rule", "remedy")
    assert str(caught.value).startswith(f"{words}\n")

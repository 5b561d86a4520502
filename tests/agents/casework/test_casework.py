"""Incident handling: nature's answers, what is dropped, and the hours that it takes."""

from __future__ import annotations

from typing import Any

import pytest

from agents.casework.incident_handling import IncidentHandling
from agents.organisations.enisa import Enisa
from scenarios.schema import declared
from sim.seam.port import EVERYONE
from tests.agents.cyber import SUBJECT, OutbreakStage
from tests.agents.procedures.tiny import Recorder

DECOY = 1
LONG = 24 * 60
"""Hours after which everything that was begun is over."""

MADE_OUT = "incident:made-out"


def stage(*answers: bool, made_out: float = 0.9, seen_through: float = 0.8) -> OutbreakStage:
    """Return a stage on which nature answers as the test says, and in the end yes."""
    played = OutbreakStage(incident={"made_out": made_out, "seen_through": seen_through})
    played.lane.draws = Recorder(*answers)
    return played


def asked(played: OutbreakStage) -> list[tuple[float, tuple[int | str, ...]]]:
    """Return with which chance nature was asked, and by whom about what."""
    recorder = played.lane.draws
    assert isinstance(recorder, Recorder)
    return [(chance, names) for chance, stream, names in recorder.asked if stream == MADE_OUT]


def job(played: OutbreakStage, code: str) -> IncidentHandling:
    """Return the incident handling of a state."""
    organisation: Any = played.lane.organisations[code]
    jobs = (one for jobs in organisation._at.values() for one in jobs)
    return next(one for one in jobs if isinstance(one, IncidentHandling))


# Nature's answers ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subject", "chance"), [(SUBJECT, 0.9), (DECOY, 1 - 0.8)], ids=["real", "coincidence"]
)
@pytest.mark.parametrize("how", ["search", "check", "advice"])
def test_whoever_looks_asks_nature_once(how: str, subject: int, chance: float) -> None:
    played = stage()
    if how == "search":
        played.recognised(subject, "AT.cert")
    elif how == "check":
        played.told("AT.cert", subject, "indicator", "DE.cert")
    else:
        played.told("enisa.desk", subject, "indicator", "DE.cert")
    played.until(LONG)
    who = "enisa" if how == "advice" else "AT"
    found = asked(played)
    assert [names for _, names in found] == [(who, played.lane.named(subject))]
    assert [asked_with for asked_with, _ in found] == pytest.approx([chance])


@pytest.mark.parametrize("subject", [SUBJECT, DECOY])
def test_what_is_made_out_is_told_and_warned_of(subject: int) -> None:
    """Also a coincidence that is taken for a malware."""
    played = stage(True)
    played.recognised(subject, "AT.cert")
    played.until(LONG)
    assert ("AT.cert", subject, "indicator", EVERYONE) in played.written
    assert "AT warns" in played.story()
    assert job(played, "AT").subjects == {subject}


@pytest.mark.parametrize("subject", [SUBJECT, DECOY])
@pytest.mark.parametrize("how", ["search", "check"])
def test_what_is_not_made_out_is_dropped_without_a_word(how: str, subject: int) -> None:
    """Also the malware itself."""
    played = stage(False)
    if how == "search":
        played.recognised(subject, "AT.cert")
    else:
        played.told("AT.cert", subject, "indicator", "DE.cert")
    played.until(LONG)
    assert played.written == []
    assert "finds nothing in it" in played.story()
    assert "warns" not in played.story()
    assert job(played, "AT").subjects == set()
    assert played.lane.work.open_now == 0


def test_what_was_dropped_is_taken_up_again_when_somebody_tells_of_it() -> None:
    played = stage(False, True)
    played.recognised(SUBJECT, "AT.cert")
    played.until(LONG)
    assert "warns" not in played.story()
    played.told("AT.cert", SUBJECT, "indicator", "DE.cert")
    played.until(2 * LONG)
    assert "AT warns its operators" in played.story()
    assert len(asked(played)) == 2


def test_the_agency_warns_only_of_what_it_makes_out() -> None:
    for answer, written in ((True, [("enisa.desk", SUBJECT, "warning", EVERYONE)]), (False, [])):
        played = stage(answer)
        played.told("enisa.desk", SUBJECT, "indicator", "DE.cert")
        played.until(LONG)
        assert played.written == written


def test_the_agency_heeds_an_indicator_once() -> None:
    played = stage(False)
    for teller in ("DE.cert", "AT.cert"):
        played.told("enisa.desk", SUBJECT, "indicator", teller)
        played.until(LONG)
    assert len(asked(played)) == 1


@pytest.mark.parametrize(("made_out", "seen_through"), [(1.0, 1.0), (0.0, 0.0)])
def test_who_is_never_wrong_or_always(made_out: float, seen_through: float) -> None:
    """The malware is made out; the coincidence is not, or the other way round."""
    for subject, chance in ((SUBJECT, made_out), (DECOY, 1 - seen_through)):
        played = stage(made_out=made_out, seen_through=seen_through)
        played.recognised(subject, "AT.cert")
        played.until(LONG)
        assert asked(played) == [(chance, ("AT", played.lane.named(subject)))]


# Hours ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("subject", "column"), [(SUBJECT, 0), (DECOY, 1)])
def test_hours_are_booked_by_what_it_was_about(subject: int, column: int) -> None:
    played = stage(False)
    played.recognised(subject, "AT.cert")
    played.until(LONG)
    hours = played.lane.work.hours(played.tick)
    assert hours[column] > 0
    assert hours[1 - column] == 0


def test_what_is_dropped_costs_less_than_what_is_warned_of() -> None:
    """By the time until the operators are warned."""
    spent = []
    for answer in (False, True):
        played = stage(answer)
        played.told("AT.cert", SUBJECT, "indicator", "DE.cert")
        played.until(LONG)
        spent.append(played.lane.work.hours(played.tick)[0])
    lane = played.lane
    warning = lane.durations.draw(lane.draws, "warning", "AT", lane.named(SUBJECT))
    tick_h = played.compiled.layout.scenario.tick_h
    rate = declared(lane.casework.hours_per_day).value * tick_h / 24
    assert spent[1] - spent[0] == pytest.approx(warning * rate)


# Planted errors ------------------------------------------------------------------------------


def test_the_oracles_notice_who_knows_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    def drops(self: IncidentHandling, subject: int) -> bool:
        return not self.lane.is_real(subject)

    monkeypatch.setattr(IncidentHandling, "_drops", drops)
    with pytest.raises(AssertionError):
        test_whoever_looks_asks_nature_once("search", SUBJECT, 0.9)
    with pytest.raises(AssertionError):
        test_what_is_made_out_is_told_and_warned_of(DECOY)


def test_the_oracles_notice_an_agency_that_warns_of_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def told(self: Enisa, subject: int, report: str, teller: str, desk: str) -> None:
        del report, teller, desk
        self.lane.write("enisa.desk", subject, "warning")

    monkeypatch.setattr(Enisa, "told", told)
    with pytest.raises(AssertionError):
        test_the_agency_warns_only_of_what_it_makes_out()

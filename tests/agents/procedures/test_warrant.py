"""The shipped course of a warrant: who is met is surrendered; else it stands until it lapses."""

from __future__ import annotations

from tests.agents.small import SUBJECT, Stage, days, small

EVERYBODY, NOBODY = 1.0, 0.0


def reads_an_alert(ever_met: float) -> Stage:
    """Return a stage on which Austria's police read an alert of Germany, and four are wanted there.

    Whoever is met is met on day 5, and surrendered on day 15; the alert lapses on day 30.
    """
    course = {"met": days(5), "surrender": days(10), "lapse": days(30), "surrendered": EVERYBODY}
    played = Stage(
        small(
            procedures={"warrant": {"ever_met": ever_met, **course}},
            network={"falls_apart": 0},
        )
    )
    _, there = played.settle(("DE", 6), ("AT", 6))
    there.wanted = 4
    told(played)
    return played


def told(played: Stage) -> None:
    units = played.layout.units
    played.lane.told(played.tick, SUBJECT, "alert", units["AT.police"], units["DE.police"])


def test_who_is_met_is_surrendered() -> None:
    played = reads_an_alert(EVERYBODY)
    played.until(14)
    assert played.outcomes["members_arrested"] == 0
    played.until(15)
    assert played.outcomes["members_arrested"] == 4
    assert [(case.organisation, case.how) for case in played.cases("warrant")] == [
        ("AT", "surrendered")
    ]


def test_who_is_not_met_goes_on_and_a_second_alert_does_not_help_before_the_first_lapses() -> None:
    played = reads_an_alert(NOBODY)
    played.until(29)
    told(played)
    (first,) = played.cases("warrant")
    assert first.closed is None
    played.until(30)
    assert first.how == "not-met"
    told(played)
    assert len(played.cases("warrant")) == 2
    played.until(60)
    assert played.outcomes["members_arrested"] == 0

"""What plots did and what was done about them: added up from facts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from tests.agents.oracle.witness import Declared, Found, Witness

if TYPE_CHECKING:
    from collections.abc import Iterator

ENDS: Final = {
    "attacks": "attacked",
    "attacks_failed": "failed",
    "plots_deterred": "deterred",
    "plots_disengaged": "disengaged",
    "plots_given_up": "given up",
    "plots_stopped": "stopped",
}
STAGES: Final = ("propaganda", "contact", "travel", "funds", "materials", "reconnaissance")
ATTACK: Final = 6


def flows(witness: Witness, threat: Declared, end: float) -> Found:
    """Return what came of plots before a tick."""
    ends = list(witness.all_of(threat, "plot ends", end))
    how = [fact.thing for fact in ends]
    stopped = [int(fact.numbers["stage"]) for fact in ends if fact.thing == "stopped"]
    attacks = [fact.numbers for fact in witness.all_of(threat, "attack", end)]
    tried = [fact.thing for fact in witness.all_of(threat, "person tried", end)]
    watched = list(_watched(witness, threat, end))
    first = {(one.subject, one.place): one.persons for one in watched if one.false}
    return {
        **{name: how.count(word) for name, word in ENDS.items()},
        **{
            f"stopped_in_{stage}": sum(min(one, ATTACK - 1) == number for one in stopped)
            for number, stage in enumerate(STAGES)
        },
        "content_removed": len(list(witness.all_of(threat, "content removed", end))),
        "dead": sum(one["dead"] for one in attacks),
        "injured": sum(one["injured"] for one in attacks),
        "persons_arrested": sum(
            fact.numbers["taken"] for fact in witness.all_of(threat, "persons arrested", end)
        ),
        "persons_convicted": tried.count("guilty"),
        "persons_disengaged": len(list(witness.all_of(threat, "person leaves", end))),
        "plots_begun": len(list(witness.all_of(threat, "plot begins", end))),
        "watched_for_nothing": sum(first.values()),
        "watched_for_nothing_days": sum(one.days for one in watched if one.false),
        "watched_person_days": sum(one.days for one in watched),
    }


class _Watch:
    """Somebody who was watched for a while."""

    def __init__(
        self, subject: int, place: float, persons: float, days: float, false: bool
    ) -> None:
        self.subject, self.place, self.persons = subject, place, persons
        self.days, self.false = days * persons, false


def _watched(witness: Witness, threat: Declared, end: float) -> Iterator[_Watch]:
    """Give every watch that began before a tick, as long as it lasted up to then."""
    open_: dict[tuple[int, str, float], tuple[float, float]] = {}
    day = 24 / witness.tick_h
    for fact in witness.facts:
        if fact.subject not in threat.subjects or fact.tick >= end:
            continue
        key = fact.subject, fact.thing, fact.numbers.get("place", 0.0)
        if fact.what == "watch begins":
            open_[key] = fact.tick, fact.numbers["persons"]
        elif fact.what == "watch ends":
            began, persons = open_.pop(key)
            false = witness.is_false(fact.subject)
            yield _Watch(fact.subject, key[2], persons, (fact.tick - began) / day, false)
    for (subject, _, place), (began, persons) in open_.items():
        yield _Watch(subject, place, persons, (end - began) / day, witness.is_false(subject))


def others(witness: Witness, threat: Declared) -> Found:
    """Return what is no sum over time."""
    sums = flows(witness, threat, witness.end)
    ended = sums["plots_stopped"] + sums["attacks"] + sums["attacks_failed"]
    begun = {one.subject: one.numbers["due"] for one in witness.all_of(threat, "plot begins")}
    known = {subject: _first_known(witness, subject) for subject in begun}
    ahead = [
        max(0.0, due - known[subject]) * witness.tick_h / 24
        for subject, due in begun.items()
        if 0 <= due < witness.end
    ]
    return {
        "days_of_warning": sum(ahead) / len(ahead) if ahead else math.nan,
        "recognised_share": (
            sum(map(math.isfinite, known.values())) / len(known) if known else math.nan
        ),
        "stopped_share": sums["plots_stopped"] / ended if ended else math.nan,
    }


def _first_known(witness: Witness, subject: int) -> float:
    """Return when somebody recognised a plot, or was told of a case on it."""
    found = [float(tick) for tick, _, _, about, _ in witness.log.recognitions if about == subject]
    told = [one for one in witness.all("case opened") if one.subject == subject]
    return min([*found, *(one.tick for one in told if one.numbers["told"])], default=math.inf)


def series(witness: Witness, threat: Declared, end: float) -> Found:
    """Return plots on their way when a tick begins, and what came so far."""
    on_their_way: set[int] = set()
    for fact in witness.facts:
        if fact.subject not in threat.subjects or fact.tick >= end:
            continue
        if fact.what in {"plot begins", "plot begins again"}:
            on_their_way.add(fact.subject)
        elif fact.what == "plot ends":
            on_their_way.discard(fact.subject)
    sums = flows(witness, threat, end)
    own = {name: sums[name] for name in ("attacks", "plots_stopped")}
    return {"plots_active": len(on_their_way), **own}

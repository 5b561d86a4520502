"""What criminal networks did and what was done to them: added up from facts."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.agents.oracle.messages import owner
from tests.agents.oracle.witness import Declared, Found, Witness

if TYPE_CHECKING:
    from agents.lane import Fact


def flows(witness: Witness, threat: Declared, end: float) -> Found:
    """Return what came of the networks before a tick."""
    return {
        **placed(witness, threat, end),
        "common_actions": sum(
            one.numbers["states"] > 1 for one in witness.all_of(threat, "raid", end)
        ),
        "leaks": len(list(witness.all_of(threat, "leak", end))),
        "networks_dismantled": len(list(witness.all_of(threat, "group falls apart", end))),
        "networks_replaced": sum(
            group.number > 0 and group.began < end
            for subject in threat.real
            for group in groups(witness, subject)
        ),
    }


def placed(witness: Witness, threat: Declared, end: float) -> Found:
    """Return that part of it which has a place."""
    held, found = _held(witness, threat, end), _moved_in(witness, threat, end)
    begun = [fact.numbers for fact in witness.all_of(threat, "cell begins", end)]
    income = threat.threat.network.income_per_victim_year.value
    taken = [fact.numbers for fact in witness.all_of(threat, "money frozen", end)]
    freed = [fact.numbers for fact in witness.all_of(threat, "victims freed", end)]
    tried = [fact.thing for fact in witness.all_of(threat, "member tried", end)]
    return {
        "victim_years": held * 7 / 365,
        "victims_exploited": sum(cell["victims"] for cell in begun) + found,
        "proceeds_meur": held * 7 / 365 * income / 1e6,
        "frozen_meur": sum(one["before"] - one["left"] for one in taken) / 1e6,
        "confiscated_meur": sum((one["before"] - one["left"]) * one["kept"] for one in taken) / 1e6,
        "victims_freed": sum(one["before"] - one["left"] for one in freed),
        "members_arrested": arrested(witness, threat, end),
        "members_convicted": tried.count("guilty"),
    }


def _held(witness: Witness, threat: Declared, end: float) -> float:
    """Victim weeks."""
    return sum(
        fact.numbers["held"] for fact in witness.all_of(threat, "victims held for a week", end)
    )


def _moved_in(witness: Witness, threat: Declared, end: float) -> float:
    """Persons who became victims after the beginning: those held beyond who would have stayed."""
    stays = 1 - 7 * 24 / float(threat.threat.network.held_for.value)
    return sum(
        fact.numbers["held"] - fact.numbers["before"] * stays
        for fact in witness.all_of(threat, "victims held for a week", end)
    )


def arrested(witness: Witness, threat: Declared, end: float) -> float:
    """Members arrested before a tick."""
    return sum(fact.numbers["taken"] for fact in witness.all_of(threat, "members arrested", end))


# Groups ----------------------------------------------------------------------------------------


@dataclass
class Group:
    """One network, or one that took its place."""

    number: float
    began: float
    places: list[int] = field(default_factory=list)
    known: dict[str, float] = field(default_factory=dict)
    """First tick at which an organisation knew of it."""
    first_arrest: float | None = None
    ended: float | None = None

    def knows(self, organisation: str, tick: float) -> None:
        """Note that somebody knows of it."""
        self.known[organisation] = min(tick, self.known.get(organisation, math.inf))


def groups(witness: Witness, subject: int) -> list[Group]:
    """Return the groups of a network, one after the other."""
    found: list[Group] = []
    for fact in witness.facts:
        if fact.subject == subject:
            _happens(found, fact)
    for tick, _, unit, about, _ in witness.log.recognitions:
        if about == subject:
            begun = [one for one in found if one.number == 0 or math.floor(one.began) < tick]
            begun[-1].knows(owner(witness, unit), tick)
    return found


def _happens(found: list[Group], fact: Fact) -> None:
    numbers = fact.numbers
    if fact.what == "cell begins":
        if not found or found[-1].number != numbers["group"]:
            found.append(Group(numbers["group"], fact.tick))
        found[-1].places.append(int(numbers["place"]))
    elif fact.what == "case opened" and numbers["told"]:
        found[-1].knows(fact.actor, fact.tick)
    elif fact.what == "members arrested":
        group = found[int(numbers["group"])]
        group.first_arrest = fact.tick if group.first_arrest is None else group.first_arrest
    elif fact.what == "group falls apart":
        found[int(numbers["group"])].ended = fact.tick


def others(witness: Witness, threat: Declared) -> Found:
    """Return what is no sum over time."""
    found = flows(witness, threat, witness.end)
    members = sum(fact.numbers["members"] for fact in witness.all_of(threat, "cell begins"))
    members += len(list(witness.all_of(threat, "member recruited")))
    earned = found["proceeds_meur"]
    return {
        "arrested_share": found["members_arrested"] / members,
        "confiscated_share": found["confiscated_meur"] / earned if earned else 0.0,
        **_times(witness, threat),
    }


def _times(witness: Witness, threat: Declared) -> Found:
    """Return when who knew of a group, in days since it began."""
    day = 24 / witness.tick_h
    first, europol, arrest, known = [], [], [], []
    everybody = {subject: groups(witness, subject) for subject in threat.real}
    for group in (one for each in everybody.values() for one in each):
        over = witness.end if group.ended is None else group.ended
        anywhere = min(group.known.values()) if group.known else over
        first.append((anywhere - group.began) / day)
        europol.append((group.known.get("europol", over) - group.began) / day)
        struck = over if group.first_arrest is None else group.first_arrest
        arrest.append((struck - group.began) / day)
        known.append(len(group.known) > 0)
    spreads = [_spread(witness, each[-1]) for each in everybody.values()]
    return {
        "recognised_share": _mean(known),
        "days_to_recognition": _mean(first),
        "days_to_europol": _mean(europol),
        "days_to_first_arrest": _mean(arrest),
        "unequal_awareness": _mean(spreads),
    }


def _spread(witness: Witness, group: Group) -> float:
    """Standard deviation of the day on which the states with a cell at first knew of a group."""
    codes = list(witness.layout.places)
    days = [
        group.known.get(codes[place], witness.end) * witness.tick_h / 24 for place in group.places
    ]
    mean = _mean(days)
    return math.sqrt(_mean([(one - mean) ** 2 for one in days]))


def _mean(values: list[float] | list[bool]) -> float:
    return sum(values) / len(values)

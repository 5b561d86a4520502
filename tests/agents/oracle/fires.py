"""What burnt and what was missing: worked out from need and danger of each state and tick.

The rules of ``docs/odd.md`` in whole numbers of 1/256, state by state.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tests.agents.oracle import calls
from tests.agents.oracle.witness import Declared, Found, Witness

if TYPE_CHECKING:
    from agents.lane import Fact

ONE = 256
STEADY = 1 << 16

_Kinds = dict[str, float]


def _nothing() -> _Kinds:
    return {"aircraft": 0, "ground": 0}


@dataclass
class Moved:
    """Modules of each state abroad, and at work in each state, as facts go on."""

    abroad: defaultdict[int, _Kinds] = field(default_factory=lambda: defaultdict(_nothing))
    helping: defaultdict[int, _Kinds] = field(default_factory=lambda: defaultdict(_nothing))

    def hears(self, witness: Witness, fact: Fact, place_of: dict[float, int]) -> None:
        """Take note of a journey or of work."""
        signs = {
            "modules leave": (self.abroad, 1),
            "modules are back": (self.abroad, -1),
            "modules at work": (self.helping, 1),
            "modules leave work": (self.helping, -1),
        }
        counts, sign = signs[fact.what]
        giver = witness.layout.places[fact.actor]
        place = giver if counts is self.abroad else place_of[fact.numbers["call"]]
        for kind in ("aircraft", "ground"):
            counts[place][kind] += sign * fact.numbers[kind]


@dataclass(frozen=True)
class Burning:
    """What one tick brought to one state."""

    tick: float
    place: int
    burnt: int
    """In units of 1/65536 hectare."""
    unmet: int
    danger: int
    broke_out: bool
    abroad: int
    """Modules."""


@lru_cache(maxsize=2)
def burnings(witness: Witness, name: str) -> list[Burning]:
    """Return every tick of every state, of the threat of a name."""
    threat = next(one for one in witness.threats if one.name == name)
    rules, moved, found = Rules(witness, threat.threat), Moved(), []
    place_of: dict[float, int] = {}
    for fact in witness.facts:
        if fact.what == "means outgrown":
            place_of[fact.numbers["call"]] = int(fact.numbers["place"])
        elif fact.what.startswith("modules ") and fact.what != "modules accepted":
            moved.hears(witness, fact, place_of)
        elif fact.what == "fires burn" and fact.subject in threat.subjects:
            found.append(rules.burn(fact, moved))
    return found


class Rules:
    """What burns in a tick, and what is missing."""

    def __init__(self, witness: Witness, threat: Any) -> None:
        self._threat, self._tick_h = threat, witness.tick_h
        self._rows = list(witness.layout.atlas.civil_protection.values())
        hours = [number * witness.tick_h for number in range(round(24 / witness.tick_h))]
        means = threat.means
        self._light = [means.dawn.value <= hour < means.dusk.value for hour in hours]
        night = threat.behaviour.night.value
        self._pace: list[float] = [1.0 if light else night for light in self._light]

    def burn(self, fact: Fact, moved: Moved) -> Burning:
        """Return what a tick brings to a state."""
        place, need = int(fact.numbers["place"]), int(fact.numbers["need"])
        danger, of_day = int(fact.numbers["danger"]), int(fact.tick) % len(self._light)
        supply = self._supply(place, need, danger, moved, light=self._light[of_day])
        met = min(need, supply)
        unmet = need - met
        large = self._large(unmet, met, of_day) * (danger + ONE) // (2 * ONE)
        burnt = self._small(place, of_day) * danger + large
        abroad = int(sum(moved.abroad[place].values()))
        broke_out = bool(fact.numbers["broke_out"])
        return Burning(fact.tick, place, burnt, unmet, danger, broke_out, abroad)

    def _supply(self, place: int, need: int, danger: int, moved: Moved, *, light: bool) -> int:
        """Work that own modules and help do in a tick."""
        means, row = self._threat.means, self._rows[place]
        tied = round(means.tied_share.value * ONE) * danger // ONE
        free = ONE - min(tied, round(means.tied_most.value * ONE))
        at_home = {
            "aircraft": row.aircraft * free // ONE - moved.abroad[place]["aircraft"],
            "ground": row.ground_modules * free // ONE - moved.abroad[place]["ground"],
        }
        there = {kind: int(max(n, 0) + moved.helping[place][kind]) for kind, n in at_home.items()}
        by_air: int = there["aircraft"] * round(means.aircraft_worth.value * ONE)
        by_air = min(by_air, need * round(means.aircraft_limit.value * ONE) // ONE)
        return there["ground"] * ONE + (by_air if light else 0)

    def _large(self, unmet: int, met: int, of_day: int) -> int:
        """Hectares that large fires burn at danger 1, in units of 1/65536."""
        behaviour = self._threat.behaviour
        a_module = round(float(behaviour.hectares.value) * self._pace[of_day] * self._tick_h * ONE)
        held = round(float(behaviour.held_share.value) * ONE)
        return (unmet * ONE + met * held) * a_module // ONE

    def _small(self, place: int, of_day: int) -> int:
        """Hectares that small fires burn at danger 1, in units of 1/256."""
        season: Any = self._threat.season
        month = float(self._rows[place].burnt_ha_year * season.area_share.value)
        month *= float(season.small_area_share.value)
        of_tick: float = self._pace[of_day] / sum(self._pace)
        of_tick = month / 30 * of_tick
        return round(of_tick * ONE)

    def small_fires(self, place: int, danger: float) -> float:
        """Fires that so much danger, summed over ticks, lets expect."""
        month = self._rows[place].fires_year * float(self._threat.season.fires_share.value)
        return month / 30 / len(self._light) * danger / ONE


def flows(witness: Witness, threat: Declared, end: float, place: int | None = None) -> Found:
    """Return what came of the fires before a tick, everywhere or in one place."""
    burning = [
        one
        for one in burnings(witness, threat.name)
        if one.tick < end and place in {None, one.place}
    ]
    rules = Rules(witness, threat.threat)
    return {
        "hectares_burnt": sum(one.burnt for one in burning) / ONE**2,
        "unmet_need_hours": sum(one.unmet for one in burning) * witness.tick_h / ONE,
        "fires": sum(rules.small_fires(one.place, one.danger) + one.broke_out for one in burning),
        "assistance_given": sum(one.abroad for one in burning) * witness.tick_h / 24,
        **calls.flows(witness, end, place),
    }


def others(witness: Witness, threat: Declared) -> Found:
    """Return what is no sum over time."""
    given: defaultdict[int, float] = defaultdict(float)
    for one in burnings(witness, threat.name):
        given[one.place] += one.abroad * witness.tick_h / 24
    rows = witness.layout.atlas.civil_protection
    each = [
        given[place] / max(rows[code].aircraft + rows[code].ground_modules, 1)
        for code, place in witness.layout.places.items()
    ]
    mean = sum(each) / len(each)
    return {
        "unequal_assistance": (sum((one - mean) ** 2 for one in each) / len(each)) ** 0.5,
        **calls.others(witness),
    }

"""One plot: persons who go through stages to an attack, unless something ends it before.

It lives by what falls due: the end of a stage, the attack. In between nothing of it changes but by
what others do, so that lanes are called only where a stage ends.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

from agents.lane import Lane, choose, whole_number
from agents.mechanisms.plot.declaration import DENIABLE, STAGES, Plot, Stage, Target
from agents.mechanisms.plot.ledger import Ledger
from agents.mechanisms.plot.tables import Tables
from sim.draws import Draws, lognormal

CONTACT: Final = STAGES.index("contact")
ATTACK: Final = len(STAGES)
"""Number of the stage after the last: the attack."""

_PERSONS_ONE: Final = 256
"""Unit of the dead in tables."""


class Conspiracy:
    """One plot of one lane; times are in ticks.

    Parameters
    ----------
    lane
        The run that it is in.
    subject
        Its number among the subjects of the world.
    number
        Names it in draws.
    begins
        Tick at which it begins; one before the first tick is under way then.
    ledger
        Books of the lane's plots.
    plan
        Who is told of the next tick at which something is due.
    """

    def __init__(
        self,
        lane: Lane,
        subject: int,
        number: int,
        begins: int,
        ledger: Ledger,
        tables: Tables,
        plan: Callable[[Conspiracy], None],
    ) -> None:
        self.lane, self.subject, self.number = lane, subject, number
        self.begins, self._ledger, self._tables, self._plan = begins, ledger, tables, plan
        self.round = 0
        """Stages that were begun anew, and lives begun again, before this one."""
        self.stage = -1
        """Number of its stage; -1 before it has begun."""
        self.next_tick = begins
        self.ended: float | None = None
        self.how = ""
        """How it ended."""
        self.due: float | None = None
        """When it would attack if nobody did anything; None if it would come to nothing."""
        self.persons = self._settle()
        self.home = self.persons[0]
        """The state of the attack, also when those who lived there are gone."""
        self.first_size = len(self.persons)
        self.detained: dict[int, list[int]] = {}
        """Stages in which persons were arrested who are not yet tried, by place."""
        self.convicted = 0
        self._hurried = False
        self._is_known = begins >= 0
        """Whether the books have it: not one that was over before the first tick."""

    def _settle(self) -> list[int]:
        """Draw persons, and the place of each: larger states more often, the home state first."""
        draws, arrivals = self._draws, self.spec.arrivals
        weight = [float(one.population) for one in self.lane.layout.atlas.members.values()]
        places = []
        for number in range(whole_number(draws, arrivals.states, "plot:states", self.number)):
            places.append(choose(draws, weight, "plot:place", self.number, number))
            weight[places[-1]] = 0.0
        count = whole_number(draws, arrivals.persons, "plot:persons", self.number)
        return [places[one % len(places)] for one in range(count)]

    @property
    def spec(self) -> Plot:
        """What its threat says now."""
        return cast("Plot", self.lane.declared(self.subject))

    @property
    def is_active(self) -> bool:
        """Whether it is on its way."""
        return self.stage >= 0 and self.ended is None

    @property
    def _draws(self) -> Draws:
        return self.lane.draws_of(self.lane.threat_of(self.subject))

    def _chance(self, chance: float, stream: str, *more: int | str) -> bool:
        return self._draws.chance(chance, f"plot:{stream}", self.number, self.round, *more)

    # Its way ------------------------------------------------------------------------------------

    def step(self, tick: int, exposure: float) -> None:
        """Begin, go on to the next stage, or attack, whichever is due.

        Parameters
        ----------
        exposure
            Content that is met now, as a share of what there was.
        """
        if self.stage < 0:
            self._begin(tick, exposure)
        elif self.stage == ATTACK:
            self._attack(tick)
        elif self._gives_up(self.stage):
            self._end(tick, "given up")
        else:
            self._go_on(self.stage + 1, tick)

    def _begin(self, tick: int, exposure: float) -> None:
        needs = self.spec.arrivals.from_content.value * (1 - exposure)
        if self._chance(needs, "not-exposed"):
            self.ended, self.how = tick, "never begun"
            return
        self.due = self._undisturbed(tick)
        if self._is_known:
            self._tell_of_it(tick)
        self._go_on(0, tick)

    def _tell_of_it(self, tick: int) -> None:
        """Write down that it is there."""
        due = -1 if self.due is None else self.due
        numbers: dict[str, float] = {
            "place": self.home,
            "persons": self.first_size,
            "due": due,
        }
        self._fact("plot begins", "", at=tick, **numbers)

    def _undisturbed(self, tick: float) -> float | None:
        """Return when it would attack by the numbers of now, if nobody did anything."""
        for number in range(ATTACK):
            if self._takes(number):
                tick += self._lasting(number)
                if self._gives_up(number):
                    return None
        return tick

    def _stage(self, number: int) -> Stage:
        return cast("Stage", getattr(self.spec.stages, STAGES[number]))

    def _takes(self, number: int) -> bool:
        return self._chance(self._stage(number).taken.value, "takes", number)

    def _gives_up(self, number: int) -> bool:
        return self._chance(self._stage(number).gives_up.value, "gives-up", number)

    def _lasting(self, number: int) -> int:
        table = self._tables.of(self._stage(number).lasts)
        return max(1, self._draws.quantile(table, "plot:lasts", self.number, self.round, number))

    def _go_on(self, number: int, tick: int) -> None:
        """Begin the next stage that it goes through, or attack if there is none."""
        while number < ATTACK and not self._takes(number):
            number += 1
        if number == ATTACK:
            self.stage = ATTACK
            self._attack(tick)
            return
        self._enter(number, tick)

    def _enter(self, number: int, tick: int) -> None:
        self.stage = number
        self.next_tick = tick + self._lasting(number)
        self._plan(self)
        if self._is_known:
            self._fact("stage begins", STAGES[number], at=tick, place=self.home)
            self._tell(f"begins with {STAGES[number]}", at=tick)
            self.show()

    def meet(self) -> None:
        """Come into the world with the first tick, as far as it has come."""
        self._is_known = True
        self._tell_of_it(0)
        if self.is_active:
            self._fact("stage begins", STAGES[self.stage], at=0, place=self.home)
            self._tell(f"is under way, with {STAGES[self.stage]}", at=0)
            self.show()

    def show(self) -> None:
        """Set what there is to see of each stage where somebody is; nothing once it is over."""
        arrivals = self.spec.arrivals.persons
        mean = (arrivals.low + arrivals.high) / 2
        there: dict[int, float] = {}
        for place in self.persons:
            there[place] = there.get(place, 0.0) + 1 / mean
        for number in range(ATTACK):
            share = self._visible(number) if self.is_active else 0.0
            levels = {place: level * share for place, level in there.items()} if share else {}
            self.lane.set_activity(self.subject, levels, number)

    def _visible(self, number: int) -> float:
        """Share of a stage that there is to see now."""
        if number == self.stage:
            return 1.0
        past = number < self.stage and self._takes(number)
        return self._stage(number).lingers.value if past else 0.0

    # The attack ---------------------------------------------------------------------------------

    def _attack(self, tick: int) -> None:
        """Attack, unless protected targets deter; it may fail."""
        spec, place = self.spec.attack, self.home
        plotters = self.lane.of(self.subject) if self._is_known else None
        protected = plotters is not None and plotters.is_protected(place, tick)
        if protected and self._chance(spec.deterred.value, "deterred"):
            self._end(tick, "deterred")
            return
        succeeds = 1 - spec.fails.value
        if self._hurried:
            succeeds *= spec.hurried.value
        if not self._chance(succeeds, "comes-off"):
            self._end(tick, "failed")
            return
        names = list(spec.targets)
        shares = [spec.targets[name].share for name in names]
        name = names[choose(self._draws, shares, "plot:target", self.number)]
        target = spec.targets[name]
        kept = spec.protected.value if protected else 1.0
        harm = self._dead(target) * kept
        dead, injured = round(harm), round(harm * target.injured_per_dead)
        if self._is_known:
            self._ledger.enter(place, dead=dead, injured=injured)
            numbers = {"place": place, "dead": dead, "injured": injured, "protected": protected}
            self._fact("attack", name, at=tick, **numbers)
            text = f"attacks a target ({name}): {dead} dead, {injured} injured"
            self._tell(text, at=tick)
        self._end(tick, "attacked")

    def _dead(self, target: Target) -> float:
        table = lognormal(target.median * _PERSONS_ONE, target.p95 * _PERSONS_ONE)
        return self._draws.quantile(table, "plot:dead", self.number) / _PERSONS_ONE

    # What is done to it -------------------------------------------------------------------------

    def arrest(self, places: tuple[int, ...], share: float, by: str, now: float) -> int:
        """Arrest those who are found in some states; the others go on, hurry, or give up."""
        if not self.is_active:
            return 0
        number = min(self.stage, ATTACK - 1)
        taken, stage = self._leaving(places, share, "arrest", by), STAGES[number]
        for place in taken:
            self.detained.setdefault(place, []).append(number)
            self._ledger.enter(place, persons_arrested=1)
        for place in sorted(set(taken)):
            self._fact("persons arrested", stage, place=place, taken=taken.count(place))
        if taken:
            self._tell(f"loses {len(taken)} persons by arrest, in {stage}")
            self._shrink("stopped", now, by)
        return len(taken)

    def _leaving(self, places: tuple[int, ...], share: float, stream: str, by: str) -> list[int]:
        """Take out persons of some states, each with a chance; return where they were."""
        kept, gone = list[int](), list[int]()
        for one, place in enumerate(self.persons):
            goes = place in places and self._chance(share, stream, f"{by}:{one}")
            (gone if goes else kept).append(place)
        self.persons = kept
        return gone

    def _shrink(self, how: str, now: float, by: str) -> None:
        """End if too few are left; or let them bring the attack forward, or go on."""
        struck = self.spec.struck
        if len(self.persons) < max(1.0, struck.falls_apart.value * self.first_size):
            self._end(now, how)
        elif how == "stopped" and self._chance(struck.hastens.value, "hastens", by):
            self.stage, self._hurried = ATTACK, True
            self.next_tick = int(now) + 1
            self._plan(self)
            self._tell("brings the attack forward")
            self.show()
        else:
            self.show()

    def disengage(self, places: tuple[int, ...], share: float, by: str, now: float) -> int:
        """Have persons leave who are talked to."""
        if not self.is_active or self.stage == ATTACK:
            return 0
        share *= self._stage(self.stage).persuadable.value
        gone = self._leaving(places, share, "leaves", by)
        for place in gone:
            self._ledger.enter(place, persons_disengaged=1)
            self._fact("person leaves", STAGES[self.stage], place=place)
        if gone:
            self._tell(f"loses {len(gone)} persons who were talked to")
            self._shrink("disengaged", now, by)
        return len(gone)

    def deny(self, places: tuple[int, ...], share: float, by: str, now: float) -> int:
        """Have what it needs withheld: it looks for it anew, or gives up."""
        if not self.is_active or self.stage == ATTACK or STAGES[self.stage] not in DENIABLE:
            return 0
        if not set(places) & set(self.persons) or not self._chance(share, "denied", by):
            return 0
        self._fact("denied", STAGES[self.stage], place=self.home)
        self._tell(f"is denied {STAGES[self.stage]}")
        if self._chance(self.spec.struck.denied_ends.value, "denied-ends", by):
            self._end(now, "stopped")
        else:
            self.round += 1
            self._enter(self.stage, int(now))
        return 1

    def convict(self, places: tuple[int, ...], share: float, by: str, now: float) -> int:
        """Try those arrested in some states; who was arrested too early is hard to convict."""
        guilty = 0
        for place in places:
            for one, stage in enumerate(self.detained.pop(place, ())):
                proven = share * self._stage(stage).provable.value
                verdict = self._chance(proven, "convict", f"{by}:{place}:{one}")
                guilty += verdict
                self._ledger.enter(place, persons_convicted=int(verdict))
                self._fact("person tried", "guilty" if verdict else "acquitted", place=place)
                if not verdict:
                    self.persons.append(place)
        self.convicted += guilty
        if self.is_active:
            self.show()
        elif self.how == "stopped" and not self.detained and not self.convicted and self.persons:
            self._begin_again(now, by)
        return guilty

    def _begin_again(self, now: float, by: str) -> None:
        """Begin anew with contacts, if those who were acquitted want to."""
        if not self._chance(self.spec.struck.begins_again.value, "begins-again", by):
            return
        self.round += 1
        self.ended, self.how = None, ""
        self._fact("plot begins again", place=self.home)
        self._tell("begins again after acquittals")
        self._enter(CONTACT, int(now))

    # Its end ------------------------------------------------------------------------------------

    def _end(self, now: float, how: str) -> None:
        self.ended, self.how = now, how
        if not self._is_known:
            return
        stage = STAGES[min(self.stage, ATTACK - 1)]
        self._ledger.enter(self.home, **{_BOOKED[how]: 1})
        if how == "stopped":
            self._ledger.enter(self.home, **{f"stopped_in_{stage}": 1})
        self._fact("plot ends", how, at=now, place=self.home, stage=self.stage)
        if how != "attacked":
            self._tell(f"ends: {how}", at=now)
        self.show()

    def _tell(self, text: str, *, at: float | None = None) -> None:
        self.lane.note("plot", "world", self.subject, text, at=at)

    def _fact(self, what: str, thing: str = "", *, at: float | None = None, **more: float) -> None:
        self.lane.fact("plot", what, self.subject, thing, at=at, **more)


_BOOKED: Final = {
    "attacked": "attacks",
    "failed": "attacks_failed",
    "stopped": "plots_stopped",
    "disengaged": "plots_disengaged",
    "deterred": "plots_deterred",
    "given up": "plots_given_up",
}
"""Entries of the books, by how a plot ended."""

"""A network with cells in several states that exploit, earn, launder, move and recruit.

It lives week by week. It notices pressure, hears what leaks, lies low, moves away from where it was
hurt, and falls apart; then another group may take its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

from agents.lane import Lane, choose, whole_number
from agents.mechanisms.network.declaration import Network, OrganisedCrime
from agents.mechanisms.network.ledger import Known, Ledger
from sim.draws import Draws

WEEKS_A_YEAR: Final = 365 / 7
_WEEKS_A_LEAK: Final = 4
"""Weeks that pass before a network has heard what somebody told."""

_MOST_CELLS, _MOST_GROUPS = 256, 4096
_EXPLOITATION, _TRAVEL, _MONEY = 0, 1, 2
"""Aspects, in the order of the declaration."""


@dataclass(slots=True)
class Cell:
    """Members in one state."""

    place: int
    members: int
    first_members: int
    victims: float
    """Persons held."""
    liquid: float = 0.0
    """Euro not yet laundered."""
    wanted: int = 0
    """Members under an alert for arrest."""
    moves: int = 0


class CriminalNetwork:
    """One network of one lane, and those that take its place."""

    def __init__(self, lane: Lane, subject: int, number: int) -> None:
        self.lane, self.subject = lane, subject
        self.number = number
        """Names it in draws."""
        self.group = 0
        """Groups that were there before."""
        self.ledger = Ledger()
        self.cells: list[Cell] = []
        self.known: list[Known] = []
        """One for each group."""
        self._detained: dict[int, list[tuple[int, int]]] = {}
        """Members arrested and not yet tried, by place: each as the numbers of group and cell."""
        self._week = 0
        self._begin()

    def _begin(self) -> None:
        """Let a group settle."""
        self.cells = self._settle()
        self.first_places = tuple(cell.place for cell in self.cells)
        self._first_size = sum(cell.members for cell in self.cells)
        self.ledger.members += self._first_size
        self.ledger.victims += sum(cell.victims for cell in self.cells)
        self.known.append(Known(self.lane.now))
        for cell in self.cells:
            self.ledger.at(cell.place, victims=cell.victims)
            self._fact("cell begins", cell, members=cell.members, victims=cell.victims)
        self._warned_until = -1.0
        self._shown_share = 1.0
        """Of its activity, what there was to see when it last showed itself."""
        self._lost: dict[int, float] = {}
        """When it last lost members, by place."""
        self.is_active = True
        self._back_at: float | None = None

    def _settle(self) -> list[Cell]:
        """Draw the states with cells, larger states more often, and the cells' members."""
        draws, spec, name = self._draws, self.spec, self._name
        count = whole_number(draws, spec.cells, "network:cells", name)
        members = list(self.lane.layout.atlas.members.values())
        weight = [member.population**0.5 for member in members]
        cells: list[Cell] = []
        for number in range(count):
            place = choose(draws, weight, "network:place", name, number)
            weight[place] = 0.0
            size = whole_number(draws, spec.members_per_cell, "network:members", name, number)
            cells.append(Cell(place, size, size, size * spec.victims_per_member.value))
        return cells

    @property
    def spec(self) -> Network:
        """What its threat says of networks now."""
        return cast("OrganisedCrime", self.lane.declared(self.subject)).network

    @property
    def _draws(self) -> Draws:
        """The draws of its threat."""
        return self.lane.draws_of(self.lane.threat_of(self.subject))

    @property
    def _name(self) -> int:
        """Names the group in draws, and with the number of a cell added, the cell."""
        return (self.number * _MOST_GROUPS + self.group) * _MOST_CELLS

    # What it does every week ---------------------------------------------------------------

    def step(self) -> None:
        """Live a week: exploit, earn, launder, listen, recruit; or come back as another group."""
        self._week += 1
        if not self.is_active:
            if self._back_at is not None and self.lane.now >= self._back_at:
                self._return()
            return
        self._exploit()
        self._listen()
        self._recruit()
        if self._shown_share != self._share:
            self.show()

    def show(self) -> None:
        """Set how much there is to see of each cell; nothing of those that are gone."""
        mean = self._first_size / len(self.first_places)
        low = self._shown_share = self._share
        there: dict[int, float] = {}
        for cell in self.cells:
            there[cell.place] = there.get(cell.place, 0.0) + cell.members / mean
        lowered = {place: low * level for place, level in there.items()}
        self.lane.set_activity(self.subject, lowered, _EXPLOITATION)
        self.lane.set_activity(self.subject, lowered, _TRAVEL)
        self.lane.set_activity(self.subject, there, _MONEY)

    @property
    def _share(self) -> float:
        """Share of its activity that it keeps up."""
        return self.spec.low_activity.value if self.is_warned else 1.0

    @property
    def is_warned(self) -> bool:
        """Whether it lies low."""
        return self.lane.now < self._warned_until

    def _exploit(self) -> None:
        """Hold victims, find others, earn, and launder what is put aside."""
        spec, ledger, warned = self.spec, self.ledger, self.is_warned
        week_h = 7 * 24
        leaving = week_h / spec.held_for.value
        filling = 1 - 0.5 ** (week_h / spec.found_in.value)
        if warned:
            filling *= spec.low_activity.value
        rate = (spec.laundered_when_warned if warned else spec.laundered_per_week).value
        earned = spec.income_per_victim_year.value / WEEKS_A_YEAR
        put_aside = spec.liquid_share.value
        for cell in self.cells:
            before = cell.victims
            left = cell.victims * (1 - leaving)
            room = cell.members * spec.victims_per_member.value - left
            found = room * filling + cell.victims * leaving * (1 - filling) if room > 0 else 0.0
            cell.victims = left + found
            self._fact("victims held for a week", cell, before=before, held=cell.victims)
            ledger.victims += found
            ledger.victim_weeks += cell.victims
            income = cell.victims * earned
            ledger.proceeds += income
            cell.liquid += income * put_aside
            ledger.at(cell.place, victims=found, victim_weeks=cell.victims, proceeds=income)
            laundered = cell.liquid * rate
            ledger.laundered += laundered
            cell.liquid -= laundered

    def _listen(self) -> None:
        """Notice investigators, and hear what informed organisations leak."""
        lane, draws, spec = self.lane, self._draws, self.spec
        for number, cell in enumerate(self.cells):
            if lane.cases.are_open(self.subject, cell.place) and draws.chance(
                spec.notice_per_week.value, "network:notice", self._name + number, self._week
            ):
                self.warn()
        if self._week % _WEEKS_A_LEAK:
            return
        informed = lane.informed(self.subject)
        if not informed:
            return
        heard = 1 - (1 - spec.leak_per_week.value) ** (len(informed) * _WEEKS_A_LEAK)
        if draws.chance(heard, "network:leak", self._name, self._week):
            name = self._name, self._week
            leaker = informed[choose(draws, [1.0] * len(informed), "network:leaker", *name)]
            self.ledger.leaks += 1
            lane.fact("network", "leak", self.subject, lane.groups[leaker])
            text = f"hears from inside {lane.groups[leaker]}"
            if draws.chance(spec.leak_traced.value, "network:leak-traced", *name):
                lane.trust.leaked(lane.domain_of(self.subject), range(len(lane.groups)), leaker)
                text += ", and that comes out"
            lane.note("network", "world", self.subject, text)
            self.warn()

    def _recruit(self) -> None:
        grown = False
        for number, cell in enumerate(self.cells):
            if cell.members < cell.first_members and self._draws.chance(
                self.spec.recruits_per_week.value,
                "network:recruit",
                self._name + number,
                self._week,
            ):
                cell.members += 1
                self.ledger.members += 1
                self._fact("member recruited", cell)
                grown = True
        if grown:
            self.show()

    # What is done to it ----------------------------------------------------------------------

    def warn(self) -> None:
        """Lie low for a while; some cells move."""
        if self.is_warned or not self.is_active:
            return
        now = self.lane.now
        self.lane.note("network", "world", self.subject, "is warned and lies low")
        self._warned_until = now + self.lane.durations.ticks(self.spec.reaction_time)
        for number in range(len(self.cells)):
            if self._draws.chance(
                self.spec.moves_when_warned.value, "network:moves", self._name + number, self._week
            ):
                self._move(number)
        self.show()

    def _move(self, number: int) -> None:
        """Move a cell to a neighbouring state where little was lost; anywhere if there is none."""
        lane, cell = self.lane, self.cells[number]
        codes = list(lane.layout.places)
        here = cell.place
        near = [float(place in lane.geography.near[here]) for place in range(len(codes))]
        if not any(near):
            near = [float(place != here) for place in range(len(codes))]
        since = lane.now - lane.durations.ticks(self.spec.memory)
        for place, lost in self._lost.items():
            if lost > since:
                near[place] *= self.spec.avoids.value
        if not any(near):
            return  # there is no other state, or none that it would go to
        name = self._name + number
        cell.place = choose(self._draws, near, "network:destination", name, cell.moves)
        text = f"moves a cell from {codes[here]} to {codes[cell.place]}"
        lane.note("network", "world", self.subject, text)
        cell.moves += 1
        self.ledger.moves += 1

    def raid(self, places: tuple[int, ...], share: float) -> int:
        """Arrest a share of the members present; the rest are wanted, and everybody is warned."""
        raid = self.ledger.raids
        self.ledger.raids += 1
        self.ledger.common_actions += len(places) > 1
        self.lane.fact("network", "raid", self.subject, states=len(places))
        arrested, struck = 0, False
        for number, cell in enumerate(self.cells):
            if cell.place in places and cell.members:
                struck = True
                taken = sum(
                    self._draws.chance(share, "network:arrest", self._name + number, one, raid)
                    for one in range(cell.members)
                )
                self._lose(number, taken)
                arrested += taken
                cell.wanted = cell.members
                if cell.members and len(places) == 1:
                    self._move(number)
        if struck:
            self.warn()
            self.show()
        return arrested

    def free(self, places: tuple[int, ...], share: float) -> float:
        """Free a share of the victims in some states."""
        freed = 0.0
        for cell in self.cells:
            if cell.place in places:
                before = cell.victims
                freed += cell.victims * share
                self.ledger.at(cell.place, freed=cell.victims * share)
                cell.victims *= 1 - share
                self._fact("victims freed", cell, before=before, left=cell.victims)
        self.ledger.freed += freed
        return freed

    def surrender(self, place: int, share: float, name: str) -> int:
        """Arrest wanted members of one place on a warrant, each with a chance."""
        arrested = 0
        for number, cell in enumerate(self.cells):
            if cell.place == place and cell.wanted:
                taken = sum(
                    self._draws.chance(share, "network:surrender", self._name + number, one, name)
                    for one in range(cell.wanted)
                )
                cell.wanted -= taken
                arrested += taken
                self._lose(number, taken)
        if arrested:
            self.show()
        return arrested

    def convict(self, places: tuple[int, ...], share: float, name: str) -> int:
        """Try those arrested in some states; who is acquitted goes back to his cell."""
        convicted, tried = 0, [(p, *one) for p in places for one in self._detained.pop(p, ())]
        for number, (place, group, cell) in enumerate(tried):
            stream = f"network:convict-{place}"
            guilty = self._draws.chance(share, stream, self._name, number, name)
            if guilty:
                convicted += 1
                self.ledger.at(place, convicted=1)
            elif self.is_active and group == self.group:
                self.cells[cell].members += 1
            verdict = "guilty" if guilty else "acquitted"
            self.lane.fact("network", "member tried", self.subject, verdict, place=place)
        self.ledger.convicted += convicted
        if convicted < len(tried):
            self.show()
        return convicted

    def freeze(self, places: tuple[int, ...], share: float, kept: float) -> float:
        """Freeze a share of the liquid money in some states; courts keep part of it."""
        frozen = 0.0
        for cell in self.cells:
            if cell.place in places:
                before = cell.liquid
                taken = cell.liquid * share
                cell.liquid -= taken
                self._fact("money frozen", cell, before=before, left=cell.liquid, kept=kept)
                frozen += taken
                self.ledger.at(cell.place, frozen=taken, confiscated=taken * kept)
        self.ledger.frozen += frozen
        self.ledger.confiscated += frozen * kept
        return frozen

    def _lose(self, number: int, taken: int) -> None:
        if not taken:
            return
        now, cell = self.lane.now, self.cells[number]
        cell.members -= taken
        self._fact("members arrested", cell, taken=taken)
        self._detained.setdefault(cell.place, []).extend([(self.group, number)] * taken)
        self.ledger.arrested += taken
        self.ledger.at(cell.place, arrested=taken)
        self._lost[cell.place] = now
        code = self.lane.groups[cell.place]
        self.lane.note("network", "world", self.subject, f"loses {taken} members in {code}")
        if self.known[-1].first_arrest is None:
            self.known[-1].first_arrest = now
        left = sum(one.members for one in self.cells)
        if self.is_active and left < self.spec.falls_apart.value * self._first_size:
            self._fall_apart()

    def _fall_apart(self) -> None:
        """End; another group may take the place after a while."""
        lane, spec = self.lane, self.spec
        self.is_active = False
        self.ledger.dismantled += 1
        self.known[-1].ended = lane.now
        lane.fact("network", "group falls apart", self.subject, group=self.group)
        lane.note("network", "world", self.subject, "falls apart")
        for cell in self.cells:
            cell.members = cell.wanted = 0
            cell.victims = 0.0
        if self._draws.chance(spec.replaced.value, "network:replaced", self._name):
            self._back_at = lane.now + lane.durations.ticks(spec.replaced_after)

    def _return(self) -> None:
        """Let another group take the place, of which nobody knows anything."""
        lane = self.lane
        self.group += 1
        self.ledger.replaced += 1
        lane.engine.spend(lane.number, self.subject, links=True)
        self.known[-1].first = lane.recognitions_of(self.subject)
        lane.forget_recognitions(self.subject)
        self._begin()
        places = ", ".join(lane.groups[place] for place in self.first_places)
        lane.note(
            "network", "world", self.subject, f"is replaced by a group with cells in {places}"
        )
        self.show()

    def _fact(self, what: str, cell: Cell, **numbers: float) -> None:
        if self.lane.facts is not None:
            numbers |= {"place": cell.place, "group": self.group}
            self.lane.fact("network", what, self.subject, "", **numbers)

    def books(self) -> list[Known]:
        """Return when each group was known, up to now."""
        self.known[-1].first = self.lane.recognitions_of(self.subject)
        return self.known

"""Forest fires of all lanes and states at once: danger, outbreaks, growth, and what burns.

Everything here is whole numbers in arrays of shape (L, P), lanes by states, so that a lane gives
the same in any batch and on any machine. Fractions are in units of ``1 / ONE`` (danger 256 is the
mean of a season; a need of 256 is the work of one ground module).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from agents.lane import total
from agents.mechanisms.versions import Versions
from sim.draws import QUANTILE_SHIFT, Table, lognormal, midpoints, name_key, philox4x32
from sim.kernel import Lanes

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
U32 = NDArray[np.uint32]

ONE: Final = 256
"""Danger of an average season; need of one ground module; one hectare."""

_RATE: Final = 1 << 32
_STEADY: Final = 1 << 16
_LARGEST_DANGER: Final = 8 * ONE
_INDEX_ONE: Final = 1024
"""Steps of the danger index, the logarithm of danger."""
_WORDS: Final = 4


@dataclass(frozen=True)
class Shape:
    """Numbers that shape the fires, as fractions and per hour.

    Spreads are standard deviations of the logarithm of danger.
    """

    season_spread: float
    region_spread: float
    state_spread: float
    persistence: float
    """Correlation of the weather of two days in a row."""
    growth: float
    """Share by which need that is not met grows in an hour of the day at danger 1."""
    suppression: float
    """Share of the need that is met that goes out in an hour at danger 1."""
    hectares: float
    """Burnt by a module of need that is not met, in an hour of the day at danger 1."""
    held_share: float
    """Share of that which burns where need is met."""
    night: float
    """Fire behaviour at night, as a share of that by day."""
    spread_limit: float
    """Times its first need that a fire can grow to."""
    burns_out: float
    """Share of need, met or not, that goes out by itself in an hour."""
    aircraft_worth: float
    """Ground modules that an aircraft is worth by day."""
    aircraft_limit: float
    """Share of a fire's need that aircraft can meet."""
    tied_share: float
    """Share of the national means that small fires tie down at danger 1."""
    tied_most: float
    dawn_h: float
    dusk_h: float
    need_median: float
    """Need of a large fire when it breaks out, in ground modules."""
    need_p95: float


@dataclass(frozen=True)
class Land:
    """States in the order of the places; arrays of shape (P,)."""

    codes: tuple[str, ...]
    regions: tuple[str, ...]
    aircraft: I64
    ground: I64
    small_ha_month: NDArray[np.float64]
    """Hectares that small fires burn in 30 days at danger 1."""
    large_fires_month: NDArray[np.float64]
    """Outbreaks of large fires in 30 days at danger 1."""
    fierceness: NDArray[np.float64]
    """First need and growth of fires, as a share of those in the south."""


def normal(spread: float) -> NDArray[np.int64]:
    """Return quantiles of a normal distribution in steps of the danger index, as a table."""
    return np.rint(special.ndtri(midpoints()) * spread * _INDEX_ONE).astype(np.int64)


def danger_table(spread: float) -> NDArray[np.int64]:
    """Danger by index, from ``-4 * _INDEX_ONE``; its mean over normal indices is `ONE`."""
    index = np.arange(-4 * _INDEX_ONE, 4 * _INDEX_ONE + 1) / _INDEX_ONE
    danger = np.rint(ONE * np.exp(index - spread * spread / 2)).astype(np.int64)
    capped: NDArray[np.int64] = np.minimum(danger, _LARGEST_DANGER)
    return capped


class Weather:
    """Danger of every lane and state, moved once a day; lanes of one world share theirs.

    The index is a season's part and the weather of the region and of the state, each of which
    keeps a share from day to day.
    """

    def __init__(self, shape: Shape, land: Land, lanes: Lanes) -> None:
        names = sorted(set(land.regions))
        self._lanes = lanes
        self._region = np.array([names.index(region) for region in land.regions])
        self._region_key = np.array([name_key(f"region:{name}") for name in names])
        self._state_key = np.array([name_key(f"state:{code}") for code in land.codes])
        self._keep = round(shape.persistence * ONE)
        fresh = (1 - shape.persistence**2) ** 0.5
        spreads = (shape.region_spread, shape.state_spread)
        self._first = [normal(spread) for spread in spreads]
        self._fresh = [normal(spread * fresh) for spread in spreads]
        variance = shape.season_spread**2 + total(spread**2 for spread in spreads)
        self._danger = danger_table(variance**0.5)
        season = normal(shape.season_spread)
        self._season = self._draw("fire:season", self._region_key, 0, season)
        self._by_region = self._draw("fire:region-weather", self._region_key, 0, self._first[0])
        self._by_state = self._draw("fire:state-weather", self._state_key, 0, self._first[1])

    def _draw(self, stream: str, keys: I64, day: int, table: Table | I64) -> I64:
        """Draw from a table for every world and key, shape (N, keys)."""
        words = draw_in_worlds(self._lanes, name_key(stream), keys, day)[0]
        drawn: I64 = table[words >> np.uint32(QUANTILE_SHIFT)].astype(np.int64)
        return drawn

    def next_day(self, day: int) -> None:
        """Move on to the weather of `day`, from 1."""
        region, state = self._fresh
        kept = self._by_region * self._keep >> 8
        self._by_region = kept + self._draw("fire:region-weather", self._region_key, day, region)
        kept = self._by_state * self._keep >> 8
        self._by_state = kept + self._draw("fire:state-weather", self._state_key, day, state)

    def danger(self) -> I64:
        """Danger now, shape (L, P)."""
        index = (self._season + self._by_region)[:, self._region] + self._by_state
        low = -4 * _INDEX_ONE
        danger: I64 = self._danger[np.clip(index, low, -low) - low]
        return danger[self._lanes.world]


def draw_in_worlds(lanes: Lanes, stream: int, keys: I64, tick: int) -> U32:
    """Draw for every world and key; shape (4, N, keys)."""
    first, second = lanes.world_keys
    world = np.repeat(np.arange(first.size), keys.size)
    words = philox4x32((stream, np.tile(keys, first.size), tick, 0), (first[world], second[world]))
    return words.reshape(_WORDS, first.size, keys.size)


class _Numbers:
    """Whole numbers of the versions that lanes go by."""

    def __init__(self, shapes: Versions[Shape], behaviour: F64, tick_h: float) -> None:
        def whole(name: str, *factors: float | F64) -> I64:
            found: I64 = np.rint(math.prod(factors, start=shapes.array(name))).astype(np.int64)
            return found

        by_hour = behaviour[:, None]
        burning = (
            whole("growth", by_hour, tick_h, _STEADY),
            whole("hectares", by_hour, tick_h, ONE),
            whole("suppression", tick_h, _STEADY),
            whole("held_share", ONE),
            whole("burns_out", tick_h, _STEADY),
        )
        shape = len(behaviour), len(shapes.rows)
        self.burning = np.stack([np.broadcast_to(one, shape) for one in burning], axis=1)
        """How fires burn in each tick of a day, shape (ticks, 5, V); what follows is (V,)."""
        self.times = whole("spread_limit", ONE)
        self.worth = whole("aircraft_worth", ONE)
        self.limit = whole("aircraft_limit", ONE)
        self.tied = whole("tied_share", ONE)
        self.tied_most = whole("tied_most", ONE)
        needs = ((row.need_median * ONE, row.need_p95 * ONE) for row in shapes.rows)
        self.first_need = np.stack([lognormal(*need) for need in needs]).astype(np.int64)
        """Need of a fire that breaks out, as tables, shape (V, quantiles)."""


class Fires:
    """Fires of L lanes and P states, and what works on them.

    ``need`` is the work that the large fires of a state ask for, in ground modules and units of
    ``1 / ONE``. It grows where it is not met and shrinks where it is.
    """

    def __init__(self, shapes: Versions[Shape], land: Land, lanes: Lanes, tick_h: float) -> None:
        size = (lanes.size, len(land.codes))
        self.land, self._lanes, self._version = land, lanes, shapes.of
        self.weather = Weather(shapes.rows[0], land, lanes)
        self.need = np.zeros(size, dtype=np.int64)
        self._ceiling = np.zeros(size, dtype=np.int64)
        self.lent_aircraft = np.zeros(size, dtype=np.int64)
        self.lent_ground = np.zeros(size, dtype=np.int64)
        self.help_aircraft = np.zeros(size, dtype=np.int64)
        self.help_ground = np.zeros(size, dtype=np.int64)
        self.coming_aircraft = np.zeros(size, dtype=np.int64)
        self.coming_ground = np.zeros(size, dtype=np.int64)
        self.burnt = np.zeros(size, dtype=np.int64)
        """In units of ``1 / (ONE * ONE)`` hectare."""
        self.unmet = np.zeros(size, dtype=np.int64)
        """Need not met so far, in ticks and units of ``1 / ONE``."""
        self.given = np.zeros(size, dtype=np.int64)
        """Modules abroad, summed over the ticks."""
        self.danger_sum = np.zeros(size, dtype=np.int64)
        """Danger, summed over the ticks."""
        self.outbreaks = np.zeros(size, dtype=np.int64)
        self.gap = np.zeros(size, dtype=np.int64)
        """Need that own means and help cannot meet even by day, in units of ``1 / ONE``."""
        self._own_supply = np.zeros(size, dtype=np.int64)
        self._first: I64 = np.unique(lanes.world, return_index=True)[1]
        """A lane of each world."""
        self._words = np.zeros((_WORDS, self._first.size, len(land.codes)), dtype=np.uint32)
        self._drawn = -1
        self.witness: Callable[[NDArray[np.bool_]], None] | None = None
        """Who is shown each tick as it is before something burns, and where fires broke out."""
        self._day_ticks = round(24 / tick_h)
        self._compile(shapes.rows[0], tick_h)
        self._numbers = _Numbers(shapes, self._behaviour, tick_h)
        self._go_by()
        self.begin()

    def _compile(self, shape: Shape, hours: float) -> None:
        """Lay out what is the same in all lanes."""
        start = np.arange(self._day_ticks) * hours
        self.light = (start >= shape.dawn_h) & (start < shape.dusk_h)
        self._behaviour = behaviour = np.where(self.light, 1.0, shape.night)
        self._fierce = np.rint(self.land.fierceness * ONE).astype(np.int64)
        weight = behaviour / behaviour.sum()
        rate = self.land.large_fires_month[None, :] / 30 * weight[:, None]
        self._rate = np.rint(rate / ONE * _RATE).astype(np.int64)
        small = self.land.small_ha_month[None, :] / 30 * weight[:, None]
        self._small = np.rint(small * ONE).astype(np.int64)
        self._key = np.array([name_key(f"state:{code}") for code in self.land.codes])

    def _go_by(self) -> None:
        """Let lanes go by the numbers that are in force in them now."""
        numbers, version = self._numbers, self._version
        self._burning: I64 = numbers.burning[:, :, version]
        """How fires burn in each tick of a day, shape (ticks, 5, L)."""
        self._worth: I64 = numbers.worth[version]
        self._limit: I64 = numbers.limit[version]
        self._tied: I64 = numbers.tied[version, None]
        self._tied_most: I64 = numbers.tied_most[version, None]

    def turn(self) -> None:
        """Let lanes go by other numbers from now on."""
        self._go_by()
        self.set_danger(self.danger)

    # What a tick brings --------------------------------------------------------------------------

    def begin(self) -> None:
        """Begin the season, with the weather of its first day."""
        self.set_danger(self.weather.danger())

    def rest(self) -> None:
        """Live without danger, before the season or after it."""
        self.set_danger(np.zeros(self.need.shape, dtype=np.int64))

    def step(self, tick: int) -> NDArray[np.bool_]:
        """Live a tick of the season, counted from its begin.

        Return where a large fire broke out, shape (L, P).
        """
        of_day = tick % self._day_ticks
        if of_day == 0 and tick:
            self.weather.next_day(tick // self._day_ticks)
            self.set_danger(self.weather.danger())
        broke_out = self._break_out(tick, of_day)
        self._live(tick, broke_out)
        return broke_out

    def burn_on(self, tick: int) -> None:
        """Live a tick in which nothing breaks out; what burns, burns on."""
        self._live(tick, np.zeros(self.need.shape, dtype=np.bool_))

    def _live(self, tick: int, broke_out: NDArray[np.bool_]) -> None:
        if self.witness is not None:
            self.witness(broke_out)
        self._burn(tick % self._day_ticks)
        self.danger_sum += self.danger
        self.given += self.lent_aircraft
        self.given += self.lent_ground

    def _break_out(self, tick: int, of_day: int) -> NDArray[np.bool_]:
        if tick // _WORDS != self._drawn:
            self._drawn = tick // _WORDS
            self._words = draw_in_worlds(
                self._lanes, name_key("fire:outbreak"), self._key, self._drawn
            )
        chance = self._rate[of_day] * self.danger[self._first]
        broke_out: NDArray[np.bool_] = (self._words[tick % _WORDS] < chance)[self._lanes.world]
        lanes, states = np.nonzero(broke_out)
        if lanes.size:
            words = self._lanes.draw(lanes, name_key("fire:size"), self._key[states], tick)[0]
            version = self._version[lanes]
            size = self._numbers.first_need[version, words >> np.uint32(QUANTILE_SHIFT)]
            size = size * self._fierce[states] >> 8
            self.need[lanes, states] += size
            self._ceiling[lanes, states] += size * self._numbers.times[version] >> 8
            self.outbreaks[lanes, states] += 1
        return broke_out

    def set_danger(self, danger: I64) -> None:
        """Live under a danger, shape (L, P), from now on; small fires tie down means."""
        self.danger: I64 = danger
        free = ONE - np.minimum((self._tied * danger) >> 8, self._tied_most)
        self._free_aircraft: I64 = (self.land.aircraft * free) >> 8
        self._free_ground: I64 = (self.land.ground * free) >> 8

    def own_means(self) -> tuple[I64, I64]:
        """Aircraft and ground modules that small fires and loans leave free, shape (L, P)."""
        air = self._free_aircraft - self.lent_aircraft
        ground = self._free_ground - self.lent_ground
        return np.maximum(air, 0), np.maximum(ground, 0)

    def own_means_at(self, lane: int, place: int) -> tuple[int, int]:
        """Return what `own_means` says of one lane and state."""
        air = self._free_aircraft.item(lane, place) - self.lent_aircraft.item(lane, place)
        ground = self._free_ground.item(lane, place) - self.lent_ground.item(lane, place)
        return max(air, 0), max(ground, 0)

    def aircraft_needed(self, lane: int, place: int) -> int:
        """Aircraft that the fires of one state can use, in whole aircraft."""
        most = (self.need.item(lane, place) * self._limit.item(lane)) >> 8
        return -(-most // self._worth.item(lane))

    def missing(self) -> I64:
        """Need that neither means at work nor help on its way will meet by day, shape (L, P)."""
        by_air = self.coming_aircraft * self._worth[:, None]
        return self.gap - by_air - self.coming_ground * ONE

    def missing_at(self, lane: int, place: int) -> int:
        """Return what `missing` says of one lane and state."""
        coming = self.coming_aircraft.item(lane, place) * self._worth.item(lane)
        return self.gap.item(lane, place) - coming - self.coming_ground.item(lane, place) * ONE

    def is_calm(self) -> NDArray[np.bool_]:
        """Where own means are enough by day with a fifth to spare, shape (L, P)."""
        calm: NDArray[np.bool_] = self.need * 6 <= self._own_supply * 5
        return calm

    def _burn(self, of_day: int) -> None:
        """Let large fires grow where they are, and small ones burn everywhere."""
        self.burnt += self._small[of_day] * self.danger
        self._own_supply = np.zeros(self.need.shape, dtype=np.int64)
        self.gap = np.zeros(self.need.shape, dtype=np.int64)
        at = np.flatnonzero(self.need.reshape(-1) != 0)
        if not at.size:
            return
        lane, place = np.divmod(at, self._fierce.size)
        growth, hectares, suppression, held, burns_out = self._burning[of_day][:, lane]
        worth = self._worth[lane]
        need, danger, ceiling = (part.take(at) for part in (self.need, self.danger, self._ceiling))
        air = np.maximum(self._free_aircraft.take(at) - self.lent_aircraft.take(at), 0)
        ground = np.maximum(self._free_ground.take(at) - self.lent_ground.take(at), 0)
        limit = (need * self._limit[lane]) >> 8
        self._own_supply.put(at, np.minimum(air * worth, limit) + ground * ONE)
        by_day = np.minimum((air + self.help_aircraft.take(at)) * worth, limit)
        by_ground = (ground + self.help_ground.take(at)) * ONE
        supply = by_ground + by_day if self.light[of_day] else by_ground
        met = np.minimum(need, supply)
        unmet = need - met
        self.gap.put(at, np.maximum(need - by_day - by_ground, 0))
        grown = _share(unmet, growth) * danger
        grown = grown * self._fierce.take(place) >> 16
        grown = grown * np.maximum(ceiling - need, 0) // np.maximum(ceiling, 1)
        out = _share(met, suppression) * (2 * ONE) // (danger + ONE)
        out += _share(need, burns_out)
        burning = (unmet * ONE + met * held) * hectares // ONE
        self.burnt.put(at, self.burnt.take(at) + (burning * (danger + ONE) >> 9))
        self.unmet.put(at, self.unmet.take(at) + unmet)
        need += grown - out
        on = need >= ONE // 2
        self.need.put(at, need * on)
        self._ceiling.put(at, (ceiling - _share(ceiling, burns_out)) * on)


def _share(number: I64, share: I64) -> I64:
    """Return a share, in units of ``1 / _STEADY``, of a number, rounded.

    In short ticks shares are so small that what is cut off would be a fifth of them.
    """
    part: I64 = (number * share + _STEADY // 2) >> 16
    return part

"""How far states lie apart, and how long a journey takes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Final, NamedTuple

from scenarios import Layout

_EARTH_KM: Final = 6371.0
_ROUND_KM: Final = 10


class Geography:
    """Where the Member States of a place lie, by their numbers; worked out when first asked for."""

    def __init__(self, layout: Layout) -> None:
        self._places, self._atlas = layout.places, layout.atlas

    @cached_property
    def km(self) -> Sequence[Sequence[int]]:
        """Distance from state to state."""
        members = list(self._atlas.members.values())
        return [[distance_km(a.lon, a.lat, b.lon, b.lat) for b in members] for a in members]

    @cached_property
    def near(self) -> Sequence[Sequence[int]]:
        """States that deal with a state directly, by its number."""
        places, are_neighbours = self._places, self._atlas.are_neighbours
        return [
            [place for there, place in places.items() if are_neighbours(here, there)]
            for here in places
        ]


def distance_km(lon_a: float, lat_a: float, lon_b: float, lat_b: float) -> int:
    """Great-circle distance, in whole tens of kilometres so that it is the same everywhere."""
    phi_a, phi_b = math.radians(lat_a), math.radians(lat_b)
    half = math.sin((phi_b - phi_a) / 2) ** 2
    half += math.cos(phi_a) * math.cos(phi_b) * math.sin(math.radians(lon_b - lon_a) / 2) ** 2
    return round(2 * _EARTH_KM * math.asin(math.sqrt(half)) / _ROUND_KM) * _ROUND_KM


class Daylight(NamedTuple):
    """Hours of the day between which aircraft fly."""

    dawn_h: float
    dusk_h: float

    def arrival_h(self, start_h: float, flight_h: float) -> float:
        """Hour at which a flight ends that begins at `start_h` and rests at night.

        Both count from midnight before the first day.
        """
        day, left = math.floor(start_h / 24), flight_h
        now = start_h
        while True:
            now = max(now, 24 * day + self.dawn_h)
            light = 24 * day + self.dusk_h - now
            if left <= light:
                return now + left
            left -= max(0.0, light)
            day += 1

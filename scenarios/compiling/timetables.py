"""Timetables of points: which stretches make which phases."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from scenarios.compiling.point import Point
from scenarios.compiling.terms import Meaning, Rules
from scenarios.reading import LoadedScenario
from sim.seam import NEVER, Points


class Entry(NamedTuple):
    """What makes a phase; equal ones are one."""

    scenario: int
    policy: int
    codes: tuple[Meaning, ...]
    """What every handling code of the world lets holders do."""


class Timetable(NamedTuple):
    """The timetable of a point."""

    since: tuple[int, ...]
    entries: tuple[Entry, ...]


def timetables_of(
    points: Sequence[Point], scenarios: Sequence[LoadedScenario], rules: Rules
) -> list[Timetable]:
    """Return what makes the phases of points.

    A code that a policy does not know keeps what it meant when a policy last knew it: reports that
    bear it are still about. One that was not known yet is borne by none, and free.
    """
    number = {id(loaded): place for place, loaded in enumerate(scenarios)}
    found = []
    for point in points:
        known = dict.fromkeys(rules.codes, rules.free)
        entries = []
        for _, scenario, policy in point.timetable:
            known |= rules.meanings(policy)
            codes = tuple(known.values())
            entries.append(Entry(number[id(scenario)], rules.number(policy), codes))
        since = tuple(stretch.since for stretch in point.timetable)
        found.append(Timetable(since, tuple(entries)))
    return found


def points_of(
    points: Sequence[Point], timetables: Sequence[Timetable], phases: Sequence[Sequence[int]]
) -> Points:
    """Return timetables as arrays; what begins and changes nothing is left out."""
    turns = []
    for each, numbers in zip(timetables, phases, strict=True):
        pairs = list(zip(each.since, numbers, strict=True))
        turns.append([pairs[0], *(after for one, after in pairwise(pairs) if one[1] != after[1])])
    most = max(map(len, turns))
    full = [[*each, *[(NEVER, each[-1][1])] * (most - len(each))] for each in turns]
    table = np.array(full, dtype=np.int64)
    names = tuple(point.name for point in points)
    return Points(names, table[:, :, 0].astype(np.int32), table[:, :, 1].copy())

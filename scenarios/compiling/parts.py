"""The scenarios of a world as parts of it: what each lays out, with its numbers in the whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from scenarios.compiling.channels import Link, build_network, joined
from scenarios.compiling.grounds import Ground
from scenarios.compiling.kinds import distinguished
from scenarios.compiling.seeing import Views, views
from scenarios.compiling.terms import Rules
from scenarios.compiling.timetables import Timetable
from scenarios.errors import SpecError
from scenarios.reading import LoadedScenario, located
from scenarios.schema import ReportClass

I64 = NDArray[np.int64]

_N = TypeVar("_N")
_S = TypeVar("_S", bound=np.generic)


class Whole(NamedTuple):
    """Numbers of what a world is made of, by name."""

    units: Mapping[str, int]
    links: Mapping[Link, int]
    classes: Mapping[str, int]


class Part:
    """A ground as part of a world: numbers of its units, channels and classes there.

    Parameters
    ----------
    ground
        What some scenarios lay out.
    whole
        All units, channels and classes of the world.
    """

    def __init__(self, ground: Ground, whole: Whole) -> None:
        own = ground.network
        self.ground = ground
        self.unit = _numbers([desk.name for desk in own.desks], whole.units)
        """Of its units, shape (u,)."""
        self.cls = _numbers(ground.reports, whole.classes)
        """Of its classes of report, shape (r,)."""
        self.kinds = np.full(len(whole.links), -1, dtype=np.int64)
        """Its own kind of each channel, or -1 where it has none, shape (C,)."""
        self.kinds[_numbers(own.links, whole.links)] = ground.kinds.of
        self._units, self._classes = len(whole.units), len(whole.classes)

    def at_units(self, own: NDArray[_S], closed: int) -> NDArray[_S]:
        """Put what its units have at their numbers in the world; `closed` elsewhere."""
        whole = np.full((self._units, *own.shape[1:]), closed, dtype=own.dtype)
        whole[self.unit] = own
        return whole

    def over_kinds(self, own: NDArray[_S], first: I64) -> NDArray[_S]:
        """Put what its kinds of channels and classes have at their numbers in the world.

        The shape (..., x, r) becomes (..., X, R); 0 where it has no such channel or class.

        Parameters
        ----------
        first
            A channel of each kind of the world, shape (X,).
        """
        *more, kinds, classes = own.shape
        padded = np.zeros((*more, kinds + 1, classes), dtype=own.dtype)
        padded[..., :kinds, :] = own
        whole = np.zeros((*more, first.size, self._classes), dtype=own.dtype)
        whole[..., self.cls] = padded[..., self.kinds[first], :]
        return whole

    def seen(self, loaded: LoadedScenario) -> Views:
        """Return what the desks of a scenario on this ground see, numbered as in the world."""
        seen = views(loaded.spec, loaded.atlas, self.ground.network)
        return seen._replace(unit=self.unit[seen.unit], cls=self.cls[seen.cls])


def _numbers(own: Iterable[Any], whole: Mapping[Any, int]) -> I64:
    """Return the numbers of some names."""
    return np.array([whole[name] for name in own], dtype=np.int64)


def _numbered(names: Iterable[_N]) -> dict[_N, int]:
    return {name: number for number, name in enumerate(names)}


class Parts:
    """The parts of a world, one for each scenario; those that lay out the same share one.

    Parameters
    ----------
    scenarios
        The scenarios of the world, N of them.
    timetables
        Which of them meet which policies.
    rules
        Terms of all policies.
    reports
        Classes of report of all scenarios.

    Raises
    ------
    SpecError
        If the networks of two scenarios cannot be joined.
    """

    def __init__(
        self,
        scenarios: Sequence[LoadedScenario],
        timetables: Sequence[Timetable],
        rules: Rules,
        reports: Mapping[str, ReportClass],
    ) -> None:
        of, alike = _alike(scenarios)
        met: list[set[int]] = [set() for _ in alike]
        for entry in (entry for each in timetables for entry in each.entries):
            met[of[entry.scenario]].add(entry.policy)
        grounds = []
        for loaded, policies in zip(alike, met, strict=True):
            with of_file(loaded):
                network = build_network(loaded.spec, loaded.atlas)
                grounds.append(Ground(loaded.atlas, loaded.spec.reports, network, policies, rules))
        self.network = joined([ground.network for ground in grounds])
        """Desks and channels of all scenarios."""
        desks = (desk.name for desk in self.network.desks)
        whole = Whole(_numbered(desks), _numbered(self.network.links), _numbered(reports))
        parts = [Part(ground, whole) for ground in grounds]
        self.of = [parts[number] for number in of]
        """The part that each scenario is, N of them."""
        self.kind = distinguished([part.kinds for part in parts], len(self.network.links))
        """Kind of each channel, shape (C,)."""
        self.first: I64 = np.unique(self.kind, return_index=True)[1]
        """A channel of each kind, shape (X,)."""


def _alike(scenarios: Sequence[LoadedScenario]) -> tuple[list[int], list[LoadedScenario]]:
    """Return for each scenario the number of what it lays out, and one scenario of each number."""
    of, distinct = list[int](), list[LoadedScenario]()
    for loaded in scenarios:
        same = partial(_lays_out_the_same, loaded)
        number = next((n for n, other in enumerate(distinct) if same(other)), len(distinct))
        if number == len(distinct):
            distinct.append(loaded)
        of.append(number)
    return of, distinct


def _lays_out_the_same(one: LoadedScenario, other: LoadedScenario) -> bool:
    """Whether two scenarios of a world have the same desks, channels, stores and reports."""
    mine, theirs = one.spec, other.spec
    pairs = (
        (mine.desks.keys(), theirs.desks.keys()),
        (mine.reports, theirs.reports),
        (mine.stores, theirs.stores),
        (one.atlas.place, other.atlas.place),
    )
    return all(a is b or a == b for a, b in pairs)


@contextmanager
def of_file(loaded: LoadedScenario) -> Iterator[None]:
    """Let errors name the file and the line of a scenario."""
    try:
        yield
    except SpecError as error:
        error.file = error.file or str(loaded.path)
        raise located(error) from None

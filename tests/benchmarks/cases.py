"""What is measured: the sizes of the spreading work, and who does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

OURS: Final = ("numpy", "compiled")
"""Names of our kernels; the contenders that do the same draws."""


@dataclass(frozen=True)
class Case:
    """A size of the spreading work."""

    units: int
    degree: int
    reports: int
    replications: int

    @property
    def name(self) -> str:
        return f"{self.units}x{self.degree}x{self.reports}x{self.replications}"

    @property
    def attempts(self) -> int:
        """About how many attempts it takes, if nearly every unit is reached."""
        return self.units * self.degree * self.reports * self.replications

    def within(self, attempts: int) -> Case:
        """Return a smaller case of at most about so many attempts: fewer replications first."""
        if self.attempts <= attempts:
            return self
        one = self.attempts // self.replications
        if one <= attempts:
            return replace(self, replications=attempts // one)
        reports = max(1, attempts // (self.units * self.degree))
        return replace(self, replications=1, reports=reports)


CASES: Final = (
    Case(200, 10, 50, 1),
    Case(200, 10, 50, 100),
    Case(200, 10, 50, 1_000),
    Case(10_000, 10, 100, 1),
)


@dataclass(frozen=True)
class Contender:
    """Someone who does the spreading work; its module is in `tests.benchmarks.contenders`."""

    name: str
    title: str
    module: str
    packages: tuple[str, ...]
    """Distributions whose versions matter."""
    most: int
    """Attempts in one measurement, about; larger cases are cut down to this."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Handed to the module's `Spreading`."""
    delays: bool = True
    """Whether messages take time; a cascade without delays reaches the same units."""

    @property
    def ours(self) -> bool:
        return self.name in OURS


MILLION: Final = 1_000_000
MANY: Final = 1_000 * MILLION
"""More than any case takes."""

CONTENDERS: Final = (
    Contender(
        name="numpy",
        title="fivesteps, NumPy kernel",
        module="kernels",
        options={"kernel": "numpy"},
        packages=("numpy",),
        most=MANY,
    ),
    Contender(
        name="compiled",
        title="fivesteps, compiled kernel",
        module="kernels",
        options={"kernel": "compiled"},
        packages=("numba", "llvmlite"),
        most=MANY,
    ),
    Contender(
        name="mesa",
        title="Mesa, agents with inboxes",
        module="mesa_inboxes",
        packages=("mesa",),
        most=10 * MILLION,
    ),
    Contender(
        name="heap",
        title="event heap in plain Python",
        module="event_heap",
        packages=(),
        most=5 * MILLION,
    ),
    Contender(
        name="eon",
        title="EoN, a run a report",
        module="eon_events",
        packages=("EoN", "networkx"),
        most=3 * MILLION,
    ),
    Contender(
        name="simpy",
        title="SimPy, all reports side by side",
        module="simpy_processes",
        options={"side_by_side": True},
        packages=("simpy",),
        most=MILLION // 2,
    ),
    Contender(
        name="simpy-apart",
        title="SimPy, a run a report",
        module="simpy_processes",
        options={"side_by_side": False},
        packages=("simpy",),
        most=MILLION // 2,
    ),
    Contender(
        name="ndlib",
        title="NDlib, a cascade without delays",
        module="ndlib_cascade",
        packages=("ndlib", "six"),
        delays=False,
        most=2 * MILLION,
    ),
    Contender(
        name="cynetdiff",
        title="CyNetDiff (C++), a cascade without delays",
        module="cynetdiff_cascade",
        packages=("cynetdiff",),
        delays=False,
        most=MANY,
    ),
)


def case_of(name: str) -> Case:
    """Return the case of that name, which need not be one of `CASES`."""
    return Case(*map(int, name.split("x")))


def contender_of(name: str) -> Contender:
    """Return the contender of that name."""
    return next(one for one in CONTENDERS if one.name == name)

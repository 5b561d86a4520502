"""How an outbreak runs: rates, chances, and the operators that there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.mechanisms.versions import Versions
from sim.draws import Table, lognormal

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

SHARE_ONE: Final = 1 << 16
"""Unit of shares in tables."""

SELDOM: Final = 6
"""Slow rounds between two in which operators patch that nobody warned."""


@dataclass(frozen=True)
class Course:
    """How an outbreak runs; rates a step.

    An infected operator tries to infect others in its cell, in its state and anywhere; the rates
    are those at which it would infect if every operator were vulnerable.
    """

    in_cell: float
    in_state: float
    anywhere: float
    isolates: float
    """Rate at which an infected operator cuts itself off: it is down, but infects nobody."""
    restores: float
    patches: float
    """Rate at which vulnerable operators patch by themselves once there is an outbreak."""
    patches_alerted: float
    escapes: float
    """Share of infections that a kill switch does not stop."""
    every: int
    """Steps between two rounds of infecting."""
    slow: int
    """Steps between two rounds of isolating, restoring and patching."""
    steps: int = 1
    """Steps in a tick."""


class Share(NamedTuple):
    """A share of operators, which differs from cell to cell: at most 1."""

    median: float
    p95: float

    def table(self) -> Table:
        """Return it as a table, in 1/SHARE_ONE."""
        table = lognormal(self.median * SHARE_ONE, self.p95 * SHARE_ONE)
        return np.minimum(table, np.int32(SHARE_ONE))


class Cells(NamedTuple):
    """Operators by state and sector, the same in every lane, and how many are vulnerable."""

    operators: I64
    """Shape (P, K)."""
    vulnerable: Versions[tuple[Share, ...]]
    """Share that is vulnerable at first, for each of the K sectors."""


class Rates:
    """Rates and chances of the versions of a course, each of shape (V,) or (V, ...)."""

    def __init__(self, courses: Versions[Course], operators: I64) -> None:
        slow, array = courses.rows[0].slow, courses.array
        self.in_cell = array("in_cell")[:, None] / np.maximum(operators, 1).reshape(-1)
        self.in_state = array("in_state")[:, None] / np.maximum(operators.sum(axis=1), 1)
        self.anywhere = array("anywhere") / max(int(operators.sum()), 1)
        self.escapes = array("escapes")
        self.isolates = chance_of(array("isolates") * slow)
        """This and what follows: chances in a slow round."""
        self.restores = chance_of(array("restores") * slow)
        self.patches = chance_of(array("patches") * (slow * SELDOM))
        """In a seldom round."""
        self.patches_alerted = chance_of(array("patches_alerted") * slow)


def chance_of(rate: F64 | float) -> F64:
    """Chance that something of a rate a step happens in a step.

    The Pade approximant of ``1 - exp(-rate)``, in plain arithmetic; below 0.1 it is right to
    one part in a thousand.
    """
    chance: F64 = np.minimum(rate / (1 + np.asarray(rate) / 2), 1.0)
    return chance

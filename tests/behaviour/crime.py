"""The catalogue's scenario of organised crime, with one thing changed."""

from __future__ import annotations

from collections.abc import Mapping

from scenarios.schema import Scenario
from tests.behaviour.worlds import F64, Set, outcomes, scenario

NAME = "organised-crime"
WORLDS = 24
SOME = 12
"""Enough worlds for what is plain to see."""
FEW = 6
"""Enough for what differs in most worlds."""
THREE_YEARS: Set = ("horizon", "1096 d")
SHORT: tuple[Set, ...] = (THREE_YEARS,)
BILATERAL = ("bilateral",)


def spec() -> Scenario:
    return scenario(NAME, *SHORT).spec


def run(*changes: Set, worlds: int = WORLDS) -> Mapping[str, F64]:
    """Return outcomes under the status quo, with something changed."""
    return outcomes(NAME, BILATERAL, worlds, *SHORT, *changes)[0]

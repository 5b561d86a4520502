"""A stage on which networks live undisturbed unless a test says otherwise."""

from __future__ import annotations

from typing import Any, Final

from agents.mechanisms.network.network import CriminalNetwork
from tests.agents.small import MEMBERS, SUBJECT, Stage, small

WEEKS_A_YEAR = 365 / 7
CALM: Final[dict[str, Any]] = {
    "notice_per_week": 0,
    "leak_per_week": 0,
    "recruits_per_week": 0,
    "moves_when_warned": 0,
    "low_activity": 0.25,
    "reaction_time": 14 * 24.0,
    "falls_apart": 0.3,
    "replaced": 0,
}
DE, AT, PL = (MEMBERS.index(code) for code in ("DE", "AT", "PL"))
EXPLOITATION, TRAVEL, MONEY = range(3)


def stage(replication: int = 0, networks: int = 1, **network: Any) -> Stage:
    """Return a stage on which networks live undisturbed unless told otherwise."""
    calm: dict[str, Any] = {**CALM, **network}
    quiet = {"joint-operation": {"gain": 0}}
    return Stage(small(network=calm, networks=networks, procedures=quiet), replication)


def places(network: CriminalNetwork) -> list[str]:
    return [MEMBERS[cell.place] for cell in network.cells]


def sizes(network: CriminalNetwork) -> list[int]:
    return [cell.members for cell in network.cells]


def pursue(played: Stage, code: str, subject: int = SUBJECT) -> None:
    """Let a state have suspects from now on."""
    cases, now = played.lane.cases, played.lane.now
    case = cases.open("investigation", code, played.layout.places[code], subject, now)
    cases.uphold(case, now)

"""What must be true of flows: scarcity bites, and measures do the one thing they are there for."""

from __future__ import annotations

from typing import Final

import pytest

from tests.behaviour.test_measures import Sign, holds
from tests.behaviour.worlds import outcomes, surely

PORTS: Final[tuple[Sign, ...]] = (
    ("4.3a", "stopped", 1),
    ("4.4a", "days_to_recognition", -1),
    ("4.4b", "days_to_recognition", -1),
)
WORLDS: Final = 16
LOOKS: Final = tuple(
    f"threats.cocaine.points.{port}.looks.value"
    for port in ("rotterdam", "antwerp", "algeciras-valencia", "lisbon-sines")
)


@pytest.mark.behave
@pytest.mark.parametrize("sign", PORTS, ids=lambda one: one[0])
def test_measures_at_ports(sign: Sign) -> None:
    assert holds("ports", PORTS, WORLDS, sign)


@pytest.mark.behave
def test_a_tenth_of_the_checks_seizes_less_and_twice_as_many_more() -> None:
    (usual,) = outcomes("ports", ("bilateral",), 8)
    few, many = (
        outcomes("ports", ("bilateral",), 8, *((path, looks) for path in LOOKS))[0]
        for looks in (9.0, 180.0)
    )
    assert surely(-1, few["stopped"], usual["stopped"])
    assert surely(1, many["stopped"], usual["stopped"])
    assert surely(1, few["through_share"], many["through_share"])


@pytest.mark.behave
def test_what_is_known_of_a_group_is_worth_something() -> None:
    """A profile that finds nobody sooner than chance seizes less."""
    (usual,) = outcomes("ports", ("full-pool",), WORLDS)
    blunt = ("threats.cocaine.targeting.times.value", 1.0)
    (without,) = outcomes("ports", ("full-pool",), WORLDS, blunt)
    assert surely(-1, without["stopped"], usual["stopped"])

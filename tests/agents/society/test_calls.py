"""What is read off single calls, to set beside history; by hand."""

from __future__ import annotations

import math
from typing import Any, Final

import pytest

from agents.lane.help import Call, Modules, Offer, Stay
from agents.society.calls import OF_CALLS, Seen

TICK_H: Final = 0.5
HORIZON: Final = 400
EVENT: Any = None


def offer(giver: str, modules: Modules, accepted: Modules, read_at: float | None) -> Offer:
    return Offer(giver, modules, modules, EVENT, accepted, read_at, is_open=False)


def answered() -> Call:
    """Called in tick 20. Offers are read in ticks 23, 24 and 25: 1.5, 2 and 2.5 hours later.

    Six ground modules come in tick 26 for 34 ticks. Three aircraft come in tick 30 for 108 ticks,
    one in 40 for 20, one in 50 and stays. Help is needed no more in tick 190.
    """
    call = Call(0, 0, 0, 10, EVENT, calls=2, first_call=20, first_offer=23, closed=190)
    for one in (
        offer("FR", Modules(4, 9), Modules(3, 6), 23),
        offer("IT", Modules(2, 0), Modules(2, 0), 24),
        offer("FR", Modules(5, 1), Modules(), 25),
        offer("ES", Modules(7, 0), Modules(), None),
    ):
        call.add(one)
    aircraft = [Stay(Modules(*row[:2]), *row[2:]) for row in ((3, 0, 30, 138), (1, 0, 40, 60))]
    call.stays = [Stay(Modules(0, 6), 26, 60), *aircraft, Stay(Modules(1, 0), 50)]
    return call


def read(call: Call, name: str) -> float:
    stem, _, parameter = name.partition("@")
    given = float(parameter) if parameter else math.nan
    return OF_CALLS[stem].read(Seen(call, TICK_H, HORIZON), given)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("first_offer_h", 1.5),
        ("states_offering@1.4", 0),
        ("states_offering@1.5", 1),
        ("states_offering@48", 2),  # France twice, and what nobody read
        ("aircraft_offered@1.9", 4),
        ("aircraft_offered@2", 4 + 2),
        ("aircraft_offered@48", 4 + 2 + 5),
        ("ground_offered@2", 9),
        ("modules_offered@2.5", 13 + 2 + 6),
        ("aircraft_accepted", 5),
        ("ground_accepted", 6),
        ("modules_accepted", 11),
        ("modules_come_h@1", 3),
        ("ground_come_h@6", 3),
        ("ground_come_h@7", math.inf),
        ("aircraft_come_h@1", 5),
        ("aircraft_come_h@3", 5),
        ("aircraft_come_h@4", 10),
        ("aircraft_come_h@5", 15),
        ("modules_come_h@11", 15),
        ("aircraft_come_h@6", math.inf),
        ("aircraft_at_work@4.9", 0),
        ("aircraft_at_work@5", 3),
        ("aircraft_at_work@19.9", 5),
        ("aircraft_at_work@20", 4),  # in that very tick one goes home
        ("aircraft_at_work@59", 1),
        ("ground_at_work@19", 6),
        ("modules_at_work@19", 11),
        ("modules_at_work@190", 1),
        ("aircraft_stay_d", 108 / 48),
        ("ground_stay_d", 34 / 48),
        ("modules_stay_d", 34 / 48),
        ("call_h", 85),
    ],
)
def test_quantities_count_from_the_first_call_not_from_when_means_were_outgrown(name, value):
    assert read(answered(), name) == pytest.approx(value)


def test_every_quantity_is_read_here():
    rows = test_quantities_count_from_the_first_call_not_from_when_means_were_outgrown.pytestmark
    named = {name.partition("@")[0] for name, _ in rows[0].args[1]}
    assert named == set(OF_CALLS)


def test_what_did_not_come_is_never_and_what_has_not_ended_is_not_defined() -> None:
    call = Call(0, 0, 0, 10, EVENT, calls=1, first_call=20)
    for name in ("aircraft_offered@2", "states_offering@2", "ground_accepted", "modules_at_work@9"):
        assert read(call, name) == 0
    for name in ("first_offer_h", "aircraft_come_h@1", "ground_come_h@1"):
        assert read(call, name) == math.inf
    for name in ("aircraft_stay_d", "call_h"):
        assert math.isnan(read(call, name))
    call.stays = [Stay(Modules(4, 0), 30)]
    assert (read(call, "aircraft_come_h@4"), read(call, "aircraft_come_h@5")) == (5, math.inf)
    assert math.isnan(read(call, "aircraft_stay_d"))


def test_what_is_at_work_after_the_end_of_the_run_is_not_known() -> None:
    end_h = (HORIZON - 20) * TICK_H
    assert read(answered(), f"aircraft_at_work@{end_h}") == 1
    assert math.isnan(read(answered(), f"aircraft_at_work@{end_h + 0.1}"))

"""What is read off single calls, to set beside history; by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from agents.lane.help import Call, Modules, Offer, Stay
from agents.society import calls
from agents.society.calls import QUANTITIES, read_calls
from agents.society.society import Society
from sim import LaneId
from sim.kernel.engine import Kernel
from tests.agents.small_fire import HALF_HOURS, MEMBERS, FireStage

TICK_H = 0.5
EVENT: Any = None


def read(call: Call) -> dict[str, float]:
    return {name: quantity.read(call, TICK_H) for name, quantity in QUANTITIES.items()}


def offer(aircraft: int, accepted: int, read_at: float | None) -> Offer:
    modules = Modules(aircraft, 9)
    return Offer("FR", modules, modules, EVENT, Modules(accepted, 3), read_at, is_open=False)


def test_quantities_count_from_the_first_call_not_from_when_means_were_outgrown() -> None:
    """Called in tick 20. Offers are read in ticks 23, 24 and 25: 1.5, 2 and 2.5 hours later.

    Three aircraft come in tick 30, one in 40, one in 50; the first stay for 108 ticks.
    """
    call = Call(0, 0, 0, 10, EVENT, calls=2, first_call=20, first_offer=23, closed=190)
    for one in (offer(4, 3, 23), offer(2, 2, 24), offer(5, 0, 25), offer(7, 0, None)):
        call.add(one)
    ground = Stay(Modules(0, 6), 26, 60)
    aircraft = [Stay(Modules(*row[:2]), *row[2:]) for row in ((3, 0, 30, 138), (1, 0, 40, 60))]
    call.stays = [ground, *aircraft, Stay(Modules(1, 0), 50)]
    assert read(call) == {
        "aircraft_offered_2h": 4 + 2,
        "first_offer_h": 1.5,
        "first_aircraft_h": 5,
        "fifth_aircraft_h": 15,
        "stay_d": pytest.approx(108 / 48),
        "aircraft_accepted": 5,
    }


def test_what_did_not_come_is_never_and_what_has_not_ended_is_not_defined() -> None:
    call = Call(0, 0, 0, 10, EVENT, calls=1, first_call=20)
    found = read(call)
    assert (found["aircraft_offered_2h"], found["aircraft_accepted"]) == (0, 0)
    for name in ("first_offer_h", "first_aircraft_h", "fifth_aircraft_h"):
        assert found[name] == math.inf
    assert math.isnan(found["stay_d"])
    call.stays = [Stay(Modules(4, 0), 30)]
    found = read(call)
    assert (found["first_aircraft_h"], found["fifth_aircraft_h"]) == (5, math.inf)
    assert math.isnan(found["stay_d"])


def test_calls_of_one_state_and_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two lanes; a call that was never written is none."""

    def played(kernel: Kernel, society: Society, horizon: int) -> None:
        assert horizon == 2 * 24 * HALF_HOURS
        society.start(kernel)
        rows = (0, "EL", 4, 1), (0, "EL", 6, 1), (0, "FR", 8, 1), (1, "EL", 9, 2), (1, "EL", 3, 0)
        for number, code, first_offer, written in rows:
            call = Call(MEMBERS.index(code), 0, 0, 0, EVENT, calls=written, first_call=2)
            call.first_offer = first_offer
            society.lanes[number].help.calls.append(call)

    monkeypatch.setattr(calls, "advance", played)
    found = read_calls(FireStage().compiled, [LaneId(0, 1, 0), LaneId(0, 1, 1)], "EL")
    assert found["first_offer_h"].tolist() == [1, 2, 3.5]
    assert found["calls"].tolist() == [3, 1]
    assert all(np.size(found[name]) == 3 for name in QUANTITIES)

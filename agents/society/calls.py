"""What can be read off the calls for help of finished lanes, to set beside history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.lane import Call
from agents.society.society import Society
from scenarios import Compiled, LoadedScenario
from sim.kernel import Kernel
from sim.seam import LaneId, advance

F64 = NDArray[np.float64]

_TWO_HOURS: Final = 2.0
_FIVE: Final = 5


def _offered(call: Call, tick_h: float) -> float:
    start = call.first_call or 0.0
    return float(
        sum(
            offer.modules.aircraft
            for offer in call.offers
            if offer.read is not None and (offer.read - start) * tick_h <= _TWO_HOURS
        )
    )


def _first_offer(call: Call, tick_h: float) -> float:
    return _since(call, call.first_offer, tick_h)


def _first_aircraft(call: Call, tick_h: float) -> float:
    return _since(call, call.first_aircraft, tick_h)


def _fifth_aircraft(call: Call, tick_h: float) -> float:
    count = 0
    for stay in call.stays:
        count += stay.modules.aircraft
        if count >= _FIVE:
            return _since(call, stay.arrived, tick_h)
    return np.inf


def _stay(call: Call, tick_h: float) -> float:
    """Days for which the first aircraft stayed; NaN if none came, or it was still there."""
    for stay in call.stays:
        if stay.modules.aircraft:
            return np.nan if stay.left is None else (stay.left - stay.arrived) * tick_h / 24
    return np.nan


def _accepted(call: Call, tick_h: float) -> float:
    del tick_h
    return float(call.committed.aircraft)


def _since(call: Call, tick: float | None, tick_h: float) -> float:
    return np.inf if tick is None or call.first_call is None else (tick - call.first_call) * tick_h


class Quantity(NamedTuple):
    """Something that is read off one call."""

    unit: str
    read: Callable[[Call, float], float]
    """Takes the call and the hours of a tick."""


QUANTITIES: Final[Mapping[str, Quantity]] = {
    "aircraft_offered_2h": Quantity("aircraft", _offered),
    "first_offer_h": Quantity("hours", _first_offer),
    "first_aircraft_h": Quantity("hours", _first_aircraft),
    "fifth_aircraft_h": Quantity("hours", _fifth_aircraft),
    "stay_d": Quantity("days", _stay),
    "aircraft_accepted": Quantity("aircraft", _accepted),
}
"""What is read off one call; infinity is never, NaN is not defined."""

CALLS: Final = "calls"
"""The quantity of a whole lane, and its unit: calls of all states."""


def units() -> dict[str, str]:
    """Return the unit of each quantity there is."""
    return {**{name: one.unit for name, one in QUANTITIES.items()}, CALLS: CALLS}


def has_calls(scenario: LoadedScenario) -> bool:
    """Whether states call for help in a scenario, which can be read off."""
    return scenario.spec.casework.assistance is not None


def read_calls(compiled: Compiled, lanes: list[LaneId], state: str) -> dict[str, F64]:
    """Run lanes and read the quantities off every call of a state, and the calls of each lane.

    Returns
    -------
    dict
        `QUANTITIES`, each of shape (calls of `state` in all lanes,), and ``calls``, of shape (L,).
    """
    society = Society(compiled)
    advance(Kernel(compiled.world, lanes), society, compiled.world.horizon)
    tick_h, place = compiled.layout.scenario.tick_h, compiled.layout.places[state]
    sent = [[call for call in lane.help.calls if call.calls] for lane in society.lanes]
    own = [call for calls in sent for call in calls if call.place == place]
    found = {
        name: np.array([one.read(call, tick_h) for call in own], dtype=float)
        for name, one in QUANTITIES.items()
    }
    return {**found, CALLS: np.array([len(calls) for calls in sent], dtype=float)}

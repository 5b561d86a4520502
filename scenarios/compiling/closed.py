"""What a scenario declares as absent, as masks over desks and kinds of channels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scenarios.compiling.channels import Network
from scenarios.schema import Scenario

Bool = NDArray[np.bool_]


def closed_desks(scenario: Scenario, network: Network) -> Bool:
    """Return which desks take no part, shape (U,)."""
    absent = scenario.absent
    if absent is None:
        return np.zeros(len(network.desks), dtype=np.bool_)
    organisations, kinds = set(absent.organisations), set(absent.desks)
    return np.array(
        [desk.group in organisations or desk.kind in kinds for desk in network.desks],
        dtype=np.bool_,
    )


def closed_ways(scenario: Scenario, instruments: Sequence[str]) -> Bool:
    """Return which kinds of channels carry nothing, by the instrument of each, shape (X,)."""
    absent = set() if scenario.absent is None else set(scenario.absent.instruments)
    return np.array([name in absent for name in instruments], dtype=np.bool_)

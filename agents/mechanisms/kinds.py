"""The kinds of threat that fivesteps has."""

from __future__ import annotations

from typing import Final

from agents.mechanisms.fires import FOREST_FIRE
from agents.mechanisms.flow import FLOW
from agents.mechanisms.network import ORGANISED_CRIME
from agents.mechanisms.outbreak import CYBER_OUTBREAK
from agents.mechanisms.plot import PLOT

KINDS: Final = (CYBER_OUTBREAK, FLOW, FOREST_FIRE, ORGANISED_CRIME, PLOT)
"""In the order of their names."""

"""Forest fires: danger by weather, large fires that outgrow a state, and what comes of help."""

from typing import Final

from agents.mechanisms.fires.batch import FireSeasons
from agents.mechanisms.fires.declaration import ForestFire
from agents.mechanisms.threat import ThreatKind

FOREST_FIRE: Final = ThreatKind(ForestFire, FireSeasons)

__all__ = ["FOREST_FIRE"]

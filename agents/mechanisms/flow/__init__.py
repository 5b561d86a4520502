"""Flow: people or goods on routes through checkpoints, and the rings that send them."""

from typing import Final

from agents.mechanisms.flow.batch import Flows
from agents.mechanisms.flow.declaration import Flow
from agents.mechanisms.threat import ThreatKind

FLOW: Final = ThreatKind(Flow, Flows)

__all__ = ["FLOW"]

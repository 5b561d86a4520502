"""The rules of ``docs/semantics.md`` for one lane, written to be checked by eye."""

from sim.reference.knowledge import Belief
from sim.reference.rules import RELEASE, Reference

__all__ = ["RELEASE", "Belief", "Reference"]

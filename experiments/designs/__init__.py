"""Designs: what an experiment varies, from its file to the scenario of each setting."""

from experiments.designs.patch import Change
from experiments.designs.settings import Settings

__all__ = ["Change", "Settings"]

"""Lane services: what those who live in one run share.

Clock, draws, people, journal, trust, contacts, help, verified cases, and the port of the engine.
They know no organisation and no threat; what these are to each other stands here as protocols.
"""

from agents.lane.choice import choose, whole_number
from agents.lane.contacts import Contacts, missing_pairs
from agents.lane.help import (
    KINDS,
    NOTHING,
    Call,
    Kind,
    Modules,
    Offer,
    Responder,
    Standby,
    Stay,
)
from agents.lane.journal import Deed
from agents.lane.lane import ASPECT, Kit, Lane, forget
from agents.lane.roles import Coordinator, JointTeam, Listener
from agents.lane.sums import total
from agents.lane.travel import Daylight
from agents.lane.verbs import Criminals, Hazard, Malware
from agents.lane.workplace import ORDINARY, URGENT, Post, Step

__all__ = [
    "ASPECT",
    "KINDS",
    "NOTHING",
    "ORDINARY",
    "URGENT",
    "Call",
    "Contacts",
    "Coordinator",
    "Criminals",
    "Daylight",
    "Deed",
    "Hazard",
    "JointTeam",
    "Kind",
    "Kit",
    "Lane",
    "Listener",
    "Malware",
    "Modules",
    "Offer",
    "Post",
    "Responder",
    "Standby",
    "Stay",
    "Step",
    "choose",
    "forget",
    "missing_pairs",
    "total",
    "whole_number",
]

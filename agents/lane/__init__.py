"""Lane services: what those who live in one run share.

Clock, draws, people, journal, trust, contacts, help, cases, nature, and the port of the engine.
They know no organisation and no threat; what these are to each other stands here as protocols.
"""

from agents.lane.cases import NO_NAME, NO_PLACE, Case
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
from agents.lane.journal import Deed, Fact
from agents.lane.lane import ASPECT, Kit, Lane, draws_name, forget
from agents.lane.nature import surer, upholds
from agents.lane.roles import Job, Listener
from agents.lane.sums import total
from agents.lane.travel import Daylight
from agents.lane.verbs import Blow, Hazard, Malware, Verb
from agents.lane.workplace import ORDINARY, URGENT, Post, Step, Taking

__all__ = [
    "ASPECT",
    "KINDS",
    "NOTHING",
    "NO_NAME",
    "NO_PLACE",
    "ORDINARY",
    "URGENT",
    "Blow",
    "Call",
    "Case",
    "Contacts",
    "Daylight",
    "Deed",
    "Fact",
    "Hazard",
    "Job",
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
    "Taking",
    "Verb",
    "choose",
    "draws_name",
    "forget",
    "missing_pairs",
    "surer",
    "total",
    "upholds",
    "whole_number",
]

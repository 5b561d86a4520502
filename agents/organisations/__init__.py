"""Organisations: Member States, agencies and bodies, each a Mesa agent of its lane."""

from agents.organisations.enisa import Enisa
from agents.organisations.member_state import MemberState
from agents.organisations.mic import Mic
from agents.organisations.organisation import Organisation
from agents.organisations.sitcen import SitCen

__all__ = [
    "Enisa",
    "MemberState",
    "Mic",
    "Organisation",
    "SitCen",
]

"""Policies: rules that say who lets which report out to whom, how surely and how late."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from scenarios.errors import refusal
from scenarios.schema.delays import BareDelay
from scenarios.schema.durations import Hours
from scenarios.schema.quantities import MOST_EVIDENCE
from scenarios.schema.sourced import Sourced
from scenarios.schema.spec import Guideline, Name, Spec
from scenarios.schema.threat import Family

Probability = Annotated[float, Field(ge=0, le=1)]
AtLeastOne = Annotated[tuple[str, ...], Field(min_length=1)]


MOST_RULES = 1_000
"""Most rules of a policy, those of the policies that it extends included."""

MOST_CODES = 100
"""Most handling codes of a policy, counted likewise."""


class Match(Spec):
    """What a rule applies to; what is left out matches everything, but no data base.

    `sender` and `receiver` name kinds of desk (``police``), bodies (``europol``) or ``national``,
    ``body`` and ``store``; data bases are matched where they are named (``europol.index``, which
    ``europol`` does not mean), or the way to them by `over`. `reports` names kinds or single
    classes of report.
    """

    sender: AtLeastOne | None = None
    receiver: AtLeastOne | None = None
    over: AtLeastOne | None = None
    reports: AtLeastOne | None = None
    personal: bool | None = None
    classification: AtLeastOne | None = None
    urgency: tuple[Literal["immediate", "priority", "routine"], ...] | None = None
    same_member: bool | None = None
    """Whether sender and receiver belong to one Member State."""
    own: bool | None = None
    """Whether the sender's own organisation wrote the report (otherwise it passes it on)."""
    concerned: bool | None = None
    """Whether the receiver's organisation has contributed to what the sender knows."""


class Push(Spec):
    """Telling unasked."""

    chance: Probability
    delay: BareDelay | None = None
    """Time that authorisation takes."""


class Pull(Spec):
    """Answering when asked."""

    answer: Literal["release", "hit"]
    """Release what is held, or say that there is a hit (a follow-up then asks for the content)."""
    chance: Probability
    delay: BareDelay | None = None


class Rule(Sourced):
    """One rule; the first that matches a sender, channel and report decides."""

    meaning: str
    tag: Name | None = None
    """By which measures find it; several rules may have one."""
    match: Match = Match()
    push: Push | None = None
    pull: Pull | None = None
    handling: Name | None = None
    """Handling code put on what is released; the policy's `default_handling` if left out."""
    retention: Hours | None = None
    """How long a receiver keeps the data; the policy's `retention` if left out."""
    trust: bool = True
    """Whether telling is at discretion: the sender's trust in the receiver scales the chances, and
    it must know a contact there (no: it is an obligation)."""
    automatic: bool = False
    """Whether requests sent under this rule are matched by machine, without a reader."""


class Permission(Sourced):
    """How an originator answers who wants to pass its report on."""

    chance: Probability
    """Chance that the originator permits."""
    delay: BareDelay


class Handling(Spec):
    """What a handling code lets a holder do with the report."""

    meaning: str
    onward: Literal["free", "forbidden", "permission"]
    permission: Permission | None = None

    @model_validator(mode="after")
    def _permission_is_complete(self) -> Handling:
        if (self.onward == "permission") != (self.permission is not None):
            raise refusal(
                "a handling code with onward: permission says how permission is given",
                "write `permission: {chance: 0.5, delay: {value: 2 d}, assumed: reason}` with it",
            )
        return self


class Ask(Sourced):
    """When a desk asks the others about a subject."""

    evidence: float = Field(gt=0, le=MOST_EVIDENCE)
    """Evidence it must hold, in traces of ordinary weight."""
    every: Hours
    """Time before it asks again."""


class Policy(Spec):
    """An information-sharing regime."""

    policy: Name
    meaning: str
    source: str
    """Where the regime is described: document, page or action."""
    guidelines: tuple[Guideline, ...] = ()
    """Guidelines of the strategy that it is a way to follow."""
    extends: str | None = None
    """Policy (name, or path beside this file) whose rules follow after these."""
    abstract: bool = False
    """Whether the policy only serves others to extend."""
    not_for: dict[Family, str] = {}
    """Families of threat in which the regime makes no sense, each with the reason."""
    ask: Ask | None = None
    default_handling: Name | None = None
    """Handling code of rules that name none; that of the extended policy, else `free`."""
    retention: Hours | None = None
    handling: dict[Name, Handling] = Field(default={}, max_length=MOST_CODES)
    rules: tuple[Rule, ...] = Field(default=(), max_length=MOST_RULES)

"""Declaration of an organised-crime threat, and of the casework and trust that answer it."""

from __future__ import annotations

from pydantic import Field, model_validator

from scenarios.errors import refusal
from scenarios.quantities import Chance, Count, Delay, NonNegative, Positive, Sourced, Span, Spec

REPORTS_WRITTEN = ("case-notice", "analysis", "risk", "alert")
"""Classes of report that the organisations of this family write."""

DESKS_USED = (
    "police",
    "financial",
    "europol.analysis",
    "eurojust.coordination",
    "frontex.risk-analysis",
)
"""Desks whose organisations act in this family."""


class Range(Sourced):
    """Whole number drawn evenly from `low` to `high`, both included."""

    low: int = Field(ge=1)
    high: int = Field(ge=1)

    @model_validator(mode="after")
    def _ordered(self) -> Range:
        if self.high < self.low:
            raise refusal("a range runs from low to high", "write low <= high")
        return self


class Network(Spec):
    """A criminal network with cells in several states."""

    cells: Range
    members_per_cell: Range
    victims_per_member: Positive
    income_per_victim_year: Positive
    """Euro."""
    liquid_share: Chance
    """Share of the income that is put aside to be laundered; the rest is spent."""
    laundered_per_week: Chance
    """Share of the liquid money that is out of reach a week later."""
    laundered_when_warned: Chance
    notice_per_week: Chance
    """Chance in a week that a cell notices an investigation of its state."""
    leak_per_week: Chance
    """Chance in a week and informed organisation that the network hears of it."""
    reaction_time: Span
    """How long a warned network lies low."""
    low_activity: Chance
    """Share of its activity that a cell keeps up while it lies low."""
    moves_when_warned: Chance
    """Chance that a warned cell moves to another state."""
    recruits_per_week: Chance
    """Chance in a week that a lost member is replaced."""


class Decoys(Spec):
    """Coincidences that look like a network: real reports about nothing."""

    number: Count
    places: Range
    activity_median: Positive
    """Traces of a decoy in a state, as a share of those of a cell."""
    activity_p95: Positive
    starts_within: Span
    lasts: Delay


class Casework(Spec):
    """Work that takes people and time."""

    police_per_team: Positive
    """Police officers of a state for each team that cross-border cases may use."""
    europol_teams: Count
    eurojust_desks: Count
    frontex_operations: Count
    team_size: Positive
    """Officers in a team."""
    hours_per_day: Positive
    """Working hours of an officer in a calendar day."""
    verification: Delay
    false_found: Chance
    """Chance that verification shows a decoy to be one."""
    false_pursuit: Delay
    """How long a decoy is pursued otherwise."""
    investigation: Delay
    analysis: Delay
    coordination: Delay
    """Eurojust's part before a joint team is signed."""
    joint_team_setup: Delay
    authorisation: Delay
    """Judicial authorisation of arrests and searches."""
    arrested_alone: Chance
    """Share of a cell's members arrested by a state that acts alone."""
    arrested_together: Chance
    """Share arrested on a common action day."""
    warrant: Delay
    warrant_success: Chance
    tracing: Delay
    traced_share: Chance
    """Share of the liquid money in a state that tracing finds."""
    tracing_without_office: NonNegative
    """Times longer where there is no asset recovery office."""
    freezing: Delay
    confiscated_of_frozen: Chance
    operation_length: Span
    operation_gain: NonNegative
    """Times more that is seen in the states of a joint operation, beyond 1."""


class Trust(Spec):
    """How organisations come to trust each other."""

    useful_exchange: NonNegative
    """Share by which trust grows after a case that succeeded together."""
    false_case: NonNegative
    """Share by which trust falls in those whose traces led to a false case."""
    leak: NonNegative
    """Share by which trust falls in the organisation that leaked."""
    most: Positive
    least: Positive


class OrganisedCrime(Spec):
    """Everything the organised-crime family needs."""

    network: Network
    decoys: Decoys
    casework: Casework
    trust: Trust

"""What a scenario says of a malware and of the operators that it can infect."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, Final, Literal

from pydantic import Field

from scenarios import SpecError, ThreatSpec
from scenarios.schema import (
    DECOYS,
    Chance,
    Count,
    Decoys,
    Delay,
    Factor,
    Hours,
    Name,
    Positive,
    Range,
    Span,
    Spec,
    Spread,
    check_states,
)

MOST_OPERATORS: Final = 10_000
"""Most operators in a sector of a state."""


class Vulnerable(Spread):
    """Share of a cell's operators that the malware can infect; differs from cell to cell."""

    median: float = Field(ge=1e-3, le=1)
    p95: float = Field(ge=1e-3, le=1)


class Most(Positive):
    """A number above 0 that makes no crowds."""

    value: float = Field(gt=0, le=100)


class Sector(Spec):
    """Operators of one kind of critical service."""

    per_million: Most
    """Operators for each million inhabitants of a state; at most `MOST_OPERATORS` of them."""
    vulnerable: Vulnerable


class Lasting(Span):
    """A time above 0."""

    value: Hours = Field(ge=1e-3)


class Malware(Spec):
    """How it spreads; rates for one infected operator if all others were vulnerable."""

    begins_within: Span
    """The outbreak begins at a moment drawn evenly from this time."""
    seeds: Range
    """Operators infected at once at the beginning."""
    in_cell: Factor
    """Infections an hour within the own sector of the own state."""
    in_state: Factor
    """Infections an hour among all operators of the own state."""
    anywhere: Factor
    """Infections an hour among all operators."""
    spreads_every: Lasting
    """Step in which infections are counted; a longer tick holds several steps."""
    isolation: Lasting
    """Mean time until an infected operator cuts itself off."""
    restoring: Lasting
    """Mean time from then until it works again."""
    patching: Lasting
    """Mean time in which a vulnerable operator patches by itself during the outbreak."""
    patching_warned: Lasting
    """The same for an operator that heeds a warning."""
    kill_switch: Chance
    """Chance that private researchers find a way to stop it."""
    kill_switch_after: Delay
    escapes: Chance
    """Share of infections that go on after that."""

    def steps(self, tick_h: float) -> float:
        """Steps in a tick: one, or more where the tick is longer than a step."""
        return max(1.0, tick_h / self.spreads_every.value)


_ONCE: Final = frozenset({"begins_within", "spreads_every"})
"""Numbers of a malware that a run has from its first tick on."""


class Sectors(Spec):
    """Operators by sector, and what is seen of them."""

    least: Most
    """Operators of a sector that even the smallest state has."""
    most_reporting: Count
    """Operators of a state that are down beyond which no more reports come."""
    report_less: Chance
    """Share of reports that still come once somebody in the state handles the case."""
    of: dict[Name, Sector] = Field(min_length=1, max_length=20)


class CyberOutbreak(ThreatSpec):
    """A malware, the operators it can infect, and what resembles it."""

    family: ClassVar = "cyber"
    reports_needed: ClassVar = ("indicator", "warning")
    desks_needed: ClassVar = ("cert", "police", "enisa.desk")
    casework_needed: ClassVar = ("incident",)
    verbs: ClassVar = frozenset(("secure",))
    flows: ClassVar = frozenset(
        (
            "evidence_secured",
            "false_alarms",
            "indicators_written",
            "operators_infected",
            "outage_hours",
            "staff_hours",
        )
    )
    placed: ClassVar = flows - {"indicators_written"}
    outcomes: ClassVar = frozenset(
        (
            *flows,
            "gap_without_team",
            "hours_to_all_warned",
            "hours_to_case",
            "hours_to_first_warning",
            "indicator_readers",
            "peak_down",
            "warned_in_time",
        )
    )
    times: ClassVar = dict.fromkeys(
        ("hours_to_all_warned", "hours_to_case", "hours_to_first_warning"), "hours"
    )

    at_first: ClassVar = DECOYS | {"malware.begins_within", "sectors.of.*.vulnerable"}
    by_day: ClassVar = frozenset(
        (
            *(f"malware.{name}" for name in Malware.model_fields.keys() - _ONCE),
            "sectors.most_reporting",
            "sectors.report_less",
        )
    )

    kind: Literal["cyber-outbreak"]
    malware: Malware
    sectors: Sectors
    decoys: Decoys

    def subjects(self, members: Sequence[str]) -> tuple[str, ...]:
        """The malware, then the decoys."""
        del members
        return ("malware", *self.decoys.names())

    def check(self, members: Sequence[str], tick_h: float) -> None:
        """Hold decoys to the Member States there are, and a tick to whole steps of spreading."""
        check_states("decoys.places", self.decoys.places, members)
        steps = self.malware.steps(tick_h)
        if not math.isclose(steps, round(steps)):
            raise SpecError(
                "a tick that is longer than a step of spreading holds a whole number of steps",
                f"write {tick_h:g} h, or a half, a third, a quarter of it",
                where="malware.spreads_every",
            )

    def is_real(self, subject: int) -> bool:
        """Whether `subject` is the malware; the others are decoys."""
        return subject == 0

"""Rules of policies compiled to terms and handling codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scenarios.errors import SpecError
from scenarios.reading import LoadedPolicy
from scenarios.schema import BareDelay, Policy, Pull as PullSpec, Push, Rule
from sim.draws import ONE, TableStore, constant, threshold
from sim.seam import Onward, Pull, Terms, World

Row = tuple[int, int, int, int, int, int, int, bool, bool, bool]

MOST_CODES = 128
"""Most handling codes of all policies of a world; they are numbered in seven bits."""

FREE = "free"
"""The handling code that every policy knows: no restriction."""


class Meaning(NamedTuple):
    """What a handling code lets holders do."""

    mode: int
    chance: int
    delay: int
    """Table number."""


class Rules:
    """The terms and handling codes of all policies of a world.

    Terms are numbered by policy, in the order of their names and contents, and by rule; handling
    codes by name. So neither hangs on the order in which policies are compiled.

    Parameters
    ----------
    policies
        The policies of all points; equal ones share their terms.
    tick_h
        Hours of a tick.
    tables
        Where delays are collected.
    """

    def __init__(self, policies: Sequence[LoadedPolicy], tick_h: float, tables: TableStore) -> None:
        self._tick_h, self._tables = tick_h, tables
        self.zero = tables.add(constant(0))
        """Table number of no delay."""
        order = _ordered(policies)
        self.policies = [policies[first] for first, *_ in order]
        self._number = {id(policies[one]): n for n, same in enumerate(order) for one in same}
        named = {code for policy in self.policies for code in policy.spec.handling}
        self.codes = (FREE, *sorted(named - {FREE}))
        _check_rules(self.policies)
        _check_codes(self.policies, self.codes)
        self._rows: list[Row] = [(0, self.zero, Pull.NONE, 0, self.zero, 0, 0, False, False, False)]
        self.first: list[int] = []
        """Number of the term that the first rule of each policy grants; that of the next follows"""
        for policy in self.policies:
            self.first.append(len(self._rows))
            self._rows += [self._row(policy.spec, rule) for rule in policy.spec.rules]

    def number(self, policy: LoadedPolicy) -> int:
        """Return the number of one of the policies; equal ones have one number."""
        return self._number[id(policy)]

    def _row(self, policy: Policy, rule: Rule) -> Row:
        """Return the term that a rule grants."""
        code = rule.handling or policy.default_handling or FREE
        retention = rule.retention if rule.retention is not None else policy.retention or 0.0
        mode = Pull.NONE if rule.pull is None else Pull[rule.pull.answer.upper()]
        return (
            *self._grant(rule.push),
            mode,
            *self._grant(rule.pull),
            self.codes.index(code) if code in self.codes else 0,
            round(retention / 24),
            rule.trust,
            rule.trust,  # what one may do at discretion, one does for those one knows
            rule.automatic,
        )

    def _grant(self, grant: Push | PullSpec | None) -> tuple[int, int]:
        if grant is None:
            return 0, self.zero
        return threshold(grant.chance), self._delay(grant.delay)

    def _delay(self, delay: BareDelay | None) -> int:
        return self.zero if delay is None else self._tables.add(delay.table(self._tick_h))

    def meanings(self, policy: LoadedPolicy) -> dict[str, Meaning]:
        """Return what the handling codes that a policy knows let holders do."""
        found = {FREE: self.free}
        for code, spec in policy.spec.handling.items():
            given = spec.permission
            chance = ONE if given is None else threshold(given.chance)
            delay = self.zero if given is None else self._delay(given.delay)
            found[code] = Meaning(int(Onward[spec.onward.upper()]), chance, delay)
        return found

    @property
    def free(self) -> Meaning:
        """No restriction."""
        return Meaning(int(Onward.FREE), ONE, self.zero)

    def push(self) -> NDArray[np.float64]:
        """Return the chance that each term gives to telling unasked, shape (J,)."""
        return np.array([row[0] for row in self._rows], dtype=np.float64) / ONE

    def compiled(self) -> Terms:
        """Return the terms, shape (J,) each."""
        columns = list(zip(*self._rows, strict=True))
        whole = (np.uint64, np.int32, np.int8, np.uint64, np.int32, np.int8, np.int32)
        kinds = (*whole, bool, bool, bool)
        return Terms(*(np.array(col, dtype=kind) for col, kind in zip(columns, kinds, strict=True)))


def _ordered(policies: Sequence[LoadedPolicy]) -> list[list[int]]:
    """Return the places of equal policies together, in the order of names and contents."""
    by_name: dict[str, list[int]] = {}
    for place, policy in enumerate(policies):
        by_name.setdefault(policy.name, []).append(place)
    found: list[list[int]] = []
    for _, places in sorted(by_name.items()):
        same: dict[str, list[int]] = {}
        alone = len({id(policies[place]) for place in places}) == 1
        for place in places:
            same.setdefault("" if alone else policies[place].digest, []).append(place)
        found += [places for _, places in sorted(same.items())]
    return found


def _check_rules(policies: Sequence[LoadedPolicy]) -> None:
    """Refuse more rules than terms can be numbered; one term is that of no rule."""
    most = int(np.iinfo(np.uint16).max)
    total = 0
    for policy in policies:
        total += len(policy.spec.rules)
        if total > most:
            raise SpecError(
                f"the policies of a comparison have at most {most:,} rules together",
                "compare fewer policies at a time",
                file=str(policy.path),
                where="rules",
                value=f"{len(policy.spec.rules)} rules",
            )


def _check_codes(policies: Sequence[LoadedPolicy], codes: Sequence[str]) -> None:
    """Refuse more handling codes than a copy can carry."""
    if len(codes) > MOST_CODES:
        most = max(policies, key=lambda policy: len(policy.spec.handling))
        raise SpecError(
            f"the policies of a comparison have at most {MOST_CODES} handling codes together",
            "compare fewer policies at a time, or call alike what means the same",
            file=str(most.path),
            where="handling",
            value=f"{len(most.spec.handling)} codes",
        )


def deciding_rules(world: World, policies: Sequence[LoadedPolicy]) -> list[set[int]]:
    """Return for each policy which of its rules decide about some report on some channel.

    Parameters
    ----------
    world
        What `policies` were compiled to, one constant point each.
    """
    found: list[set[int]] = []
    for phase in world.points.phase[:, 0].tolist():
        terms = np.unique(world.phases.term[phase]).tolist()
        places = (rule_of(term, policies) for term in terms)
        found.append({place[1] for place in places if place is not None})
    return found


def rule_of(term: int, policies: Sequence[LoadedPolicy]) -> tuple[int, int] | None:
    """Return which of the policies compiled together, and which of its rules, made a term.

    Of equal policies it is the first. Term 0 is nobody's: no rule matched, or the instrument does
    not carry such reports.
    """
    number = term - 1
    for place, *_ in _ordered(policies):
        count = len(policies[place].spec.rules)
        if 0 <= number < count:
            return place, number
        number -= count
    return None

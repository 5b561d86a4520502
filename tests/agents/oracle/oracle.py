"""Outcomes of a lane, worked out again from its events and facts."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from tests.agents.oracle import cases, fires, flow, messages, networks, outbreak, plots
from tests.agents.oracle.states import states
from tests.agents.oracle.witness import Declared, Found, Witness, named
from tests.agents.oracle.years import years

FLOWS: Final[dict[str, Callable[[Witness, Declared, float], Found]]] = {
    "cyber-outbreak": outbreak.flows,
    "flow": flow.flows,
    "forest-fire": fires.flows,
    "organised-crime": networks.flows,
    "plot": plots.flows,
}
OTHERS: Final[dict[str, Callable[[Witness, Declared], Found]]] = {
    "cyber-outbreak": outbreak.others,
    "flow": flow.others,
    "forest-fire": fires.others,
    "organised-crime": networks.others,
    "plot": plots.others,
}
NOT_TOLD: Final = frozenset(("backlog_mean", "backlog_peak"))
"""What neither events nor facts tell: routine that waits is counted in the reference instead."""


def flows(witness: Witness, end: float) -> dict[str, float]:
    """Return all sums over time before a tick."""
    found = {**messages.flows(witness, end), **cases.flows(witness, end)}
    for threat in witness.threats:
        own = {
            **cases.flows_of(witness, threat.subjects, end),
            **messages.mistaken(witness, threat.subjects, end),
            **FLOWS[threat.threat.kind](witness, threat, end),
        }
        found |= named(witness, threat, own)
    return found


def others(witness: Witness) -> dict[str, float]:
    """Return what is no sum over time."""
    found = {**messages.others(witness), **cases.others(witness, witness.subjects)}
    for threat in witness.threats:
        own = cases.others(witness, threat.subjects)
        found |= named(witness, threat, {**own, **OTHERS[threat.threat.kind](witness, threat)})
    return found


def oracle(witness: Witness) -> dict[str, float]:
    """Return all outcomes that the scenario declares, by year and state too, but `NOT_TOLD`."""
    found = {**flows(witness, witness.end), **others(witness)}
    declared = [one for one in witness.scenario.outcomes if one.name not in NOT_TOLD]
    values = {outcome.name: found[outcome.name] for outcome in declared}
    parts = years(witness)
    if len(parts) > 1:
        ends = [flows(witness, part.end) for part in parts]
        for outcome in (one for one in declared if one.by_year):
            before = 0.0
            for part, at_end in zip(parts, ends, strict=True):
                values[f"{outcome.name}@{part.name}"] = at_end[outcome.name] - before
                before = at_end[outcome.name]
    by_state = [one.name for one in declared if one.by_state]
    for code, there in states(witness) if by_state else ():
        values |= {f"{name}@{code}": there[name] for name in by_state}
    return values


def unlike(values: Found, recorded: Found) -> dict[str, tuple[float, float]]:
    """Return where what was recorded is not what the oracle says: oracle, recorded."""
    wrong = {name: (values[name], recorded[name]) for name in values if name in recorded}
    missing = values.keys() ^ (recorded.keys() - NOT_TOLD)
    assert not missing, missing
    return {name: pair for name, pair in wrong.items() if not alike(*pair)}


def alike(one: float, other: float) -> bool:
    """Whether two values are one, but for the order in which fractions were added up."""
    if math.isinf(one) or math.isinf(other):
        return one == other
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return abs(one - other) <= 1e-9 * max(abs(one), abs(other), 1.0)

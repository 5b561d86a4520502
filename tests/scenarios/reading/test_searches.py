"""Who may search which data base, and what is entered: as the law of each system says."""

from __future__ import annotations

from functools import cache

import numpy as np

from agents import load_scenario
from scenarios import Compiled, compile_world, load_policy, policy_entries

REGIMES = sorted(entry.name for entry in policy_entries())

BY_LAW = {
    ("police", "europol.index"),
    ("europol.analysis", "europol.index"),
    ("europol.analysis", "olaf.customs-index"),
}
"""Council Decisions 2009/371/JHA, Art. 13, and 2009/917/JHA, Art. 11."""

COMMON = {
    (desk, "common-store.index")
    for desk in (
        *("police", "customs", "border-guard", "financial"),
        *("europol.analysis", "olaf.investigation"),
    )
}


@cache
def compiled() -> Compiled:
    """Return the scenario under every regime, one phase each."""
    return compile_world(load_scenario("organised-crime"), [load_policy(name) for name in REGIMES])


def told(regime: str, report: str) -> set[tuple[str, str]]:
    """Return which kinds of desk tell which data bases of a report, whoever wrote it."""
    world, layout = compiled().world, compiled().layout
    term = world.phases.term[REGIMES.index(regime)][:, world.channels.kind, layout.classes[report]]
    ways = np.flatnonzero((world.terms.push[term] > 0).any(axis=0))
    desks, stores = layout.desks, set(world.stores.unit.tolist())
    ends = [(int(world.channels.src[way]), int(world.channels.dst[way])) for way in ways]
    return {(desks[src], desks[dst]) for src, dst in ends if dst in stores}


def test_who_may_search_which_data_base() -> None:
    more = {"hit-no-hit": {("police", "records")}, "full-pool": COMMON}
    for regime in REGIMES:
        assert told(regime, "request") == BY_LAW | more.get(regime, set()), regime


def test_suspects_are_entered_and_leads_that_came_to_nothing_are_not() -> None:
    for regime in REGIMES:
        assert ("police", "europol.index") in told(regime, "case-notice")
        assert told(regime, "no-case") == set()


def test_only_a_regime_that_says_so_fills_registers_and_the_common_store() -> None:
    by_law = {("customs", "olaf.customs-index")}
    for regime in REGIMES:
        filled = told(regime, "customs-trace") | told(regime, "police-trace")
        assert filled - COMMON - {("police", "records")} == by_law
        assert (("police", "records") in filled) is (regime == "hit-no-hit")
        assert bool(filled & COMMON) is (regime == "full-pool")

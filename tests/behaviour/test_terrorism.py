"""What must be true of plots, whoever wrote the program: laws of the model.

Each law is looked at in shipped worlds, paired: the same worlds with one thing changed.
"""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.behaviour.worlds import Set, gain, outcomes, scenario, surely

pytestmark = pytest.mark.behave

NAME: Final = "terrorism"
WORLDS: Final = 16
KINDS: Final = ("cell", "lone")


def run(*changes: Set, policy: str = "bilateral") -> Any:
    (found,) = outcomes(NAME, (policy,), WORLDS, *changes)
    return found


def both(found: Any, name: str) -> Any:
    return found[f"cell.{name}"] + found[f"lone.{name}"]


def seen(report: str, desk: str, times: float) -> list[Set]:
    """Have a desk see something so many times as often, of groups and of single persons."""
    changes: list[Set] = []
    for kind in KINDS:
        sights = scenario(NAME).spec.threats[kind].sees[desk]
        where = next(n for n, one in enumerate(sights) if one.report == report)
        path = f"threats.{kind}.sees.{desk}[{where}].per_year"
        changes.append((path, sights[where].per_year * times))
    return changes


def people(times: float) -> list[Set]:
    """Have so many times the people of the security services: who reads, looks into, watches."""
    staff = scenario(NAME).spec.desks["security-service"].staff
    found: list[Set] = [
        ("desks.security-service.staff.base", staff.base * times),
        ("desks.security-service.staff.per_10k_police", staff.per_10k_police * times),
    ]
    for post in ("officers", "surveillance"):
        per = scenario(NAME).spec.posts[post].one_per
        assert per is not None
        found.append((f"posts.{post}.one_per", per / times))
    return found


def signals(times: int) -> list[Set]:
    """Have so many times the harmless signals: as many more as a world may have, and longer."""
    changes: list[Set] = []
    for kind in KINDS:
        threat: Any = scenario(NAME).spec.threats[kind]
        decoys = threat.decoys
        changes += [
            (f"threats.{kind}.decoys.number.value", decoys.number.value * times // 2),
            (f"threats.{kind}.decoys.activity_median.value", decoys.activity_median.value * 2),
            (f"threats.{kind}.decoys.activity_p95.value", decoys.activity_p95.value * 2),
        ]
    return changes


def test_a_tenth_of_the_services_people_stops_fewer_plots() -> None:
    some, hardly = run(), run(*people(0.1))
    assert surely(-1, both(hardly, "plots_stopped"), both(some, "plots_stopped"))


def test_more_informants_give_earlier_warning() -> None:
    few, many = run(), run(*seen("ct-report", "security-service", 4))
    assert surely(1, many["cell.days_of_warning"], few["cell.days_of_warning"])


def test_ten_times_the_harmless_signals_overload_desks_and_teams() -> None:
    few, many = run(), run(*signals(10))
    assert surely(1, many["backlog_mean"], few["backlog_mean"])
    assert surely(1, many["waiting_days"], few["waiting_days"])
    assert surely(1, both(many, "watched_for_nothing"), both(few, "watched_for_nothing"))
    assert surely(-1, both(many, "plots_stopped"), both(few, "plots_stopped"))


def test_a_common_store_gives_earlier_warning_of_groups_at_a_price() -> None:
    today, pool = run(), run(policy="full-pool")
    assert surely(1, pool["cell.days_of_warning"], today["cell.days_of_warning"])
    assert surely(1, both(pool, "plots_stopped"), both(today, "plots_stopped"))
    assert surely(1, pool["unnecessary_disclosures"], today["unnecessary_disclosures"])
    assert surely(1, both(pool, "watched_for_nothing"), both(today, "watched_for_nothing"))


def test_sharing_helps_against_groups_more_than_against_single_persons() -> None:
    """A single person is in one state, and most of what is known of him is known there."""
    today, pool = run(), run(policy="full-pool")
    of_groups, *_ = gain(pool["cell.stopped_share"], today["cell.stopped_share"])
    of_one, *_ = gain(pool["lone.stopped_share"], today["lone.stopped_share"])
    assert of_groups > of_one


def test_local_signals_bring_talks_and_fewer_single_persons_go_on() -> None:
    few, many = run(), run(*seen("local-signal", "prevention", 0.05))
    assert surely(-1, many["lone.plots_disengaged"], few["lone.plots_disengaged"])
    assert surely(-1, many["lone.days_of_warning"], few["lone.days_of_warning"])

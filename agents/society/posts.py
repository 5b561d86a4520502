"""How many people of each organisation casework may use."""

from __future__ import annotations

import math

from agents.lane import Post
from scenarios.reading import Atlas
from scenarios.schema import NATIONAL, Post as Declared, Scenario, declared


def posts(scenario: Scenario, atlas: Atlas) -> dict[str, Post]:
    """Return the places of every organisation whose casework the scenario declares."""
    parts = (_declared_posts, _assistance_posts, _incident_posts)
    return {name: post for part in parts for name, post in part(scenario, atlas).items()}


def _declared_posts(scenario: Scenario, atlas: Atlas) -> dict[str, Post]:
    """Places of the posts, of which the sample of a scenario has its share."""
    found: dict[str, Post] = {}
    for name, post in scenario.posts.items():
        if post.of == NATIONAL:
            for code, member in atlas.members.items():
                teams = post.number or member.police_officers / (post.one_per or 1.0)
                found[f"{code}.{name}"] = _sampled(post, teams, scenario)
        else:
            found[f"{post.of}.{name}"] = _sampled(post, post.number or 1.0, scenario)
    return found


def _sampled(post: Declared, teams: float, scenario: Scenario) -> Post:
    """Return as many places as hold the teams of the sample, each for part of its time."""
    sample = scenario.sample.value if scenario.sample and post.sampled else 1.0
    sampled = max(teams * sample, _LEAST)
    places = max(1, math.ceil(sampled))
    hours = post.officers * declared(scenario.casework.hours_per_day).value
    return Post(
        places,
        hours * scenario.tick_h / 24,
        share=min(1.0, sampled / places),
        length=post.length / scenario.tick_h,
        teams=max(teams, sampled),
    )


_LEAST = 1e-6
"""Fewest teams: without any, work would wait for longer than a run."""


def _assistance_posts(scenario: Scenario, atlas: Atlas) -> dict[str, Post]:
    """Modules of civil protection."""
    spec = scenario.casework.assistance
    if spec is None:
        return {}
    hours_a_tick = spec.module_people.value * spec.shift.value * scenario.tick_h / 24
    places: dict[str, int] = {}
    for code, means in atlas.civil_protection.items():
        places[f"{code}.aircraft"] = means.aircraft
        places[f"{code}.ground"] = means.ground_modules
    return {name: Post(max(1, number), hours_a_tick) for name, number in places.items()}


def _incident_posts(scenario: Scenario, atlas: Atlas) -> dict[str, Post]:
    """Places of those who handle incidents; each works alone."""
    casework = scenario.casework
    spec = casework.incident
    if spec is None:
        return {}
    hours_a_tick = declared(casework.hours_per_day).value * scenario.tick_h / 24
    places = {"enisa": spec.enisa_experts.value}
    for code, member in atlas.members.items():
        team = spec.handlers if member.cert_2010 else spec.handlers_without_team
        places[f"{code}.incident"] = team.value
    return {name: Post(max(1, number), hours_a_tick) for name, number in places.items()}

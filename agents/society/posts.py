"""How many people of each organisation casework may use."""

from __future__ import annotations

import math

from agents.lane import Post
from scenarios import Layout
from scenarios.schema import NATIONAL, Post as Declared, declared


def posts(layout: Layout) -> dict[str, Post]:
    """Return the places of every organisation whose casework the scenario declares."""
    return {**_declared_posts(layout), **_assistance_posts(layout), **_incident_posts(layout)}


def _declared_posts(layout: Layout) -> dict[str, Post]:
    """Places of the posts, of which the sample of a scenario has its share."""
    found: dict[str, Post] = {}
    for name, post in layout.scenario.posts.items():
        if post.of == NATIONAL:
            for code, member in layout.atlas.members.items():
                teams = post.number or member.police_officers / (post.one_per or 1.0)
                found[f"{code}.{name}"] = _sampled(post, teams, layout)
        else:
            found[f"{post.of}.{name}"] = _sampled(post, post.number or 1.0, layout)
    return found


def _sampled(post: Declared, teams: float, layout: Layout) -> Post:
    """Return as many places as hold the teams of the sample, each for part of its time."""
    scenario = layout.scenario
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


def _assistance_posts(layout: Layout) -> dict[str, Post]:
    """Modules of civil protection."""
    spec = layout.scenario.casework.assistance
    if spec is None:
        return {}
    hours_a_tick = spec.module_people.value * spec.shift.value * layout.scenario.tick_h / 24
    places: dict[str, int] = {}
    for code, means in layout.atlas.civil_protection.items():
        places[f"{code}.aircraft"] = means.aircraft
        places[f"{code}.ground"] = means.ground_modules
    return {name: Post(max(1, number), hours_a_tick) for name, number in places.items()}


def _incident_posts(layout: Layout) -> dict[str, Post]:
    """Places of those who handle incidents; each works alone."""
    casework = layout.scenario.casework
    spec = casework.incident
    if spec is None:
        return {}
    hours_a_tick = declared(casework.hours_per_day).value * layout.scenario.tick_h / 24
    places = {"enisa": spec.enisa_experts.value}
    for code, member in layout.atlas.members.items():
        team = spec.handlers if member.cert_2010 else spec.handlers_without_team
        places[f"{code}.incident"] = team.value
    return {name: Post(max(1, number), hours_a_tick) for name, number in places.items()}

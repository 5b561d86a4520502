"""How many people of each organisation casework may use."""

from __future__ import annotations

from agents.lane import Post
from scenarios import Layout


def posts(layout: Layout) -> dict[str, Post]:
    """Return the places of every organisation whose casework the scenario declares."""
    casework = layout.scenario.casework
    day = casework.team_size.value * casework.hours_per_day.value
    hours_a_tick = day * layout.scenario.tick_h / 24
    places: dict[str, int] = {}
    if casework.analysis is not None:
        places["europol"] = casework.analysis.europol_teams.value
    if casework.coordination is not None:
        places["eurojust"] = casework.coordination.eurojust_desks.value
    if casework.operations is not None:
        places["frontex"] = casework.operations.frontex_operations.value
    if casework.investigation is not None:
        for code, member in layout.atlas.members.items():
            teams = round(member.police_officers / casework.investigation.police_per_team.value)
            places[f"{code}.team"] = teams
            places[f"{code}.financial"] = round(teams / 2)
    if casework.assistance is not None:
        for code, means in layout.atlas.civil_protection.items():
            places[f"{code}.aircraft"] = means.aircraft
            places[f"{code}.ground"] = means.ground_modules
    everywhere = {name: Post(max(1, number), hours_a_tick) for name, number in places.items()}
    return everywhere | _incident_posts(layout)


def _incident_posts(layout: Layout) -> dict[str, Post]:
    """Places of those who handle incidents; each works alone."""
    casework = layout.scenario.casework
    spec = casework.incident
    if spec is None:
        return {}
    hours_a_tick = casework.hours_per_day.value * layout.scenario.tick_h / 24
    places = {"enisa": spec.enisa_experts.value}
    for code, member in layout.atlas.members.items():
        team = spec.handlers if member.cert_2010 else spec.handlers_without_team
        places[f"{code}.incident"] = team.value
    return {name: Post(max(1, number), hours_a_tick) for name, number in places.items()}

"""Faces: what a sight shows of a subject, with what chance, and what is refused."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from scenarios import SpecError, compile_world, load_policy
from scenarios.compiling.compiled import compile_points
from scenarios.compiling.point import Point
from scenarios.reading.loaded import LoadedScenario
from scenarios.reading.rebuild import scenario_like
from sim.draws.streams import ONE, threshold
from tests.agents.procedures.tiny import base, scenario

FACES = ["person", "vehicle", "account"]


def faced(shows: dict[str, float] | None, faces: list[str] | None = None) -> LoadedScenario:
    """Return the tiny scenario with faces, of which the police see some."""
    threats: Any = deepcopy(base()["threats"])
    (threat,) = threats.values()
    threat["faces"] = FACES if faces is None else faces
    if shows is not None:
        threat["sees"]["police"][0]["shows"] = shows
    return scenario({}, threats=threats)


def shown(loaded: LoadedScenario) -> list[list[int]]:
    """Return the chances that each sight shows each face."""
    rows: list[list[int]] = compile_world(
        loaded, [load_policy("bilateral")]
    ).world.sights.shows.tolist()
    return rows


def test_a_sight_shows_the_faces_that_it_names_with_their_chances() -> None:
    rows = shown(faced({"vehicle": 1, "person": 0.25}))
    assert rows == [[threshold(0.25), ONE, 0]]


def test_a_sight_that_names_none_shows_all() -> None:
    assert shown(faced(None)) == [[ONE, ONE, ONE]]


def test_a_threat_has_one_face_unless_it_names_more() -> None:
    compiled = compile_world(scenario({}), [load_policy("bilateral")])
    assert compiled.world.kinds.faces.tolist() == [1]
    assert compiled.world.sights.shows.tolist() == [[ONE]]


def test_threats_with_fewer_faces_have_no_more_in_company() -> None:
    threats: Any = deepcopy(base()["threats"])
    (name,) = threats
    threats["other"] = deepcopy(threats[name])
    threats["other"]["faces"] = FACES
    outcome = {
        "name": "cases_opened",
        "label": "x",
        "unit": "x",
        "better": "lower",
        "group": "cost",
    }
    both = compile_world(
        scenario({}, threats=threats, outcomes=[outcome]), [load_policy("bilateral")]
    )
    assert both.world.kinds.faces.tolist() == [1, 3]
    assert sorted(both.world.sights.shows.tolist()) == [[ONE, 0, 0], [ONE, ONE, ONE]]


@pytest.mark.parametrize(
    ("shows", "faces", "where", "rule"),
    [
        ({"nose": 1}, None, "sees.police[0].shows.nose", "no face of this name"),
        ({"person": 0.5}, None, "sees.police[0]", "one of its faces for sure"),
        ({"person": 1.5}, None, "sees.police[0].shows.person", "at most 1"),
        ({"person": 0}, None, "sees.police[0].shows.person", "above 0"),
        (None, ["person", "person"], "threats.", "a face is named once"),
        (None, [], "faces", "at least 1"),
    ],
)
def test_what_cannot_be_shown_is_refused(
    shows: dict[str, float] | None, faces: list[str] | None, where: str, rule: str
) -> None:
    with pytest.raises(SpecError) as caught:
        faced(shows, faces)
    assert where in caught.value.where
    assert rule in caught.value.rule
    assert caught.value.remedy


def test_points_of_one_world_show_the_same() -> None:
    first = faced({"person": 1})
    document = first.document()
    del document["place_content"]
    (threat,) = document["threats"].values()
    threat["sees"]["police"][0]["shows"] = {"vehicle": 1}
    other = scenario_like(first, document, None)
    policy = load_policy("bilateral")
    with pytest.raises(SpecError, match="no points of one world"):
        compile_points([Point.constant(first, policy), Point.constant(other, policy)])

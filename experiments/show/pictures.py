"""The pictures of `fivesteps show`, written into a folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.errors import UserError
from experiments.show.links import links_of_place, links_of_world
from experiments.show.routes import Matrix, matrices
from experiments.show.states import Shading, default_of_place, default_of_scenario
from experiments.store import target
from experiments.terminal import progress
from scenarios import Compiled, LoadedPolicy, LoadedScenario
from scenarios.reading import Atlas
from scenarios.schema import ROLES, Procedure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Named = tuple[str, "Figure"]

DRAWN = ("request", "follow-up")
"""Kinds of report that are drawn though they are no evidence."""


def of_scenario(
    scenario: LoadedScenario, compiled: Compiled, shading: Shading | None
) -> Iterator[Named]:
    """Yield the network and the map of a scenario."""
    from experiments.show import network

    place = scenario.atlas.place
    title = f"{scenario.name}: desks, and the instruments that join them"
    yield "network", network.draw(links_of_world(compiled), place, title, f"place {place.place}")
    drawn = _map(shading or default_of_scenario(scenario, compiled), scenario.name)
    yield _map_name(shading), drawn


def of_place(atlas: Atlas, shading: Shading | None) -> Iterator[Named]:
    """Yield the network and a map of a place."""
    from experiments.show import network

    place = atlas.place
    title = f"{place.place}: desks, and the instruments that join them"
    yield "network", network.draw(links_of_place(place), place, title, place.meaning)
    yield _map_name(shading), _map(shading or default_of_place(atlas), place.place)


def of_policy(
    policy: LoadedPolicy, scenario: LoadedScenario, found: Sequence[Matrix]
) -> Iterator[Named]:
    """Yield a picture of each matrix."""
    from experiments.show import matrix

    for one in found:
        title = f"{policy.name}: who tells whom of {', '.join(one.reports)}"
        line = f"in the scenario {scenario.name}, as compiled for the engine"
        yield f"matrix-{one.name}", matrix.draw(one, title, line)


def of_procedure(procedure: Procedure) -> Iterator[Named]:
    """Yield the chart of a procedure."""
    from experiments.show import flow

    yield "chart", flow.draw(procedure)


def drawn_matrices(scenario: LoadedScenario, compiled: Compiled) -> list[Matrix]:
    """Return the matrices worth a picture: of evidence, and of requests."""
    reports = scenario.spec.reports
    return [
        matrix
        for matrix in matrices(compiled)
        if any(
            reports[name].kind not in ROLES or reports[name].kind in DRAWN
            for name in matrix.reports
        )
    ]


def _map_name(chosen: Shading | None) -> str:
    return "map" if chosen is None else f"map-{chosen.name}"


def _map(shading: Shading, name: str) -> Figure:
    from experiments.figures import maps

    words = (lambda _: "yes") if shading.is_yes_or_no else None
    title = f"{name}: {shading.name.replace('_', ' ')}"
    return maps.draw(shading.values, title, shading.unit, words=words)


def write(pictures: Iterator[Named], folder: Path, *, expected: int, svg: bool) -> list[Path]:
    """Draw and write pictures, whole, one after the other.

    Raises
    ------
    UserError
        If the folder cannot be made or written to.
    """
    from experiments.figures import save, style

    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with style.settings(), progress("drawing pictures", expected) as advance:
            for number, (name, figure) in enumerate(pictures):
                target("--out", folder / f"{name}.png")
                written += save(figure, folder, name, svg=svg)
                advance(number + 1)
    except OSError as error:
        raise UserError(
            f"--out {folder}: {error.strerror or error}",
            "the pictures need a folder that can be written, or made",
            "give another folder with --out",
        ) from None
    return written

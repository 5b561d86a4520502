"""The generated blocks of a page, between their markers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from agents import load_scenario
from experiments.odd.measures import measure_tables
from experiments.odd.procedures import procedure_tables
from experiments.odd.regimes import policy_tables
from experiments.odd.streams import package_sources, read_streams
from experiments.odd.tables import place_tables, scenario_tables, stream_tables
from scenarios import LoadedScenario, policy_entries, scenario_entries
from scenarios.reading import read_policy

_BLOCK: Final = re.compile(
    r"(?P<begin><!-- generated: (?P<name>[a-z ]+) -->\n).*?(?P<end><!-- end of \2 -->)", re.DOTALL
)


class BlockError(ValueError):
    """A page whose markers are not those of the blocks there are."""


def rewritten(page: str, blocks: Mapping[str, str]) -> str:
    """Return a page with its generated blocks made anew.

    Parameters
    ----------
    page
        Markdown with a pair of markers for each block.
    blocks
        Text of the blocks by name, as `generated` gives it.

    Raises
    ------
    BlockError
        If a block is missing, stands twice, or is unknown.
    """
    names = [found["name"] for found in _BLOCK.finditer(page)]
    if sorted(names) != sorted(blocks) or page.count("<!-- generated:") != len(names):
        raise BlockError(
            f"the page has the blocks {', '.join(names) or 'none'}; it needs each of "
            f"{', '.join(blocks)} once: write `<!-- generated: NAME -->` and `<!-- end of NAME -->`"
        )
    return _BLOCK.sub(
        lambda found: f"{found['begin']}\n{blocks[found['name']]}\n\n{found['end']}", page
    )


def generated() -> dict[str, str]:
    """Return the text of every block by its name."""
    makers: Mapping[str, Callable[[], Iterator[str]]] = {
        "measures": measure_tables,
        "places": _places,
        "policies": _policies,
        "procedures": _procedures,
        "scenarios": _scenarios,
        "streams": lambda: stream_tables(read_streams(package_sources())),
    }
    return {name: "\n\n".join(maker()) for name, maker in makers.items()}


def _loaded() -> list[LoadedScenario]:
    return [load_scenario(entry.name) for entry in scenario_entries()]


def _places() -> Iterator[str]:
    atlases = {loaded.atlas.place.place: loaded.atlas for loaded in _loaded()}
    for atlas in atlases.values():
        yield from place_tables(atlas)


def _scenarios() -> Iterator[str]:
    for loaded in _loaded():
        yield from scenario_tables(loaded)


def _procedures() -> Iterator[str]:
    for loaded in _loaded():
        yield from procedure_tables(loaded)


def _policies() -> Iterator[str]:
    """The policies that can be run, after those that they extend."""
    named = [read_policy(entry.name) for entry in policy_entries()]
    bases = dict.fromkeys(one.spec.extends for one in named if one.spec.extends)
    for policy in [*map(read_policy, bases), *named]:
        yield from policy_tables(policy)

"""A scenario run for a history, and the table and picture of both."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from agents.society import QUANTITIES, read_calls
from experiments.figures import save, style
from experiments.planning import make_plan
from experiments.store import target, write_text
from experiments.terminal import progress
from experiments.validation import figure
from experiments.validation.history import F64, compare, report
from experiments.validation.known import Known
from scenarios import LoadedPolicy, compile_world
from sim.seam import LaneId

_BATCH: Final = 100
"""Worlds that are run together."""


def set_beside(known: Known, folder: Path, replications: int, seed: int) -> tuple[str, list[Path]]:
    """Run a scenario under both regimes; return the table, and the files written into `folder`.

    Raises
    ------
    UserError, SpecError
        If a number is out of range, or a file may not be written.
    """
    regimes = (known.policy, known.beside)
    make_plan(known.scenario, regimes, baseline=None, seed=seed, replications=replications)
    name = known.history.history
    path = target("--out", folder / f"{name}.md")
    target("--out", folder / f"{name}.png")
    folder.mkdir(parents=True, exist_ok=True)
    with progress("running worlds", len(regimes) * replications) as advance:
        worlds = range(replications)
        values = _read_off(known, known.policy, seed, worlds, advance)
        others = _read_off(known, known.beside, seed, worlds, lambda n: advance(replications + n))
    rows = compare(known.history, values, others)
    text = report(known, rows, calls=values[next(iter(QUANTITIES))].size, worlds=replications)
    write_text(path, text + "\n")
    with style.settings():
        pictures = save(figure.draw(rows, values), folder, name, svg=False)
    return text, [path, *pictures]


def _read_off(
    known: Known, policy: LoadedPolicy, seed: int, worlds: range, advance: Callable[[int], None]
) -> dict[str, F64]:
    """Run worlds under a regime, and read the quantities off every call of the state."""
    compiled = compile_world(known.scenario, [policy])
    parts = []
    for first in worlds[::_BATCH]:
        some = worlds[first : first + _BATCH]
        lanes = [LaneId(0, seed, number) for number in some]
        parts.append(read_calls(compiled, lanes, known.history.state))
        advance(some[-1] + 1)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

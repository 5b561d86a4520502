"""A scenario run for a history, and the table and picture of both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from agents.society import quantity, read_off
from experiments.figures import save, style
from experiments.planning import make_plan, with_values
from experiments.store import target, write_text
from experiments.terminal import progress
from experiments.validation import figure
from experiments.validation.history import F64, compare, report
from experiments.validation.known import Known
from scenarios import LoadedPolicy, compile_world
from sim.seam import LaneId

_BATCH: Final = 100
"""Worlds that are run together."""


def set_beside(
    known: Known, folder: Path, replications: int, seed: int, values: Sequence[str] = ()
) -> tuple[str, list[Path]]:
    """Run a scenario for a history; return the table, and the files written into `folder`.

    Parameters
    ----------
    values
        Other values in the scenario or its regimes, ``PATH=VALUE`` each.

    Raises
    ------
    UserError, SpecError
        If a number is out of range, a value does not fit, or a file may not be written.
    """
    known = _with_values(known, values)
    make_plan(known.scenario, known.regimes, baseline=None, seed=seed, replications=replications)
    name = known.history.history
    path = target("--out", folder / f"{name}.md")
    target("--out", folder / f"{name}.png")
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    with progress("running worlds", len(known.regimes) * replications) as advance:
        for number, policy in enumerate(known.regimes):
            before = number * replications
            found.append(_read_off(known, policy, seed, replications, before, advance))
    rows = compare(known.history, found[0], found[1] if known.beside else None)
    text = report(known, rows, worlds=replications, values=values)
    write_text(path, text + "\n")
    with style.settings():
        pictures = save(figure.draw(rows, found[0]), folder, name, svg=False)
    return text, [path, *pictures]


def _with_values(known: Known, values: Sequence[str]) -> Known:
    """Return it with other values in scenario and regimes, of which the same can be asked."""
    scenario, policies = with_values(known.scenario, known.regimes, values)
    questions = tuple(
        one._replace(quantity=quantity(scenario, one.quantity.name)) for one in known.questions
    )
    other = policies[1] if known.beside else None
    return replace(known, scenario=scenario, policy=policies[0], beside=other, questions=questions)


def _read_off(
    known: Known,
    policy: LoadedPolicy,
    seed: int,
    worlds: int,
    before: int,
    advance: Callable[[int], None],
) -> list[F64]:
    """Run worlds under a regime, and read off them what is asked, by event."""
    compiled = compile_world(known.scenario, [policy])
    parts = []
    for first in range(0, worlds, _BATCH):
        some = range(first, min(first + _BATCH, worlds))
        lanes = [LaneId(0, seed, number) for number in some]
        parts.append(read_off(compiled, lanes, known.questions))
        advance(before + some[-1] + 1)
    return [np.concatenate(each) for each in zip(*parts, strict=True)]

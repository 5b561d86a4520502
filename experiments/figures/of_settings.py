"""Figures of an experiment with many settings: what drives the answer, which policy holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from experiments.analysis import AUDIT, MORRIS, ONE_AT_A_TIME, SALTELLI, Study, audit as found_in
from experiments.figures import audit, pareto, response, robustness, sensitivity

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from experiments.outcomes import Outcome

FEWEST_TO_WEIGH = 2
"""Policies or outcomes from which there is something to weigh."""


def draw_all(study: Study) -> Iterator[tuple[str, Figure]]:
    """Return each figure with its name; draw them within `style.settings`."""
    if study.design.get("kind") == AUDIT:
        return audit.pages(found_in(study), study.line)
    return _draw_all(study)


def _draw_all(study: Study) -> Iterator[tuple[str, Figure]]:
    varying = [outcome for outcome in study.outcomes if _varies(study, outcome)]
    if study.design.get("kind") in {ONE_AT_A_TIME, MORRIS, SALTELLI}:
        for outcome in varying:
            for policy in study.others:
                yield f"drivers-{outcome.name}-{policy}", _drivers(study, outcome, policy)
    if study.futures.parameters and study.design.get("kind") not in {ONE_AT_A_TIME, MORRIS}:
        for outcome in varying:
            for differ in (False, True)[: len(study.futures.policies)]:
                name = f"response-{outcome.name}{'-difference' * differ}"
                yield name, response.draw(study, response.of_study(study, outcome, differ=differ))
    if len(study.futures.policies) < FEWEST_TO_WEIGH:
        return
    for outcome in varying:
        found = study.robustness(outcome, None)
        figure = robustness.draw(found, outcome, study.futures.baseline, study.line)
        yield f"robustness-{outcome.name}", figure
    if len(study.objectives) >= FEWEST_TO_WEIGH:
        front = study.front(study.objectives)
        apart = study.apart(study.objectives)
        yield (
            "front",
            pareto.draw(front, apart, study.objectives, study.futures.baseline, study.line),
        )


def _varies(study: Study, outcome: Outcome) -> bool:
    """Whether an outcome is not the same in every lane."""
    values = study.values(outcome)
    known = values[np.isfinite(values)]
    return bool(known.size) and bool((known != known[0]).any())


def _drivers(study: Study, outcome: Outcome, policy: str) -> Figure:
    from experiments.analysis import Indices, Screening

    found = study.drivers(outcome, policy, study.futures.baseline)
    answer = sensitivity.Answer(outcome, policy, study.futures.baseline, study.line, study.words)
    if isinstance(found, Screening):
        return sensitivity.draw_screening(found, answer)
    if isinstance(found, Indices):
        return sensitivity.draw_indices(found, answer)
    return sensitivity.draw_swings(found, answer)

"""Figures of an experiment with many settings: what drives the answer, which policy holds."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from experiments.analysis import AUDIT, MORRIS, ONE_AT_A_TIME, SALTELLI, Study, audit as found_in
from experiments.figures import audit, pareto, response, robustness, sensitivity, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from experiments.outcomes import Outcome

FEWEST_TO_WEIGH = 2
"""Policies or outcomes from which there is something to weigh."""


def drawings(study: Study) -> Iterator[style.Drawing]:
    """Return the name of each figure with what draws it within `style.settings`."""
    if study.design.get("kind") == AUDIT:
        return audit.pages(found_in(study), study.line)
    return _drawings(study)


def _drawings(study: Study) -> Iterator[style.Drawing]:
    varying = [outcome for outcome in study.outcomes if _varies(study, outcome)]
    if study.design.get("kind") in {ONE_AT_A_TIME, MORRIS, SALTELLI}:
        for outcome in varying:
            for policy in study.others:
                yield f"drivers-{outcome.name}-{policy}", partial(_drivers, study, outcome, policy)
    if study.futures.parameters and study.design.get("kind") not in {ONE_AT_A_TIME, MORRIS}:
        for outcome in varying:
            for differ in (False, True)[: len(study.futures.policies)]:
                name = f"response-{outcome.name}{'-difference' * differ}"
                yield name, partial(_response, study, outcome, differ=differ)
    if len(study.futures.policies) < FEWEST_TO_WEIGH:
        return
    for outcome in varying:
        yield f"robustness-{outcome.name}", partial(_robustness, study, outcome)
    if len(study.objectives) >= FEWEST_TO_WEIGH:
        yield "front", partial(_front, study)


def _varies(study: Study, outcome: Outcome) -> bool:
    """Whether an outcome is not the same in every lane."""
    values = study.values(outcome)
    known = values[np.isfinite(values)]
    return bool(known.size) and bool((known != known[0]).any())


def _response(study: Study, outcome: Outcome, *, differ: bool) -> Figure:
    return response.draw(study, response.of_study(study, outcome, differ=differ))


def _robustness(study: Study, outcome: Outcome) -> Figure:
    found = study.robustness(outcome, None)
    return robustness.draw(found, outcome, study.futures.baseline, study.line)


def _front(study: Study) -> Figure:
    front, apart = study.front(study.objectives), study.apart(study.objectives)
    return pareto.draw(front, apart, study.objectives, study.futures.baseline, study.line)


def _drivers(study: Study, outcome: Outcome, policy: str) -> Figure:
    from experiments.analysis import Indices, Screening

    found = study.drivers(outcome, policy, study.futures.baseline)
    answer = sensitivity.Answer(outcome, policy, study.futures.baseline, study.line, study.words)
    if isinstance(found, Screening):
        return sensitivity.draw_screening(found, answer)
    if isinstance(found, Indices):
        return sensitivity.draw_indices(found, answer)
    return sensitivity.draw_swings(found, answer)

"""One contender on one case, in a process of its own; prints what it measured as JSON.

``python -m tests.benchmarks.one CASE CONTENDER``
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
from collections.abc import Callable
from statistics import median
from typing import Any, Final

from tests.benchmarks.cases import case_of, contender_of
from tests.benchmarks.clocks import timed
from tests.benchmarks.machine import peak_mib
from tests.benchmarks.network import draw_network, draw_origins
from tests.benchmarks.work import AbsentError, Spreading

ENOUGH: Final = 0.25
"""Seconds after which a piece of work is not repeated."""
MOST: Final = 15


def measure(case_name: str, contender_name: str) -> dict[str, Any]:
    """Measure; seconds are those of this process's work."""
    contender = contender_of(contender_name)
    case = case_of(case_name).within(contender.most)
    try:
        module, importing = timed(
            lambda: importlib.import_module(f"tests.benchmarks.contenders.{contender.module}")
        )
    except ModuleNotFoundError as error:
        if error.name not in contender.packages:
            raise
        return {"absent": f"{error.name} is not installed"}
    network, _ = timed(lambda: draw_network(case.units, case.degree))
    kind: Callable[..., Spreading] = module.Spreading
    try:
        spreading, set_up = timed(lambda: kind(network, **contender.options))
    except AbsentError as error:
        return {"absent": str(error)}
    origins = draw_origins(case.units, case.reports, case.replications)
    _, warming = timed(spreading.warm_up)
    gc.collect()
    gc.freeze()  # what importing and warming made is not looked through while work is timed
    seconds = often(lambda: spreading.run(origins))
    peak = peak_mib()
    work = spreading.counted()
    return {
        "seconds": seconds,
        "import_s": importing,
        "set_up_s": set_up,
        "warm_up_s": warming,
        "peak_mib": peak,
        "reports": case.reports,
        "replications": case.replications,
        "attempts": work.attempts.tolist(),
        "receipts": work.receipts.tolist(),
    }


def often(work: Callable[[], None]) -> float:
    """Return the seconds of a piece of work: once, or the median of more if it is short."""
    taken: list[float] = []
    while sum(taken) < ENOUGH and len(taken) < MOST:
        _, seconds = timed(work)
        taken.append(seconds)
    return float(median(taken))


if __name__ == "__main__":
    json.dump(measure(*sys.argv[1:]), sys.stdout)

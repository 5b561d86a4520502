"""The finished tables of a run directory, written when its last lane is done."""

from __future__ import annotations

from pathlib import Path

from experiments.errors import InUseError
from experiments.outcomes import (
    Comparison,
    Results,
    StateRow,
    Turn,
    YearMean,
    compare_policies,
    differences,
    state_rows,
    turns,
    year_means,
)
from experiments.planning import Plan
from experiments.store import (
    BY_STATE,
    COMPARISON,
    DIFFERENCES,
    TURNS,
    YEARS,
    RunDirectory,
    open_for_reading,
    open_for_writing,
    plan_of,
    read_manifest,
    write_differences,
    write_rows,
)


def finish(directory: RunDirectory, plan: Plan) -> int:
    """Pack the shards, and write the tables if every lane is done; return how many are not."""
    directory.pack()
    futures = directory.futures()
    missing = int((plan.wanted() & ~futures.held).sum())
    if missing:
        return missing
    directory.write_outcomes(futures)
    if len(plan.policies) > 1:
        if len(plan.settings) == 1:
            results = futures.setting(0)
            rows = compare_policies(results, directory.asked())
            write_rows(directory.folder / COMPARISON, Comparison, rows)
            _write_years(directory, results)
            if states := state_rows(results):
                write_rows(directory.folder / BY_STATE, StateRow, states)
        else:
            write_differences(directory.folder / DIFFERENCES, differences(futures))
    directory.completed()
    return 0


def _write_years(directory: RunDirectory, results: Results) -> None:
    """Write what came in each year, and where the order of policies turns, if there are years."""
    means = year_means(results)
    if means:
        write_rows(directory.folder / YEARS, YearMean, means)
        write_rows(directory.folder / TURNS, Turn, turns(results, directory.asked()))


def finish_if_last(out: Path) -> tuple[int, bool]:
    """Write the finished tables, unless others still work on the directory.

    What is to be there is what the manifest says now: another share may have been told of more.

    Returns
    -------
    missing, complete
        As in `Ran`.
    """
    plan = plan_of(read_manifest(out), out)
    try:
        with open_for_writing(out, plan) as directory:
            missing = finish(directory, plan)
            return missing, not missing
    except InUseError:  # by another share, or by one that writes the tables
        directory = open_for_reading(out)
        missing = int((plan.wanted() & ~directory.done()).sum())
        return missing, directory.manifest.complete and not missing

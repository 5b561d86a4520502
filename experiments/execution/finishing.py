"""The finished tables of a run directory, written when its last lane is done."""

from __future__ import annotations

from pathlib import Path

from experiments.errors import InUseError
from experiments.outcomes import compare_policies, differences
from experiments.planning import Plan
from experiments.store import (
    COMPARISON,
    DIFFERENCES,
    RunDirectory,
    open_for_reading,
    open_for_writing,
    plan_of,
    read_manifest,
    write_comparison,
    write_differences,
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
            rows = compare_policies(futures.setting(0), directory.asked())
            write_comparison(directory.folder / COMPARISON, rows)
        else:
            write_differences(directory.folder / DIFFERENCES, differences(futures))
    directory.completed()
    return 0


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

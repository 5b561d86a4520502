"""A comparison from start to end: run what is missing, then write the tables."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from experiments.errors import StoppedError, WorkerLostError
from experiments.execute import execute
from experiments.kernels import choose_kernel
from experiments.measures import Mask, Results
from experiments.memory import batch_that_fits, cpu_count
from experiments.plan import Plan, chunk_size
from experiments.provenance import surroundings
from experiments.statistics import compare_policies, write_comparison
from experiments.store import COMPARISON, RunDirectory, open_for_writing
from experiments.worker import Job, Work


def run_comparison(
    plan: Plan,
    out: Path,
    *,
    workers: int | None = None,
    batch: int | None = None,
    kernel: str = "auto",
) -> Results:
    """Run the lanes of `plan` that `out` does not hold yet, and write the finished tables.

    Parameters
    ----------
    workers
        Processes; None takes one for every processor.
    batch
        Most lanes that run together in a process; None takes what is usual and fits.
    kernel
        Name of the kernel; all give the same.

    Raises
    ------
    UserError
        If `out` holds something else, or the lanes do not fit into the memory.
    StoppedError, WorkerLostError
        If it was broken off; what is finished stays in `out`, and the message says so.
    """
    from agents import footprint
    from scenarios import compile_world

    workers = workers or cpu_count()
    chosen = choose_kernel(kernel)
    compiled = compile_world(plan.scenario, plan.policies)
    busy = min(workers, plan.lanes)
    # Refuses before anything is written.
    fitting = batch_that_fits(plan, footprint(compiled.world), chosen, batch=batch, workers=busy)
    with open_for_writing(out, plan) as directory:
        done = directory.done()
        missing = plan.lanes - int(done.sum())
        if missing:
            size = chunk_size(missing, len(plan.policies), fitting, workers)
            job = Job(compiled, directory.address, chosen)
            _run_missing(plan, directory, job, done, workers=workers, size=size)
        results = directory.results()
        directory.write_outcomes(results)
        if len(plan.policies) > 1:
            write_comparison(out / COMPARISON, compare_policies(results))
        if not directory.manifest.complete:
            directory.manifest.complete = True
            directory.manifest.write(out)
    return results


def _run_missing(
    plan: Plan, directory: RunDirectory, job: Job, done: Mask, *, workers: int, size: int
) -> None:
    missing = plan.lanes - int(done.sum())
    workers = min(workers, -(-missing // size))
    total = Work()

    def report(work: Work) -> None:
        nonlocal total
        total += work

    begun = datetime.now(UTC)
    start = time.perf_counter()
    chunks = plan.chunks(done, size)
    try:
        execute(job, chunks, lanes=missing, workers=workers, report=report)
    except KeyboardInterrupt:
        raise StoppedError(_broken_off("stopped", plan, directory)) from None
    except WorkerLostError:
        why = "a worker process died (killed, or out of memory; a smaller --batch needs less)"
        raise WorkerLostError(_broken_off(why, plan, directory)) from None
    finally:
        used = {"workers": workers, "batch": size, "kernel": str(job.kernel)}
        entry = _entry(begun, time.perf_counter() - start, total, used)
        directory.record(entry, complete=False)


def _broken_off(why: str, plan: Plan, directory: RunDirectory) -> str:
    finished = int(directory.done().sum())
    return (
        f"{why}: {finished:,} of {plan.lanes:,} lanes are finished in {directory.folder};"
        " the same command goes on from there"
    )


def _entry(begun: datetime, seconds: float, work: Work, used: dict[str, Any]) -> dict[str, Any]:
    """Return what the manifest says about a piece of work."""
    return {
        "begun": begun.isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "lanes": work.lanes,
        "messages": work.messages,
        "attempts": work.attempts,
        "lanes_per_second": round(work.lanes / seconds, 3),
        "messages_per_second": round(work.messages / seconds, 1),
        **used,
        **surroundings(),
    }

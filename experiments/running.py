"""An experiment from start to end: run what is missing, then write the tables."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.differences import DIFFERENCES, differences, write_differences
from experiments.errors import InUseError, StoppedError, WorkerLostError
from experiments.execution.choose import local
from experiments.execution.course import Course
from experiments.execution.executor import Executor
from experiments.execution.job import Job, Work
from experiments.execution.stopping import term_stops
from experiments.failures import FAILURES
from experiments.kernels import choose_kernel
from experiments.manifest import NAME
from experiments.measures import Mask
from experiments.memory import batch_that_fits
from experiments.plan import WHOLE, Plan, Share, chunk_size
from experiments.provenance import surroundings
from experiments.shared import remove_left
from experiments.statistics import compare_policies, write_comparison
from experiments.store import COMPARISON, RunDirectory, open_for_writing

if TYPE_CHECKING:
    from scenarios import Compiled
    from sim.kernels import KernelName


@dataclass(frozen=True)
class How:
    """How to run an experiment; nothing of it changes a result."""

    executor: Executor | None = None
    """None takes a process for every processor."""
    batch: int | None = None
    """Most lanes that run together; None takes what is usual and fits."""
    kernel: str = "auto"
    share: Share = WHOLE
    ends_at: float | None = None
    """When to begin no more chunks, by `time.monotonic`."""


@dataclass(frozen=True)
class Ran:
    """What a run did."""

    work: Work
    failed: int
    """Lanes of chunks that were given up."""
    out_of_time: bool
    complete: bool
    """Whether the directory has every lane and the finished tables now."""
    seconds: float


def tell_of_failures(ran: Ran, out: Path) -> None:
    """Say on standard error how many lanes raised.

    Raises
    ------
    WorkerLostError
        If chunks were given up, so that the directory is not complete.
    """
    if ran.work.raised:
        print(  # noqa: T201 - a warning to the user
            f"{ran.work.raised:,} lanes ended with an error of the program and are left out of"
            f" all statistics; see {out / FAILURES}",
            file=sys.stderr,
        )
    if ran.failed:
        raise WorkerLostError(
            f"{ran.failed:,} lanes could not be run; why is in {out / FAILURES}."
            " What is finished is kept; the same command tries the rest again"
        )


def refuse_unfinished(ran: Ran, out: Path) -> None:
    """Say that there is no answer yet, if lanes are missing that it takes.

    Raises
    ------
    StoppedError
        If the directory is not complete.
    """
    if not ran.complete:
        why = "time is up" if ran.out_of_time else "lanes are missing"
        raise StoppedError(
            f"{why} before there is an answer; what is finished is kept in {out}, and the same"
            " command goes on from there"
        )


def run_plan(plan: Plan, out: Path, how: How | None = None) -> Ran:
    """Run the lanes of `plan` that `out` does not have yet, and write the tables if that was all.

    Raises
    ------
    UserError, SpecError
        If `out` holds something else, the lanes do not fit into the memory, or a setting breaks
        a rule.
    StoppedError, WorkerLostError
        If it was broken off; what is finished stays in `out`, and the message says so.
    """
    from agents import footprint

    how = how or How()
    remove_left()
    kernel = choose_kernel(how.kernel)
    executor = how.executor or local(None, plan.lanes)
    if not (out / NAME).exists():
        plan.settings.check()
    compiled = plan.settings.compiled(0)
    # Refuses before anything is written.
    fitting = batch_that_fits(
        plan, footprint(compiled.world), kernel, batch=how.batch, workers=executor.workers_here
    )
    block = _size(plan, plan.lanes, fitting, executor.workers)
    shared = how.share != WHOLE
    start = time.perf_counter()
    with open_for_writing(out, plan, block=block, shared=shared) as directory:
        done = directory.done()
        missing = int((plan.wanted() & ~done).sum())
        size = (
            directory.manifest.block if shared else _size(plan, missing, fitting, executor.workers)
        )
        work = _Run(plan, directory, how, executor, kernel, size)
        course = work.run(compiled, done)
        complete = not shared and _finish(directory, plan)
    if shared:
        complete = _finish_if_last(out, plan)
    return Ran(
        work=course.work,
        failed=course.failed,
        out_of_time=course.out_of_time,
        complete=complete,
        seconds=time.perf_counter() - start,
    )


def _size(plan: Plan, missing: int, batch: int, workers: int) -> int:
    return chunk_size(max(1, missing), len(plan.settings), len(plan.policies), batch, workers)


@dataclass(frozen=True)
class _Run:
    """Running what is missing of a plan."""

    plan: Plan
    directory: RunDirectory
    how: How
    executor: Executor
    kernel: KernelName
    size: int

    def run(self, compiled: Compiled, done: Mask) -> Course:
        lanes = self.plan.missing(done, self.size, self.how.share)
        address = self.directory.address
        course = Course(address, lanes, compiled.world.horizon, self.how.ends_at)
        if lanes:
            self._run(compiled, done, course)
        return course

    def _run(self, compiled: Compiled, done: Mask, course: Course) -> None:
        chunks = course.in_time(self.plan.chunks(done, self.size, self.how.share))
        job = Job(self.plan, self.directory.address, self.kernel)
        begun = datetime.now(UTC)
        start = time.perf_counter()
        try:
            with course.shown(), term_stops():
                self.executor.run(job, compiled, chunks, course)
        except KeyboardInterrupt:
            raise StoppedError(self._broken_off("stopped")) from None
        except WorkerLostError as error:
            raise WorkerLostError(self._broken_off(str(error))) from None
        finally:
            if self.how.share == WHOLE:
                seconds = time.perf_counter() - start
                self.directory.record(self._entry(begun, seconds, course))

    def _broken_off(self, why: str) -> str:
        finished = int(self.directory.done().sum())
        return (
            f"{why}: {finished:,} of {self.plan.lanes:,} lanes are finished in"
            f" {self.directory.folder}; the same command goes on from there"
        )

    def _entry(self, begun: datetime, seconds: float, course: Course) -> dict[str, Any]:
        """Return what the manifest says about a piece of work."""
        work = course.work
        return {
            "begun": begun.isoformat(timespec="seconds"),
            "seconds": round(seconds, 3),
            "lanes": work.lanes,
            "raised": work.raised,
            "failed": course.failed,
            "messages": work.messages,
            "attempts": work.attempts,
            "lanes_per_second": round(work.lanes / seconds, 3),
            "messages_per_second": round(work.messages / seconds, 1),
            "executor": self.executor.name,
            "workers": self.executor.workers,
            "batch": self.size,
            "kernel": str(self.kernel),
            **surroundings(),
        }


def _finish(directory: RunDirectory, plan: Plan) -> bool:
    """Write the finished tables if every lane is done; say whether that is so."""
    futures = directory.futures()
    if (plan.wanted() & ~futures.held).any():
        return False
    directory.write_outcomes(futures)
    if len(plan.policies) > 1:
        if len(plan.settings) == 1:
            rows = compare_policies(futures.setting(0))
            write_comparison(directory.folder / COMPARISON, rows)
        else:
            write_differences(directory.folder / DIFFERENCES, differences(futures))
    directory.completed()
    return True


def _finish_if_last(out: Path, plan: Plan) -> bool:
    """Write the finished tables, unless others still work on the directory."""
    try:
        with open_for_writing(out, plan) as directory:
            return _finish(directory, plan)
    except InUseError:
        return False

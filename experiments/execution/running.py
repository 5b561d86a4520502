"""An experiment from start to end: run what is missing, then write the tables."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.errors import InUseError, StoppedError, WorkerLostError
from experiments.execution.choose import local
from experiments.execution.course import Course
from experiments.execution.executor import Executor
from experiments.execution.job import Job, Work
from experiments.execution.shared import remove_left
from experiments.execution.stopping import term_stops
from experiments.outcomes import (
    Mask,
    compare_policies,
    differences,
)
from experiments.planning import (
    WHOLE,
    Plan,
    Share,
    batch_that_fits,
    choose_kernel,
    chunk_size,
    refuse_other_batch,
    refuse_too_large,
)
from experiments.store import (
    COMPARISON,
    DIFFERENCES,
    FAILURES,
    NAME,
    RunDirectory,
    open_for_reading,
    open_for_writing,
    plan_of,
    read_manifest,
    surroundings,
    write_comparison,
    write_differences,
)

if TYPE_CHECKING:
    from agents import Footprint
    from scenarios import Compiled
    from sim.kernel import KernelName


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
    missing: int
    """Lanes that the directory does not have; other shares may be at them."""
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
    room = _Room(plan, footprint(compiled.world), kernel, executor, how.batch)
    shared = how.share != WHOLE
    start = time.perf_counter()
    # Refuses before anything is written.
    if shared and (out / NAME).exists():
        block = room.allowed(read_manifest(out).block, out)
    else:
        block = room.size(plan.lanes)
    with open_for_writing(out, plan, block=block, shared=shared) as directory:
        done = directory.done()
        if not shared:
            size = room.size(int((plan.wanted() & ~done).sum()))
        elif directory.manifest.block == block:
            size = block
        else:  # another share was first
            size = room.allowed(directory.manifest.block, out)
        work = _Run(plan, directory, how, executor, kernel, size)
        course = work.run(compiled, done)
        missing = 0 if shared else _finish(directory, plan)
    complete = not missing
    if shared:
        missing, complete = _finish_if_last(out)
    return Ran(
        work=course.work,
        failed=course.failed,
        out_of_time=course.out_of_time,
        missing=missing,
        complete=complete,
        seconds=time.perf_counter() - start,
    )


@dataclass(frozen=True)
class _Room:
    """How many lanes may run together, so that they fit into the memory."""

    plan: Plan
    needed: Footprint
    kernel: KernelName
    executor: Executor
    batch: int | None
    """The user's wish."""

    @cached_property
    def most(self) -> int:
        """Most lanes that run together."""
        workers = self.executor.workers_here
        return batch_that_fits(
            self.plan, self.needed, self.kernel, batch=self.batch, workers=workers
        )

    def size(self, missing: int) -> int:
        """Return the lanes of a chunk, where so many are missing."""
        settings, policies, _ = self.plan.shape
        return chunk_size(max(1, missing), settings, policies, self.most, self.executor.workers)

    def allowed(self, block: int, folder: Path) -> int:
        """Return the lanes of a chunk as they are fixed, if they are what is wished, and fit."""
        refuse_other_batch(self.batch, block, folder)
        workers = self.executor.workers_here
        refuse_too_large(self.plan, self.needed, self.kernel, block=block, workers=workers)
        return block


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


def _finish(directory: RunDirectory, plan: Plan) -> int:
    """Write the finished tables if every lane is done; return how many are not."""
    futures = directory.futures()
    missing = int((plan.wanted() & ~futures.held).sum())
    if missing:
        return missing
    directory.write_outcomes(futures)
    if len(plan.policies) > 1:
        if len(plan.settings) == 1:
            rows = compare_policies(futures.setting(0))
            write_comparison(directory.folder / COMPARISON, rows)
        else:
            write_differences(directory.folder / DIFFERENCES, differences(futures))
    directory.completed()
    return 0


def _finish_if_last(out: Path) -> tuple[int, bool]:
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
            missing = _finish(directory, plan)
            return missing, not missing
    except InUseError:  # by another share, or by one that writes the tables
        directory = open_for_reading(out)
        missing = int((plan.wanted() & ~directory.done()).sum())
        return missing, directory.manifest.complete and not missing

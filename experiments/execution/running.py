"""A plan from start to end: settle where it runs, run what is missing, write the tables."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from experiments.errors import StoppedError, WorkerLostError, echo
from experiments.execution.course import Course
from experiments.execution.finishing import finish, finish_if_last
from experiments.execution.job import Job, Work
from experiments.execution.pilot import Pilot
from experiments.execution.placing import How, Placed, place
from experiments.execution.stopping import term_stops
from experiments.outcomes import Mask
from experiments.planning import Chunk, Plan
from experiments.store import FAILURES, NAME, RunDirectory, open_for_writing, surroundings


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

    def after(self, before: Ran | None) -> Ran:
        """Return both together, this one as the later."""
        if before is None:
            return self
        return replace(
            self,
            work=before.work + self.work,
            failed=before.failed + self.failed,
            seconds=before.seconds + self.seconds,
        )


def tell_of_failures(ran: Ran, out: Path) -> None:
    """Say on standard error how many lanes raised.

    Raises
    ------
    WorkerLostError
        If chunks were given up, so that the directory is not complete.
    """
    if ran.work.raised:
        echo(
            f"{ran.work.raised:,} lanes ended with an error of the program and are left out of"
            f" all statistics; see {out / FAILURES}",
            err=True,
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
    if not (out / NAME).exists():
        plan.settings.check()
    placed = place(plan, how or How())
    start = time.perf_counter()
    block = placed.block(out)
    with open_for_writing(out, plan, block=block, shared=placed.shared) as directory:
        done = directory.done()
        size = placed.chunk(directory, int((plan.wanted() & ~done).sum()), block)
        course = _Run(placed, directory, size).run(done)
        if placed.shared:
            directory.pack(course.chunks)
        missing = 0 if placed.shared else finish(directory, plan)
    complete = not missing
    if placed.shared:
        missing, complete = finish_if_last(out)
    return Ran(
        work=course.work,
        failed=course.failed,
        out_of_time=course.out_of_time,
        missing=missing,
        complete=complete,
        seconds=time.perf_counter() - start,
    )


@dataclass(frozen=True)
class _Run:
    """Running what is missing of a plan, at its place."""

    placed: Placed
    directory: RunDirectory
    size: int
    """Lanes of a chunk."""

    def run(self, done: Mask) -> Course:
        placed = self.placed
        lanes = placed.plan.missing(done, self.size, placed.share)
        horizon = placed.compiled.world.horizon
        pilot = Pilot.of(placed.plan, self.directory, done, placed.share)
        course = Course(self.directory.address, lanes, horizon, placed.ends_at, pilot)
        with term_stops():
            if pilot is not None:
                self._run(pilot.before(done, self.size), course)
            elif lanes:
                self._run(placed.plan.chunks(done, self.size, placed.share), course)
        return course

    def _run(self, planned: Iterator[Chunk], course: Course) -> None:
        placed = self.placed
        chunks = course.in_time(planned)
        job = Job(placed.plan, self.directory.address, placed.kernel)
        begun = datetime.now(UTC)
        start = time.perf_counter()
        try:
            with course.shown():
                placed.executor.run(job, placed.compiled, chunks, course)
        except KeyboardInterrupt:
            raise StoppedError(self._broken_off("stopped")) from None
        except WorkerLostError as error:
            raise WorkerLostError(self._broken_off(str(error))) from None
        finally:
            if not placed.shared:
                seconds = time.perf_counter() - start
                self.directory.record(self._entry(begun, seconds, course))

    def _broken_off(self, why: str) -> str:
        finished = int(self.directory.done().sum())
        return (
            f"{why}: {finished:,} of {self.placed.plan.lanes:,} lanes are finished in"
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
            "executor": self.placed.executor.name,
            "workers": self.placed.executor.workers,
            "batch": self.size,
            "kernel": str(self.placed.kernel),
            **surroundings(),
        }

"""Running chunks in this process, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.errors import StoppedError
from experiments.execution.course import Course
from experiments.execution.job import Job, Worker
from experiments.planning import Chunk

if TYPE_CHECKING:
    from scenarios import Compiled


@dataclass(frozen=True)
class Here:
    """Runs everything in this process."""

    name: str = "in-process"
    workers: int = 1
    workers_here: int = 1

    def run(self, job: Job, compiled: Compiled, chunks: Iterator[Chunk], course: Course) -> None:
        """Run chunks; `compiled` is the world of the first setting."""
        worker = Worker(job, compiled)
        ticked = 0
        for chunk in chunks:

            def on_tick(tick: int, count: int = chunk.lanes) -> None:
                nonlocal ticked
                del tick
                ticked += count
                course.ticked(ticked)

            again = True
            while again:
                course.begun(chunk)
                try:
                    work = worker.run(chunk, on_tick)
                except (StoppedError, MemoryError):
                    raise
                except Exception as error:  # noqa: BLE001 - recorded, and the rest goes on
                    again = course.try_again(chunk, error)
                else:
                    course.done(chunk, work)
                    again = False

"""What every executor can do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from experiments.execution.course import Course
from experiments.execution.job import Job
from experiments.planning import Chunk

if TYPE_CHECKING:
    from scenarios import Compiled


class Executor(Protocol):
    """Has chunks run somewhere."""

    @property
    def name(self) -> str:
        """What the manifest calls it."""

    @property
    def workers(self) -> int:
        """Chunks that run at a time."""

    @property
    def workers_here(self) -> int:
        """How many of them share the memory of this machine."""

    def run(self, job: Job, compiled: Compiled, chunks: Iterator[Chunk], course: Course) -> None:
        """Run chunks and report each to `course`; `compiled` is the world of the first setting.

        Raises
        ------
        KeyboardInterrupt
            If the user stops it; nothing runs any more by then.
        WorkerLostError
            If what does the work is gone, or chunk after chunk fails.
        """

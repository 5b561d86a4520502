"""How far a run has come: what is done, what failed, how fast, how long it will take."""

from __future__ import annotations

import errno
import sys
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from experiments.errors import WorkerLostError, tell, user_errors
from experiments.execution.job import ManyRaisedError, Work
from experiments.planning import Chunk
from experiments.store import Address, chunk_name, clear_chunk, record_chunk
from experiments.terminal import readable_seconds

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

ATTEMPTS: Final = 3
"""Times that a chunk is tried before it is recorded as failed."""

MOST_IN_A_ROW: Final = 5
"""Chunks that may fail one after the other, with none done between, before the run gives up."""

LINE_EVERY_S: Final = 60
"""Seconds between two lines about progress where there is no terminal."""

RESERVE: Final = 1.5
"""Times the longest chunk so far that must be left before another one is begun."""

_HOPELESS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM})
"""Errors of the system that another attempt will not mend."""


class Course:
    """Counts what an executor reports, and decides what to do about a chunk that failed.

    Parameters
    ----------
    address
        Where the shards go.
    lanes
        Lanes that are to be run.
    ticks
        Ticks of a lane.
    ends_at
        When to begin no more chunks, by `time.monotonic`; None never.
    """

    def __init__(
        self, address: Address, lanes: int, ticks: int, ends_at: float | None = None
    ) -> None:
        self.lanes = lanes
        self.work = Work()
        self.failed = 0
        """Lanes of chunks that were given up."""
        self.chunks: set[str] = set()
        """Names of chunks that are done."""
        self.out_of_time = False
        self._address = address
        self._ticks = ticks
        self._ends_at = ends_at
        self._attempts: dict[str, int] = {}
        self._begun_at: dict[str, float] = {}
        self._longest_s = 0.0
        self._in_a_row = 0
        self._start = time.monotonic()
        self._said = self._start
        self._bar: tuple[Progress, TaskID] | None = None

    @contextmanager
    def shown(self) -> Generator[None]:
        """Show progress on standard error: a bar on a terminal, else a line now and then."""
        if not sys.stderr.isatty() or self.lanes <= 0:
            yield
            return
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[told]}"),
            TextColumn("left"),
            TimeRemainingColumn(),
        )
        total = self.lanes * self._ticks
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            self._bar = bar, bar.add_task(f"{self.lanes:,} lanes", total=total, told="")
            yield
        self._bar = None

    def in_time(self, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
        """Yield chunks as long as there is time for another one."""
        for chunk in chunks:
            if self._ends_at is not None:
                left = self._ends_at - time.monotonic()
                if left < RESERVE * self._longest_s or left <= 0:
                    self.out_of_time = True
                    return
            yield chunk

    def time_is_up(self) -> bool:
        """Say whether the end is reached; what has not begun is left for another run then."""
        if self._ends_at is not None and time.monotonic() >= self._ends_at:
            self.out_of_time = True
        return self.out_of_time

    def begun(self, chunk: Chunk) -> None:
        """Take note that a chunk begins to run."""
        self._begun_at[self._name(chunk)] = time.monotonic()

    def ticked(self, lane_ticks: int) -> None:
        """Show lane-ticks done so far."""
        if self._bar is not None:
            bar, task = self._bar
            bar.update(task, completed=lane_ticks, told=self._told())
        elif time.monotonic() - self._said >= LINE_EVERY_S:
            self._said = time.monotonic()
            tell(f"{self._told()}, {self._left()} left")

    def done(self, chunk: Chunk, work: Work) -> None:
        """Take note that the shard of a chunk is on the disk."""
        name = self._name(chunk)
        self.chunks.add(name)
        if self._attempts.pop(name, 0) or self._folder_has_failures():
            clear_chunk(self._address.folder, name)
        begun = self._begun_at.pop(name, None)
        if begun is not None:
            self._longest_s = max(self._longest_s, time.monotonic() - begun)
        self._in_a_row = 0
        self.work += work

    def try_again(self, chunk: Chunk, error: BaseException | str, *, final: bool = False) -> bool:
        """Say whether a chunk that failed is to be tried again; if not, its failure is recorded.

        Parameters
        ----------
        final
            Whether it was tried often enough by somebody else.

        Raises
        ------
        OSError
            `error` itself, if the disk is full or must not be written.
        WorkerLostError
            If so many chunks failed in a row that going on is no use.
        """
        if isinstance(error, OSError) and error.errno in _HOPELESS:
            raise error
        name = self._name(chunk)
        attempts = self._attempts[name] = self._attempts.get(name, 0) + 1
        final = final or isinstance(error, (ManyRaisedError, *user_errors()))
        if attempts < ATTEMPTS and not final:
            return True
        why = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
        policies = self._address.policies
        record_chunk(self._address.folder, name, chunk, policies, why, attempts)
        self.failed += len(chunk.lanes)
        if isinstance(error, user_errors()):  # of this setting alone: others may be well
            return False
        self._in_a_row += 1
        if self._in_a_row >= MOST_IN_A_ROW:
            raise WorkerLostError(f"{self._in_a_row} chunks in a row failed; the last: {why}")
        return False

    def _name(self, chunk: Chunk) -> str:
        return chunk_name(self._address.policies, chunk)

    def _folder_has_failures(self) -> bool:
        from experiments.store import FAILURES

        return (Path(self._address.folder) / FAILURES).exists()

    def _rate(self) -> float:
        return self.work.lanes / max(time.monotonic() - self._start, 1e-9)

    def _told(self) -> str:
        failed = f", {self.failed:,} failed" if self.failed else ""
        return f"{self.work.lanes:,} of {self.lanes:,} done{failed}, {self._rate():.3g} a second"

    def _left(self) -> str:
        if not self.work.lanes:
            return "unknown time"
        seconds = (self.lanes - self.work.lanes - self.failed) / self._rate()
        return readable_seconds(seconds)

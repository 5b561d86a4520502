"""How far a run has come: what is done, what failed, how fast, how long it will take."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from experiments.errors import WorkerLostError, tell, user_errors
from experiments.execution.job import ManyRaisedError, Work
from experiments.execution.pilot import Pilot
from experiments.planning import Chunk
from experiments.store import Address, chunk_name, clear_chunk, part_name, record_chunk
from experiments.terminal import progress, readable_seconds

ATTEMPTS: Final = 3
"""Times that a chunk is tried before it is recorded as failed."""

MOST_IN_A_ROW: Final = 5
"""Chunks that may fail one after the other, with none done between, before the run gives up."""

MEASURED_S: Final = 5
"""Seconds that lanes are run for until it is said how long all of them take."""

MEASURED_SHARE: Final = 0.001
MEASURED_LONG_S: Final = 60
"""Share of all that must be done by then, or else seconds: worlds are compiled at the beginning."""

LONG_S: Final = 10
"""Seconds from which it is worth saying."""

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
    pilot
        The small chunk that is run first, if there is one; its lanes are not typical in their time.
    """

    def __init__(
        self,
        address: Address,
        lanes: int,
        ticks: int,
        ends_at: float | None = None,
        pilot: Pilot | None = None,
    ) -> None:
        self.lanes = lanes
        self.work = Work()
        self.failed = 0
        """Lanes of chunks that were given up."""
        self.chunks: set[str] = set()
        """Names of parts of chunks that are done."""
        self.out_of_time = False
        self._address = address
        self._ticks = ticks
        self._ends_at = ends_at
        self._attempts: dict[str, int] = {}
        self._begun_at: dict[str, float] = {}
        self._longest_s = 0.0
        self._in_a_row = 0
        self._start = time.monotonic()
        self._pilot = pilot
        self._ticked = 0
        self._measured: tuple[float, int] | None = None
        """Since when it is measured how long lanes take, and lane-ticks by then."""
        self._is_said = False
        self._advance: Callable[[int], None] = _unseen

    @contextmanager
    def shown(self) -> Generator[None]:
        """Show progress: a bar on a terminal, else a line now and then."""
        with progress(f"{self.lanes:,} lanes", self.lanes * self._ticks, self._more) as advance:
            self._advance = advance
            yield
        self._advance = _unseen

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
        """Show lane-ticks done so far; say once how long all of them take, if that is long."""
        self._ticked = lane_ticks
        self._advance(lane_ticks)
        if self._is_said:
            return
        if self._measured is None:  # the first ticks may have to compile the kernel
            if self._pilot is None:
                self._measured = time.monotonic(), lane_ticks
            return
        since, before = self._measured
        took, ticked = time.monotonic() - since, lane_ticks - before
        is_little = ticked < MEASURED_SHARE * self.lanes * self._ticks and took < MEASURED_LONG_S
        if took < MEASURED_S or ticked <= 0 or is_little:
            return
        left = took * (self.lanes * self._ticks - lane_ticks) / ticked
        sure = self._pilot.sure() if self._pilot is not None else ""
        self._is_said = True
        if left >= LONG_S:
            tell(f"{self.lanes:,} lanes: about {readable_seconds(left)} from now{sure}")

    def done(self, chunk: Chunk, work: Work) -> None:
        """Take note that the shard of a chunk is on the disk."""
        name = self._name(chunk)
        self.chunks.update(part_name(self._address.policies, part) for part in chunk.parts)
        if self._attempts.pop(name, 0) or self._folder_has_failures():
            clear_chunk(self._address.folder, name)
        begun = self._begun_at.pop(name, None)
        if begun is not None:
            self._longest_s = max(self._longest_s, time.monotonic() - begun)
        self._in_a_row = 0
        self.work += work
        if self._pilot is not None and chunk == self._pilot.chunk:
            self._measured = time.monotonic(), self._ticked

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
        self.failed += chunk.lanes
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

    def _more(self) -> str:
        rate = self._ticked / self._ticks / max(time.monotonic() - self._start, 1e-9)
        failed = f", {self.failed:,} failed" if self.failed else ""
        return f"{rate:.3g} a second{failed}"


def _unseen(lane_ticks: int) -> None:
    del lane_ticks

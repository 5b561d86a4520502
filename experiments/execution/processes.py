"""Running chunks in several processes on this machine.

Each worker has a pool of its own, since a pool breaks when a process in it dies and does not say
which chunk it was at. A chunk whose worker died is tried again in a new one, and recorded if that
does not help.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from typing import TYPE_CHECKING, Final

from experiments.errors import StoppedError
from experiments.execution.course import Course
from experiments.execution.job import Job, Work, Worker
from experiments.plan import Chunk
from experiments.shared import Shared, shared

if TYPE_CHECKING:
    from scenarios import Compiled

POLL_S: Final = 0.2
GIVEN_CHUNKS: Final = 2
"""Chunks that a worker has: the one it is at, and the next."""

LOST: Final = "its worker process died (killed, or out of memory; a smaller --batch needs less)"


Sent = Shared[tuple[Job, "Compiled"]]
"""The job, and the world of its first setting."""


@dataclass(frozen=True)
class Processes:
    """Runs chunks in worker processes, which map the arrays of the world from one file."""

    workers: int
    name: str = "processes"

    @property
    def workers_here(self) -> int:
        """All of them."""
        return self.workers

    def run(self, job: Job, compiled: Compiled, chunks: Iterator[Chunk], course: Course) -> None:
        """Run chunks; `compiled` is the world of the first setting."""
        context = multiprocessing.get_context("spawn")
        wires = Wires(ticked=context.Value("q", 0), stop=context.Event())
        with shared((job, compiled)) as sent:
            crew = _Crew(self.workers, (sent, wires))
            try:
                crew.run(chunks, course)
            finally:
                wires.stop.set()
                crew.dismiss()


@dataclass(frozen=True)
class Wires:
    """What the processes share: lane-ticks done so far, and whether to stop."""

    ticked: Synchronized[int]
    stop: Event


class _Crew:
    """Worker processes, each with a queue of its own, so that a death tells whose chunk it was."""

    def __init__(self, workers: int, hiring: tuple[Sent, Wires]) -> None:
        self._members = [_Member(hiring) for _ in range(workers)]
        self._wires = hiring[1]

    def run(self, chunks: Iterator[Chunk], course: Course) -> None:
        again: deque[Chunk] = deque()
        while True:
            for member in self._members:
                while member.has_room and (chunk := self._next(again, chunks)) is not None:
                    if not member.begin(chunk, course):
                        again.appendleft(chunk)
                        break
            heads = [member.head for member in self._members if member.head is not None]
            if not heads:
                return
            wait(heads, POLL_S, FIRST_COMPLETED)
            course.ticked(self._wires.ticked.value)
            for member in self._members:
                if member.head is not None and member.head.done():
                    again += member.settle(course)

    @staticmethod
    def _next(again: deque[Chunk], chunks: Iterator[Chunk]) -> Chunk | None:
        return again.popleft() if again else next(chunks, None)

    def dismiss(self) -> None:
        """End the worker processes."""
        for member in self._members:
            member.dismiss()


class _Member:
    """A worker process and the chunks it was given; a new process replaces one that died."""

    def __init__(self, hiring: tuple[Sent, Wires]) -> None:
        self._hiring = hiring
        self._pool: ProcessPoolExecutor | None = None
        self._given: deque[tuple[Future[Work], Chunk]] = deque()

    @property
    def has_room(self) -> bool:
        return len(self._given) < GIVEN_CHUNKS

    @property
    def head(self) -> Future[Work] | None:
        """What the process is at; None if it has nothing to do."""
        return self._given[0][0] if self._given else None

    def begin(self, chunk: Chunk, course: Course) -> bool:
        """Give the process a chunk; say whether it could take it, or has died over another."""
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, context, initializer=hire, initargs=self._hiring)
        try:
            with _ctrl_c_ignored():  # the workers inherit it: Ctrl-C is this process's to handle
                future = self._pool.submit(run_chunk, chunk)
        except BrokenProcessPool:
            if self._given:
                return False
            self.dismiss()  # it died while it had nothing to do
            return self.begin(chunk, course)
        course.begun(chunk)
        self._given.append((future, chunk))
        return True

    def settle(self, course: Course) -> list[Chunk]:
        """Report the chunk that ended; return those that are to be run again."""
        future, chunk = self._given.popleft()
        try:
            course.done(chunk, future.result())
        except StoppedError:
            raise KeyboardInterrupt from None
        except BrokenProcessPool:
            others = [waiting for _, waiting in self._given]
            self.dismiss()
            return others + [chunk] * course.try_again(chunk, LOST)
        except Exception as error:  # noqa: BLE001 - recorded, and the rest goes on
            return [chunk] * course.try_again(chunk, error)
        return []

    def dismiss(self) -> None:
        self._given.clear()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None


_hired: tuple[Worker, Wires] | None = None
"""The job of this worker process; set once when it starts."""


def hire(sent: Sent, wires: Wires) -> None:
    """Start a worker process."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # as Ctrl-C: it is the parent's to handle
    global _hired  # noqa: PLW0603  (the only way to hand a pool's process its job once)
    threading.Thread(target=_leave_with_parent, args=(sent,), daemon=True).start()
    job, compiled = sent.opened()
    _hired = Worker(job, (0, compiled)), wires


def run_chunk(chunk: Chunk) -> Work:
    """Run a chunk in a worker process that was hired."""
    if _hired is None:
        msg = "run_chunk needs a process started with hire"
        raise RuntimeError(msg)
    worker, wires = _hired

    def on_tick(tick: int) -> None:
        del tick
        if wires.stop.is_set():
            raise StoppedError
        with wires.ticked.get_lock():
            wires.ticked.value += len(chunk.lanes)

    return worker.run(chunk, on_tick)


def _leave_with_parent(sent: Sent) -> None:
    """End this process when the one that started it is gone, even if that was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        with suppress(OSError):  # a file in use stays on some systems; another worker was first
            sent.remove()
        os._exit(1)


@contextmanager
def _ctrl_c_ignored() -> Iterator[None]:
    """Ignore SIGINT meanwhile, so that processes started here ignore it for good."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)

"""Running chunks in several processes on this machine.

Each worker is a process at the other end of a pipe: a chunk goes in, what came of it comes out, and
where the pipe ends the process has died at that chunk. It is tried again in a new process, and
recorded if that does not help. All else that the processes share are files without a name, so that
a run that is killed leaves nothing in the system.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from experiments.errors import StoppedError
from experiments.execution.course import Course
from experiments.execution.job import Job, Work, Worker
from experiments.execution.shared import Nameless, Shared, nameless, shared
from experiments.execution.starting import main_left_out, strangers_left_out
from experiments.outcomes import I64
from experiments.planning import Chunk

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

    from scenarios import Compiled

POLL_S: Final = 0.2
PATIENCE_S: Final = 30
"""How long a worker may take to end; one that is stuck within a tick is killed then."""

LOST: Final = "its worker process died (killed, or out of memory; a smaller --batch needs less)"


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
        with shared(compiled) as (world, arrays), stretched(self.workers) as wires:
            files = Files(arrays, wires)
            numbers = files.numbers()
            members = [_Member(Hiring(n, world, job), files) for n in range(self.workers)]
            try:
                _run(members, numbers, chunks, course)
            finally:
                numbers[_STOP] = 1
                for member in members:
                    member.hang_up()
                for member in members:
                    member.dismiss()


_STOP: Final = 0
"""Place of what says that all shall stop; behind it stand the lane-ticks of each worker."""


@contextmanager
def stretched(workers: int) -> Iterator[Nameless]:
    """Make the file of what processes tell each other at every tick, which all of them map.

    Each number has one writer, so that no lock is needed.
    """
    with nameless() as (wires, file):
        file.write(np.zeros(1 + workers, np.int64).tobytes())
        file.flush()
        yield wires


class Files(NamedTuple):
    """The files that processes share; they come with the start of a process."""

    arrays: Nameless
    """Those of the world."""
    wires: Nameless

    def numbers(self) -> I64:
        """Return what stands on the wires, mapped."""
        return np.frombuffer(self.wires.writable(), np.int64)


class Hiring(NamedTuple):
    """What a worker process gets when it has started."""

    number: int
    world: Shared
    job: Job

    def worker(self, arrays: Nameless) -> Worker:
        """Return what runs the chunks."""
        return Worker(self.job, self.world.opened(arrays))


def _run(members: list[_Member], numbers: I64, chunks: Iterator[Chunk], course: Course) -> None:
    again: deque[Chunk] = deque()
    while True:
        for member in members:
            if not member.is_busy and (chunk := _next(again, chunks)) is not None:
                member.begin(chunk, course)
        for member in members:  # all start before the first of them is waited for
            member.post()
        at_work = {member.pipe: member for member in members if member.pipe and member.is_busy}
        if not at_work:
            return
        heard = wait(list(at_work), POLL_S)
        for pipe, member in at_work.items():
            if pipe in heard:
                again += member.settle(pipe, course)
        course.ticked(int(numbers[_STOP + 1 :].sum()))


def _next(again: deque[Chunk], chunks: Iterator[Chunk]) -> Chunk | None:
    return again.popleft() if again else next(chunks, None)


class _Member:
    """A worker process and the chunk that it is at; a new process replaces one that died."""

    def __init__(self, hiring: Hiring, files: Files) -> None:
        self._hiring = hiring
        self._files = files
        self._process: SpawnProcess | None = None
        self._chunk: Chunk | None = None
        self._letters: deque[Hiring | Chunk] = deque()
        self.pipe: Connection | None = None

    @property
    def is_busy(self) -> bool:
        return self._chunk is not None

    def begin(self, chunk: Chunk, course: Course) -> None:
        course.begun(chunk)
        if self.pipe is None:
            self._hire()
        self._chunk = chunk
        self._letters.append(chunk)

    def _hire(self) -> None:
        # What is long comes through the pipe: what a process is started with is written to it
        # before anybody could notice that it has died.
        context = multiprocessing.get_context("spawn")
        self.pipe, end = context.Pipe()
        self._process = context.Process(target=work, args=(end, self._files))
        # Ctrl-C is for this one to handle.
        with strangers_left_out(), main_left_out(), _ctrl_c_ignored():
            self._process.start()
        end.close()
        self._letters.append(self._hiring)

    def post(self) -> None:
        """Send what the process is to get."""
        with suppress(OSError):  # it has died: `settle` will see
            while self.pipe is not None and self._letters:
                self.pipe.send(self._letters.popleft())

    def settle(self, pipe: Connection, course: Course) -> list[Chunk]:
        """Report the chunk that ended; return it if it is to be run again."""
        chunk, self._chunk = self._chunk, None
        if chunk is None:
            return []
        try:
            told: Work | Exception = pipe.recv()
        except (EOFError, OSError):
            self.dismiss()
            return [chunk] * course.try_again(chunk, LOST)
        if isinstance(told, Work):
            course.done(chunk, told)
            return []
        return [chunk] * course.try_again(chunk, told)

    def hang_up(self) -> None:
        """Let the process end when it has nothing to do."""
        self._chunk = None
        self._letters.clear()
        if self.pipe is not None:
            self.pipe.close()
            self.pipe = None

    def dismiss(self) -> None:
        """Wait for the process to end."""
        self.hang_up()
        if self._process is not None:
            self._process.join(PATIENCE_S)
            self._process.kill()
            self._process.join()
            self._process = None


def work(pipe: Connection, files: Files) -> None:
    """Run the chunks that come through a pipe until it is closed: what a worker process does."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # as Ctrl-C: it is the parent's to handle
    try:
        hiring: Hiring = pipe.recv()
    except (EOFError, OSError):
        return
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    worker, numbers = hiring.worker(files.arrays), files.numbers()
    with suppress(EOFError, OSError, StoppedError):  # nobody is there any more, or wants it
        while True:
            pipe.send(outcome(worker, pipe.recv(), numbers, 1 + hiring.number))


def outcome(worker: Worker, chunk: Chunk, numbers: I64, place: int) -> Work | Exception:
    """Run a chunk; return what came of it.

    Parameters
    ----------
    numbers
        Those of `Files`.
    place
        Where among them to count the ticks.

    Raises
    ------
    StoppedError
        If all shall stop.
    """

    def on_tick(tick: int) -> None:
        del tick
        if numbers[_STOP]:
            raise StoppedError
        numbers[place] += chunk.lanes

    try:
        return worker.run(chunk, on_tick)
    except StoppedError:
        raise
    except Exception as error:  # noqa: BLE001 - for the parent to judge
        return _portable(error)


def _portable(error: Exception) -> Exception:
    """Return an error that comes through a pipe; it may be of a class that knows of no pipes."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    except Exception:  # noqa: BLE001 - whatever that class does
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _leave_with_parent() -> None:
    """End this process when the one that started it is gone, even if that was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
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

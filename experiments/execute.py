"""Running the lanes of a plan, in this process or in several on this machine."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Final

from experiments.errors import WorkerLostError
from experiments.progress import progress
from experiments.shared import shared
from experiments.worker import Job, Wires, Work, hire, run_chunk

if TYPE_CHECKING:
    from sim import LaneId

Chunks = Iterator[list["LaneId"]]
Report = Callable[[Work], None]

POLL_S: Final = 0.2
WAITING_CHUNKS: Final = 2
"""Chunks handed out ahead, per worker."""


def execute(job: Job, chunks: Chunks, *, lanes: int, workers: int, report: Report) -> None:
    """Run chunks of lanes; the shard of each is on disk when it is reported.

    Parameters
    ----------
    lanes
        How many lanes the chunks hold together, for the progress bar.
    workers
        Processes; 1 runs everything in this one.
    report
        Called with the work of each finished chunk.

    Raises
    ------
    KeyboardInterrupt
        If the user stops it; workers have ended by then.
    WorkerLostError
        If a worker process died.
    """
    with progress(f"running {lanes:,} lanes", lanes * job.compiled.world.horizon) as advance:
        if workers == 1:
            _in_this_process(job, chunks, advance, report)
        else:
            _in_processes(job, chunks, workers, advance, report)


def _in_this_process(
    job: Job, chunks: Chunks, advance: Callable[[int], None], report: Report
) -> None:
    ticked = 0
    for lanes in chunks:

        def on_tick(tick: int, count: int = len(lanes)) -> None:
            nonlocal ticked
            del tick
            ticked += count
            advance(ticked)

        report(job.run(lanes, on_tick))


def _in_processes(
    job: Job, chunks: Chunks, workers: int, advance: Callable[[int], None], report: Report
) -> None:
    context = multiprocessing.get_context("spawn")
    wires = Wires(ticked=context.Value("q", 0), stop=context.Event())
    with shared(job.compiled) as world:
        arguments = world, job.address, job.kernel, wires
        pool = ProcessPoolExecutor(workers, context, initializer=hire, initargs=arguments)
        _in_pool(pool, wires, chunks, workers, advance, report)


def _in_pool(
    pool: ProcessPoolExecutor,
    wires: Wires,
    chunks: Chunks,
    workers: int,
    advance: Callable[[int], None],
    report: Report,
) -> None:
    try:
        with _ctrl_c_ignored():  # the workers inherit it: Ctrl-C is this process's to handle
            running = {_submit(pool, lanes) for lanes in islice(chunks, workers * WAITING_CHUNKS)}
        while running:
            finished, running = wait(running, POLL_S, FIRST_COMPLETED)
            for future in finished:
                report(future.result())
            running |= {_submit(pool, lanes) for lanes in islice(chunks, len(finished))}
            advance(wires.ticked.value)
    except BrokenProcessPool:
        raise WorkerLostError from None
    finally:
        wires.stop.set()
        pool.shutdown(wait=True, cancel_futures=True)


def _submit(pool: ProcessPoolExecutor, lanes: Sequence[LaneId]) -> Future[Work]:
    return pool.submit(run_chunk, lanes)


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

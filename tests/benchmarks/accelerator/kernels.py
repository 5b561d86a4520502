"""The spreading work as CUDA kernels, compiled by Numba: a block of threads a report.

Nothing is kept of a message but what it does: for each unit of a report the least arrival so far,
a tick and below it the channel. Which thread comes first does not matter then, and the arrival is
the one that the engine hands over.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import int32, uint32

from sim.draws.streams import CHANCE_SHIFT, FIRST_PLACE, QUANTILES
from tests.benchmarks.accelerator import inputs
from tests.benchmarks.accelerator.draws import cuda, report_key, word_about
from tests.benchmarks.world import HORIZON

QUEUE: Final = 1024
"""Units that are looked through before those that were found tell others."""
ATTEMPTS, MESSAGES, LATE, DELIVERED = range(4)
"""Columns of a tally."""

_CHANCE_SHIFT, _FIRST = np.uint64(CHANCE_SHIFT), np.uint64(FIRST_PLACE)
_PLACE = np.uint64(QUANTILES - 1)
_HORIZON = HORIZON
_TICK = np.uint32(inputs.CHANNEL_BITS)
_NEVER = np.uint32(0xFFFFFFFF)
_NO_TICK = 0xFFFFFFFF >> inputs.CHANNEL_BITS
STREAM, CHANCE = inputs.STREAM, inputs.CHANCE


@cuda.jit(device=True)
def _began(words, unit_key, origins, lane, number, row, count):
    """Have the origin of a report hold it and nobody else; return the report's key."""
    thread, threads = cuda.threadIdx.x, cuda.blockDim.x
    unit = origins[lane, number]
    for place in range(thread, row.size, threads):
        row[place] = np.uint32(0) if place == unit else _NEVER
    if thread == 0:
        count[0] = 0
    cuda.syncthreads()
    for before in range(thread, number, threads):
        if origins[lane, before] == unit:
            cuda.atomic.add(count, 0, 1)
    cuda.syncthreads()
    key = report_key(words, unit_key, lane, unit, count[0])
    cuda.syncthreads()
    return key


@cuda.jit(device=True)
def _found(tick, first, row, told, count):
    """List the units, from `first` on, that hold a report since this tick.

    Return how many this thread found, and whether any hears in this tick or later.
    """
    heard, going = 0, False
    stop = min(first + QUEUE, row.size)
    for place in range(first + cuda.threadIdx.x, stop, cuda.blockDim.x):
        due = np.int32(row[place] >> _TICK)
        if due == tick:
            told[cuda.atomic.add(count, 0, 1)] = place
            heard += 1
        if due != _NO_TICK and due >= tick:
            going = True
    return heard, going


@cuda.jit(device=True)
def _tell(tick, state, chance, unit, degree, found, told, target, channel_key, waits, row):
    """Have the units found tell others, over all channels but those back to the origin.

    Return attempts, messages and those too late of this thread.
    """
    attempts, messages, late = 0, 0, 0
    for number in range(cuda.threadIdx.x, found * degree, cuda.blockDim.x):
        sender = number // degree
        channel = told[sender] * degree + (number - sender * degree)
        receiver = target[channel]
        if receiver != unit:
            attempts += 1
            word = word_about(state, channel_key[channel])
            if (word >> _CHANCE_SHIFT) < chance:
                messages += 1
                due = tick + waits[(word >> _FIRST) & _PLACE]
                if due < _HORIZON:
                    arrival = (np.uint32(due) << _TICK) | np.uint32(channel)
                    cuda.atomic.min(row, receiver, np.uint32(arrival))
                else:
                    late += 1
    return attempts, messages, late


@cuda.jit(device=True)
def _tick(tick, state, chance, unit, target, channel_key, waits, row, told, count, tally):
    """Do a tick of a report; return whether there is more to come."""
    degree = target.size // row.size
    going = False
    for first in range(0, row.size, QUEUE):
        if cuda.threadIdx.x == 0:
            count[0] = 0
        cuda.syncthreads()
        heard, more = _found(tick, first, row, told, count)
        going = going or more
        cuda.syncthreads()
        attempts, messages, late = _tell(
            tick, state, chance, unit, degree, count[0], told, target, channel_key, waits, row
        )
        tally[ATTEMPTS] += attempts
        tally[MESSAGES] += messages
        tally[LATE] += late
        if tick > 0:
            tally[DELIVERED] += heard
        cuda.syncthreads()
    return cuda.syncthreads_or(np.int32(going))


@cuda.jit(device=True)
def _add(tally, total, lane, tallies):
    """Add what the threads of a block counted to the counters of a lane."""
    thread, threads = cuda.threadIdx.x, cuda.blockDim.x
    for column in range(thread, total.size, threads):
        total[column] = 0
    cuda.syncthreads()
    for column in range(total.size):
        cuda.atomic.add(total, column, tally[column])
    cuda.syncthreads()
    for column in range(thread, total.size, threads):
        cuda.atomic.add(tallies, (lane, column), total[column])


@cuda.jit
def whole(words, unit_key, target, channel_key, waits, origins, keys, arrivals, tallies):
    """Spread a report to the end; what units know of it stays beside the processor."""
    report = cuda.blockIdx.x
    lane, number = report // origins.shape[1], report % origins.shape[1]
    row = cuda.shared.array(0, uint32)[: unit_key.size]
    told = cuda.shared.array(QUEUE, int32)
    count = cuda.shared.array(1, int32)
    total = cuda.shared.array(4, int32)
    tally = cuda.local.array(4, int32)
    for column in range(4):
        tally[column] = 0
    key = _began(words, unit_key, origins, lane, number, row, count)
    state, chance, unit = key + words[STREAM], words[CHANCE], origins[lane, number]
    tick, going = 0, True
    while going:
        more = _tick(tick, state, chance, unit, target, channel_key, waits, row, told, count, tally)
        tick, going = tick + 1, more != 0
    for place in range(cuda.threadIdx.x, row.size, cuda.blockDim.x):
        arrivals[report, place] = row[place]
    if cuda.threadIdx.x == 0:
        keys[report] = key
    _add(tally, total, lane, tallies)


@cuda.jit
def start(words, unit_key, origins, keys, arrivals, over):
    """Start a report whose state is in the memory of the device."""
    report = cuda.blockIdx.x
    lane, number = report // origins.shape[1], report % origins.shape[1]
    count = cuda.shared.array(1, int32)
    key = _began(words, unit_key, origins, lane, number, arrivals[report], count)
    if cuda.threadIdx.x == 0:
        keys[report] = key
        over[report] = False


@cuda.jit
def step(tick, words, target, channel_key, waits, origins, keys, arrivals, over, tallies, left):
    """Do a tick of a report; add one to `left` if there is more to come."""
    report = cuda.blockIdx.x
    lane, number = report // origins.shape[1], report % origins.shape[1]
    told = cuda.shared.array(QUEUE, int32)
    count = cuda.shared.array(1, int32)
    total = cuda.shared.array(4, int32)
    tally = cuda.local.array(4, int32)
    if over[report]:
        return
    for column in range(4):
        tally[column] = 0
    state, chance, unit = keys[report] + words[STREAM], words[CHANCE], origins[lane, number]
    row = arrivals[report]
    more = _tick(tick, state, chance, unit, target, channel_key, waits, row, told, count, tally)
    _add(tally, total, lane, tallies)
    if cuda.threadIdx.x == 0:
        if more:
            cuda.atomic.add(left, tick, 1)
        else:
            over[report] = True

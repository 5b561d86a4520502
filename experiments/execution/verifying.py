"""Running lanes of a finished directory again, to see that they come out as they were stored."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from experiments.errors import StoppedError, UserError
from experiments.execution.job import Job, Worker
from experiments.outcomes import F64
from experiments.planning import Chunk, Part, choose_kernel
from experiments.store import (
    RunDirectory,
    engine_digest,
    open_for_reading,
    plan_of,
    version,
)
from experiments.terminal import progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOGETHER: Final = 200
"""Lanes that are run again together."""


@dataclass(frozen=True)
class Verified:
    """Lanes that came out as they were stored."""

    lanes: int
    finished: int
    """Lanes that the directory has."""
    columns: int
    """Outcomes and series that were compared."""
    engine_changed: bool

    def document(self) -> dict[str, Any]:
        """Return it as plain JSON content."""
        return {
            "lanes": self.lanes,
            "finished": self.finished,
            "columns": self.columns,
            "same": True,
            "engine_changed": self.engine_changed,
        }


def verify(folder: Path, lanes: int | None, *, kernel: str = "auto") -> Verified:
    """Run finished lanes of a directory again and compare all that was stored of them, to the bit.

    Parameters
    ----------
    lanes
        How many, spread evenly over those that are finished; None for all of them.

    Raises
    ------
    UserError
        If something differs: the first table, lane and column. If the directory has no finished
        lane, cannot be read, or does not hold what was run.
    StoppedError
        If the user stops it.
    """
    directory = open_for_reading(folder)
    manifest = directory.manifest
    changed = manifest.identity["engine"]["digest"] != engine_digest(manifest.kinds)
    plan = plan_of(manifest, folder)
    done = directory.futures(()).done
    there = np.flatnonzero(done)
    if not there.size:
        raise UserError(
            f"{folder}: no lane is finished",
            "what was stored is compared with the same lanes run again",
            "run what made the directory again, with the same --out",
        )
    count = there.size if lanes is None else min(lanes, there.size)
    chosen = there[np.linspace(0, there.size - 1, count).round().astype(np.int64)]
    columns = (*directory.address.outcomes, *directory.series_names())
    with tempfile.TemporaryDirectory() as made, progress("lanes run again", count) as advance:
        again = RunDirectory(Path(made), replace(manifest, files={}))
        again.tidy(alone=True)
        worker = Worker(Job(plan, again.address, choose_kernel(kernel)))
        ran = 0
        try:
            for part in _parts(chosen, done.shape, manifest.identity["seed"]):
                worker.run(Chunk((part,)), _unseen)
                ran += len(part.lanes)
                advance(ran)
        except KeyboardInterrupt:
            raise StoppedError("stopped: what was compared so far is not told") from None
        _compare(directory, again, changed=changed)
    return Verified(count, int(there.size), len(columns), changed)


def _parts(chosen: NDArray[np.int64], shape: tuple[int, ...], seed: int) -> Iterator[Part]:
    """Give lanes by setting, some together."""
    from sim import LaneId

    settings, points, replications = np.unravel_index(chosen, shape)
    for setting in np.unique(settings).tolist():
        here = np.flatnonzero(settings == setting)
        for first in range(0, here.size, TOGETHER):
            some = here[first : first + TOGETHER]
            pairs = zip(points[some].tolist(), replications[some].tolist(), strict=True)
            yield Part(setting, tuple(LaneId(point, seed, world) for point, world in pairs))


def _unseen(tick: int) -> None:
    del tick


def _compare(stored: RunDirectory, again: RunDirectory, *, changed: bool) -> None:
    """Compare outcomes, then series, of the lanes that were run again."""
    before, now = stored.futures(), again.futures()
    for name in stored.address.outcomes:
        _hold("outcomes", name, stored, (before.values[name], now.values[name]), now.done, changed)
    for setting in range(now.done.shape[0]) if stored.series_names() else ():
        done = now.done[setting]
        if done.any():
            for name in stored.series_names():
                pair = stored.series(name, setting)[1], again.series(name, setting)[1]
                _hold("series", name, stored, pair, done, changed, (setting,))


def _hold(
    table: str,
    column: str,
    directory: RunDirectory,
    pair: tuple[F64, F64],
    done: NDArray[np.bool_],
    changed: bool,  # noqa: FBT001 - passed on
    above: Sequence[int] = (),
) -> None:
    """Hold what was run again to what was stored, where it was run."""
    before, now = (values[done] for values in pair)
    differs = before.view(np.int64) != now.view(np.int64)
    differs &= ~(np.isnan(before) & np.isnan(now))
    rows = differs.reshape(len(before), -1).any(axis=1)
    if not rows.any():
        return
    row = int(rows.argmax())
    place = tuple(int(axis[row]) for axis in np.nonzero(done))
    setting, point, replication = (*above, *place)
    at = int(differs[row].argmax()) if differs.ndim > 1 else None
    old, new = (float(one[row] if at is None else one[row, at]) for one in (before, now))
    day = "" if at is None else f", entry {at}"
    policy = directory.manifest.policies[point]
    made_by = directory.manifest.identity["engine"]["version"]
    why = (
        f"the code is not that of version {made_by} that made it (this is {version()})"
        if changed
        else "what is stored was changed, or this machine computes otherwise"
    )
    raise UserError(
        f"{directory.folder}: {table}, setting {setting}, {policy}, replication {replication}:"
        f" {column}{day} was stored as {old!r} and comes out as {new!r}; {why}",
        "a lane gives the same to the bit, whenever and wherever it is run",
        "use the version that made the directory, or run all of it again into a new one",
    )

"""How far a run directory is, read from outside while others may work on it."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.outcomes import Mask
from experiments.store.directory import RunDirectory, open_for_reading
from experiments.store.failures import FAILURES, failed_chunks, raised_lanes
from experiments.store.files import holder
from experiments.store.opening import damaged
from experiments.store.reading import Lanes
from experiments.store.shards import is_pack
from experiments.terminal import readable_seconds

RECENT_S: Final = 600
"""Seconds back over which the rate is taken."""


@dataclass(frozen=True)
class Status:
    """How far it is."""

    folder: str
    scenario: str
    experiment: str
    settings: int
    policies: int
    replications: int
    lanes: int
    done: int
    raised: int
    failed: int
    """Lanes of chunks that were given up, and not done since."""
    settings_done: int
    per_second: float
    """Lanes a second in the last ten minutes of work."""
    last_shard_s: float | None
    """Seconds since the last shard was written."""
    at_work: str
    """Who holds the directory; empty if nobody does."""
    complete: bool
    spoilt: tuple[str, ...]
    """Finished tables that are not as they were written."""

    def document(self) -> dict[str, Any]:
        """Return it as plain JSON content."""
        return asdict(self)

    def lines(self) -> list[str]:
        """Return it in words."""
        name = f"{self.experiment}: " if self.experiment else ""
        design = f"{self.settings:,} settings x " if self.settings > 1 else ""
        size = f"{design}{self.policies} policies x {self.replications:,} worlds"
        whole = f", {self.settings_done:,} settings whole" if self.settings > 1 else ""
        found = [
            f"{name}{self.scenario}, {size} = {self.lanes:,} lanes",
            f"done    {self.done:,} lanes ({self.done / self.lanes:.1%}){whole}",
        ]
        if self.raised:
            found.append(f"raised  {self.raised:,} of them ended with an error of the program")
        if self.failed:
            found.append(f"failed  {self.failed:,} lanes were given up; run again to try them")
        if self.last_shard_s is not None:
            found.append(f"last    shard written {readable_seconds(self.last_shard_s)} ago")
        if self.at_work and self.per_second and self.done < self.lanes:
            left = (self.lanes - self.done) / self.per_second
            found.append(
                f"rate    {self.per_second:.3g} lanes a second, {readable_seconds(left)} left"
            )
        if self.spoilt:
            names = ", ".join(self.spoilt)
            found.append(f"spoilt  {names}: not as written; the same command writes them anew")
        found.append(f"state   {self._state()}")
        return found

    def _state(self) -> str:
        if self.at_work:
            return f"at work: {self.at_work}"
        if self.complete:
            return "complete"
        if self.done == self.lanes:
            return "every lane is done; run the same command again to write the tables"
        return "nobody works on it; the same command goes on from here"


def status(folder: Path) -> Status:
    """Return how far a run directory is.

    Raises
    ------
    UserError
        If it is none, or a shard in it is damaged.
    """
    directory = open_for_reading(folder)
    manifest = directory.manifest
    lanes = directory.lanes(())
    most = np.array([manifest.fewer.get(n, manifest.replications) for n in manifest.policies])
    wanted = np.arange(manifest.replications) < most[:, None]
    held = np.zeros((manifest.settings, *wanted.shape), np.bool_)
    held.flat[lanes.ids] = True
    held &= wanted
    at_work = holder(folder)
    per_second, last = _pace(lanes, at_work=bool(at_work))
    return Status(
        folder=str(folder),
        scenario=manifest.scenario,
        experiment=str(manifest.documents["experiment"].get("experiment", "")),
        settings=manifest.settings,
        policies=len(manifest.policies),
        replications=manifest.replications,
        lanes=int(wanted.sum()) * manifest.settings,
        done=int(held.sum()),
        raised=len(raised_lanes(folder)),
        failed=_failed(directory, held),
        settings_done=int((held | ~wanted).all(axis=(1, 2)).sum()),
        per_second=per_second,
        last_shard_s=last,
        at_work=at_work,
        complete=manifest.complete,
        spoilt=tuple(directory.spoilt()),
    )


def _failed(directory: RunDirectory, held: Mask) -> int:
    """Return how many lanes were given up and have no row; chunks of another size may have them."""
    rows = {name: row for row, name in enumerate(directory.manifest.policies)}
    shape = held.shape
    lanes = {
        (lane.setting, rows.get(lane.policy, shape[1]), lane.replication)
        for chunk in failed_chunks(directory.folder)
        for lane in chunk.lanes
    }
    if any(number >= most for lane in lanes for number, most in zip(lane, shape, strict=True)):
        raise damaged(directory.folder / FAILURES, "tells of lanes of another experiment")
    return sum(not held[lane] for lane in lanes)


def _pace(lanes: Lanes, *, at_work: bool) -> tuple[float, float | None]:
    """Return lanes a second lately, and the seconds since the last shard.

    What was packed may have been run at any time. While it is at work the time since the last
    shard counts: the first shards of several workers come at the same moment.
    """
    counts = np.bincount(lanes.sources, minlength=len(lanes.paths)).tolist()
    written = []
    for path, count in zip(lanes.paths, counts, strict=True):
        with suppress(FileNotFoundError):  # packed just now
            written.append((path.stat().st_mtime, 0 if is_pack(path) else count))
    if not written:
        return 0.0, None
    written.sort()
    last = written[-1][0]
    recent = [(at, count) for at, count in written if count and at >= last - RECENT_S]
    now = time.time()
    span = (now if at_work else last) - recent[0][0] if recent else 0
    done = sum(count for _, count in recent[1:])
    return (done / span if span > 0 else 0.0), max(0.0, now - last)

"""The run directory: manifest, shards and the finished tables.

::

    manifest.json       what was run, with what
    outcomes/*.parquet  shards, one row a lane
    series/*.parquet    shards, one row a lane and day
    outcomes.parquet    all lanes, by policy (as in the manifest) and replication
    outcomes.csv        the same as text; an empty field is a time not reached or undefined
    comparison.csv      paired statistics
    figures/            what `fivesteps plot` draws

The tables at the top are written when every lane is finished. Their bytes depend on the lanes
alone: not on the size of batches, the number of workers, or how often the work was broken off.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from experiments import manifest as manifests
from experiments.errors import UserError
from experiments.files import LOCK, TEMPORARY, locked, remove_temporary, whole
from experiments.manifest import Manifest, read_manifest
from experiments.measures import F64, Mask, Results
from experiments.plan import Plan
from experiments.progress import progress
from experiments.provenance import engine_digest, version
from experiments.shards import (
    OUTCOMES,
    SERIES,
    Address,
    column,
    damaged,
    outcome_table,
    policy_numbers,
    read_lanes,
    read_table,
    write_table,
)

if TYPE_CHECKING:
    import pyarrow as pa

FIGURES: Final = "figures"
COMPARISON: Final = "comparison.csv"


class RunDirectory:
    """A run directory whose manifest has been read and checked."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest

    @property
    def address(self) -> Address:
        """Where shards go and what names their rows."""
        return Address(
            folder=self.folder,
            scenario=self.manifest.scenario,
            policies=self.manifest.policies,
            outcomes=tuple(outcome.name for outcome in self.manifest.outcomes),
            seed=self.manifest.identity["seed"],
            replications=self.manifest.replications,
        )

    def done(self) -> Mask:
        """Return which lanes are finished, shape (P, R)."""
        return self._read(())[0]

    def results(self) -> Results:
        """Return the outcomes of the finished lanes."""
        address = self.address
        done, values = self._read(address.outcomes)
        return Results(
            scenario=address.scenario,
            policies=address.policies,
            baseline=self.manifest.identity["baseline"],
            seed=address.seed,
            horizon_days=self.manifest.horizon_days,
            outcomes=self.manifest.outcomes,
            values=values,
            done=done,
        )

    def _read(self, columns: tuple[str, ...]) -> tuple[Mask, dict[str, F64]]:
        """Read columns of all shards of outcomes into arrays of shape (P, R)."""
        address = self.address
        shape = len(address.policies), address.replications
        done = np.zeros(shape, np.bool_)
        values = {name: np.full(shape, np.nan) for name in columns}
        paths = sorted((self.folder / OUTCOMES).glob("[!.]*.parquet"))
        with progress("reading shards", len(paths)) as advance:
            for number, path in enumerate(paths):
                points, replications, table = read_lanes(address, path, columns)
                again = done[points, replications]
                for name in columns:
                    found = column(table, name)
                    held = values[name][points, replications]
                    if not np.array_equal(held[again], found[again], equal_nan=True):
                        raise damaged(path, f"gives another {name!r} than an earlier shard")
                    values[name][points, replications] = found
                done[points, replications] = True
                advance(number + 1)
        return done, values

    def series_names(self) -> tuple[str, ...]:
        """Return the names of the series, or nothing if none were kept."""
        import pyarrow.parquet as pq

        for path in self._series_paths():
            names = pq.read_schema(path).names
            return tuple(name for name in names if name not in {"policy", "replication", "day"})
        return ()

    def series(self, name: str) -> tuple[F64, F64]:
        """Return days, shape (T,), and values of a series, shape (P, R, T); NaN if not finished."""
        address = self.address
        days: F64 = np.zeros(0)
        values = np.zeros((len(address.policies), address.replications, 0))
        for path in self._series_paths():
            table = read_table(path, ("policy", "replication", "day", name))
            replications = column(table, "replication").astype(np.int64)
            if not days.size:
                days = np.unique(column(table, "day"))
                values = np.full((*values.shape[:2], days.size), np.nan)
            points = policy_numbers(table, address.policies)
            ticks = np.searchsorted(days, column(table, "day"))
            values[points, replications, ticks] = column(table, name)
        return days, values

    def _series_paths(self) -> list[Path]:
        finished = {path.name for path in (self.folder / OUTCOMES).glob("[!.]*.parquet")}
        paths = sorted((self.folder / SERIES).glob("[!.]*.parquet"))
        return [path for path in paths if path.name in finished]

    def tidy(self) -> None:
        """Remove what a killed process left; the caller holds the lock."""
        for folder in (self.folder, self.folder / OUTCOMES, self.folder / SERIES):
            remove_temporary(folder)
        keep = set(self._series_paths())
        for path in (self.folder / SERIES).glob("[!.]*.parquet"):
            if path not in keep:
                path.unlink()

    def record(self, run: dict[str, Any], *, complete: bool) -> None:
        """Add an entry about work done to the manifest."""
        self.manifest.runs.append(run)
        self.manifest.complete = complete
        self.manifest.write(self.folder)

    def write_outcomes(self, results: Results) -> None:
        """Write the finished tables of outcomes."""
        points, replications = np.nonzero(results.done)
        values = {name: held[points, replications] for name, held in results.values.items()}
        table = outcome_table(self.address, points, replications, values)
        write_table(self.folder / "outcomes.parquet", table)
        write_csv(self.folder / "outcomes.csv", table)


def write_csv(path: Path, table: pa.Table) -> None:
    """Write a table as CSV, whole; null becomes an empty field."""
    import pyarrow as pa
    from pyarrow import csv

    with whole(path) as temporary, pa.OSFile(str(temporary), "wb") as stream:
        stream.write((",".join(table.column_names) + "\n").encode())
        options = csv.WriteOptions(include_header=False, quoting_style="none")
        csv.write_csv(table, stream, options)


def open_for_reading(folder: Path) -> RunDirectory:
    """Open a run directory, finished or not."""
    return RunDirectory(folder, read_manifest(folder))


@contextmanager
def open_for_writing(folder: Path, plan: Plan) -> Iterator[RunDirectory]:
    """Open the run directory of a comparison, new or to go on with; hold its lock meanwhile.

    More replications than before are taken as an extension.

    Raises
    ------
    UserError
        If `folder` holds anything else, is in use, or cannot be written. Nothing is changed then.
    """
    engine = {"version": version(), "digest": engine_digest()}
    wanted = Manifest.of(plan, engine)
    _existing(folder, wanted)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = ExitStack()
        lock.enter_context(locked(folder))
    except OSError as error:
        raise _not_writable(folder, error) from None
    with lock:
        manifest = _existing(folder, wanted) or wanted
        if manifest is wanted or manifest.replications < wanted.replications:
            manifest.replications = wanted.replications
            manifest.complete = False
            manifest.write(folder)
        for name in (OUTCOMES, SERIES):
            (folder / name).mkdir(exist_ok=True)
        directory = RunDirectory(folder, manifest)
        directory.tidy()
        yield directory


def _existing(folder: Path, wanted: Manifest) -> Manifest | None:
    """Return the manifest of `folder` if it is of the same experiment, None if it is empty."""
    try:
        names = [path.name for path in folder.iterdir()] if folder.exists() else []
    except OSError as error:
        raise _not_writable(folder, error) from None
    if manifests.NAME not in names:
        strange = [name for name in names if name != LOCK and not name.endswith(TEMPORARY)]
        if strange:
            raise UserError(
                f"--out {folder} holds {min(strange)!r} and no {manifests.NAME}",
                "results go into a new directory, an empty one or that of the same experiment",
                "give another --out",
            )
        return None
    found = read_manifest(folder)
    differences = found.differences(wanted)
    if differences:
        raise UserError(
            f"--out {folder} holds another experiment ({'; '.join(differences)})",
            "results of different experiments are not mixed and never written over",
            "give another --out, or run what the directory holds",
        )
    if found.replications > wanted.replications:
        raise UserError(
            f"--out {folder} holds {found.replications} replications, more than"
            f" --replications {wanted.replications}",
            "a run directory can be extended but not cut",
            f"write --replications {found.replications} or give another --out",
        )
    return found


def _not_writable(folder: Path, error: OSError) -> UserError:
    return UserError(
        f"--out {folder}: {error.strerror}",
        "results need a directory that can be written",
        "give another --out",
    )

"""The run directory: manifest, shards and the finished tables.

::

    manifest.json       what was run, with what
    design.csv          the value of each parameter in each setting, if there is more than one
    outcomes/*.parquet  shards, one row a lane
    series/*.parquet    shards, one row a lane and day
    failures/*.json     chunks and lanes that ended with an error, if any did
    outcomes.parquet    all lanes, by setting, policy (as in the manifest) and replication
    outcomes.csv        the same as text; an empty field is a time not reached or undefined
    comparison.csv      paired statistics of a single setting
    differences.csv     paired differences in every setting, if there is more than one
    figures/            what `fivesteps plot` draws

The tables at the top are written when every lane is done. Their bytes depend on the lanes
alone: not on the size of batches, the number of workers, or how often the work was broken off.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from experiments.errors import InUseError, UserError, command
from experiments.outcomes import F64, Futures, Mask, Outcome, Results
from experiments.planning import EXIT, Plan
from experiments.store import manifest as manifests
from experiments.store.failures import FAILURES
from experiments.store.files import LOCK, TEMPORARY, locked, remove_temporary, whole, write_text
from experiments.store.manifest import Manifest, read_manifest
from experiments.store.provenance import engine_digest, version
from experiments.store.shards import (
    FINISHED,
    OUTCOMES,
    SERIES,
    SUFFIX,
    Address,
    Rows,
    column,
    damaged,
    outcome_table,
    read_lanes,
    read_table,
    row_numbers,
    setting_prefix,
    write_table,
)
from experiments.terminal import progress

if TYPE_CHECKING:
    import pyarrow as pa

FIGURES: Final = "figures"
DESIGN: Final = "design.csv"

_OURS: Final = (LOCK, "logs")
"""What may be in a directory before it has a manifest."""


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
            settings=self.manifest.settings,
            replications=self.manifest.replications,
        )

    def done(self) -> Mask:
        """Return which lanes have a row, shape (S, P, R)."""
        return self.futures(()).held

    def results(self, setting: int = 0) -> Results:
        """Return the outcomes of the finished lanes of one setting."""
        return self.futures().setting(setting)

    def futures(self, columns: tuple[str, ...] | None = None) -> Futures:
        """Return outcomes (all, or `columns`) of the finished lanes of all settings.

        Raises
        ------
        UserError
            If a shard cannot be read, or two of them contradict each other.
        """
        address = self.address
        names = address.outcomes if columns is None else columns
        shape = address.settings, len(address.policies), address.replications
        held, done = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
        values = {name: np.full(shape, np.nan) for name in names}
        paths = self.shards()
        with progress("reading shards", len(paths)) as advance:
            for number, path in enumerate(paths):
                rows, table = read_lanes(address, path, (*names, EXIT))
                again = held[rows]
                for name in names:
                    found = column(table, name)
                    if not np.array_equal(values[name][rows][again], found[again], equal_nan=True):
                        raise damaged(path, f"gives another {name!r} than an earlier shard")
                    values[name][rows] = found
                held[rows] = True
                done[rows] = np.array(table[EXIT].to_pylist(), object) == FINISHED
                advance(number + 1)
        design = self.manifest.documents["design"]
        return Futures(
            scenario=address.scenario,
            parameters=tuple(design["names"]),
            table=np.array(design["table"], np.float64).reshape(address.settings, -1),
            policies=address.policies,
            baseline=self.manifest.identity["baseline"],
            seed=address.seed,
            horizon_days=self.manifest.horizon_days,
            outcomes=self.manifest.outcomes,
            values=values,
            held=held,
            done=done,
        )

    def asked(self) -> tuple[Outcome, ...]:
        """Return the outcomes that the experiment asks about: the headlines if it names none."""
        outcomes = self.manifest.outcomes
        names = self.manifest.documents["experiment"].get("outcomes") or ()
        if names:
            return tuple(outcome for outcome in outcomes if outcome.name in names)
        return tuple(outcome for outcome in outcomes if outcome.headline) or outcomes

    def shards(self) -> list[Path]:
        """Return the shards of outcomes."""
        return sorted((self.folder / OUTCOMES).glob(f"[!.]*{SUFFIX}"))

    def series_names(self) -> tuple[str, ...]:
        """Return the names of the series, or nothing if none were kept."""
        import pyarrow.parquet as pq

        keys = {"setting", "policy", "replication", "day"}
        for path in self._series_paths():
            return tuple(name for name in pq.read_schema(path).names if name not in keys)
        return ()

    def series(self, name: str, setting: int = 0) -> tuple[F64, F64]:
        """Return days, shape (T,), and values of a series in one setting.

        The values have the shape (P, R, T), and are NaN where a lane is not done.
        """
        address = self.address
        days: F64 = np.zeros(0)
        values = np.zeros((len(address.policies), address.replications, 0))
        for path in self._series_paths():
            if not path.name.startswith(setting_prefix(setting)):
                continue
            table = read_table(path, ("setting", "policy", "replication", "day", name))
            rows = row_numbers(table, address.policies)
            if not days.size:
                days = np.unique(column(table, "day"))
                values = np.full((*values.shape[:2], days.size), np.nan)
            ticks = np.searchsorted(days, column(table, "day"))
            values[rows.points, rows.replications, ticks] = column(table, name)
        return days, values

    def _series_paths(self) -> list[Path]:
        finished = {path.name for path in self.shards()}
        paths = sorted((self.folder / SERIES).glob(f"[!.]*{SUFFIX}"))
        return [path for path in paths if path.name in finished]

    def tidy(self) -> None:
        """Remove what a killed process left; the caller holds the lock."""
        for name in (".", OUTCOMES, SERIES, FAILURES):
            remove_temporary(self.folder / name)
        keep = set(self._series_paths())
        for path in (self.folder / SERIES).glob(f"[!.]*{SUFFIX}"):
            if path not in keep:
                path.unlink()

    def record(self, run: dict[str, Any]) -> None:
        """Add an entry about work done to the manifest."""
        self.manifest.runs.append(run)
        self.manifest.complete = False
        self.manifest.write(self.folder)

    def completed(self) -> None:
        """Say in the manifest that every lane is done and the tables are written."""
        if not self.manifest.complete:
            self.manifest.complete = True
            self.manifest.write(self.folder)

    def write_outcomes(self, futures: Futures) -> None:
        """Write the finished tables of outcomes."""
        rows = Rows(*np.nonzero(futures.held))
        values = {name: held[rows] for name, held in futures.values.items()}
        table = outcome_table(self.address, rows, values, futures.done[rows])
        write_table(self.folder / f"{OUTCOMES}{SUFFIX}", table)
        write_csv(self.folder / f"{OUTCOMES}.csv", table)

    def prepare(self, wanted: Manifest) -> None:
        """Write what is known before anything is run, as far as it is not there yet.

        Whoever did so before may have been killed between the manifest and the table of the design.
        """
        if self.manifest is wanted or self.manifest.grown(wanted):
            self.manifest.write(self.folder)
        if self.manifest.settings > 1 and not (self.folder / DESIGN).exists():
            self._write_design()

    def _write_design(self) -> None:
        """Write the values of the parameters as a table."""
        columns = self.manifest.parameters()
        lines = [",".join(("setting", *columns))]
        lines += [
            ",".join((str(number), *map(str, row)))
            for number, row in enumerate(zip(*columns.values(), strict=True))
        ]
        write_text(self.folder / DESIGN, "\n".join(lines) + "\n")


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
def open_for_writing(
    folder: Path, plan: Plan, *, block: int = 1, shared: bool = False
) -> Iterator[RunDirectory]:
    """Open the run directory of an experiment, new or to go on with; hold its lock meanwhile.

    More replications than before are taken as an extension.

    Parameters
    ----------
    block
        Lanes in a block, for a directory that is new.
    shared
        Whether other processes may write into it meanwhile, each its share. What is to be run is
        changed only while no other is at work.

    Raises
    ------
    UserError
        If `folder` holds anything else, is in use, or cannot be written. Nothing is changed then.
    """
    engine = {"version": version(), "digest": engine_digest()}
    wanted = Manifest.of(plan, engine, block)
    _existing(folder, wanted)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if shared:
            _begin(folder, wanted)
        lock = ExitStack()
        lock.enter_context(locked(folder, shared=shared))
    except OSError as error:
        raise _not_writable(folder, error) from None
    with lock:
        manifest = _existing(folder, wanted) or wanted
        directory = RunDirectory(folder, manifest)
        if shared:
            _check_grown(folder, manifest, wanted)
        else:
            directory.prepare(wanted)
        for name in (OUTCOMES, SERIES):
            (folder / name).mkdir(exist_ok=True)
        if not shared:
            directory.tidy()
        yield directory


def _begin(folder: Path, wanted: Manifest) -> None:
    """Make the manifest, or let it grow, alone: all shares are of what it states."""
    with suppress(InUseError), locked(folder):  # whoever is at it will be done with it
        manifest = _existing(folder, wanted) or wanted
        RunDirectory(folder, manifest).prepare(wanted)


def _check_grown(folder: Path, manifest: Manifest, wanted: Manifest) -> None:
    """Refuse a share of more than the shares at work know of."""
    if manifest.replications < wanted.replications:
        raise InUseError(
            f"{folder} is at work on {manifest.replications} replications, and"
            f" {wanted.replications} are wanted",
            "all shares that run at a time are of the same lanes",
            f"wait until they have ended ({command('status', folder)}), and give this one again",
        )


def _existing(folder: Path, wanted: Manifest) -> Manifest | None:
    """Return the manifest of `folder` if it is of the same experiment, None if it is empty."""
    try:
        names = [path.name for path in folder.iterdir()] if folder.exists() else []
    except OSError as error:
        raise _not_writable(folder, error) from None
    if manifests.NAME not in names:
        strange = [name for name in names if name not in _OURS and not name.endswith(TEMPORARY)]
        if strange:
            raise UserError(
                f"--out {folder} holds {min(strange)!r} and no {manifests.NAME}",
                "results go into a new directory, an empty one or that of the same experiment",
                "give another --out",
            )
        return None
    found = read_manifest(folder)
    differences = found.differences(wanted)
    if differences == [manifests.OTHER_CODE]:
        raise UserError(
            f"{folder} holds lanes of another version of fivesteps ({manifests.OTHER_CODE})",
            "all lanes of a directory come from the same code",
            f"use the version that made it ({found.identity['engine'].get('version')}), or run all"
            " of it again into a new directory",
        )
    if differences:
        raise UserError(
            f"--out {folder} holds another experiment ({'; '.join(differences)})",
            "results of different experiments are not mixed and never written over",
            "give another --out, or run what the directory holds",
        )
    if found.replications > wanted.replications:
        raise UserError(
            f"{folder} holds {found.replications} replications, more than"
            f" --replications {wanted.replications}",
            "a run directory can be extended but not cut",
            f"write --replications {found.replications} or more",
        )
    return found


def _not_writable(folder: Path, error: OSError) -> UserError:
    return UserError(
        f"{folder}: {error.strerror}",
        "results need a directory that can be written",
        "let it be written, or choose another directory",
    )

"""The run directory: manifest, shards and the finished tables.

::

    manifest.json       what was run, with what, and the SHA-256 of what is finished
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
Each shard has its SHA-256 in its name, whoever wrote it; when a piece of work ends, its shards are
packed into one, and the manifest lists what is finished. So what is lost or changed is noticed by
whoever reads it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

import numpy as np

from experiments.errors import UserError, tell
from experiments.outcomes import F64, Futures, Mask, Outcome, Results, headlines
from experiments.planning import available_bytes, readable
from experiments.store.failures import FAILURES
from experiments.store.files import remove_temporary, whole
from experiments.store.manifest import Manifest, read_manifest
from experiments.store.opening import content, damaged, digest_of, is_folder, make_folder
from experiments.store.packing import Packed, pack, series_tables
from experiments.store.reading import (
    SMALL,
    Lanes,
    SeriesRows,
    read_lanes,
    read_series,
    rows_of,
    series_columns,
    series_path,
)
from experiments.store.shards import (
    OUTCOMES,
    SERIES,
    SUFFIX,
    Address,
    Rows,
    digest_in,
    is_pack,
    outcome_table,
    setting_prefix,
    shard_paths,
    stem_of,
    write_table,
)
from experiments.store.tables import BY_STATE, COMPARISON, DIFFERENCES, TURNS, YEARS
from experiments.terminal import progress

if TYPE_CHECKING:
    import pyarrow as pa

_T = TypeVar("_T")

FIGURES: Final = "figures"
DESIGN: Final = "design.csv"
FINISHED_TABLES: Final = (
    DESIGN,
    f"{OUTCOMES}{SUFFIX}",
    f"{OUTCOMES}.csv",
    COMPARISON,
    DIFFERENCES,
    YEARS,
    TURNS,
    BY_STATE,
)

_GLANCES: Final = 5
_GLANCE_S: Final = 0.1
"""How often and after how many seconds shards are looked for again that are gone."""

_BYTES_A_LANE: Final = 8
_BYTES_A_VALUE: Final = 8


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
        lanes = self.lanes(names)
        shape = address.settings, len(address.policies), address.replications
        held, done = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
        values = {name: np.full(shape, np.nan) for name in names}
        held.flat[lanes.ids] = True
        done.flat[lanes.ids] = lanes.finished
        for name, found in lanes.values.items():
            values[name].flat[lanes.ids] = found
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

    def lanes(self, names: Sequence[str]) -> Lanes:
        """Return the finished lanes with some outcomes; raises as `futures`."""
        self._check_room(len(names))
        return self._reading(lambda paths: self._lanes(paths, names))

    def _check_room(self, names: int) -> None:
        """Refuse tables that do not fit into the memory, whoever says that they are so large."""
        needed = self.address.lanes * (_BYTES_A_LANE + _BYTES_A_VALUE * names)
        free = available_bytes() if needed > SMALL else None
        if free is not None and needed > free:
            raise UserError(
                f"{self.folder}: tables of {self.address.lanes:,} lanes need {readable(needed)},"
                f" and {readable(free)} are free",
                "tables are held in memory",
                "use a machine that has more",
            )

    def _lanes(self, paths: Sequence[Path], names: Sequence[str]) -> Lanes:
        with progress("reading shards", len(paths)) as advance:
            lanes = read_lanes(self.address, paths, names, advance)
        there = {path.name for path in shard_paths(self.folder / SERIES)}
        for path, digest in zip(paths, lanes.series, strict=True):
            if digest is not None and series_path(path, digest).name not in there:
                path.stat()  # if it went as well, it was packed meanwhile, and is looked for again
                raise _without_series(path, digest)
        return lanes

    def _reading(self, read: Callable[[Sequence[Path]], _T]) -> _T:
        """Read the shards of outcomes; again if some are gone, since they may be packed just now.

        Raises
        ------
        UserError
            If what was finished is gone.
        """
        gone = ""
        for _ in range(_GLANCES):
            paths = shard_paths(self.folder / OUTCOMES)
            lost = self.lost(paths)
            gone = str(self.folder / lost[0]) if lost else ""
            if not gone:
                try:
                    return read(paths)
                except FileNotFoundError as error:
                    gone = str(error.filename)
            time.sleep(_GLANCE_S)
            self.manifest.files = read_manifest(self.folder).files
        raise UserError(
            f"{gone}: is gone, and lanes in it were finished",
            "what is finished stays in the run directory",
            "put it back, or run the command that made the directory again: it runs them again",
        )

    def lost(self, paths: Sequence[Path]) -> list[str]:
        """Return the shards that were finished, by the manifest, and are not among these."""
        there = {f"{OUTCOMES}/{path.name}" for path in paths}
        return [name for name in self.manifest.files if "/" in name and name not in there]

    @property
    def design(self) -> str:
        """Kind of the design; empty for a comparison."""
        declared = self.manifest.documents["experiment"].get("design") or {}
        return str(declared.get("kind", ""))

    def asked(self) -> tuple[Outcome, ...]:
        """Return the outcomes that the experiment asks about: the headlines if it names none."""
        outcomes = self.manifest.outcomes
        names = self.manifest.documents["experiment"].get("outcomes") or ()
        if names:
            return tuple(outcome for outcome in outcomes if outcome.name in names)
        return headlines(outcomes)

    def shards(self) -> list[Path]:
        """Return the shards of outcomes.

        Raises
        ------
        UserError
            If they cannot be listed, or what was finished is gone.
        """
        return self._reading(list)

    def series_names(self) -> tuple[str, ...]:
        """Return the names of the series, or nothing if none were kept."""

        def first(paths: Sequence[Path]) -> tuple[str, ...]:
            for path in paths:
                digest = read_lanes(self.address, [path], ()).series[0]
                if digest is not None:
                    return series_columns(series_path(path, digest))
            return ()

        return self._reading(first)

    def series(self, name: str, setting: int = 0) -> tuple[F64, F64]:
        """Return days, shape (T,), and values of a series in one setting.

        The values have the shape (P, R, T), and are NaN where a lane is not done.
        """
        return self._reading(lambda paths: self._series(paths, name, setting))

    def _series(self, paths: Sequence[Path], name: str, setting: int) -> tuple[F64, F64]:
        address = self.address
        days: F64 = np.zeros(0)
        values = np.zeros((len(address.policies), address.replications, 0))
        for path, found in self._series_of(paths, setting, (name,)):
            rows = rows_of(address, found.ids)
            if not days.size:
                days = np.unique(found.days)
                values = np.full((*values.shape[:2], days.size), np.nan)
            ticks = np.searchsorted(days, found.days)
            if not np.isin(found.days, days).all():
                raise damaged(path, "has series of other days than an earlier shard")
            place = rows.points, rows.replications, ticks
            again = np.isfinite(values[place])
            if (values[place] != found.values[name])[again].any():
                raise damaged(path, f"gives another {name!r} than an earlier shard")
            values[place] = found.values[name]
        return days, values

    def series_table(self) -> pa.Table:
        """Return the series of all lanes: a row a lane and day, of each lane once."""
        return self._reading(self._series_table)

    def _series_table(self, paths: Sequence[Path]) -> pa.Table:
        import pyarrow as pa

        lanes = read_lanes(self.address, paths, ())
        return pa.concat_tables(series_tables(self.address, paths, lanes))

    def _series_of(
        self, paths: Sequence[Path], setting: int, names: Sequence[str]
    ) -> Iterator[tuple[Path, SeriesRows]]:
        """Yield the series of one setting, shard after shard."""
        for path in paths:
            if not (is_pack(path) or path.name.startswith(setting_prefix(setting))):
                continue
            digest = read_lanes(self.address, [path], ()).series[0]
            if digest is not None:
                place = series_path(path, digest)
                found = read_series(self.address, place, setting, names)
                if found.days.size:
                    yield place, found

    def pack(self, chunks: Collection[str] | None = None) -> None:
        """Make one shard of those that are there, or of those of some chunks.

        Parameters
        ----------
        chunks
            Names of chunks that nobody else is at; None if nobody else is at work.
        """
        packed = self._reading(lambda paths: self._packed(paths, chunks))
        if chunks is None:
            self._finished_are([packed.path] if packed else self.shards())
        if packed:
            packed.remove_replaced()

    def _packed(self, paths: Sequence[Path], chunks: Collection[str] | None) -> Packed | None:
        chosen = [path for path in paths if chunks is None or stem_of(path) in chunks]
        return pack(self.address, chosen) if len(chosen) > 1 else None

    def _finished_are(self, paths: Sequence[Path]) -> None:
        """Say in the manifest which shards have the lanes that are finished."""
        shards = {f"{OUTCOMES}/{path.name}": digest_in(path) for path in paths}
        files = {name: seal for name, seal in self.manifest.files.items() if "/" not in name}
        if self.manifest.files != files | shards:
            self.manifest.files = files | shards
            self.manifest.write(self.folder)

    def tidy(self, *, alone: bool) -> None:
        """Make the folders of shards; if alone at work, remove what a killed process left."""
        for name in (OUTCOMES, SERIES):
            make_folder(self.folder / name)
        inside = [self.folder / name for name in (OUTCOMES, SERIES, FAILURES)]
        there = [folder for folder in inside if is_folder(folder)]
        for folder in (self.folder, *there) if alone else ():
            remove_temporary(folder)

    def record(self, run: dict[str, Any]) -> None:
        """Add an entry about work done to the manifest."""
        self.manifest.runs.append(run)
        self.manifest.complete = False
        self.manifest.write(self.folder)

    def completed(self) -> None:
        """Say in the manifest that every lane is done and the tables are written."""
        tables = {name: digest_of(self.folder / name) for name in self._tables()}
        files = {name: seal for name, seal in self.manifest.files.items() if "/" in name} | tables
        if not self.manifest.complete or self.manifest.files != files:
            self.manifest.complete, self.manifest.files = True, files
            self.manifest.write(self.folder)

    def _tables(self) -> list[str]:
        return [name for name in FINISHED_TABLES if (self.folder / name).exists()]

    def spoilt(self) -> list[str]:
        """Return the finished tables that are not as they were written, or not there."""
        return [name for name in self.manifest.files if "/" not in name and not self._is_well(name)]

    def _is_well(self, name: str) -> bool:
        try:
            return digest_of(self.folder / name) == self.manifest.files[name]
        except (UserError, FileNotFoundError):
            return False

    def finished_table(self, name: str) -> bytes | None:
        """Return the bytes of a finished table, None if there is none.

        Raises
        ------
        UserError
            If it is not as it was written.
        """
        seal = self.manifest.files.get(name)
        if seal is None or not self.manifest.complete:
            return None
        path = self.folder / name
        try:
            return content(path, seal)
        except FileNotFoundError:
            raise damaged(path, "is gone") from None

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
        lost = self.lost(shard_paths(self.folder / OUTCOMES))
        if lost:
            self._forget(lost)
        if self.manifest.settings > 1 and not (self.folder / DESIGN).exists():
            self._write_design()

    def _forget(self, lost: Sequence[str]) -> None:
        """Take finished shards that are gone off the list, so that their lanes are run again."""
        tell(
            f"{self.folder / lost[0]} is gone, and lanes in it were finished:"
            " what is missing is run again"
        )
        self.manifest.files = {
            name: seal for name, seal in self.manifest.files.items() if name not in lost
        }
        self.manifest.complete = False
        self.manifest.write(self.folder)

    def _write_design(self) -> None:
        """Write the values of the parameters as a table."""
        import pyarrow as pa

        settings = {"setting": range(self.manifest.settings)}
        write_csv(self.folder / DESIGN, pa.table({**settings, **self.manifest.parameters()}))


def _without_series(path: Path, digest: str) -> UserError:
    return damaged(path, f"its series, {series_path(path, digest).name}, are gone")


def write_csv(path: Path, table: pa.Table) -> None:
    """Write a table as CSV, whole; null becomes an empty field, and text is quoted if it must."""
    import pyarrow as pa
    from pyarrow import csv

    style: Literal["needed", "none"] = "needed" if _has_to_quote(table) else "none"
    with whole(path) as temporary, pa.OSFile(str(temporary), "wb") as stream:
        stream.write((",".join(table.column_names) + "\n").encode())
        options = csv.WriteOptions(include_header=False, quoting_style=style)
        csv.write_csv(table, stream, options)


def _has_to_quote(table: pa.Table) -> bool:
    """Whether text of a table holds what CSV is made of."""
    import pyarrow as pa
    from pyarrow import compute

    texts = (column for column in table.itercolumns() if pa.types.is_string(column.type))
    structural = (compute.match_substring_regex(text, '[",\r\n]') for text in texts)
    return any(compute.any(found).as_py() for found in structural)


def open_for_reading(folder: Path) -> RunDirectory:
    """Open a run directory, finished or not."""
    return RunDirectory(folder, read_manifest(folder))

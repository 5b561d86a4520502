"""A run directory as one file for other programs."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from experiments.errors import UserError
from experiments.outcomes import restricted
from experiments.store.directory import RunDirectory, open_for_reading, write_csv
from experiments.store.files import whole
from experiments.store.lanes import lane_table
from experiments.store.targets import target

if TYPE_CHECKING:
    import xarray as xr

FORMATS: Final = {"csv": "lanes.csv", "xarray": "lanes.nc"}
"""File names by format."""

EXPORT: Final = "export"


def export(folder: Path, to: str, out: Path | None) -> Path:
    """Write the finished lanes of a run directory to one file; return where it is.

    Parameters
    ----------
    to
        ``csv``: a row for each lane, with the parameters of its setting. ``xarray``: a netCDF file
        with the dimensions setting, policy and replication.

    Raises
    ------
    UserError
        If there is no such format, it needs what is not installed, or `out` may not be written.
    """
    if to not in FORMATS:
        raise UserError(
            f"--to {to}", f"there are the formats {', '.join(FORMATS)}", "write one of them"
        )
    other = next((one for one, name in FORMATS.items() if one != to and _is_like(out, name)), None)
    if other is not None:
        raise UserError(
            f"--out {out} with --to {to}",
            f"a file of this name is taken for the format {other}",
            f"add `--to {other}`, or write a name that ends in {Path(FORMATS[to]).suffix}",
        )
    directory = open_for_reading(folder)
    path = folder / EXPORT / FORMATS[to] if out is None else target("--out", out)
    path.parent.mkdir(parents=True, exist_ok=True)
    if to == "csv":
        write_csv(path, lane_table(directory))
    else:
        _write_netcdf(directory, path)
    return path


def _is_like(out: Path | None, name: str) -> bool:
    return out is not None and out.suffix.lower() == Path(name).suffix


def _write_netcdf(directory: RunDirectory, path: Path) -> None:
    dataset = dataset_of(directory)
    with whole(path) as temporary:
        dataset.to_netcdf(temporary, engine="scipy", format="NETCDF3_64BIT")


def dataset_of(directory: RunDirectory) -> xr.Dataset:
    """Return outcomes by setting, policy and replication; parameters by setting.

    A time that was not reached is NaN; ``NAME_restricted`` has it set to the horizon.

    Raises
    ------
    UserError
        If xarray is not installed.
    """
    if importlib.util.find_spec("xarray") is None:
        raise UserError(
            "xarray is not installed",
            "arrays with named axes need it; tables do not",
            "run `pip install 'fivesteps[explore]'`, or take a table (`--to csv`)",
        )
    import xarray as xr

    futures = directory.futures()
    lanes = ("setting", "policy", "replication")
    variables: dict[str, Any] = {}
    for outcome in futures.outcomes:
        told = {"long_name": outcome.label, "units": outcome.unit, "better": outcome.better}
        variables[outcome.name] = lanes, futures.values[outcome.name], told
        if outcome.time:
            held = restricted(futures, outcome.name)
            variables[f"{outcome.name}_restricted"] = lanes, held, told
    for name, levels in directory.manifest.parameters().items():
        variables[f"parameter_{name}"] = "setting", np.array(levels)
    variables["finished"] = lanes, futures.done.astype(np.int8)
    return xr.Dataset(
        variables,
        coords={
            "setting": np.arange(directory.manifest.settings, dtype=np.int32),
            "policy": np.array(futures.policies),
            "replication": np.arange(directory.manifest.replications, dtype=np.int32),
        },
        attrs={
            "scenario": futures.scenario,
            "baseline": futures.baseline,
            "seed": str(futures.seed),
            "horizon_days": futures.horizon_days,
        },
    )

"""Looking into a run directory: status, verify, bundle, query, export."""

from __future__ import annotations

import csv
import io
import math
import re
import sys
from contextlib import nullcontext
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.commands.options import Folder, Json, Kernel, print_json
from experiments.errors import UserError, echo

if TYPE_CHECKING:
    from experiments.store import Answer

ALL = "all"
MOST_ROWS = 200
"""Rows of an answer that are shown as a table."""


def status(folder: Folder, as_json: Json = False) -> None:
    """Say how far a run directory is; from any terminal, also while it runs."""
    from experiments.store import status as look
    from experiments.terminal import say

    found = look(folder)
    if as_json:
        print_json(found.document())
        return
    for line in found.lines():
        say(line)


def verify(
    folder: Annotated[Path, typer.Argument(metavar="DIR|ZIP", help="Run directory, or bundle.")],
    lanes: Annotated[
        str, typer.Option(metavar="NUMBER|all", help="Lanes to run again, spread over all.")
    ] = "20",
    kernel: Kernel = "auto",
    as_json: Json = False,
) -> None:
    """Run finished lanes again, and hold all that was stored of them to the bit.

    Says which table, lane and column differs first, if one does. A bundle is unpacked into a
    temporary folder and held to its checksums first.
    """
    from experiments.bundle import unpacked
    from experiments.execution import verify as hold
    from experiments.terminal import say

    number = re.fullmatch(r"[1-9]\d{0,8}", lanes, re.ASCII)
    if lanes != ALL and number is None:
        raise UserError(
            f"--lanes {lanes}", "is a whole number from 1, or `all`", "write for example 20"
        )
    with unpacked(folder) if folder.is_file() else nullcontext(folder) as place:
        found = hold(place, None if lanes == ALL else int(lanes), kernel=kernel)
    if as_json:
        print_json(found.document())
        return
    say(
        f"{found.lanes:,} of {found.finished:,} lanes run again: {found.columns:,} outcomes and"
        " series of each are as they were stored, to the bit."
    )
    if found.engine_changed:
        say("The code of the engine has changed since the run; for these lanes it is the same.")


def bundle(
    folder: Folder,
    out: Annotated[
        Path | None,
        typer.Option(metavar="ZIP", help="File to write.", show_default="DIR.zip"),
    ] = None,
) -> None:
    """Write a finished run directory into one zip file, to send or to keep.

    With what was declared, versions, seeds, checksums and a description for catalogues of research
    data (RO-Crate). `fivesteps verify ZIP` holds it to the bit elsewhere.
    """
    from experiments.bundle import bundle as pack
    from experiments.store import target
    from experiments.terminal import say

    path = out or folder.parent / f"{folder.resolve().name}.zip"
    count = pack(folder, target("--out", path, run=folder))
    say(f"{path}: {count:,} files of {folder}, what was declared, and how to repeat it")


def query(
    folder: Folder,
    question: Annotated[str, typer.Argument(metavar="SQL", help="One SELECT in DuckDB's SQL.")],
    form: Annotated[
        str, typer.Option("--format", metavar="table|csv|json", help="How to print the answer.")
    ] = "table",
) -> None:
    """Ask a run directory in SQL; nothing is written.

    Tables: `outcomes` (a row for each lane, with the parameters of its setting), `design`,
    `series`, and when it is complete `differences` or `comparison`. A time that was not reached is
    NULL, and averages leave it out: `coalesce(hours_to_case, 672)` has it at the horizon, as
    all tables of the program do. Names with a hyphen stand in double quotes.
    """
    from experiments.store import query as ask

    forms = {"table": _print_table, "csv": _print_csv, "json": _print_json}
    if form not in forms:
        raise UserError(
            f"--format {form}", f"there are the formats {', '.join(forms)}", "write one of them"
        )
    forms[form](ask(folder, question))


def _print_table(answer: Answer) -> None:
    from experiments.terminal import print_rows

    shown = answer.rows[:MOST_ROWS]
    number = int | float | Decimal | None
    right = [all(isinstance(row[k], number) for row in shown) for k in range(len(answer.columns))]
    print_rows(answer.columns, [list(map(_text, row)) for row in shown], right=right)
    if len(answer.rows) > MOST_ROWS:
        echo(f"{len(answer.rows):,} rows, the first {MOST_ROWS} shown; --format csv has all")


def _text(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(_as_written(value))


def _as_written(value: object) -> object:
    """Return true and false as files and SQL write them."""
    return str(value).lower() if isinstance(value, bool) else value


def _print_csv(answer: Answer) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows(map(_as_written, row) for row in answer.rows)
    if sys.stdout.isatty():
        echo(text.getvalue().removesuffix("\n"))
    else:
        sys.stdout.write(text.getvalue())


def _print_json(answer: Answer) -> None:
    rows = (map(_plain, row) for row in answer.rows)
    print_json([dict(zip(answer.columns, row, strict=True)) for row in rows])


def _plain(value: Any) -> Any:  # noqa: ANN401 - any value of SQL
    """Return a value as JSON has it; what it has no word for as text."""
    if isinstance(value, float | Decimal):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, bool | int) else str(value)


def export(
    folder: Folder,
    to: Annotated[
        str, typer.Option(metavar="csv|xarray", help="Format; xarray is a netCDF file.")
    ] = "csv",
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File to write.", show_default="in DIR/export"),
    ] = None,
) -> None:
    """Write the finished lanes and their parameters to one file for other programs."""
    from experiments.store import export as write

    echo(str(write(folder, to, out)))

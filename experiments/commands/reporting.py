"""Telling others: report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.commands.options import Folder
from experiments.errors import echo


def report(
    folder: Folder,
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Another run directory of the same scenario to put beside it; one of"
            " `sensitivity` tells which assumed numbers drive the verdict.",
        ),
    ] = None,
    year: Annotated[
        str | None,
        typer.Option(metavar="YEAR", help="Year to tell of.", show_default="the whole run"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File to write.", show_default="DIR/report.html"),
    ] = None,
    pictures: Annotated[
        str | None,
        typer.Option(
            metavar="png|svg|pdf",
            help="Draw every chart into DIR/figures as well, without a browser.",
            show_default="none",
        ),
    ] = None,
    tell: Annotated[
        bool,
        typer.Option("--tell/--no-tell", help="Tell one world, which is run again for it."),
    ] = True,
) -> None:
    """Write a run directory as one HTML file: verdicts, charts, and what they rest on.

    The file opens in any browser without a network, and prints on A4.
    """
    from experiments.report import write_report

    written = write_report(folder, out, against=against, year=year, tell=tell, pictures=pictures)
    for path in written:
        echo(str(path))

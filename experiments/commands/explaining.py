"""Seeing why, and how far to believe it: show, trace, history."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.commands.options import Json, Seed, Values, print_json
from experiments.errors import UserError, echo


def show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="Scenario, policy, threat, procedure, measure, programme, place or experiment: "
            "name in the catalogue, or path.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the pictures.", show_default="results/show/NAME"),
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option(
            help="Scenario to show a policy in.",
            show_default="organised-crime, or the first it applies to",
        ),
    ] = None,
    column: Annotated[
        str | None,
        typer.Option("--map", metavar="COLUMN", help="What to shade the map of states by."),
    ] = None,
    parameters: Annotated[
        bool, typer.Option("--parameters", help="List every parameter with its source.")
    ] = False,
    svg: Annotated[bool, typer.Option("--svg", help="Write SVG files as well.")] = False,
    as_json: Json = False,
) -> None:
    """Explain what the catalogue or a file declares in words and pictures.

    Of a policy, the pictures are matrices of who may tell whom, as the engine will do it; of a
    scenario or a place, the network of desks and a map; of the others there are none.
    """
    from experiments.show import print_description, show as describe, write

    shown = describe(name, scenario=scenario, column=column)
    if not as_json:
        print_description(shown.description, parameters=parameters)
    folder = out or Path("results") / "show" / shown.folder
    written = write(shown.pictures, folder, expected=shown.expected, svg=svg)
    if as_json:
        print_json(shown.document(written))
        return
    for path in written:
        echo(str(path))


def trace(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Run directory.")],
    policy: Annotated[
        str | None, typer.Option(help="Policy of the lane; the baseline if left out.")
    ] = None,
    replication: Annotated[int, typer.Option(help="Random world of the lane.")] = 0,
    setting: Annotated[
        int, typer.Option(help="Setting of an experiment; 0 is the first, or the only one.")
    ] = 0,
    against: Annotated[
        str | None, typer.Option(help="Another policy to put beside it, in the same world.")
    ] = None,
    subject: Annotated[
        str | None,
        typer.Option(help="Names of what to tell of, with commas; what is real if left out."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Print every event.")] = False,
    plot: Annotated[bool, typer.Option("--plot", help="Draw a timeline as well.")] = False,
    picture: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where to draw it, .png or .svg.",
            show_default="DIR/figures/trace-POLICY-R.png",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Tell the story of one lane, which is run again for it: who saw, told, knew and did what."""
    from experiments.store import target
    from experiments.terminal import width
    from experiments.trace import tell

    if picture is not None:
        target("--picture", picture)
    shown = tell(
        folder,
        policy=policy,
        replication=replication,
        setting=setting,
        against=against,
        subject=subject,
        every=every,
    )
    try:
        drawn = shown.draw(picture) if plot or picture is not None else None
    except OSError as error:
        if picture is None:
            raise
        raise UserError(
            f"--picture {picture}: {error.strerror or error}",
            "a picture is a file in a folder that can be written",
            "give another path, ending in .png or .svg, or leave it out",
        ) from None
    if as_json:
        print_json(shown.facts())
    else:
        echo("\n".join(shown.lines(width())))
    if drawn is not None:
        echo(f"Picture: {drawn}", err=as_json)


def history(
    name: Annotated[
        str, typer.Argument(metavar="HISTORY", help="Name in the catalogue, or path of a file.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the table and the picture.", show_default="results/history/NAME"
        ),
    ] = None,
    replications: Annotated[int, typer.Option(help="Random worlds under each regime.")] = 400,
    seed: Seed = 1,
    values: Values = None,
) -> None:
    """Set a scenario beside what is known to have happened, and say what it makes of it.

    A history names its scenario, its regimes and known quantities: of the calls for help of a
    state, or any outcome that the scenario declares.

    The verdict on each quantity is *usual*, *unusual* or *missed*; what is known too roughly to
    tell is said to *say little*.
    """
    from experiments.validation import read_known, set_beside

    known = read_known(name)
    folder = out or Path("results") / "history" / known.history.history
    text, written = set_beside(known, folder, replications, seed, values or ())
    echo(text)
    for path in written:
        echo(str(path))

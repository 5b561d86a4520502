"""Options that several commands share, and how commands print."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping

ScenarioName = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="Name in the catalogue, or path of a file.")
]
ExperimentName = Annotated[
    str, typer.Argument(metavar="EXPERIMENT", help="Name in the catalogue, or path of a file.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Seed = Annotated[int, typer.Option(help="Root seed of the random worlds.")]
Replications = Annotated[int, typer.Option(help="Random worlds that each policy runs in.")]
Kernel = Annotated[
    str,
    typer.Option(
        metavar="auto|numpy|compiled",
        help="What messages are moved with; all give the same. `compiled` needs the extra `fast`.",
    ),
]
Policies = Annotated[
    str,
    typer.Option(
        help="Names or paths with commas between, or `all` for the catalogue; a path with a comma"
        " stands in double quotes."
    ),
]
Values = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="Put another value into the scenario or a policy, such as"
        " `desks.police.reads.value=20`; with a path as in `changes:` of an experiment. May be"
        " given several times.",
    ),
]
Measures = Annotated[
    str | None,
    typer.Option(
        metavar="NAME,NAME+NAME...",
        help="Measures to put in force from the first tick, each alternative beside every policy"
        " alone: names, numbers of the annex (3.3b) or paths; with + between for several"
        " together; `all` for all of the catalogue at once.",
        show_default="none",
    ),
]
Programmes = Annotated[
    str | None,
    typer.Option(
        metavar="NAME,NAME...",
        help="Programmes of measures, names or paths, such as none,annex,history; every policy"
        " runs under each.",
        show_default="none",
    ),
]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Run directory.")]


def listed(text: str) -> list[str]:
    """Return the names of a list with commas between."""
    return [name.strip() for name in text.split(",")]


def print_json(content: object) -> None:
    """Print plain content."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    print(_ODD.sub(_as_escape, text))  # noqa: T201 - with the escapes of JSON


_ODD: Final = re.compile(r"[^\n -~]")


def _as_escape(found: re.Match[str]) -> str:
    return found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1]


def tell_left_out(left_out: Mapping[str, str]) -> None:
    """Say which policies `all` left out, and why."""
    from experiments.terminal import say

    for name, reason in left_out.items():
        say(f"Left out: {name} is {reason}")

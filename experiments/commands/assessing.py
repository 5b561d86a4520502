"""What measures do: assess."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.commands.executing import (
    Batch,
    ExecutorName,
    Options,
    Scheduler,
    WallTime,
    Workers,
)
from experiments.commands.options import (
    Json,
    Kernel,
    Seed,
    Values,
    print_json,
    tell_left_out,
)
from experiments.errors import command, echo

if TYPE_CHECKING:
    from experiments.execution import Extent


def assess(
    scenarios: Annotated[
        list[str],
        typer.Argument(metavar="SCENARIO...", help="Names in the catalogue, or paths of files."),
    ],
    policies: Annotated[
        str | None,
        typer.Option(
            help="Policies with commas between, or `all`; measures are assessed under each.",
            show_default="the scenario's baseline",
        ),
    ] = None,
    measures: Annotated[
        str,
        typer.Option(
            metavar="NAME,NAME...",
            help="Measures: names, numbers of the annex (3.3b) or paths; `all` is the catalogue.",
        ),
    ] = "all",
    replications: Annotated[int, typer.Option(min=1, help="Random worlds.")] = 50,
    top: Annotated[
        int,
        typer.Option(
            min=0,
            max=12,
            help="Measures with the surest effects that are run together in every order.",
        ),
    ] = 4,
    orders: Annotated[
        int,
        typer.Option(min=2, max=1000, help="Orders at the most; a sample if there are more."),
    ] = 24,
    outcomes: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,NAME...",
            help="Outcomes to show and to test together.",
            show_default="the headlines",
        ),
    ] = None,
    seed: Seed = 1,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Run directory; of several scenarios, the folder that theirs are made in.",
            show_default="results/SCENARIO-assessment-SEED",
        ),
    ] = None,
    executor: ExecutorName = "local",
    scheduler: Scheduler = None,
    workers: Workers = None,
    batch: Batch = "auto",
    kernel: Kernel = "auto",
    wall_time: WallTime = None,
    values: Values = None,
    as_json: Json = False,
) -> None:
    """Find what each measure of the strategy does, and what they do together.

    Each measure alone beside none, and all beside all but one, in the same random worlds. Measures
    that move nothing in the first worlds are run no more; those with the surest effects are run
    together, in the orders in which they may come, for the share of each in the whole. Given again
    with the same --out, it runs only what is missing. `fivesteps plot` draws the atlas.
    """
    from experiments.execution import Extent

    options = Options(executor, scheduler, workers, batch, kernel, None, wall_time)
    extent = Extent(seed, replications, top, orders)
    documents = []
    for name in scenarios:
        document = _assess(
            name, (policies, measures, outcomes, values), extent, options,
            out if out is None or len(scenarios) == 1 else out / Path(name).stem,
            as_json=as_json,
        )  # fmt: skip
        documents.append(document)
    if as_json:
        print_json(documents[0] if len(documents) == 1 else documents)


def _assess(
    name: str,
    asked: tuple[str | None, str, str | None, list[str] | None],
    extent: Extent,
    options: Options,
    out: Path | None,
    *,
    as_json: bool,
) -> dict[str, object]:
    """Assess the measures in one scenario; return the document of what was found."""
    from experiments.analysis import write_assessment
    from experiments.designs import plan_assessment
    from experiments.execution import refuse_unfinished, run_assessment, tell_of_failures
    from experiments.printing import print_assessment

    policies, measures, outcomes, values = asked
    made, left_out = plan_assessment(
        name, policies, measures, outcomes=outcomes, values=values or ()
    )
    folder = out or made.folder(extent.seed)
    alternatives = len(made.first()) * len(made.policies)
    echo(
        f"{made.scenario.name}: {len(made.measures):,} measures of {len(made.named):,} touch"
        f" something, {alternatives:,} alternatives in {extent.replications:,} worlds, then those"
        " together that lead",
        err=True,
    )

    def tell(line: str) -> None:
        echo(line, err=True)

    with options.how(alternatives * extent.replications) as how:
        ran, found = run_assessment(made, folder, how, extent, tell)
    tell_of_failures(ran, folder)
    refuse_unfinished(ran, folder)
    if found is None:  # `refuse_unfinished` has said so
        raise AssertionError
    write_assessment(folder, found)
    if not as_json:
        print_assessment(found)
        tell_left_out(left_out)
        echo(f"Results: {folder}\nFigures: {command('plot', folder)}")
    return found.document()

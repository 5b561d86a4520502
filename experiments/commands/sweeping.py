"""Running experiments: sweep, extend."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from experiments.commands.options import Folder, Json, Kernel, print_json
from experiments.errors import UserError

if TYPE_CHECKING:
    from experiments.plan import Plan, Share
    from experiments.running import Ran

ExperimentName = Annotated[
    str, typer.Argument(metavar="EXPERIMENT", help="Name in the catalogue, or path of a file.")
]
Workers = Annotated[
    int | None,
    typer.Option(min=1, help="Processes.", show_default="one for every processor"),
]
Batch = Annotated[
    str,
    typer.Option(
        metavar="LANES",
        help="Most lanes run together in a process; `auto` for what suits the machine.",
    ),
]
ExecutorName = Annotated[
    str,
    typer.Option(metavar="local|dask", help="Where chunks run; `dask` needs the extra `cluster`."),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS|FILE|slurm",
        help="Dask's scheduler: its address, the file it wrote, or `slurm` to start workers as"
        " jobs of the batch system.",
        show_default="one on this machine",
    ),
]
WallTime = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="Begin no chunk that would not be done within this time, such as 90min or 2h.",
        show_default="the end of the batch job, if it is one",
    ),
]


def sweep(
    experiment: ExperimentName,
    out: Annotated[
        Path | None, typer.Option(help="Run directory.", show_default="results/EXPERIMENT")
    ] = None,
    replications: Annotated[
        int | None, typer.Option(help="Random worlds.", show_default="as the experiment says")
    ] = None,
    precision: Annotated[
        str | None,
        typer.Option(
            metavar="OUTCOME=WIDTH",
            help="Add replications until the 95% interval of every difference in this outcome is"
            " no wider; 5% is of the baseline's mean, 0.3 in the outcome's unit.",
        ),
    ] = None,
    most: Annotated[
        int | None, typer.Option(help="Most replications that --precision may take.")
    ] = None,
    executor: ExecutorName = "local",
    scheduler: Scheduler = None,
    workers: Workers = None,
    batch: Batch = "auto",
    kernel: Kernel = "auto",
    shard: Annotated[
        str | None,
        typer.Option(
            metavar="I/N",
            help="Run share I (from 0) of N only, beside processes that run the others.",
        ),
    ] = None,
    wall_time: WallTime = None,
    as_json: Json = False,
) -> None:
    """Run an experiment: policies in every setting of a design, in the same random worlds.

    Run again with the same --out, it does what is missing. What is done is never run twice.
    """
    from experiments.designs import load_experiment
    from experiments.plan import make_plan

    what = load_experiment(experiment)
    plan = make_plan(
        what.settings(),
        what.policies,
        baseline=what.spec.baseline,
        seed=what.spec.seed,
        replications=what.spec.replications if replications is None else replications,
        experiment=what.document(),
    )
    folder = out or Path("results") / what.name
    options = Options(executor, scheduler, workers, batch, kernel, shard, wall_time)
    _run(plan, folder, options, precision=precision, most=most, as_json=as_json)


def extend(
    folder: Folder,
    replications: Annotated[int, typer.Option(help="Random worlds that it shall have then.")],
    executor: ExecutorName = "local",
    scheduler: Scheduler = None,
    workers: Workers = None,
    batch: Batch = "auto",
    kernel: Kernel = "auto",
    wall_time: WallTime = None,
    as_json: Json = False,
) -> None:
    """Add replications to a run directory, without running again what it has."""
    from experiments.rebuild import plan_of
    from experiments.store import open_for_reading

    plan = plan_of(open_for_reading(folder).manifest, folder, replications)
    options = Options(executor, scheduler, workers, batch, kernel, None, wall_time)
    _run(plan, folder, options, as_json=as_json)


class Options(NamedTuple):
    """How the user wants it run."""

    executor: str
    scheduler: str | None
    workers: int | None
    batch: str
    kernel: str
    shard: str | None
    wall_time: str | None


def _share(text: str | None) -> Share:
    from experiments.plan import WHOLE, Share

    if text is None:
        return WHOLE
    match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text)
    if match is None or int(match[1]) >= int(match[2]):
        raise UserError(
            f"--shard {text}",
            "a share is I/N, with I from 0 to N - 1",
            "write for example 0/4, 1/4, 2/4 and 3/4 in four processes",
        )
    return Share(int(match[1]), int(match[2]))


def _run(
    plan: Plan,
    folder: Path,
    options: Options,
    *,
    precision: str | None = None,
    most: int | None = None,
    as_json: bool,
) -> None:
    from experiments.batching import read_batch
    from experiments.execution.choose import chosen_executor
    from experiments.execution.stopping import end_of
    from experiments.overview import overview
    from experiments.running import How, run_plan, tell_of_failures

    del precision, most
    share, ends_at, batch = (
        _share(options.shard),
        end_of(options.wall_time),
        read_batch(options.batch),
    )
    with chosen_executor(
        options.executor, options.scheduler, options.workers, plan.lanes
    ) as executor:
        ran = run_plan(plan, folder, How(executor, batch, options.kernel, share, ends_at))
    tell_of_failures(ran, folder)
    if as_json:
        print_json(overview(folder).document())
        return
    _tell(ran, folder)


def _tell(ran: Ran, folder: Path) -> None:
    from experiments.execution.course import readable_seconds
    from experiments.overview import overview, print_overview
    from experiments.statistics import compare_policies
    from experiments.store import open_for_reading
    from experiments.tables import print_comparison

    done = f"{ran.work.lanes:,} lanes in {readable_seconds(ran.seconds)}"
    if not ran.complete:
        why = "time is up; " if ran.out_of_time else ""
        typer.echo(f"{done}; {why}more is to be done: fivesteps status {folder}")
        return
    directory = open_for_reading(folder)
    if directory.manifest.settings > 1:
        print_overview(overview(folder))
    else:
        results = directory.results()
        print_comparison(results, compare_policies(results))
    typer.echo(f"Run: {done}\nResults: {folder}\nFigures: fivesteps plot {folder}")

"""Running experiments: sweep, extend."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.commands.executing import (
    Batch,
    ExecutorName,
    Options,
    Scheduler,
    WallTime,
    Workers,
)
from experiments.commands.options import ExperimentName, Folder, Json, Kernel, print_json
from experiments.errors import UserError, command, echo

if TYPE_CHECKING:
    from experiments.analysis import Goal, Rule
    from experiments.execution import Precise, Ran
    from experiments.planning import Plan


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
            help="Add worlds until the 95% interval of every difference in this outcome is"
            " no wider; 5% is of the baseline's mean, 0.3 in the outcome's unit.",
        ),
    ] = None,
    most: Annotated[
        int | None, typer.Option(min=2, help="Most worlds that --precision may take.")
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
    from experiments.execution import aim_of

    what = load_experiment(experiment)
    for line in what.remarks():
        echo(line, err=True)
    plan = what.plan(replications)
    folder = out or what.folder
    options = Options(executor, scheduler, workers, batch, kernel, shard, wall_time)
    alone = shard is not None and precision is None  # a share runs the replications it is told
    aim = (
        None
        if alone
        else aim_of(what, plan, replications=replications, precision=precision, most=most)
    )
    if aim is None:
        _run(plan, folder, options, as_json=as_json)
    else:
        _run_until_precise(plan, folder, options, *aim, as_json=as_json)


def extend(
    folder: Folder,
    replications: Annotated[
        int | None,
        typer.Option(help="Random worlds that it shall have then.", show_default="as it has"),
    ] = None,
    policies: Annotated[
        str | None,
        typer.Option(help="Policies to add: names and paths.", show_default="none"),
    ] = None,
    executor: ExecutorName = "local",
    scheduler: Scheduler = None,
    workers: Workers = None,
    batch: Batch = "auto",
    kernel: Kernel = "auto",
    wall_time: WallTime = None,
    as_json: Json = False,
) -> None:
    """Add replications or policies to a run directory, without running again what it has."""
    from experiments.planning import select_policies
    from experiments.store import open_for_reading, plan_of, settings_of

    manifest = open_for_reading(folder).manifest
    if replications is None and policies is None:
        raise UserError(
            "extend with nothing to add",
            "worlds or policies are added to what a directory has",
            "write `--replications NUMBER`, `--policies NAME,...`, or both",
        )
    scenario = settings_of(manifest, folder).base
    new = select_policies(policies, scenario).policies if policies is not None else ()
    plan = plan_of(manifest, folder, replications, new)
    options = Options(executor, scheduler, workers, batch, kernel, None, wall_time)
    _run(plan, folder, options, as_json=as_json)


def _run(plan: Plan, folder: Path, options: Options, *, as_json: bool) -> None:
    from experiments.execution import run_plan, tell_of_failures

    with options.how(plan.lanes) as how:
        ran = run_plan(plan, folder, how)
    tell_of_failures(ran, folder)
    _tell(ran, folder, as_json=as_json)


def _run_until_precise(
    plan: Plan, folder: Path, options: Options, goal: Goal, rule: Rule, *, as_json: bool
) -> None:
    from experiments.execution import run_until_precise, tell_of_failures

    def say(line: str) -> None:
        echo(line, err=True)

    if options.shard is not None:
        raise UserError(
            f"--shard {options.shard} with a precision",
            "how many worlds it takes is known from all lanes together",
            "run the shares with --replications, then add to them without --shard",
        )
    with options.how(plan.lanes) as how:
        found = run_until_precise(plan, folder, how, goal, rule, say)
    tell_of_failures(found.ran, folder)
    _tell(found.ran, folder, as_json=as_json, more={"precision": found.document()})
    if found.ran.complete and not as_json:
        _tell_precision(found, goal, rule)


def _tell_precision(found: Precise, goal: Goal, rule: Rule) -> None:
    from experiments.terminal import say

    count = max(one.replications for one in found.progress)
    if found.reached:
        say(f"Precision: {goal} is reached with {count:,} worlds")
        return
    rows = [row for one in found.progress for row in one.differences if not row.precise]
    if all(math.isnan(row.target) for row in rows):
        say(f"Precision: {goal} cannot be reached: the baseline's mean is 0; give a width")
        return
    widest = max(rows, key=lambda row: row.width / row.target)
    why = "the most that may be taken" if count >= rule.most else "no more would help"
    say(
        f"Precision: {goal} is not reached with {count:,} worlds, {why}: the interval of"
        f" {widest.policy} is {widest.width:.3g} wide, not {widest.target:.3g}"
    )


def _tell(ran: Ran, folder: Path, *, as_json: bool, more: Mapping[str, Any] | None = None) -> None:
    from experiments.analysis import overview, print_overview
    from experiments.outcomes import compare_policies
    from experiments.store import open_for_reading
    from experiments.terminal import print_comparison, print_outcomes, readable_seconds, say

    if as_json:
        told = overview(folder).document()
        print_json({**told, "complete": ran.complete, **(more or {})})
        return
    done = f"{ran.work.lanes:,} lanes in {readable_seconds(ran.seconds)}"
    if not ran.complete:
        echo(f"{done}; {_what_is_left(ran)}: {command('status', folder)}")
        return
    directory = open_for_reading(folder)
    results = directory.results()
    if len(results.policies) == 1:
        say(f"There is nothing to compare {results.baseline} with: it is the only policy.")
        if directory.manifest.settings == 1:
            print_outcomes(results)
    elif directory.manifest.settings > 1:
        print_overview(overview(folder))
    else:
        print_comparison(results, compare_policies(results, directory.asked()))
    echo(f"Run: {done}\nResults: {folder}\nFigures: {command('plot', folder)}")


def _what_is_left(ran: Ran) -> str:
    if not ran.missing:
        return "every lane is there; another process is at work and writes the tables"
    why = "time is up; " if ran.out_of_time else ""
    return f"{why}more is to be done, {ran.missing:,} lanes are missing"

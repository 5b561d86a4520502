"""What each part of a model does: audit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
    ScenarioName,
    Seed,
    Values,
    listed,
    print_json,
    tell_left_out,
)
from experiments.errors import command, echo


def audit(
    scenario: ScenarioName,
    policies: Annotated[
        str | None,
        typer.Option(
            help="Policies with commas between, or `all`; parts are changed under each.",
            show_default="the scenario's baseline",
        ),
    ] = None,
    only: Annotated[
        str,
        typer.Option(
            metavar="PATTERN,...",
            help="Parts to look at, such as `organisations.*,trust*`; `*` and `?` stand for"
            " anything.",
        ),
    ] = "*",
    replications: Annotated[
        int, typer.Option(min=1, help="Random worlds that each change runs in.")
    ] = 50,
    seed: Seed = 1,
    out: Annotated[
        Path | None,
        typer.Option(help="Run directory.", show_default="results/SCENARIO-audit-SEED"),
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
    """Find what each part of the model does, and which parts do nothing.

    Takes away, one at a time, every organisation, kind of desk, store, instrument, block of
    casework, rule and trust, sets counts to 0, and halves and doubles every number of threat,
    casework and trust (a share doubles to 1 at most; a number goes as far as the rules of the
    scenario let it). Organisations, desks and instruments are closed, and what happens goes on.

    Each change runs in the same worlds as the scenario as declared. A part that moves no headline
    outcome in any of them is inert. Given again with the same --out, it runs only what is missing.
    """
    from agents import load_scenario
    from experiments.analysis import Study, audit as found_in, write_audit
    from experiments.designs import audit_of, reasons_of
    from experiments.execution import refuse_unfinished, run_plan, tell_of_failures
    from experiments.planning import make_plan, select_policies, with_values
    from experiments.printing import print_audit

    what = load_scenario(scenario)
    selection = select_policies(what.baseline if policies is None else policies, what)
    what, chosen = with_values(what, selection.policies, values or ())
    made = audit_of(what, chosen, listed(only))
    plan = make_plan(
        made.settings(),
        chosen,
        baseline=None,
        seed=seed,
        replications=replications,
        experiment=made.document(),
    )
    folder = out or Path("results") / f"{what.name}-audit-{seed}"
    ways = len(plan.settings) - 1
    echo(f"{len(made.parts.found):,} parts, {ways:,} changes, {plan.lanes:,} lanes", err=True)
    options = Options(executor, scheduler, workers, batch, kernel, None, wall_time)
    with options.how(plan.lanes) as how:
        ran = run_plan(plan, folder, how)
    tell_of_failures(ran, folder)
    refuse_unfinished(ran, folder)
    found = found_in(Study.of(folder), reasons_of(what.name))
    write_audit(folder, found)
    if as_json:
        print_json(found.document())
        return
    print_audit(found)
    tell_left_out(selection.left_out)
    echo(f"Results: {folder}\nFigures: {command('plot', folder)}")

"""Running and comparing policies: run, compare, plot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.commands.options import (
    Folder,
    Json,
    Kernel,
    Measures,
    Policies,
    Programmes,
    Replications,
    ScenarioName,
    Seed,
    Values,
    print_json,
    tell_left_out,
)
from experiments.errors import UserError, command, echo

if TYPE_CHECKING:
    from experiments.outcomes import Results


def run(
    scenario: ScenarioName,
    policy: Annotated[
        str | None, typer.Option(help="Name or path; the scenario's baseline if left out.")
    ] = None,
    seed: Seed = 1,
    replications: Replications = 1,
    out: Annotated[
        Path | None, typer.Option(help="Run directory to write; none if left out.")
    ] = None,
    kernel: Kernel = "auto",
    values: Values = None,
    as_json: Json = False,
) -> None:
    """Run one policy and print what came out."""
    from agents import load_scenario
    from experiments.execution import How, run_plan, run_single, tell_of_failures
    from experiments.planning import make_plan, select_policies, with_values
    from experiments.store import open_for_reading
    from experiments.terminal import print_outcomes, print_years

    what = load_scenario(scenario)
    named = what.baseline if policy is None else policy
    policies = select_policies([named], what, option="--policy").policies
    if len(policies) > 1:
        raise UserError(
            f"--policy {policy!r}",
            "`run` takes one policy",
            "name one, or use `fivesteps compare`",
        )
    what, policies = with_values(what, policies, values or ())
    plan = make_plan(what, policies, baseline=None, seed=seed, replications=replications)
    if out is None:
        results = run_single(plan, kernel=kernel)
    else:
        tell_of_failures(run_plan(plan, out, How(kernel=kernel)), out)
        results = open_for_reading(out).results()
    if as_json:
        print_json(_outcomes(results))
    else:
        print_outcomes(results)
        print_years(results, results.outcomes)
        if out is not None:
            echo(f"Results: {out}")


def compare(
    scenario: ScenarioName,
    policies: Policies = "all",
    replications: Replications = 100,
    seed: Seed = 1,
    baseline: Annotated[
        str | None,
        typer.Option(help="Policy to compare with; the scenario's baseline if left out."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Run directory.", show_default="results/SCENARIO-SEED"),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Processes.", show_default="one for every processor"),
    ] = None,
    batch: Annotated[
        str,
        typer.Option(
            metavar="LANES",
            help="Most lanes run together in a process; `auto` for what suits the machine.",
        ),
    ] = "auto",
    kernel: Kernel = "auto",
    values: Values = None,
    measures: Measures = None,
    programmes: Programmes = None,
    outcomes: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,NAME...",
            help="Outcomes to show and to test together.",
            show_default="the headlines",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare policies, also under measures and programmes of them, in the same random worlds.

    Run again with the same --out, it goes on where it was broken off; with more --replications it
    adds those that are missing.
    """
    from experiments.execution import How, local, run_plan, tell_of_failures
    from experiments.outcomes import compare_policies
    from experiments.planning import outcomes_named, plan_comparison, read_batch
    from experiments.store import open_for_reading
    from experiments.terminal import print_comparison, print_outcomes, print_years, say

    most = read_batch(batch)
    planned = plan_comparison(
        scenario,
        policies,
        baseline=baseline,
        seed=seed,
        replications=replications,
        values=values or (),
        measures=measures,
        programmes=programmes,
    )
    plan = planned.plan
    asked = None if outcomes is None else outcomes_named(outcomes, plan.outcomes)
    folder = out or planned.folder
    how = How(local(workers, plan.lanes), batch=most, kernel=kernel)
    tell_of_failures(run_plan(plan, folder, how), folder)
    results = open_for_reading(folder).results()
    rows = compare_policies(results, asked)
    if as_json:
        totals = {outcome.name: outcome.total for outcome in results.outcomes}
        names = set(totals) if asked is None else {outcome.name for outcome in asked}
        shown = [row for row in rows if {row.outcome, totals[row.outcome]} & names]
        print_json([row.document() for row in shown])
        return
    if len(results.policies) > 1:
        print_comparison(results, rows)
    else:
        say(f"There is nothing to compare {results.baseline} with: it is the only policy.")
        print_outcomes(results, asked)
    print_years(results, asked)
    for remark in planned.remarks:
        say(remark)
    tell_left_out(planned.left_out)
    echo(f"Results: {folder}\nFigures: {command('plot', folder)}")


def plot(
    folder: Folder,
    setting: Annotated[
        int | None,
        typer.Option(
            help="Setting of an experiment to draw by itself.", show_default="all together"
        ),
    ] = None,
    svg: Annotated[bool, typer.Option("--svg", help="Write SVG files as well.")] = False,
) -> None:
    """Draw the figures of a run directory into DIR/figures."""
    from experiments.figures import plot as draw

    left_out: list[str] = []
    for path in draw(folder, setting=setting, svg=svg, say=left_out.append):
        echo(str(path))
    for line in left_out:
        echo(line, err=True)


def _outcomes(results: Results) -> dict[str, Any]:
    """Return the outcomes of one policy as plain JSON content."""
    import numpy as np

    rows = []
    for replication in range(results.replications):
        row: dict[str, Any] = {"replication": replication}
        for outcome in results.outcomes:
            value = float(results.values[outcome.name][0, replication])
            row[outcome.name] = value if np.isfinite(value) else None
        rows.append(row)
    return {
        "scenario": results.scenario,
        "policy": results.policies[0],
        "seed": results.seed,
        "outcomes": rows,
    }

"""Deciding between policies: rank."""

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
    Measures,
    Policies,
    Programmes,
    ScenarioName,
    Seed,
    print_json,
    tell_left_out,
)
from experiments.errors import UserError, echo

if TYPE_CHECKING:
    from experiments.analysis import Ranking
    from experiments.outcomes import Outcome


def rank(
    scenario: ScenarioName,
    outcome: Annotated[str, typer.Option(help="Outcome that decides.")],
    indifference: Annotated[
        float,
        typer.Option(help="Smallest difference that matters, in the outcome's unit."),
    ],
    policies: Policies = "all",
    measures: Measures = None,
    programmes: Programmes = None,
    confidence: Annotated[
        float, typer.Option(help="Probability with which the policy named best shall be it.")
    ] = 0.95,
    first: Annotated[
        int, typer.Option(min=10, help="Worlds of the first stage, of every policy.")
    ] = 50,
    step: Annotated[int, typer.Option(min=1, help="Worlds of each further stage.")] = 50,
    most: Annotated[int, typer.Option(min=10, help="Most worlds of a policy.")] = 2000,
    seed: Seed = 1,
    out: Annotated[
        Path | None,
        typer.Option(help="Run directory.", show_default="results/SCENARIO-rank-OUTCOME-SEED"),
    ] = None,
    executor: ExecutorName = "local",
    scheduler: Scheduler = None,
    workers: Workers = None,
    batch: Batch = "auto",
    kernel: Kernel = "auto",
    wall_time: WallTime = None,
    as_json: Json = False,
) -> None:
    """Find the best policy in one outcome, with a guarantee (Kim and Nelson's procedure).

    With measures or programmes, the best of all alternatives: policies under each of them.

    Policies that fall behind are dropped, so that replications go where they decide. If the best
    is better than all others by the indifference or more, it is named with the given probability.
    """
    from agents import load_scenario
    from experiments.execution import refuse_unfinished, run_ranking, tell_of_failures
    from experiments.planning import alternatives, make_plan, select_policies
    from experiments.terminal import say as tell

    if most < first:
        raise UserError(
            f"--most {most} with --first {first}",
            "the first stage is run in any case, and counts",
            "write a --most that is no less than --first, or a smaller --first",
        )
    what = load_scenario(scenario)
    selection = select_policies(policies, what)
    made = alternatives(what, selection.policies, measures, programmes)
    plan = make_plan(what, made.policies, baseline=None, seed=seed, replications=first)
    decides = _outcome(outcome, plan.outcomes)
    ranking = _ranking(plan.names, decides, indifference, confidence, first, step)
    folder = out or Path("results") / f"{what.name}-rank-{outcome}-{seed}"
    options = Options(executor, scheduler, workers, batch, kernel, None, wall_time)

    def say(line: str) -> None:
        echo(line, err=True)

    with options.how(plan.lanes) as how:
        ran = run_ranking(plan, folder, how, outcome, ranking, most, say)
    tell_of_failures(ran, folder)
    refuse_unfinished(ran, folder)
    if as_json:
        print_json(ranking.document())
        return
    _tell(ranking, decides)
    for remark in made.remarks:
        tell(remark)
    tell_left_out(selection.left_out)
    echo(f"Results: {folder}")


def _outcome(name: str, outcomes: tuple[Outcome, ...]) -> Outcome:
    from scenarios.errors import unknown_name

    for outcome in outcomes:
        if outcome.name == name:
            return outcome
    raise unknown_name("outcome", name, [one.name for one in outcomes], where="--outcome")


def _ranking(
    names: tuple[str, ...],
    outcome: Outcome,
    indifference: float,
    confidence: float,
    first: int,
    step: int,
) -> Ranking:
    from experiments.analysis import Ranking

    try:
        return Ranking(
            names,
            outcome.better,
            indifference=indifference,
            confidence=confidence,
            first=first,
            step=step,
        )
    except ValueError as error:
        raise UserError(
            f"--policies {','.join(names)} --indifference {indifference}"
            f" --confidence {confidence}: {error}",
            "a ranking needs two policies, an indifference above 0, and a confidence below 1 and"
            " above that of drawing lots",
            f"write for example --indifference 0.01 (in {outcome.unit}) --confidence 0.95",
        ) from None


def _tell(ranking: Ranking, outcome: Outcome) -> None:
    from experiments.terminal import DIRECTION, Column, number, print_table, say

    standing = "best" if ranking.decided else "left"
    rows = [(name, f"{ranking.replications:,}", standing, "", "") for name in ranking.survivors]
    for one in reversed(ranking.eliminated):
        standing = "close" if ranking.is_close(one) else "worse"
        rows.append((one.name, f"{one.after:,}", standing, number(one.behind), one.by))
    print_table(
        [
            Column("policy"),
            Column("worlds", "number"),
            Column("standing"),
            Column("behind by", "number"),
            Column("behind which"),
        ],
        rows,
        title=f"{outcome.label} ({outcome.unit}; {DIRECTION[outcome.better]})",
    )
    least = f"{ranking.indifference:g} {outcome.unit}"
    if any(ranking.is_close(one) for one in ranking.eliminated):
        say(f"close: behind by no more than {least}, which does not matter.")
    if ranking.best is not None:
        say(
            f"Best: {ranking.best}, with probability {ranking.confidence:g} or more if it is"
            f" better than the others by {least}; else it is within that of the best."
        )
    else:
        names = ", ".join(ranking.survivors)
        say(
            f"Not decided between {names} after {ranking.replications:,} worlds"
            f" ({ranking.leading} leads): allow more with --most, or a wider --indifference."
        )

"""What drives an answer, when it fails, what holds: sensitivity, discover, weigh."""

from __future__ import annotations

import math
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
from experiments.commands.options import (
    Folder,
    Json,
    Kernel,
    ScenarioName,
    Seed,
    listed,
    print_json,
    tell_left_out,
)
from experiments.errors import UserError, command, echo

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from matplotlib.figure import Figure

    from experiments.analysis import Event, Study

METHODS = ("morris", "saltelli", "one-at-a-time")


def sensitivity(
    scenario: ScenarioName,
    outcome: Annotated[
        str | None,
        typer.Option(help="Outcomes with commas between.", show_default="the headlines"),
    ] = None,
    policies: Annotated[
        str,
        typer.Option(help="Policies with commas between; the first is the baseline."),
    ] = "bilateral,hub-and-spoke",
    method: Annotated[
        str,
        typer.Option(
            metavar="|".join(METHODS),
            help="Morris' screening, Sobol' indices on Saltelli's design, or each guess by itself.",
        ),
    ] = "morris",
    size: Annotated[
        int | None,
        typer.Option(
            min=2,
            help="Trajectories of Morris, or points of Saltelli (a power of two); one at a time"
            " has none.",
            show_default="10, or 64",
        ),
    ] = None,
    factor: Annotated[
        float, typer.Option(help="Each guess is varied from a part to a multiple of itself.")
    ] = 2.0,
    parameters: Annotated[
        str, typer.Option(help="Patterns of what to vary, with commas, such as `desks.*`.")
    ] = "*",
    replications: Annotated[int, typer.Option(min=1, help="Random worlds of each setting.")] = 10,
    seed: Seed = 1,
    out: Annotated[
        Path | None,
        typer.Option(help="Run directory.", show_default="results/SCENARIO-METHOD-SEED"),
    ] = None,
    executor: ExecutorName = "local",
    scheduler: Scheduler = None,
    workers: Workers = None,
    batch: Batch = "auto",
    kernel: Kernel = "auto",
    wall_time: WallTime = None,
    as_json: Json = False,
) -> None:
    """Find which guesses drive the answer: every number marked `assumed` is varied.

    Numbers of the scenario, its place and the policies.

    Runs the settings (again with the same --out, only what is missing), then ranks the guesses by
    what they do to the difference between each policy and the baseline.
    """
    from agents import load_scenario
    from experiments.analysis import Study
    from experiments.designs import default_experiment, guesses_of
    from experiments.execution import refuse_unfinished, run_plan, tell_of_failures
    from experiments.planning import make_plan, select_policies
    from scenarios.errors import unknown_name

    what = load_scenario(scenario)
    known = [one.name for one in what.outcomes]
    for name in listed(outcome) if outcome else ():
        if name not in known:
            raise unknown_name("outcome", name, known, where="--outcome")
    selection = select_policies(policies, what)
    guesses = guesses_of(what, selection.policies, factor=factor, only=tuple(listed(parameters)))
    made = default_experiment(
        what,
        selection.policies,
        guesses=guesses,
        design=_design(method, size),
        seed=seed,
        replications=replications,
    )
    baseline = made.policies[0].name
    if len(made.policies) == 1:
        raise UserError(
            f"--policies {policies}",
            "it is the difference between policies that guesses are ranked by",
            "name a second policy",
        )
    plan = make_plan(
        made.settings(),
        made.policies,
        baseline=baseline,
        seed=seed,
        replications=replications,
        experiment=made.document(),
    )
    folder = out or Path("results") / f"{what.name}-{method}-{seed}"
    settings = len(plan.settings)
    echo(
        f"{len(guesses.parameters)} guesses, {settings:,} settings, {plan.lanes:,} lanes", err=True
    )
    options = Options(executor, scheduler, workers, batch, kernel, None, wall_time)
    with options.how(plan.lanes) as how:
        ran = run_plan(plan, folder, how)
    tell_of_failures(ran, folder)
    refuse_unfinished(ran, folder)
    study = Study.of(folder)
    chosen = listed(outcome) if outcome else [one.name for one in study.outcomes]
    _tell_drivers(study, chosen, as_json=as_json)
    if not as_json:
        tell_left_out(selection.left_out)
        _tell_fixed(guesses.fixed)
        echo(f"Results: {folder}\nFigures: {command('plot', folder)}")


def _design(method: str, size: int | None) -> dict[str, Any]:
    if method not in METHODS:
        raise UserError(
            f"--method {method}", f"there are the methods {', '.join(METHODS)}", "write one of them"
        )
    sizes = {"morris": {"trajectories": size or 10}, "saltelli": {"points": size or 64}}
    if size is not None and method not in sizes:
        raise UserError(
            f"--size {size} with --method {method}",
            "each guess is set to its low and its high end, and there is no more to it",
            f"leave --size out, or choose one of {', '.join(sizes)}",
        )
    return {"kind": method, **sizes.get(method, {})}


def _tell_drivers(study: Study, outcomes: Iterable[str], *, as_json: bool) -> None:
    from experiments.printing import print_drivers, print_meanings

    found, results = {}, []
    for name in outcomes:
        for policy in study.others:
            result = study.drivers(study.outcome(name), policy, study.futures.baseline)
            found[f"{name} {policy}"] = result.document()
            results.append(result)
            if not as_json:
                print_drivers(study, study.outcome(name), policy, result)
    if as_json:
        print_json(found)
    else:
        print_meanings(study, results)


def _tell_fixed(fixed: Mapping[str, str]) -> None:
    """Say which guesses are not varied, those of one reason together."""
    from experiments.terminal import say

    by_reason: dict[str, list[str]] = {}
    for name, why in fixed.items():
        by_reason.setdefault(why, []).append(name)
    for why, names in by_reason.items():
        say(f"Not varied, since {why}: {', '.join(names)}")


def discover(
    folder: Folder,
    outcome: Annotated[str, typer.Option(help="Outcome that the policy fails or wins in.")],
    policy: Annotated[str, typer.Option(help="Policy that is looked at.")],
    wins: Annotated[
        bool, typer.Option("--wins/--fails", help="Where it is better, or worse.")
    ] = False,
    bound: Annotated[
        float | None,
        typer.Option(help="What to compare with, in the outcome's unit; the baseline if left out."),
    ] = None,
    surely: Annotated[
        bool, typer.Option("--surely", help="Only where the 95% interval is on that side.")
    ] = False,
    method: Annotated[
        str, typer.Option(metavar="prim|cart", help="Boxes by peeling, or by splits.")
    ] = "prim",
    as_json: Json = False,
) -> None:
    """Find the conditions under which a policy fails or wins (needs the extra `explore`)."""
    from experiments.analysis import Study
    from experiments.figures import discovery as figures, style
    from experiments.printing import print_discovery

    if method not in {"prim", "cart"}:
        raise UserError(
            f"--method {method}", "there are the methods prim, cart", "write one of them"
        )
    if bound is not None and math.isnan(bound):
        raise UserError("--bound nan", "nothing is above or below it", "write a number")
    study = Study.of(folder)
    event: Event = "wins" if wins else "fails"
    cases = study.cases(study.outcome(outcome), policy, event, bound=bound, surely=surely)
    found = study.conditions(cases, "prim" if method == "prim" else "cart")
    if as_json:
        print_json(found.document())
        return
    print_discovery(found)
    with style.settings():
        figure = figures.draw(
            found, study.futures.table, cases.of_interest, study.line, study.scales
        )
        if figure is not None:
            _save(folder, f"conditions-{outcome}-{policy}-{event}", figure)


def weigh(
    folder: Folder,
    outcome: Annotated[
        str | None,
        typer.Option(help="Outcomes with commas between.", show_default="those of the experiment"),
    ] = None,
    good_enough: Annotated[
        str | None,
        typer.Option(
            metavar="OUTCOME=VALUE,...",
            help="What a mean must reach; counts the settings in which each policy does.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Weigh policies over all settings: the worst case, regret, and who is beaten in everything."""
    from experiments.analysis import Study
    from experiments.printing import print_front, print_robustness

    study = Study.of(folder)
    bounds = _bounds(good_enough)
    names = listed(outcome) if outcome else [one.name for one in study.outcomes]
    chosen = tuple(study.outcome(name) for name in names)
    asked = [study.outcome(name, option="--good-enough") for name in bounds]
    weighed = (*chosen, *(one for one in asked if one not in chosen))
    found = [study.robustness(one, bounds.get(one.name)) for one in weighed]
    objectives = chosen if outcome else study.objectives
    front = study.front(objectives)
    if as_json:
        content = [one.document() for one in found]
        print_json({"robustness": content, "front": front.document()})
        return
    for one, result in zip(weighed, found, strict=True):
        print_robustness(one, result)
    print_front(objectives, front)
    echo(f"Figures: {command('plot', folder)}")


def _bounds(text: str | None) -> dict[str, float]:
    found = {}
    for part in listed(text) if text else ():
        name, _, value = part.partition("=")
        try:
            found[name.strip()] = bound = float(value)
            if math.isnan(bound):
                raise ValueError  # noqa: TRY301 - as what is no number at all
        except ValueError:
            raise UserError(
                f"--good-enough {part}",
                "what is good enough is an outcome and a number in its unit",
                "write for example members_arrested=60",
            ) from None
    return found


def _save(folder: Path, name: str, figure: Figure) -> None:
    from experiments.figures import save
    from experiments.store import FIGURES, make_folder

    target = folder / FIGURES
    make_folder(target)
    for path in save(figure, target, name, svg=False):
        echo(str(path))

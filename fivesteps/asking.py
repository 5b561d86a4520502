"""Running: compare, sweep, assess."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.errors import tell
from fivesteps.errors import told
from fivesteps.naming import Named, Names, assigned, listed, named
from fivesteps.opening import read

if TYPE_CHECKING:
    from experiments.execution import How
    from fivesteps.results import Assessment, Comparison, Run


def compare(
    scenario: Named,
    policies: Names = "all",
    *,
    replications: int = 100,
    seed: int = 1,
    baseline: str | None = None,
    values: Mapping[str, object] | None = None,
    measures: Names | None = None,
    programmes: Names | None = None,
    outcomes: Names | None = None,
    out: Named | None = None,
    workers: int | None = None,
    kernel: str = "auto",
) -> Comparison:
    """Compare policies, also under measures and programmes of them, in the same random worlds.

    What `out` has already is not run again: the same call opens a finished comparison, goes on with
    one that was broken off, and with more replications adds those that are missing.

    Parameters
    ----------
    scenario
        Name in the catalogue, or path of a file.
    policies
        Names and paths; ``"all"`` for the catalogue.
    replications
        Random worlds that each policy runs in.
    seed
        Root seed of the random worlds.
    baseline
        Policy to compare with; the scenario's baseline if left out.
    values
        Other values for the scenario or a policy by path, as
        ``{"desks.police.reads.value": 20}``.
    measures
        Measures in force from the first tick, each beside every policy alone; several together
        have ``+`` between.
    programmes
        Programmes of measures; every policy runs under each.
    outcomes
        Outcomes to show and to test together; the headlines if left out.
    out
        Run directory; ``results/SCENARIO-SEED`` if left out.
    workers
        Processes; one for every processor if left out.
    kernel
        What messages are moved with, ``auto``, ``numpy`` or ``compiled``; all give the same.

    Raises
    ------
    Error
        If a name is not known, anything breaks a rule, or lanes could not be run.
    """
    from experiments.execution import run_plan, tell_of_failures
    from experiments.planning import outcomes_named, plan_comparison
    from fivesteps.results import Comparison

    with told():
        planned = plan_comparison(
            named(scenario),
            listed(policies),
            baseline=baseline,
            seed=seed,
            replications=replications,
            values=assigned(values),
            measures=None if measures is None else listed(measures),
            programmes=None if programmes is None else listed(programmes),
        )
        plan = planned.plan
        asked = None if outcomes is None else outcomes_named(listed(outcomes), plan.outcomes)
        folder = planned.folder if out is None else Path(out)
        tell_of_failures(run_plan(plan, folder, _how(workers, kernel, plan.lanes)), folder)
        left_out = (f"Left out: {name} is {why}" for name, why in planned.left_out.items())
        return Comparison.at(folder, asked=asked, remarks=(*planned.remarks, *left_out))


def sweep(
    experiment: Named | Mapping[str, Any],
    *,
    replications: int | None = None,
    precision: str | None = None,
    most: int | None = None,
    out: Named | None = None,
    workers: int | None = None,
    kernel: str = "auto",
) -> Run:
    """Run an experiment: policies in every setting of a design, in the same random worlds.

    Parameters
    ----------
    experiment
        Name in the catalogue, path of a file, or what such a file would declare; paths in it begin
        in the working folder then.
    replications
        Random worlds; as the experiment says if left out.
    precision
        ``OUTCOME=WIDTH``: worlds are added until every interval is no wider; a width in per cent
        is of the baseline's mean.
    most
        Most worlds that a precision may take.
    out
        Run directory; ``results/EXPERIMENT`` if left out.
    workers, kernel
        As for `compare`.

    Returns
    -------
    Run
        A `Sweep`; of an experiment with a single setting, a `Comparison`.

    Raises
    ------
    Error
        As `compare`.
    """
    from experiments.designs import experiment_of, load_experiment
    from experiments.execution import aim_of, run_plan, run_until_precise, tell_of_failures

    with told():
        if isinstance(experiment, Mapping):
            what = experiment_of(experiment)
        else:
            what = load_experiment(named(experiment))
        plan = what.plan(replications)
        folder = what.folder if out is None else Path(out)
        how = _how(workers, kernel, plan.lanes)
        aim = aim_of(what, plan, replications=replications, precision=precision, most=most)
        if aim is None:
            ran = run_plan(plan, folder, how)
        else:
            ran = run_until_precise(plan, folder, how, *aim, tell).ran
        tell_of_failures(ran, folder)
        found = read(folder)
        found.remarks = tuple(what.remarks())
        return found


def assess(
    scenario: Named,
    measures: Names = "all",
    *,
    policies: Names | None = None,
    replications: int = 50,
    seed: int = 1,
    top: int = 4,
    orders: int = 24,
    values: Mapping[str, object] | None = None,
    outcomes: Names | None = None,
    out: Named | None = None,
    workers: int | None = None,
    kernel: str = "auto",
) -> Assessment:
    """Find what each measure of the strategy does, and what they do together.

    Parameters
    ----------
    measures
        Names, numbers of the annex (``"3.3b"``) or paths; ``"all"`` is the catalogue.
    policies
        Policies under which they are assessed; the scenario's baseline if left out.
    top
        Measures with the surest effects that are run together in every order.
    orders
        Orders at the most; a sample if there are more.
    out
        Run directory; ``results/SCENARIO-assessment-SEED`` if left out.
    scenario, replications, seed, values, outcomes, workers, kernel
        As for `compare`.

    Raises
    ------
    Error
        As `compare`; if none of the measures touches anything.
    """
    from experiments.analysis import write_assessment
    from experiments.designs import plan_assessment
    from experiments.execution import Extent, refuse_unfinished, run_assessment, tell_of_failures
    from fivesteps.results import Assessment

    with told():
        made, left_out = plan_assessment(
            named(scenario),
            None if policies is None else listed(policies),
            listed(measures),
            outcomes=None if outcomes is None else listed(outcomes),
            values=assigned(values),
        )
        folder = made.folder(seed) if out is None else Path(out)
        how = _how(workers, kernel, len(made.first()) * len(made.policies) * replications)
        extent = Extent(seed, replications, top, orders)
        ran, found = run_assessment(made, folder, how, extent, tell)
        tell_of_failures(ran, folder)
        refuse_unfinished(ran, folder)
        if found is not None:
            write_assessment(folder, found)
        remarks = tuple(f"Left out: {name} is {why}" for name, why in left_out.items())
        return Assessment.at(folder, remarks=remarks)


def _how(workers: int | None, kernel: str, lanes: int) -> How:
    from experiments.execution import How, local

    return How(local(workers, lanes), kernel=kernel)

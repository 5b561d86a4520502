"""Running replications in stages, until enough is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.errors import UserError
from experiments.execution.placing import How
from experiments.execution.running import Ran, run_plan
from experiments.outcomes import FEWEST, restricted
from experiments.store import NAME, RunDirectory, open_for_reading, read_manifest

if TYPE_CHECKING:
    from experiments.analysis import Goal, Progress, Ranking, Rule
    from experiments.designs import LoadedExperiment
    from experiments.planning import Plan

Say = Callable[[str], None]


@dataclass(frozen=True)
class Precise:
    """What running until a goal was reached came to."""

    ran: Ran
    progress: tuple[Progress, ...]
    """Of each setting."""

    @property
    def reached(self) -> bool:
        """Whether the goal is reached in every setting."""
        return bool(self.progress) and all(one.reached for one in self.progress)

    def document(self) -> dict[str, Any]:
        """Return it as plain JSON content."""
        return {"reached": self.reached, "settings": [one.document() for one in self.progress]}


def aim_of(
    what: LoadedExperiment,
    plan: Plan,
    *,
    replications: int | None = None,
    precision: str | None = None,
    most: int | None = None,
) -> tuple[Goal, Rule] | None:
    """Return the precision that the user or the experiment asks for, None if there is none.

    Parameters
    ----------
    plan
        What is run first.
    replications
        Worlds to begin with, if the user says so.
    precision
        ``OUTCOME=WIDTH``, as `Goal.parse` takes it, in place of the experiment's.
    most
        Most worlds that it may take.

    Raises
    ------
    UserError
        If nothing can be precise, or so much is not to be spent.
    """
    from experiments.analysis import Goal, Rule

    stop = what.spec.stop
    outcomes = [outcome.name for outcome in plan.outcomes]
    if precision is not None:
        goal = Goal.parse(precision, outcomes)
    elif stop is not None:
        goal = Goal.of(stop.outcome, stop.width, outcomes)
    elif most is None:
        return None
    else:
        raise UserError(
            f"--most {most}",
            "only a precision has a budget",
            "add `--precision OUTCOME=WIDTH`, or leave it out",
        )
    rule = Rule(most=most or (stop.most if stop else Rule().most))
    if len(plan.policies) == 1:
        raise UserError(
            f"a precision for {plan.names[0]} alone",
            "it is the difference between policies that is to be precise",
            "name a second policy, or leave the precision out",
        )
    if replications is not None and replications > rule.most:
        raise UserError(
            f"--replications {replications} with a precision",
            f"it begins with those, and may take {rule.most:,} at the most",
            "write fewer, or a larger --most",
        )
    return goal, replace(rule, first=max(FEWEST, plan.replications))


def run_until_precise(plan: Plan, out: Path, how: How, goal: Goal, rule: Rule, say: Say) -> Precise:
    """Add replications until the goal is reached in every setting, or the budget is spent.

    A directory that has more replications than the first stage goes on from those.

    Raises
    ------
    UserError, StoppedError, WorkerLostError
        As `run_plan`.
    """
    plan = replace(plan, replications=max(rule.start(), _held(out)))
    ran = None
    while True:
        ran = run_plan(plan, out, how).after(ran)
        if not ran.complete:
            return Precise(ran, ())
        progress = _progress(open_for_reading(out), goal, rule)
        wanted = max(one.wanted for one in progress)
        found = Precise(ran, progress)
        if found.reached or wanted <= plan.replications:
            return found
        still = sorted({name for one in progress for name in one.open})
        say(f"{plan.replications:,} worlds: {goal} is open for {', '.join(still)}")
        plan = replace(plan, replications=wanted)


def _progress(directory: RunDirectory, goal: Goal, rule: Rule) -> tuple[Progress, ...]:
    from experiments.analysis import progress

    futures = directory.futures((goal.outcome,))
    values = restricted(futures, goal.outcome)
    return tuple(progress(goal, one, futures.policies, futures.baseline, rule) for one in values)


def run_ranking(
    plan: Plan, out: Path, how: How, outcome: str, ranking: Ranking, most: int, say: Say
) -> Ran:
    """Give replications where they decide, until one policy is left or the budget is spent.

    Raises
    ------
    UserError, StoppedError, WorkerLostError
        As `run_plan`.
    """
    need, fewer = _begun(out, ranking, outcome, plan.names)
    ran = None
    while True:
        plan = replace(plan, replications=need, fewer=dict(fewer))
        ran = run_plan(plan, out, how).after(ran)
        if not ran.complete:
            return ran
        futures = open_for_reading(out).futures((outcome,))
        before = len(ranking.eliminated)
        ranking.tell(restricted(futures, outcome)[0])
        for one in ranking.eliminated[before:]:
            fewer.setdefault(one.name, need)
            how_far = ", by less than matters" if ranking.is_close(one) else ""
            say(f"{one.after:,} worlds: {one.name} is behind {one.by}{how_far}")
        wanted = ranking.wanted()
        if not wanted or need >= most:
            return ran
        need = min(most, max(wanted.values()))


def _begun(
    out: Path, ranking: Ranking, outcome: str, names: tuple[str, ...]
) -> tuple[int, dict[str, int]]:
    """Tell a ranking what a directory has; return the replications to have, and those of losers.

    Only who is out by this very ranking needs fewer: a ranking with another indifference or
    confidence may need more of those that an earlier one has dropped.
    """
    need = max(ranking.wanted().values())
    if not (out / NAME).is_file():
        return need, {}
    directory = open_for_reading(out)
    manifest = directory.manifest
    if manifest.policies != names or outcome not in {one.name for one in manifest.outcomes}:
        return need, {}  # what it holds will be refused
    futures = directory.futures((outcome,))
    values, held = restricted(futures, outcome)[0], futures.held[0]
    for told in range(1, manifest.replications + 1):
        left = [names.index(name) for name in ranking.survivors]
        if ranking.decided or not held[left, told - 1].all():
            break
        ranking.tell(values[:, :told])
    fewer = {
        one.name: manifest.fewer.get(one.name, manifest.replications) for one in ranking.eliminated
    }
    return manifest.replications, fewer


def _held(out: Path) -> int:
    """Return the replications that a directory has been made for; 0 if there is none."""
    return read_manifest(out).replications if (out / NAME).is_file() else 0

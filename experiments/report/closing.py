"""What every report ends with: what was not modelled, validation, method, provenance."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from experiments.errors import command
from experiments.report.content import Fact, Section
from experiments.store import engine_digest, version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from experiments.outcomes import Outcome, Results
    from experiments.planning import Settings
    from experiments.store import RunDirectory
    from scenarios.schema import History

NEVER_MODELLED: Final = (
    "Adaptation: no desk filters when it is flooded, and no regime raises its thresholds.",
    "The work of linking a person, a car and an account by hand.",
    "Money spent on systems.",
    "Purpose limitation, beyond the rules that a policy states.",
    "Politics.",
)
BLOCKS: Final = {
    "trust": "Trust between organisations: it neither grows nor falls here.",
    "from": "A calendar: what depends on dates does not happen.",
}
"""Parts of a scenario that it may leave out, and what that means."""
CORE: Final = "sim, scenarios, agents"


def not_modelled(
    directory: RunDirectory, settings: Settings, zeros: Sequence[Outcome] = ()
) -> Section:
    """Return what is not in the model, in this scenario, or in these worlds."""
    document = directory.manifest.documents["scenario"]
    scenario = settings.scenario(0)
    items = [*NEVER_MODELLED, *(text for part, text in BLOCKS.items() if part not in document)]
    items += [
        f"{policy.name}: {reason}." for policy in settings.policies
        if (reason := scenario.why_not(policy)) is not None
    ]  # fmt: skip
    for history in histories_of(scenario.name):
        items += [f"Known from {history.history}: {text}" for text in history.missing]
    items += [f"{outcome.label} is zero in every world: it never occurred." for outcome in zeros]
    return Section("not-modelled", "What was not modelled", items=tuple(items))


def histories_of(scenario: str) -> list[History]:
    """Return the histories of the catalogue that a scenario is set beside."""
    from scenarios.reading import history_entries, load_history

    every = [load_history(str(entry.path)) for entry in history_entries()]
    return [history for history in every if history.scenario == scenario]


def validation(directory: RunDirectory, replayed: str | None) -> Section:
    """Return in three lines how far the run was held against something.

    Parameters
    ----------
    replayed
        What a replay within this report found; None if no lane was run again.
    """
    manifest = directory.manifest
    same = manifest.identity["engine"]["digest"] == engine_digest(manifest.kinds)
    code = "is the code of this program" if same else "is not the code of this program any more"
    names = [history.history for history in histories_of(manifest.scenario)]
    told = (
        f"{len(names)} set known events beside it: {', '.join(names)}. fivesteps history NAME"
        " says"
        " which quantities come out usual, unusual or missed."
        if names
        else "none in the catalogue: the scenario is a set of stated assumptions. Use it to compare"
        " alternatives under them, not to predict numbers."
    )
    facts = (
        Fact("The mechanism", f"is held by tests against a slow reference, exactly, and against"
             f" known laws and a rival simulator; the code of this run ({CORE}) {code}."),
        Fact("This run", replayed or "every shard is as it was written, by its SHA-256; no lane was"
             " run again for this report."),
        Fact("Histories", told),
    )  # fmt: skip
    return Section("validation", "Validation in three lines", facts=facts)


def method(results: Results) -> Section:
    """Return how the numbers came about, in plain words."""
    return Section(
        "method",
        "Method",
        (
            (
                "A world is one random course of events. Every alternative runs in the same"
                f" {results.replications:,} worlds, so world by world the difference between an"
                f" alternative and {results.baseline} is due to nothing but the alternative. The"
                " mean of"
                " these differences is the answer, and its 95% interval (Student's) says how"
                " much of it"
                " may be chance."
            ),
            (
                "A difference is called sure by two tests together: its interval leaves zero"
                " out, and"
                " Wilcoxon's signed-rank test gives a p below 0.05 after Holm's adjustment. The"
                " adjustment counts every outcome and every alternative that is asked about at"
                " once, so"
                " that the chance of even one false finding among all of them stays below one in"
                " twenty."
            ),
            (
                "A time that is not reached counts as the end of the run. Percentiles have the"
                " interval"
                " of order statistics, which needs no assumption about the distribution."
                " Sentences are"
                " written by rules from these numbers; no language model has a part in them."
            ),
        ),
    )


def provenance(directory: RunDirectory) -> Section:
    """Return what was run with what, and how to do it again."""
    manifest = directory.manifest
    identity, runs = manifest.identity, manifest.runs
    facts = [
        Fact("Scenario", _sealed(identity["scenario"])),
        *(Fact("Alternative", _sealed(row)) for row in identity["policies"]),
        Fact("Seed", str(identity["seed"])),
        Fact("Worlds", f"{manifest.replications:,}, over {manifest.horizon_days:g} days each"),
        Fact("Settings", f"{manifest.settings:,}"),
        Fact("Engine", f"fivesteps {identity['engine']['version'] or '(not installed)'},"
             f" SHA-256 {identity['engine']['digest']}"),
        *(Fact("Run", _run(run)) for run in runs[:3]),
        Fact("This report", f"fivesteps {version() or '(not installed)'}"),
    ]  # fmt: skip
    again = Path(directory.folder.name or "DIR")
    return Section(
        "provenance",
        "Where this comes from, and how to repeat it",
        (
            (
                "The run directory holds scenario, alternatives and seed in full. The first line"
                " runs"
                " every lane again from what it holds and compares to the bit; the last writes this"
                " page again, to the byte."
            ),
        ),
        facts=tuple(facts),
        commands=(
            command("verify", again, "--lanes", "all"),
            *_compare(directory, again),
            command("report", again),
        ),
    )


def _sealed(row: dict[str, str]) -> str:
    return f"{row['name']}, SHA-256 {row['digest']}"


def _run(run: dict[str, Any]) -> str:
    """Tell of an entry of the manifest what it has; its keys differ from version to version."""
    libraries = run.get("libraries") or {}
    parts = [
        f"begun {run['begun']}" if "begun" in run else "",
        f"Python {run['python']}" if "python" in run else "",
        ", ".join(f"{name} {held}" for name, held in libraries.items()),
        f"kernel {run['kernel']}" if "kernel" in run else "",
        f"executor {run['executor']}" if "executor" in run else "",
    ]
    return "; ".join(part for part in parts if part)


def _compare(directory: RunDirectory, again: Path) -> tuple[str, ...]:
    """Return the command that makes the directory anew, if names alone make it."""
    manifest = directory.manifest
    if manifest.documents["experiment"] or any(" + " in name for name in manifest.policies):
        return ()
    words = [
        "--policies", ",".join(manifest.policies), "--baseline", manifest.identity["baseline"],
        "--replications", str(manifest.replications), "--seed", str(manifest.identity["seed"]),
        "--out", again,
    ]  # fmt: skip
    return (command("compare", manifest.scenario, *words),)

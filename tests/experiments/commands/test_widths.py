"""Every table of every command, with names that are long and alike: whole, and in the width."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len

from agents import load_scenario
from experiments.analysis.discovery import discover
from experiments.analysis.ranking import Ranking
from experiments.cli import main
from experiments.commands.deciding import _tell
from experiments.designs import load_experiment
from experiments.outcomes.paired import compare_policies
from experiments.planning.plan import Plan, make_plan
from experiments.printing.conditions import print_discovery
from experiments.store import open_for_writing
from experiments.store.shards import write_shard
from experiments.terminal.tables import print_comparison, print_outcomes, verdict
from tests.experiments.analysis.planted import cases_of, corner, table
from tests.experiments.samples import OUTCOMES, SHARE, Batch, sample_results

LONG = "a-very-long-name-of-a-policy-that-somebody-wrote"
POLICIES = (f"{LONG}-01", f"{LONG}-02", "p3")
PARAMETER = "a-parameter-with-a-name-that-hardly-ends-01"
SHARED = PARAMETER.replace("01", "02")

FILE = f"""\
experiment: an-experiment-with-a-name-that-is-no-shorter-than-others
meaning: names that are long and alike
scenario: organised-crime
policies: [bilateral, {", ".join(f"./{name}.yaml" for name in POLICIES)}]
replications: 4
parameters:
  {PARAMETER}: {{changes: desks.police.staff.base, low: 2, high: 9, assumed: trial}}
  {SHARED}: {{changes: desks.customs.staff.base, low: 2, high: 9, assumed: trial}}
design: {{kind: latin-hypercube, points: 12}}
"""
POLICY = """\
policy: {name}
meaning: a variant
source: trial
extends: bilateral
rules:
  - meaning: a rule whose meaning takes more than a line, so that it must be broken somewhere
    match: {{reports: [trace], over: [bilateral]}}
    push: {{chance: 0.5, delay: {{value: 3 d}}}}
    assumed: a reason that takes more than a line as well, because reasons are sentences
"""

pytestmark = pytest.mark.parametrize("width", [60, 80, 100])


@pytest.fixture(autouse=True)
def columns(monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))


def written(folder: Path, text: str) -> Path:
    """Make a run directory whose lanes were never run."""
    for name in POLICIES:
        (folder / f"{name}.yaml").write_text(POLICY.format(name=name), "utf-8")
    path = folder / "experiment.yaml"
    path.write_text(text, "utf-8")
    what = load_experiment(str(path))
    plan = make_plan(
        what.settings(),
        what.policies,
        baseline=None,
        seed=what.spec.seed,
        replications=what.spec.replications,
        experiment=what.document(),
    )
    with open_for_writing(folder / "run", plan) as directory:
        for chunk in plan.chunks(directory.done(), 64):
            for part in chunk.parts:
                write_shard(directory.address, part, made(plan, part))
        directory.write_outcomes(directory.futures())
        directory.completed()
    return folder / "run"


def made(plan: Plan, part) -> Batch:
    """Return values in which later policies are better."""
    values = {}
    for place, outcome in enumerate(plan.outcomes):
        values[outcome.name] = np.array(
            [
                100_000 * np.random.default_rng([place, lane.replication, part.setting]).random()
                + 1000 * lane.point
                for lane in part.lanes
            ]
        )
    return Batch(values, np.zeros(0), {})


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    return written(tmp_path_factory.mktemp("swept"), FILE)


@pytest.fixture
def printed(capsys, width):
    """Print something; return the text, of which no line but that of a path is too long."""

    def run(*arguments: str | Path) -> str:
        with pytest.raises(SystemExit) as ended:
            main(list(map(str, arguments)))
        shown = capsys.readouterr()
        assert not ended.value.code, shown.err
        return checked(shown.out)

    def checked(text: str) -> str:
        for line in text.splitlines():
            is_path = any("/" in word for word in line.split(" ")[:2])
            assert cell_len(line) <= width or is_path or "fivesteps plot" in line, line
        assert "…" not in text
        assert ".." not in text.replace("...", "").replace("../", "")
        return text

    run.checked = checked  # type: ignore[attr-defined]
    return run


def whole(text: str, *words: str) -> None:
    for word in words:
        assert word in text.replace("\n", " "), word


def test_comparisons(printed, capsys):
    results = sample_results(policies=("bilateral", *POLICIES))
    label = "An outcome whose label is a sentence, as labels of one's own may be, or even two"
    outcomes = tuple(replace(o, label=f"{label}: {o.name}") for o in OUTCOMES)
    results = replace(results, outcomes=outcomes)
    rows = compare_policies(results)
    print_comparison(results, rows)
    text = printed.checked(capsys.readouterr().out)
    whole(text, *POLICIES, *(f"  {verdict(row)}" for row in rows))
    for policy in POLICIES:
        assert text.count(f" {policy}") == 4
    print_outcomes(sample_results(1, policies=POLICIES[:1]))
    print_outcomes(sample_results(9, policies=POLICIES[:1]))
    whole(printed.checked(capsys.readouterr().out), POLICIES[0], "Share arrested")


@pytest.mark.long
@pytest.mark.parametrize(
    "arguments",
    [
        ["weigh"],
        ["weigh", "--good-enough", "arrested_share=3"],
        ["status"],
        ["query", "select * from outcomes limit 3"],
        ["query", "select policy, avg(arrested_share) from outcomes group by policy"],
    ],
    ids=" ".join,
)
def test_of_a_run(printed, swept, arguments):
    text = printed(arguments[0], swept, *arguments[1:])
    if arguments[0] == "weigh":
        whole(text, *POLICIES, "front", "dominated")
    if "select *" in arguments[-1]:
        whole(text, PARAMETER, SHARED, "days_to_first_arrest")


@pytest.mark.long
def test_a_sweep(printed, swept):
    text = printed("sweep", swept.parent / "experiment.yaml", "--out", swept, "--workers", "1")
    headlines = sum(outcome.headline for outcome in load_scenario("organised-crime").outcomes)
    for policy in POLICIES:
        assert text.count(f" {policy}") == headlines


@pytest.mark.long
def test_what_there_is(printed, swept):
    from scenarios import policy_entries

    text = printed("list")
    flat = " ".join(text.split())
    whole(text, *(entry.name for entry in policy_entries()))
    assert all(" ".join(entry.meaning.split()) in flat for entry in policy_entries())
    whole(printed("sources", "organised-crime", "--policies", "bilateral"), "assumed")
    own = swept.parent / f"{POLICIES[0]}.yaml"
    whole(printed("validate", own), f"policy {POLICIES[0]}")


@pytest.mark.long
@pytest.mark.parametrize("name", ["own", "organised-crime", "eu27-2010", "hub-and-spoke"])
def test_what_show_says(printed, swept, tmp_path, monkeypatch, name):
    monkeypatch.setattr("experiments.show.write", lambda *_, **__: [])
    subject = swept.parent / f"{POLICIES[0]}.yaml" if name == "own" else name
    text = printed("show", subject, "--out", tmp_path, "--parameters")
    if name == "own":
        whole(text, POLICIES[0], "50%, 3 d")
    if name == "organised-crime":
        whole(text, "europol-frontex", "unnecessary_disclosures")


def test_a_ranking(printed, capsys):
    ranking = Ranking(("bilateral", *POLICIES), "higher", indifference=0.3, first=12)
    gaps = np.array([[0.0], [0.9], [0.8], [1.0]])
    ranking.tell(gaps + np.random.default_rng(1).normal(size=(4, 400)) / 100)
    _tell(ranking, SHARE)
    text = printed.checked(capsys.readouterr().out)
    whole(text, "bilateral", *POLICIES, "worse", "close", "best")


@pytest.fixture(scope="module")
def discovered():
    names = (PARAMETER, SHARED, "threshold", f"{PARAMETER}-and-more")
    values = table(160)
    return discover(values, names, cases_of(corner(values)), "prim")


@pytest.mark.whole
def test_a_discovery(printed, capsys, discovered):
    print_discovery(discovered)
    whole(printed.checked(capsys.readouterr().out), PARAMETER, SHARED, "Box 1")

"""The documentation: commands run, links lead somewhere, examples are valid, lists are complete."""

from __future__ import annotations

import csv
import itertools
import re
import shlex
from dataclasses import fields
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from agents import load_scenario
from agents.society.calls import OF_CALLS
from experiments.analysis.assessment_files import BY_YEAR, EFFECTS, SHARES, TOGETHER, WHOLE
from experiments.cli import app, main
from experiments.designs import load_experiment
from experiments.figures import plotting
from experiments.outcomes.paired import Comparison
from experiments.outcomes.values import Outcome
from experiments.validation import read_known
from scenarios import load_policy, policy_entries, scenario_entries
from scenarios.reading import load_measure, load_procedure, load_programme
from scenarios.schema import COMMON_BY_THREAT

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
EXAMPLES = ROOT / "docs" / "examples"
RUN_DIRECTORY = ROOT / "docs" / "run-directory.md"
SHIPPED = "organised-crime"
CATALOGUE = ROOT / "scenarios" / "catalogue" / "scenarios" / f"{SHIPPED}.yaml"

EXPERIMENTS = sorted((ROOT / "experiments" / "catalogue").glob("*.yaml"))

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HORIZON = re.compile(r"^horizon: .*$", re.MULTILINE)
ROW = re.compile(r"^\| (.+?) +\|", re.MULTILINE)


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path, language: str) -> list[str]:
    return [body for name, body in FENCE.findall(text(page)) if name == language]


def section(page: Path, heading: str) -> str:
    """Return what stands between a heading and the next one of any level."""
    found = re.search(
        rf"^#+ {re.escape(heading)}$(.*?)(?=^#|\Z)", text(page), re.MULTILINE | re.DOTALL
    )
    assert found is not None, f"{page.name} has no heading {heading!r}"
    return found.group(1)


def code_in_first_cells(body: str) -> list[str]:
    """Return what stands in backquotes in the first cells of a table, in order."""
    return [name for cell in ROW.findall(body) for name in re.findall(r"`([^`]+)`", cell)]


def anchor(heading: str) -> str:
    """Return the anchor that a heading gets on the usual hosts."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


# Commands ------------------------------------------------------------------------------------


def commands(page: Path) -> list[list[str]]:
    """Return the commands of a page's console blocks, each begun with a dollar sign."""
    lines = [line for body in blocks(page, "console") for line in body.splitlines()]
    assert all(line.startswith("$ fivesteps ") for line in lines), f"{name_of(page)}: {lines}"
    return [shlex.split(line.removeprefix("$ ").partition(" > ")[0]) for line in lines]


def shortened(arguments: list[str], shipped: Path) -> list[str]:
    """Replace what takes long: the shipped scenario by its first days, worlds by two."""
    command, *rest = arguments
    experiments = {path.stem: shipped.with_name(path.name) for path in EXPERIMENTS}
    if command in {"run", "compare", "rank", "sensitivity", "audit", "assess"}:
        rest = [str(shipped) if part == SHIPPED else part for part in rest]
    if command in {"sweep", "slurm-script"}:
        rest = [str(experiments.get(part, part)) for part in rest]
    if "--replications" in rest:
        rest[rest.index("--replications") + 1] = "2"
    elif command == "sweep":
        rest += ["--replications", "2"]
    alone = command in {"compare", "sweep", "extend", "rank", "sensitivity", "audit", "assess"}
    return [command, *rest, *(["--workers", "1"] if alone else [])]


def short_experiment(content: str, shipped: Path) -> str:
    """Return an experiment of the catalogue that takes seconds: few settings of a few days."""
    content = re.sub(r"^scenario: .*$", f"scenario: {shipped}", content, flags=re.MULTILINE)
    content = re.sub(r"^replications: .*$", "replications: 2", content, flags=re.MULTILINE)
    content = re.sub(r"^stop: .*$", "", content, flags=re.MULTILINE)
    few = "design: {kind: latin-hypercube, points: 20}"
    return re.sub(r"^design: .*$", few, content, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that looks like the project's to a reader, with scenarios of a few days."""
    folder = tmp_path_factory.mktemp("reader")
    examples = folder / "docs" / "examples"
    examples.mkdir(parents=True)
    for path in EXAMPLES.glob("*.yaml"):
        content = HORIZON.sub("horizon: 9 d", text(path))
        if "\nexperiment: " in content:
            content = content.replace(f"scenario: {SHIPPED}", "scenario: ../../shipped.yaml")
        (examples / path.name).write_text(content, "utf-8")
    shipped = folder / "shipped.yaml"
    shipped.write_text(HORIZON.sub("horizon: 9 d", text(CATALOGUE)), "utf-8")
    for path in EXPERIMENTS:
        if f"scenario: {SHIPPED}\n" in text(path):
            (folder / path.name).write_text(short_experiment(text(path), shipped), "utf-8")
    return folder


WITH_COMMANDS = [page for page in PAGES if blocks(page, "console")]


@pytest.mark.whole
@pytest.mark.parametrize("page", WITH_COMMANDS, ids=name_of)
def test_the_commands_of_a_page_run(page, workspace, monkeypatch, capsys):
    monkeypatch.chdir(workspace)
    every = plotting.drawn
    monkeypatch.setattr(  # the figures have tests of their own
        plotting, "drawn", lambda figures: itertools.islice(every(figures), 1)
    )
    for program, *arguments in commands(page):
        assert program == "fivesteps"
        with pytest.raises(SystemExit) as caught:
            main(shortened(arguments, workspace / "shipped.yaml"))
        shown = capsys.readouterr()
        assert not caught.value.code, f"{arguments}\n{shown.err}"
        assert shown.out


def test_the_readme_and_the_guide_have_commands():
    assert {page.name for page in WITH_COMMANDS} >= {"README.md", "your-own-scenario.md"}


def test_the_readme_lists_every_command():
    registered = [
        command.name or (command.callback.__name__ if command.callback else "")
        for command in app.registered_commands
    ]
    listed = code_in_first_cells(section(ROOT / "README.md", "Commands"))
    assert [entry.split()[1] for entry in listed] == registered


def test_the_targets_of_the_readme_exist():
    targets = set(re.findall(r"^([a-z-]+):", text(ROOT / "Makefile"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)\b(?= |`|$)", text(ROOT / "README.md"), re.MULTILINE))
    assert {"demo", "test"} <= named & targets
    assert set(re.findall(r"`make ([a-z-]+)`", text(ROOT / "README.md"))) <= targets


# Links ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page):
    for target in LINK.findall(text(page)):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, place = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{name_of(page)} links to {target}"
        assert there.is_relative_to(ROOT), f"{name_of(page)} links out of the project: {target}"
        if place:
            headings = re.findall(r"^#+ (.+)$", text(there), re.MULTILINE)
            assert place in map(anchor, headings), f"{name_of(page)} links to {target}"


# Examples ------------------------------------------------------------------------------------


LOADERS = {
    "experiment": load_experiment,
    "history": read_known,
    "measure": load_measure,
    "policy": load_policy,
    "procedure": load_procedure,
    "programme": load_programme,
    "scenario": load_scenario,
}


def test_examples_are_valid_and_named_in_the_docs():
    prose = " ".join(text(page) for page in PAGES)
    for path in sorted(EXAMPLES.glob("*.yaml")):
        first = re.search(
            r"^(experiment|history|measure|policy|procedure|programme|scenario):",
            text(path),
            re.MULTILINE,
        )
        assert first is not None, path
        LOADERS[first.group(1)](str(path))
        assert path.name in prose, f"no page names {path.name}"


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("my-policy", "your-own-scenario"),
        ("my-scenario", "your-own-scenario"),
        ("my-history", "validation"),
        ("my-measure", "measures"),
        ("my-programme", "measures"),
    ],
)
def test_the_file_shown_is_the_file(name, page):
    held = "".join(
        line + "\n"
        for line in text(EXAMPLES / f"{name}.yaml").splitlines()
        if not line.startswith("#")
    )
    assert held in blocks(ROOT / "docs" / f"{page}.md", "yaml")


def test_yaml_in_the_docs_is_yaml():
    for page in PAGES:
        for body in blocks(page, "yaml"):
            for part in re.split(r"(?m)^(?=delay: )", body):
                YAML(typ="safe").load(part)


# Lists ---------------------------------------------------------------------------------------


def described(page: Path) -> dict[str, tuple[str, str, str]]:
    """Return label, unit and better direction of every outcome that a page describes."""
    found = re.findall(
        r"^### `(\w+)`\n\n\*\*(.+)\.\*\* Unit: (.+)\. Better: (\w+)\.$", text(page), re.MULTILINE
    )
    assert text(page).count("\nHides: ") == len(found) == text(page).count("\n### "), page
    return {name: (label, unit, better) for name, label, unit, better in found}


COMMON = ROOT / "docs" / "outcomes.md"
SPECS = {entry.name: load_scenario(entry.name).spec for entry in scenario_entries()}
ALONE = {
    threat.kind: name
    for name, spec in SPECS.items()
    if len(spec.threats) == 1
    for threat in spec.threats.values()
}
"""The scenario that has a threat of a kind and no other."""
OF_ONE = sorted(name for name, spec in SPECS.items() if len(spec.threats) == 1)
OF_KIND = ALONE | {
    kind: name
    for name, spec in SPECS.items()
    if len(kinds := {threat.kind for threat in spec.threats.values()}) == 1
    for kind in kinds - ALONE.keys()
}
"""The scenario that has threats of a kind only, one of them if there is such."""


def outcomes_of(scenario: str) -> Path:
    """Return the page with the outcomes that only one scenario has."""
    return ROOT / "docs" / "outcomes" / f"{scenario}.md"


@pytest.mark.parametrize("name", OF_ONE)
def test_the_outcomes_are_those_of_the_scenario(name):
    own = described(outcomes_of(name))
    loaded = load_scenario(name)
    declared = {o.name: (o.label, o.unit, o.better) for o in loaded.spec.outcomes}
    told = {**described(COMMON), **own}
    assert own.keys() <= declared.keys()
    assert {outcome: told.get(outcome) for outcome in declared} == declared


@pytest.mark.parametrize("name", sorted(SPECS.keys() - set(OF_ONE)))
def test_outcomes_of_one_of_several_threats_are_described_where_its_kind_is_alone(name):
    """Their labels may say which threat they are of."""
    spec = SPECS[name]
    for outcome in spec.outcomes:
        threat, _, plain = outcome.name.rpartition(".")
        told = described(COMMON)
        if threat:
            told |= described(outcomes_of(OF_KIND[spec.threats[threat].kind]))
        label, *rest = told[plain]
        assert rest == [outcome.unit, outcome.better], outcome.name
        assert threat or label == outcome.label


def test_the_outcomes_that_each_of_several_threats_has_are_listed():
    [listed] = re.findall(r"each has besides (.+?), which the plain name", text(COMMON), re.DOTALL)
    assert set(re.findall(r"`(\w+)`", listed)) == COMMON_BY_THREAT


def test_the_readme_says_how_many_outcomes_there_are():
    outcomes = map(Outcome.of, load_scenario(SHIPPED).outcomes)
    count = sum(not one.state for one in outcomes)
    assert f"{count} outcomes of which" in text(ROOT / "README.md")


def test_every_quantity_of_a_call_is_described_in_its_unit():
    body = section(ROOT / "docs" / "validation.md", "A history of your own")
    found = {}
    for line in body.splitlines():
        names = (
            re.findall(r"`([a-z_]+)(@\w+)?`", line.split("|")[1]) if line.startswith("| `") else []
        )
        for number, (name, parameter) in enumerate(names):
            if name in OF_CALLS:
                units = [one.strip() for one in line.split("|")[2].split(",")]
                found[name] = units[number % len(units)], bool(parameter)
    assert found == {name: (one.unit, bool(one.parameter)) for name, one in OF_CALLS.items()}


def test_every_policy_is_described():
    names = {entry.name for entry in policy_entries()}
    assert names == set(code_in_first_cells(section(ROOT / "docs" / "model.md", "Regimes")))
    explained = section(ROOT / "docs" / "models" / f"{SHIPPED}.md", "Why the policies differ")
    assert names == set(re.findall(r"^- \*\*`([\w-]+)`\*\*", explained, re.MULTILINE))


def test_every_column_of_a_comparison_is_described():
    named = code_in_first_cells(section(RUN_DIRECTORY, "How to read comparison.csv"))
    assert named == [field.name for field in fields(Comparison)]


def test_every_file_of_a_run_directory_is_described(workspace, monkeypatch, capsys):
    monkeypatch.chdir(workspace)
    with pytest.raises(SystemExit):
        main(["compare", "./shipped.yaml", "--replications=1", "--out=listed", "--workers=1"])
    capsys.readouterr()
    written = {path.name for path in Path("listed").iterdir() if not path.name.startswith(".")}
    named = code_in_first_cells(section(RUN_DIRECTORY, "A run directory"))
    of_audit, of_years = {"audit.csv", "audit.json"}, {"turns.csv", "years.csv"}
    of_measures = {EFFECTS, BY_YEAR, TOGETHER, SHARES, WHOLE}
    apart = {"design.csv", "differences.csv", "failures", "figures", "report.html"}
    of_others = apart | of_audit | of_years | of_measures
    assert {name.rstrip("/") for name in named} == written | of_others
    with Path("listed/comparison.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.reader(file)) == [field.name for field in fields(Comparison)]


@pytest.mark.parametrize("policies", [[], ["--policies", "all"]], ids=["scenario", "with policies"])
def test_the_readme_counts_the_assumptions(policies, capsys):
    with pytest.raises(SystemExit):
        main(["sources", SHIPPED, *policies])
    counted = capsys.readouterr().out.splitlines()[-1]
    assert counted in text(ROOT / "README.md"), f"write: {counted}"


def test_the_keys_of_a_rule_are_described():
    from scenarios.schema.policy import Match, Rule

    body = section(ROOT / "docs" / "your-own-scenario.md", "What a rule can say")
    named = set(code_in_first_cells(body))
    keys = {f"match.{key}" for key in Match.model_fields} | set(Rule.model_fields)
    assert named == keys - {"meaning"}

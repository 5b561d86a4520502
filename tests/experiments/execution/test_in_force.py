"""What a setting puts in force gives what the same alternative of a comparison gives."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents import run_compiled
from experiments.cli import main
from experiments.errors import UserError
from experiments.planning import Scale, Settings, alternatives, in_force, under
from experiments.store import open_for_reading, settings_of
from experiments.store.manifest import NAME, read_manifest
from scenarios import compile_world
from scenarios.changing import Change
from scenarios.reading import CATALOGUE, Dated, LoadedProgramme, load_measure, programme_of
from sim import LaneId
from sim.kernel.choice import KernelName, kernel
from tests.agents.small import differing, policies, small, values_of
from tests.experiments.store.forging import reseal

NAMES = ("bilateral", "hit-no-hit")
NOTHING = LoadedProgramme("none", "no measures", ())
REPORTS, OWNERS = "4.2a", "1.1b"


def varied(
    levels: dict[str, tuple[LoadedProgramme, ...]], table: list[list[float]], *changes: Change
) -> Settings:
    """Return settings with columns that put something in force, behind one for each change."""
    names = (*(change.path for change in changes), *levels)
    parts = (*((change,) for change in changes), *((),) * len(levels))
    there = (*((),) * len(changes), *levels.values())
    scales = (*(Scale(),) * len(changes), *(Scale("switch"),) * len(levels))
    declared = Settings.only(small(), tuple(policies(NAMES)))
    return declared.varied(names, np.array(table, np.float64), parts, scales, there)


def switch(*numbers: str) -> tuple[LoadedProgramme, LoadedProgramme]:
    return NOTHING, in_force([load_measure(number) for number in numbers])


@pytest.mark.long
@pytest.mark.parametrize("name", [KernelName.NUMPY, KernelName.COMPILED])
def test_every_combination_is_the_alternative_of_a_comparison_to_the_bit(name: KernelName) -> None:
    settings = varied(
        {"reports": switch(REPORTS), "owners": switch(OWNERS)}, [[0, 0], [1, 0], [0, 1], [1, 1]]
    )
    [alike] = settings.alike
    assert alike == (0, 1, 2, 3)
    given = f"{REPORTS},{OWNERS},{REPORTS}+{OWNERS}"
    compared = alternatives(small(), policies(NAMES), given).policies
    of = {policy.name: place for place, policy in enumerate(compared)}
    worlds = settings.compiled(*alike), compile_world(small(), compared)
    lanes = [LaneId(point, 1, 0) for point in range(len(compared))]
    make = lambda compiled, given: kernel(name)(compiled.world, given)  # noqa: E731
    ours, theirs = (run_compiled(world, lanes, engine=make) for world in worlds)
    seen = set()
    for setting in alike:
        for place, policy in enumerate(settings.policies_in(setting)):
            mine = values_of(ours, setting * len(NAMES) + place)
            assert differing(mine, values_of(theirs, of[policy.name])) == []
            seen.add(tuple(sorted(mine.items())))
    assert len(seen) == len(compared)


def test_numbers_of_parameters_and_measures_go_together() -> None:
    path = "desks.police.staff.base"
    day = date(2011, 2, 1)
    dated = programme_of("plan", "x", [Dated(load_measure(REPORTS), day)])
    settings = varied({"programme": (NOTHING, dated)}, [[1, 0], [0.5, 1]], Change(path, "times"))
    assert settings.alike == ((0, 1),)
    alone = compile_world(
        settings.scenario(1), [under(policy, dated) for policy in policies(NAMES)]
    )
    lanes = [LaneId(place, 1, 0) for place in range(2)]
    theirs = run_compiled(alone, lanes)
    together = settings.compiled(0, 1)
    ours = run_compiled(together, [LaneId(point, 1, 0) for point in range(4)])
    for place in range(2):
        assert differing(values_of(ours, 2 + place), values_of(theirs, place)) == []
        assert differing(values_of(ours, place), values_of(theirs, place)) != []


def test_a_policy_without_anything_in_force_is_itself() -> None:
    settings = varied({"reports": switch(REPORTS)}, [[0], [1]])
    assert all(map(operator.is_, settings.policies_in(0), settings.policies))
    assert [policy.name for policy in settings.policies_in(1)] == [
        f"{name} + {REPORTS}" for name in NAMES
    ]


# Run directories -----------------------------------------------------------------------------

OWN = """\
measure: sooner
meaning: more is seen
changes: [{times: 'threats.*.sees.*.[*].per_year', by: 3, assumed: x}]
"""
EXPERIMENT = """\
experiment: factors
meaning: two measures, and programmes of them
scenario: short.yaml
policies: [bilateral, full-pool]
replications: 1
measures:
  teams: {in_force: 1.1e}
  sight: {in_force: sooner.yaml, meaning: Sooner}
programmes: [none, plan.yaml]
design:
  kind: list
  settings: [{}, {teams: true}, {sight: true}, {teams: true, sight: true}, {programme: plan}]
"""
Command = Callable[..., str]


@pytest.fixture
def fivesteps(capsys: pytest.CaptureFixture[str]) -> Command:
    def run(*arguments: object) -> str:
        with pytest.raises(SystemExit) as ended:
            main([str(one) for one in arguments])
        shown = capsys.readouterr()
        assert not ended.value.code, shown.err
        return shown.out

    return run


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Return the file of an experiment, with what it names beside it."""
    text = (CATALOGUE / "scenarios" / "organised-crime.yaml").read_text(encoding="utf-8")
    short = text.replace("horizon: 1461 d", "horizon: 28 d")
    plan = "programme: plan\nmeaning: x\nmeasures: {sooner.yaml: 2011-01-15}\n"
    own = {"short": short, "sooner": OWN, "plan": plan, "factors": EXPERIMENT}
    for name, content in own.items():
        (tmp_path / f"{name}.yaml").write_text(content, encoding="utf-8")
    return tmp_path / "factors.yaml"


@pytest.mark.long
def test_a_directory_holds_measures_whole_and_goes_on(
    files: Path, fivesteps: Command, tmp_path: Path
) -> None:
    folder, compared = tmp_path / "run", tmp_path / "compared"
    alone = ("--workers", "1", "--out")
    fivesteps("sweep", files, *alone, folder)
    own = tmp_path / "sooner.yaml"
    given = f"{own},1.1e"
    policies = ("--policies", "bilateral,full-pool", "--replications", "1")
    programmes = ("--programmes", tmp_path / "plan.yaml")
    short = tmp_path / "short.yaml"
    fivesteps("compare", short, *policies, "--measures", given, *programmes, *alone, compared)
    theirs = open_for_reading(compared).results()
    directory = open_for_reading(folder)
    put = {1: "1.1e", 2: "sooner", 4: "plan"}
    for setting, name in put.items():
        ours = directory.results(setting)
        for place, policy in enumerate(("bilateral", "full-pool")):
            other = theirs.policies.index(f"{policy} + {name}")
            for outcome, values in ours.values.items():
                assert np.array_equal(values[place], theirs.values[outcome][other], equal_nan=True)
    before = {n: directory.results(n).values["disclosures"] for n in range(5)}
    assert len({float(one[0, 0]) for one in before.values()}) > 2
    for name in ("sooner", "plan"):
        (tmp_path / f"{name}.yaml").unlink()
    settings = settings_of(read_manifest(folder), folder)
    assert settings.programme(3).name == "1.1e + sooner"
    assert "full-pool + 1.1e + sooner" in fivesteps(
        *("trace", folder, "--policy", "full-pool", "--setting", "3")
    )
    fivesteps("extend", folder, "--replications", "2", "--workers", "1")
    again = open_for_reading(folder)
    for setting, one in before.items():
        assert np.array_equal(again.results(setting).values["disclosures"][:, :1], one)
    sql = "select distinct setting, teams, sight, programme from outcomes order by setting"
    rows = json.loads(fivesteps("query", folder, sql, "--format", "json"))
    assert [list(row.values()) for row in rows] == [
        [0, 0, 0, "none"],
        [1, 1, 0, "none"],
        [2, 0, 1, "none"],
        [3, 1, 1, "none"],
        [4, 0, 0, "plan"],
    ]
    assert "10" in fivesteps("status", folder)


@pytest.mark.long
def test_a_sweep_goes_on_and_refuses_another_measure(
    files: Path, fivesteps: Command, tmp_path: Path
) -> None:
    files.write_text(
        EXPERIMENT.replace("programmes: [none, plan.yaml]\n", "").replace(
            "[{}, {teams: true}, {sight: true}, {teams: true, sight: true}, {programme: plan}]",
            "[{sight: true}]",
        )
    )
    folder = tmp_path / "run"
    fivesteps("sweep", files, "--workers", "1", "--out", folder)
    manifest = (folder / NAME).read_bytes()
    fivesteps("sweep", files, "--workers", "1", "--out", folder)
    assert json.loads(manifest)["design"] == json.loads((folder / NAME).read_bytes())["design"]
    own = tmp_path / "sooner.yaml"
    own.write_text(OWN.replace("by: 3", "by: 4"))
    with pytest.raises(AssertionError, match="settings were different"):
        fivesteps("sweep", files, "--workers", "1", "--out", folder)
    assert open_for_reading(folder).manifest.settings == 1
    own.write_text(OWN)
    fivesteps("sweep", files, "--workers", "1", "--out", folder, "--replications", "2")
    assert open_for_reading(folder).results().replications == 2
    for change, said in FORGED:
        reseal(folder, change)
        with pytest.raises(UserError, match=said):
            settings_of(read_manifest(folder), folder)
        (folder / NAME).write_bytes(manifest)


def _measure(content: dict[str, Any]) -> Any:
    return content["design"]["in_force"][0][1]["measures"][0]


FORGED: tuple[tuple[Callable[[dict[str, Any]], object], str], ...] = (
    (lambda it: _measure(it).update(meaning="y"), "is not what was run"),
    (lambda it: _measure(it).update(changes=[]), "cannot be read"),
    (lambda it: it["design"]["in_force"][1].pop(), "of format"),
    (lambda it: it["design"]["in_force"].append([]), "of format"),
    (lambda it: it["design"]["in_force"][0][1].update(name="x y"), "of format"),
    (lambda it: it["design"].pop("in_force"), "cannot be read|is not what was run"),
)
"""What may be done to what a design puts in force, and what is said of it."""

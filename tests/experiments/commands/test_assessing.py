"""`fivesteps assess` from start to end, on a threat as small as one can be."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from experiments.cli import main
from tests.experiments.execution import kit

SQUALL = kit.HERE / "squall.yaml"

WARNINGS = "'threats.squall.sees.police[report=warning].per_year'"
CHANGES = {
    "calm": f"{{times: {WARNINGS}, by: 0.1, assumed: for tests}}",
    "eyes": f"{{times: {WARNINGS}, by: 20, assumed: for tests}}",
    "hours": "{times: casework.hours_per_day, by: 2, assumed: for tests}",
    "else": "{times: desks.fiu.reads, by: 2, assumed: for tests}",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kit.make_site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def measures(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the paths of measures of a user's own."""
    folder = tmp_path_factory.mktemp("measures")
    for name, change in CHANGES.items():
        text = (
            f"measure: {name}\nmeaning: x\nchanges: [{change}]\nexpect: {{disclosures: higher}}\n"
        )
        (folder / f"{name}.yaml").write_text(text)
    return ",".join(str(folder / f"{name}.yaml") for name in CHANGES)


def assess(site: Path, measures: str, out: Path, *more: str, worlds: int) -> Any:
    """Assess the measures with the installed command."""
    given = (
        "--policies",
        "full-pool",
        "--measures",
        measures,
        "--replications",
        str(worlds),
        "--workers",
        "1",
    )
    arguments = kit.command("assess", SQUALL, *given, "--out", out, *more)
    return kit.run(arguments, kit.environment(site, COLUMNS="80"))


def mean(folder: Path, *measures: str) -> float:
    """Return the mean of disclosures under the policy with some measures."""
    name = " + ".join(("full-pool", *measures))
    with (folder / "outcomes.csv").open(encoding="utf-8", newline="") as stream:
        found = [float(r["disclosures"]) for r in csv.DictReader(stream) if r["policy"] == name]
    return sum(found) / len(found)


@pytest.mark.whole
def test_an_assessment_finds_what_matters_and_goes_on(
    site: Path, measures: str, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    first = assess(site, measures, out, "--json", worlds=6)
    assert first.returncode == 0, first.stderr
    told = json.loads(first.stdout)
    assert "else" in told["touches_nothing"]
    again = assess(site, measures, out, worlds=30)
    assert again.returncode == 0, again.stderr
    assert "10 worlds: hours moved nothing and run no more" in again.stderr
    words = " ".join(again.stdout.split())
    assert "Touches nothing in squall: else." in words
    assert "Moves nothing: hours." in words
    assert max(map(len, again.stdout.splitlines()[:-2])) <= 80
    found = json.loads((out / "assessment.json").read_text(encoding="utf-8"))
    [effect] = [
        one
        for one in found["effects"]
        if (one["measure"], one["way"], one["outcome"]) == ("eyes", "alone", "disclosures")
    ]
    assert effect["difference"] == pytest.approx(mean(out, "eyes") - mean(out))
    assert found["measures"]["eyes"]["expected"]["full-pool"].keys() == {"disclosures"}
    same = assess(site, measures, out, worlds=30)
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert same.stdout == again.stdout
    assert manifest["complete"]
    afresh = tmp_path / "afresh"
    assess(site, measures, afresh, "--batch", "7", worlds=30)
    for name in ("assessment.json", "measures.csv", "measures_together.csv", "outcomes.csv"):
        assert (afresh / name).read_bytes() == (out / name).read_bytes()
    drawn = kit.run(kit.command("plot", out), kit.environment(site))
    assert drawn.stdout.split() == [str(out / "figures" / "atlas-full-pool.png")]


@pytest.mark.long
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nobody",), "nobody"),
        (("organised-crime", "--policies", "unheard-of"), "unheard-of"),
        (("organised-crime", "--measures", "9.9z"), "9.9z"),
        (("organised-crime", "--measures", "5.4a"), "none of them touches anything"),
        (("organised-crime", "--outcomes", "joy"), "joy"),
        (("organised-crime", "--seed", "-1"), "--seed"),
        (("organised-crime", "--batch", "none"), "--batch"),
        (("organised-crime", "--orders", "1"), "--orders"),
    ],
)
def test_what_is_refused(
    arguments: tuple[str, ...], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["assess", *arguments, "--out", str(tmp_path / "out")])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err

"""`fivesteps audit` from start to end, on a threat as small as one can be."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from experiments.cli import main
from tests.experiments.execution import kit

SQUALL = kit.HERE / "squall.yaml"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kit.make_site(tmp_path_factory.mktemp("site"))


def audit(site: Path, out: Path, *more: str, worlds: int = 20) -> Any:
    """Run an audit of the small threat with the installed command."""
    given = ("--only", "threats.*,casework.*,organisations.D?,instruments.siena")
    arguments = kit.command(
        "audit",
        SQUALL,
        *given,
        "--replications",
        str(worlds),
        "--workers",
        "1",
        "--out",
        out,
        *more,
    )
    return kit.run(arguments, kit.environment(site, COLUMNS="80"))


@pytest.mark.whole
def test_an_audit_finds_what_matters_and_what_is_inert_and_goes_on(
    site: Path, tmp_path: Path
) -> None:
    out = tmp_path / "audit"
    shown = audit(site, out, "--json", worlds=12)
    assert shown.returncode == 0, shown.stderr
    assert "9 parts, 15 changes, 192 lanes" in shown.stderr
    told = json.loads(shown.stdout)
    verdicts = {part["name"]: part["verdict"] for part in told["parts"]}
    assert verdicts["threats.squall.force"] == "seen"
    assert verdicts["casework.hours_per_day"] == "inert"
    again = audit(site, out, worlds=20)
    assert again.returncode == 0, again.stderr
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert [run["lanes"] for run in manifest["runs"]] == [12 * 16, 8 * 16]
    assert "Inert: casework.hours_per_day (no reason is given)." in again.stdout
    assert max(map(len, again.stdout.splitlines()[:-2])) <= 80
    afresh = tmp_path / "afresh"
    audit(site, afresh, "--batch", "7", worlds=20)
    for name in ("audit.csv", "audit.json", "outcomes.csv"):
        assert (afresh / name).read_bytes() == (out / name).read_bytes()
    with (out / "audit.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["part"] == "threats.squall.force"]
    damage = {row["change"]: float(row["difference"]) for row in rows if row["outcome"] == "damage"}
    assert damage["x 2"] == pytest.approx(-2 * damage["x 0.5"])
    drawn = kit.run(kit.command("plot", out), kit.environment(site))
    assert drawn.stdout.split() == [str(out / "figures" / "audit-bilateral.png")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nobody",), "nobody"),
        (("organised-crime", "--policies", "unheard-of"), "unheard-of"),
        (("organised-crime", "--only", "organisation.DE"), "fits no part"),
        (("organised-crime", "--only", "desks.eurojust.coordination"), "all that eurojust has"),
        (("organised-crime", "--set", "absent={organisations: [XY]}"), "XY"),
        (("organised-crime", "--only", "trust", "--seed", "-1"), "--seed"),
        (("organised-crime", "--only", "trust", "--batch", "none"), "--batch"),
    ],
)
def test_input_that_cannot_be_used_gives_one_message(
    arguments: tuple[str, ...], message: str, tmp_path: Path, capsys: Any
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["audit", *arguments, "--out", str(tmp_path / "out")])
    assert caught.value.code == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert "rule:" in shown.err
    assert not (tmp_path / "out").exists()

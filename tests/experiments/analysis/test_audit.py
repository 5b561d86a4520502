"""What an audit says of planted parts: what moves nothing is inert, what moves much is seen."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from experiments.analysis.audit import AuditFound, audit, newly_inert
from experiments.analysis.audit_files import write_audit
from experiments.analysis.study import Study
from experiments.figures import drawn
from experiments.figures.audit import ROWS, pages
from experiments.figures.style import settings
from experiments.outcomes.paired import compare_policies, holm
from experiments.outcomes.values import F64, Futures, Results
from experiments.printing.audit import print_audit
from tests.experiments.samples import HORIZON_DAYS, LOAD, NEEDLESS, SHARE, TIME

WORLDS = 60
OUTCOMES = (TIME, SHARE, NEEDLESS, LOAD)
ASKED = (TIME, SHARE, LOAD)
POLICIES = ("bilateral", "full-pool")
PARTS = (
    ("organisations.nobody", "organisation", ("without",)),
    ("organisations.busy", "organisation", ("without",)),
    ("trust", "block", ("without",)),
    ("threats.a.rare", "number", ("x 0.5", "x 2")),
    ("threats.a.elsewhere", "number", ("x 0.5", "x 2")),
)
BUSY, TRUST, RARE, ELSEWHERE = 2, 3, 5, 7
"""Settings of the table: the last way of each part."""


def planted() -> Futures:
    """Worlds that differ much; every part does what its name says."""
    draws = np.random.default_rng(3)
    ways = sum(len(part[2]) for part in PARTS)
    world = draws.lognormal(0, 0.5, (1, len(POLICIES), WORLDS))
    shape = 1 + ways, len(POLICIES), WORLDS
    days = np.where(world < 2, 50 * world, np.nan) * np.ones(shape)
    values: dict[str, F64] = {
        "days": days,
        "share": 0.5 * np.minimum(world, 2) * np.ones(shape),
        "unnecessary_disclosures": 100 * world * np.ones(shape),
        "load": np.floor(1000 * world) * np.ones(shape),
    }
    values["share"][BUSY] *= 0.7 + 0.1 * draws.random((len(POLICIES), WORLDS))
    values["load"][TRUST, 1] -= 5  # the same in every world, under one policy
    values["load"][RARE, 0, 7] += 1
    values["unnecessary_disclosures"][ELSEWHERE] += 1
    return Futures(
        scenario="sample",
        parameters=("part",),
        table=np.arange(1.0 + ways)[:, None],
        policies=POLICIES,
        baseline=POLICIES[0],
        seed=7,
        horizon_days=HORIZON_DAYS,
        outcomes=OUTCOMES,
        values=values,
        held=np.ones(shape, np.bool_),
        done=np.ones(shape, np.bool_),
    )


def found_in(futures: Futures, reasons: dict[str, str] | None = None) -> AuditFound:
    """Return what an audit says of some futures."""
    parts = [
        {"name": name, "kind": kind, "meaning": "", "ways": list(ways)}
        for name, kind, ways in PARTS
    ]
    experiment = {"parts": parts, "left_out": {"desks.gone": "a rule"}}
    manifest = SimpleNamespace(documents={"experiment": experiment})
    study = SimpleNamespace(
        directory=SimpleNamespace(manifest=manifest), futures=futures, outcomes=ASKED
    )
    return audit(cast("Study", study), reasons)


@pytest.fixture(scope="module")
def found() -> AuditFound:
    return found_in(planted(), {"organisations.no*": "nobody knows"})


def verdicts(found: AuditFound) -> dict[str, str]:
    return {part.name: part.verdict for part in found.parts}


def test_what_was_planted_is_found(found: AuditFound) -> None:
    assert verdicts(found) == {
        "organisations.nobody": "inert",
        "organisations.busy": "seen",
        "trust": "seen",
        "threats.a.rare": "not seen",
        "threats.a.elsewhere": "inert",
    }
    nobody, busy, _, rare, elsewhere = found.parts
    assert (nobody.moved, nobody.reason, nobody.elsewhere) == (0, "nobody knows", ())
    assert (busy.moved, rare.moved) == (1, 1 / WORLDS)
    assert elsewhere.elsewhere == ("unnecessary_disclosures",)
    assert elsewhere.reason == ""


def test_effects_are_paired_differences_from_the_scenario_as_declared(found: AuditFound) -> None:
    futures = planted()
    for point, policy in enumerate(POLICIES):
        values = futures.values["share"][[0, BUSY], point]
        results = Results(
            "sample", ("as", "busy"), "as", 7, HORIZON_DAYS, (SHARE,), {"share": values},
            np.ones(values.shape, np.bool_),
        )  # fmt: skip
        [row] = compare_policies(results)
        [mine] = [
            effect.row
            for effect in found.effects
            if (effect.part, effect.policy) == ("organisations.busy", policy)
            and effect.row.outcome == "share"
        ]
        assert mine.difference == row.difference < 0
        assert (mine.low, mine.high, mine.p) == (row.low, row.high, row.p)
        assert mine.effect_size == row.effect_size


def test_all_tests_are_one_family(found: AuditFound) -> None:
    ways = sum(len(part[2]) for part in PARTS)
    assert found.tests == ways * len(ASKED) * len(POLICIES)
    adjusted = holm([effect.row.p for effect in found.effects])
    assert [effect.row.p_adjusted for effect in found.effects] == adjusted


def test_a_time_that_is_reached_or_not_is_a_difference() -> None:
    futures = planted()
    days = futures.values["days"]
    assert np.isnan(days[0]).any()
    world = int(np.flatnonzero(np.isnan(days[1, 0]))[0])
    days[1, 0, world] = 99.9
    [part] = [part for part in found_in(futures).parts if part.name == "organisations.nobody"]
    assert (part.verdict, part.moved) == ("not seen", 1 / WORLDS)


def test_lanes_that_raised_say_nothing() -> None:
    futures = planted()
    futures.done[RARE, 0, 7] = False
    assert verdicts(found_in(futures))["threats.a.rare"] == "inert"


# What becomes of it --------------------------------------------------------------------------


def test_what_became_inert_without_a_reason_is_named() -> None:
    before = found_in(planted()).document()
    futures = planted()
    for name in ("share", "load"):
        futures.values[name][:] = futures.values[name][0]
    now = found_in(futures, {"trust": "for the test"})
    assert newly_inert(now, before) == ["organisations.busy", "threats.a.rare"]
    assert newly_inert(now, before, least_moved=0.5) == ["organisations.busy"]
    new = {**before, "parts": before["parts"][1:]}
    assert newly_inert(now, new, least_moved=0.5) == ["organisations.nobody", "organisations.busy"]


def test_files_have_every_effect(found: AuditFound, tmp_path: Any) -> None:
    write_audit(tmp_path, found)
    content = json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))
    assert content == json.loads(json.dumps(found.document()))
    assert content["inert"] == ["organisations.nobody", "threats.a.elsewhere"]
    assert content["left_out"] == {"desks.gone": "a rule"}
    header, *rows = (tmp_path / "audit.csv").read_text(encoding="utf-8").splitlines()
    assert header.startswith("part,kind,verdict,change,policy,outcome,unit,better,pairs")
    assert len(rows) == len(found.effects)


@pytest.mark.parametrize("width", [60, 80, 100])
def test_tables_fit_and_say_what_is_inert(
    found: AuditFound, width: int, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    print_audit(found)
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= width
    told = " ".join(text.split())
    assert "organisation 1 0 1 block 1 0 0 number 0 1 1" in told
    assert "Not seen in 60 worlds, of which something moved in: threats.a.rare 2%." in told
    assert "Inert: organisations.nobody (nobody knows)." in told
    assert "threats.a.elsewhere; moves only unnecessary_disclosures (no reason is given)" in told
    assert "since a rule: desks.gone" in told
    assert "-all*" in told


def test_few_worlds_are_said_to_be_too_few(capsys: Any) -> None:
    futures = planted()
    few = replace(
        futures,
        values={name: values[..., :5] for name, values in futures.values.items()},
        held=futures.held[..., :5],
        done=futures.done[..., :5],
    )
    print_audit(found_in(few))
    assert "5 worlds are too few for any verdict here" in " ".join(capsys.readouterr().out.split())


def test_pictures_are_pages_of_a4(found: AuditFound) -> None:
    many = replace(found, parts=found.parts * 20)
    with settings():
        pictures = list(drawn(pages(many, "a line")))
        for _, figure in pictures:
            wide, high = figure.get_size_inches()
            assert wide <= 8.27 - 2 * 0.9
            assert high <= 11.69 - 2 * 0.6
            figure.canvas.draw()
    rows = 20 * sum(len(part[2]) for part in PARTS)
    count = -(-rows // ROWS)
    assert [name for name, _ in pictures] == [
        f"audit-{policy}-{number}" for policy in POLICIES for number in range(1, count + 1)
    ]

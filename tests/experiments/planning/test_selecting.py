"""Which policies a user means: names, paths, and commas in either."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents import load_scenario
from experiments.designs import load_experiment
from experiments.errors import UserError
from experiments.planning.selecting import read_policies, select_policies
from scenarios import SpecError, policy_entries


def test_all_is_the_catalogue():
    names = [policy.name for policy in read_policies("all")]
    assert names == [entry.name for entry in policy_entries()]
    assert [policy.name for policy in read_policies("full-pool, all")] == [
        "full-pool",
        *(name for name in names if name != "full-pool"),
    ]


def test_unknown_policy_is_refused_with_the_nearest():
    with pytest.raises(SpecError, match="did you mean bilateral"):
        read_policies("bilaterl")


COMMAS = "Project, phase 2/my, own.yaml"


@pytest.fixture
def with_commas(tmp_path, monkeypatch):
    """A policy in a folder with a comma in its name, below the working folder."""
    path = tmp_path / COMMAS
    path.parent.mkdir()
    path.write_text("policy: mine\nmeaning: m\nsource: s\nextends: bilateral\nrules: []\n")
    monkeypatch.chdir(tmp_path)
    return path


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{0}", ["mine"]),
        ("{1}", ["mine"]),
        ('"{0}"', ["mine"]),
        ('bilateral, "{0}" ,full-pool', ["bilateral", "mine", "full-pool"]),
        ('bilateral,"{1}"', ["bilateral", "mine"]),
        ('"bilateral",full-pool,', ["bilateral", "full-pool"]),
        ("bilateral\n, full-pool", ["bilateral", "full-pool"]),
        (["{0}", "bilateral"], ["mine", "bilateral"]),
        (["./{0}"], ["mine"]),
    ],
)
def test_a_path_may_have_a_comma(with_commas, text, names):
    filled = (
        text.format(COMMAS, with_commas)
        if isinstance(text, str)
        else [one.format(COMMAS) for one in text]
    )
    assert [policy.name for policy in read_policies(filled)] == names


def test_all_is_there_once_and_what_is_named_where_it_stands():
    names = [policy.name for policy in read_policies(["all", "bilateral", "all"])]
    assert names[-1] == "bilateral"
    assert len(set(names)) == len(names) == len(policy_entries())


@pytest.mark.parametrize("text", ['a,"b', '"a"b', "x" * 5000 + ",y", '"' + "x" * 200_000])
def test_what_is_no_list_is_refused(text):
    with pytest.raises((UserError, SpecError)):
        read_policies(text)


def test_an_item_of_a_list_is_not_taken_apart():
    with pytest.raises(SpecError, match="bilateral,full-pool"):
        read_policies(["bilateral,full-pool"])


@pytest.mark.parametrize("name", ["{}", "./{}", "hit-no-hit"])
def test_a_policy_that_does_not_fit_is_left_out_of_all_alone(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    Path("own.yaml").write_text(
        "policy: own\nmeaning: m\nsource: s\nextends: hit-no-hit\nrules: []\n"
    )
    scenario = load_scenario("forest-fire")
    assert "hit-no-hit" in select_policies("all", scenario).left_out
    with pytest.raises(UserError, match="not for threats"):
        select_policies(f"{name.format('own.yaml')},all", scenario)


@pytest.mark.parametrize("text", ["", ",", " , "])
def test_no_policy_is_refused(text):
    with pytest.raises(UserError, match="at least one policy"):
        read_policies(text)


@pytest.mark.parametrize(
    ("policies", "names"),
    [
        ('[bilateral, "./my, own.yaml"]', ["bilateral", "mine"]),
        ("'bilateral, \"./my, own.yaml\"'", ["bilateral", "mine"]),
        ('"my, own.yaml"', ["mine"]),
        ("bilateral, full-pool", ["bilateral", "full-pool"]),
    ],
)
def test_an_experiment_is_read_wherever_it_lies(with_commas, monkeypatch, policies, names):
    path = with_commas.parent / "e.yaml"
    path.write_text(
        "experiment: e\nmeaning: e\nscenario: organised-crime\nreplications: 1\n"
        f"policies: {policies}\n"
    )
    for name in (str(path), str(path.relative_to(Path.cwd()))):
        assert [one.name for one in load_experiment(name).policies] == names
    monkeypatch.chdir(path.parent)
    assert [one.name for one in load_experiment("e.yaml").policies] == names

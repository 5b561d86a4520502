"""The installed command in a process of its own, with the limits that a system sets."""

from __future__ import annotations

import copy
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings, strategies as st

import experiments
from tests.fuzz.changes import bytes_changed, documents_changed, numbers_changed, tables_changed
from tests.fuzz.kit import Content, Kit, Link, documents, lay_out, whole, write
from tests.fuzz.law import Ending, breaches, tree
from tests.fuzz.test_changes import KINDS, few
from tests.fuzz.test_files import ODD, POLICY, SCENARIO

pytestmark = pytest.mark.whole

COMMAND = Path(sys.executable).with_name("fivesteps")
MOST_BYTES = 6_000_000_000
SECONDS = 120


def limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(kit: Kit, folder: Path, *words: str, **environment: str) -> Ending:
    """Run the command in an empty folder, and hold it to the law."""
    files, out, empty = folder / "files", folder / "out", folder / "empty"
    lay_out({**whole(), **kit}, files)
    empty.mkdir()
    before = tree(folder, but=out)
    done = subprocess.run(
        [COMMAND, *(word.replace("FILES", str(files)).replace("OUT", str(out)) for word in words)],
        cwd=empty,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=2 * SECONDS,
        preexec_fn=limit,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST")},
            "PYTHONPATH": str(Path(experiments.__file__).parents[1]),
            "PYTHONWARNINGS": "error,ignore::DeprecationWarning",
            **environment,
        },
    )
    ending = Ending(done.returncode, os.fsdecode(done.stdout), os.fsdecode(done.stderr))
    if tree(folder, but=out) != before:
        ending.trouble.append("changed outside --out")
    assert breaches(ending, files) == [], ending.err
    return ending


def compare(scenario: str, policy: str, *more: str) -> list[str]:
    given = ["--replications", "2", "--out", "OUT", *(more or ("--workers", "1"))]
    return ["compare", f"FILES/{scenario}", "--policies", f"FILES/{policy}", *given]


def test_the_catalogue(tmp_path):
    shown = run({}, tmp_path, *compare(SCENARIO, POLICY, "--workers", "2"))
    assert shown.code == 0
    assert (tmp_path / "out" / "comparison.csv").exists() is False  # one policy: none to compare
    assert (tmp_path / "out" / "outcomes.csv").exists()


def test_a_pipe(tmp_path):
    assert run({POLICY: ODD["pipe"]}, tmp_path, "validate", f"FILES/{POLICY}").code == 2


def test_a_place_that_is_a_link_to_everything(tmp_path):
    kit: dict[str, Content] = {
        "places/odd": Link("/"),
        SCENARIO: write({**documents()[SCENARIO], "place": "../places/odd"}),
    }
    assert run(kit, tmp_path, "validate", f"FILES/{SCENARIO}").code == 2


def test_words_that_the_terminal_lacks(tmp_path):
    document = copy.deepcopy(documents()[SCENARIO])
    for outcome in cast("list[dict[str, object]]", document["outcomes"]):
        outcome["label"] = "naïve \U0001f600"
    words = compare(SCENARIO, POLICY)
    shown = run({SCENARIO: write(document)}, tmp_path, *words, PYTHONIOENCODING="ascii")
    assert shown.code == 0


CASES = documents_changed(*KINDS) | numbers_changed() | tables_changed() | bytes_changed()


def changed(tmp_path_factory, case, command):
    words = compare(case.scenario(), case.policy())
    if command == "validate":
        words = ["validate", f"FILES/{case.target()}"]
    run(case.kit, tmp_path_factory.mktemp("changed"), *words)


@few(3)
@given(case=CASES, command=st.sampled_from(["validate", "compare"]))
def test_changed_files(tmp_path_factory, case, command):
    changed(tmp_path_factory, case, command)


@pytest.mark.fuzz
@settings(few(60), derandomize=False)
@given(case=CASES, command=st.sampled_from(["validate", "compare"]))
def test_changed_files_dozens(tmp_path_factory, case, command):
    changed(tmp_path_factory, case, command)

"""Changed catalogue files through `validate` and `compare`: the law of commands holds."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings, strategies as st

from tests.fuzz.changes import (
    Case,
    bytes_changed,
    documents_changed,
    numbers_changed,
    tables_changed,
)
from tests.fuzz.kit import documents, lay_out
from tests.fuzz.law import breaches, run

THOUSANDS = int(os.environ.get("FUZZ_EXAMPLES", "400"))
"""Examples of each test of `make fuzz`."""

SUPPRESSED = list(HealthCheck)


def few(count: int) -> settings:
    """Return the settings of the ordinary tests: the same examples every time."""
    return settings(
        max_examples=count,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=SUPPRESSED,
        phases=(Phase.generate,),
    )


many = settings(max_examples=THOUSANDS, deadline=None, suppress_health_check=SUPPRESSED)


@pytest.fixture
def sandbox(tmp_path: Path) -> Callable[[Case, str], None]:
    """Lay a case out, run a command on it, and hold it to the law."""

    def held(case: Case, command: str) -> None:
        root = tmp_path / "root"
        shutil.rmtree(root, ignore_errors=True)
        files, out = root / "files", root / "out"
        lay_out(case.kit, files)
        arguments = [command, str(files / case.target())]
        if command == "compare":
            arguments = [
                *(command, str(files / case.scenario())),
                *("--policies", str(files / case.policy())),
                *(word for option in case.option for word in (option, str(files / case.changed))),
                *("--replications", "2", "--workers", "1", "--out", str(out)),
            ]
        ending = run(arguments, root=root, out=out if command == "compare" else None)
        found = breaches(ending, files)
        if found:
            note(f"{case.changed}: {case.did}\n{ending.err}")
        assert found == [], found[0]

    return held


KINDS = sorted({path.split("/", maxsplit=1)[0] for path in documents()})
"""Folders of the catalogue."""

CASES = {
    **{kind: documents_changed(kind) for kind in KINDS},
    "tables": tables_changed(),
    "bytes": bytes_changed(),
}


@pytest.mark.long
@pytest.mark.parametrize("kind", CASES)
@few(8)
@given(data=st.data())
def test_validate(sandbox, kind, data):
    sandbox(data.draw(CASES[kind]), "validate")


@pytest.mark.long
@few(8)
@given(case=numbers_changed() | documents_changed(*KINDS) | tables_changed())
def test_compare(sandbox, case):
    sandbox(case, "compare")


@pytest.mark.fuzz
@pytest.mark.parametrize("kind", CASES)
@many
@given(data=st.data())
def test_validate_thousands(sandbox, kind, data):
    sandbox(data.draw(CASES[kind]), "validate")


@pytest.mark.fuzz
@pytest.mark.parametrize("kind", ["numbers", *CASES])
@many
@given(data=st.data())
def test_compare_thousands(sandbox, kind, data):
    sandbox(data.draw(CASES.get(kind, numbers_changed())), "compare")

"""A script needs no guard: its worker processes do not run it again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import fivesteps

SCRIPT = """
import sys
import fivesteps

print("begun")
found = fivesteps.compare(sys.argv[1], ["bilateral", "full-pool"], replications=4, workers=2)
print(len(found.frame()), found.directory)
"""


@pytest.mark.whole
def test_a_script_without_a_guard_runs_once(brief: Path, tmp_path: Path) -> None:
    script = tmp_path / "study.py"
    script.write_text(SCRIPT, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script), str(brief)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["begun", f"8 {Path('results/brief-1')}"]
    assert fivesteps.read(tmp_path / "results" / "brief-1").complete

"""A finished run to be bundled."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.cli import main

OWN = """\
scenario: two-days
extends: forest-fire
horizon: 2 d
"""


@pytest.fixture(scope="session")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a finished run directory, with series and tables; nobody may change it."""
    folder = tmp_path_factory.mktemp("bundle")
    (folder / "own.yaml").write_text(OWN)
    run = folder / "run"
    options = ["--policies", "bilateral,full-pool", "--replications", "2", "--workers", "1"]
    with pytest.raises(SystemExit) as ended:
        main(["compare", str(folder / "own.yaml"), *options, "--out", str(run)])
    assert not ended.value.code
    return run

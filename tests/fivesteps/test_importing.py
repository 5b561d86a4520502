"""One import, which is quick and does nothing."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import fivesteps

HEAVY = {
    "agents", "matplotlib", "mesa", "numba", "numpy", "pandas", "pyarrow", "pydantic", "ruamel",
    "scenarios", "scipy", "sim", "typer", "xarray",
}  # fmt: skip


def test_what_is_heavy_is_left_for_when_it_is_needed(tmp_path):
    code = "import fivesteps, sys; print(*{name.partition('.')[0] for name in sys.modules})"
    root = str(Path(fivesteps.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": root, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert "fivesteps" in loaded
    assert not loaded & HEAVY
    assert not done.stderr
    assert list(tmp_path.iterdir()) == []


def public_methods(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")} - set(dir(Exception))


def test_every_public_name_says_what_it_is():
    for name in fivesteps.__all__:
        one = getattr(fivesteps, name)
        assert inspect.getdoc(one), name
        for method in public_methods(one) if isinstance(one, type) else ():
            assert inspect.getdoc(getattr(one, method)), f"{name}.{method}"


def test_every_public_name_is_in_the_guide():
    guide = (Path(fivesteps.__file__).parents[1] / "docs" / "python.md").read_text("utf-8")
    for name in fivesteps.__all__:
        assert f"`{name}" in guide or f"`fivesteps.{name}" in guide, name
    kinds = (fivesteps.Run, fivesteps.Comparison, fivesteps.Sweep, fivesteps.Assessment)
    names = set[str]().union(*map(public_methods, kinds)) - {"at", "noun"}
    missing = {name for name in names if f"`{name}" not in guide and f".{name}" not in guide}
    assert not missing

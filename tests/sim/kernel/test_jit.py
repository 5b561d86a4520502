"""Machine code that is kept: it saves time, and ends no run."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("numba", reason="the compiled kernel needs the extra `fast`")

from numba import config

from sim.kernel.compiled.jit import jit, kept_in


def _twice(number: int) -> int:
    return 2 * number


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A folder in which machine code is kept, with that of `_twice`."""
    kept_in.cache_clear()
    monkeypatch.setattr("numba.config.CACHE_DIR", str(tmp_path))
    assert jit(_twice)(4) == 8
    assert loads(jit(_twice)) == 1
    folder = kept_in()
    assert folder is not None
    yield folder
    kept_in.cache_clear()


def loads(compiled: Any) -> int:
    """Call a function; return how often kept code was found for it."""
    assert compiled(4) == 8
    return sum(compiled.stats.cache_hits.values())


@pytest.mark.parametrize("suffix", ["nbi", "nbc"], ids=["index", "code"])
@pytest.mark.parametrize("size", [0, 1, 60, None], ids=["empty", "a-byte", "cut", "nonsense"])
def test_kept_code_that_is_damaged_is_made_anew(kept: Path, suffix: str, size: int | None) -> None:
    [path] = kept.rglob(f"*.{suffix}")
    path.write_bytes(b"nonsense" if size is None else path.read_bytes()[:size])
    assert loads(jit(_twice)) == 0
    assert loads(jit(_twice)) == 1


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO])
def test_code_that_cannot_be_kept_runs_all_the_same(
    kept: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    [path] = kept.rglob("*.nbi")
    path.unlink()

    def full(*_: object) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr("numba.core.caching.IndexDataCacheFile._open_for_write", full)
    assert loads(jit(_twice)) == 0


def test_a_folder_for_kept_code_that_vanishes(kept: Path) -> None:
    compiled = jit(_twice)
    shutil.rmtree(kept)
    assert loads(compiled) == 0


@pytest.mark.skipif(
    not hasattr(config, "CACHE_LOCATOR_CLASSES"), reason="this Numba cannot be told where"
)
@pytest.mark.usefixtures("kept")
def test_a_folder_for_kept_code_that_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("numba.config.CACHE_LOCATOR_CLASSES", "nope")
    assert loads(jit(_twice)) == 0


@pytest.mark.parametrize("number", ["0", "-1"])
def test_a_numba_that_is_told_nonsense_is_not_taken(number: str) -> None:
    code = "from sim.kernel.choice import why_not_compiled; print(why_not_compiled())"
    told = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "NUMBA_NUM_THREADS": number},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.startswith("Number of threads")

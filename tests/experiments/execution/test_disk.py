"""A disk that is full, read-only, or somebody else's: a clear message, and nothing is lost."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.experiments.execution import kit

pytestmark = pytest.mark.whole

SIZE_KIB = 2048
NOBODY = "65534"


def mount(*arguments: str | Path) -> None:
    subprocess.run(["mount", *map(str, arguments)], check=True, capture_output=True, timeout=60)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk, on Linux")
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        mount("-t", "tmpfs", "-o", f"size={SIZE_KIB}k", "tmpfs", folder)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no disk can be mounted here ({error})")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True, timeout=60)


def fill(disk: Path, leaving_kib: int) -> Path:
    """Put something large on the disk; return its path."""
    ballast = disk / "ballast"
    free = shutil.disk_usage(disk).free
    ballast.write_bytes(bytes(max(0, free - leaving_kib * 1024)))
    return ballast


def whole_shards(out: Path) -> int:
    """Return the number of shards, all of which can be read."""
    paths = [*kit.shards(out), *(out / "series").glob("[!.]*")]
    assert all(pq.read_table(path).num_rows for path in paths)
    return len(kit.shards(out))


def refused(done: subprocess.CompletedProcess[str], *parts: str) -> None:
    """Hold a command to one clear message."""
    assert done.returncode == 2, done.stderr
    for part in (*parts, "rule:", "remedy:"):
        assert part in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.slow)])
def test_a_disk_that_fills_up(disk, squalls, calm, site, tmp_path, workers):
    out, env = disk / "run", kit.environment(site)
    arguments = kit.sweep(squalls, out, "--workers", workers, "--batch", "2")
    ballast = fill(disk, leaving_kib=320)
    refused(kit.run(arguments, env), "No space left on device", "what was finished before is kept")
    kept = whole_shards(out)
    assert 0 < kept < 48
    assert kit.left_behind(out) == []
    refused(kit.run(arguments, env), "No space left on device")  # and again
    assert whole_shards(out) >= kept
    shown = kit.run(kit.command("status", out), env)
    assert "nobody works on it; the same command goes on from here" in shown.stdout
    ballast.unlink()
    done = kit.run(arguments, env)
    assert done.returncode == 0, done.stderr
    assert kit.tables(out) == kit.tables(calm)
    assert kit.left_behind(out) == []
    assert not list(out.glob("failures/*"))


def test_a_disk_that_is_full_before_anything_is_written(disk, squalls, site):
    out = disk / "run"
    fill(disk, leaving_kib=0)
    done = kit.run(kit.sweep(squalls, out, "--workers", "1"), kit.environment(site))
    refused(done, "No space left on device")
    assert kit.left_behind(out) == []


@pytest.mark.slow
def test_a_disk_that_is_full_when_the_tables_are_written(disk, squalls, calm, site):
    out, env = disk / "run", kit.environment(site)
    arguments = kit.sweep(squalls, out, "--workers", "1")
    shutil.copytree(calm, out)
    for name in kit.TABLES[:3]:
        (out / name).unlink()
    ballast = fill(disk, leaving_kib=0)
    refused(kit.run(arguments, env), "No space left on device")
    assert kit.left_behind(out) == []
    ballast.unlink()
    assert kit.run(arguments, env).returncode == 0
    assert kit.tables(out) == kit.tables(calm)


@pytest.mark.slow
def test_a_disk_that_becomes_read_only(disk, squalls, calm, site):
    out, env = disk / "run", kit.environment(site)
    arguments = kit.sweep(squalls, out, "--workers", "1", "--batch", "2")
    process = kit.start(arguments, env)
    kit.until(lambda: len(kit.shards(out)) > 3, process)
    kit.kill_group(process)
    mount("-o", "remount,ro", disk)
    kept = kit.shards(out)
    refused(kit.run(arguments, env), str(out), "Read-only file system")
    shown = kit.run(kit.command("status", out), env)
    assert shown.returncode == 0, shown.stderr
    assert kit.shards(out) == kept
    mount("-o", "remount,rw", disk)
    assert kit.run(arguments, env).returncode == 0
    assert kit.tables(out) == kit.tables(calm)
    assert kit.left_behind(out) == []


# Somebody else's -----------------------------------------------------------------------------


@pytest.fixture
def others(site: Path, squalls: Path) -> Iterator[tuple[Path, Path, list[str], dict[str, str]]]:
    """A folder that all can read, an experiment in it, and how to run a command as nobody."""
    if os.name != "posix" or os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("needs root, who may act as another user, and setpriv")
    as_nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    packages = kit.make_site(folder / "site")
    for name in ("squall.yaml", "squall.py"):
        (folder / name).write_bytes((kit.HERE / name).read_bytes())
    text = squalls.read_text().replace(str(kit.HERE), str(folder))
    (folder / "squalls.yaml").write_text(text)
    home = folder / "home"
    home.mkdir()
    os.chown(home, int(NOBODY), int(NOBODY))
    env = kit.environment(packages, HOME=str(home), TMPDIR=str(home))
    tried = kit.run([*as_nobody, *kit.command("validate", folder / "squall.yaml")], env)
    if tried.returncode:
        shutil.rmtree(folder)
        pytest.skip(f"another user cannot run the command here ({tried.stderr.strip()[-200:]})")
    yield folder, folder / "squalls.yaml", as_nobody, env
    with contextlib.suppress(OSError):
        shutil.rmtree(folder)


def test_a_folder_that_the_user_may_not_write(others):
    folder, experiment, as_nobody, env = others
    before = sorted(folder.rglob("*"))
    for out in (folder / "run", folder):
        refused(
            kit.run([*as_nobody, *kit.sweep(experiment, out, "--workers", "1")], env),
            str(out),
        )
    assert sorted(folder.rglob("*")) == before


@pytest.mark.slow
def test_a_run_of_somebody_elses(others, calm):
    folder, experiment, as_nobody, env = others
    out = folder / "run"
    shutil.copytree(calm, out)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    refused(
        kit.run([*as_nobody, *kit.sweep(experiment, out, "--workers", "1")], env),
        f"fivesteps: {out}: Permission denied",
    )
    shown = kit.run([*as_nobody, *kit.command("status", out)], env)
    assert shown.returncode == 0, shown.stderr
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


@pytest.mark.slow
def test_shards_that_cannot_be_written_end_the_run_at_once(others):
    """The folder of the run is the user's, that of the shards is not."""
    folder, experiment, as_nobody, env = others
    out = folder / "run"
    out.mkdir()
    os.chown(out, int(NOBODY), int(NOBODY))
    arguments = [*as_nobody, *kit.sweep(experiment, out, "--workers", "1", "--batch", "2")]
    process = kit.start(arguments, env)
    kit.until(lambda: kit.shards(out), process)
    kit.kill_group(process)
    os.chown(out / "outcomes", 0, 0)
    kept = kit.shards(out)
    refused(kit.run(arguments, env), "Permission denied", "what was finished before is kept")
    assert kit.shards(out) == kept
    assert not list(out.glob("failures/*"))

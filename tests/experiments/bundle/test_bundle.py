"""Bundles: the same bytes for the same run, whole elsewhere, and nothing else comes out of one."""

from __future__ import annotations

import json
import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from experiments.bundle import archive, bundle, unpacked
from experiments.bundle.archive import SUMS, write_archive
from experiments.cli import main
from experiments.errors import UserError
from experiments.execution import verify
from experiments.store import open_for_reading

Files = dict[str, bytes | Path]
MANIFEST = "run/manifest.json"


@pytest.fixture
def packed(quiet: Path, tmp_path: Path) -> Path:
    """Return a bundle of a finished run."""
    path = tmp_path / "packed.zip"
    bundle(quiet, path)
    return path


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as held:
        return {name: held.read(name) for name in held.namelist()}


# What is in it --------------------------------------------------------------------------------


def test_the_same_run_gives_the_same_bytes(quiet: Path, packed: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(quiet, tmp_path / "elsewhere" / quiet.name))
    (copy / ".lock").touch()
    bundle(copy, tmp_path / "other.zip")
    assert (tmp_path / "other.zip").read_bytes() == packed.read_bytes()


def test_nothing_of_the_run_is_lost(quiet: Path, packed: Path) -> None:
    held = {name: one for name, one in contents(packed).items() if name.startswith("run/")}
    there = {
        f"run/{path.relative_to(quiet).as_posix()}": path.read_bytes()
        for path in quiet.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }
    assert held == there
    assert b"<!doctype html>" in contents(packed)["report.html"][:100].lower()


def test_it_can_be_verified_and_gone_on_with(packed: Path, tmp_path: Path) -> None:
    with unpacked(packed) as folder:
        assert verify(folder, 2).lanes == 2
        assert open_for_reading(folder).done().all()
        kept = folder
    assert not kept.exists()
    with pytest.raises(SystemExit) as ended:
        main(["verify", str(packed), "--lanes", "1"])
    assert not ended.value.code


def test_the_crate_names_every_file_and_nothing_else(packed: Path) -> None:
    held = contents(packed)
    graph = json.loads(held["ro-crate-metadata.json"])["@graph"]
    entities = {one["@id"]: one for one in graph}
    assert len(entities) == len(graph)
    files = {name for name, one in entities.items() if one["@type"] == "File"}
    assert files == held.keys() - {"ro-crate-metadata.json", SUMS}
    assert {one["@id"] for one in entities["./"]["hasPart"]} == files
    named = [one["@id"] for one in entities["#run"]["result"]]
    assert named
    assert set(named) <= files
    assert entities["ro-crate-metadata.json"]["about"] == {"@id": "./"}


def test_what_was_declared_and_with_what_it_was_made_is_there(quiet: Path, packed: Path) -> None:
    held, manifest = contents(packed), open_for_reading(quiet).manifest
    scenario = YAML(typ="safe").load(held["declarations/scenario.yaml"])
    assert scenario | {"place_content": None} == (
        manifest.documents["scenario"] | {"place_content": None}
    )
    policies = [name for name in held if name.startswith("declarations/policies/")]
    assert len(policies) == len(manifest.policies)
    numpy = manifest.runs[-1]["libraries"]["numpy"]
    assert f"numpy=={numpy}" in held["requirements.txt"].decode().split("\n")
    citation = YAML(typ="safe").load(held["CITATION.cff"])
    assert (citation["cff-version"], citation["type"]) == ("1.2.0", "dataset")
    assert json.loads(held["codemeta.json"])["version"] == manifest.identity["engine"]["version"]


def test_what_is_not_finished_is_not_sent(quiet: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(quiet, tmp_path / "run"))
    shard = min((run / "outcomes").iterdir())
    shard.unlink()
    with pytest.raises(UserError):
        bundle(run, tmp_path / "made.zip")
    assert not (tmp_path / "made.zip").exists()


def test_links_are_not_followed(quiet: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(quiet, tmp_path / "run"))
    (tmp_path / "secret.csv").write_text("secret")
    (run / "extra.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(UserError, match="is a link"):
        bundle(run, tmp_path / "made.zip")


# What does not come out of it -----------------------------------------------------------------


def entry(name: str, kind: int = stat.S_IFREG) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name)
    made.create_system = 3
    made.external_attr = (kind | 0o644) << 16
    return made


def with_entry(name: str, kind: int = stat.S_IFREG) -> Callable[[Path], None]:
    def add(path: Path) -> None:
        with zipfile.ZipFile(path, "a") as held:
            held.writestr(entry(name, kind), b"../../../etc/passwd")

    return add


def twice(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as held:
        held.writestr(entry("run/MANIFEST.json"), b"{}")


def altered(path: Path) -> None:
    """Change a file and leave the checksums as they are."""
    files: Files = {**contents(path)}
    sums = files.pop(SUMS)
    files["run/outcomes.csv"] = b"nothing"
    write_archive(path, files)
    made = contents(path) | {SUMS: bytes(sums)}
    with zipfile.ZipFile(path, "w") as held:
        for name, content in made.items():
            held.writestr(name, content)


def without(*names: str) -> Callable[[Path], None]:
    def remove(path: Path) -> None:
        made = contents(path)
        with zipfile.ZipFile(path, "w") as held:
            for name, content in made.items():
                if name not in names:
                    held.writestr(name, content)

    return remove


def more_than_it_says(path: Path) -> None:
    """Let the index promise one byte of a file that has many."""
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as held:
        held.writestr("run/bomb.csv", b"0" * 1_000_000)
        held.getinfo("run/bomb.csv").file_size = 1


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def text(path: Path) -> None:
    path.write_text("no zip")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (with_entry("../outside.csv"), "which no bundle has"),
        (with_entry("/etc/outside.csv"), "which no bundle has"),
        (with_entry("run\\..\\outside.csv"), "which no bundle has"),
        (with_entry("C:outside.csv"), "which no bundle has"),
        (with_entry("run/outcomes/../../outside.csv"), "which no bundle has"),
        (with_entry("run/.hidden"), "which no bundle has"),
        (with_entry("run/other/deep.csv"), "which no bundle has"),
        (with_entry("run/a\nb.csv"), "which no bundle has"),
        (with_entry("run/link.csv", stat.S_IFLNK), "which no bundle has"),
        (with_entry("run/device.csv", stat.S_IFBLK), "which no bundle has"),
        (with_entry("run/"), "which no bundle has"),
        (with_entry("run/more.csv"), "does not hold the files"),
        (twice, "twice"),
        (altered, "its SHA-256 is another"),
        (without(SUMS), "has no SHA256SUMS"),
        (without(MANIFEST), "has no run/manifest.json"),
        (without("run/outcomes.csv"), "does not hold the files"),
        (more_than_it_says, "than it says|no whole zip"),
        (cut, "no whole zip"),
        (text, "no whole zip"),
    ],
)
def test_crafted_bundles_are_refused(
    packed: Path, tmp_path: Path, spoil: Callable[[Path], None], message: str
) -> None:
    spoil(packed)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UserError, match=message), unpacked(packed):
        pass
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(("limit", "most"), [("MOST_FILES", 3), ("MOST_BYTES", 1000)])
def test_too_much_is_refused_before_it_is_unpacked(
    packed: Path, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    monkeypatch.setattr(archive, limit, most)
    with pytest.raises(UserError, match="holds more than"), unpacked(packed):
        pass


def test_a_full_disk_is_told_before(packed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(packed.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10))
    with pytest.raises(UserError, match="are free in"), unpacked(packed):
        pass

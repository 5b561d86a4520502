"""The digest of the engine has the package that a threat comes from, its code and its data."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, distributions

import pytest

from experiments.store import provenance
from experiments.store.packages import files_of

FILES = {
    "storm.py": "import helper, pathlib\nDATA = pathlib.Path(__file__).with_name('wind.csv')\n",
    "helper.py": "X = 1\n",
    "wind.csv": "1,2\n",
    "notes.txt": "not named\n",
}


@pytest.fixture
def entry(tmp_path, monkeypatch) -> Callable[[], EntryPoint]:
    """Return the entry point of a module that is used from where it is written."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    info = tmp_path / "storm-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: storm\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[fivesteps.threats]\nstorm = storm:THREAT\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = next(one for one in distributions(path=[str(tmp_path)]) if one.name == "storm")
    return lambda: next(iter(found.entry_points))


def digest(entry: EntryPoint, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr("agents.package_of", lambda kind: entry if kind == "storm" else None)
    assert provenance.engine_digest(["network"]) != provenance.engine_digest(["storm"])
    return provenance.engine_digest(["storm"])


def test_a_module_has_what_lies_beside_it_and_it_names(entry):
    assert [name for name, _ in files_of(entry())] == ["helper.py", "storm.py", "wind.csv"]


@pytest.mark.parametrize("name", ["storm.py", "helper.py", "wind.csv"])
def test_a_change_of_code_or_data_changes_the_digest(entry, tmp_path, monkeypatch, name):
    before = digest(entry(), monkeypatch)
    assert digest(entry(), monkeypatch) == before
    (tmp_path / name).write_text(FILES[name] + "# more\n")
    assert digest(entry(), monkeypatch) != before


def test_what_the_threat_does_not_name_changes_nothing(entry, tmp_path, monkeypatch):
    before = digest(entry(), monkeypatch)
    (tmp_path / "notes.txt").write_text("other notes\n")
    assert digest(entry(), monkeypatch) == before


def test_an_installed_package_is_what_was_installed(entry, tmp_path):
    (tmp_path / "storm-1.0.dist-info" / "RECORD").write_text(
        "storm.py,,\nnotes.txt,,\n__pycache__/storm.cpython-311.pyc,,\nstorm-1.0.dist-info/METADATA,,\n"
    )
    assert [name for name, _ in files_of(entry())] == ["notes.txt", "storm.py"]


def test_a_package_is_its_folder(entry, tmp_path):
    (tmp_path / "storm.py").unlink()
    folder = tmp_path / "storm"
    (folder / "data").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "data" / "wind.csv").write_text("1\n")
    sys.modules.pop("storm", None)
    assert [name for name, _ in files_of(entry())] == ["storm/__init__.py", "storm/data/wind.csv"]

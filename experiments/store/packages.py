"""What an installed package consists of: the files that decide what its threat does."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

_SKIPPED = ("__pycache__", ".dist-info", ".egg-info", ".pth", ".pyc", "__editable__")
"""Parts of the names of files that come and go without the package being another."""


def files_of(entry: EntryPoint) -> list[tuple[str, Path]]:
    """Return the files of the package that has an entry point, each with a name, sorted.

    They are those that were installed; where that is not recorded, or the package is used from
    where it is written, the folder of the package, or the module with the modules and files beside
    it that its code names.
    """
    module, *_ = entry.module.split(".")
    installed = {
        str(part): Path(str(part.locate())) for part in (entry.dist and entry.dist.files) or ()
    }
    found = {name: path for name, path in installed.items() if _counts(name) and path.is_file()}
    if not found:
        spec = importlib.util.find_spec(module)
        for folder in (spec.submodule_search_locations if spec else None) or ():
            paths = (path for path in Path(folder).rglob("*") if path.is_file())
            found |= {f"{module}/{path.relative_to(folder).as_posix()}": path for path in paths}
        if not found and spec and spec.origin:
            origin = Path(spec.origin)
            found = {path.relative_to(origin.parent).as_posix(): path for path in _beside(origin)}
    return sorted((name, path) for name, path in found.items() if _counts(name))


def _counts(name: str) -> bool:
    return not any(part in name for part in _SKIPPED)


def _beside(module: Path) -> set[Path]:
    """Return a module, and what lies beside it that its code imports or names, and theirs."""
    found, todo = {module}, [module]
    while todo:
        new = set(_named(todo.pop())) - found
        found |= new
        todo += [path for path in new if path.suffix == ".py"]
    return found


def _named(module: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(module.read_bytes())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name.partition(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module.partition(".")[0]]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _files(module.parent, node.value)
        for name in names:
            yield from _files(module.parent, f"{name}.py")
            if (module.parent / name / "__init__.py").is_file():
                yield from (path for path in (module.parent / name).rglob("*") if path.is_file())


def _files(folder: Path, name: str) -> Iterator[Path]:
    """Yield the file of a name in a folder, if it is one."""
    path = folder / name
    if 0 < len(name) < 200 and "\0" not in name and Path(name).name == name and path.is_file():  # noqa: PLR2004 - longer is no name
        yield path

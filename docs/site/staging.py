"""All pages in one folder for Sphinx: those that are written, and those made from the code."""

from __future__ import annotations

import posixpath
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from docs.site import commands, measures, rules, schemas
from docs.site.markdown import contents

_LINK: Final = re.compile(r"(\]\()([^)\s]+)(\))")
_SECTION: Final = re.compile(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_AT_THE_ROOT: Final = {
    "README.md": "readme.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
_ORPHAN: Final = "---\norphan: true\n---\n"
"""What tells Sphinx that only links lead to a page."""

_POLICIES: Final = "scenarios/catalogue/policies/"
_MEASURES: Final = "scenarios/catalogue/measures/"
_MADE: Final = {
    "Reference": (
        "- [Commands](reference/commands.md): every option, from the code\n"
        "- [Files](reference/schema/index.md): every key with type, unit and rule, from the code\n"
        "- [Policies](reference/policies/index.md): every rule, its YAML beside its sentence\n"
        "- [Measures](reference/measures/index.md): every change likewise\n"
    )
}
"""What the index has besides, by section."""


def stage(root: Path, folder: Path) -> None:
    """Write the pages of the project at `root` into an empty `folder`."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, text in _made():
        _write(folder / "reference" / f"{name}.md", text)
    staging = _Staging(root, folder)
    for path in (*map(root.joinpath, _AT_THE_ROOT), *sorted((root / "docs").rglob("*.md"))):
        staging.page(path)


def _made() -> Iterator[tuple[str, str]]:
    yield "commands", commands.page()
    for kind, pages in (("schema", schemas), ("policies", rules), ("measures", measures)):
        for name, text in pages.pages():
            yield f"{kind}/{name}", text


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


class _Staging:
    """Copies pages, and what they link to, so that their links lead within the site."""

    def __init__(self, root: Path, folder: Path) -> None:
        self._root = root
        self._folder = folder
        self._there: set[str] = set()

    def page(self, path: Path) -> None:
        """Copy a page, unless it is there; of the index, make the contents of its sections."""
        name = path.relative_to(self._root).as_posix()
        if name in self._there:
            return
        self._there.add(name)
        place = _place_of(name)
        text = path.read_text(encoding="utf-8")
        if place.startswith("files/"):
            text = _ORPHAN + text
        if place == "index.md":
            text = _SECTION.sub(lambda found: self._section(found[1], found[2]), text)
        _write(self._folder / place, _LINK.sub(lambda found: self._link(found, name, place), text))

    def _section(self, title: str, body: str) -> str:
        links = [target for _, target, _ in _LINK.findall(body)]
        more = _MADE.get(title, "")
        pages = [self._target(target, "docs/index.md") for target in links if "://" not in target]
        pages += [target for _, target, _ in _LINK.findall(more)]
        listed = contents((page.removesuffix(".md") for page in pages), title)
        made = re.sub(r"\]\(", "](made:", more)
        return f"## {title}\n{body.rstrip()}\n{made}\n{listed}\n"

    def _link(self, found: re.Match[str], page: str, place: str) -> str:
        opened, target, closed = found.groups()
        if target.startswith("made:"):
            return opened + target.removeprefix("made:") + closed
        if "://" in target or target.startswith(("#", "mailto:")):
            return found[0]
        path, hash_, anchor = target.partition("#")
        there = posixpath.relpath(self._target(path, page), posixpath.dirname(place) or ".")
        return f"{opened}{there}{hash_}{anchor}{closed}"

    def _target(self, path: str, page: str) -> str:
        """Return the place in the site of what a page links to; put it there, if need be."""
        name = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
        there = self._root / name
        place = _place_of(name)
        if there.is_dir():
            return self._listing(name)
        if place.startswith("reference/"):
            return place
        if there.suffix == ".md":
            self.page(there)
        else:
            (self._folder / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(there, self._folder / place)
        return place

    def _listing(self, name: str) -> str:
        """Return the page that lists a folder."""
        place = posixpath.join(_place_of(name), "index.md")
        if name in self._there:
            return place
        self._there.add(name)
        files = sorted(
            one
            for one in (self._root / name).rglob("*")
            if one.is_file() and "__pycache__" not in one.parts and one.suffix != ".pyc"
        )
        targets = [
            (one, self._target(one.relative_to(self._root / name).as_posix(), f"{name}/-"))
            for one in files
        ]
        start = posixpath.dirname(place)
        lines = [f"- [{_title(one)}]({posixpath.relpath(where, start)})" for one, where in targets]
        inside = [where for _, where in targets if where.startswith(f"{start}/")]
        pages = [posixpath.relpath(one, start) for one in inside if one.endswith(".md")]
        text = f"{_ORPHAN}# {name}\n\n" + "\n".join(lines) + "\n"
        _write(self._folder / place, text + ("\n" + contents(pages) if pages else ""))
        return place


def _title(path: Path) -> str:
    """Return the heading of a page, or the name of another file."""
    if path.suffix != ".md":
        return f"`{path.name}`"
    return path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")


def _place_of(name: str) -> str:
    """Return where a file of the project stands in the site."""
    if name in _AT_THE_ROOT:
        return _AT_THE_ROOT[name]
    for folder, kind in ((_POLICIES, "policies"), (_MEASURES, "measures")):
        if name.startswith(folder):
            return f"reference/{kind}/{name.removeprefix(folder).removesuffix('.yaml')}.md"
    if name.startswith("docs/") and (name.endswith(".md") or "." not in posixpath.basename(name)):
        return name.removeprefix("docs/")
    return f"files/{name}"

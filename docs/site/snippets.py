"""Pieces of YAML files as they are written: one entry of a list each."""

from __future__ import annotations

import textwrap
from pathlib import Path

from ruamel.yaml import YAML


def entries(path: Path, key: str) -> list[str]:
    """Return the text of every entry of the list under a key, without what comments on the next."""
    content = path.read_text(encoding="utf-8")
    listed = YAML(typ="rt").load(content).get(key, [])
    lines = content.splitlines()
    return [_entry(lines, listed.lc.item(number)[0]) for number in range(len(listed))]


def _entry(lines: list[str], start: int) -> str:
    dash = _indent(lines[start])
    end = start + 1
    while end < len(lines) and (_is_aside(lines[end]) or _indent(lines[end]) > dash):
        end += 1
    while _is_aside(lines[end - 1]):
        end -= 1
    return textwrap.dedent("\n".join(lines[start:end]))


def _is_aside(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())

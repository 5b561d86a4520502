"""Checking declarations of any kind."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from experiments.errors import UserError

KINDS: Final = ("scenario", "policy", "place")
PLACE_FILE: Final = "place.yaml"

_FIRST_KEY: Final = re.compile(rf"^({'|'.join(KINDS)})[ \t]*:", re.MULTILINE)
_MOST_CHARACTERS: Final = 2_000_000


def check_file(path: Path) -> str:
    """Check a file, or the folder of a place, and say what it declares.

    Raises
    ------
    UserError, SpecError
        If it cannot be read, declares nothing, or breaks a rule.
    """
    from agents import load_scenario
    from scenarios.atlas import load_atlas
    from scenarios.load import load_place

    if path.is_dir() or path.name == PLACE_FILE:
        return f"place {load_atlas(path if path.is_dir() else path.parent).place.place}"
    kind = kind_of(path)
    # Names and paths share an argument there: a separator makes it a path.
    name = str(path) if path.parent.name else f".{os.sep}{path}"
    if kind == "scenario":
        return f"scenario {load_scenario(name).name}"
    if kind == "policy":
        return f"policy {_checked_policy(name)}"
    return f"place {load_place(path).place}"


def _checked_policy(name: str) -> str:
    """Check a policy by itself, and its names against the scenarios of the catalogue."""
    from agents import load_scenario
    from scenarios import compile_world, scenario_entries
    from scenarios.load import read_policy

    policy = read_policy(name)
    for entry in scenario_entries():
        compile_world(load_scenario(entry.name), [policy])
    return policy.name


def kind_of(path: Path) -> str:
    """Return what the file declares: the first of our kinds that is a key of the document."""
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(_MOST_CHARACTERS)
    except OSError as error:
        raise UserError(
            f"{path}: cannot be read ({error.strerror})",
            "a file to check must be there and readable",
            "check the path",
        ) from None
    except UnicodeDecodeError as error:
        line = 1 + error.object[: error.start].count(b"\n")
        raise UserError(
            f"{path}:{line}: a byte that is not UTF-8 text",
            "declarations are YAML text in UTF-8",
            "give a YAML file, or save this one as UTF-8",
        ) from None
    found = _FIRST_KEY.search(text)
    if found is None:
        raise UserError(
            f"{path}: {'declares nothing we know' if text.strip() else 'the file is empty'}",
            f"a declaration has a key {', '.join(KINDS[:-1])} or {KINDS[-1]} that gives its name",
            "write for example `policy: my-policy` at the start of a line",
        )
    return found.group(1)

"""Policies that extend others."""

from __future__ import annotations

import os
from pathlib import Path

from scenarios.errors import SpecError, printable, shown
from scenarios.reading.catalogue import CATALOGUE, find
from scenarios.reading.declarations import located, read
from scenarios.reading.files import is_file, is_readable
from scenarios.reading.loaded import LoadedPolicy
from scenarios.schema import MOST_CODES, MOST_RULES, Policy

MOST_EXTENDED = 20
"""Most policies in a row that extend each other."""


def resolved(path: Path, above: tuple[Path, ...]) -> LoadedPolicy:
    """Read a policy and append the rules of what it extends."""
    spec = read(path, Policy)
    if len(above) > MOST_EXTENDED:
        raise error_at(
            path,
            "extends",
            f"policies extend each other at most {MOST_EXTENDED} times in a row",
            "write the rules of some of them into one file",
        )
    own = tuple((path, number) for number in range(len(spec.rules)))
    if spec.extends is None:
        return LoadedPolicy(path, spec, own)
    chain = (*above, Path(os.path.realpath(path)))
    base = _extended(path, spec.extends)
    if Path(os.path.realpath(base)) in chain:
        circle = " -> ".join(printable(file.stem) for file in (*chain, base))
        raise error_at(
            path,
            "extends",
            f"policies must not extend each other in a circle: {circle}",
            "remove one `extends:` of the circle",
        )
    parent = resolved(base, chain)
    merged = spec.model_copy(
        update={
            "rules": (*spec.rules, *parent.spec.rules),
            "handling": {**parent.spec.handling, **spec.handling},
            "ask": spec.ask or parent.spec.ask,
            "not_for": {**parent.spec.not_for, **spec.not_for},
            "default_handling": spec.default_handling or parent.spec.default_handling,
            "retention": parent.spec.retention if spec.retention is None else spec.retention,
        }
    )
    for what, number, most in (
        ("rules", len(merged.rules), MOST_RULES),
        ("handling codes", len(merged.handling), MOST_CODES),
    ):
        if number > most:
            raise error_at(
                path,
                "extends",
                f"a policy has at most {most} {what}, those that it extends included",
                "leave some out",
            )
    theirs = {"ask": parent.spec.ask, **{f"handling.{c}": 1 for c in parent.spec.handling}}
    mine = {"ask": spec.ask, **{f"handling.{code}": 1 for code in spec.handling}}
    taken = {
        what: parent.taken_over.get(what, base)
        for what, declared in theirs.items()
        if declared is not None and mine.get(what) is None
    }
    return LoadedPolicy(path, merged, (*own, *parent.rule_places), taken)


def _extended(path: Path, name_or_path: str) -> Path:
    """Return the file of the policy that the one in `path` extends."""
    try:
        base = find(name_or_path, CATALOGUE / "policies", "policy")
    except SpecError as error:
        error.file, error.where = str(path), "extends"
        raise located(error) from None
    if base.name == name_or_path or not base.is_absolute():
        base = path.parent / base
    if not is_file(base):
        raise error_at(
            path,
            "extends",
            f"there is no file {printable(shown(str(base)))}",
            "write the name of a policy of the catalogue, or the path of a file beside this one",
        )
    if not is_readable(base):
        raise error_at(
            path,
            "extends",
            f"the file {printable(shown(str(base)))} must be readable",
            "check its permissions, or write the path of another file",
        )
    return base


def error_at(path: Path, where: str, rule: str, remedy: str) -> SpecError:
    """Make the error about a value of a file, with its line."""
    return located(SpecError(rule, remedy, file=str(path), where=where))

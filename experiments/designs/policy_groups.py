"""Which numbers of policies are guesses, and which of them belong together.

A rule that several policies take over from the same file is the same guess in all of them. What a
rule grants to who tells and to who asks goes together: one factor for its chances, one for its
delays.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

from experiments.designs.groups import Group
from scenarios.changing import POLICIES, leaves
from scenarios.compiling import deciding_rules
from scenarios.errors import dotted

if TYPE_CHECKING:
    from experiments.planning import Settings
    from scenarios import LoadedPolicy

_ASSUMED: Final = re.compile(r"[^;:]*\bassumed\b", re.IGNORECASE)
_WORDS: Final = {"chance": ("share", "chance"), "delay": ("delay",)}
"""What the source of a rule calls its parts, where it says which of them were assumed."""

_RULE: Final = re.compile(r"rules\[(\d+)\]")
_PLACE: Final = re.compile(rf"{POLICIES}\.([^.\[]+)\.rules\[(\d+)\]")

UNMET: Final = "no report of this scenario comes under it"


def policy_groups(settings: Settings, fixed: dict[str, str]) -> Iterator[Group]:
    """Give the guesses of all policies of a scenario, in groups of numbers that get one factor.

    Parameters
    ----------
    fixed
        Takes the names of guesses that cannot be varied, with the reason.
    """
    met = rules_met(settings) if settings.policies else []
    names = Names(settings.policies)
    found: dict[str, Group] = {}
    unmet: dict[str, str] = {}
    varied: set[str] = set()
    for policy, rules in zip(settings.policies, met, strict=True):
        for row in policy.sources():
            parts = _assumed(row.kind, row.text)
            if not parts:
                continue
            name = names.of(policy, row.path)
            rule = _RULE.fullmatch(row.path)
            if rule and int(rule[1]) not in rules:
                unmet[name] = UNMET
                continue
            varied.add(name)
            for group in _parts(settings, policy, row.path, name, row.text):
                kind = group.name.rpartition(".")[2]
                if kind in parts or not parts & _WORDS.keys():
                    found[group.name] = _added(found.get(group.name), group)
    fixed.update({name: why for name, why in unmet.items() if name not in varied})
    yield from found.values()


class Names:
    """Names of declarations by the file that has them: the same for all that take one over."""

    def __init__(self, policies: Sequence[LoadedPolicy]) -> None:
        self._policies = {_file(policy.path): policy.name for policy in policies}
        self._files: dict[str, Path] = {}

    def of(self, policy: LoadedPolicy, path: str) -> str:
        """Return the path of a declaration in its file, with a name for the file before it."""
        rule = _RULE.fullmatch(path)
        if rule is not None:
            file, number = policy.rule_places[int(rule[1])]
            path = f"rules[{number}]"
        else:
            owners = (file for what, file in policy.taken_over.items() if _within(path, what))
            file = next(owners, policy.path)
        return f"{POLICIES}.{self._label(_file(file))}.{path}"

    def _label(self, file: Path) -> str:
        """Return the name of the policy in a file, or of the file; no two have the same."""
        name = self._policies.get(file, file.stem)
        for number in count(1):
            label = name if number == 1 else f"{name}-{number}"
            if self._files.setdefault(label, file) == file:
                return label
        raise AssertionError


def _file(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _within(path: str, what: str) -> bool:
    return path == what or path.startswith(f"{what}.")


def _assumed(kind: str, text: str) -> set[str]:
    """Return which parts of a declaration are guesses; ``all`` if it does not say."""
    if kind == "assumed":
        return {"all"}
    clauses = [clause.lower() for clause in _ASSUMED.findall(text)]
    if not clauses:
        return set()
    named = {
        part
        for part, words in _WORDS.items()
        if any(word in clause for word in words for clause in clauses)
    }
    return named or {"all"}


def rules_met(settings: Settings) -> list[set[int]]:
    """Return for each policy which of its rules decide about some report on some channel."""
    return deciding_rules(settings.compiled(0).world, settings.policies)


def idle_rules(met: Mapping[str, set[int]], paths: Sequence[str]) -> list[str]:
    """Return the rules that some paths lead into, if no report comes under any of them.

    Parameters
    ----------
    met
        Rules of each policy, by its name, that decide about some report.
    paths
        What a parameter changes.
    """
    places = [_PLACE.match(path) for path in paths]
    if not all(places):
        return []  # something else is changed as well
    rules = {place[0]: int(place[2]) in met[place[1]] for place in places if place is not None}
    return [] if any(rules.values()) else list(rules)


def _parts(
    settings: Settings, policy: LoadedPolicy, path: str, name: str, why: str
) -> Iterator[Group]:
    """Split a declaration into its chances, its delays and each other number."""
    full = f"{POLICIES}.{policy.name}.{path}"
    plain, typed = settings.original.spot(full)
    parts: dict[str, list[tuple[str, float]]] = {}
    for inner, number in leaves(plain, typed):
        kind = next((str(step) for step in inner if step in _WORDS), dotted(inner))
        parts.setdefault(kind, []).append((f"{full}.{dotted(inner)}", float(number)))
    meaning = plain.get("meaning", "")
    for kind, numbers in parts.items():
        yield Group(
            name=f"{name}.{kind}",
            paths=tuple(one for one, _ in numbers),
            numbers=tuple(number for _, number in numbers),
            are_shares=kind == "chance",
            why=why,
            meaning=meaning,
        )


def _added(one: Group | None, other: Group) -> Group:
    if one is None:
        return other
    paths, numbers = (*one.paths, *other.paths), (*one.numbers, *other.numbers)
    return replace(one, paths=paths, numbers=numbers)

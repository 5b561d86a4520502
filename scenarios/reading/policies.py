"""Policies with the rules of those that they extend."""

from __future__ import annotations

from pathlib import Path

from scenarios.reading.declarations import read
from scenarios.reading.extending import base_of, extends_error
from scenarios.reading.loaded import LoadedPolicy
from scenarios.schema import MOST_CODES, MOST_RULES, Policy


def resolved(path: Path, above: tuple[Path, ...] = ()) -> LoadedPolicy:
    """Read a policy and append the rules of what it extends."""
    spec = read(path, Policy)
    own = tuple((path, number) for number in range(len(spec.rules)))
    if spec.extends is None:
        return LoadedPolicy(path, spec, own)
    base = base_of(path, spec.extends, above, "policy")
    parent = resolved(base, (*above, path))
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
            raise extends_error(
                path,
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

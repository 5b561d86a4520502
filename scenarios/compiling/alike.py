"""What scenarios must share to be in force in one world, and the classes of report of all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from scenarios.errors import SpecError
from scenarios.reading import LoadedScenario
from scenarios.schema import (
    ROLES,
    Casework,
    Member,
    Post,
    Procedure,
    ReportClass,
    Scenario,
    ThreatSpec,
)

_MAY_DIFFER: Final = frozenset(
    {"scenario", "extends", "meaning", "place", "baseline", "reports", "desks", "stores", "absent"}
)
"""Parts of a scenario that are looked at by themselves, or that no lane depends on."""

_TABLES: Final = ("members", "neighbours", "civil_protection")
"""What agents know of a place."""


def check_alike(first: LoadedScenario, other: LoadedScenario) -> None:
    """Hold scenarios to differ in desks, instruments, classes of report and stores only.

    Of threats, procedures, posts and casework they may differ in numbers.

    Raises
    ------
    SpecError
        Of `other`, naming the first thing else in which they differ.
    """
    for name in Scenario.model_fields:
        mine, theirs = getattr(other.spec, name), getattr(first.spec, name)
        if name == "threats":
            if not _show_alike(mine, theirs):
                raise _differs(other, name)
            mine, theirs = _of_worlds(mine), _of_worlds(theirs)
        if name in _SHAPES:
            mine, theirs = _SHAPES[name](mine), _SHAPES[name](theirs)
        if name not in _MAY_DIFFER and mine is not theirs and mine != theirs:
            raise _differs(other, Scenario.model_fields[name].alias or name)
    if other.atlas.place.holidays != first.atlas.place.holidays:
        raise _differs(other, "place.holidays")
    for name in _TABLES:
        mine, theirs = getattr(other.atlas, name), getattr(first.atlas, name)
        if name == "members":
            mine, theirs = _without_offices(mine), _without_offices(theirs)
        if mine is not theirs and (mine != theirs or _keys(mine) != _keys(theirs)):
            raise _differs(other, f"place.{name}")


def _without_offices(members: Mapping[str, Member]) -> dict[str, Member]:
    """Return Member States without what may be set up in them."""
    none = dict.fromkeys(_OFFICES, False)
    return {code: member.model_copy(update=none) for code, member in members.items()}


def _courses(procedures: Mapping[str, Procedure]) -> list[tuple[str, Procedure]]:
    """Return procedures, in their order, with the names of their numbers only."""
    return [
        (
            name,
            procedure.model_copy(
                update={
                    "evidence": procedure.evidence is not None,
                    **{part: sorted(getattr(procedure, part)) for part in _NAMED},
                }
            ),
        )
        for name, procedure in procedures.items()
    ]


def _kinds_of_post(posts: Mapping[str, Post]) -> list[tuple[str, str, bool]]:
    """Return posts, in their order, without their numbers."""
    return [(name, post.of, post.sampled) for name, post in posts.items()]


def _blocks(casework: Casework) -> tuple[object, ...]:
    """Return what of casework does not change within a run: which blocks there are, and calls."""
    help_ = casework.assistance
    calls = None if help_ is None else (help_.call_at.value, help_.renewal.value)
    return (casework.incident is not None, calls)


_SHAPES: Final[Mapping[str, Callable[[Any], object]]] = {
    "procedures": _courses,
    "posts": _kinds_of_post,
    "casework": _blocks,
}
"""What scenarios share of what they may declare with other numbers."""

_NAMED: Final = ("delays", "chances", "numbers")
_OFFICES: Final = ("cert_2010", "aro_2010", "sis_2010")


def check_lasting(first: LoadedScenario, later: LoadedScenario) -> None:
    """Hold a scenario that comes later in a timetable to set threats up as the first does.

    Raises
    ------
    SpecError
        Of `later`, naming the first threat in which they differ.
    """
    for name, threat in later.spec.threats.items():
        before = first.spec.threats[name]
        if threat is not before and _of_runs(threat) != _of_runs(before):
            raise SpecError(
                "what sets a threat up is the same all the time of a run",
                "let it hold from the first tick on",
                file=str(later.path),
                where=f"threats.{name}",
            )


def _of_worlds(threats: Mapping[str, ThreatSpec]) -> list[tuple[str, object]]:
    """Return threats, in their order, without the parts in which lanes may differ."""
    return [
        (name, without(threat, [*_SEEN, *threat.by_day, *threat.at_first]))
        for name, threat in threats.items()
    ]


def _of_runs(threat: ThreatSpec) -> object:
    """Return a threat without the parts that may change within a run."""
    return without(threat, [*_SEEN, *threat.by_day])


_SEEN: Final = ("sees", "recognises")


def without(value: Any, parts: Sequence[str]) -> Any:  # noqa: ANN401 - any part of a declaration
    """Return a declaration without parts of it: dotted names, where ``*`` is any name."""
    if "" in parts:
        return None
    split = [part.partition(".") for part in parts]
    into = {head: [rest for name, _, rest in split if name == head] for head, *_ in split}
    if isinstance(value, Mapping):
        return {name: without(one, into["*"]) for name, one in value.items()}
    own = {name: without(getattr(value, name), rest) for name, rest in into.items()}
    return value.model_copy(update=own)


def _show_alike(mine: Mapping[str, ThreatSpec], theirs: Mapping[str, ThreatSpec]) -> bool:
    """Whether what desks see of the same threats in both shows the same faces."""
    one, other = _shown(mine), _shown(theirs)
    return all(one[key] == other[key] for key in one.keys() & other.keys())


def _shown(threats: Mapping[str, ThreatSpec]) -> dict[tuple[str, str, str], object]:
    return {
        (name, desk, sight.report): sight.shows
        for name, threat in threats.items()
        for desk, seen in threat.sees.items()
        for sight in seen
    }


def _keys(table: object) -> list[str] | None:
    """Return the states of a table in their order."""
    return list(table) if isinstance(table, dict) else None


def _differs(loaded: LoadedScenario, where: str) -> SpecError:
    return SpecError(
        "scenarios that differ in more than desks, instruments, classes of report, stores and "
        "numbers of casework and threats are no points of one world",
        "run them apart, or let them have this in common",
        file=str(loaded.path),
        where=where,
    )


def all_reports(scenarios: Sequence[LoadedScenario]) -> dict[str, ReportClass]:
    """Return the classes of report of all scenarios of a world.

    Raises
    ------
    SpecError
        If two declare one class differently, or a class that not all of them have may come about
        by more than what desks see.
    """
    found: dict[str, ReportClass] = {}
    for loaded in scenarios:
        for name, report in loaded.spec.reports.items():
            known = found.setdefault(name, report)
            if known is not report and _fixed(known) != _fixed(report):
                raise _differs(loaded, f"reports.{name}")
    shared = set.intersection(*(set(loaded.spec.reports) for loaded in scenarios))
    for name in found.keys() - shared:
        for loaded in scenarios:
            if name in loaded.spec.reports and not _is_seen_only(name, loaded.spec):
                raise SpecError(
                    "a class of report that not all scenarios of a world have is routine, or seen "
                    "by a desk; others would be written where there are none",
                    f"declare {name} in all of them, or let a desk see it",
                    file=str(loaded.path),
                    where=f"reports.{name}",
                )
    return found


def _fixed(report: ReportClass) -> tuple[object, ...]:
    """Return what of a class of report cannot change over time."""
    return (
        report.kind,
        report.weight,
        report.persons,
        report.urgency,
        report.lifetime,
        report.addressed,
    )


def _is_seen_only(name: str, spec: Scenario) -> bool:
    role = ROLES.get(spec.reports[name].kind)
    if role is not None:
        return role == "ROUTINE"
    seen = (
        one for threat in spec.threats.values() for desk in threat.sees.values() for one in desk
    )
    return any(sight.report == name for sight in seen)

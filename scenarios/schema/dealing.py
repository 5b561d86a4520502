"""What procedures, threats and the rest of a scenario need of each other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from scenarios.errors import SpecError, unknown_name
from scenarios.schema.procedure import NATIONAL, Post, Procedure
from scenarios.schema.threat import ThreatSpec


def check_procedures(
    procedures: Mapping[str, Procedure],
    posts: Mapping[str, Post],
    reports: Collection[str],
    desks: Collection[str],
    threats: Mapping[str, ThreatSpec],
) -> None:
    """Hold procedures to the desks, posts, reports, verbs, aspects and other procedures there are.

    Raises
    ------
    SpecError
        For the first name that nothing answers to.
    """
    for name, threat in threats.items():
        for number, key in enumerate(threat.procedures or ()):
            if key not in procedures:
                where = f"threats.{name}.procedures[{number}]"
                raise unknown_name("procedure", key, procedures, where=where)
    for key, procedure in procedures.items():
        met = [one for name, one in threats.items() if key in dealing(name, threats, procedures)]
        if not met and _is_about_something(procedure):
            raise SpecError(
                "a procedure deals with a threat, and none names this one",
                f"add {key} to `procedures:` of a threat",
                where=f"procedures.{key}",
            )
        known = {
            "post": {name for name, post in posts.items() if post.of == procedure.of},
            "procedure": {name for name, one in procedures.items() if one.of == procedure.of},
            "invited procedure": set(procedures),
            "asked procedure": set(procedures),
            "report": set(reports),
            "desk": set(_desks_of(procedure, desks)),
            "verb": _common(one.verbs for one in met),
            "face": {face for one in met if len(one.faces) > 1 for face in one.faces},
            "aspect": _common(one.aspects for one in met),
        }
        for where, name, kind in _outside(procedure):
            if kind == "face" and not known[kind]:
                continue  # whatever is known of such threats belongs together
            if name not in known[kind]:
                raise unknown_name(kind, name, known[kind], where=f"procedures.{key}.{where}")


def dealing(
    threat: str, threats: Mapping[str, ThreatSpec], procedures: Iterable[str]
) -> frozenset[str]:
    """Return the procedures that deal with a threat: those that it names, all if it is alone."""
    return frozenset(procedures if len(threats) == 1 else threats[threat].procedures or ())


def _common(names: Iterable[Collection[str]]) -> set[str]:
    """Return what all of some threats have; what no threat has to do with may name anything."""
    sets = [set(one) for one in names]
    return set.intersection(*sets) if sets else set()


def _desks_of(procedure: Procedure, desks: Collection[str]) -> Iterator[str]:
    """Give the desks that an organisation has, as its procedures name them."""
    for desk in desks:
        body, _, kind = desk.rpartition(".")
        if body == ("" if procedure.of == NATIONAL else procedure.of):
            yield kind


def _outside(procedure: Procedure) -> Iterator[tuple[str, str, str]]:
    """Give what a procedure names of its scenario: where, the name, and what it should be."""
    for number, name in enumerate(procedure.at):
        yield f"at[{number}]", name, "desk"
    for number, name in enumerate(procedure.starts.told):
        yield f"starts.told[{number}]", name, "report"
    for number, name in enumerate(procedure.heeds):
        yield f"heeds[{number}]", name, "report"
    if procedure.starts.working is not None:
        yield "starts.working", procedure.starts.working, "procedure"
    for where, step in procedure.walk():
        does, thing = step.done
        if does == "link" and thing != "held":
            for number, face in enumerate(thing):
                yield f"{where}.link[{number}]", face, "face"
        if does in _NAMES:
            yield f"{where}.{does}", thing, _NAMES[does]
        for part, kind in _PARTS_OUTSIDE.get(does, ()):
            yield f"{where}.{does}.{part}", getattr(thing, part), kind


_NAMES: Final = {"give": "post", "write": "report", "start": "procedure"}
"""Steps that are the name of something outside of the procedure."""

_PARTS_OUTSIDE: Final = {
    "take": (("post", "post"),),
    "act": (("verb", "verb"),),
    "watch": (("aspect", "aspect"),),
    "ask": (("procedure", "asked procedure"),),
    "invite": (("report", "report"), ("into", "invited procedure")),
}
"""Steps with parts that are."""


def _is_about_something(procedure: Procedure) -> bool:
    """Whether a procedure has to do with subjects, and so with a threat."""
    starts, named = procedure.starts, (kind for _, _, kind in _outside(procedure))
    return starts.recognised or bool(starts.told) or not {"verb", "aspect"}.isdisjoint(named)

"""Rules, delays and desks in words."""

from __future__ import annotations

from typing import Any, Final

from experiments.show.grid import duration, percent
from scenarios.schema import BareDelay, Desk, Match, Policy, Rule, Scenario, Sight

REFUSED: Final = "refused by law"


def delay_words(delay: BareDelay | None) -> str:
    """Say how long something takes: median / what 95 of 100 stay within."""
    if delay is None:
        return "at once"
    if delay.median is not None and delay.p95 is not None:
        return f"{duration(delay.median)} / {duration(delay.p95)}"
    if delay.mean is not None:
        return f"{duration(delay.mean)} on average"
    if delay.quantiles is not None:
        times = list(delay.quantiles.values())
        return f"{duration(times[0])} to {duration(times[-1])}"
    return duration(delay.value or 0.0)


def match_words(match: Match) -> str:
    """Say what a rule applies to."""
    parts = [_who(match), _what(match)]
    if match.over is not None:
        plural = "s" if len(match.over) > 1 else ""
        parts.append(f"over the instrument{plural} {_either(match.over)}")
    if match.same_member is not None:
        parts.append("in one state" if match.same_member else "not in one state")
    if match.concerned is not None:
        parts.append(f"the receiver has {'' if match.concerned else 'not '}contributed")
    return "; ".join(part for part in parts if part) or "everything else"


def _who(match: Match) -> str:
    if match.sender is None and match.receiver is None:
        return ""
    return f"{_either(match.sender or ('anybody',))} to {_either(match.receiver or ('anybody',))}"


def _what(match: Match) -> str:
    words = {None: "", True: "own", False: "passed on"}[match.own]
    personal = {None: "", True: "personal", False: "not personal"}[match.personal]
    urgency = _either(match.urgency or ())
    classified = _either(match.classification or ())
    reports = _either(match.reports or ())
    found = " ".join(word for word in (words, urgency, classified, personal, reports) if word)
    return found if reports or not found else f"{found} reports"


def _either(names: tuple[str, ...]) -> str:
    return ", ".join(names)


def unasked_words(rule: Rule, *, refused: bool = False) -> str:
    """Say how likely and how late a report is told unasked, if the law lets it."""
    if rule.push is None:
        return "-"
    if refused:
        return REFUSED
    return f"{percent(rule.push.chance)}, {delay_words(rule.push.delay)}"


def asked_words(rule: Rule, *, refused: bool = False) -> str:
    """Say what happens when somebody asks, if the law lets it."""
    if rule.pull is None:
        return "-"
    if refused:
        return REFUSED
    if rule.pull.answer == "hit":
        return "hit or no hit"
    return f"{percent(rule.pull.chance)}, {delay_words(rule.pull.delay)}"


def note_words(rule: Rule, policy: Policy) -> str:
    """Say what else holds: obligation, machine, handling, retention."""
    code = rule.handling or policy.default_handling
    notes = [
        "" if rule.trust else "duty",
        "by machine" if rule.automatic else "",
        code if code and code != "free" else "",
        f"kept {duration(rule.retention)}" if rule.retention is not None else "",
    ]
    return ", ".join(note for note in notes if note)


def handling_words(policy: Policy) -> list[dict[str, Any]]:
    """Say what each handling code lets a holder do."""
    rows = []
    for name, code in policy.handling.items():
        given = code.permission
        onward = {"free": "free", "forbidden": "not passed on", "permission": ""}[code.onward]
        if given is not None:
            chance = percent(given.chance)
            onward = f"if the originator permits: {chance}, {delay_words(given.delay)}"
        rows.append({"code": name, "meaning": code.meaning, "passing on": onward})
    return rows


def staff_words(desk: Desk) -> str:
    """Say how many readers a desk has."""
    base, per = desk.staff.base, desk.staff.per_10k_police
    if not per:
        return f"{base:g}"
    more = f"{per:g} per 10,000 police"
    return f"{base:g} + {more}" if base else more


def recognition_words(spec: Scenario, kind: str) -> str:
    """Say when a kind of desk recognises a subject."""
    said = []
    for threat, found in spec.recognised_by(kind).items():
        plural = "" if found.organisations == 1 else "s"
        words = f"{found.evidence:g}, {found.organisations} organisation{plural}"
        said.append(words if len(spec.threats) == 1 else f"{threat}: {words}")
    return "; ".join(said) or "-"


def sight_words(spec: Scenario, kind: str) -> str:
    """Say what a kind of desk sees by itself, a year."""
    return ", ".join(f"{sight.report} {sight.per_year:g}" for _, sight in spec.seen_by(kind)) or "-"


def only_words(sight: Sight) -> str:
    """Say where alone there is something to see; nothing if it is everywhere."""
    flags = [name for name in Sight.model_fields if getattr(sight, name) is True]
    return ", ".join(flags).removeprefix("only_").replace(", only_", ", ").replace("_", " ")

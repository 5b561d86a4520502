"""Tables in Markdown of the policies of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator

from experiments.odd.tables import delay_text, provenance, table
from scenarios import LoadedPolicy
from scenarios.schema import Match, Permission, Policy, Pull, Push, Rule, format_hours


def policy_tables(policy: LoadedPolicy) -> Iterator[str]:
    """What a policy says by itself; the rules of what it extends follow its own."""
    spec = policy.spec
    own = [rule for rule, (file, _) in _placed(policy) if file == policy.path]
    yield f"### {spec.policy}"
    yield " ".join(f"{text}." for text in _head(spec))
    yield table(
        ["", "rule", "applies to", "push", "pull", "handling", "retention", "also", "source"],
        [_row(number, rule) for number, rule in enumerate(own, 1)],
    )


def _placed(policy: LoadedPolicy) -> Iterator[tuple[Rule, tuple[object, int]]]:
    return zip(policy.spec.rules, policy.rule_places, strict=True)


def _head(spec: Policy) -> Iterator[str]:
    yield spec.meaning
    yield f"Source: {spec.source}"
    if spec.abstract:
        yield "Only extended by others"
    if spec.extends is not None:
        yield f"Extends `{spec.extends}`"
    if spec.ask is not None:
        yield (
            f"A desk asks at {spec.ask.evidence:g} of evidence, at most every "
            f"{format_hours(spec.ask.every)} ({provenance(spec.ask)})"
        )
    elif not spec.abstract:
        yield "Nobody asks"
    if spec.retention is not None:
        yield f"Kept for {format_hours(spec.retention)} where a rule says nothing else"
    for name, code in spec.handling.items():
        permission = f" ({_permission(code.permission)})" if code.permission else ""
        yield f"Handling code `{name}`: {code.meaning}; passing on {code.onward}{permission}"
    if spec.default_handling is not None:
        yield f"Rules that name no code put `{spec.default_handling}` on what they release"
    for family, reason in spec.not_for.items():
        yield f"Not for threats of the family {family}: {reason}"


def _permission(spec: Permission) -> str:
    return f"chance {spec.chance:g}, after {delay_text(spec.delay)}; {provenance(spec)}"


def _row(number: int, rule: Rule) -> tuple[object, ...]:
    also = [] if rule.trust else ["trust does not count"]
    also += ["automatic"] if rule.automatic else []
    return (
        number,
        rule.meaning,
        _applies(rule.match),
        _push(rule.push),
        _pull(rule.pull),
        rule.handling or "",
        "" if rule.retention is None else format_hours(rule.retention),
        ", ".join(also),
        provenance(rule),
    )


def _push(push: Push | None) -> str:
    return "never" if push is None else f"{push.chance:g}, delay {delay_text(push.delay)}"


def _pull(pull: Pull | None) -> str:
    if pull is None:
        return "no answer"
    return f"{pull.answer} {pull.chance:g}, delay {delay_text(pull.delay)}"


def _applies(match: Match) -> str:
    parts = [_either(match.own, "own reports", "reports of others")]
    for names, word in (
        (match.reports, ""),
        (match.over, "over "),
        (match.sender, "from "),
        (match.receiver, "to "),
        (match.classification, "classified "),
        (match.urgency, "of urgency "),
    ):
        parts.append("" if names is None else word + ", ".join(names))
    parts += [
        _either(match.personal, "personal data", "no personal data"),
        _either(match.same_member, "inside a state", "not inside a state"),
        _either(match.concerned, "receiver concerned", "receiver not concerned"),
    ]
    return "; ".join(filter(None, parts)) or "everything"


def _either(value: bool | None, yes: str, no: str) -> str:  # noqa: FBT001 - a condition of a rule
    if value is None:
        return ""
    return yes if value else no

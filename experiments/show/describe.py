"""What there is to say about a scenario, a policy or a place, as plain content."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from experiments.show import charts, wording
from experiments.show.grid import duration
from experiments.show.links import Among, Link, links_of_place, links_of_world
from experiments.show.states import state_columns, week_reads
from scenarios import Compiled, LoadedPolicy, LoadedScenario
from scenarios.compiling import deciding_rules
from scenarios.reading import Atlas
from scenarios.schema import (
    Place,
    Post,
    Procedure,
    ReportClass,
    Scenario,
    SourceRow,
    Store,
    ThreatSpec,
    UnitKind,
)

Rows = list[dict[str, Any]]

RULES: Final = "rules: the first that matches decides; chance, delay (median / 95% are within)"

PROCEDURES: Final = "procedures: `fivesteps show PROCEDURE` gives the steps"

AMONG: Final[dict[Among, str]] = {
    "all": "",
    "body": "",
    "neighbours": "neighbours: ",
    "same-member": "in one state: ",
}


@dataclass(frozen=True)
class Description:
    """A thing in words: a line about it, facts, tables, and where its numbers come from."""

    kind: str
    name: str
    meaning: str
    facts: dict[str, str]
    tables: dict[str, Rows]
    """Rows by heading; all rows of a table have the same keys."""
    sources: tuple[SourceRow, ...]

    def document(self) -> dict[str, Any]:
        """Return everything as plain JSON content."""
        return {
            "kind": self.kind,
            "name": self.name,
            "meaning": self.meaning,
            "facts": self.facts,
            "tables": self.tables,
            "parameters": [row._asdict() for row in self.sources],
        }


def describe_scenario(scenario: LoadedScenario, compiled: Compiled) -> Description:
    """Describe a scenario."""
    spec, atlas = scenario.spec, scenario.atlas
    return Description(
        kind="scenario",
        name=scenario.name,
        meaning=scenario.meaning,
        facts={
            "place": f"{atlas.place.place}: {atlas.place.meaning}",
            **{_titled("threat", name, spec): _threat(one) for name, one in spec.threats.items()},
            "tick": spec.tick,
            "horizon": f"{duration(spec.horizon)}, {spec.ticks:,} ticks",
            **({"from": f"{spec.begins}, a {spec.begins:%A}"} if spec.begins else {}),
            "baseline": scenario.baseline,
            "subjects": _subjects(compiled),
            "casework": ", ".join([*spec.procedures, *spec.casework.blocks()]) or "none",
            **_sample(scenario),
            "trust": "changes with what happens" if spec.trust else "stays neutral",
            **_absent(scenario),
        },
        tables={
            "reports": report_rows(spec.reports),
            "desks": _desks(scenario, compiled),
            **_stores({**(atlas.place.stores or {}), **(spec.stores or {})}, compiled.layout.desks),
            "instruments": _instruments(atlas.place, _joins(links_of_world(compiled))),
            **_casework(scenario),
            "outcomes": _outcomes(scenario),
        },
        sources=tuple(scenario.sources()),
    )


def _titled(title: str, threat: str, spec: Scenario) -> str:
    return title if len(spec.threats) == 1 else f"{title} {threat}"


def _threat(threat: ThreatSpec) -> str:
    said = f"{threat.kind}, of the family {threat.family}"
    return f"{said}; evidence loses half of its weight in {duration(threat.half_life.value)}"


def _subjects(compiled: Compiled) -> str:
    threats = compiled.layout.threats
    names = threats.names
    real = [name for name, is_real in zip(names, threats.real, strict=True) if is_real]
    false = len(names) - len(real)
    said = f"{len(real)} real ({_few(real)})"
    return f"{said}, {false} coincidences that resemble it" if false else said


def _absent(scenario: LoadedScenario) -> dict[str, str]:
    """Say what takes no part, if anything."""
    absent = scenario.spec.absent
    names = () if absent is None else (*absent.organisations, *absent.desks, *absent.instruments)
    return {"takes no part": ", ".join(names)} if names else {}


def _few(names: Sequence[str], most: int = 3) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} ..." if len(names) > most else shown


def _sample(scenario: LoadedScenario) -> dict[str, str]:
    """Say what share of the world there is, if not all."""
    sample = scenario.spec.sample
    return {"sample": f"{sample.value:.2%} of threat and posts"} if sample else {}


def _casework(scenario: LoadedScenario) -> dict[str, Rows]:
    """Describe procedures and posts, if any."""
    spec = scenario.spec
    tables = {PROCEDURES: procedure_rows(spec.procedures), "posts": post_rows(spec.posts)}
    return {name: rows for name, rows in tables.items() if rows}


def procedure_rows(procedures: Mapping[str, Procedure]) -> Rows:
    """Describe procedures, each in a line."""
    return [
        {
            "procedure": name,
            "of": charts.of_words(one.of),
            "desks": ", ".join(one.at),
            "meaning": one.meaning,
            "begins": charts.start_words(one.starts),
        }
        for name, one in procedures.items()
    ]


def post_rows(posts: Mapping[str, Post]) -> Rows:
    """Describe posts."""
    return [
        {
            "post": name,
            "of": charts.of_words(one.of),
            "teams": charts.post_words(one),
            "officers": f"{one.officers:g}",
            "others' cases": duration(one.length),
            "sampled": "yes" if one.sampled else "no",
        }
        for name, one in posts.items()
    ]


def report_rows(reports: Mapping[str, ReportClass]) -> Rows:
    """Describe classes of report."""
    return [
        {
            "report": name,
            "kind": spec.kind,
            "meaning": spec.meaning,
            "persons": str(spec.persons) if spec.persons else "-",
            "urgency": spec.urgency,
            "lifetime": duration(spec.lifetime),
        }
        for name, spec in reports.items()
    ]


def _desks(scenario: LoadedScenario, compiled: Compiled) -> Rows:
    """Describe each kind of desk; what it reads a week is taken from the compiled world."""
    rows = []
    for kind, desk in scenario.spec.desks.items():
        reads = week_reads(compiled, kind)
        low, high = min(reads.values(), default=0.0), max(reads.values(), default=0.0)
        span = f"{low:,.0f}" if round(low) == round(high) else f"{low:,.0f} to {high:,.0f}"
        rows.append(
            {
                "desk": kind,
                "where": f"{len(reads)} states" if "" not in reads else "body",
                "readers": wording.staff_words(desk),
                "reads a week": span,
                "recognises at": wording.recognition_words(scenario.spec, kind),
                "sees a year": wording.sight_words(scenario.spec, kind),
                "asks": "yes" if desk.asks else "no",
            }
        )
    return rows


def _stores(declared: Mapping[str, Store], there: Collection[str]) -> dict[str, Rows]:
    """Describe the data bases that are there, if any."""
    rows = [
        {
            "store": kind,
            "meaning": store.meaning,
            "holds": ", ".join(store.holds),
            "by": ", ".join(store.faces or ("all faces",)),
            "for": duration(store.retention),
            "stands guard": "yes" if store.guards else "no",
        }
        for kind, store in declared.items()
        if kind in there
    ]
    return {"stores": rows} if rows else {}


def _joins(links: Sequence[Link]) -> dict[str, str]:
    """Say which desks each instrument joins."""
    found: dict[str, dict[str, list[str]]] = {}
    for link in links:
        word = AMONG[link.among]
        found.setdefault(link.instrument, {}).setdefault(word, []).append(
            f"{link.first} - {link.second}"
        )
    return {
        name: "; ".join(word + ", ".join(pairs) for word, pairs in groups.items())
        for name, groups in found.items()
    }


def _instruments(place: Place, joins: dict[str, str]) -> Rows:
    return [
        {
            "instrument": name,
            "joins": joins[name],
            "takes": wording.delay_words(spec.latency),
            "up to": spec.clearance,
        }
        for name, spec in place.instruments.items()
        if name in joins
    ]


def _outcomes(scenario: LoadedScenario) -> Rows:
    outcomes = scenario.spec.outcomes
    told = [key for key in ("by_year", "by_state") if any(getattr(one, key) for one in outcomes)]
    return [
        {
            "outcome": outcome.name,
            "label": outcome.label,
            "unit": outcome.unit,
            "better": outcome.better,
            "group": outcome.group,
            **{key.replace("_", " "): "yes" if getattr(outcome, key) else "no" for key in told},
        }
        for outcome in scenario.spec.outcomes
    ]


def describe_policy(
    policy: LoadedPolicy,
    scenario: LoadedScenario,
    compiled: Compiled,
    others: Sequence[str],
    refused: Collection[int] = (),
) -> Description:
    """Describe a policy; its rules are in the order in which they are tried.

    Rules that decide about nothing in this scenario are left out, and counted.

    Parameters
    ----------
    compiled
        The scenario with this policy alone.
    others
        Other scenarios that it applies to.
    refused
        Places of the rules that the law leaves nothing of.
    """
    spec = policy.spec
    files = list(dict.fromkeys(path.stem for path, _ in policy.rule_places))
    ask = spec.ask
    facts = {
        "source": spec.source,
        "guidelines": ", ".join(spec.guidelines) or "none",
        "extends": ", then ".join(files[1:]) or "nothing",
        "asks": f"at evidence {ask.evidence:g}, every {duration(ask.every)}" if ask else "never",
        "kept": "not at all" if spec.retention is None else duration(spec.retention),
        "handling": spec.default_handling or "free",
        "shown in": scenario.name,
    }
    if others:
        facts["other scenarios"] = f"--scenario {', '.join(others)}"
    facts |= {f"not for {family}": reason for family, reason in spec.not_for.items()}
    [deciding] = deciding_rules(compiled.world, [policy])
    left_out = [number for number in range(len(spec.rules)) if number not in deciding]
    if left_out:
        facts["rules left out"] = (
            f"{len(left_out)} of {len(spec.rules)} decide about nothing here, since no report comes"
            f" under them or an earlier rule decides: {_spans(left_out)}"
        )
    tables = _rules(policy, files[:1], deciding, refused)
    if spec.handling:
        tables["handling codes"] = wording.handling_words(spec)
    return Description(
        "policy", policy.name, policy.meaning, facts, tables, tuple(policy.sources())
    )


def _spans(numbers: Sequence[int]) -> str:
    """Write numbers from 0 as a reader counts them, with those in a row together."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and spans[-1][1] == number:
            spans[-1][1] = number + 1
        else:
            spans.append([number + 1, number + 1])
    return ", ".join(str(low) if low == high else f"{low} to {high}" for low, high in spans)


def _rules(
    policy: LoadedPolicy, first: Sequence[str], deciding: set[int], refused: Collection[int]
) -> dict[str, Rows]:
    """Put rules into a table for each file; delays are median / 95th percentile."""
    tables: dict[str, Rows] = {}
    places = zip(policy.spec.rules, policy.rule_places, strict=True)
    for number, (rule, (path, _)) in enumerate(places, 1):
        own = path.stem in first
        heading = RULES if own else f"then the rules of {path.stem}"
        row = {
            "rule": str(number),
            "meaning": rule.meaning,
            "applies to": wording.match_words(rule.match),
            "told unasked": wording.unasked_words(rule, refused=number - 1 in refused),
            "answered": wording.asked_words(rule, refused=number - 1 in refused),
            "notes": wording.note_words(rule, policy.spec),
        }
        if number - 1 in deciding:
            tables.setdefault(heading, []).append(row)
    return tables


def describe_place(atlas: Atlas) -> Description:
    """Describe a place."""
    place = atlas.place
    desks = [_desk_row("each state", kind, spec, atlas) for kind, spec in place.national.items()]
    for body, declared in place.bodies.items():
        note = "" if declared.enabled else " (not there yet)"
        desks += [
            _desk_row(f"{body}{note}", f"{body}.{desk}", spec, atlas)
            for desk, spec in declared.desks.items()
        ]
    return Description(
        kind="place",
        name=place.place,
        meaning=place.meaning,
        facts={
            "Member States": f"{len(atlas.members)}: {', '.join(atlas.members)}",
            "neighbours": f"{len(atlas.neighbours)} pairs with a border, a centre or a group",
            "groups": ", ".join(f"{g} ({len(m)})" for g, m in atlas.groups.items()) or "none",
            "columns": ", ".join(state_columns(atlas)),
        },
        tables={
            "desks": desks,
            **_stores(place.stores or {}, atlas.desk_kinds),
            "instruments": _instruments(place, _joins(links_of_place(place))),
        },
        sources=tuple(atlas.sources()),
    )


def _desk_row(where: str, kind: str, spec: UnitKind, atlas: Atlas) -> dict[str, Any]:
    if spec.where != "everywhere":
        count = sum(bool(getattr(member, spec.where)) for member in atlas.members.values())
        where = f"{count} of {len(atlas.members)} states"
    return {
        "desk": kind,
        "where": where,
        "meaning": spec.meaning,
        "hours": spec.hours,
        "up to": spec.clearance,
        "personal data": "yes" if spec.personal_data else "no",
    }

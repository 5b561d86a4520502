"""Tables in Markdown of what scenarios, places and the code declare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields

import numpy as np
from pydantic import BaseModel

from experiments.odd.streams import REFERENCE, Stream
from scenarios import LoadedScenario
from scenarios.compiling import Threats, build_network, views
from scenarios.reading import Atlas
from scenarios.schema import (
    ROLES,
    BareDelay,
    Chance,
    Connection,
    Count,
    Delay,
    Number,
    Range,
    ReportClass,
    Scenario,
    Sight,
    Sourced,
    SourceRow,
    Span,
    ThreatSpec,
    UnitKind,
    format_hours,
    walk_sources,
)

UNITS: Mapping[type[Sourced], str] = {
    Span: "time",
    Delay: "time",
    Chance: "share",
    Count: "number",
    Range: "number",
}
"""Units of quantities by type; a time says its unit with its value."""

ENDINGS: Mapping[str, str] = {"_km_h": "km/h", "_km": "km"}
"""Units that the name of a plain number says."""

_REPORT = (
    "class",
    "kind",
    "meaning",
    "role",
    "weight",
    "persons",
    "classification",
    "urgency",
    "lifetime",
    "addressed",
    "source",
)
_DESK = (
    "desk",
    "hours",
    "readers",
    "reads",
    "own routine",
    "routine written",
    "recognises",
    "asks",
    "sees a year",
)
_BRIEF = frozenset({"lon", "lat"})
"""Columns of Member States that serve drawing only."""


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table in Markdown."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(value: object) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")


def provenance(item: Sourced) -> str:
    """Say where something comes from."""
    return item.source or f"assumed: {item.assumed}"


def delay_text(delay: BareDelay | None) -> str:
    """Write a delay as its file does."""
    if delay is None:
        return "none"
    if delay.value is not None:
        return format_hours(delay.value)
    if delay.mean is not None:
        return f"mean {format_hours(delay.mean)}"
    if delay.quantiles is not None:
        parts = (f"{chance:g}: {format_hours(hours)}" for chance, hours in delay.quantiles.items())
        return f"quantiles {', '.join(parts)}"
    parts = (f"{name} {format_hours(getattr(delay, name))}" for name in ("median", "p95"))
    return ", ".join(parts)


# Scenarios -----------------------------------------------------------------------------------


def scenario_tables(loaded: LoadedScenario) -> Iterator[str]:
    """Everything that a scenario declares."""
    name, spec = loaded.name, loaded.spec
    yield f"### {name}"
    yield f"{spec.meaning}."
    yield table(["property", "value"], _sizes(loaded))
    yield f"#### Reports of {name}"
    yield table(
        _REPORT,
        [_report(key, report) for key, report in spec.reports.items()],
    )
    yield f"#### Desks of {name}"
    yield table(
        _DESK,
        [_desk(spec, kind, _unit_kinds(loaded.atlas)[kind]) for kind in spec.desks],
    )
    yield f"#### Channels of {name}"
    yield table(["instrument", "directed channels", "carries here"], _channels(loaded))
    yield f"#### Parameters of {name}"
    yield table(
        ["parameter", "value", "unit", "meaning", "source"],
        [
            (f"`{path}`", value, unit, meaning, f"{'assumed: ' if kind == 'assumed' else ''}{text}")
            for (path, value, kind, text), (unit, meaning) in parameters(spec)
            if not path.startswith("reports.")
        ],
    )
    yield f"#### Outcomes of {name}"
    yield table(
        ["outcome", "label", "unit", "better", "group"],
        [(f"`{one.name}`", one.label, one.unit, one.better, one.group) for one in spec.outcomes],
    )


def _sizes(loaded: LoadedScenario) -> list[tuple[str, object]]:
    spec, atlas = loaded.spec, loaded.atlas
    network = build_network(spec, atlas)
    threats = Threats.of(spec, tuple(atlas.members))
    subjects, real = threats.names, sum(threats.real)
    sizes = np.array([len(those) for those in threats.ranges.values()])
    seen = views(spec, atlas, network)
    return [
        *((f"threat {name}", _threat(one)) for name, one in spec.threats.items()),
        ("place", f"`{spec.place}`"),
        ("tick", format_hours(spec.tick_h)),
        ("horizon", f"{format_hours(spec.horizon)}, {spec.ticks:,} ticks"),
        *([("first day", f"{spec.begins}")] if spec.begins else []),
        ("baseline", f"`{spec.baseline}`"),
        ("subjects", f"{len(subjects)}: {real} real, {len(subjects) - real} decoys"),
        ("organisations", len(network.groups)),
        ("desks", len(network.units.names)),
        ("directed channels", len(network.channels.names)),
        ("observation streams", int(sizes[seen.kind].sum())),
    ]


def _threat(threat: ThreatSpec) -> str:
    half = format_hours(threat.half_life.value)
    return f"`{threat.kind}`, of the family {threat.family}; evidence loses half in {half}"


def _report(name: str, spec: ReportClass) -> tuple[object, ...]:
    role = ROLES.get(spec.kind, "EVIDENCE").lower()
    weight = f"{spec.weight.median:g} (p95 {spec.weight.p95:g})" if spec.weight.p95 else "0"
    return (
        f"`{name}`",
        spec.kind,
        spec.meaning,
        role,
        weight,
        spec.persons,
        spec.classification,
        spec.urgency,
        format_hours(spec.lifetime),
        "yes" if spec.addressed else "no",
        provenance(spec),
    )


def _desk(spec: Scenario, kind: str, unit: UnitKind) -> tuple[object, ...]:
    desk = spec.desks[kind]
    more, found = desk.staff.per_10k_police, spec.recognised_by(kind).values()
    return (
        f"`{kind}`",
        unit.hours,
        f"{desk.staff.base:g}" + (f" + {more:g} per 10,000 police" if more else ""),
        f"{desk.reads.value:g}",
        f"{desk.local_routine.value:g}",
        f"{desk.routine_made.value:g}",
        "; ".join(f"{one.evidence:g} from {one.organisations}" for one in found) or "never",
        "yes" if desk.asks else "no",
        "; ".join(_sight(sight) for _, sight in spec.seen_by(kind)) or "nothing",
    )


def _sight(sight: Sight) -> str:
    flags = [name for name in Sight.model_fields if getattr(sight, name) is True]
    only = f" ({', '.join(flags).replace('_', ' ')})" if flags else ""
    return f"`{sight.report}` {sight.per_year:g}{only}"


def _channels(loaded: LoadedScenario) -> list[tuple[object, ...]]:
    spec, instruments = loaded.spec, loaded.atlas.place.instruments
    count = Counter(build_network(spec, loaded.atlas).instrument)
    return [
        (
            f"`{name}`",
            f"{count[name]:,}",
            ", ".join(f"`{key}`" for key, report in spec.reports.items() if report.kind in kinds),
        )
        for name, kinds in ((name, way.kinds) for name, way in instruments.items())
        if count[name]
    ]


Parameter = tuple[SourceRow, tuple[str, str]]
"""What is known of a quantity's source; its unit and meaning."""


def parameters(spec: BaseModel) -> list[Parameter]:
    """Every sourced quantity of a declaration, with its unit and what its field means."""
    return list(zip(walk_sources(spec), _about(spec), strict=True))


def _about(value: object, name: str = "", meaning: str = "") -> Iterator[tuple[str, str]]:
    """Unit and meaning of every sourced quantity, in the order of `walk_sources`."""
    if isinstance(value, Sourced):
        units = [unit for kind, unit in UNITS.items() if isinstance(value, kind)]
        units += [unit for ending, unit in ENDINGS.items() if name.endswith(ending)]
        if not units and not isinstance(value, Number):
            meaning = meaning or (type(value).__doc__ or "").splitlines()[0]
        yield (units[0] if units else ""), meaning
    if isinstance(value, BaseModel):
        for key, field in type(value).model_fields.items():
            yield from _about(getattr(value, key), key, field.description or "")
    elif isinstance(value, Mapping):
        for child in value.values():
            yield from _about(child, name, meaning)
    elif isinstance(value, list | tuple):
        for child in value:
            yield from _about(child, name, meaning)


# Places --------------------------------------------------------------------------------------


def place_tables(atlas: Atlas) -> Iterator[str]:
    """Desks, instruments and Member States of a place."""
    place = atlas.place
    yield f"### {place.place}"
    yield f"{place.meaning}."
    yield f"#### Desks of {place.place}"
    yield table(
        ["desk", "meaning", "where", "hours", "clearance", "personal data", "source"],
        [
            (
                f"`{kind}`",
                unit.meaning,
                unit.where if kind in place.national else "body",
                unit.hours,
                unit.clearance,
                "yes" if unit.personal_data else "no",
                provenance(unit),
            )
            for kind, unit in _unit_kinds(atlas).items()
        ],
    )
    yield f"#### Instruments of {place.place}"
    yield table(
        ["instrument", "meaning", "latency", "clearance", "kinds", "joins", "source"],
        [
            (
                f"`{name}`",
                way.meaning,
                f"{delay_text(way.latency)} ({provenance(way.latency)})",
                way.clearance,
                ", ".join(way.kinds),
                "; ".join(map(_joins, way.connections)),
                provenance(way),
            )
            for name, way in place.instruments.items()
        ],
    )
    for field in fields(atlas):
        rows = getattr(atlas, field.name)
        if isinstance(rows, Mapping) and rows and rows.keys() == atlas.members.keys():
            yield f"#### {field.name.replace('_', ' ').capitalize()} of {place.place}"
            yield _by_state(rows)
    yield f"#### Neighbours in {place.place}"
    yield table(["state", "deals directly with"], _neighbours(atlas))
    yield f"#### Columns of the tables of {place.place}"
    yield table(
        ["column", "unit", "source"],
        [
            (f"`{row.path}`", row.value.removeprefix("column, "), row.text)
            for row in atlas.columns.sources()
        ],
    )


def _unit_kinds(atlas: Atlas) -> dict[str, UnitKind]:
    """Kinds of desk by name, national ones first; bodies that are not enabled have none."""
    bodies = {
        f"{name}.{desk}": unit
        for name, body in atlas.place.bodies.items()
        if body.enabled
        for desk, unit in body.desks.items()
    }
    return {**atlas.place.national, **bodies}


def _joins(connection: Connection) -> str:
    one, other = connection.between
    return f"{one} with {other}, {connection.among.replace('-', ' ')}"


def _neighbours(atlas: Atlas) -> Iterator[tuple[str, str]]:
    for code in atlas.members:
        near = [other for other in atlas.members if atlas.are_neighbours(code, other)]
        yield code, ", ".join(near) or "none"


def _by_state(rows: Mapping[str, BaseModel]) -> str:
    """A table with a row for each Member State."""
    columns = [name for name in type(next(iter(rows.values()))).model_fields if name not in _BRIEF]
    return table(
        [name.replace("_", " ") for name in columns],
        [[_value(getattr(row, name)) for name in columns] for row in rows.values()],
    )


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


# Streams -------------------------------------------------------------------------------------


def stream_tables(streams: Iterable[Stream]) -> Iterator[str]:
    """The streams of the mechanism, then those of organisations and threats."""
    found = list(streams)
    for title, inside in (("the mechanism", True), ("organisations and threats", False)):
        yield f"#### Streams of {title}"
        yield table(
            ["stream", "entity keys", "drawn in"],
            [
                (f"`{one.name}`", ", ".join(f"`{key}`" for key in one.keys) or "none", _where(one))
                for one in found
                if (one.file == REFERENCE) is inside
            ],
        )


def _where(stream: Stream) -> str:
    return f"`{stream.file}`, `{stream.function}`"

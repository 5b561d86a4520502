"""What there is to say about a measure and about a programme of measures, as plain content."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from experiments.planning import Touched, told
from experiments.show.describe import Description, Rows
from scenarios.reading import LoadedMeasure, LoadedProgramme, load_measures
from scenarios.schema import Alteration, Measure, format_hours, walk_sources


def describe_measure(measure: LoadedMeasure, touched: Sequence[Touched]) -> Description:
    """Describe a measure: what it changes, from when on, and in which scenarios."""
    spec = measure.spec
    here, *never = told(measure, touched)
    facts = {
        "annex": spec.title,
        "document": spec.says,
        "responsible": ", ".join(spec.responsible),
        "guidelines": ", ".join(spec.guidelines),
        **_dates(spec),
        "needs": ", ".join(spec.needs),
        **_costs(spec),
        "expects": ", ".join(f"{name} {way}" for name, way in spec.expect.items()),
        "in the catalogue": here,
        **{f"but {line.partition(' ')[0]}": line.partition(" ")[2] for line in never},
    }
    return Description(
        kind="measure",
        name=measure.name,
        meaning=measure.meaning,
        facts={name: text for name, text in facts.items() if text},
        tables={"changes": [_change(spec, number, touched) for number in range(len(spec.changes))]},
        sources=tuple(walk_sources(spec)),
    )


def _dates(spec: Measure) -> dict[str, str | None]:
    dates = spec.dates
    if dates is None:
        return {}
    later = "" if dates.lag is None else f", and {format_hours(dates.lag.value)} until it works"
    applies = "not known" if dates.applies is None else f"{dates.applies}{later}"
    return {"proposed": f"{dates.proposed} ({dates.act})", "applies": applies}


def _costs(spec: Measure) -> dict[str, str]:
    found = {}
    if (cost := spec.cost) is not None:
        found["costs"] = (
            f"{cost.once_meur:g} million euro once, {cost.yearly_meur:g} a year ({cost.payer})"
        )
    if (rights := spec.rights) is not None:
        found["keeps"] = f"{rights.records_per_year:,.0f} records a year: {rights.meaning}"
    return found


def _change(spec: Measure, number: int, touched: Sequence[Touched]) -> dict[str, Any]:
    change = spec.changes[number]
    there = [one.scenario for one in touched if number in one.changes]
    return {
        "change": number,
        "does": change_in_words(change),
        "to": ", ".join(change.targets),
        "in": ", ".join(there) or "nothing",
        "because": change.source or f"assumed: {change.assumed}",
    }


def change_in_words(change: Alteration) -> str:
    """Say what a change does."""
    if change.by is not None:
        return f"{change.verb} {change.by:g}"
    if change.verb == "set":
        return f"set {change.to}"
    what = change.what
    if what is None:
        return change.verb
    names = list(what) if isinstance(what, dict) else [_name(one) for one in what]
    return f"add {', '.join(names)}"


def _name(thing: object) -> str:
    """Return what an entry of a list is called."""
    keys = ("meaning", "report", "tag")
    found = [thing[key] for key in keys if key in thing] if isinstance(thing, dict) else []
    return str(found[0] if found else thing)


def describe_programme(programme: LoadedProgramme) -> Description:
    """Describe a programme: which measures work from when on, and which are no part of it."""
    rows: Rows = [
        {
            "from": "the first tick" if since is None else since.isoformat(),
            "measure": measure.name,
            "meaning": measure.meaning,
        }
        for measure, since in sorted(
            programme.measures, key=lambda one: (str(one.since or ""), one.measure.name)
        )
    ]
    there = {one.measure.name for one in programme.measures}
    left_out = [one.name for one in load_measures() if one.name not in there]
    others = ", ".join(left_out) if rows else "all"
    return Description(
        kind="programme",
        name=programme.name,
        meaning=programme.meaning,
        facts={"measures": str(len(rows)), **({"without": others} if others else {})},
        tables={"measures": rows} if rows else {},
        sources=(),
    )

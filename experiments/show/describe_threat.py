"""What there is to say about a threat in a file of its own, as plain content."""

from __future__ import annotations

from experiments.show import describe, wording
from experiments.show.describe import Description, Rows
from experiments.show.grid import duration, percent
from scenarios import LoadedThreat, ThreatSpec
from scenarios.schema import Sight


def describe_threat(threat: LoadedThreat) -> Description:
    """Describe a threat: what it is, who sees and recognises it, and what it brings."""
    spec, bundle = threat.spec, threat.bundle
    procedures = bundle.procedures if isinstance(bundle.procedures, dict) else {}
    tables = {
        "what is seen of it": _sights(spec),
        "who recognises it": _recognitions(spec),
        "reports that it brings": describe.report_rows(bundle.reports),
        describe.PROCEDURES: describe.procedure_rows(procedures),
        "posts": describe.post_rows(bundle.posts),
    }
    return Description(
        kind="threat",
        name=threat.name,
        meaning=threat.meaning,
        facts={
            "kind": spec.kind,
            "family": spec.family,
            "faces": ", ".join(spec.faces),
            "half-life": f"evidence loses half of its weight in {duration(spec.half_life.value)}",
            "sampled": "as the scenario's sample of the world" if spec.sampled else "there whole",
            "procedures": _procedures(spec),
            "casework": ", ".join(bundle.casework.blocks() if bundle.casework else ()) or "none",
        },
        tables={name: rows for name, rows in tables.items() if rows},
        sources=tuple(threat.sources()),
    )


def _procedures(spec: ThreatSpec) -> str:
    if spec.procedures is None:
        return "all of the scenario that has it"
    return ", ".join(spec.procedures) or "none"


def _faces(sight: Sight) -> str:
    """Say which faces what is seen shows, with chances below 1."""
    if sight.shows is None:
        return "all"
    return ", ".join(
        face if chance == 1 else f"{face} {percent(chance)}" for face, chance in sight.shows.items()
    )


def _sights(spec: ThreatSpec) -> Rows:
    return [
        {
            "desk": desk,
            "report": sight.report,
            "of": sight.aspect or spec.aspects[0],
            "a year": f"{sight.per_year:g}",
            "shows": _faces(sight),
            "only": wording.only_words(sight) or "-",
        }
        for desk, sights in spec.sees.items()
        for sight in sights
    ]


def _recognitions(spec: ThreatSpec) -> Rows:
    return [
        {
            "desk": desk,
            "at evidence": f"{found.evidence:g}",
            "from organisations": str(found.organisations),
        }
        for desk, found in spec.recognises.items()
    ]

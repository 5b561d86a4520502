"""Tables in Markdown of the measures and programmes of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator

from experiments.odd.tables import provenance, table
from experiments.show import change_in_words
from scenarios.reading import (
    LoadedMeasure,
    load_measures,
    load_programme,
    programme_entries,
)


def measure_tables() -> Iterator[str]:
    """Every measure with its changes, then from when on each works under each programme."""
    measures = load_measures()
    for measure in measures:
        yield f"### {measure.name}"
        yield f"{measure.meaning}."
        yield table(["", "does", "to", "source"], list(_changes(measure)))
    yield "### Programmes"
    yield "From when on each measure works."
    programmes = [load_programme(entry.name) for entry in programme_entries()]
    days = [{one.measure.name: one.since for one in programme.measures} for programme in programmes]
    yield table(
        ["measure", *(f"`{programme.name}`" for programme in programmes)],
        [
            [measure.name, *(str(one[measure.name]) if measure.name in one else "" for one in days)]
            for measure in measures
        ],
    )


def _changes(measure: LoadedMeasure) -> Iterator[list[str]]:
    for number, change in enumerate(measure.spec.changes, start=1):
        targets = ", ".join(f"`{target}`" for target in change.targets)
        where = "".join(f" where there is `{target}`" for target in change.where)
        yield [str(number), change_in_words(change), f"{targets}{where}", provenance(change)]

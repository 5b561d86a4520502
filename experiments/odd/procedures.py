"""Posts and procedures of the scenarios of the catalogue, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from experiments.odd.tables import provenance, table
from experiments.show import chart_of, evidence_words, of_words, post_words, start_words
from scenarios import LoadedScenario
from scenarios.schema import Procedure, format_hours


def procedure_tables(loaded: LoadedScenario) -> Iterator[str]:
    """Posts and procedures of a scenario, if it has any."""
    spec = loaded.spec
    if not spec.procedures:
        return
    yield f"### Casework of {loaded.name}"
    if spec.sample is not None:
        yield f"Share of threat and posts: {spec.sample.value:g} ({provenance(spec.sample)})."
    yield table(
        ["post", "of", "teams", "officers", "cases of others take", "sampled", "source"],
        [
            (
                f"`{name}`",
                of_words(post.of),
                post_words(post),
                f"{post.officers:g}",
                format_hours(post.length),
                "yes" if post.sampled else "no",
                provenance(post),
            )
            for name, post in spec.posts.items()
        ],
    )
    for name, procedure in spec.procedures.items():
        yield f"#### {name} in {loaded.name}"
        yield from _head(procedure)
        yield table(
            ["step", "if", "what is done"], [tuple(row.values()) for row in chart_of(procedure)]
        )


def _head(procedure: Procedure) -> Iterator[str]:
    yield f"{procedure.meaning}. Source: {provenance(procedure)}."
    said = [
        f"Of {of_words(procedure.of)}, at {', '.join(procedure.at)}",
        f"Begins {start_words(procedure.starts)}",
    ]
    if procedure.heeds:
        said.append(f"Heeds {', '.join(procedure.heeds)}")
    if procedure.evidence is not None:
        said.append(f"Evidence: {evidence_words(procedure.evidence)}")
    yield ". ".join(said) + "."

"""What there is to say about a procedure, as plain content."""

from __future__ import annotations

from experiments.show.charts import chart_of, of_words, start_words
from experiments.show.describe import Description
from scenarios.schema import Evidence, Procedure, walk_sources


def describe_procedure(procedure: Procedure) -> Description:
    """Describe a procedure step by step."""
    heads = f"{procedure.source}" if procedure.source else f"assumed: {procedure.assumed}"
    facts = {
        "source": heads,
        "of": of_words(procedure.of),
        "desks": ", ".join(procedure.at),
        "begins": start_words(procedure.starts),
        "heeds": ", ".join(procedure.heeds) or "nothing",
        "evidence": evidence_words(procedure.evidence),
    }
    return Description(
        kind="procedure",
        name=procedure.procedure,
        meaning=procedure.meaning,
        facts=facts,
        tables={"steps; delays are median / 95% are within": chart_of(procedure)},
        sources=tuple(walk_sources(procedure)),
    )


def evidence_words(evidence: Evidence | None) -> str:
    """Say how much what is known helps."""
    if evidence is None:
        return "does not count"
    return (
        f"{evidence.usual.value:g} traces are usual; delays that go by it are (usual / evidence) ^ "
        f"{evidence.faster.value:g} times as long, odds of a right answer {evidence.surer.value:g} "
        f"times as high with each doubling and {evidence.organisation.value:g} times with each "
        f"organisation; {evidence.doubt.value:.0%} of it is left after each negative report"
    )

"""Scenarios and policies made of changed documents, held to the rules that files are held to."""

from __future__ import annotations

from collections.abc import Sequence

from scenarios.changing.kept import with_models
from scenarios.changing.original import ABSENT, PLACE, POLICIES, Change, Original
from scenarios.reading import LoadedPolicy, LoadedScenario, policy_like, scenario_like


def scenario_with(
    base: LoadedScenario, original: Original, changes: Sequence[tuple[Change, float]]
) -> LoadedScenario:
    """Return a scenario with changes made to its document.

    Raises
    ------
    SpecError
        If a change does not fit, or what comes of it breaks a rule; `where` is a path in the
        document.
    """
    document = original.patched(changes)
    place = document[PLACE]
    own = {
        key: with_models(value, original.plain[key], original.models.get(key))
        for key, value in document.items()
        if key != POLICIES
    }
    if not own[ABSENT]:
        del own[ABSENT]
    return scenario_like(
        base,
        {**own, PLACE: base.spec.place},
        None if place is original.plain[PLACE] else place,
    )


def policies_with(
    policies: Sequence[LoadedPolicy], original: Original, changes: Sequence[tuple[Change, float]]
) -> tuple[LoadedPolicy, ...]:
    """Return policies with changes made to their documents.

    Raises
    ------
    SpecError
        As `scenario_with`.
    """
    documents, declared = original.patched(changes)[POLICIES], original.plain[POLICIES]
    return tuple(
        policy
        if documents[policy.name] is declared[policy.name]
        else policy_like(
            policy,
            with_models(
                documents[policy.name],
                declared[policy.name],
                original.models[POLICIES][policy.name],
            ),
        )
        for policy in policies
    )

"""Each state's part of outcomes: added up from what happened there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from tests.agents.oracle import cases, fires, flow, messages, networks, outbreak, plots
from tests.agents.oracle.witness import Declared, Found, Witness, named

if TYPE_CHECKING:
    from agents.lane import Fact

NOWHERE: Final = -1
"""Place of what is of no state."""


def states(witness: Witness) -> Iterator[tuple[str, Found]]:
    """Give the outcomes of every state with its code, and last of bodies of the Union."""
    for code, place in (*witness.layout.places.items(), ("EU", NOWHERE)):
        yield code, _at(witness, place)


def _at(witness: Witness, place: int) -> Found:
    """Return what came of one place."""
    there = Witness(
        witness.compiled,
        witness.lane,
        witness.log,
        [fact for fact in witness.facts if _place(witness, fact) == place],
    )
    end = witness.end
    found: dict[str, float] = {
        **cases.flows(there, end),
        **cases.others(there, there.subjects),
        **_told(witness, place),
    }
    for threat in witness.threats:
        own = {
            **cases.flows_of(there, threat.subjects, end),
            **cases.others(there, threat.subjects),
            **OF[threat.threat.kind](witness, there, threat, place),
        }
        found |= named(witness, threat, own)
    return found


def _place(witness: Witness, fact: Fact) -> float | None:
    """Return where something happened: where it says, or where those who work are."""
    if fact.what in {"work begins", "work ends"}:
        return witness.layout.places.get(fact.thing.partition(".")[0], NOWHERE)
    return fact.numbers.get("place")


def _told(witness: Witness, place: int) -> Found:
    """Return the person records that came to organisations of a place."""
    places = witness.layout.places
    told = [
        copy
        for copy in messages.disclosures(witness, witness.end)
        if places.get(messages.owner(witness, copy.reader), NOWHERE) == place
    ]
    return messages.judged(witness, told)


def _of_networks(_: Witness, there: Witness, threat: Declared, place: int) -> Found:
    del place
    return networks.placed(there, threat, there.end)


def _of_outbreak(_: Witness, there: Witness, threat: Declared, place: int) -> Found:
    del place
    return outbreak.flows(there, threat, there.end)


def _of_flow(_: Witness, there: Witness, threat: Declared, place: int) -> Found:
    del place
    return flow.placed(there, threat, there.end)


def _of_plots(_: Witness, there: Witness, threat: Declared, place: int) -> Found:
    del place
    return plots.flows(there, threat, there.end)


def _of_fires(witness: Witness, _: Witness, threat: Declared, place: int) -> Found:
    return fires.flows(witness, threat, witness.end, place)


OF: Final[dict[str, Callable[[Witness, Witness, Declared, int], Found]]] = {
    "cyber-outbreak": _of_outbreak,
    "flow": _of_flow,
    "forest-fire": _of_fires,
    "organised-crime": _of_networks,
    "plot": _of_plots,
}

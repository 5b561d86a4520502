"""The recorded series, worked out again from events and facts, record by record."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from tests.agents.oracle import calls, fires, flow, messages, networks, outbreak, plots
from tests.agents.oracle.oracle import alike
from tests.agents.oracle.witness import Declared, Found, Witness, named

if TYPE_CHECKING:
    from agents import BatchResult

NOT_TOLD: Final = "backlog"
"""What neither events nor facts tell; the reference counts it in its queues."""


def at(witness: Witness, end: float) -> Found:
    """Return every series but `NOT_TOLD` as it stands when a tick begins."""
    found: dict[str, float] = {
        "aware_organisations": len(_aware(witness, end)),
        "disclosures": len(messages.disclosures(witness, end)),
        "open_cases": _begun(witness, "work begins", end) - _begun(witness, "work ends", end),
    }
    for threat in witness.threats:
        found |= named(witness, threat, OF[threat.threat.kind](witness, threat, end))
    return found


def _begun(witness: Witness, what: str, end: float) -> int:
    return len(list(witness.all(what, end)))


def _aware(witness: Witness, end: float) -> set[tuple[int, str]]:
    """Return the pairs of a real subject and an organisation that knows of it.

    Who comes after a group that fell apart is known to nobody at first.
    """
    found: set[tuple[int, str]] = set()
    for threat in witness.threats:
        if threat.threat.kind == "organised-crime":
            for subject in threat.real:
                found |= _of_groups(networks.groups(witness, subject), subject, end)
        elif threat.threat.kind == "flow":
            for subject in threat.real:
                found |= _of_groups(flow.groups(witness, subject), subject, end)
        else:
            found |= {pair for pair in _known(witness, end) if pair[0] in threat.real}
    return found


def _of_groups(groups: list[networks.Group], subject: int, end: float) -> set[tuple[int, str]]:
    """Return who knows of the group that there is, or was last."""
    begun = [group for group in groups if group.began < end]
    known = begun[-1].known if begun else {}
    return {(subject, name) for name, tick in known.items() if tick < end}


def _known(witness: Witness, end: float) -> set[tuple[int, str]]:
    """Return who recognised a subject, or heard of it by a case or from a report."""
    found = {
        (subject, messages.owner(witness, unit))
        for tick, _, unit, subject, _ in witness.log.recognitions
        if tick < end
    }
    told = [fact for fact in witness.all("case opened", end) if fact.numbers["told"]]
    told += witness.all("incident taken up", end)
    return found | {(fact.subject, fact.actor) for fact in told}


def _of_networks(witness: Witness, threat: Declared, end: float) -> Found:
    found = networks.placed(witness, threat, end)
    return {name: found[name] for name in ("members_arrested", "victims_freed", "proceeds_meur")}


def _of_flow(witness: Witness, threat: Declared, end: float) -> Found:
    found = flow.flows(witness, threat, end)
    return {
        **{name: found[name] for name in ("set_out", "stopped", "lost")},
        **{
            f"met_{route.replace('-', '_')}": flow.of_route(witness, threat, route, end)
            for route in threat.threat.routes
        },
    }


def _of_outbreak(witness: Witness, threat: Declared, end: float) -> Found:
    """Return operators down at the end of the last step, and what came so far."""
    down = list(witness.all_of(threat, "operators down", end))
    last = [fact for fact in down if fact.tick > end - _step(witness, threat) - 1e-9]
    warned = [
        fact.numbers["place"]
        for fact in witness.all_of(threat, "operators warned", end)
        if fact.subject in threat.real
    ]
    return {
        "operators_down": sum(fact.numbers["operators"] for fact in last),
        "operators_infected": outbreak.flows(witness, threat, end)["operators_infected"],
        "warned_states": len(set(warned)),
    }


def _step(witness: Witness, threat: Declared) -> float:
    """Ticks that a step of an outbreak lasts."""
    return min(1.0, float(threat.threat.malware.spreads_every.value) / witness.tick_h)


def _of_fires(witness: Witness, threat: Declared, end: float) -> Found:
    found = fires.flows(witness, threat, end)
    sign = {"modules leave": 1, "modules are back": -1}
    abroad = sum(
        sign * (fact.numbers["aircraft"] + fact.numbers["ground"])
        for what, sign in sign.items()
        for fact in witness.all(what, end)
    )
    return {
        "hectares_burnt": found["hectares_burnt"],
        "unmet_need_hours": found["unmet_need_hours"],
        "open_calls": sum(
            call.opened < end and (call.ended is None or call.ended >= end)
            for call in calls.emergencies(witness)
        ),
        "modules_abroad": abroad,
    }


OF: Final[dict[str, Callable[[Witness, Declared, float], Found]]] = {
    "cyber-outbreak": _of_outbreak,
    "flow": _of_flow,
    "forest-fire": _of_fires,
    "organised-crime": _of_networks,
    "plot": plots.series,
}


def errors(witness: Witness, recorded: BatchResult) -> dict[str, tuple[float, float, float]]:
    """Return the first record of each series that is not what it should be: day, oracle, record."""
    wrong: dict[str, tuple[float, float, float]] = {}
    for number, day in enumerate(recorded.series_days.tolist()):
        found = at(witness, day * 24 / witness.tick_h)
        assert found.keys() == recorded.series.keys() - {NOT_TOLD}
        for name, value in found.items():
            told = float(recorded.series[name][0, number])
            if not alike(value, told):
                wrong.setdefault(name, (day, value, told))
    return wrong

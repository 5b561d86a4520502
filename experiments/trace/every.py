"""Every event about some subjects, one by one."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from sim.seam import Fate

if TYPE_CHECKING:
    from experiments.trace.events import Events

Kind = Literal["delivery", "reading", "recognition", "deed", "report", "release"]

ORDER: Final[tuple[Kind, ...]] = (
    "delivery",
    "reading",
    "recognition",
    "deed",
    "report",
    "release",
)
"""What happens in a tick, in the engine's order."""

_FATES = {
    Fate.HELD_BACK: "does not tell",
    Fate.SENT: "tells",
    Fate.REFUSED: "may not tell, by law,",
}


class Event(NamedTuple):
    """One thing that happened."""

    tick: float
    kind: Kind
    text: str


def every_event(events: Events, subjects: Collection[int]) -> list[Event]:
    """Return every event about some subjects: by tick, and within it in the engine's order."""
    keys = {key for key, report in events.reports.items() if report.subject in subjects}
    found = [*_made(events, keys), *_releases(events, keys), *_arrivals(events, keys)]
    found += [
        Event(tick, "recognition", f"{events.unit(unit)} recognises {events.subject(about)}")
        for tick, unit, about in events.recognitions
        if about in subjects
    ]
    found += [
        Event(deed.tick, "deed", f"{deed.actor} {deed.text}")
        for deed in events.lane.replay.deeds
        if deed.subject in subjects
    ]
    return sorted(found, key=lambda event: (event.tick, ORDER.index(event.kind)))


def named(events: Events, key: int) -> str:
    """Name a report: its class, the beginning of its key, and who wrote it."""
    report = events.reports[key]
    return f"{events.cls(report.cls)} {key:016x}"[:-8] + f" of {events.unit(report.unit)}"


def _made(events: Events, keys: set[int]) -> list[Event]:
    found = []
    for key in keys:
        report = events.reports[key]
        how = "sees" if events.observed(report) else "writes"
        text = f"{events.unit(report.unit)} {how} {named(events, key)}"
        found.append((report.tick, key, text))
    return [Event(tick, "report", text) for tick, _, text in sorted(found)]


def _releases(events: Events, keys: set[int]) -> list[Event]:
    log = events.lane.replay.log
    found = []
    for tick, _, key, channel, _, answer, fate in log.attempts:
        if key in keys:
            source, target = events.source[channel], events.target[channel]
            asked = ", asked," if answer else ""
            text = (
                f"{events.unit(source)}{asked} {_FATES[Fate(fate)]} {events.unit(target)} over "
                f"{events.instrument(channel)} of {named(events, key)}"
            )
            found.append(Event(tick, "release", text))
    return found


def _arrivals(events: Events, keys: set[int]) -> list[Event]:
    log = events.lane.replay.log
    found = [
        Event(
            tick,
            "delivery",
            f"{events.unit(events.target[channel])} gets {named(events, key)} over "
            f"{events.instrument(channel)}",
        )
        for tick, _, key, channel in log.deliveries
        if key in keys
    ]
    found += [
        Event(tick, "reading", f"{events.unit(unit)} reads {named(events, key)}")
        for tick, _, key, unit in log.reads
        if key in keys
    ]
    return found

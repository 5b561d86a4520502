"""What happened in a lane, one by one: the same thing in two lanes is the same `Happening`."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from sim.seam import Fate, Role

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


class Happening(NamedTuple):
    """One thing that happened; they sort by tick, and within it in the engine's order."""

    tick: int
    place: int
    """In `ORDER`."""
    about: tuple[int | str, ...]
    """The engine's numbers of report, channel, desk or subject; of a deed its words too."""

    @property
    def kind(self) -> Kind:
        """What happened."""
        return ORDER[self.place]


class Event(NamedTuple):
    """One thing that happened, in words."""

    tick: float
    kind: Kind
    text: str


def happenings(events: Events, subjects: Collection[int] | None = None) -> Iterator[Happening]:
    """Give everything that happened, about some subjects or all; of releases those sent."""
    log, reports = events.lane.replay.log, events.reports
    known = range(len(events.subjects)) if subjects is None else subjects
    keys = {key for key, report in reports.items() if report.subject in known}
    by_report = (
        ((tick, 0, (key, channel)) for tick, _, key, channel in log.deliveries),
        ((tick, 1, (key, unit)) for tick, _, key, unit in log.reads),
        ((reports[key].tick, 4, (key,)) for key in sorted(keys)),
        ((tick, 5, (key, channel, due)) for tick, _, key, channel, due in log.sends),
    )
    yield from (Happening(*row) for rows in by_report for row in rows if row[2][0] in keys)
    for tick, unit, subject in events.recognitions:
        if subject in known:
            yield Happening(tick, 2, (unit, subject))
    for deed in events.lane.replay.deeds:
        if deed.subject in known:
            yield Happening(math.floor(deed.tick), 3, (deed.text, deed.actor, deed.subject))


def words(events: Events, happening: Happening) -> str:
    """Say what happened, in a lane where it did; not of releases."""
    about = happening.about
    if happening.kind == "deed":
        return f"{about[1]} {about[0]}"
    first, second = int(about[0]), int(about[-1])
    if happening.kind == "recognition":
        return f"{events.desks[first]} recognises {events.subjects[second]}"
    report = events.reports[first]
    if happening.kind == "delivery":
        channel = events.channels[second]
        if report.cls.role == Role.REQUEST and channel.receiver.number in events.stores:
            return f"{channel.receiver} is searched over {channel.instrument} for {report.short}"
        return f"{channel.receiver} gets {report.short} over {channel.instrument}"
    if happening.kind == "reading":
        return f"{events.desks[second]} reads {report.short}"
    does = "sees" if report.observed else "writes"
    return f"{report.desk} {does} {report.short}{_because(events, first)}"


def _because(events: Events, key: int) -> str:
    """Say why a store made a hit by itself, if the report is one."""
    if key not in events.matches:
        return ""
    record, matched = (events.reports.get(one) for one in events.matches[key])
    brought = "a report" if record is None else record.short
    if matched is None:
        return f", mistaken: it takes {brought} for one about this subject"
    return f", on guard: {brought} is matched by {matched.short}"


def every_event(events: Events, subjects: Collection[int]) -> list[Event]:
    """Return every event about some subjects: by tick, and within it in the engine's order.

    Deeds have the fraction of a tick at which they were done, and releases include those that came
    to nothing.
    """
    found = [
        Event(happening.tick, happening.kind, words(events, happening))
        for happening in happenings(events, subjects)
        if happening.kind not in {"deed", "release"}
    ]
    found += [
        Event(deed.tick, "deed", f"{deed.actor} {deed.text}")
        for deed in events.lane.replay.deeds
        if deed.subject in subjects
    ]
    for tick, _, key, number, _, answer, fate in events.lane.replay.log.attempts:
        report, channel = events.reports[key], events.channels[number]
        if report.subject in subjects:
            text = (
                f"{channel.sender}{', asked,' if answer else ''} {_FATES[Fate(fate)]} "
                f"{channel.receiver} over {channel.instrument} of {report.short}"
            )
            found.append(Event(tick, "release", text))
    return sorted(found, key=lambda event: (event.tick, ORDER.index(event.kind)))

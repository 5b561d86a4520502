"""What happened in a lane, one by one: the same thing in two lanes is the same `Happening`."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from sim.seam import ALL_UNITS, Fate, Role

if TYPE_CHECKING:
    from experiments.trace.events import Events

Kind = Literal["delivery", "reading", "recognition", "link", "deed", "report", "release"]

ORDER: Final[tuple[Kind, ...]] = (
    "delivery",
    "reading",
    "recognition",
    "link",
    "deed",
    "report",
    "release",
)
"""What happens in a tick, in the engine's order."""

_DELIVERY, _READING, _RECOGNITION, _LINK, _DEED, _REPORT, _RELEASE = range(len(ORDER))

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
        ((tick, _DELIVERY, (key, channel)) for tick, _, key, channel in log.deliveries),
        ((tick, _READING, (key, unit)) for tick, _, key, unit in log.reads),
        ((reports[key].tick, _REPORT, (key,)) for key in sorted(keys)),
        ((tick, _RELEASE, (key, channel, due)) for tick, _, key, channel, due in log.sends),
    )
    yield from (Happening(*row) for rows in by_report for row in rows if row[2][0] in keys)
    for tick, unit, subject, faces in events.recognitions:
        if subject in known:
            yield Happening(tick, _RECOGNITION, (unit, faces, subject))
    for tick, _, unit, subject, faces, spent in log.changes:
        if subject in known:
            yield Happening(tick, _LINK, (unit, faces, spent, subject))
    for deed in events.lane.replay.deeds:
        if deed.subject in known:
            yield Happening(math.floor(deed.tick), _DEED, (deed.text, deed.actor, deed.subject))


def words(events: Events, happening: Happening) -> str:
    """Say what happened, in a lane where it did; not of releases."""
    about = happening.about
    if happening.kind == "deed":
        return f"{about[1]} {about[0]}"
    first, second = int(about[0]), int(about[-1])
    if happening.kind in {"recognition", "link"}:
        sides = events.faces(second, int(about[1]))
        known = happening.kind == "recognition"
        return (_recognised if known else _changed)(events, first, second, sides)
    return _of_report(events, happening.kind, first, second)


def _of_report(events: Events, kind: Kind, first: int, second: int) -> str:
    report = events.reports[first]
    if kind == "delivery":
        channel = events.channels[second]
        if report.cls.role == Role.REQUEST and channel.receiver.number in events.stores:
            return f"{channel.receiver} is searched over {channel.instrument} for {report.short}"
        return f"{channel.receiver} gets {report.short} over {channel.instrument}"
    if kind == "reading":
        return f"{events.desks[second]} reads {report.short}"
    does = "sees" if report.observed else "writes"
    return f"{report.desk} {does} {report.short}{_because(events, first)}"


def _recognised(events: Events, unit: int, subject: int, sides: tuple[str, ...]) -> str:
    by = f" by {', '.join(sides)}" if sides else ""
    return f"{events.desks[unit]} recognises {events.subjects[subject]}{by}"


def _changed(events: Events, unit: int, subject: int, sides: tuple[str, ...]) -> str:
    """Say what a desk linked, or that it or all are done with what they knew."""
    if sides:
        links = " and ".join(sides)
        return f"{events.desks[unit]} finds that {links} of {events.subjects[subject]} are one"
    who = "Every desk" if unit == ALL_UNITS else str(events.desks[unit])
    return f"{who} lays aside what it knew of {events.subjects[subject]}"


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

"""Where two lanes of one random world part, and why."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.trace.every import ORDER, Kind, named
from experiments.trace.missed import forbidden, term_between
from experiments.trace.telling import ruled
from sim.draws import CHANCE_SHIFT, ONE, report_word
from sim.kernel import ANSWER, RELEASE
from sim.seam import Fate, Role

if TYPE_CHECKING:
    from experiments.trace.events import Attempt, Events
    from experiments.trace.evidence import Leg, Path

Mark = tuple[int, int, str, tuple[int | str, ...]]
"""Tick, place in `ORDER`, nothing or a text, and what it is about; the same in both lanes if the
same thing happened in both at the same tick."""


@dataclass(frozen=True)
class Parting:
    """The first thing that happened in one lane and not, or not then, in the other."""

    tick: int
    kind: Kind
    what: str
    why: tuple[str, str]
    """How it went in the one and in the other lane."""
    draw: float | None = None
    """The draw that decided in both, where one did."""
    report: int | None = None
    channel: int | None = None


def marks(events: Events, subjects: frozenset[int] | None = None) -> Iterator[Mark]:
    """Give everything that happened, about some subjects or all."""
    log = events.lane.replay.log
    for tick, _, key, channel in log.deliveries:
        yield from _mark(events, subjects, key, (tick, 0, "", (key, channel)))
    for tick, _, key, unit in log.reads:
        yield from _mark(events, subjects, key, (tick, 1, "", (key, unit)))
    for tick, unit, subject in events.recognitions:
        if subjects is None or subject in subjects:
            yield tick, 2, "", (unit, subject)
    for deed in events.lane.replay.deeds:
        if subjects is None or deed.subject in subjects:
            yield math.floor(deed.tick), 3, deed.text, (deed.actor, deed.subject)
    for key, report in events.reports.items():
        yield from _mark(events, subjects, key, (report.tick, 4, "", (key,)))
    for tick, _, key, channel, due in log.sends:
        yield from _mark(events, subjects, key, (tick, 5, "", (key, channel, due)))


def _mark(events: Events, subjects: frozenset[int] | None, key: int, mark: Mark) -> Iterator[Mark]:
    """Give a mark about a report if its subject is wanted."""
    if subjects is None or events.reports[key].subject in subjects:
        yield mark


def first_parting(
    one: Events, other: Events, subjects: frozenset[int] | None = None
) -> Parting | None:
    """Return the first difference between two lanes of one world; None if there is none."""
    mine, theirs = set(marks(one, subjects)), set(marks(other, subjects))
    return _explained(one, other, min(mine ^ theirs)) if mine != theirs else None


def _explained(one: Events, other: Events, mark: Mark) -> Parting:
    tick, place, text, about = mark
    kind = ORDER[place]
    if kind == "release":
        key, channel, _ = map(int, about)
        return release_parting(one, other, tick, key, channel)
    if kind == "reading":
        key, unit = map(int, about)
        return reading_parting(one, other, tick, key, unit)
    if kind == "report":
        return _report_parting(one, other, tick, int(about[0]))
    if kind == "delivery":
        key, channel = map(int, about)
        who = one if key in one.reports else other
        what = f"{who.unit(who.target[channel])} gets {named(who, key)}"
    elif kind == "recognition":
        what = f"{one.unit(int(about[0]))} recognises {one.subject(int(about[1]))}"
    else:
        what = f"{about[0]} {text}"
    sides = (_whether(lane, mark) for lane in (one, other))
    return Parting(tick, kind, what, tuple(sides))  # type: ignore[arg-type]


def _whether(events: Events, mark: Mark) -> str:
    return "so it goes here" if mark in set(marks(events)) else "not here, or not then"


# A report is let out ---------------------------------------------------------------------------


def release_parting(one: Events, other: Events, tick: int, key: int, channel: int) -> Parting:
    """Explain why a report went over a channel at a tick in one lane and not so in the other."""
    teller = one if _attempt(one, key, channel, tick) else other
    attempt = _attempt(teller, key, channel, tick)
    answer = attempt is not None and attempt.answer
    source, target = one.source[channel], one.target[channel]
    what = (
        f"{one.unit(source)} may tell {one.unit(target)} over {one.instrument(channel)} of "
        f"{named(teller, key)}{', asked' if answer else ''}"
    )
    draw = _word(one, key, channel, answer=answer)
    why = tuple(_side(lane, teller, key, channel, tick, draw) for lane in (one, other))
    decided = all(_attempt(lane, key, channel, tick) for lane in (one, other))
    return Parting(
        tick,
        "release",
        what,
        why,  # type: ignore[arg-type]
        draw / ONE if decided else None,
        key,
        channel,
    )


def _attempt(events: Events, key: int, channel: int, tick: int) -> Attempt | None:
    found = [a for a in events.tried.get((key, channel), ()) if a.tick == tick]
    return max(found, key=lambda attempt: attempt.fate == Fate.SENT, default=None)


def _word(events: Events, key: int, channel: int, *, answer: bool) -> int:
    """Draw again what decides whether a report is let out; it is the same under every policy."""
    stream = ANSWER if answer else RELEASE
    return report_word(key, stream, int(events.world.channels.key[channel])) >> CHANCE_SHIFT


def _side(events: Events, teller: Events, key: int, channel: int, tick: int, draw: int) -> str:
    """Say what became of a release in one lane."""
    attempt = _attempt(events, key, channel, tick)
    if attempt is None:
        return _untried(events, teller, key, channel, tick)
    rule = ruled(events, attempt.term, answer=attempt.answer)
    terms = events.world.terms
    nominal = int((terms.pull if attempt.answer else terms.push)[attempt.term])
    if attempt.fate == Fate.HELD_BACK:
        trust = "; trust has fallen too low" if draw < nominal else ""
        return f"not told ({rule}{trust})"
    if attempt.fate == Fate.REFUSED:
        return f"refused by law ({rule})"
    trust = "; trust has risen enough" if draw >= nominal else ""
    dues = [s.due for s in events.sent[key, channel] if s.tick == tick]
    return f"told, due {events.clock.exactly(dues[0])} ({rule}{trust})"


def _untried(events: Events, teller: Events, key: int, channel: int, tick: int) -> str:
    """Say why nothing was tried in this lane."""
    holder = events.source[channel]
    report = events.reports.get(key)
    if report is None or report.tick > tick:
        return "not told: there is no such report at that time"
    asked = _attempt(teller, key, channel, tick)
    if asked is not None and asked.answer:
        return "not told: it is not asked then, or must not answer"
    if holder != report.unit and events.read.get((key, holder)) != tick:
        when = events.read.get((key, holder))
        return (
            f"not told then: {events.unit(holder)} reads it "
            f"{'never' if when is None else 'on ' + events.clock.exactly(when)}"
        )
    if forbidden(events, report, holder):
        return "not told: its handling code forbids it, or permission is not given"
    term = term_between(events, report, channel)
    if not term:
        return "not told: no rule speaks of it"
    return f"not told: not unasked ({ruled(events, term)})"


# Other differences -----------------------------------------------------------------------------


def reading_parting(one: Events, other: Events, tick: int, key: int, unit: int) -> Parting:
    """Explain why a desk read a report at different times."""
    who = one if key in one.reports else other
    what = f"{one.unit(unit)} reads {named(who, key)}"
    why = tuple(_read(lane, key, unit) for lane in (one, other))
    return Parting(tick, "reading", what, why, report=key)  # type: ignore[arg-type]


def _read(events: Events, key: int, unit: int) -> str:
    there = events.delivered.get((key, unit))
    if there is None:
        return "it never comes"
    came = f"it comes {events.clock.exactly(there.tick)}"
    read = events.read.get((key, unit))
    if read is None:
        return f"{came} and is never read; more lies in the queue before it"
    return f"{came} and is read {events.clock.exactly(read)}, after what lay in the queue before it"


def _report_parting(one: Events, other: Events, tick: int, key: int) -> Parting:
    who = one if key in one.reports else other
    report = who.reports[key]
    verb = "sees" if who.observed(report) else "writes"
    what = f"{who.unit(report.unit)} {verb} {named(who, key)}"
    asks = who.role[report.cls] == Role.REQUEST
    why = tuple(_wrote(lane, key, asks=asks) for lane in (one, other))
    return Parting(tick, "report", what, why, report=key)  # type: ignore[arg-type]


def _wrote(events: Events, key: int, *, asks: bool) -> str:
    there = events.reports.get(key)
    said = "never" if there is None else f"on {events.clock.exactly(there.tick)}"
    ask = events.lane.policy.spec.ask
    if not asks:
        return said
    rule = "no desk asks unbidden" if ask is None else f"desks ask from {ask.evidence:g} traces on"
    return f"{said}; {rule}"


# What mattered ---------------------------------------------------------------------------------


def parting_that_mattered(
    one: Events, other: Events, paths: tuple[Iterable[Path], Iterable[Path]]
) -> Parting | None:
    """Return the first difference among the ways that reports took to a recognition."""
    found: list[tuple[int, str, int, int]] = []
    for rival, mine in ((other, paths[0]), (one, paths[1])):
        for path in mine:
            for part in path.contributions:
                found += _differing(rival, part.report.key, part.legs)
    if not found:
        return None
    tick, kind, key, where = min(found)
    if kind == "release":
        return release_parting(one, other, tick, key, where)
    return reading_parting(one, other, tick, key, where)


def _differing(rival: Events, key: int, legs: Iterable[Leg]) -> Iterator[tuple[int, str, int, int]]:
    for leg in legs:
        there = rival.sent.get((key, leg.channel), ())
        if not any(s.tick == leg.sent and s.due == leg.arrived for s in there):
            yield leg.sent, "release", key, leg.channel
        elif leg.read is not None:
            read = rival.read.get((key, leg.receiver))
            if read != leg.read:
                first = leg.read if read is None else min(leg.read, read)
                yield first, "reading", key, leg.receiver

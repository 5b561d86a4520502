"""Where two lanes of one random world part, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.trace.happenings import ORDER, Happening, Kind, happenings, words
from experiments.trace.missed import forbidden, term_between
from sim.draws import CHANCE_SHIFT, ONE, report_word
from sim.kernel import ANSWER, RELEASE
from sim.seam import Fate, Role

if TYPE_CHECKING:
    from experiments.trace.events import Attempt, Channel, Events, Report
    from experiments.trace.evidence import Contribution, Recognition


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


def first_parting(
    one: Events, other: Events, subjects: frozenset[int] | None = None
) -> Parting | None:
    """Return the first difference between two lanes of one world; None if there is none."""
    mine, theirs = set(happenings(one, subjects)), set(happenings(other, subjects))
    return _explained(one, other, min(mine ^ theirs)) if mine != theirs else None


def parting_that_mattered(
    one: Events, other: Events, known: tuple[Iterable[Recognition], Iterable[Recognition]]
) -> Parting | None:
    """Return the first difference among the ways that reports took to a recognition."""
    found = [
        differing
        for rival, recognitions in zip((other, one), known, strict=True)
        for recognition in recognitions
        for part in recognition.reports
        for differing in _differing(rival, part)
    ]
    return _explained(one, other, min(found)) if found else None


def _differing(rival: Events, part: Contribution) -> Iterator[Happening]:
    """Give the steps of a report's way that were not the same in the other lane."""
    key = part.report.key
    for leg in part.way:
        number, unit = leg.channel.number, leg.channel.receiver.number
        sent = rival.sent.get((key, number), ())
        read = rival.read.get((key, unit))
        if not any(s.tick == leg.sent and s.due == leg.arrived for s in sent):
            yield Happening(leg.sent, ORDER.index("release"), (key, number))
        elif leg.read is not None and read != leg.read:
            first = leg.read if read is None else min(leg.read, read)
            yield Happening(first, ORDER.index("reading"), (key, unit))


def _explained(one: Events, other: Events, first: Happening) -> Parting:
    """Say what the difference is and how it went in either lane."""
    if first.kind == "release":
        return _release(one, other, first)
    key = int(first.about[0]) if first.kind in {"delivery", "reading", "report"} else None
    teller = one if key is None or key in one.reports else other
    return Parting(
        tick=first.tick,
        kind=first.kind,
        what=words(teller, first),
        why=(_side(one, teller, first), _side(other, teller, first)),
        report=key,
    )


def _side(events: Events, teller: Events, first: Happening) -> str:
    if first.kind == "reading":
        return _read(events, *map(int, first.about))
    if first.kind == "report":
        return _wrote(events, teller.reports[int(first.about[0])])
    return "so it goes here" if first in happenings(events) else "not here, or not then"


def _read(events: Events, key: int, unit: int) -> str:
    there = events.delivered.get((key, unit))
    if there is None:
        return "it never comes"
    came = f"it comes {events.clock.exactly(there.tick)}"
    read = events.read.get((key, unit))
    if read is None:
        return f"{came} and is never read; more lies in the queue before it"
    return f"{came} and is read {events.clock.exactly(read)}, after what lay in the queue before it"


def _wrote(events: Events, report: Report) -> str:
    there = events.reports.get(report.key)
    said = "never" if there is None else f"on {events.clock.exactly(there.tick)}"
    if report.cls.role != Role.REQUEST:
        return said
    ask = events.lane.policy.spec.ask
    rule = "no desk asks unbidden" if ask is None else f"desks ask from {ask.evidence:g} traces on"
    return f"{said}; {rule}"


# A report is let out ---------------------------------------------------------------------------


def _release(one: Events, other: Events, first: Happening) -> Parting:
    """Say why a report went over a channel at a tick in one lane and not so in the other."""
    key, number = map(int, first.about[:2])
    tries = [_attempt(lane, key, number, first.tick) for lane in (one, other)]
    attempt = tries[0] or tries[1]
    asked = attempt is not None and attempt.answer
    teller, channel = one if tries[0] else other, one.channels[number]
    draw = drawn(one, key, number, asked=asked)
    sides = [
        _untried(lane, key, channel, first.tick, asked=asked)
        if tried is None
        else _tried(lane, key, channel, tried, draw)
        for lane, tried in zip((one, other), tries, strict=True)
    ]
    return Parting(
        tick=first.tick,
        kind="release",
        what=f"{channel.sender} may tell {channel.receiver} over {channel.instrument} of "
        f"{teller.reports[key].short}{', asked' if asked else ''}",
        why=(sides[0], sides[1]),
        draw=draw / ONE if all(tries) else None,
        report=key,
        channel=number,
    )


def drawn(events: Events, key: int, channel: int, *, asked: bool) -> int:
    """Draw again what decides whether a report is let out; it is the same under every policy."""
    stream = ANSWER if asked else RELEASE
    return report_word(key, stream, int(events.world.channels.key[channel])) >> CHANCE_SHIFT


def _attempt(events: Events, key: int, channel: int, tick: int) -> Attempt | None:
    found = [a for a in events.tried.get((key, channel), ()) if a.tick == tick]
    return max(found, key=lambda attempt: attempt.fate == Fate.SENT, default=None)


def _tried(events: Events, key: int, channel: Channel, attempt: Attempt, draw: int) -> str:
    """Say what became of a release in one lane."""
    place, terms = events.rule(attempt.term), events.world.terms
    rule = "no rule" if place is None else place.says(asked=attempt.answer)
    nominal = int((terms.pull if attempt.answer else terms.push)[attempt.term])
    if attempt.fate == Fate.HELD_BACK:
        return f"not told ({rule}{'; trust has fallen too low' if draw < nominal else ''})"
    if attempt.fate == Fate.REFUSED:
        return f"refused by law ({rule})"
    trust = "; trust has risen enough" if draw >= nominal else ""
    due = next(s.due for s in events.sent[key, channel.number] if s.tick == attempt.tick)
    return f"told, due {events.clock.exactly(due)} ({rule}{trust})"


def _untried(events: Events, key: int, channel: Channel, tick: int, *, asked: bool) -> str:
    """Say why nothing was tried in this lane."""
    holder, report = channel.sender, events.reports.get(key)
    if report is None or report.tick > tick:
        return "not told: there is no such report at that time"
    if asked:
        return "not told: it is not asked then, or must not answer"
    read = events.read.get((key, holder.number))
    if holder != report.desk and read != tick:
        when = "never" if read is None else f"on {events.clock.exactly(read)}"
        return f"not told then: {holder} reads it {when}"
    if forbidden(events, report, holder):
        return "not told: its handling code forbids it, or permission is not given"
    place = events.rule(term_between(events, report, channel))
    if place is None:
        return "not told: no rule speaks of it"
    return f"not told: not unasked ({place.says()})"

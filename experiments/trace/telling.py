"""The story of one lane as text, in 100 columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from experiments.trace.deeds import condensed
from experiments.trace.layout import WIDTH, fit, section, wrapped
from experiments.trace.outcomes import outcome_lines
from experiments.trace.wording import count, listed, share
from scenarios.schema import EVIDENCE_ONE

if TYPE_CHECKING:
    from experiments.trace.deeds import Told as ToldDeed
    from experiments.trace.events import Events
    from experiments.trace.evidence import Contribution, Leg, Path
    from experiments.trace.missed import Missed
    from experiments.trace.replaying import Replayed
    from experiments.trace.story import Chapter, Story

HANGING: Final = " " * 28
INSET: Final = " " * 6
INSET_HANGING: Final = " " * 12
MOST_CHANNELS: Final = 12
MOST_PARTS: Final = 4
"""Reports told one by one for a recognition."""
MOST_QUEUES: Final = 6
MOST_REASONS: Final = 6


def tell_one(story: Story, *, every: bool = False) -> Iterator[str]:
    """Give the story line by line.

    Parameters
    ----------
    every
        Print every event about the subjects, and leave nothing out of the lists.
    """
    yield from heading(story.lane)
    yield from told_of(story)
    if story.decoys.subjects:
        yield from _decoys(story)
    for chapter in story.chapters:
        yield from _chapter(story.events, chapter, every=every)
    if story.briefs:
        yield from briefly(story)
    yield from _waiting(story, every=every)
    yield from outcome_lines(story.lane, every=every)
    if every:
        yield from _every_event(story)


def heading(lane: Replayed) -> Iterator[str]:
    """Say which lane this is and that it is the stored one."""
    layout = lane.compiled.layout
    name, tick_h = layout.scenario.scenario, layout.scenario.tick_h
    setting = f"setting {lane.setting}, " if lane.setting else ""
    which = f"{setting}replication {lane.replication}, seed {lane.seed}"
    yield f"{name} under {lane.policy.name}: {which}"
    yield from wrapped(f"{lane.policy.name}: {lane.policy.meaning}", "  ")
    yield "Replayed; every outcome is the one stored, to the bit."
    if lane.engine_changed:
        yield from wrapped(
            "The engine's code has changed since the run; for this lane it makes no difference.", ""
        )
    yield from wrapped(
        f"{layout.scenario.horizon_days:g} days in ticks of {tick_h:g} h; day 0 is the first. "
        "Evidence is counted in traces of ordinary weight.",
        "",
    )


def told_of(story: Story) -> list[str]:
    """Say which subjects are told of, and how many others there are."""
    names = [story.events.subject(chapter.subject) for chapter in story.chapters]
    others = len(story.events.world.subjects.names) - len(names)
    rest = f"; {count(others, 'other')} with `--subject NAME`" if others else ""
    return wrapped(f"Told of: {listed(names)}{rest}.", "", "  ")


def _decoys(story: Story) -> Iterator[str]:
    decoys = story.decoys
    yield from wrapped(
        f"Beside it {count(decoys.subjects, 'coincidence')}: {count(decoys.reports, 'report')}, "
        f"{count(decoys.messages, 'message')}, {count(decoys.recognitions, 'false recognition')}, "
        f"{count(decoys.deeds, 'deed')}. `--subject NAME` tells of one of them.",
        "",
    )


def briefly(story: Story) -> Iterator[str]:
    """Give a line for each real subject that is not told of."""
    events = story.events
    yield from ("", "=" * WIDTH)
    yield from wrapped(
        f"{count(len(story.briefs), 'subject')} more, about which less was done; `--subject NAME` "
        "tells of one of them, `--all` of all:",
        "",
    )
    yield f"  {'subject':<26} {'traces':>7} {'reports':>8} {'deeds':>6} {'recognised':>11}   first"
    for brief in story.briefs:
        first = ""
        if brief.first is not None:
            first = f"{events.clock.when(brief.first[0])} {events.unit(brief.first[1])}"
        yield (
            f"  {fit(events.subject(brief.subject), 26)} {brief.traces:>7,} {brief.reports:>8,} "
            f"{brief.deeds:>6,} {brief.recognitions:>11,}   {first}"
        ).rstrip()


def _chapter(events: Events, chapter: Chapter, *, every: bool) -> Iterator[str]:
    name = events.subject(chapter.subject)
    yield from ("", "=" * WIDTH, f"{name}{'' if events.is_real(chapter.subject) else ' (decoy)'}")
    world = [deed for deed in chapter.deeds if deed.kind == "world"]
    yield from section("The world")
    yield from _deeds(events, condensed(world, every=every))
    yield from section("What was seen")
    yield from _traces(events, chapter)
    yield from section("Who told whom")
    yield from _told(events, chapter, every=every)
    yield from section("What was recognised, and why then")
    yield from _recognitions(events, chapter, every=every)
    if chapter.missed or chapter.only_told:
        yield from section("Who did not recognise it, and why")
        yield from _missed(events, chapter, every=every)
    yield from section("What was done")
    yield from _deeds(
        events, condensed([deed for deed in chapter.deeds if deed.kind != "world"], every=every)
    )


def _deeds(events: Events, deeds: Sequence[ToldDeed]) -> Iterator[str]:
    if not deeds:
        yield "  Nothing is noted."
    for deed in deeds:
        if deed.number == 1:
            said = f"{deed.first.actor} {deed.first.text}"
        else:
            other = "" if deed.same else ", with other numbers or states"
            said = (
                f"{deed.first.actor} {deed.first.text}; so {deed.number} times until "
                f"{events.clock.when(deed.last.tick)}{other}, by {listed(deed.actors)}"
            )
        yield from wrapped(f"{dated(events, deed.first.tick)}{said}", "  ", HANGING)


def _traces(events: Events, chapter: Chapter) -> Iterator[str]:
    total = sum(map(len, chapter.traces.values()))
    seers = count(len(chapter.traces), "organisation")
    yield f"  {count(total, 'trace')}, seen by {seers}:" if total else "  Nobody saw a trace of it."
    members = events.layout.atlas.members
    for owner, reports in chapter.traces.items():
        named = f"{owner} ({members[owner].name})" if owner in members else owner
        kinds = Counter(events.cls(report.cls) for report in reports)
        said = ", ".join(f"{number_} {kind}" for kind, number_ in kinds.items())
        first, last = (events.clock.when(reports[place].tick) for place in (0, -1))
        yield from wrapped(
            f"{first:<14} {named}: {said}" + (f"; the last on {last}" if len(reports) > 1 else ""),
            "  ",
            " " * 17,
        )


def _told(events: Events, chapter: Chapter, *, every: bool) -> Iterator[str]:
    rows = chapter.told
    sums = [
        sum(getattr(row, name) for row in rows) for name in ("attempts", "sent", "arrived", "read")
    ]
    yield from wrapped(
        f"Releases tried {sums[0]:,}, sent {sums[1]:,}; {sums[2]:,} came to a desk that did not "
        f"know the report yet, {sums[3]:,} were read. Times are medians; the channels that brought "
        "most to a recognition come first.",
        "  ",
    )
    if not rows:
        return
    yield (
        f"  {'from':<22} {'to':<22} {'over':<18} {'sent':>5} {'new':>5} {'read':>5} "
        f"{'way':>7} {'wait':>7}"
    )
    shown = rows if every else rows[:MOST_CHANNELS]
    for row in shown:
        source, target = events.source[row.channel], events.target[row.channel]
        way = "" if row.way is None else events.clock.span(row.way)
        wait = "" if row.wait is None else events.clock.span(row.wait)
        yield (
            f"  {fit(events.unit(source), 22)} {fit(events.unit(target), 22)} "
            f"{fit(events.instrument(row.channel), 18)} {row.sent:>5,} {row.arrived:>5,} "
            f"{row.read:>5,} {way:>7} {wait:>7}"
        )
    if len(rows) > len(shown):
        left = rows[len(shown) :]
        more = [sum(getattr(row, name) for row in left) for name in ("sent", "arrived", "read")]
        yield (
            f"  and {count(len(left), 'channel')} more, with {more[0]:,} sent, {more[1]:,} new, "
            f"{more[2]:,} read"
        )


# Recognitions ------------------------------------------------------------------------------------


def _recognitions(events: Events, chapter: Chapter, *, every: bool) -> Iterator[str]:
    """In full those of bodies and of who saw traces itself; of others the weightiest report."""
    if not chapter.paths:
        yield "  Nobody recognised it."
        return
    yield from wrapped(
        "Evidence at the recognition, the report, and its way: each desk it came to with the "
        "instrument, the time on the way + the time unread there.",
        "  ",
    )
    for one in chapter.paths:
        owner = events.owner(one.unit)
        seen = chapter.traces.get(owner)
        full = owner not in events.layout.places or (seen and seen[0].tick < one.tick)
        most = len(one.contributions) if every else MOST_PARTS if full else 1
        yield from recognised(events, one, most=most)
    yield from _rule_book(events, chapter.paths)


def recognised(events: Events, one: Path, *, most: int = MOST_PARTS) -> Iterator[str]:
    """Say what a recognition rests on; of the reports of others tell the weightiest."""
    names = listed(events.groups(one.origins))
    number_ = count(one.origins.bit_count(), "organisation")
    yield from wrapped(
        f"{dated(events, one.tick)}{events.unit(one.unit)} recognises "
        f"{events.subject(one.subject)}: {traces(one.evidence)} of {traces(one.needed)} needed, "
        f"from {number_} ({one.origins_needed} needed): {names}",
        "  ",
        HANGING,
    )
    if not one.explained:
        said = "What it had read and written by then does not explain it: a fault of fivesteps."
        yield from wrapped(said, INSET)
    own = [part for part in one.contributions if not part.legs]
    told = [part for part in one.contributions if part.legs]
    if own:
        last = events.clock.when(max(part.report.tick for part in own))
        said = f"{_weight(own)}  its own: {count(len(own), 'report')}, the last on {last}"
        yield from wrapped(said, INSET, INSET_HANGING)
    for part in told[:most]:
        yield from wrapped(f"{_weight([part])}  {way(events, part)}", INSET, INSET_HANGING)
    if left := told[most:]:
        writers = listed(sorted({events.unit(part.report.unit) for part in left}))
        said = f"{_weight(left)}  {count(len(left), 'report')} more, by {writers}"
        yield from wrapped(said, INSET, INSET_HANGING)
    if told and most > 1:
        said = f"let through by {_rule_numbers(events, told)}"
        yield from wrapped(said, INSET_HANGING)


def way(events: Events, part: Contribution) -> str:
    """Say how a report came from its writer to a desk."""
    report = part.report
    legs = " ".join(_leg(events, leg) for leg in part.legs)
    return (
        f"{events.cls(report.cls)} of {events.clock.when(report.tick)}, "
        f"{events.unit(report.unit)} {legs}"
    )


def _leg(events: Events, leg: Leg) -> str:
    wait = "in its files" if leg.wait is None else events.clock.span(leg.wait)
    asked = "asked, " if leg.answer else ""
    return (
        f"-> {events.unit(leg.receiver)} ({asked}{events.instrument(leg.channel)} "
        f"{events.clock.span(leg.way)} + {wait})"
    )


def _weight(parts: Sequence[Contribution]) -> str:
    return f"{traces(sum(part.evidence for part in parts)):>4}"


def _rule_numbers(events: Events, parts: Iterable[Contribution]) -> str:
    places = [events.rule(leg.term) for part in parts for leg in part.legs]
    numbers = Counter(place.number for place in places if place is not None)
    said = ", ".join(
        f"{rule} ({times}x)" if times > 1 else str(rule) for rule, times in numbers.most_common()
    )
    return f"{'rule' if len(numbers) == 1 else 'rules'} {said}"


def _rule_book(events: Events, paths: Iterable[Path]) -> Iterator[str]:
    """Say what the rules are that the ways above name."""
    terms = {leg.term for one in paths for leg in one.legs}
    places = {place.number: place.rule for term in terms if (place := events.rule(term))}
    if not places:
        return
    yield from ("", f"  Rules of {events.lane.policy.name} named above:")
    for rule_number, rule in sorted(places.items()):
        chances = [
            f"{how} {share(round(grant.chance * (1 << 32)))}"
            for how, grant in (("unasked", rule.push), ("asked", rule.pull))
            if grant is not None
        ]
        said = f"{rule_number:>3}  {rule.meaning} ({', '.join(chances)})"
        yield from wrapped(said, "  ", " " * 7)


def ruled(events: Events, term: int, *, answer: bool = False) -> str:
    """Name the rule behind a term: number, meaning, chance."""
    place = events.rule(term)
    if place is None:
        return "no rule"
    grant = place.rule.pull if answer else place.rule.push
    chance = "" if grant is None else f", {share(round(grant.chance * (1 << 32)))}"
    return f'rule {place.number} "{place.rule.meaning}"{chance}'


def dated(events: Events, tick: float) -> str:
    """Write when something was, in a column of its own."""
    return f"{events.clock.exactly(tick):<26}"


def traces(evidence: int) -> str:
    """Write evidence in traces of ordinary weight, rounded down."""
    return f"{evidence * 10 // EVIDENCE_ONE / 10:.1f}"


def _missed(events: Events, chapter: Chapter, *, every: bool) -> Iterator[str]:
    for one in chapter.missed:
        yield from _unrecognised(events, one, every=every)
    if chapter.only_told:
        yield from wrapped(
            f"Told something, without traces of their own: {listed(chapter.only_told, 30)}",
            "  ",
            "    ",
        )


def _unrecognised(events: Events, one: Missed, *, every: bool) -> Iterator[str]:
    yield from wrapped(f"{events.unit(one.unit)} {_at_most(events, one)}", "  ", "      ")
    yield from wrapped(
        f"It read, or wrote itself, {count(one.read, 'report')}; "
        f"{count(len(one.unread), 'report')} reached it and lay unread"
        + (f" ({_of_whom(events, one)})" if one.unread else ""),
        "      ",
    )
    total = sum(one.untold.values())
    if not total:
        return
    yield f"      {count(total, 'report')} never reached it:"
    reasons = list(one.untold.items())
    shown = reasons if every else reasons[:MOST_REASONS]
    for (reason, term), times in shown:
        rule = f": {ruled(events, term)}" if term else ""
        yield from wrapped(f"{times:>6,}  {reason}{rule}", "      ", " " * 14)
    if left := reasons[len(shown) :]:
        yield f"      {sum(times for _, times in left):>6,}  for {len(left)} other reasons"


def _at_most(events: Events, one: Missed) -> str:
    if one.most is None:
        return f"never held evidence; it needs {traces(one.needed)}"
    said = (
        f"held at most {traces(one.most.evidence)} of the {traces(one.needed)} it needs "
        f"({events.clock.when(one.most.tick)}), from {listed(events.groups(one.most.origins))}"
    )
    if one.most.evidence >= one.needed:
        said += (
            f"; that is {one.most.origins.bit_count()} of the {one.origins_needed} organisations"
        )
    return said


def _of_whom(events: Events, one: Missed) -> str:
    writers = Counter(events.unit(report.unit) for report in one.unread)
    return listed([f"{name} {times}" for name, times in writers.most_common()])


# The rest ----------------------------------------------------------------------------------------


def _waiting(story: Story, *, every: bool) -> Iterator[str]:
    events = story.events
    yield from ("", "=" * WIDTH)
    yield from section("What waited unread")[1:]
    arrived = sum(queue.arrived for queue in story.queues)
    unread = sum(queue.unread for queue in story.queues)
    yield from wrapped(
        f"Of all subjects {count(arrived, 'report')} came to a desk and {unread:,} were never "
        "read: out of date before their turn came, or still waiting at the end. Routine waits in "
        "the same queues.",
        "  ",
    )
    if story.queues:
        yield f"  {'desk':<28} {'came':>7} {'never read':>11} {'median wait':>12} {'longest':>9}"
    for queue in story.queues if every else story.queues[:MOST_QUEUES]:
        middle, most = (events.clock.span(ticks) for ticks in (queue.median, queue.longest))
        yield (
            f"  {fit(events.unit(queue.unit), 28)} {queue.arrived:>7,} {queue.unread:>11,} "
            f"{middle:>12} {most:>9}"
        )
    if story.waits:
        yield from ("", "  Longest waits about what is told of here:")
    for wait in story.waits:
        report, until = wait.report, wait.until(events)
        end = "read" if wait.read is not None else _unread(events, until)
        yield from wrapped(
            f"{events.clock.span(until - wait.arrived):>7}  at {events.unit(wait.unit)}: "
            f"{events.cls(report.cls)} by {events.unit(report.unit)} over "
            f"{events.instrument(wait.channel)}, came {events.clock.when(wait.arrived)}, {end}",
            "  ",
            " " * 11,
        )


def _unread(events: Events, until: int) -> str:
    return "still there at the end" if until >= events.horizon else "never read, then out of date"


def _every_event(story: Story) -> Iterator[str]:
    from experiments.trace.every import every_event

    yield from section("Every event about what is told of here")
    for event in every_event(story.events, [chapter.subject for chapter in story.chapters]):
        yield from wrapped(f"{dated(story.events, event.tick)}{event.text}", "  ", HANGING)

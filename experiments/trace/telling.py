"""The story of one lane as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final

from experiments.trace.deeds import condensed
from experiments.trace.happenings import every_event
from experiments.trace.outcomes import tell_outcomes
from experiments.trace.wording import Clock, count, listed, share, traces

if TYPE_CHECKING:
    from agents.lane import Deed
    from experiments.trace.events import Place
    from experiments.trace.evidence import Contribution, Leg, Recognition
    from experiments.trace.missed import Missed
    from experiments.trace.page import Page
    from experiments.trace.replaying import Replayed
    from experiments.trace.story import Chapter, Seen, Story, Told
    from experiments.trace.waiting import Wait

DATED: Final = 26
INSET: Final = " " * 6
INSET_HANGING: Final = " " * 12
MOST_CHANNELS: Final = 12
MOST_PARTS: Final = 4
"""Reports told one by one for a recognition."""
MOST_QUEUES: Final = 6
MOST_REASONS: Final = 6


def tell_one(page: Page, story: Story, *, every: bool = False) -> None:
    """Write the story.

    Parameters
    ----------
    every
        Write every event about the subjects, and leave nothing out of the lists.
    """
    heading(page, story.lane)
    told_of(page, story)
    if story.decoys.subjects:
        _decoys(page, story)
    if story.turns:
        _turns(page, story)
    for chapter in story.chapters:
        _Chapter(page, story, chapter, every=every).tell()
    if story.briefs:
        _briefly(page, story)
    _waiting(page, story, every=every)
    tell_outcomes(page, story.lane, every=every)
    if every:
        page.section("Every event about what is told of here")
        for event in every_event(story.events, [c.subject.number for c in story.chapters]):
            dated(page, story.events.clock, event.tick, event.text)


def heading(page: Page, lane: Replayed, other: Replayed | None = None) -> None:
    """Say which lane, or two of one world, this is and that it is the stored one."""
    scenario = lane.compiled.layout.scenario
    setting = f"setting {lane.setting}, " if lane.setting else ""
    which = f"{setting}replication {lane.replication}, seed {lane.seed}"
    if other is None:
        page.say(f"{scenario.scenario} under {lane.policy.name}: {which}", "", "  ")
    else:
        names = f"{lane.policy.name} against {other.policy.name}"
        page.say(f"{scenario.scenario}: {names}, {which}", "", "  ")
    for policy in [lane.policy] if other is None else [lane.policy, other.policy]:
        page.say(f"{policy.name}: {policy.meaning}", "  ", "    ")
    replayed, these = (
        ("Replayed", "this lane") if other is None else ("Both replayed", "these lanes")
    )
    page.say(f"{replayed}; every outcome is the one stored, to the bit.", "")
    if lane.engine_changed:
        same = f"for {these} it makes no difference"
        page.say(f"The engine's code has changed since the run; {same}.", "")
    if other is None:
        page.say(
            f"{scenario.horizon_days:g} days in ticks of {scenario.tick_h:g} h; day 0 is the "
            "first. Evidence is counted in traces of ordinary weight.",
            "",
        )


def told_of(page: Page, story: Story) -> None:
    """Say which subjects are told of, and how many others there are."""
    names = [chapter.subject.name for chapter in story.chapters]
    others = len(story.events.subjects) - len(names)
    rest = f"; {count(others, 'other')} with `--subject NAME`" if others else ""
    page.say(f"Told of: {listed(names)}{rest}.", "", "  ")


def dated(page: Page, clock: Clock, tick: float, said: str) -> None:
    """Write what was at some time, with the time in a column of its own."""
    page.say(f"{clock.exactly(tick):<{DATED}}{said}", "  ", " " * (DATED + 2))


def _turns(page: Page, story: Story) -> None:
    """Say what held from which date on."""
    page.section("What changed on dates")
    for turn in story.turns:
        force = [f"in force: {', '.join(turn.measures)}"] if turn.measures else []
        come = [f"{name} opens" for name in turn.opened]
        go = [f"{name} closes" for name in turn.closed]
        said = "; ".join([*force, *come, *go, *turn.changed]) or "nothing that is told of here"
        dated(page, story.events.clock, turn.tick, said)


def _decoys(page: Page, story: Story) -> None:
    decoys = story.decoys
    page.say(
        f"Beside it {count(decoys.subjects, 'coincidence')}: {count(decoys.reports, 'report')}, "
        f"{count(decoys.messages, 'message')}, {count(decoys.recognitions, 'false recognition')}, "
        f"{count(decoys.deeds, 'deed')}. `--subject NAME` tells of one of them.",
        "",
    )


def _briefly(page: Page, story: Story) -> None:
    """Give a line for each real subject that is not told of."""
    clock = story.events.clock
    page.part()
    page.say(
        f"{count(len(story.briefs), 'subject')} more, about which less was done; `--subject NAME` "
        "tells of one of them, `--all` of all:",
        "",
    )
    page.table(
        ("subject", "traces#", "reports#", "deeds#", "recognised#", "first"),
        [
            (
                brief.subject.name,
                *(f"{n:,}" for n in (brief.traces, brief.reports, brief.deeds, brief.recognitions)),
                f"{clock.when(brief.first.tick)} {brief.first.desk}" if brief.first else "",
            )
            for brief in story.briefs
        ],
    )


# A subject ---------------------------------------------------------------------------------------


class _Chapter:
    """Writes what happened about one subject."""

    def __init__(self, page: Page, story: Story, chapter: Chapter, *, every: bool) -> None:
        self.page, self.chapter, self.every = page, chapter, every
        self.clock, self.layout = story.events.clock, story.events.layout
        self.policy = story.lane.policy.name

    def tell(self) -> None:
        page, chapter = self.page, self.chapter
        page.part()
        page.say(f"{chapter.subject}{'' if chapter.real else ' (decoy)'}", "")
        page.section("The world")
        self._deeds([deed for deed in chapter.deeds if deed.kind == "world"])
        page.section("What was seen")
        self._traces()
        page.section("Who told whom")
        self._told()
        page.section("What was recognised, and why then")
        self._recognitions()
        if chapter.not_recognised or chapter.only_told:
            page.section("Who did not recognise it, and why")
            for one in chapter.not_recognised:
                self._missed(one)
        if chapter.only_told:
            names = listed(chapter.only_told, 30)
            page.say(f"Told something, without traces of their own: {names}", "  ", "    ")
        page.section("What was done")
        self._deeds([deed for deed in chapter.deeds if deed.kind != "world"])

    def _deeds(self, deeds: Sequence[Deed]) -> None:
        if not deeds:
            self.page.say("Nothing is noted.")
        for alike in condensed(deeds, every=self.every):
            said = f"{alike.first.actor} {alike.first.text}"
            if alike.number > 1:
                other = "" if alike.same else ", with other numbers or states"
                said += (
                    f"; so {alike.number} times until {self.clock.when(alike.last.tick)}{other}, "
                    f"by {listed(alike.actors)}"
                )
            dated(self.page, self.clock, alike.first.tick, said)

    def _traces(self) -> None:
        seen = [list(own) for _, own in groupby(self.chapter.traces, lambda s: s.organisation)]
        if not seen:
            self.page.say("Nobody saw a trace of it.")
            return
        total = count(len(self.chapter.traces), "trace")
        self.page.say(f"{total}, seen by {count(len(seen), 'organisation')}:")
        for own in seen:
            self._seen(own)

    def _seen(self, own: Sequence[Seen]) -> None:
        owner, members = own[0].organisation, self.layout.atlas.members
        named = f"{owner} ({members[owner].name})" if owner in members else owner
        kinds = Counter(trace.report.cls.name for trace in own)
        first, last = (self.clock.when(own[place].report.tick) for place in (0, -1))
        said = f"{first:<14} {named}: " + ", ".join(f"{n} {kind}" for kind, n in kinds.items())
        said += f"; the last on {last}" if len(own) > 1 else ""
        self.page.say(said, "  ", " " * 17)

    def _told(self) -> None:
        rows = self.chapter.told
        tried = sum(row.tried for row in rows)
        sent, arrived, read = _traffic(rows)
        self.page.say(
            f"Releases tried {tried:,}, sent {sent:,}; {arrived:,} came to a desk that did not "
            f"know the report yet, {read:,} were read. Times are medians; the channels that "
            "brought most to a recognition come first."
        )
        shown = rows if self.every else rows[:MOST_CHANNELS]
        if shown:
            self.page.table(
                ("from", "to", "over", "sent#", "new#", "read#", "way#", "wait#"),
                [
                    (
                        row.channel.sender.name,
                        row.channel.receiver.name,
                        row.channel.instrument,
                        *(f"{number:,}" for number in (row.sent, row.arrived, row.read)),
                        *(
                            "" if ticks is None else self.clock.span(ticks)
                            for ticks in (row.median_way, row.median_wait)
                        ),
                    )
                    for row in shown
                ],
            )
        if left := rows[len(shown) :]:
            sent, arrived, read = _traffic(left)
            more = count(len(left), "channel")
            self.page.say(f"and {more} more, with {sent:,} sent, {arrived:,} new, {read:,} read")

    # Recognitions --------------------------------------------------------------------------------

    def _recognitions(self) -> None:
        """In full those of bodies and of who saw traces itself; of others the weightiest report."""
        if not self.chapter.recognitions:
            self.page.say("Nobody recognised it.")
            return
        self.page.say(
            "Evidence at the recognition, the report, and its way: each desk it came to with the "
            "instrument, the time on the way + the time unread there."
        )
        saw: dict[str, int] = {}
        for trace in self.chapter.traces:
            saw.setdefault(trace.organisation, trace.report.tick)
        for one in self.chapter.recognitions:
            owner = one.desk.owner
            full = owner not in self.layout.places or saw.get(owner, one.tick) < one.tick
            self._recognised(one, len(one.reports) if self.every else MOST_PARTS if full else 1)
        self._rule_book()

    def _recognised(self, one: Recognition, most: int) -> None:
        """Say what a recognition rests on; of the reports of others tell the weightiest."""
        organisations = count(len(one.organisations), "organisation")
        sides = f" by {listed(one.faces)}" if one.faces else ""
        said = (
            f"{one.desk} recognises {self.chapter.subject}{sides}: {traces(one.evidence)} of "
            f"{traces(one.needed)} needed, from {organisations} ({one.organisations_needed} "
            f"needed): {listed(one.organisations)}"
        )
        dated(self.page, self.clock, one.tick, said)
        if not one.explained:
            fault = (
                "What it had read and written by then does not explain it: a fault of fivesteps."
            )
            self.page.say(fault, INSET)
        for link in one.links:
            how = "casework" if link.by is None else f"{link.by.cls} of {link.by.desk}"
            said = f"{' and '.join(link.faces)} belong together, by {how}"
            self.page.say(f"{said}, {self.clock.when(link.tick)}", INSET, INSET_HANGING)
        own = [part for part in one.reports if not part.way]
        told = [part for part in one.reports if part.way]
        if own:
            last = self.clock.when(max(part.report.tick for part in own))
            self._part(own, f"its own: {count(len(own), 'report')}, the last on {last}")
        for part in told[:most]:
            self._part([part], self._way(part))
        if left := told[most:]:
            writers = listed(sorted({part.report.desk.name for part in left}))
            self._part(left, f"{count(len(left), 'report')} more, by {writers}")
        if told and most > 1:
            self.page.say(f"let through by {_rule_numbers(told)}", INSET_HANGING)

    def _part(self, parts: Sequence[Contribution], said: str) -> None:
        weight = traces(sum(part.evidence for part in parts))
        self.page.say(f"{weight:>4}  {said}", INSET, INSET_HANGING)

    def _way(self, part: Contribution) -> str:
        """Say how a report came from its writer to a desk."""
        report = part.report
        legs = " ".join(self._leg(leg) for leg in part.way)
        return f"{report.cls} of {self.clock.when(report.tick)}, {report.desk} {legs}"

    def _leg(self, leg: Leg) -> str:
        wait = "in its files" if leg.read is None else self.clock.span(leg.read - leg.arrived)
        asked = "asked, " if leg.asked else ""
        way = self.clock.span(leg.arrived - leg.sent)
        return f"-> {leg.channel.receiver} ({asked}{leg.channel.instrument} {way} + {wait})"

    def _rule_book(self) -> None:
        """Say what the rules are that the ways above name."""
        parts = (part for one in self.chapter.recognitions for part in one.reports)
        rules = {place.number: place.rule for place in _rules(parts)}
        if not rules:
            return
        self.page.lines += ["", f"  Rules of {self.policy} named above:"]
        for number, rule in sorted(rules.items()):
            chances = [
                f"{how} {share(grant.chance)}"
                for how, grant in (("unasked", rule.push), ("asked", rule.pull))
                if grant is not None
            ]
            said = f"{number:>3}  {rule.meaning} ({', '.join(chances)})"
            self.page.say(said, "  ", " " * 7)

    def _missed(self, one: Missed) -> None:
        self.page.say(f"{one.desk} {self._at_most(one)}", "  ", INSET)
        writers = Counter(report.desk.name for report in one.unread)
        by = listed([f"{name} {times}" for name, times in writers.most_common()])
        self.page.say(
            f"It read, or wrote itself, {count(one.read, 'report')}; "
            f"{count(len(one.unread), 'report')} reached it and lay unread"
            + (f" ({by})" if one.unread else ""),
            INSET,
        )
        if not one.never_told:
            return
        total = sum(untold.reports for untold in one.never_told)
        self.page.say(f"{count(total, 'report')} never reached it:", INSET)
        shown = one.never_told if self.every else one.never_told[:MOST_REASONS]
        for untold in shown:
            rule = f": {untold.rule.says()}" if untold.rule else ""
            self.page.say(f"{untold.reports:>6,}  {untold.reason}{rule}", INSET, " " * 14)
        if left := one.never_told[len(shown) :]:
            times = sum(untold.reports for untold in left)
            self.page.say(f"{times:>6,}  for {len(left)} other reasons", INSET)

    def _at_most(self, one: Missed) -> str:
        if one.most_at is None:
            return f"never held evidence; it needs {traces(one.needed)}"
        said = (
            f"held at most {traces(one.most_evidence)} of the {traces(one.needed)} it needs "
            f"({self.clock.when(one.most_at)}), from {listed(one.organisations)}"
        )
        if one.most_evidence < one.needed:
            return said
        few = f"{len(one.organisations)} of the {one.organisations_needed} organisations"
        return f"{said}; that is {few}"


def _traffic(rows: Sequence[Told]) -> tuple[int, int, int]:
    """Return how many reports were sent, arrived and were read over some channels."""
    return (
        sum(row.sent for row in rows),
        sum(row.arrived for row in rows),
        sum(row.read for row in rows),
    )


def _rules(parts: Iterable[Contribution]) -> list[Place]:
    """Return the rules that let reports through, each as often as it did."""
    return [leg.rule for part in parts for leg in part.way if leg.rule is not None]


def _rule_numbers(parts: Iterable[Contribution]) -> str:
    numbers = Counter(place.number for place in _rules(parts))
    said = ", ".join(
        f"{rule} ({times}x)" if times > 1 else str(rule) for rule, times in numbers.most_common()
    )
    return f"{'rule' if len(numbers) == 1 else 'rules'} {said}"


# The rest ----------------------------------------------------------------------------------------


def _waiting(page: Page, story: Story, *, every: bool) -> None:
    clock = story.events.clock
    page.part()
    page.section("What waited unread")
    arrived = sum(queue.arrived for queue in story.queues)
    unread = sum(queue.unread for queue in story.queues)
    page.say(
        f"Of all subjects {count(arrived, 'report')} came to a desk and {unread:,} were never "
        "read: out of date before their turn came, or still waiting at the end. Routine waits in "
        "the same queues."
    )
    if story.queues:
        page.table(
            ("desk", "came#", "never read#", "median wait#", "longest#"),
            [
                (
                    queue.unit.name,
                    f"{queue.arrived:,}",
                    f"{queue.unread:,}",
                    clock.span(queue.median),
                    clock.span(queue.longest),
                )
                for queue in (story.queues if every else story.queues[:MOST_QUEUES])
            ],
        )
    if story.waits:
        page.lines += ["", "  Longest waits about what is told of here:"]
    for wait in story.waits:
        page.say(_waited(story, wait), "  ", " " * 11)


def _waited(story: Story, wait: Wait) -> str:
    clock, report = story.events.clock, wait.report
    end = "never read, then out of date"
    if wait.read is not None:
        end = "read"
    elif wait.until >= story.events.horizon:
        end = "still there at the end"
    return (
        f"{clock.span(wait.until - wait.arrived):>7}  at {wait.at}: {report.cls} by {report.desk} "
        f"over {wait.instrument}, came {clock.when(wait.arrived)}, {end}"
    )

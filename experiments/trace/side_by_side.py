"""Two lanes of one random world as text, in 100 columns."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from experiments.trace.layout import WIDTH, fit, section, wrapped
from experiments.trace.outcomes import listed_outcomes, not_listed, shown
from experiments.trace.telling import told_of
from experiments.trace.wording import amount, count, listed

if TYPE_CHECKING:
    from experiments.outcomes import Outcome
    from experiments.trace.comparing import Comparison, Known, Row
    from experiments.trace.events import Events
    from experiments.trace.parting import Parting

DATE: Final = 16
COLUMN: Final = (WIDTH - DATE - 2) // 2


def tell_both(both: Comparison, *, every: bool = False) -> Iterator[str]:
    """Give the comparison line by line; `every` lists the outcomes that are not tested too."""
    yield from _heading(both)
    yield from section("Where they part")
    yield from _partings(both)
    yield from section("Side by side")
    yield from _columns(both)
    yield from section("Recognised")
    yield from _known(both)
    if both.one.briefs:
        names = [both.one.events.subject(brief.subject) for brief in both.one.briefs]
        yield from wrapped(f"Not told of here, for `--subject`: {listed(names, 40)}", "  ", "    ")
    yield from section("What came of it")
    yield from _outcomes(both, every=every)


def _names(both: Comparison) -> tuple[str, str]:
    return both.one.lane.policy.name, both.other.lane.policy.name


def _heading(both: Comparison) -> Iterator[str]:
    lane = both.one.lane
    layout = lane.compiled.layout
    one, other = _names(both)
    yield (
        f"{layout.scenario.scenario}: {one} against {other}, replication {lane.replication}, "
        f"seed {lane.seed}"
    )
    for story in (both.one, both.other):
        policy = story.lane.policy
        yield from wrapped(f"{policy.name}: {policy.meaning}", "  ", "    ")
    yield "Both replayed; every outcome is the one stored, to the bit."
    if lane.engine_changed:
        yield "The engine's code has changed since the run; for these lanes it makes no difference."
    yield from told_of(both.one)
    why = "; once somebody acts, what there is to see changes" if any(both.seen[1:]) else ""
    yield from wrapped(
        f"The same random world: {count(both.seen[0], 'trace')} of what is told of here are seen "
        f"under both at the same time, {both.seen[1]:,} only under {one}, {both.seen[2]:,} only "
        f"under {other}{why}.",
        "",
    )


# Where they part -------------------------------------------------------------------------------


def _partings(both: Comparison) -> Iterator[str]:
    if both.parting is None:
        yield "  Nowhere: the two lanes are the same in everything."
        return
    told = "what is told of here"
    yield from _parting(both, "First difference of all", both.parting)
    if both.subject_parting is None:
        yield f"  About {told} there is no difference."
    elif both.subject_parting != both.parting:
        yield from _parting(both, f"First difference about {told}", both.subject_parting)
    if both.mattered is None:
        yield "  No report on the way to a recognition went otherwise."
    elif both.mattered in {both.parting, both.subject_parting}:
        yield "  That report was on its way to a recognition: the difference mattered."
    else:
        yield from _parting(both, "First difference that mattered for a recognition", both.mattered)


def _parting(both: Comparison, title: str, parting: Parting) -> Iterator[str]:
    clock = both.one.events.clock
    yield from wrapped(f"{title}: {clock.exactly(parting.tick)}", "  ")
    yield from wrapped(parting.what, "    ", "      ")
    if parting.draw is not None:
        yield f"    the draw is {100 * parting.draw:.1f}% in both; told if it lies below the chance"
    for name, why in zip(_names(both), parting.why, strict=True):
        yield from wrapped(f"{name}: {why}", "    ", "      ")


# Side by side ----------------------------------------------------------------------------------


def _columns(both: Comparison) -> Iterator[str]:
    one, other = _names(both)
    clock = both.one.events.clock
    yield from wrapped(
        "Lines that begin with = are the same in both, to the tick; the others belong to a column.",
        "  ",
    )
    yield f"{'':<{DATE}}{one:<{COLUMN}}  {other}".rstrip()
    parting = both.subject_parting
    parted = parting is None
    for row in both.rows:
        if parting is not None and not parted and row.tick >= parting.tick:
            parted = True
            yield f" {clock.when(parting.tick)} here they part ".center(WIDTH, "-")
        yield from _line(both.one.events, row)


def _line(events: Events, row: Row) -> Iterator[str]:
    date = events.clock.when(row.tick)
    if row.where == "both":
        yield from wrapped(f"{date:<{DATE - 2}}= {row.text}", "", " " * DATE)
        return
    lines = textwrap.wrap(row.text, COLUMN, break_on_hyphens=False)
    left = lines if row.where == "one" else []
    right = lines if row.where == "other" else []
    for place, (mine, theirs) in enumerate(zip_longest(left, right, fillvalue="")):
        yield f"{date if not place else '':<{DATE}}{mine:<{COLUMN}}  {theirs}".rstrip()


# What follows ----------------------------------------------------------------------------------


def _known(both: Comparison) -> Iterator[str]:
    one, other = _names(both)
    if not both.known:
        yield "  Under neither."
        return
    yield f"  {'desk':<34} {one[:18]:>18} {other[:18]:>18}   difference"
    for row in both.known:
        days = (_day(both, tick) for tick in (row.one, row.other))
        yield "  {:<34} {:>18} {:>18}   {}".format(_desk(both, row), *days, _gap(both, row))


def _desk(both: Comparison, row: Known) -> str:
    events = both.one.events
    several = len({known.subject for known in both.known}) > 1
    return events.unit(row.unit) + (f", {events.subject(row.subject)}" if several else "")


def _day(both: Comparison, tick: int | None) -> str:
    return "not recognised" if tick is None else both.one.events.clock.when(tick)


def _gap(both: Comparison, row: Known) -> str:
    if row.one is None or row.other is None:
        return f"only under {_names(both)[row.one is None]}"
    gap = row.other - row.one
    later = "later" if gap > 0 else "earlier"
    return f"{both.one.events.clock.span(abs(gap))} {later}" if gap else "same"


def _outcomes(both: Comparison, *, every: bool) -> Iterator[str]:
    one, other = _names(both)
    yield f"  {'':<46} {one[:14]:>14} {other[:14]:>14} {'difference':>11}"
    for outcome in listed_outcomes(both.one.lane, every=every):
        first, second = (story.lane.values[outcome.name] for story in (both.one, both.other))
        yield (
            f"  {_label(outcome)} {shown(outcome, first):>14} {shown(outcome, second):>14} "
            f"{_difference(first, second):>11} {_better(outcome, first, second)}"
        ).rstrip()
    yield from not_listed(both.one.lane, every=every)


def _label(outcome: Outcome) -> str:
    return fit(f"{outcome.label}, {outcome.unit}", 46)


def _difference(first: float, second: float) -> str:
    gap = second - first
    return "" if math.isnan(gap) else amount(gap, sign=True)


def _better(outcome: Outcome, first: float, second: float) -> str:
    """Say whether the second is better; a time not reached is later than any.

    Of an outcome that is not tested nothing is said.
    """
    if not outcome.tested:
        return ""
    if outcome.time:
        first, second = (math.inf if math.isnan(value) else value for value in (first, second))
    if math.isnan(first) or math.isnan(second) or first == second:
        return ""
    return "better" if (second > first) == (outcome.better == "higher") else "worse"

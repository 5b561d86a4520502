"""Two lanes of one random world as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from experiments.trace.outcomes import tell_outcomes
from experiments.trace.telling import heading, told_of
from experiments.trace.wording import count, listed

if TYPE_CHECKING:
    from experiments.trace.comparing import Comparison, Known, Row
    from experiments.trace.page import Page
    from experiments.trace.parting import Parting

DATE: Final = 16


def tell_both(page: Page, both: Comparison, *, every: bool = False) -> None:
    """Write the comparison; `every` lists the outcomes that are not tested too."""
    heading(page, both.one.lane, both.other.lane)
    told_of(page, both.one)
    _seen(page, both)
    page.section("Where they part")
    _partings(page, both)
    page.section("Side by side")
    _columns(page, both)
    page.section("Recognised")
    _known(page, both)
    if both.one.briefs:
        names = [brief.subject.name for brief in both.one.briefs]
        page.say(f"Not told of here, for `--subject`: {listed(names, 40)}", "  ", "    ")
    tell_outcomes(page, both.one.lane, both.other.lane, every=every)


def _names(both: Comparison) -> tuple[str, str]:
    return both.one.lane.policy.name, both.other.lane.policy.name


def _seen(page: Page, both: Comparison) -> None:
    one, other = _names(both)
    why = "; once somebody acts, what there is to see changes" if any(both.seen[1:]) else ""
    page.say(
        f"The same random world: {count(both.seen[0], 'trace')} of what is told of here are seen "
        f"under both at the same time, {both.seen[1]:,} only under {one}, {both.seen[2]:,} only "
        f"under {other}{why}.",
        "",
    )


# Where they part -------------------------------------------------------------------------------


def _partings(page: Page, both: Comparison) -> None:
    if both.parting is None:
        page.say("Nowhere: the two lanes are the same in everything.")
        return
    told = "what is told of here"
    _parting(page, both, "First difference of all", both.parting)
    if both.subject_parting is None:
        page.say(f"About {told} there is no difference.")
    elif both.subject_parting != both.parting:
        _parting(page, both, f"First difference about {told}", both.subject_parting)
    if both.mattered is None:
        page.say("No report on the way to a recognition went otherwise.")
    elif both.mattered in {both.parting, both.subject_parting}:
        page.say("That report was on its way to a recognition: the difference mattered.")
    else:
        _parting(page, both, "First difference that mattered for a recognition", both.mattered)


def _parting(page: Page, both: Comparison, title: str, parting: Parting) -> None:
    page.say(f"{title}: {both.one.events.clock.exactly(parting.tick)}")
    page.say(parting.what, "    ", "      ")
    if parting.draw is not None:
        drawn = f"the draw is {100 * parting.draw:.1f}% in both"
        page.say(f"{drawn}; told if it lies below the chance", "    ", "      ")
    for name, why in zip(_names(both), parting.why, strict=True):
        page.say(f"{name}: {why}", "    ", "      ")


# Side by side ----------------------------------------------------------------------------------


def _columns(page: Page, both: Comparison) -> None:
    page.say(
        "Lines that begin with = are the same in both, to the tick; the others belong to a column."
    )
    widths = (DATE - 2, *[(page.width - DATE - 2) // 2] * 2)
    page.columns(("", *_names(both)), widths)
    clock, parting = both.one.events.clock, both.subject_parting
    parted = parting is None
    for row in both.rows:
        if parting is not None and not parted and row.tick >= parting.tick:
            parted = True
            page.lines.append(
                f" {clock.when(parting.tick)} here they part ".center(page.width, "-")
            )
        _row(page, clock.when(row.tick), row, widths)


def _row(page: Page, date: str, row: Row, widths: tuple[int, ...]) -> None:
    if row.where == "both":
        page.say(f"{date:<{DATE - 2}}= {row.text}", "", " " * DATE)
    else:
        one, other = (row.text if row.where == side else "" for side in ("one", "other"))
        page.columns((date, one, other), widths)


# What follows ----------------------------------------------------------------------------------


def _known(page: Page, both: Comparison) -> None:
    if not both.known:
        page.say("Under neither.")
        return
    several = len({row.subject for row in both.known}) > 1
    clock = both.one.events.clock
    page.table(
        ("desk", *(f"{name}#" for name in _names(both)), "difference"),
        [
            (
                f"{row.desk}, {row.subject}" if several else row.desk.name,
                *("not recognised" if t is None else clock.when(t) for t in (row.one, row.other)),
                _gap(both, row),
            )
            for row in both.known
        ],
    )


def _gap(both: Comparison, row: Known) -> str:
    if row.one is None or row.other is None:
        return f"only under {_names(both)[row.one is None]}"
    gap = row.other - row.one
    later = "later" if gap > 0 else "earlier"
    return f"{both.one.events.clock.span(abs(gap))} {later}" if gap else "same"

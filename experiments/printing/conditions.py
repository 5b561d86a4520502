"""Tables of the conditions under which a policy fails or wins."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from experiments.terminal import Column, number, percent, print_table, say, tell_left_out

if TYPE_CHECKING:
    from experiments.analysis import Box, Discovery, Limit


def print_discovery(found: Discovery) -> None:
    """Print each box: its limits, how many of the cases it holds and how pure it is."""
    say(
        f"{found.meaning}: in {found.cases:,} of {found.settings:,} settings"
        f" ({percent(found.base)})" + (f"; {found.unclear:,} are unclear" if found.unclear else "")
    )
    left_out: dict[str, None] = {}
    for count, box in enumerate(found.boxes, start=1):
        left_out |= dict.fromkeys(_print_box(count, box))
    if found.check is not None:
        say(
            f"In settings that they were not made from: coverage {percent(found.check.coverage)},"
            f" density {percent(found.check.density)}, p {number(found.check.p)}."
        )
    if found.reason:
        say(f"Nothing to tell: {found.reason}.")
    elif found.boxes:
        say(
            "coverage: share of the cases that lie in the box. density: share of the box that are"
            " cases.\nfound again: share of random halves of the settings whose boxes have this"
            " limit."
        )
    tell_left_out(left_out)


def _print_box(count: int, box: Box) -> tuple[str, ...]:
    doubt = "" if box.told else ", not clearly more than chance"
    title = (
        f"Box {count}: coverage {percent(box.coverage)}, density {percent(box.density)},"
        f" {box.settings:,} settings{doubt}"
    )
    rows = []
    for limit in box.limits:
        known = [p for p in limit.quasi_p if not math.isnan(p)]
        rows.append(
            (
                str(limit),
                _sampled(limit),
                number(max(known)) if known else "",
                percent(limit.reproduced),
            )
        )
    columns = [
        Column("in the box"),
        Column("sampled", spare=2),
        Column("quasi-p", "number", spare=1),
        Column("found again", "number"),
    ]
    return print_table(columns, rows, title=title)


def _sampled(limit: Limit) -> str:
    if limit.words:
        return ", ".join(limit.sampled)
    if limit.is_switch:
        return "without, with"
    return f"{limit.scale.text(limit.least)} to {limit.scale.text(limit.most)}"

"""Tables of the conditions under which a policy fails or wins."""

from __future__ import annotations

import math
from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING

from experiments.terminal import Column, amount, number, percent, print_table, say, tell_left_out

if TYPE_CHECKING:
    from experiments.analysis import Box, Discovery


def print_discovery(found: Discovery, durations: Collection[str] = ()) -> None:
    """Print each box: its limits, how many of the cases it holds and how pure it is.

    Parameters
    ----------
    durations
        Parameters whose numbers are hours.
    """
    say(
        f"{found.meaning}: in {found.cases:,} of {found.settings:,} settings"
        f" ({percent(found.base)})" + (f"; {found.unclear:,} are unclear" if found.unclear else "")
    )
    left_out: dict[str, None] = {}
    for count, box in enumerate(found.boxes, start=1):
        left_out |= dict.fromkeys(_print_box(count, box, durations))
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


def _print_box(count: int, box: Box, durations: Collection[str]) -> tuple[str, ...]:
    doubt = "" if box.told else ", not clearly more than chance"
    title = (
        f"Box {count}: coverage {percent(box.coverage)}, density {percent(box.density)},"
        f" {box.settings:,} settings{doubt}"
    )
    rows = []
    for limit in box.limits:
        write = partial(amount, is_duration=limit.name in durations)
        known = [p for p in (limit.quasi_p_low, limit.quasi_p_high) if not math.isnan(p)]
        rows.append(
            (
                limit.name,
                "" if math.isnan(limit.low) else write(limit.low),
                "" if math.isnan(limit.high) else write(limit.high),
                f"{write(limit.least)} to {write(limit.most)}",
                number(max(known)) if known else "",
                percent(limit.reproduced),
            )
        )
    columns = [
        Column("parameter"),
        Column("from", "number"),
        Column("to", "number"),
        Column("sampled", "number", spare=2),
        Column("quasi-p", "number", spare=1),
        Column("found again", "number"),
    ]
    return print_table(columns, rows, title=title)

"""Tables of the conditions under which a policy fails or wins."""

from __future__ import annotations

import math
from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING

from experiments.terminal import amount, console, grid, number, percent

if TYPE_CHECKING:
    from experiments.analysis import Box, Discovery


def print_discovery(found: Discovery, durations: Collection[str] = ()) -> None:
    """Print each box: its limits, how many of the cases it holds and how pure it is.

    Parameters
    ----------
    durations
        Parameters whose numbers are hours.
    """
    out = console()
    out.print(
        f"{found.meaning}: in {found.cases:,} of {found.settings:,} settings"
        f" ({percent(found.base)})" + (f"; {found.unclear:,} are unclear" if found.unclear else "")
    )
    for count, box in enumerate(found.boxes, start=1):
        out.print(_table(count, box, durations))
    if found.check is not None:
        out.print(
            f"In settings that they were not made from: coverage {percent(found.check.coverage)},"
            f" density {percent(found.check.density)}, p {number(found.check.p)}."
        )
    if found.reason:
        out.print(f"Nothing to tell: {found.reason}.")
    elif found.boxes:
        out.print(
            "coverage: share of the cases that lie in the box. density: share of the box that are"
            " cases.\nfound again: share of random halves of the settings whose boxes have this"
            " limit."
        )


def _table(count: int, box: Box, durations: Collection[str]) -> object:
    doubt = "" if box.told else ", not clearly more than chance"
    title = (
        f"Box {count}: coverage {percent(box.coverage)}, density {percent(box.density)},"
        f" {box.settings:,} settings{doubt}"
    )
    table = grid("parameter", "from#", "to#", "sampled#", "quasi-p#", "found again#", title=title)
    for limit in box.limits:
        write = partial(amount, is_duration=limit.name in durations)
        known = [p for p in (limit.quasi_p_low, limit.quasi_p_high) if not math.isnan(p)]
        table.add_row(
            limit.name,
            "" if math.isnan(limit.low) else write(limit.low),
            "" if math.isnan(limit.high) else write(limit.high),
            f"{write(limit.least)} to {write(limit.most)}",
            number(max(known)) if known else "",
            percent(limit.reproduced),
        )
    return table

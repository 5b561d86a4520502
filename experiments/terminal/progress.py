"""How far work has come.

On a terminal a bar, in a notebook a line below the cell that is written over, elsewhere a line now
and then; all but the notebook's on standard error.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from experiments.errors import tell

LINE_EVERY_S: Final = 30
"""Seconds between two lines where there is no terminal."""

LEAST_SHARE: Final = 0.001
"""Share of all from which it is told how long the rest will take."""

CELL_EVERY_S: Final = 1
"""Seconds between two states of the line in a notebook; what takes less leaves nothing there."""

Advance = Callable[[int], None]
"""Takes the amount done so far."""


@contextmanager
def progress(what: str, total: int, more: Callable[[], str] = str) -> Iterator[Advance]:
    """Show how far work has come.

    Parameters
    ----------
    total
        The amount that is to be done.
    more
        Gives what else there is to say, such as the speed.
    """
    if total <= 0:
        yield _nothing
    elif sys.stderr.isatty():
        with _bar(what, total, more) as advance:
            yield advance
    elif is_notebook():
        with _cell(what, total, more) as advance:
            yield advance
    else:
        yield _Lines(what, total, more, tell, LINE_EVERY_S).advance


def is_notebook() -> bool:
    """Whether what is written to standard error goes to a notebook."""
    return type(sys.stderr).__module__.startswith("ipykernel.")


def _nothing(done: int) -> None:
    del done


@contextmanager
def _bar(what: str, total: int, more: Callable[[], str]) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[more]}", markup=False),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total, more="")
        yield lambda done: bar.update(task, completed=min(done, total), more=more())


@contextmanager
def _cell(what: str, total: int, more: Callable[[], str]) -> Iterator[Advance]:
    from IPython.display import display

    shown: list[Any] = []

    def show(text: str) -> None:
        content = {"text/plain": text}
        if shown:
            shown[0].update(content, raw=True)
        else:
            shown.append(display(content, raw=True, display_id=True))

    start = time.monotonic()
    yield _Lines(what, total, more, show, CELL_EVERY_S).advance
    if shown:
        show(f"{what}: done in {readable_seconds(time.monotonic() - start)}")


class _Lines:
    """Says now and then how far it is."""

    def __init__(
        self,
        what: str,
        total: int,
        more: Callable[[], str],
        say: Callable[[str], None],
        every_s: float,
    ) -> None:
        self._what = what
        self._total = total
        self._more = more
        self._say = say
        self._every_s = every_s
        self._start = self._said = time.monotonic()

    def advance(self, done: int) -> None:
        now = time.monotonic()
        if now - self._said < self._every_s:
            return
        self._said = now
        done = min(done, self._total)
        left = "unknown time"
        if done >= LEAST_SHARE * self._total:
            left = readable_seconds((now - self._start) * (self._total - done) / done)
        parts = (f"{100 * done // self._total}% done", self._more(), f"{left} left")
        self._say(f"{self._what}: {', '.join(filter(None, parts))}")


def readable_seconds(seconds: float) -> str:
    """Write a length of time for a reader."""
    if seconds < 100:  # noqa: PLR2004 - what reads best
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.1f} h"  # noqa: PLR2004

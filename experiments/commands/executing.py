"""Options about where and how lanes run, for the commands that run many."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from experiments.errors import UserError

if TYPE_CHECKING:
    from experiments.execution import How
    from experiments.planning import Share

Workers = Annotated[
    int | None,
    typer.Option(min=1, help="Processes.", show_default="one for every processor"),
]
Batch = Annotated[
    str,
    typer.Option(
        metavar="LANES",
        help="Most lanes run together in a process; `auto` for what suits the machine.",
    ),
]
ExecutorName = Annotated[
    str,
    typer.Option(metavar="local|dask", help="Where chunks run; `dask` needs the extra `cluster`."),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS|FILE|slurm",
        help="Dask's scheduler: its address, the file it wrote, or `slurm` to start workers as"
        " jobs of the batch system.",
        show_default="one on this machine",
    ),
]
WallTime = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="Begin no chunk that would not be done within this time, such as 90min or 2h.",
        show_default="the end of the batch job, if it is one",
    ),
]


class Options(NamedTuple):
    """How the user wants it run."""

    executor: str
    scheduler: str | None
    workers: int | None
    batch: str
    kernel: str
    shard: str | None
    wall_time: str | None

    @contextmanager
    def how(self, lanes: int) -> Generator[How]:
        """Give what they come to, for so many lanes; what was started for it ends afterwards."""
        from experiments.execution import How, chosen_executor, end_of
        from experiments.planning import read_batch

        share, batch, ends_at = _share(self.shard), read_batch(self.batch), end_of(self.wall_time)
        with chosen_executor(self.executor, self.scheduler, self.workers, lanes) as executor:
            yield How(executor, batch, self.kernel, share, ends_at)


def _share(text: str | None) -> Share:
    from experiments.planning import WHOLE, Share

    if text is None:
        return WHOLE
    match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text)
    if match is None or int(match[1]) >= int(match[2]):
        raise UserError(
            f"--shard {text}",
            "a share is I/N, with I from 0 to N - 1",
            "write for example 0/4, 1/4, 2/4 and 3/4 in four processes",
        )
    return Share(int(match[1]), int(match[2]))

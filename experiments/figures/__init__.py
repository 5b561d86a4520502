"""Figures of a run directory; see `plot`. Each kind has a file with its `draw`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from experiments.errors import UserError
from experiments.files import whole
from experiments.measures import F64, Mask, Results
from experiments.progress import progress
from experiments.store import FIGURES, RunDirectory, open_for_reading

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_all", "plot", "save"]

METADATA: Final[dict[str, dict[str, None]]] = {"png": {}, "svg": {"Date": None}}


def plot(
    folder: Path, *, svg: bool = False, say: Callable[[str], None] | None = None
) -> list[Path]:
    """Draw the figures of a run directory, finished or not, into its ``figures/``.

    Parameters
    ----------
    say
        Takes a line about what was not drawn.

    Returns
    -------
    list[Path]
        The files written.

    Raises
    ------
    UserError
        If `folder` is no run directory, has no finished replication, or cannot be written.
    """
    from experiments.figures.style import settings

    directory = open_for_reading(folder)
    results = directory.results()
    if not results.done.all(axis=0).any():
        raise UserError(
            f"{folder}: no replication is finished",
            "a figure needs a replication that ran under every policy",
            "run `fivesteps compare` with the same --out again",
        )
    target = folder / FIGURES
    target.mkdir(exist_ok=True)
    written: list[Path] = []
    zeros: list[str] = []
    expected = len(results.outcomes) + len(directory.series_names()) + 3
    with settings(), progress("drawing figures", expected) as advance:
        for number, (name, figure) in enumerate(draw_all(directory, results, zeros)):
            written += save(figure, target, name, svg=svg)
            advance(number + 1)
    if say is not None and zeros:
        say(f"Not drawn, zero in every lane: {', '.join(dict.fromkeys(zeros))}")
    return written


def _zero(values: F64, done: Mask) -> bool:
    finished = values[done]
    return bool(finished.size) and not finished.any()  # NaN is not zero


def save(figure: Figure, folder: Path, name: str, *, svg: bool) -> list[Path]:
    """Write a figure into `folder`, whole; call it within `style.settings`."""
    from experiments.figures.style import DPI

    written = []
    for kind in ("png", "svg") if svg else ("png",):
        path = folder / f"{name}.{kind}"
        with whole(path) as temporary:
            figure.savefig(temporary, format=kind, dpi=DPI, metadata=METADATA[kind])
        written.append(path)
    return written


def draw_all(
    directory: RunDirectory, results: Results, zeros: list[str] | None = None
) -> Iterator[tuple[str, Figure]]:
    """Yield each figure with its name; call it within `style.settings`.

    Parameters
    ----------
    zeros
        Takes the names of what is zero in every lane and therefore not drawn.
    """
    from experiments.figures import by_state, differences, distribution, series, tradeoff
    from experiments.statistics import compare_policies

    left_out = [] if zeros is None else zeros
    maps = by_state.found(results, directory.manifest.member_codes())
    apart = {outcome.name for states in maps.values() for outcome in states.values()}
    for outcome in results.outcomes:
        if outcome.name in apart:
            continue
        if _zero(results.values[outcome.name], results.done):
            left_out.append(outcome.name)
        else:
            yield f"distribution-{outcome.name}", distribution.draw(results, outcome)
    for name, states in maps.items():
        yield f"map-{name}", by_state.draw(results, name, states)
    if len(results.policies) > 1:
        yield "differences", differences.draw(results, compare_policies(results))
        if (figure := tradeoff.draw(results)) is not None:
            yield "tradeoff", figure
    names = directory.series_names()
    levels = {}
    for name in names:
        days, values = directory.series(name)
        if _zero(values, results.done):
            left_out.append(name)
            continue
        levels[name] = series.bands(values)
        yield f"series-{name}", series.draw_one(results, days, name, levels[name])
    if levels:
        yield "series", series.draw(results, days, levels)

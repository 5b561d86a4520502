"""Figures of a run directory; see `plot`. Each kind has a file with its `draw`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from experiments.designs import ASSESSMENT
from experiments.errors import UserError, command
from experiments.figures import style
from experiments.outcomes import F64, Mask, Results
from experiments.store import FIGURES, RunDirectory, make_folder, open_for_reading, whole
from experiments.terminal import progress

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["drawings", "drawn", "plot", "save"]

METADATA: Final[dict[str, dict[str, None]]] = {"png": {}, "svg": {"Date": None}}


def plot(
    folder: Path,
    *,
    setting: int | None = None,
    svg: bool = False,
    say: Callable[[str], None] | None = None,
) -> list[Path]:
    """Draw the figures of a run directory, finished or not, into its ``figures/``.

    Parameters
    ----------
    setting
        The one to draw by itself, into a folder of its own; None draws what is told by all of
        them together, or the only one.
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
    directory = open_for_reading(folder)
    zeros: list[str] = []
    figures, expected = drawings(directory, setting, zeros)
    target = folder / FIGURES / ("" if setting is None else f"setting-{setting}")
    written = _written(drawn(figures), target, expected, svg=svg)
    if not written and directory.manifest.settings > 1 and setting is None:
        raise UserError(
            f"{folder}: of all settings together there is nothing to draw",
            "what is drawn of them compares policies, in outcomes that are not always the same",
            f"draw a setting by itself: {command('plot', folder, '--setting', '0')}",
        )
    if say is not None and zeros:
        say(f"Not drawn, zero in every lane: {', '.join(dict.fromkeys(zeros))}")
    return written


def drawings(
    directory: RunDirectory, setting: int | None = None, zeros: list[str] | None = None
) -> tuple[Iterator[style.Drawing], int]:
    """Return the names of the figures of a run directory with what draws each, and about how many.

    Parameters
    ----------
    setting
        As for `plot`.
    zeros
        Takes the names of what is zero in every lane and therefore not drawn.

    Raises
    ------
    UserError
        If there is no such setting, or no finished replication.
    """
    folder = directory.folder
    if directory.design == ASSESSMENT:
        return _of_atlas(folder)
    if directory.manifest.settings > 1 and setting is None:
        return _of_study(folder)
    number = setting or 0
    if not 0 <= number < directory.manifest.settings:
        raise UserError(
            f"--setting {number}",
            f"{folder} holds settings 0 to {directory.manifest.settings - 1}",
            "choose a number in that range",
        )
    results = directory.results(number)
    if not results.done.all(axis=0).any():
        raise UserError(
            f"{folder}: no world is finished",
            "a figure needs a world that ran under every policy",
            "run what made the directory again, with the same --out",
        )
    whole = sum(one.is_whole for one in results.outcomes)
    expected = whole + len(directory.series_names()) + 3
    return figures_of(directory, results, [] if zeros is None else zeros, number), expected


def drawn(figures: Iterable[style.Drawing]) -> Iterator[tuple[str, Figure]]:
    """Draw figures one after the other, but those that have nothing to show."""
    for name, draw in figures:
        if (figure := draw()) is not None:
            yield name, figure


def _of_study(folder: Path) -> tuple[Iterator[style.Drawing], int]:
    """Return what all settings tell together."""
    from experiments.analysis import Study
    from experiments.figures import of_settings

    study = Study.of(folder)
    expected = len(study.outcomes) * len(study.futures.policies) + 1
    return of_settings.drawings(study), expected


def _of_atlas(folder: Path) -> tuple[Iterator[style.Drawing], int]:
    """Return what an assessment found."""
    from experiments.analysis import Study, assess
    from experiments.figures import atlas

    study = Study.of(folder)
    found = assess(study)
    line = f"scenario {found.scenario}, {found.worlds:,} worlds, seed {found.seed}"
    return atlas.pages(found, line), 2 * len(found.outcomes)


def _written(
    figures: Iterator[tuple[str, Figure]], target: Path, expected: int, *, svg: bool
) -> list[Path]:
    if target.name != FIGURES:
        make_folder(target.parent)
    make_folder(target)
    written: list[Path] = []
    with style.settings(), progress("drawing figures", expected) as advance:
        for number, (name, figure) in enumerate(figures):
            written += save(figure, target, name, svg=svg)
            advance(number + 1)
    return written


def _zero(values: F64, done: Mask) -> bool:
    finished = values[done]
    return bool(finished.size) and not finished.any()  # NaN is not zero


def save(figure: Figure, folder: Path, name: str, *, svg: bool) -> list[Path]:
    """Write a figure into `folder`, whole; call it within `style.settings`."""
    written = []
    for kind in ("png", "svg") if svg else ("png",):
        path = folder / f"{name}.{kind}"
        with whole(path) as temporary:
            figure.savefig(temporary, format=kind, dpi=style.DPI, metadata=METADATA[kind])
        written.append(path)
    return written


def figures_of(
    directory: RunDirectory, results: Results, left_out: list[str], setting: int
) -> Iterator[style.Drawing]:
    """Yield the figures of one setting."""
    from experiments.figures import by_state, differences, distribution, tradeoff, years
    from experiments.outcomes import compare_policies, states_of, years_of

    for outcome in results.outcomes:
        if not outcome.is_whole:
            continue
        if _zero(results.values[outcome.name], results.done):
            left_out.append(outcome.name)
        else:
            yield f"distribution-{outcome.name}", partial(distribution.draw, results, outcome)
    told = [one for one in results.outcomes if years_of(results, one) and one.name not in left_out]
    if told:
        yield "years", partial(years.draw, results, told)
    for one in results.outcomes:
        if states_of(results, one) and one.name not in left_out:
            yield f"map-{one.name}", partial(by_state.draw, results, one)
    if len(results.policies) > 1:
        rows = compare_policies(results, directory.asked())
        yield "differences", partial(differences.draw, results, rows)
        yield "tradeoff", partial(tradeoff.draw, results)
    yield from _over_time(directory, results, left_out, setting)


def _over_time(
    directory: RunDirectory, results: Results, left_out: list[str], setting: int
) -> Iterator[style.Drawing]:
    """Yield the figures of the series, one by one and all together."""
    from experiments.figures import series

    levels = {}
    turns = _turns(directory)
    for name in directory.series_names():
        days, values = directory.series(name, setting)
        if _zero(values, results.done):
            left_out.append(name)
            continue
        levels[name] = series.bands(values)
        yield f"series-{name}", partial(series.draw_one, results, days, name, levels[name], turns)
    if levels:
        yield "series", partial(series.draw, results, days, levels)


def _turns(directory: RunDirectory) -> dict[str, list[float]]:
    """Return the days within the run from which on measures are in force, by alternative."""
    from experiments.store import plan_of
    from scenarios.changing import coming_in

    if not any("programme" in one for one in directory.manifest.documents["policies"].values()):
        return {}
    plan = plan_of(directory.manifest, directory.folder)
    spec = plan.scenario.spec
    return {
        policy.name: sorted(
            {tick * spec.tick_h / 24 for tick, _ in coming_in(spec, policy) if tick}
        )
        for policy in plan.policies
    }

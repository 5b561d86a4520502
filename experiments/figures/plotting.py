"""Figures of a run directory; see `plot`. Each kind has a file with its `draw`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from experiments.designs import ASSESSMENT
from experiments.errors import UserError, command
from experiments.outcomes import F64, Mask, Results
from experiments.store import FIGURES, RunDirectory, make_folder, open_for_reading, whole
from experiments.terminal import progress

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_all", "plot", "save"]

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
    if directory.design == ASSESSMENT:
        return _plot_atlas(folder, svg=svg)
    if directory.manifest.settings > 1 and setting is None:
        return _plot_study(folder, svg=svg)
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
    target = folder / FIGURES / ("" if setting is None else f"setting-{setting}")
    zeros: list[str] = []
    whole = sum(one.is_whole for one in results.outcomes)
    expected = whole + len(directory.series_names()) + 3
    figures = draw_all(directory, results, zeros, setting=number)
    written = _written(figures, target, expected, svg=svg)
    if say is not None and zeros:
        say(f"Not drawn, zero in every lane: {', '.join(dict.fromkeys(zeros))}")
    return written


def _plot_study(folder: Path, *, svg: bool) -> list[Path]:
    """Draw what all settings tell together."""
    from experiments.analysis import Study
    from experiments.figures import of_settings

    study = Study.of(folder)
    expected = len(study.outcomes) * len(study.futures.policies) + 1
    written = _written(of_settings.draw_all(study), folder / FIGURES, expected, svg=svg)
    if not written:
        raise UserError(
            f"{folder}: of all settings together there is nothing to draw",
            "what is drawn of them compares policies, in outcomes that are not always the same",
            f"draw a setting by itself: {command('plot', folder, '--setting', '0')}",
        )
    return written


def _plot_atlas(folder: Path, *, svg: bool) -> list[Path]:
    """Draw what an assessment found."""
    from experiments.analysis import Study, assess
    from experiments.figures import atlas

    study = Study.of(folder)
    found = assess(study)
    line = f"scenario {found.scenario}, {found.worlds:,} worlds, seed {found.seed}"
    return _written(atlas.pages(found, line), folder / FIGURES, 2 * len(found.outcomes), svg=svg)


def _written(
    figures: Iterator[tuple[str, Figure]], target: Path, expected: int, *, svg: bool
) -> list[Path]:
    from experiments.figures.style import settings

    if target.name != FIGURES:
        make_folder(target.parent)
    make_folder(target)
    written: list[Path] = []
    with settings(), progress("drawing figures", expected) as advance:
        for number, (name, figure) in enumerate(figures):
            written += save(figure, target, name, svg=svg)
            advance(number + 1)
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
    directory: RunDirectory,
    results: Results,
    zeros: list[str] | None = None,
    *,
    setting: int = 0,
) -> Iterator[tuple[str, Figure]]:
    """Yield each figure with its name; call it within `style.settings`.

    Parameters
    ----------
    zeros
        Takes the names of what is zero in every lane and therefore not drawn.
    """
    from experiments.figures import by_state, differences, distribution, tradeoff, years
    from experiments.outcomes import compare_policies, states_of, years_of

    left_out = [] if zeros is None else zeros
    for outcome in results.outcomes:
        if not outcome.is_whole:
            continue
        if _zero(results.values[outcome.name], results.done):
            left_out.append(outcome.name)
        else:
            yield f"distribution-{outcome.name}", distribution.draw(results, outcome)
    told = [one for one in results.outcomes if years_of(results, one) and one.name not in left_out]
    if told:
        yield "years", years.draw(results, told)
    for one in results.outcomes:
        if states_of(results, one) and one.name not in left_out:
            yield f"map-{one.name}", by_state.draw(results, one)
    if len(results.policies) > 1:
        yield "differences", differences.draw(results, compare_policies(results, directory.asked()))
        if (figure := tradeoff.draw(results)) is not None:
            yield "tradeoff", figure
    yield from _over_time(directory, results, left_out, setting)


def _over_time(
    directory: RunDirectory, results: Results, left_out: list[str], setting: int
) -> Iterator[tuple[str, Figure]]:
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
        yield f"series-{name}", series.draw_one(results, days, name, levels[name], turns)
    if levels:
        yield "series", series.draw(results, days, levels)


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

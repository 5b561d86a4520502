"""How policies do over sampled futures: one panel for each criterion."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from experiments.analysis import CRITERIA, Criterion, Robustness, Score
from experiments.figures import lettering, style
from experiments.outcomes import Better, Outcome

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS: Final = 2
ROOM_IN: Final = 1.9
"""For the words of a panel."""
FIRST_ROOM: Final = 1.02
"""Where, across a panel, the share of first places is written."""

TITLES: Final[dict[Criterion, str]] = {
    "mean": "Mean over all settings",
    "worst": "In the worst setting (maximin)",
    "regret": "Largest regret: worse than the best policy by",
    "satisficing": "Share of settings that are good enough",
}


def draw(found: Robustness, outcome: Outcome, baseline: str, line: str) -> Figure:
    """Draw the scores of every policy.

    Parameters
    ----------
    found
        With at least one score.
    outcome
        The one that was scored.
    baseline
        Drawn in black.
    line
        What the data are, below the title.
    """
    criteria = [criterion for criterion in CRITERIA if found.of(criterion)]
    policies = [score.policy for score in found.of(criteria[0])]
    lines = -(-len(criteria) // COLUMNS)
    names = style.names(policies)
    axes = [_axis(found, outcome, criterion) for criterion in criteria]
    words_in = max(lettering.height_in(text, style.SMALL_PT) for text in axes)
    figure = style.page(
        f"{outcome.label}: how policies do over {found.settings:,} settings",
        line,
        lines * (0.6 + words_in + style.rows_height_in(names)),
        handles=_handles(),
    )
    grid = figure.subplots(lines, COLUMNS, sharey=True, squeeze=False)
    panels = grid.ravel().tolist()
    looks = style.looks_of(policies, baseline)
    for panel, criterion, text in zip(panels, criteria, axes, strict=False):
        _panel(panel, found.of(criterion), looks)
        panel.set_title(lettering.wrapped(TITLES[criterion], ROOM_IN, style.TEXT_PT))
        panel.set_xlabel(text, fontsize=style.SMALL_PT)
    panels[0].set_yticks(range(len(policies)), names)
    panels[0].set_ylim(len(policies) - 0.5, -0.5)
    style.hide_spare(panels, len(criteria))
    return figure


def _panel(panel: Axes, scores: Sequence[Score], looks: dict[str, style.Look]) -> None:
    from matplotlib.ticker import PercentFormatter

    for place, score in enumerate(scores):
        look = looks[score.policy]
        if not math.isnan(score.low):
            panel.plot([score.low, score.high], [place, place], color=look.color, linewidth=2)
        panel.plot(
            score.estimate,
            place,
            marker=look.marker,
            markersize=6.5,
            color=look.color if score.best else "white",
            markeredgecolor=look.color,
            linestyle="",
        )
        if not math.isnan(score.first):
            panel.text(
                FIRST_ROOM,
                place,
                f"{score.first:.0%}",
                transform=panel.get_yaxis_transform(),
                va="center",
                fontsize=style.LEAST_PT,
                color=style.GREY,
            )
    if not math.isnan(scores[0].first):
        panel.text(
            FIRST_ROOM,
            1.01,
            "first",
            transform=panel.transAxes,
            va="bottom",
            fontsize=style.LEAST_PT,
            color=style.GREY,
        )
    if scores[0].criterion == "satisficing":
        panel.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        panel.set_xlim(-0.03, 1.03)
    else:
        style.plain_numbers(panel.xaxis, most=4)
        panel.margins(x=0.08)
    panel.grid(axis="y", visible=False)
    panel.tick_params(axis="y", length=0)


def _axis(found: Robustness, outcome: Outcome, criterion: Criterion) -> str:
    """Return the label of an axis: unit, and which way is better."""
    if criterion == "satisficing":
        bound = "least" if found.better == "higher" else "most"
        text = f"mean at {bound} {found.threshold:,.4g} {outcome.unit} ({_arrow('higher')})"
    else:
        better: Better = "lower" if criterion == "regret" else found.better
        text = f"{outcome.unit} ({_arrow(better)})"
    return lettering.wrapped(text, ROOM_IN, style.SMALL_PT, most=3)


def _arrow(better: Better) -> str:
    return "\u2190 better" if better == "lower" else "better \u2192"


def _handles() -> list[Artist]:
    from matplotlib.lines import Line2D

    def handle(label: str, face: str, width: float) -> Line2D:
        return Line2D(
            [], [], color=style.GREY, marker="o", markerfacecolor=face, linewidth=width, label=label
        )

    return [
        handle("best estimate", style.GREY, 0),
        handle("others", "white", 0),
        Line2D([], [], color=style.GREY, linewidth=2, label="95% interval"),
        Line2D([], [], linewidth=0, label="first: best in % of resamples"),
    ]

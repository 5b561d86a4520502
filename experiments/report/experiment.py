"""The answer of an experiment: how alternatives hold over all settings, and what drives them.

Of each setting there is a 95% interval of the mean difference from the baseline in the same worlds.
These are not adjusted for how many settings there are, so a sentence counts settings, and says so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.errors import UserError
from experiments.outcomes import F64, Outcome, differences_of
from experiments.report.charts import INK, POINT, RULE, WIDTH, plain_name, whole
from experiments.report.content import Chart, Section, Sentence, Spec, Table, Verdict, View
from experiments.terminal import DIRECTION, number

if TYPE_CHECKING:
    from experiments.analysis import Criterion, Study

NEARLY_ALL: Final = 0.95
"""Share of the settings from which on an answer is said to hold in nearly all of them."""
CRITERIA: Final[dict[Criterion, str]] = {
    "mean": "mean over the settings",
    "worst": "worst setting",
    "regret": "most regret",
}
MOST_DRIVERS: Final = 15
MOST_DRAWN: Final = 120
"""Settings of which a chart has a row."""


def verdict_section(study: Study) -> Section:
    """Return in how many settings each alternative is better and worse."""
    base, settings = study.futures.baseline, len(study.futures.table)
    verdicts = []
    for policy in study.others:
        said = tuple(holds(study, outcome, policy) for outcome in study.outcomes)
        sure = [one for one in said if one.sure == "sure"]
        short = f"Holds in nearly all settings in {len(sure)} of {len(said)} outcomes asked about."
        verdicts.append(Verdict(policy, short, said))
    paragraphs = (
        (
            f"{settings:,} settings of what is not known, each in the same worlds. Everything is"
            " compared"
            f" with {base}. An answer that stands in one setting and falls in another is no answer"
            " yet."
        ),
    )
    if not verdicts:
        paragraphs = (f"{base} is the only alternative: there is nothing to compare it with.",)
    return Section("verdict", "Verdict", paragraphs, verdicts=tuple(verdicts))


def holds(study: Study, outcome: Outcome, policy: str) -> Sentence:
    """Say whether a difference holds over the settings: by rule, from the interval of each."""
    found = differences_of(study.futures, outcome.name)
    place = study.policy(policy)
    sign = 1 if outcome.better == "higher" else -1
    ends = np.sort(sign * np.stack([found.low[:, place], found.high[:, place]]), axis=0)
    middle = found.difference[:, place]
    known = middle[np.isfinite(middle)]
    if not known.size:
        text = f"{outcome.label}: no setting has a world with a value under both."
        return Sentence(text, "unsaid", "without pairs nothing is compared")
    better, worse = int((ends[0] > 0).sum()), int((ends[1] < 0).sum())
    settings = len(middle)
    of = f"{settings:,} settings"
    span = (
        f"the median difference is {number(float(np.median(known)), sign=True)} {outcome.unit}"
        f" [{number(float(known.min()), sign=True)} to {number(float(known.max()), sign=True)} over"
        " the settings]"
    )
    how = (
        f"better in {better:,}, worse in {worse:,}, open in {settings - better - worse:,} of"
        f" {of}, by"
        " the 95% interval of each, not adjusted: by chance alone 1 in 40 would lie on either side"
    )
    if better >= NEARLY_ALL * settings:
        return Sentence(f"{outcome.label}: better in nearly all settings; {span}.", "sure", how)
    if worse >= NEARLY_ALL * settings:
        return Sentence(f"{outcome.label}: worse in nearly all settings; {span}.", "sure", how)
    if better and worse and min(better, worse) > (1 - NEARLY_ALL) * settings:
        text = f"{outcome.label}: it depends on the setting, better in some and worse in others"
        return Sentence(f"{text}; {span}.", "open", how)
    text = f"{outcome.label}: no answer that holds in nearly all settings"
    return Sentence(f"{text}; {span}.", "open", how)


def settings_section(study: Study) -> Section:
    """Return a chart for each outcome: the difference in every setting, in order of size."""
    charts = [_settings(study, outcome) for outcome in study.outcomes if study.others]
    return Section(
        "questions",
        "One chart a question",
        (
            (
                "Each mark is a setting: the mean difference from the baseline in the same"
                " worlds, with"
                " its 95% interval, from the least to the largest. The broken line is the baseline."
            ),
        ),
        charts=tuple(charts),
    )


def _settings(study: Study, outcome: Outcome) -> Chart:
    title = f"{outcome.label} ({outcome.unit}; {DIRECTION[outcome.better]})"
    found = differences_of(study.futures, outcome.name)
    views, lines = [], []
    for policy in study.others:
        place = study.policy(policy)
        at, low, high = (part[:, place] for part in (found.difference, found.low, found.high))
        order = [int(number) for number in np.argsort(at) if math.isfinite(at[number])]
        step = max(1, len(order) // MOST_DRAWN)
        rows = [
            {"place": rank, "at": at[one], "low": _finite(low[one]), "high": _finite(high[one])}
            for rank, one in enumerate(order[::step])
        ]
        spec = _ordered(rows, f"{outcome.unit}, difference from {study.futures.baseline}")
        views.append(View(policy, whole(spec, f"{title}: {policy}")))
        known = at[np.isfinite(at)]
        cells = (
            [number(float(np.quantile(known, q)), sign=True) for q in (0, 0.1, 0.5, 0.9, 1)]
            if (known.size)
            else ["-"] * 5
        )
        lines.append((policy, *cells))
    headings = ("alternative", "least", "10th percentile", "median", "90th percentile", "largest")
    table = Table(f"{title}, differences over the settings", headings, tuple(lines))
    describes = "; ".join(f"{name} from {cells[0]} to {cells[-1]}" for name, *cells in lines)
    return Chart(
        plain_name(outcome.name), title, f"{title}. Differences: {describes}.", tuple(views), table
    )


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _ordered(rows: Sequence[dict[str, float | None]], down: str) -> Spec:
    x = {"field": "place", "type": "quantitative", "title": "settings, in order", "axis": None,
         "scale": {"padding": 12}}  # fmt: skip
    y = {"type": "quantitative", "title": down}
    return {
        "width": WIDTH + 60,
        "height": 200,
        "data": {"values": list(rows)},
        "layer": [
            {
                "data": {"values": [{"zero": 0}]},
                "mark": {"type": "rule", "color": RULE, "strokeDash": [5, 3]},
                "encoding": {"y": {"field": "zero", **y}},
            },
            {
                "transform": [{"filter": "datum.low !== null && datum.high !== null"}],
                "mark": {"type": "rule", "color": INK},
                "encoding": {"x": x, "y": {"field": "low", **y}, "y2": {"field": "high"}},
            },
            {
                "mark": {**POINT, "fill": INK, "size": 30},
                "encoding": {"x": x, "y": {"field": "at", **y}},
            },
        ],
    }


# Whichever setting is true ---------------------------------------------------------------------


def robust(study: Study) -> Section:
    """Return how each alternative does by criteria that ask for no chance of a setting."""
    charts = tuple(_robust(study, outcome) for outcome in study.outcomes)
    return Section(
        "robust",
        "Whichever setting is true",
        (
            (
                "The mean over the settings, the worst setting, and the most regret: how much"
                " worse an"
                " alternative is than the best one of a setting, at most. Lines are 95%"
                " intervals by"
                " bootstrap; of the worst setting and regret they speak of these settings alone."
            ),
        ),
        charts=charts,
    )


def _robust(study: Study, outcome: Outcome) -> Chart:
    found = study.robustness(outcome, None)
    title = f"{outcome.label} ({outcome.unit}; {DIRECTION[outcome.better]})"
    views, cells = [], {policy: [policy] for policy in study.futures.policies}
    for criterion, words in CRITERIA.items():
        scores = found.of(criterion)
        rows = [
            {"name": s.policy, "at": s.estimate, "low": _finite(s.low), "high": _finite(s.high)}
            for s in scores
            if math.isfinite(s.estimate)
        ]
        views.append(View(words, whole(intervals(rows, f"{outcome.unit}, {words}"), title)))
        for score in scores:
            ends = f" [{number(score.low)} to {number(score.high)}]"
            best = ", best" if score.best else ""
            cells[score.policy].append(f"{number(score.estimate)}{ends}{best}")
    lines = tuple(tuple(row) for row in cells.values() if len(row) > 1)
    table = Table(title, ("alternative", *CRITERIA.values()), lines)
    describes = "; ".join(": ".join(row[:2]) for row in lines)
    return Chart(
        f"robust-{plain_name(outcome.name)}", title, f"{title}. Means: {describes}.", tuple(views),
        table,
    )  # fmt: skip


def intervals(rows: Sequence[Mapping[str, object]], across: str) -> Spec:
    """Return a row for each name, with a mark and its interval."""
    names = list(dict.fromkeys(str(row["name"]) for row in rows))
    x = {"type": "quantitative", "title": across, "scale": {"zero": False}}
    y = {"field": "name", "type": "nominal", "sort": names, "title": None}
    return {
        "width": WIDTH,
        "height": 24 * max(1, len(names)),
        "data": {"values": list(rows)},
        "encoding": {"y": y},
        "layer": [
            {
                "transform": [{"filter": "datum.low !== null && datum.high !== null"}],
                "mark": {"type": "rule", "color": INK, "strokeWidth": 2},
                "encoding": {"x": {"field": "low", **x}, "x2": {"field": "high"}},
            },
            {"mark": {**POINT, "fill": INK}, "encoding": {"x": {"field": "at", **x}}},
        ],
    }


# What drives it --------------------------------------------------------------------------------


def drivers(study: Study, title: str = "What drives the answer") -> Section | None:
    """Return the assumed numbers that move each difference most; None if the design cannot tell."""
    try:
        charts = tuple(
            _drivers(study, outcome, policy)
            for outcome in study.outcomes
            for policy in study.others
        )
    except UserError:
        return None
    if not charts:
        return None
    return Section(
        "drivers",
        title,
        (
            (
                f"{len(study.futures.parameters):,} numbers were varied ({study.line}). The"
                " larger a"
                " number's effect, the more the verdict hangs on it."
            ),
        ),
        charts=charts,
    )


def _drivers(study: Study, outcome: Outcome, policy: str) -> Chart:
    rows, what = _effects(study, outcome, policy)
    rows = sorted(rows, key=lambda row: -abs(row[1]))[:MOST_DRIVERS]
    title = f"{outcome.label}, {policy} minus {study.futures.baseline}: {what}"
    drawn = [
        {"name": name, "at": at, "low": _finite(low), "high": _finite(high)}
        for name, at, low, high in rows
    ]
    spec = intervals(drawn, what)
    lines = tuple(
        (name, study.meanings.get(name.partition(" at ")[0], ""), number(at, sign=True),
         f"{number(low, sign=True)} to {number(high, sign=True)}")
        for name, at, low, high in rows
    )  # fmt: skip
    table = Table(title, ("number", "what it is", "effect", "95% interval"), lines, frozenset({1}))
    first = f" Most: {rows[0][0]}, {number(rows[0][1], sign=True)}." if rows else ""
    name = f"drivers-{plain_name(outcome.name)}-{plain_name(policy)}"
    return Chart(name, title, f"{title}.{first}", (View(what, whole(spec, title)),), table)


def _effects(
    study: Study, outcome: Outcome, policy: str
) -> tuple[list[tuple[str, float, float, float]], str]:
    """Return names, effects and intervals, and what an effect is."""
    from experiments.analysis import Indices, Screening

    found = study.drivers(outcome, policy, study.futures.baseline)
    if isinstance(found, Screening):
        parts = found.mu_star, found.mu_star_low, found.mu_star_high
        return _listed(found.names, *parts), f"mean size of its effect, in {outcome.unit}"
    if isinstance(found, Indices):
        parts = found.total, found.total_low, found.total_high
        return _listed(
            found.names, *parts
        ), "share of the variance that is left if all else is known"
    rows = [
        (f"{name} at {swing.level}", swing.change, swing.low, swing.high)
        for name, swings in zip(found.names, found.swings, strict=True)
        for swing in swings
    ]
    return [
        row for row in rows if math.isfinite(row[1])
    ], f"change of the difference, {outcome.unit}"


def _listed(
    names: Sequence[str], at: F64, low: F64, high: F64
) -> list[tuple[str, float, float, float]]:
    rows = zip(names, at.tolist(), low.tolist(), high.tolist(), strict=True)
    return [row for row in rows if math.isfinite(row[1])]


def weighed(study: Study) -> Section | None:
    """Return which alternatives no other beats, in one outcome of each kind together."""
    objectives = study.objectives
    if len(objectives) < 2 or not study.others:  # noqa: PLR2004 - nothing is at odds with itself
        return None
    found = study.front(objectives)
    rows = tuple(
        (one.policy, one.status, ", ".join(one.dominated_by or one.behind), *map(number, one.means))
        for one in found.standings
    )
    headings = (
        "alternative", "standing", "beaten by, or perhaps",
        *(f"{one.label} ({one.unit}; {DIRECTION[one.better]})" for one in objectives),
    )  # fmt: skip
    table = Table("Means over the settings", headings, rows, frozenset({1, 2}))
    return Section(
        "trade-off",
        "What the effect costs",
        (
            (
                "One outcome of each kind together. Front: no alternative is surely as good in"
                " all of"
                " them and better in one. Dominated: one surely is. Possibly dominated: it"
                " cannot be"
                " told. All settings count alike."
            ),
        ),
        tables=(table,),
    )

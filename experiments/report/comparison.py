"""The answer of a comparison: verdicts, a chart for each question, and what the effect costs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from experiments.outcomes import Comparison, Outcome, Results
from experiments.report.charts import plain_name, scatter, standings_chart, whole
from experiments.report.content import Chart, Section, Spec, Table, View
from experiments.report.estimates import WAYS, Mark, Standing, Way, standings
from experiments.report.verdicts import conclusions, verdict
from experiments.terminal import DIRECTION, is_clear, number, p_value, percent

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_DRAWN: Final = 16
"""Alternatives of which a chart has a row; tables have all."""


def verdict_section(
    results: Results, rows: Sequence[Comparison], fewer: Mapping[str, int]
) -> Section:
    """Return what is said first: what follows, and each alternative with all that is behind it.

    Parameters
    ----------
    fewer
        Worlds of alternatives that were run in fewer of them, since a ranking dropped them.
    """
    others = [policy for policy in results.policies if policy != results.baseline]
    paragraphs = list(conclusions(rows)) if rows else [_nothing(results)]
    wanted = [fewer.get(policy, results.replications) for policy in results.policies]
    done = results.done.sum(axis=1)
    if (done < wanted).any():
        paragraphs.append(
            f"Only {int(done.sum()):,} of {sum(wanted):,} lanes are finished: what follows is of"
            " the worlds that are finished under both alternatives."
        )
    if fewer:
        names = ", ".join(f"{policy} after {worlds:,} worlds" for policy, worlds in fewer.items())
        paragraphs.append(
            f"A ranking dropped {names}, since they had fallen behind. Worlds went where they"
            " decide, so p is not that of a plan made beforehand; the guarantee is the ranking's."
        )
    if rows:
        paragraphs.append(
            f"Everything is compared with {results.baseline}, in the same worlds. In brackets is"
            " the 95% interval of each difference."
        )
    return Section(
        "verdict",
        "Verdict",
        tuple(paragraphs),
        verdicts=tuple(verdict(policy, rows) for policy in others) if rows else (),
    )


def _nothing(results: Results) -> str:
    if len(results.policies) == 1:
        return f"{results.baseline} is the only alternative: there is nothing to compare it with."
    return "No world is finished under two alternatives yet: nothing can be said."


def questions(
    results: Results, asked: Sequence[Outcome], rows: Sequence[Comparison]
) -> Section | None:
    """Return a chart for each outcome that is asked about; None if no lane is finished."""
    if not results.done.any():
        return None
    charts = tuple(
        question(results, outcome, [row for row in rows if row.outcome == outcome.name])
        for outcome in asked
    )
    return Section(
        "questions",
        "One chart a question",
        (
            (
                "A circle is the mean, with a thick line for its 95% interval. Below it stand"
                " the 10th"
                " percentile, the median and the 90th percentile over the worlds, each with a thin"
                " line for its interval, if there are worlds enough for one. The broken line is the"
                " baseline. A hollow mark: not sure, by the rule of the verdict."
            ),
        ),
        charts=charts,
    )


def question(results: Results, outcome: Outcome, rows: Sequence[Comparison]) -> Chart:
    """Return the chart of an outcome, told in every way."""
    told = {way: standings(results, outcome, way) for way in WAYS}
    drawn = set(_drawn(results, rows))
    sure = {row.policy: is_clear(row) for row in rows}
    title = f"{outcome.label} ({outcome.unit}; {DIRECTION[outcome.better]})"
    views = []
    for way in WAYS:
        kept = [one for one in told[way] if one.policy in drawn]
        if not any(math.isfinite(mark.at) for one in kept for mark in one.marks):
            continue
        describes = f"{title}: {way} under each alternative. {_in_words(kept, outcome, way)}"
        spec = standings_chart(kept, _axis(results, outcome, way), _rule(told, results, way), sure)
        views.append(View(way, whole(spec, describes)))
    left = len(results.policies) - len(drawn)
    note = f"{left} more alternatives differ less and stand in the table only." if left else ""
    return Chart(
        name=plain_name(outcome.name),
        title=title,
        describes=f"{title}. {_in_words(told['value'], outcome, 'value')}",
        views=tuple(views),
        table=_table(title, told, rows),
        note=note,
    )


def _drawn(results: Results, rows: Sequence[Comparison]) -> list[str]:
    """Return the alternatives to draw: the baseline, and those that differ most."""
    order = sorted(rows, key=lambda row: -abs(row.difference) if row.difference else 0.0)
    names = {results.baseline, *(row.policy for row in order[: MOST_DRAWN - 1])}
    return [policy for policy in results.policies if policy in names]


def _axis(results: Results, outcome: Outcome, way: Way) -> str:
    if way == "value":
        return f"{outcome.unit}"
    if way == "difference":
        return f"{outcome.unit}, difference from {results.baseline}"
    return f"per cent of the mean of {results.baseline}, difference"


def _rule(told: Mapping[Way, Sequence[Standing]], results: Results, way: Way) -> float:
    if way != "value":
        return 0.0
    base = next(one for one in told["value"] if one.policy == results.baseline)
    return base.marks[0].at


def _in_words(told: Sequence[Standing], outcome: Outcome, way: Way) -> str:
    unit = "%" if way == "per cent" else outcome.unit
    parts = [f"{one.policy} {_estimate(one.marks[0], sign=way != 'value')}" for one in told]
    return f"Means with 95% intervals in {unit}: {'; '.join(parts)}."


def _estimate(mark: Mark, *, sign: bool = False) -> str:
    if math.isnan(mark.at):
        return "-"
    middle = number(mark.at, sign=sign)
    if math.isnan(mark.low):
        return middle
    return f"{middle} [{number(mark.low, sign=sign)} to {number(mark.high, sign=sign)}]"


def _table(title: str, told: Mapping[Way, Sequence[Standing]], rows: Sequence[Comparison]) -> Table:
    """Return the numbers of a chart: a row for each alternative."""
    kinds = [mark.kind for mark in told["value"][0].marks]
    differing = {one.policy: one for one in told["difference"]}
    shares = {one.policy: one for one in told["per cent"]}
    compared = {row.policy: row for row in rows}
    lines = []
    for one in told["value"]:
        cells = [one.policy, *(_estimate(mark) for mark in one.marks)]
        other, share = differing.get(one.policy), shares.get(one.policy)
        if other is None or share is None:
            cells += ["baseline", "", "", "", ""]
        else:
            row = compared.get(one.policy)
            cells += [_estimate(other.marks[0], sign=True), _estimate(share.marks[0], sign=True)]
            cells += ["-", "-", "-"] if row is None else _verdict_cells(row)
        lines.append(tuple(cells))
    headings = (
        "alternative", *kinds, "difference of means", "in per cent", "better in", "p, adjusted",
        "sure",
    )  # fmt: skip
    return Table(title, headings, tuple(lines), frozenset({len(headings) - 1}))


def _verdict_cells(row: Comparison) -> list[str]:
    word = "no"
    if is_clear(row):
        word = "yes, better" if row.is_better else "yes, worse"
    return [percent(row.probability_better), p_value(row.p_adjusted), word]


def trade_off(results: Results, rows: Sequence[Comparison]) -> Section | None:
    """Return effects against rights, cost and fairness; None if the scenario lacks either."""
    from experiments.figures import tradeoff

    effects, costs = tradeoff.effects_of(results), tradeoff.costs_of(results)
    if not effects or not costs or not rows:
        return None
    found = {(row.outcome, row.policy): row for row in rows}
    views = tuple(View(effect.label, _against(found, results, effect, costs)) for effect in effects)
    title = f"Effect against rights, cost and fairness: differences from {results.baseline}"
    chart = Chart(
        name="trade-off",
        title=title,
        describes=f"{title}. The table has all of it in numbers.",
        views=views,
        table=_of_both(title, found, results, [*effects, *costs]),
        note="Lines are 95% intervals. Filled: both differences are sure. The broken lines are the"
        " baseline.",
    )
    return Section(
        "trade-off",
        "What the effect costs",
        ("What an alternative does to the effect, against what it does to rights, cost and work.",),
        charts=(chart,),
    )


def _against(
    found: Mapping[tuple[str, str], Comparison],
    results: Results,
    effect: Outcome,
    costs: Sequence[Outcome],
) -> Spec:
    """Return panels of one effect against everything that it may cost."""
    lines = []
    for cost in costs:
        for policy in results.policies:
            x, y = found.get((cost.name, policy)), found.get((effect.name, policy))
            if x is not None and y is not None and math.isfinite(x.low + y.low):
                lines.append(_point(cost, policy, x, y))
    spec = scatter(lines, [_panel_title(cost) for cost in costs], _panel_title(effect))
    return whole(spec, f"{effect.label} against {', '.join(cost.label for cost in costs)}")


def _panel_title(outcome: Outcome) -> str:
    return f"{outcome.label} ({outcome.unit})"


def _point(cost: Outcome, policy: str, x: Comparison, y: Comparison) -> dict[str, Any]:
    return {
        "panel": _panel_title(cost), "name": policy,
        "x": x.difference, "x_low": x.low, "x_high": x.high,
        "y": y.difference, "y_low": y.low, "y_high": y.high,
        "sure": "sure" if is_clear(x) and is_clear(y) else "not sure",
    }  # fmt: skip


def _of_both(
    title: str,
    found: Mapping[tuple[str, str], Comparison],
    results: Results,
    outcomes: Sequence[Outcome],
) -> Table:
    def cells(policy: str) -> Iterator[str]:
        for outcome in outcomes:
            row = found.get((outcome.name, policy))
            if row is None:
                yield "-"
            else:
                mark = Mark("mean", row.difference, row.low, row.high)
                yield _estimate(mark, sign=True)

    others = [policy for policy in results.policies if policy != results.baseline]
    headings = ("alternative", *map(_panel_title, outcomes))
    return Table(title, headings, tuple((policy, *cells(policy)) for policy in others))

"""The answer of an audit: what each part of the model does, and which parts do nothing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from experiments.report.charts import INK, WIDTH, whole
from experiments.report.content import Chart, Fact, Section, Table, View
from experiments.terminal import number, p_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from experiments.analysis import AuditFound

MOST_PARTS: Final = 40
WORDS: Final = {
    "seen": "change an outcome that is asked about, surely",
    "not seen": "moved something, but nothing that can be told from chance",
    "inert": "moved no outcome that is asked about in any world",
}


def sections(found: AuditFound) -> Iterator[Section]:
    """Give what an audit found."""
    facts = []
    for word, meaning in WORDS.items():
        parts = [part for part in found.parts if part.verdict == word]
        names = ", ".join(
            f"{part.name} ({part.reason})" if part.reason else part.name for part in parts
        )
        facts.append(Fact(f"{len(parts)} parts {meaning}", names or "none"))
    yield Section(
        "verdict",
        "Verdict",
        (
            (
                "Every part was taken away, or changed, one at a time, in the same"
                f" {found.worlds:,}"
                f" worlds under {', '.join(found.policies)}. A part is seen if some difference"
                " is sure:"
                f" its 95% interval leaves zero out, and p, adjusted for all {found.tests:,}"
                " tests, is"
                " below 0.05. A part that is inert is a claim that the answer does not need it."
            ),
        ),
        facts=tuple(facts),
    )
    yield Section(
        "questions",
        "What each part does",
        ("The share of the worlds in which an outcome that is asked about is another one.",),
        charts=(_moved(found),),
        folded=(_effects(found),),
    )
    if found.left_out:
        yield Section(
            "left-out",
            "What could not be changed",
            items=tuple(f"{name}: {reason}" for name, reason in found.left_out.items()),
        )


def _moved(found: AuditFound) -> Chart:
    order = sorted(found.parts, key=lambda part: -part.moved)
    title = "Share of worlds that a part moves"
    drawn = order[:MOST_PARTS]
    names = [part.name for part in drawn]
    spec = {
        "width": WIDTH - 60,
        "height": {"step": 20},
        "data": {
            "values": [
                {"name": part.name, "moved": 100 * part.moved, "verdict": part.verdict}
                for part in drawn
            ]
        },
        "mark": {"type": "bar", "stroke": INK, "strokeWidth": 1},
        "encoding": {
            "y": {"field": "name", "type": "nominal", "sort": names, "title": None},
            "x": {
                "field": "moved", "type": "quantitative", "title": "per cent of the worlds",
                "scale": {"domain": [0, 100]},
            },
            "color": {
                "field": "verdict", "type": "nominal", "title": None,
                "scale": {"domain": list(WORDS), "range": [INK, "#a9c6e1", "white"]},
            },
        },
    }  # fmt: skip
    lines = tuple(
        (part.name, part.kind, part.meaning, part.verdict, f"{100 * part.moved:.0f}%",
         ", ".join(part.elsewhere))
        for part in order
    )  # fmt: skip
    headings = ("part", "kind", "meaning", "verdict", "worlds moved", "moved elsewhere")
    table = Table(title, headings, lines, frozenset({1, 2, 3, 5}))
    left = len(order) - len(drawn)
    note = f"{left} more parts move less and stand in the table only." if left else ""
    most = ", ".join(names[:5])
    return Chart(
        "moved", title, f"{title}. Most: {most}.", (View("share", whole(spec, title)),), table, note
    )


def _effects(found: AuditFound) -> Table:
    rows = tuple(
        (
            effect.part, effect.way, effect.policy, effect.row.label,
            (f"{number(effect.row.difference, sign=True)} [{number(effect.row.low, sign=True)} to"
            f" {number(effect.row.high, sign=True)}] {effect.row.unit}"),
            p_value(effect.row.p_adjusted),
        )
        for effect in found.effects
        if effect.is_clear and math.isfinite(effect.row.low)
    )  # fmt: skip
    headings = ("part", "change", "policy", "outcome", "difference", "p, adjusted")
    return Table("Effects that are sure", headings, rows, frozenset({1, 2, 3}))

"""What stands in a report, as plain frozen data; templates and charts are made of nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Spec = dict[str, Any]
"""A specification of Vega-Lite, or a part of one."""

Sure = Literal["sure", "open", "unsaid"]
"""Whether a sentence is surely so, cannot be told from chance, or says that nothing can be said."""

SURE_WORDS: Final[dict[Sure, str]] = {
    "sure": "sure",
    "open": "not sure",
    "unsaid": "cannot be said",
}


@dataclass(frozen=True)
class Sentence:
    """A finding in words, by a rule from the statistics."""

    text: str
    """With the interval in it."""
    sure: Sure
    how: str
    """How sure it is, and by what."""


@dataclass(frozen=True)
class Table:
    """A table; the first cell of each row heads it."""

    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: frozenset[int] = frozenset()
    """Columns, from 0, of words: the others are numbers, which stand on the right."""


@dataclass(frozen=True)
class View:
    """One way to draw a chart."""

    label: str
    spec: Spec


@dataclass(frozen=True)
class Slider:
    """Views that are steps of one thing, such as years; the last one is shown first."""

    label: str


@dataclass(frozen=True)
class Chart:
    """A chart with the ways to draw it, and a table that says the same."""

    name: str
    """Of ASCII letters, digits and hyphens, and no other chart's."""
    title: str
    describes: str
    """What it shows, for who does not see it."""
    views: tuple[View, ...]
    table: Table | None = None
    note: str = ""
    slider: Slider | None = None


@dataclass(frozen=True)
class Verdict:
    """What is said of one alternative: a sentence in short, and all behind it."""

    name: str
    short: str
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True)
class Fact:
    """A name and what belongs to it."""

    name: str
    text: str


@dataclass(frozen=True)
class Section:
    """A part of a report, in the order in which its parts are shown."""

    name: str
    """Place that links lead to."""
    title: str
    paragraphs: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    facts: tuple[Fact, ...] = ()
    items: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    folded: tuple[Table, ...] = ()
    """Long tables, which open on demand; on paper only if they were opened before."""
    commands: tuple[str, ...] = ()
    """Lines for a shell."""


@dataclass(frozen=True)
class Report:
    """A whole report."""

    title: str
    lead: str
    sections: tuple[Section, ...] = ()
    shared: Mapping[str, list[Any]] = field(default_factory=dict)
    """Data that charts name instead of holding it."""

    @property
    def charts(self) -> tuple[Chart, ...]:
        """All charts, in order."""
        return tuple(chart for section in self.sections for chart in section.charts)

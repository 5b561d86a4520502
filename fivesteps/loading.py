"""What there is: the catalogue, and what a name or a file declares."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from fivesteps import html
from fivesteps.errors import told
from fivesteps.naming import Named, named

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from experiments.show import Description


class Declared:
    """A scenario, policy, threat, procedure, measure, programme, place or experiment in words.

    Attributes
    ----------
    kind, name, meaning
        What it is, what it is called, and one line about it.
    facts
        What there is to say, by heading.
    """

    def __init__(self, told_of: Description, pictures: Iterator[tuple[str, Figure]]) -> None:
        self.kind = told_of.kind
        self.name = told_of.name
        self.meaning = told_of.meaning
        self.facts = dict(told_of.facts)
        self._description = told_of
        self._pictures = pictures

    def tables(self) -> tuple[str, ...]:
        """Return the headings of its tables."""
        return tuple(name for name, rows in self._description.tables.items() if rows)

    def table(self, name: str) -> pd.DataFrame:
        """Return a table, such as the desks of a scenario or the rules of a policy.

        Raises
        ------
        Error
            If there is none of this name.
        """
        import pandas as pd

        from scenarios.errors import unknown_name

        with told():
            if name not in self.tables():
                raise unknown_name("table", name, self.tables(), where="name")
        return pd.DataFrame(self._description.tables[name])

    def parameters(self) -> pd.DataFrame:
        """Return every number with its value, and its source or why it is assumed."""
        import pandas as pd

        from scenarios.schema import SourceRow

        rows = [row._asdict() for row in self._description.sources]
        return pd.DataFrame(rows, columns=pd.Index(SourceRow._fields))

    def figures(self) -> tuple[str, ...]:
        """Return the names of its pictures."""
        return tuple(self._figures)

    def figure(self, name: str) -> Figure:
        """Return a picture, as ``fivesteps show`` draws it.

        Raises
        ------
        Error
            If there is none of this name.
        """
        from scenarios.errors import unknown_name

        with told():
            if name not in self._figures:
                raise unknown_name("figure", name, self._figures, where="name")
        return self._figures[name]

    @cached_property
    def _figures(self) -> dict[str, Figure]:
        """All pictures; how many there are is known when they are drawn."""
        from experiments.figures import style

        with told(), style.settings():
            return dict(self._pictures)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name}: {self.meaning}>"

    def _repr_html_(self) -> str:
        sources = self._description.sources
        assumed = sum(row.kind == "assumed" for row in sources)
        said = [html.paragraph(f"{self.kind} {self.name}: {self.meaning}")]
        if self.facts:
            said.append(html.table(("", ""), self.facts.items(), numbers=False))
        if sources:
            said.append(html.paragraph(f"{len(sources)} parameters, {assumed} assumed"))
        return "".join(said)


def load(name: Named, *, scenario: Named | None = None) -> Declared:
    """Read what the catalogue or a file declares, and hold it to all rules.

    Parameters
    ----------
    name
        Name in the catalogue, or path of a file.
    scenario
        Scenario to show a policy in; one that it applies to if left out.

    Raises
    ------
    Error
        If there is no such thing, or a file breaks a rule.
    """
    from experiments.show import show

    with told():
        shown = show(named(name), scenario=None if scenario is None else named(scenario))
        return Declared(shown.description, shown.pictures)


def catalogue() -> pd.DataFrame:
    """Return what the catalogue has: kind, name, meaning and file, as ``fivesteps list`` tells."""
    import pandas as pd

    from experiments.show import entries

    rows = [
        {"kind": kind, "name": one.name, "meaning": one.meaning, "path": one.path}
        for kind, found in entries().items()
        for one in found
    ]
    return pd.DataFrame(rows)

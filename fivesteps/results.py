"""What came out: a run directory as tables, arrays and figures.

Nothing is reckoned here; each method gives what a command prints or writes. What is asked for is
read when it is asked for, and kept: open a directory again to see what came since.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from fivesteps import html
from fivesteps.errors import told
from fivesteps.naming import Names, listed

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from _typeshed import DataclassInstance
    from matplotlib.figure import Figure

    from experiments.analysis import Assessed, Study
    from experiments.outcomes import Comparison as Row, Futures, Outcome, Results
    from experiments.store import RunDirectory

KEYS = ("policy", "replication")


class Run:
    """A run directory: what all kinds of it have."""

    noun: ClassVar[str] = "run"

    def __init__(
        self,
        opened: RunDirectory,
        asked: Sequence[Outcome] | None = None,
        remarks: Sequence[str] = (),
    ) -> None:
        self._opened = opened
        self._asked = opened.asked() if asked is None else tuple(asked)
        self.remarks = tuple(remarks)
        """What there is to say of what was asked: what touches nothing, what was left out."""

    @classmethod
    def at(
        cls, folder: Path, asked: Sequence[Outcome] | None = None, remarks: Sequence[str] = ()
    ) -> Self:
        """Open a run directory as this kind; `read` finds out which it is."""
        from experiments.store import open_for_reading

        return cls(open_for_reading(folder), asked, remarks)

    @property
    def directory(self) -> Path:
        """Where it is."""
        return self._opened.folder

    @property
    def scenario(self) -> str:
        """Name of the scenario."""
        return self._opened.manifest.scenario

    @property
    def policies(self) -> tuple[str, ...]:
        """Policies, also those under measures, the baseline first."""
        return self._opened.manifest.policies

    @property
    def baseline(self) -> str:
        """Policy that the others are compared with."""
        return str(self._opened.manifest.identity["baseline"])

    @property
    def seed(self) -> int:
        """Root seed of the random worlds."""
        return int(self._opened.manifest.identity["seed"])

    @property
    def replications(self) -> int:
        """Random worlds asked for."""
        return self._opened.manifest.replications

    @property
    def complete(self) -> bool:
        """Whether every lane is there."""
        return self._opened.manifest.complete

    @property
    def headlines(self) -> tuple[str, ...]:
        """Names of the outcomes that are shown and tested together."""
        return tuple(outcome.name for outcome in self._asked)

    def outcomes(self) -> pd.DataFrame:
        """Return what there is to ask for: label, unit and better direction by name."""
        import pandas as pd

        rows = [outcome.document() for outcome in self._opened.manifest.outcomes]
        return pd.DataFrame(rows).set_index("name")

    def frame(self, outcomes: Names | None = None, *, long: bool = False) -> pd.DataFrame:
        """Return a row for each finished lane, as in ``outcomes.csv``.

        A time that was not reached, or a number that is undefined, is NaN.

        Parameters
        ----------
        outcomes
            Those to return; all if left out.
        long
            Whether each outcome of a lane is a row: with its name, unit and value.

        Raises
        ------
        Error
            If there is no such outcome.
        """
        chosen = self._chosen(outcomes)
        names = [outcome.name for outcome in chosen]
        others = {outcome.name for outcome in self._opened.manifest.outcomes}.difference(names)
        table = self._lanes.drop(columns=list(others))
        if not long:
            return table
        keys = [name for name in table if name not in names]
        found = table.melt(keys, names, var_name="outcome", value_name="value")
        units = {outcome.name: outcome.unit for outcome in chosen}
        found.insert(len(keys) + 1, "unit", found["outcome"].map(units))
        return found

    def xarray(self) -> xr.Dataset:
        """Return all outcomes by setting, policy and replication, with units in ``attrs``.

        What ``fivesteps export --to xarray`` writes; of a single setting without that dimension.

        Raises
        ------
        Error
            If xarray is not installed, which comes with the extra ``explore``.
        """
        from experiments.store import dataset_of

        with told():
            return dataset_of(self._opened)

    def series_names(self) -> tuple[str, ...]:
        """Return the names of what was counted day by day."""
        with told():
            return self._opened.series_names()

    def series(self, name: str, setting: int = 0) -> pd.DataFrame:
        """Return what was counted day by day: a row for each policy, replication and day.

        Raises
        ------
        Error
            If there is no such series or setting.
        """
        import pandas as pd

        from experiments.errors import UserError
        from scenarios.errors import unknown_name

        with told():
            if name not in self.series_names():
                raise unknown_name("series", name, self.series_names(), where="name")
            if not 0 <= setting < self._opened.manifest.settings:
                most = self._opened.manifest.settings - 1
                rule = f"{self.directory} holds settings 0 to {most}"
                raise UserError(f"setting {setting}", rule, "choose a number in that range")
            days, values = self._opened.series(name, setting)
        index = pd.MultiIndex.from_product(
            [self.policies, range(self.replications), days], names=[*KEYS, "day"]
        )
        return pd.DataFrame({name: values.ravel()}, index=index).dropna().reset_index()

    def query(self, question: str) -> pd.DataFrame:
        """Return the answer to a question in DuckDB's SQL, as ``fivesteps query`` does.

        Raises
        ------
        Error
            If it cannot be answered.
        """
        import pandas as pd

        from experiments.store import query

        with told():
            found = query(self.directory, question)
        return pd.DataFrame(found.rows, columns=pd.Index(found.columns))

    def figures(self) -> tuple[str, ...]:
        """Return the names of the figures that there are."""
        from experiments.figures import drawings

        with told():
            return tuple(name for name, _ in drawings(self._opened)[0])

    def figure(self, name: str) -> Figure:
        """Draw a figure as ``fivesteps plot`` does, and return it for you to show, change or save.

        Raises
        ------
        Error
            If there is none of this name, or nothing to show in it.
        """
        from experiments.errors import UserError
        from experiments.figures import drawings, style
        from scenarios.errors import unknown_name

        with told():
            seen = []
            for one, draw in drawings(self._opened)[0]:
                seen.append(one)
                if one == name:
                    with style.settings():
                        figure = draw()
                    if figure is not None:
                        return figure
                    raise UserError(
                        f"figure {name!r}", "there is nothing to show in it", "choose another one"
                    )
            raise unknown_name("figure", name, seen, where="name")

    def __repr__(self) -> str:
        state = "" if self.complete else ", not finished"
        return f"<{self.noun} of {self.scenario} in {self.directory}{state}>"

    def _repr_html_(self) -> str:
        found = [html.paragraph(self._line()), *self._tables()]
        found += [html.paragraph(remark) for remark in self.remarks]
        return "".join(found)

    def _line(self) -> str:
        """Say what the data are."""
        done = "" if self.complete else ", not all of them finished"
        return (
            f"{self.scenario}: {self.replications:,} worlds{done}, seed {self.seed};"
            f" differences from {self.baseline} in the same worlds"
        )

    def _tables(self) -> list[str]:
        return []

    def _chosen(self, outcomes: Names | None) -> tuple[Outcome, ...]:
        from experiments.planning import outcomes_named

        every = self._opened.manifest.outcomes
        with told():
            return every if outcomes is None else outcomes_named(listed(outcomes), every)

    @cached_property
    def _lanes(self) -> pd.DataFrame:
        from experiments.store import lane_table

        with told():
            found: pd.DataFrame = lane_table(self._opened).to_pandas()
        return found

    @cached_property
    def _futures(self) -> Futures:
        with told():
            return self._opened.futures()


class Comparison(Run):
    """Policies compared in one setting of a scenario."""

    noun = "comparison"

    def differences(self, outcomes: Names | None = None) -> pd.DataFrame:
        """Return each policy against the baseline, outcome by outcome, as ``comparison.csv``.

        Parameters
        ----------
        outcomes
            Outcomes to return and to test together; if left out, all are returned, and those are
            tested together that were asked about.

        Raises
        ------
        Error
            If there is no such outcome.
        """
        from experiments.outcomes import Comparison as Row

        asked = self._asked if outcomes is None else self._chosen(outcomes)
        found = _frame(Row, self._rows(asked))
        if outcomes is None:
            return found
        names = [outcome.name for outcome in asked]
        return found[found["outcome"].isin(names)].reset_index(drop=True)

    def by_year(self) -> pd.DataFrame:
        """Return the mean of each policy in each year, as ``years.csv``."""
        from experiments.outcomes import YearMean, year_means

        return _frame(YearMean, year_means(self._results))

    def by_state(self) -> pd.DataFrame:
        """Return each policy against the baseline, state by state, as ``by_state.csv``."""
        from experiments.outcomes import StateRow, state_rows

        return _frame(StateRow, state_rows(self._results))

    def xarray(self) -> xr.Dataset:
        """Return all outcomes by policy and replication; raises as `Run.xarray`."""
        return super().xarray().isel(setting=0, drop=True)

    @cached_property
    def _results(self) -> Results:
        return self._futures.setting(0)

    def _rows(self, asked: Sequence[Outcome]) -> list[Row]:
        from experiments.outcomes import compare_policies

        return compare_policies(self._results, asked)

    def _tables(self) -> list[str]:
        from fivesteps.showing import comparison_table

        return comparison_table(self._results, self._asked, self._rows(self._asked))


class Sweep(Run):
    """Policies compared in every setting of a design."""

    noun = "sweep"

    def design(self) -> pd.DataFrame:
        """Return the value of each parameter in each setting, as ``design.csv``."""
        from experiments.store import design_table

        found: pd.DataFrame = design_table(self._opened).to_pandas()
        return found

    def differences(self) -> pd.DataFrame:
        """Return each policy against the baseline in each setting, as ``differences.csv``."""
        from experiments.outcomes import differences

        return differences(self._futures)

    def _tables(self) -> list[str]:
        from experiments.analysis import overview
        from fivesteps.showing import overview_tables

        with told():
            return overview_tables(overview(self.directory))


class Assessment(Run):
    """What each measure of the strategy does, alone and with the others."""

    noun = "assessment"

    def effects(self) -> pd.DataFrame:
        """Return what each measure does to each outcome, alone and last, as ``measures.csv``."""
        import pandas as pd

        from experiments.analysis import effect_rows

        return pd.DataFrame(effect_rows(self._found))

    def verdicts(self) -> pd.DataFrame:
        """Return in two words what each measure does under each policy, and what it costs."""
        import pandas as pd

        rows = [
            {
                "measure": one.name,
                "meaning": one.meaning,
                "cost_meur": one.cost_meur,
                **{policy: one.verdict(policy) for policy in self._found.policies},
            }
            for one in self._found.measures
        ]
        return pd.DataFrame(rows).set_index("measure")

    def shares(self) -> pd.DataFrame:
        """Return the share of each leading measure in the whole, as ``measures_shares.csv``."""
        import pandas as pd

        return pd.DataFrame([one.document() for one in self._found.shares])

    @cached_property
    def _study(self) -> Study:
        from experiments.analysis import Study

        with told():
            return Study.of(self.directory)

    @cached_property
    def _found(self) -> Assessed:
        from experiments.analysis import assess

        return assess(self._study)

    def _tables(self) -> list[str]:
        from fivesteps.showing import assessment_tables

        return assessment_tables(self._found)


def _frame(kind: type[DataclassInstance], rows: Sequence[DataclassInstance]) -> pd.DataFrame:
    """Return rows as the table that a run directory has of them."""
    import pandas as pd

    return pd.DataFrame(map(asdict, rows), columns=pd.Index([one.name for one in fields(kind)]))

"""Delays: fixed, or drawn from a distribution of one of three forms."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, ClassVar, Final, Self

from pydantic import BeforeValidator, model_validator

from scenarios.errors import dotted, refusal, shown
from scenarios.schema.durations import BARE_NUMBER, Hours
from scenarios.schema.sourced import Sourced, children
from scenarios.schema.spec import Spec
from sim.draws import QUANTILES, tables

LONGEST_DRAW_H: Final = 900.0 * 24 * 365
"""Longest delay a distribution may draw, in hours: it fits a table in steps of 1/256 h."""


def _number_key(key: object) -> object:
    """Read a key that is a number in quotes: JSON knows no other keys."""
    return float(key) if isinstance(key, str) and BARE_NUMBER.fullmatch(key) else key


_Probability = Annotated[float, BeforeValidator(_number_key)]


class BareDelay(Spec):
    """A delay without provenance, for use where its parent carries one.

    Exactly one form is given.

    Parameters
    ----------
    value
        A fixed delay.
    median, p95
        Median and 95th percentile of a lognormal distribution.
    mean
        Mean of an exponential distribution.
    quantiles
        Delays at rising probabilities from 0 to 1, joined by straight lines.
    """

    value: Hours | None = None
    median: Hours | None = None
    p95: Hours | None = None
    mean: Hours | None = None
    quantiles: dict[_Probability, Hours] | None = None

    @model_validator(mode="before")
    @classmethod
    def _has_form(cls, data: object) -> object:
        if isinstance(data, str | int | float) and not isinstance(data, bool):
            raise refusal(
                "a delay says which form it has",
                f"write {{value: {shown(data)}}} for a fixed delay, "
                "or {median: 4 h, p95: 2 d} for one that varies",
            )
        return data

    @model_validator(mode="after")
    def _is_one_form(self) -> Self:
        forms = {
            "value": self.value is not None,
            "median and p95": self.median is not None or self.p95 is not None,
            "mean": self.mean is not None,
            "quantiles": self.quantiles is not None,
        }
        given = [form for form, is_given in forms.items() if is_given]
        if len(given) != 1:
            has = f"; this one has {', '.join(given)}" if given else ""
            raise refusal(
                f"a delay has exactly one form{has}",
                "give `value` (fixed), `median` and `p95` (lognormal), `mean` (exponential) "
                "or `quantiles`",
            )
        self._check_lognormal()
        self._check_quantiles()
        self._check_longest()
        return self

    def _check_lognormal(self) -> None:
        median, p95 = self.median, self.p95
        if median is None and p95 is None:
            return
        if median is None or p95 is None:
            raise refusal(
                "a lognormal delay has a median and a p95",
                "add `p95: 2 d`, the time that 95 of 100 stay within"
                if p95 is None
                else "add `median: 4 h`, the time that half stay within",
            )
        if not 0 < median <= p95:
            raise refusal(
                "a lognormal delay has 0 < median <= p95",
                "raise p95 to the median or above, or write `value` for a fixed delay",
            )

    def _check_quantiles(self) -> None:
        if self.quantiles is None:
            return
        chances = list(self.quantiles)
        if not chances or chances[0] != 0 or chances[-1] != 1:
            raise refusal(
                "quantiles begin at probability 0 and end at 1",
                "add the shortest delay as `0: 1 h` first and the longest as `1: 30 d` last",
            )
        if any(low >= high for low, high in pairwise(chances)):
            raise refusal("the probabilities of quantiles rise", "list them from 0 up to 1")
        if any(low > high for low, high in pairwise(self.quantiles.values())):
            raise refusal(
                "a higher quantile is never a shorter delay",
                "check the order of the delays; each is at least the one before",
            )

    def _check_longest(self) -> None:
        try:
            longest = int(self.table(1.0)[-1])
        except ValueError:
            longest = tables.LARGEST
        if longest > LONGEST_DRAW_H:
            raise refusal(
                f"1 of {2 * QUANTILES} delays would be longer than 900 y",
                "bring p95 nearer to the median, shorten the mean, "
                "or write `quantiles`, which state a longest delay",
            )

    def fits(self, tick_h: float, *, unit: float = 1.0) -> bool:
        """Whether `table` can be compiled: whether the longest delay is a number of such steps."""
        try:
            self.table(tick_h, unit=unit)
        except ValueError:
            return False
        return True

    def table(self, tick_h: float, *, unit: float = 1.0) -> tables.Table:
        """Compile to an inverse-CDF table of whole multiples of `unit` ticks.

        Parameters
        ----------
        tick_h
            Hours in a tick.
        unit
            Ticks in a step of the table; 1/64 gives 64ths of a tick.

        Raises
        ------
        ValueError
            If the step is so small that the longest delay does not fit the table.
        """
        step = tick_h * unit
        if self.value is not None:
            return tables.constant(self.value / step)
        if self.mean is not None:
            return tables.exponential(self.mean / step)
        if self.quantiles is not None:
            delays = [hours / step for hours in self.quantiles.values()]
            return tables.piecewise(list(self.quantiles), delays)
        if self.median is None or self.p95 is None:
            msg = "the delay has no form"
            raise ValueError(msg)
        return tables.lognormal(self.median / step, self.p95 / step)


class Delay(BareDelay, Sourced):
    """A delay with provenance."""

    noun: ClassVar[str] = "delay"


def walk_delays(
    value: object, path: tuple[str | int, ...] = (), *, but: object = None
) -> Iterator[tuple[str, BareDelay]]:
    """Give every delay in a nested model and its dotted path, in order of declaration.

    Parameters
    ----------
    value
        Model, mapping or list.
    path
        Where it stands.
    but
        Another declaration: what is the very object that stands there at the same place is
        passed over.
    """
    if isinstance(value, BareDelay):
        yield dotted(path), value
    others = dict(children(but)) if but is not None else {}
    for key, child in children(value):
        other = others.get(key)
        if not isinstance(child, _PLAIN) and child is not other:
            yield from walk_delays(child, (*path, key), but=other)


_PLAIN: Final = (str, int, float, type(None))
"""What holds no delay; most of what is met. Every setting of a sweep is walked."""

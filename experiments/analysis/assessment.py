"""What measures do: each alone, each taken out of all of them, and what becomes of them together.

*Alone* is a policy with a measure beside the policy without any; *last* is all measures beside all
but that one. The difference between the two is what the others make of it. All tests of effects are
one family: every policy, measure, outcome that is asked about or that a measure is expected to
move, alone and last. Those of joint effects are another.

A measure is *seen* if some outcome moves clearly both ways. It *overlaps* if one moves clearly
alone and surely less beside the others, and *needs others* if one moves clearly last and surely
more than alone; else it is *seen alone* or *seen last*. It is *not seen* if something moved but
nothing can be told from chance, and *moves nothing* if no outcome that is asked about is another
one in any world.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

from experiments.analysis.joint import Joint, Share, Values, joints, shares
from experiments.outcomes import (
    HOURS,
    Comparison,
    Outcome,
    Results,
    compare_policies,
    one_family,
    unlike,
    years_of,
)
from experiments.terminal import is_clear

if TYPE_CHECKING:
    from experiments.analysis.study import Study
    from experiments.designs import Coalition

Way = Literal["alone", "last"]
Verdict = Literal[
    "seen", "overlaps", "needs others", "seen alone", "seen last", "not seen", "moves nothing"
]
Judgement = Literal["as expected", "the opposite", "not seen"]

DAYS_A_YEAR: Final = 365.25
TOGETHER: Final = "all"
"""What stands for all measures in the place of one."""
UNCOUNTED: Final = ("share", "days", HOURS)
"""Units of what cannot be bought by the piece."""


@dataclass(frozen=True)
class MeasureEffect:
    """What a measure does to one outcome under one policy."""

    measure: str
    policy: str
    way: Way
    row: Comparison
    """With it minus without it."""
    moved: int
    """Worlds in which the outcome is another one."""

    @property
    def is_clear(self) -> bool:
        """Whether both the interval and the adjusted test say that there is a difference."""
        return is_clear(self.row)

    def document(self) -> dict[str, Any]:
        """Return it as plain JSON content; what cannot be said is None."""
        own = {"measure": self.measure, "policy": self.policy, "way": self.way}
        return {**own, **self.row.brief(), "moved": self.moved}


@dataclass(frozen=True)
class YearEffect:
    """What a measure alone does in one year; not tested."""

    measure: str
    policy: str
    outcome: str
    year: str
    pairs: int
    difference: float
    low: float
    high: float


@dataclass(frozen=True)
class Price:
    """What a unit of a clear and wanted effect takes, where it is known; NaN is what is not."""

    measure: str
    policy: str
    outcome: str
    unit: str
    eur: float
    hours: float


@dataclass(frozen=True)
class MeasureFound:
    """A measure with what it does."""

    name: str
    """Its short name, by which tables call it."""
    file: str
    """Its whole name."""
    meaning: str
    objective: int | None
    guidelines: tuple[str, ...]
    """Guidelines of the Council's strategy that it serves."""
    needs: tuple[str, ...]
    cost_meur: float
    """What it costs with all that it needs, over the run and at least over a year, in millions of
    euro; NaN: not known."""
    records_per_year: float
    expect: Mapping[str, str]
    effects: tuple[MeasureEffect, ...]
    joints: tuple[Joint, ...]
    """What it does with the rest beyond what it does alone."""
    asked: frozenset[str]
    """Outcomes that all measures are asked about."""

    def under(self, policy: str, way: Way) -> dict[str, MeasureEffect]:
        """Return its effects under a policy by outcome."""
        return {
            one.row.outcome: one for one in self.effects if (one.policy, one.way) == (policy, way)
        }

    def verdict(self, policy: str) -> Verdict:
        """Say in two words what it does under a policy."""
        mine = [
            one for one in self.effects if one.policy == policy and one.row.outcome in self.asked
        ]
        clear = {
            way: {
                one.row.outcome: one.row.difference
                for one in mine
                if one.is_clear and one.way == way
            }
            for way in ("alone", "last")
        }
        beyond = {
            one.outcome: one.difference
            for one in self.joints
            if one.policy == policy and one.word != "unclear"
        }
        alone, last = clear["alone"], clear["last"]
        if alone.keys() & last.keys() or (alone and all(one.way == "alone" for one in mine)):
            return "seen"
        if any(name in beyond and beyond[name] * alone[name] < 0 for name in alone):
            return "overlaps"
        if any(name in beyond and beyond[name] * last[name] > 0 for name in last):
            return "needs others"
        if alone or last:
            return "seen alone" if alone else "seen last"
        return "not seen" if any(one.moved for one in mine) else "moves nothing"

    def judged(self, policy: str) -> dict[str, Judgement]:
        """Say for each outcome that it is expected to move, and that there is, how it came out."""
        alone = self.under(policy, "alone")
        found: dict[str, Judgement] = {}
        for name, direction in self.expect.items():
            for outcome in (one for one in alone if is_named(one, name)):
                effect = alone[outcome]
                as_expected = (effect.row.difference > 0) == (direction == "higher")
                word: Judgement = "as expected" if as_expected else "the opposite"
                found[outcome] = word if effect.is_clear else "not seen"
        return found


@dataclass(frozen=True)
class Assessed:
    """What an assessment found."""

    scenario: str
    policies: tuple[str, ...]
    seed: int
    worlds: int
    years: float
    outcomes: tuple[Outcome, ...]
    """Outcomes that are asked about."""
    measures: tuple[MeasureFound, ...]
    together: tuple[MeasureEffect, ...]
    """All measures beside none."""
    untouched: Mapping[str, str]
    """Meaning of each measure that touches nothing here."""
    by_year: tuple[YearEffect, ...]
    joints: tuple[Joint, ...]
    shares: tuple[Share, ...]
    prices: tuple[Price, ...]

    @cached_property
    def effects(self) -> tuple[MeasureEffect, ...]:
        """All effects: measure after measure, then all together."""
        return (*(one for each in self.measures for one in each.effects), *self.together)

    @property
    def tests(self) -> int:
        """Number of tests in the family of effects."""
        return sum(not math.isnan(effect.row.p) for effect in self.effects)

    def document(self) -> dict[str, Any]:
        """Return it as plain JSON content."""
        return {
            "scenario": self.scenario,
            "policies": list(self.policies),
            "seed": self.seed,
            "worlds": self.worlds,
            "tests": self.tests,
            "outcomes": [outcome.name for outcome in self.outcomes],
            "measures": {
                one.name: {
                    "file": one.file,
                    "objective": one.objective,
                    "guidelines": list(one.guidelines),
                    "cost_meur": None if math.isnan(one.cost_meur) else one.cost_meur,
                    "verdict": {policy: one.verdict(policy) for policy in self.policies},
                    "expected": {policy: one.judged(policy) for policy in self.policies},
                }
                for one in self.measures
            },
            "touches_nothing": dict(self.untouched),
            "effects": [effect.document() for effect in self.effects],
            "joint": [one.document() for one in self.joints],
            "shares": [one.document() for one in self.shares],
        }


def is_named(outcome: str, name: str) -> bool:
    """Whether a measure that names an outcome means this one: with or without its threat."""
    return outcome == name or outcome.endswith(f".{name}")


def assess(study: Study) -> Assessed:
    """Return what measures do, from the finished lanes of an assessment."""
    declared, futures = study.directory.manifest.documents["experiment"], study.futures
    asked = study.outcomes
    told = declared["assessed"]
    values = Values.of(futures, declared)
    beyond = joints(values, asked)
    effects = _adjusted(list(_effects(values, asked, told)))
    years = max(1.0, futures.horizon_days / DAYS_A_YEAR)
    measures = tuple(
        _found(
            name,
            one,
            values.needs.of[name] - {name},
            tuple(effect for effect in effects if effect.measure == name),
            tuple(joint for joint in beyond if joint.measures == (name,)),
            years,
            frozenset(outcome.name for outcome in asked),
        )
        for name, one in told.items()
    )
    return Assessed(
        scenario=futures.scenario,
        policies=tuple(values.policies),
        seed=futures.seed,
        worlds=futures.held.shape[2],
        years=years,
        outcomes=asked,
        measures=measures,
        together=tuple(effect for effect in effects if effect.measure == TOGETHER),
        untouched=declared["untouched"],
        by_year=tuple(_by_year(values, asked, told)),
        joints=beyond,
        shares=shares(values, asked, [tuple(order) for order in declared["orders"]]),
        prices=tuple(_prices(measures, study)),
    )


def _found(
    name: str,
    told: Mapping[str, Any],
    needs: Coalition,
    effects: tuple[MeasureEffect, ...],
    beyond: tuple[Joint, ...],
    years: float,
    asked: frozenset[str],
) -> MeasureFound:
    cost, records = told["cost"], told["records_per_year"]
    return MeasureFound(
        name=name,
        file=told["name"],
        meaning=told["meaning"],
        objective=told["objective"],
        guidelines=tuple(told["guidelines"]),
        needs=tuple(sorted(needs)),
        cost_meur=cost["once_meur"] + cost["yearly_meur"] * years if cost else math.nan,
        records_per_year=math.nan if records is None else records,
        expect=told["expect"],
        effects=effects,
        joints=beyond,
        asked=asked,
    )


def _effects(
    values: Values, asked: Sequence[Outcome], told: Mapping[str, Any]
) -> Iterator[MeasureEffect]:
    """Give the effects of all measures, alone and last, and of all together, not yet adjusted."""
    names = {outcome.name for outcome in asked}
    known = [one for one in values.futures.outcomes if one.is_whole]
    for name, one in told.items():
        expected = [o for o in known if any(is_named(o.name, each) for each in one["expect"])]
        both = [o for o in known if o.name in names or o in expected]
        with_it = values.needs.of[name]
        for policy in values.policies:
            yield from _effect(values, (name, policy, "alone"), frozenset(), with_it, both)
            if len(told) > 1:
                rest = values.needs.without(name)
                yield from _effect(
                    values, (name, policy, "last"), rest, values.needs.everything, both
                )
    for policy in values.policies if len(told) > 1 else ():
        where = TOGETHER, policy, "alone"
        yield from _effect(values, where, frozenset(), values.needs.everything, asked)


def _effect(
    values: Values,
    where: tuple[str, str, Any],
    before: Coalition,
    after: Coalition,
    outcomes: Sequence[Outcome],
) -> Iterator[MeasureEffect]:
    name, policy, way = where
    results = values.beside(policy, before, after, outcomes)
    for row in compare_policies(results, outcomes):
        moved = unlike(*results.values[row.outcome]) & results.done.all(axis=0)
        yield MeasureEffect(name, policy, way, row, int(moved.sum()))


def _adjusted(effects: Sequence[MeasureEffect]) -> list[MeasureEffect]:
    """Return effects with p-values adjusted for all of them together."""
    rows = one_family([effect.row for effect in effects])
    return [replace(effect, row=row) for effect, row in zip(effects, rows, strict=True)]


def _by_year(
    values: Values, asked: Sequence[Outcome], told: Mapping[str, Any]
) -> Iterator[YearEffect]:
    """Give what each measure alone does in each year."""
    whole = values.futures.setting(0)
    for name in told:
        with_it = values.needs.of[name]
        for policy in values.policies:
            for outcome in asked:
                parts = years_of(whole, outcome)
                if not parts:
                    continue
                results: Results = values.beside(policy, frozenset(), with_it, parts)
                for part, row in zip(parts, compare_policies(results, parts), strict=True):
                    yield YearEffect(
                        name, policy, outcome.name, part.year or "",
                        row.pairs, row.difference, row.low, row.high,
                    )  # fmt: skip


def _prices(measures: Sequence[MeasureFound], study: Study) -> Iterator[Price]:
    """Give what a unit takes of every effect that is clear, wanted and counted in units.

    A scenario that plays a sample of what there is has as many times the effect; one of several
    threats has no single sample.
    """
    scenario = study.directory.manifest.documents["scenario"]
    if len(scenario["threats"]) > 1:
        return
    sample = (scenario.get("sample") or {}).get("value", 1.0)
    counted = {one.name for one in study.outcomes if one.group == "effect" and _is_counted(one)}
    hours = next((one.name for one in study.outcomes if _is_work(one)), "")
    for measure in measures:
        for effect in measure.effects:
            row = effect.row
            if effect.way == "last" or row.outcome not in counted:
                continue
            if effect.is_clear and effect.row.is_better:
                size = abs(row.difference)
                work = measure.under(effect.policy, "alone").get(hours)
                yield Price(
                    measure.name,
                    effect.policy,
                    row.outcome,
                    row.unit,
                    measure.cost_meur * 1e6 * sample / size,
                    work.row.difference / size if work is not None and work.is_clear else math.nan,
                )


def _is_work(outcome: Outcome) -> bool:
    return outcome.group == "cost" and outcome.unit == HOURS and not outcome.time


def _is_counted(outcome: Outcome) -> bool:
    return not outcome.time and outcome.unit not in UNCOUNTED


def moved_nothing(assessed: Assessed) -> set[str]:
    """Return the measures that moved nothing that is asked about or expected, under any policy."""
    return {
        one.name for one in assessed.measures if not any(effect.moved for effect in one.effects)
    }


def leading(assessed: Assessed, most: int) -> tuple[str, ...]:
    """Return the measures with the surest clear effects alone, in the order of the catalogue.

    The surest is the greatest difference against its standard deviation. What counts is what
    outcomes of the group *effect* are about, if any of those is asked about.
    """
    effects = {one.name for one in assessed.outcomes if one.group == "effect"}
    size = {
        one.name: max(
            (
                abs(effect.row.effect_size) if math.isfinite(effect.row.effect_size) else math.inf
                for effect in one.effects
                if effect.way == "alone"
                and effect.is_clear
                and effect.row.outcome in (effects or one.asked)
            ),
            default=0.0,
        )
        for one in assessed.measures
    }
    best = sorted((name for name in size if size[name]), key=lambda name: -size[name])[:most]
    return tuple(name for name in size if name in best)

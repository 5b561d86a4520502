"""Small worlds of any kind, whose outcomes are worked out again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from agents import replay
from scenarios import compile_world, load_policy
from scenarios.schema import Outcome, Span, given as given_by
from sim import LaneId
from tests.agents import several
from tests.agents.borders import small_borders
from tests.agents.cyber import small_outbreak
from tests.agents.oracle.oracle import oracle, unlike
from tests.agents.oracle.witness import Witness
from tests.agents.plots import small_plots
from tests.agents.small import POLICIES, changed, small
from tests.agents.small_fire import POLICIES as FIRE_POLICIES, small_fire
from tests.agents.society.test_gates import lawless

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import DrawFn

    from agents import Replay
    from scenarios import Compiled, LoadedScenario

LAWLESS: Final = "lawless"
"""Everybody would tell everybody everything, and the law stands in between."""

_YEAR: Final = date(2012, 1, 1)


class World(NamedTuple):
    """A lane that can be run."""

    compiled: Compiled
    lane: LaneId

    def __repr__(self) -> str:
        scenario = self.compiled.layout.scenario
        policy = self.compiled.world.points.names[self.lane.point]
        return f"{scenario.scenario}, {scenario.horizon_days:g} d, {policy}, {self.lane}"

    def replayed(self) -> Replay:
        """Run it, and keep what happens."""
        return replay(self.compiled, self.lane)


def with_everything(loaded: LoadedScenario, begins: date | None) -> LoadedScenario:
    """Return a scenario that declares all outcomes there are, also by year and by state."""
    spec = loaded.spec
    known = given_by(spec.threats)
    declared = {one.name: one for one in spec.outcomes}
    for name in sorted(known.names - declared.keys()):
        declared[name] = Outcome(name=name, label=name, unit="", better="lower", group="cost")
    outcomes = tuple(
        changed(one, by_year=one.name in known.flows, by_state=one.name in known.placed)
        for one in declared.values()
    )
    return replace(loaded, spec=changed(spec, outcomes=outcomes, begins=begins))


def world(loaded: LoadedScenario, policy: str, seed: int, *, new_year: int | None = None) -> World:
    """Return the lane of a policy in which a year turns after some days."""
    begins = None if new_year is None else _YEAR - timedelta(new_year)
    rules = lawless() if policy == LAWLESS else load_policy(policy)
    compiled = compile_world(with_everything(loaded, begins), [rules])
    return World(compiled, LaneId(0, seed, 1))


def errors_in(one: World, told: Replay | None = None) -> dict[str, tuple[float, float]]:
    """Return the outcomes of a lane that are not what the oracle says: oracle, recorded."""
    told = told or one.replayed()
    recorded = {name: float(value) for name, (value,) in told.result.outcomes.items()}
    return unlike(oracle(Witness.of(one.compiled, one.lane, told)), recorded)


# Any world -------------------------------------------------------------------------------------

_SHARES: Final = st.sampled_from((0.0, 0.1, 0.5, 0.9, 1.0))


def _some(draw: DrawFn, names: tuple[str, ...], values: st.SearchStrategy[Any]) -> dict[str, Any]:
    """Draw other values for some of a declaration's numbers."""
    return {name: draw(values) for name in names if draw(st.booleans())}


@st.composite
def crimes(draw: DrawFn) -> World:
    """Draw a world of criminal networks."""
    shares = ("falls_apart", "replaced", "moves_when_warned", "recruits_per_week", "avoids")
    network = _some(draw, shares, _SHARES)
    network |= _some(draw, ("leak_per_week", "notice_per_week"), st.sampled_from((0.0, 0.3)))
    chances = _some(draw, ("verified", "seen_through", "proven", "cleared"), _SHARES)
    loaded = small(
        horizon_days=draw(st.sampled_from((21, 40, 50.25, 84))),
        networks=draw(st.integers(1, 3)),
        decoys=draw(st.sampled_from((1, 4, 8))),
        network=network,
        procedures={"investigation": chances},
    )
    days = draw(st.sampled_from((None, 1, 7, 20)))
    policy = draw(st.sampled_from((*POLICIES, LAWLESS)))
    return world(loaded, policy, draw(st.integers(0, 999)), new_year=days)


@st.composite
def plots(draw: DrawFn) -> World:
    """Draw a world of plots, of one kind or of both."""
    chances = ("credible", "seen_through", "enough", "cleared", "arrested", "arrested_unwatched")
    loaded = small_plots(
        *draw(st.sampled_from((("cell",), ("lone",), ("cell", "lone")))),
        horizon_days=draw(st.sampled_from((20, 40.25, 60))),
        decoys=draw(st.sampled_from((1, 8))),
        arrivals=_some(draw, ("from_content", "exposure", "removed"), _SHARES),
        attack=_some(draw, ("fails", "deterred", "protected", "hurried"), _SHARES),
        struck=_some(draw, ("falls_apart", "hastens", "denied_ends", "begins_again"), _SHARES),
        procedures={"threat-investigation": _some(draw, chances, _SHARES)},
    )
    days = draw(st.sampled_from((None, 1, 7, 15)))
    policy = draw(st.sampled_from((*POLICIES, LAWLESS)))
    return world(loaded, policy, draw(st.integers(0, 999)), new_year=days)


@st.composite
def outbreaks(draw: DrawFn) -> World:
    """Draw a world of malware."""
    loaded = small_outbreak(
        days=draw(st.sampled_from((2, 4.5, 7))),
        decoys=draw(st.sampled_from((1, 4, 8))),
        malware=_some(draw, ("kill_switch", "escapes"), _SHARES),
        incident=_some(draw, ("made_out", "seen_through", "heeds", "contact_known"), _SHARES),
    )
    days = draw(st.sampled_from((None, 1, 3)))
    return world(loaded, draw(st.sampled_from(POLICIES)), draw(st.integers(0, 999)), new_year=days)


@st.composite
def seasons(draw: DrawFn) -> World:
    """Draw a world of fires."""
    assistance = _some(draw, ("reserve", "asking_when_aware", "aircraft_share"), _SHARES)
    assistance |= _some(draw, ("call_at",), st.sampled_from((1.0, 8.0)))
    assistance |= _some(draw, ("patience", "longest_stay"), st.sampled_from((2.0, 12.0, 40.0)))
    loaded = small_fire(
        days=draw(st.sampled_from((2, 5.5, 8))),
        hotter=draw(st.sampled_from((1, 4, 8))),
        **assistance,
    )
    days = draw(st.sampled_from((None, 1, 4)))
    policy = draw(st.sampled_from(FIRE_POLICIES))
    return world(loaded, policy, draw(st.integers(0, 999)), new_year=days)


def within_the_run(loaded: LoadedScenario, begins: int, window_h: float) -> LoadedScenario:
    """Return a world of fires whose season begins on a day, and ends after its stretches."""
    threats = dict(loaded.spec.threats)
    season: Any = threats["fires"]
    span = Span(value=f"{begins} d", assumed="for the test")  # type: ignore[arg-type]
    times = changed(season.season, begins=span, window=window_h)
    threats["fires"] = changed(season, season=times)
    return replace(loaded, spec=changed(loaded.spec, threats=threats))


@st.composite
def short_seasons(draw: DrawFn) -> World:
    """Draw a world of fires before and after which there is a time without danger."""
    loaded = small_fire(
        days=draw(st.sampled_from((6, 9.5))), hotter=draw(st.sampled_from((4, 8))), call_at=2.0
    )
    loaded = within_the_run(loaded, draw(st.integers(0, 3)), 24.0)
    days = draw(st.sampled_from((None, 1, 2, 4)))
    policy = draw(st.sampled_from(FIRE_POLICIES))
    return world(loaded, policy, draw(st.integers(0, 999)), new_year=days)


@st.composite
def crossings(draw: DrawFn) -> World:
    """Draw a world of crossings."""
    rings = _some(draw, ("falls_apart", "replaced", "absorbed", "recruits_per_week"), _SHARES)
    cases = _some(draw, ("verified", "seen_through", "proven", "arrested"), _SHARES)
    loaded = small_borders(
        days=draw(st.sampled_from((21, 30.25, 56))),
        decoys=draw(st.sampled_from((1, 4))),
        parts={"rings": rings},
        procedures={"facilitation-case": cases},
    )
    days = draw(st.sampled_from((None, 1, 10)))
    policy = draw(st.sampled_from((*POLICIES, LAWLESS)))
    return world(loaded, policy, draw(st.integers(0, 999)), new_year=days)


@st.composite
def meetings(draw: DrawFn) -> World:
    """Draw a world in which several threats meet."""
    names = draw(st.sampled_from((several.THREATS, several.THREATS[1:], several.THREATS[::2])))
    loaded = several.world(
        *names,
        tick=draw(st.sampled_from(("PT3H", "PT6H"))),
        days=draw(st.sampled_from((8, 21, 42))),
    )
    if draw(st.booleans()):
        loaded = within_the_run(loaded, draw(st.integers(0, 2)), 24.0)
    days = draw(st.sampled_from((None, 3, 6)))
    policy = draw(st.sampled_from(several.POLICIES))
    return world(loaded, policy, draw(st.integers(0, 999)), new_year=days)


def held_to_the_oracle(
    worlds: st.SearchStrategy[World], examples: int = 6
) -> Callable[[Callable[[World], None]], Callable[[], None]]:
    """Run a test in some worlds; they are too slow to look for the smallest that fails."""

    def hold(test: Callable[[World], None]) -> Callable[[], None]:
        phases = (Phase.explicit, Phase.reuse, Phase.generate)
        slow = (HealthCheck.too_slow, HealthCheck.data_too_large)
        held = settings(max_examples=examples, phases=phases, suppress_health_check=slow)(test)
        return given(worlds)(held)

    return hold

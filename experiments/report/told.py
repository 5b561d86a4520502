"""One world told: where two alternatives part, what follows, and what limited the response in it.

The world is chosen by a rule: the one in which the difference that was most clearly found is
nearest to its median over the worlds. So it is a usual world, and nobody's pick.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from experiments.errors import UserError
from experiments.outcomes import Comparison, Results
from experiments.report.charts import INK, KIND_SHAPES, POINT, RULE, WIDTH, whole
from experiments.report.content import Chart, Fact, Section, Slider, Spec, Table, View
from experiments.report.states import SMALL_WIDTH, one_map
from experiments.terminal import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from experiments.trace import Shown

MOST_LINES: Final = 60
"""Lines of the two columns that are shown; `fivesteps trace` has all."""
MOST_QUEUES: Final = 12
MAPPED: Final = (
    ("victims freed", "Victims freed", ("before", "left")),
    ("members arrested", "Members arrested", ("taken",)),
    ("operators infected", "Operators infected", ("operators",)),
    ("calls for help", "Calls for help", ()),
    ("case opened", "Cases opened", ()),
)
"""What a map may count, the first that there is: facts, words, and the numbers that are added, the
second taken off the first; each fact counts once where there are none."""
YEAR_D: Final = 365.25
STEPS: Final = ((2 * YEAR_D, YEAR_D, "year"), (120.0, 30.0, "month"), (0.0, 7.0, "week"))
"""From a length of the run on, how many days a step of the slider has, and its name."""


@dataclass(frozen=True)
class Choice:
    """The world that is told."""

    policy: str
    baseline: str
    world: int
    why: str


def choose(results: Results, rows: Sequence[Comparison]) -> Choice | None:
    """Choose the alternative and the world to tell; None if no pair is finished."""
    known = [row for row in rows if math.isfinite(row.difference) and row.pairs]
    if not known:
        return None
    row = max(known, key=_clearness)
    outcome = next(one for one in results.outcomes if one.name == row.outcome)
    values = results.restricted(outcome)
    differences = (
        values[results.policies.index(row.policy)]
        - values[results.policies.index(results.baseline)]
    )
    away = np.abs(differences - np.nanmedian(differences))
    world = int(np.nanargmin(away))
    why = (
        f"World {world} is told: in {row.label}, where {row.policy} differs most clearly from"
        f" {row.baseline}, its difference is nearest to the median of all {row.pairs:,} worlds."
        " It is one world, and shows how a difference comes about, not how large it is."
    )
    return Choice(row.policy, row.baseline, world, why)


def _clearness(row: Comparison) -> float:
    return abs(row.effect_size) if math.isfinite(row.effect_size) else 0.0


def replayed(folder: Path, choice: Choice) -> Shown | UserError:
    """Run the two lanes again; return what came out, or why they cannot be told."""
    from experiments.errors import user_errors
    from experiments.trace import tell

    try:
        return tell(folder, policy=choice.baseline, against=choice.policy, replication=choice.world)
    except user_errors() as error:
        what = str(error).partition("\n")[0].replace(str(folder), folder.name)
        return UserError(what, "a lane is told from a replay", "use the version that made it")


def told(choice: Choice, shown: Shown) -> Section:
    """Return where the two alternatives part, and what follows."""
    both = shown.both
    if both is None:
        raise AssertionError
    clock = both.one.events.clock
    names = choice.baseline, choice.policy
    facts = [Fact(title, text) for title, text in _partings(both, names)]
    lines = tuple(
        (clock.when(row.tick), *(_side(row, side) for side in ("one", "other")))
        for row in both.rows[:MOST_LINES]
    )
    more = len(both.rows) - len(lines)
    caption = f"Side by side{f', without {more:,} later lines' if more else ''}"
    known = tuple(
        (f"{row.desk}", str(row.subject), *(_when(clock, tick) for tick in (row.one, row.other)))
        for row in both.known
    )
    return Section(
        "told",
        f"One world told: {choice.baseline} and {choice.policy}",
        (choice.why,),
        facts=tuple(facts),
        charts=tuple(_timelines(choice, shown)),
        folded=(
            Table(caption, ("time", *names), lines, frozenset({1, 2})),
            Table("Who recognised what", ("desk", "subject", *names), known, frozenset({1, 2, 3})),
        ),
    )


def _partings(both: Any, names: tuple[str, str]) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - of a closed room
    """Give the moments where the two part, and what happened there."""
    when = both.one.events.clock.when
    if both.parting is None:
        yield "They part nowhere", "The two lanes are the same in everything."
        return
    first = _first(both.parting, names)
    if both.mattered == both.parting:
        first += " That report was on its way to a recognition."
    yield f"They part on {when(both.parting.tick)}", first
    if both.mattered is not None and both.mattered != both.parting:
        title = f"The first difference that mattered for a recognition, {when(both.mattered.tick)}"
        yield title, _first(both.mattered, names)


def _first(parting: Any, names: tuple[str, str]) -> str:  # noqa: ANN401 - of a closed room
    sides = "; ".join(f"under {name}: {why}" for name, why in zip(names, parting.why, strict=True))
    drawn = ""
    if parting.draw is not None:
        drawn = f" The draw is {100 * parting.draw:.1f}% in both; told if below the chance."
    return f"{parting.what}. {sides[0].upper()}{sides[1:]}.{drawn}"


def _side(row: Any, side: str) -> str:  # noqa: ANN401 - as above
    if row.where == "both":
        return str(row.text)
    return str(row.text) if row.where == side else ""


def _when(clock: Any, tick: float | None) -> str:  # noqa: ANN401 - as above
    return "not recognised" if tick is None else str(clock.when(tick))


def _timelines(choice: Choice, shown: Shown) -> Iterator[Chart]:
    """Give the line of time with the moment where the two part."""
    both = shown.both
    if both is None or not both.rows:
        return
    clock = both.one.events.clock
    lanes = {
        "both": "under both",
        "one": f"only under {choice.baseline}",
        "other": f"only under {choice.policy}",
    }
    rows = [{"day": clock.days(row.tick), "name": lanes[row.where]} for row in both.rows]
    counts = Counter(str(row["name"]) for row in rows)
    parting = both.parting
    said = "; ".join(f"{count} {name}" for name, count in counts.items())
    title = "What happened, by day, and where they part"
    at = None if parting is None else clock.days(parting.tick)
    yield Chart(
        "told",
        title,
        f"Line of time of one world. Events that are told: {said}."
        + ("" if parting is None else f" They part on {clock.when(parting.tick)}."),
        (View("time", whole(_timeline(rows, lanes, at), title)),),
        note="Each mark is a line of the table below. The broken line is the moment where the two"
        " part.",
    )


def _timeline(
    rows: Sequence[Mapping[str, Any]], lanes: Mapping[str, str], at: float | None
) -> Spec:
    names = list(lanes.values())
    x = {"type": "quantitative", "title": "day of the run"}
    shape = {
        "field": "name", "type": "nominal", "legend": None,
        "scale": {"domain": names, "range": list(KIND_SHAPES[: len(names)])},
    }  # fmt: skip
    layers: list[Spec] = [
        {
            "mark": {**POINT, "fill": INK, "opacity": 0.6},
            "encoding": {
                "x": {"field": "day", **x},
                "y": {"field": "name", "type": "nominal", "sort": names, "title": None},
                "shape": shape,
            },
        }
    ]
    if at is not None:
        layers.append(
            {
                "data": {"values": [{"day": at}]},
                "mark": {"type": "rule", "color": RULE, "strokeDash": [5, 3], "strokeWidth": 2},
                "encoding": {"x": {"field": "day", **x}},
            }
        )
    return {"width": WIDTH, "height": 120, "data": {"values": list(rows)}, "layer": layers}


# What limited the response ---------------------------------------------------------------------


def limited(choice: Choice, shown: Shown) -> Section | None:
    """Return desks by the days that reports waited there, and posts by those of cases."""
    both = shown.both
    if both is None:
        return None
    stories = {choice.baseline: both.one, choice.policy: both.other}
    desks = {name: _desks(story) for name, story in stories.items()}
    posts = {name: _posts(story) for name, story in stories.items()}
    charts = [
        chart
        for title, found in (
            ("Days that reports waited at desks", desks),
            ("Days that cases waited for people", posts),
        )
        if (chart := _waits(title, found)) is not None
    ]
    if not charts:
        return None
    return Section(
        "limited",
        "What limited the response",
        (
            (
                f"In the world that is told, number {choice.world}: the desks and organisations"
                " at which most days were spent waiting, all reports and cases added up. What"
                " waits long is where people were too few for what came."
            ),
        ),
        charts=tuple(charts),
    )


def _desks(story: Any) -> dict[str, float]:  # noqa: ANN401 - of a closed room
    days = story.events.clock.days
    return {str(queue.unit): float(days(queue.waited)) for queue in story.queues}


def _posts(story: Any) -> dict[str, float]:  # noqa: ANN401 - as above
    """Return days that cases waited for people, by organisation and procedure."""
    begun: dict[tuple[str, str, int, float], float] = {}
    waited: Counter[str] = Counter()
    days = story.events.clock.days
    for fact in story.lane.replay.facts:
        key = fact.actor, fact.thing, fact.subject, float(fact.numbers.get("turn", 0))
        if fact.what == "waits for people":
            begun[key] = fact.tick
        elif fact.what == "waits no more" and key in begun:
            waited[f"{fact.actor}, {fact.thing}"] += days(fact.tick - begun.pop(key))
    for (actor, thing, *_), tick in begun.items():
        waited[f"{actor}, {thing}"] += days(story.events.horizon - tick)
    return {name: float(found) for name, found in waited.items()}


def _waits(title: str, found: Mapping[str, Mapping[str, float]]) -> Chart | None:
    """Return bars of the places where most was waited, under both alternatives."""
    totals: Counter[str] = Counter()
    for held in found.values():
        totals.update(held)
    names = [name for name, days in totals.most_common(MOST_QUEUES) if days > 0]
    if not names:
        return None
    rows = [
        {"name": name, "policy": policy, "days": held.get(name, 0.0)}
        for name in names
        for policy, held in found.items()
    ]
    policies = list(found)
    spec = {
        "width": WIDTH - 40,
        "height": 30 * len(names),
        "data": {"values": rows},
        "mark": {"type": "bar", "stroke": INK, "strokeWidth": 1},
        "encoding": {
            "y": {"field": "name", "type": "nominal", "sort": names, "title": None},
            "yOffset": {"field": "policy", "type": "nominal", "sort": policies},
            "x": {"field": "days", "type": "quantitative", "title": "days waited, all together"},
            "color": {
                "field": "policy", "type": "nominal", "title": None, "sort": policies,
                "scale": {"domain": policies, "range": ["white", INK]},
            },
        },
    }  # fmt: skip
    lines = tuple(
        (name, *(number(held.get(name, 0.0)) for held in found.values())) for name in names
    )
    most = "; ".join(f"{name} {number(totals[name])}" for name in names[:3])
    return Chart(
        f"waits-{'desks' if 'desks' in title else 'people'}",
        title,
        f"{title}, under {' and '.join(policies)}. Most, both together: {most}.",
        (View("days", whole(spec, title)),),
        Table(title, ("where", *policies), lines),
    )


# From year to year -----------------------------------------------------------------------------


def course(choice: Choice, shown: Shown) -> Chart | None:
    """Return maps of what had happened in each state by the end of each year, side by side."""
    both = shown.both
    if both is None:
        return None
    stories = {choice.baseline: both.one, choice.policy: both.other}
    for what, label, added in MAPPED:
        found = {name: list(_events(story, what, added)) for name, story in stories.items()}
        if any(found.values()):
            return _course(choice, label, found, both.one)
    return None


def _events(story: Any, what: str, added: Sequence[str]) -> Iterator[tuple[float, str, float]]:  # noqa: ANN401 - of a closed room
    """Give day, state and size of what happened."""
    places = list(story.lane.compiled.layout.places)
    for fact in story.lane.replay.facts:
        place = int(fact.numbers.get("place", -1))
        if fact.what == what and place >= 0:
            sizes = [float(fact.numbers[name]) for name in added]
            size = sizes[0] - sum(sizes[1:]) if sizes else 1.0
            yield story.events.clock.days(fact.tick), places[place], size


def _course(
    choice: Choice,
    label: str,
    found: Mapping[str, Sequence[tuple[float, str, float]]],
    story: Any,  # noqa: ANN401 - of a closed room
) -> Chart:
    days = float(story.events.clock.days(story.events.horizon))
    _, step, name = next(row for row in STEPS if days >= row[0])
    codes = list(story.lane.compiled.layout.places)
    ends = [step * (number + 1) for number in range(math.ceil(days / step))]
    steps = [{policy: _by(events, codes, end) for policy, events in found.items()} for end in ends]
    every = [value for held in steps[-1].values() for value in held.values()] + [0.0]
    title = f"{label} in world {choice.world}, up to the end of each {name}"
    views = tuple(
        View(
            f"{name} {place + 1}",
            whole(
                _beside(held, every, label, f"up to the end of {name} {place + 1}"),
                f"{title}: {name} {place + 1}",
            ),
        )
        for place, held in enumerate(steps)
    )
    lines = tuple(
        (f"{name} {place + 1}", *(number(sum(held.values())) for held in at.values()))
        for place, at in enumerate(steps)
    )
    table = Table(f"{title}, all states", (name, *found), lines)
    describes = f"Two maps side by side. {title}. At the end: " + "; ".join(
        f"{policy} {number(sum(held.values()))}" for policy, held in steps[-1].items()
    )
    return Chart("course", title, f"{describes}.", views, table, slider=Slider(name.capitalize()))


def _by(
    events: Sequence[tuple[float, str, float]], codes: Sequence[str], end: float
) -> dict[str, float]:
    total: Counter[str] = Counter()
    for day, code, size in events:
        if day < end:
            total[code] += size  # type: ignore[assignment]
    return {code: float(total[code]) for code in codes}


def _beside(
    held: Mapping[str, Mapping[str, float]], every: Sequence[float], label: str, when: str
) -> Spec:
    maps = [
        {**one_map(values, every, label, SMALL_WIDTH), "title": policy}
        for policy, values in held.items()
    ]
    return {"title": when, "hconcat": maps, "resolve": {"scale": {"color": "shared"}}}

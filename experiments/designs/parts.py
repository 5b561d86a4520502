"""The parts of a model, found by walking what was declared, and how each is taken away.

Nothing here knows a name: parts come from the world as compiled (organisations, desks, stores,
instruments), from the models of the declarations (optional blocks, counts, numbers with their
source) and from the rules of the policies.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from experiments.designs.defaults import changes_something, range_of
from experiments.designs.groups import NO_NUMBER, Group, groups_of
from experiments.designs.policy_groups import UNMET, Names, rules_met
from scenarios import SpecError
from scenarios.changing import ABSENT, POLICIES, Change
from scenarios.errors import dotted
from scenarios.schema import Absent, Count, Scenario, Sourced, Spec, children

if TYPE_CHECKING:
    from experiments.planning import Settings
    from scenarios import Compiled, LoadedScenario
    from scenarios.schema import SourceRow

Kind = Literal["organisation", "desk", "store", "instrument", "block", "post", "rule", "number"]

KINDS: Final[tuple[Kind, ...]] = (
    "organisation", "desk", "store", "instrument", "block", "post", "rule", "number"
)  # fmt: skip

WITHOUT: Final = "without"
"""How a part is changed that is taken away; numbers are changed by factors."""

CASEWORK: Final = "casework"
POSTS: Final = "posts."

FACTOR: Final = 2.0

_DESCRIBED: Final = frozenset(
    {"scenario", "extends", "meaning", "place", "tick", "begins", "horizon", "baseline", "outcomes"}
)
"""Fields of a scenario that say what it is and how it is run."""

_OF_DESKS: Final = frozenset({"reports", "desks", "stores", ABSENT})
"""Fields whose content is taken away with the desks that it belongs to."""

_CSV: Final = ".csv."


@dataclass(frozen=True)
class Put:
    """What one way to change a part does at one path: see `Change`."""

    path: str
    how: Literal["set", "times", "remove"]
    operand: Any


@dataclass(frozen=True)
class Way:
    """One way to change a part."""

    label: str
    """``without``, or the factor: ``x 0.5``."""
    puts: tuple[Put, ...]


@dataclass(frozen=True)
class Part:
    """Something declared that should matter."""

    name: str
    kind: Kind
    meaning: str
    ways: tuple[Way, ...]

    def document(self) -> dict[str, Any]:
        """Return what a run directory keeps of it."""
        ways = [way.label for way in self.ways]
        return {"name": self.name, "kind": self.kind, "meaning": self.meaning, "ways": ways}


@dataclass(frozen=True)
class Parts:
    """The parts of a scenario under some policies, and what has no way to be changed."""

    found: tuple[Part, ...]
    left_out: dict[str, str] = field(default_factory=dict)
    """Reason by name, of what cannot be taken away, halved or doubled."""


def parts_of(settings: Settings, only: Sequence[str] = ("*",)) -> Parts:
    """Return the parts of a scenario and its policies.

    Parameters
    ----------
    settings
        The scenario as declared, with its policies.
    only
        Patterns with ``*`` and ``?``; of the parts, those whose name fits one of them.
    """
    walk = _Walk(settings, only)
    found = (
        *walk.closed(),
        *walk.blocks(),
        *walk.rules(),
        *walk.numbers(),
    )
    kept = sorted(found, key=lambda part: KINDS.index(part.kind))
    return Parts(tuple(kept), {name: why for name, why in walk.left_out.items() if walk.asks(name)})


def names_of(settings: Settings) -> set[str]:
    """Return the names of all parts there may be, without trying what can be done to them."""
    walk = _Walk(settings, ("*",), tries=False)
    found = (*walk.closed(), *walk.blocks(), *walk.rules(), *walk.numbers())
    return {part.name for part in found} | walk.left_out.keys()


def fits(name: str, pattern: str) -> bool:
    """Whether a name fits a pattern, in which only ``*`` and ``?`` mean something."""
    rule = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(rule, name) is not None


class _Walk:
    """A walk through one scenario."""

    def __init__(self, settings: Settings, only: Sequence[str], *, tries: bool = True) -> None:
        self._settings, self._only, self._tries = settings, only, tries
        self._scenario = settings.base
        self._spec = settings.base.spec
        self.left_out: dict[str, str] = {}

    def asks(self, name: str) -> bool:
        """Whether the user asks for a part."""
        return any(fits(name, pattern) for pattern in self._only)

    # What is closed ----------------------------------------------------------------------------

    def closed(self) -> Iterator[Part]:
        """Give organisations, kinds of desk, stores and instruments that are open here."""
        compiled = self._settings.compiled(0)
        is_open = set(np.flatnonzero(compiled.world.phases.open.any(axis=0)).tolist())
        layout = compiled.layout
        owners, desks = (_units(names, is_open) for names in (layout.owners, layout.desks))
        stores = {layout.desks[unit] for unit in compiled.world.stores.unit.tolist()}
        meanings = dict(_meanings(self._scenario))
        for name in owners:
            yield from self._close("organisations", name, "organisation", meanings)
        for name, units in desks.items():
            same = next((owner for owner, all_its in owners.items() if all_its == units), None)
            kind: Kind = "store" if name in stores else "desk"
            if same is None:
                yield from self._close("desks", name, kind, meanings)
            else:
                self.left_out[f"desks.{name}"] = f"it is all that {same} has"
        for name in _instruments(compiled, self._spec.absent):
            yield from self._close("instruments", name, "instrument", meanings)

    def _close(self, key: str, name: str, kind: Kind, meanings: dict[str, str]) -> Iterator[Part]:
        before = self._spec.absent or Absent()
        put = {**before.model_dump(mode="json"), key: [*getattr(before, key), name]}
        way = Way(WITHOUT, (Put(ABSENT, "set", put),))
        yield from self._kept(f"{key}.{name}", kind, meanings.get(f"{key}.{name}", ""), [way])

    # What is removed ---------------------------------------------------------------------------

    def blocks(self) -> Iterator[Part]:
        """Give the parts of a declaration that a scenario may leave out as a whole."""
        for name in _looked_at():
            value, path = getattr(self._spec, name), (name,)
            if _may_be_left_out(self._spec, name):
                yield from self._remove_block(path)
            for inner in _optional(value, path):
                yield from self._remove_block(inner)

    def _remove_block(self, path: tuple[str | int, ...]) -> Iterator[Part]:
        name = dotted(path)
        yield from self._kept(
            name, "block", "", [Way(WITHOUT, (Put(name, "remove", operand=True),))]
        )

    def rules(self) -> Iterator[Part]:
        """Give rules, times of asking and handling codes of policies, by the file that has them."""
        settings = self._settings
        names, met = Names(settings.policies), rules_met(settings)
        puts: dict[str, list[Put]] = {}
        meanings: dict[str, str] = {}
        unmet: set[str] = set()
        for policy, known in zip(settings.policies, met, strict=True):
            at = f"{POLICIES}.{policy.name}"
            spec = policy.spec
            used = {spec.default_handling, *(spec.rules[number].handling for number in known)}
            for number, rule in enumerate(spec.rules):
                name = names.of(policy, f"rules[{number}]")
                meanings[name] = rule.meaning
                if number in known:
                    put = Put(f"{at}.rules[{number}]", "remove", operand=True)
                    puts.setdefault(name, []).append(put)
                else:
                    unmet.add(name)
            if spec.ask is not None:
                put = Put(f"{at}.ask", "remove", operand=True)
                puts.setdefault(names.of(policy, "ask"), []).append(put)
            for code, handling in spec.handling.items():
                if code in used and handling.onward != "free":
                    name, free = names.of(policy, f"handling.{code}"), {"onward": "free"}
                    value = {"meaning": handling.meaning, **free}
                    puts.setdefault(name, []).append(Put(f"{at}.handling.{code}", "set", value))
                    meanings[name] = handling.meaning
        self.left_out |= dict.fromkeys(sorted(unmet - puts.keys()), UNMET)
        for name, found in puts.items():
            ways = [Way(WITHOUT, tuple(found))]
            yield from self._kept(name, "rule", meanings.get(name, ""), ways)

    # What is halved and doubled ----------------------------------------------------------------

    def numbers(self) -> Iterator[Part]:
        """Give the numbers of threats and casework, posts among them."""
        counts = set(self._counts())
        fixed: dict[str, str] = {}
        for group in groups_of(self._scenario, self._settings.original, fixed, self._is_asked):
            name = group.name
            if not self.asks(name):
                continue
            found = list(self._factors(group)) if self._tries else []
            if name in counts and any(group.numbers):
                found.insert(0, Way(WITHOUT, (Put(f"{name}.value", "set", 0),)))
            is_post = name in counts and name.startswith(CASEWORK)
            kind: Kind = "post" if is_post or name.startswith(POSTS) else "number"
            yield from self._kept(name, kind, group.meaning, found)
        self.left_out |= {name: why for name, why in fixed.items() if why != NO_NUMBER}

    def _is_asked(self, row: SourceRow) -> bool:
        """Whether a declaration is a number of a threat, of casework, or of a table they need."""
        table, is_table, _ = row.path.partition(_CSV)
        if is_table:
            return table in self._spec.tables_needed
        return re.split(r"[.\[]", row.path)[0] in _looked_at()

    def _counts(self) -> Iterator[str]:
        for name in _looked_at():
            yield from map(dotted, _of_type(Count, getattr(self._spec, name), (name,)))

    def _factors(self, group: Group) -> Iterator[Way]:
        """Give the factors that a group may be multiplied by, as far as 0.5 and 2."""
        found = range_of(self._settings, group, FACTOR)
        if isinstance(found, str):
            self.left_out[group.name] = found
            return
        for factor in found:
            if changes_something(self._settings.original, group, factor) and factor != 1:
                puts = tuple(Put(path, "times", factor) for path in group.paths)
                yield Way(f"x {factor:.3g}", puts)

    # What can be done --------------------------------------------------------------------------

    def _kept(self, name: str, kind: Kind, meaning: str, ways: Iterable[Way]) -> Iterator[Part]:
        """Give a part with those of its ways that break no rule."""
        if not self.asks(name):
            return
        if not self._tries:
            yield Part(name, kind, meaning, tuple(ways))
            return
        kept = []
        for way in ways:
            try:
                self._hold(way)
            except SpecError as error:
                self.left_out[f"{name} {way.label}"] = error.rule
            else:
                kept.append(way)
        if kept:
            yield Part(name, kind, meaning, tuple(kept))

    def _hold(self, way: Way) -> None:
        changes = tuple(Change(put.path, put.how, (None, put.operand)) for put in way.puts)
        self._settings.varied((way.label,), np.ones((1, 1)), (changes,)).hold(0)


def _looked_at() -> tuple[str, ...]:
    """Fields of a scenario that threats and casework are declared in."""
    return tuple(
        name for name in Scenario.model_fields if name not in _DESCRIBED and name not in _OF_DESKS
    )


def _units(names: Sequence[str], is_open: set[int]) -> dict[str, set[int]]:
    """Return the open units of each name."""
    found: dict[str, set[int]] = {}
    for unit, name in enumerate(names):
        if unit in is_open:
            found.setdefault(name, set()).add(unit)
    return found


def _instruments(compiled: Compiled, absent: Absent | None) -> list[str]:
    """Return the instruments that join two desks here."""
    gone = set(absent.instruments) if absent else set()
    names = (name.partition(":")[0] for name in compiled.world.channels.names)
    return [name for name in dict.fromkeys(names) if name not in gone]


def _meanings(scenario: LoadedScenario) -> Iterator[tuple[str, str]]:
    """Give what organisations, desks and instruments are in words."""
    place = scenario.atlas.place
    for code, member in scenario.atlas.members.items():
        yield f"organisations.{code}", member.name
    for name, desk in place.national.items():
        yield f"desks.{name}", desk.meaning
    for body, spec in place.bodies.items():
        yield f"organisations.{body}", spec.meaning
        yield from ((f"desks.{body}.{desk}", one.meaning) for desk, one in spec.desks.items())
    for name, way in place.instruments.items():
        yield f"instruments.{name}", way.meaning


def _may_be_left_out(model: Spec, name: str) -> bool:
    """Whether a field holds a declaration that need not be there."""
    value, info = getattr(model, name), type(model).model_fields[name]
    is_block = isinstance(value, Spec) and not isinstance(value, Sourced)
    return is_block and not info.is_required() and info.default is None


def _optional(value: object, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    """Give the paths of declarations within one that need not be there."""
    for key, inner in children(value):
        if isinstance(value, Spec) and _may_be_left_out(value, str(key)):
            yield (*path, key)
        yield from _optional(inner, (*path, key))


def _of_type(
    kind: type[Spec], value: object, path: tuple[str | int, ...]
) -> Iterator[tuple[str | int, ...]]:
    """Give the paths of declarations of a type."""
    if isinstance(value, kind):
        yield path
    for key, inner in children(value):
        yield from _of_type(kind, inner, (*path, key))

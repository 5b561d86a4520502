"""Changes of a declared document: which number, and what it becomes.

A document is what scenarios and policies give by `document()`: plain JSON types, with durations as
text. Beside it goes a tree of the same shape with the values of the models themselves, which tells
a duration (a number of hours there) from text, and a count from a number.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import BaseModel

from scenarios.changing.paths import MISSING, Path, Step, at, child, expanded, steps_of
from scenarios.errors import SpecError, dotted
from scenarios.reading import LoadedPolicy, LoadedScenario
from scenarios.schema import format_hours, parse_hours

How = Literal["set", "add", "times", "raise", "lower", "remove"]

PLACE: Final = "place"
"""First step of a path that leads into the content of the place."""

POLICIES: Final = "policies"
"""First step of a path that leads into a policy; the second is its name."""

ABSENT: Final = "absent"
"""What of the place takes no part; a path may lead there whether a scenario declares it or not."""

_PROVENANCE: Final = frozenset({"source", "assumed"})


@dataclass(frozen=True)
class Change:
    """What the number in a column of a design does to a document.

    Parameters
    ----------
    path
        Dotted path in the scenario's document, such as ``desks.police.reads.value``; it begins
        with ``place.`` where it leads into the content of the place, and with ``policies.NAME.``
        where it leads into a policy.
    how
        ``set``: the number is put there (hours, where a duration is declared). ``add``: entries are
        added to a table, where it has none of their names, or to a list. ``times``: every
        number and duration there is multiplied by it. Counts are rounded to the nearest whole
        number, and never from 1 or more to 0. ``raise`` and ``lower``: a chance p there becomes
        1 - (1 - p)(1 - number), or p (1 - number). ``remove``: what stands there is taken out of
        the table or the list that it is in, after everything else was done.
    levels
        Where given, the number is a position in this list, and what stands there is put or
        multiplied by; None leaves the document as it is. To remove something, any other level.
    """

    path: str
    how: How = "set"
    levels: tuple[Any, ...] = ()

    @property
    def is_of_policy(self) -> bool:
        """Whether it changes a policy, not the scenario."""
        return self.path.partition(".")[0] == POLICIES

    def operand(self, number: float) -> object:
        """Return what is put or multiplied by; None if nothing changes."""
        if not self.levels:
            return number
        position = int(number)
        if position != number or not 0 <= position < len(self.levels):
            raise SpecError(
                f"a level is a whole number from 0 to {len(self.levels) - 1}",
                "draw the table of the design again",
                where=self.path,
                value=number,
            )
        return self.levels[position]

    def document(self) -> dict[str, Any]:
        """Return it as plain JSON content."""
        own: dict[str, Any] = {"path": self.path, "how": self.how}
        return own | ({"levels": list(self.levels)} if self.levels else {})

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Change:
        """Return the change whose `document()` this is."""
        return cls(document["path"], document["how"], tuple(document.get("levels", ())))


@dataclass(frozen=True, eq=False)
class Original:
    """A document as declared, and the values of its models.

    It is that of a scenario, with the content of the place under `PLACE` and the policies that run
    in it, by name, under `POLICIES`.
    """

    plain: dict[str, Any]
    typed: dict[str, Any]
    models: dict[str, Any]
    """What was made of `plain`: the parts of the scenario, and under `POLICIES` the policies."""

    @classmethod
    def of(cls, scenario: LoadedScenario, policies: Sequence[LoadedPolicy] = ()) -> Original:
        """Take the documents of a scenario and of policies apart."""
        plain = {ABSENT: {}, **scenario.document()}
        plain[PLACE] = plain.pop("place_content")
        del plain[PLACE]["neighbours"]  # pairs of names: no number, and no declaration
        plain[POLICIES] = {policy.name: policy.content() for policy in policies}
        atlas = scenario.atlas
        typed = {ABSENT: {}, **_typed(scenario.spec)}
        typed[PLACE] = {
            **_typed(atlas.place),
            **{name: _typed(list(getattr(atlas, name).values())) for name in _TABLES},
        }
        typed[POLICIES] = {policy.name: _typed(policy.spec) for policy in policies}
        models = {**vars(scenario.spec), POLICIES: {one.name: one.spec for one in policies}}
        return cls(plain, typed, models)

    def steps(self, path: str) -> Path:
        """Return the keys and positions of a dotted path.

        Raises
        ------
        SpecError
            If the path leads nowhere.
        """
        return steps_of(self.plain, path)

    def expanded(self, path: str) -> tuple[str, ...]:
        """Return the paths that a path with ``*`` in it stands for; one without is itself.

        Raises
        ------
        SpecError
            If there is none.
        """
        return expanded(self.plain, path)

    def reached(self, path: str) -> tuple[Path, ...]:
        """Return the steps to all that a path stands for; none where it leads nowhere.

        Raises
        ------
        SpecError
            If no lane depends on what stands there.
        """
        try:
            found = tuple(self.steps(one) for one in self.expanded(path))
        except SpecError:
            return ()
        self.changeable(path)
        return found

    def changeable(self, path: str) -> tuple[str, ...]:
        """Return the paths that a path to change stands for.

        Raises
        ------
        SpecError
            If there is none, one leads nowhere, or no lane depends on what stands there.
        """
        paths = self.expanded(path)
        for one in paths:
            steps = self.steps(one)
            if _is_idle(steps, self.plain_at(steps)):
                raise SpecError(
                    f"what happens does not depend on {one}, so that nothing would change",
                    "name a number, a word or a declaration that the model reads",
                    where=one,
                )
        return paths

    def plain_at(self, steps: Path) -> Any:  # noqa: ANN401 - plain data of any shape
        """Return what stands in the document."""
        return at(self.plain, steps)

    def typed_at(self, steps: Path) -> Any:  # noqa: ANN401 - as above
        """Return the value of the model; None where only the document has it."""
        found = at(self.typed, steps)
        return None if found is MISSING else found

    def spot(self, path: str) -> tuple[Any, Any]:
        """Return what stands at a path, in the document and in the model.

        Raises
        ------
        SpecError
            If the path leads nowhere.
        """
        steps = self.steps(path)
        return self.plain_at(steps), self.typed_at(steps)

    def patched(self, changes: Sequence[tuple[Change, float]]) -> dict[str, Any]:
        """Return the document with changes made one after the other.

        The document is laid out as here. What no change leads into is the very object that stands
        in `plain`, and so are its parts; nobody may write into them.

        Raises
        ------
        SpecError
            If a change does not fit what is declared; `where` is its path.
        """
        document = self.plain
        removed: list[Path] = []
        for change, number in changes:
            steps = self.steps(change.path)
            operand = change.operand(number)
            if operand is None:
                continue
            _check_settable(change, steps, operand)
            if change.how == "remove":
                removed.append(steps)
                continue
            value = _changed(at(document, steps), self.typed_at(steps), change, operand)
            document = _replaced(document, steps, value)
        for steps in sorted(removed, key=_position, reverse=True):  # the last of a list first
            document = _without(document, steps)
        return document


_RULES: Final = ".rules"

_SAID: Final = frozenset({"meaning", "source", "assumed", "label"})
"""Keys of text for a reader."""

_UNREAD: Final = (
    ("scenario",),
    ("baseline",),
    ("outcomes",),
    (PLACE, "place"),
    (PLACE, "groups_as_neighbours"),  # who neighbours whom was worked out from it
)
"""What no lane depends on, with all that is in it."""

_UNREAD_OF_MEMBERS: Final = frozenset({"name", "external_air_border"})

_READ_BEFORE: Final = frozenset({"policy", "extends", "abstract", "not_for", "guidelines"})
"""Keys of a policy that say how its file is read, which is done by then, and how it is filed."""


def _is_idle(steps: Path, plain: object) -> bool:
    """Whether no lane depends on what stands at a path."""
    of_members = steps[:2] == (PLACE, "members") and steps[-1] in _UNREAD_OF_MEMBERS
    is_said = steps[-1] in _SAID and isinstance(plain, str)
    return of_members or is_said or any(steps[: len(path)] == path for path in _UNREAD)


def _check_settable(change: Change, steps: Path, value: object) -> None:
    """Refuse to put another place or policy in the place of one, and what would do nothing."""
    if steps[0] == POLICIES and steps[2:3] and steps[2] in _READ_BEFORE:
        raise _refused(
            change,
            value,
            f"`{steps[2]}` says how the file of a policy is read, and changes nothing here",
            "name a number of its rules, or write another policy and compare the two",
        )
    is_place = steps == (PLACE,)
    if change.how == "set" and (is_place or (steps[0] == POLICIES and len(steps) <= 2)):  # noqa: PLR2004 - the name
        raise _refused(
            change,
            value,
            f"a {'place' if is_place else 'policy'} is not replaced",
            "name something in it",
        )


def _replaced(node: Any, steps: Sequence[Step], value: object) -> Any:  # noqa: ANN401 - plain data
    """Return a document with another value somewhere, sharing all that is not above it."""
    if not steps:
        return value
    made = copy.copy(node)
    made[steps[0]] = _replaced(node[steps[0]], steps[1:], value)
    return made


def _without(document: Any, steps: Path) -> Any:  # noqa: ANN401 - plain data
    """Return a document without what stands somewhere, sharing all that is not above it."""
    *above, last = steps
    holder = copy.copy(at(document, tuple(above)))
    del holder[last]
    return _replaced(document, above, holder)


def _position(steps: Path) -> int:
    """Return the position in a list that steps end at; 0 for a key."""
    return steps[-1] if isinstance(steps[-1], int) else 0


_TABLES: Final = ("members", "civil_protection")


def leaves(plain: object, typed: object, path: Path = ()) -> Iterator[tuple[Path, float | int]]:
    """Give the numbers and durations (in hours) of a part of a document, with their paths."""
    if isinstance(plain, dict):
        for key, value in plain.items():
            if key not in _PROVENANCE:
                yield from leaves(value, child(typed, key), (*path, key))
    elif isinstance(plain, list):
        for number, value in enumerate(plain):
            yield from leaves(value, child(typed, number), (*path, number))
    elif isinstance(typed, int | float) and not isinstance(typed, bool):
        yield path, typed


def is_number(value: object) -> bool:
    """Whether a value is a number, and not true or false."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_duration(plain: object, typed: object) -> bool:
    """Whether a duration stands there: text in the document, hours in the model."""
    return isinstance(plain, str) and isinstance(typed, float)


def whole(number: float, *, at_least_one: bool) -> int:
    """Round to the nearest whole number, halves upwards."""
    rounded = math.floor(number + 0.5)
    return max(1, rounded) if at_least_one else rounded


def _changed(plain: object, typed: object, change: Change, operand: object) -> object:
    if change.how == "times":
        if not is_number(operand):
            raise _refused(change, operand, "a factor is a number", "write for example 1.5")
        return _scaled(plain, typed, float(operand))  # type: ignore[arg-type]
    if change.how in {"raise", "lower"}:
        return _moved(plain, typed, change, operand)
    if change.how == "add":
        return _grown(plain, change, operand)
    return _set(plain, typed, change, operand)


def _grown(plain: object, change: Change, operand: object) -> object:
    """Return a table or a list with what is added; rules come before those that are there."""
    if isinstance(plain, dict) and isinstance(operand, dict):
        return plain | {name: thing for name, thing in operand.items() if name not in plain}
    if isinstance(plain, list) and isinstance(operand, list):
        new = [thing for thing in operand if thing not in plain]
        return [*new, *plain] if change.path.endswith(_RULES) else [*plain, *new]
    raise _refused(
        change,
        operand,
        "things are added to a table by name, and to a list as a list",
        "name a table and write {name: ...}, or name a list and write [...]",
    )


def _moved(plain: object, typed: object, change: Change, operand: object) -> float:
    """Return a chance that is raised or lowered by a share."""
    if not (isinstance(plain, int | float) and is_number(typed) and 0 <= plain <= 1):
        raise _refused(
            change,
            plain,
            "what is raised or lowered is a chance, a number within 0 and 1",
            "name a chance, or write `times:`",
        )
    if not (isinstance(operand, int | float) and 0 <= operand <= 1):
        raise _refused(change, operand, "a chance is moved by a share within 0 and 1", "write 0.3")
    return 1 - (1 - plain) * (1 - operand) if change.how == "raise" else plain * (1 - operand)


def _set(plain: object, typed: object, change: Change, operand: Any) -> object:  # noqa: ANN401 - any level
    """Return what is put there: a number becomes the duration or count that is declared."""
    if change.levels:
        if not is_number(operand) or not (is_number(typed) or isinstance(plain, dict | list)):
            return copy.deepcopy(operand)
        if is_duration(plain, typed):
            raise _refused(
                change,
                operand,
                "a duration is declared there, and needs a unit",
                f"add one, for example {operand:g} h",
            )
    if isinstance(plain, dict | list):
        raise _refused(
            change,
            operand,
            "a number is put where a number stands; this path leads to a whole declaration",
            f"add the name of a number in it ({_numbers_in(plain, typed)}), or "
            + ("write a whole declaration" if change.levels else "use `times:`"),
        )
    if is_duration(plain, typed):
        return _duration(float(operand), change)
    if not is_number(typed):
        raise _refused(
            change,
            operand,
            "a number is put where a number or a duration is declared",
            "write `values:` with what may stand there",
        )
    if isinstance(typed, int):
        if float(operand) != int(operand):
            raise _refused(
                change, operand, "a count is a whole number", "write whole numbers for it"
            )
        return int(operand)
    return float(operand)


def _duration(hours: float, change: Change) -> str:
    if hours < 0:
        raise _refused(change, hours, "a delay cannot be negative", "write 0 h or a longer time")
    return format_hours(hours)


def _numbers_in(plain: object, typed: object) -> str:
    names = [dotted(path) for path, _ in leaves(plain, typed)]
    return ", ".join(names[:8]) or "it has none"


def _refused(change: Change, value: object, rule: str, remedy: str) -> SpecError:
    return SpecError(rule, remedy, where=change.path, value=value)


def _scaled(plain: object, typed: object, factor: float) -> object:
    """Return a part of a document with every number and duration in it multiplied."""
    if isinstance(plain, dict):
        return {
            key: value if key in _PROVENANCE else _scaled(value, child(typed, key), factor)
            for key, value in plain.items()
        }
    if isinstance(plain, list):
        return [_scaled(value, child(typed, n), factor) for n, value in enumerate(plain)]
    if is_duration(plain, typed):
        return format_hours(parse_hours(plain) * factor)
    if isinstance(plain, bool) or not isinstance(plain, int | float):
        return plain
    if isinstance(plain, int):
        return whole(plain * factor, at_least_one=plain >= 1)
    return plain * factor


def _typed(value: object) -> Any:  # noqa: ANN401 - the shape of the declaration
    """Return the values of a model as mappings and lists, without what is None."""
    if isinstance(value, BaseModel):
        pairs = ((name, getattr(value, name)) for name in type(value).model_fields)
        return {name: _typed(item) for name, item in pairs if item is not None}
    if isinstance(value, Mapping):
        return {str(key): _typed(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_typed(item) for item in value]
    return value

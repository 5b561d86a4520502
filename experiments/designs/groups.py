"""Which numbers of a scenario belong together, and which of them are guesses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from scenarios.changing import PLACE, Original, leaves
from scenarios.errors import dotted

if TYPE_CHECKING:
    from scenarios import LoadedScenario
    from scenarios.schema import SourceRow

_TOGETHER: Final = (
    frozenset({"median", "p95"}),
    frozenset({"low", "high"}),
    frozenset({"base", "per_10k_police"}),
)
_SHARES: Final = ("share", "chance")
_CSV: Final = ".csv."

NO_NUMBER: Final = "there is no number in it"


@dataclass(frozen=True)
class Group:
    """Numbers that get one factor."""

    name: str
    paths: tuple[str, ...]
    numbers: tuple[float, ...]
    are_shares: bool
    why: str
    meaning: str = ""
    """What it is in words, where its name does not say so."""


def is_guess(row: SourceRow) -> bool:
    """Whether a declaration is a guess, or its source says that the number itself is one."""
    return row.kind == "assumed" or "assumed" in row.text.lower()


def groups_of(
    scenario: LoadedScenario,
    original: Original,
    fixed: dict[str, str],
    wanted: Callable[[SourceRow], bool] = is_guess,
) -> Iterator[Group]:
    """Give the numbers of a scenario and its place, in groups that get one factor.

    Parameters
    ----------
    fixed
        Takes the names of declarations that cannot be varied, with the reason.
    wanted
        Which declarations to look at.
    """
    for row in scenario.sources():
        if not wanted(row):
            continue
        if _CSV in row.path:
            made = _of_table(scenario, original, row.path, row.text)
        elif reason := _unused(scenario, row.path):
            made = reason
        else:
            made = list(_of_declaration(scenario, original, row.path, row.text))
        if isinstance(made, str):
            fixed[row.path] = made
        elif not made:
            fixed[row.path] = NO_NUMBER
        else:
            yield from made


def _of_table(
    scenario: LoadedScenario, original: Original, path: str, why: str
) -> list[Group] | str:
    """Return the numbers of a column of the place's tables as one group."""
    table, _, column = path.partition(_CSV)
    rows = original.plain[PLACE].get(table)
    if not isinstance(rows, list) or not rows or column not in rows[0]:
        return "the engine does not read it as a number"
    if table not in scenario.spec.tables_needed:
        return "this scenario does not use the table"
    paths = tuple(f"{PLACE}.{table}[{number}].{column}" for number in range(len(rows)))
    numbers = tuple(float(number) for one in paths for _, number in leaves(*original.spot(one)))
    if len(numbers) < len(paths):
        return NO_NUMBER
    are_shares = all(0 <= number <= 1 for number in numbers)
    return [Group(f"{PLACE}.{table}.{column}", paths, numbers, are_shares, why)]


def _unused(scenario: LoadedScenario, path: str) -> str | None:
    """Say why a number of the place has no effect, if no desk of the scenario meets it."""
    start = f"{PLACE}.instruments."
    if path.startswith(start):
        name = path.removeprefix(start).partition(".")[0]
        joined = scenario.atlas.place.instruments[name].connections
        if not any(set(one.between) <= set(scenario.spec.desks) for one in joined):
            return "no two desks of this scenario are joined by it"
    return None


def _of_declaration(
    scenario: LoadedScenario, original: Original, path: str, why: str
) -> Iterator[Group]:
    """Split a declaration into numbers that belong together."""
    plain, typed = original.spot(path)
    parts: dict[tuple[str, ...], list[tuple[str, float]]] = {}
    for steps, number in leaves(plain, typed):
        first, inner = str(steps[0]), plain[steps[0]]
        if _is_inside_another(plain, steps):
            continue
        family = next((one for one in _TOGETHER if first in one), None)
        key = (first,) if isinstance(inner, dict) or family is None else tuple(sorted(family))
        parts.setdefault(key, []).append((f"{path}.{dotted(steps)}", float(number)))
    own = scenario.spec if not path.startswith(f"{PLACE}.") else scenario.atlas.place
    for key, found in parts.items():
        is_all = len(parts) == 1
        name = path if is_all else f"{path}.{key[0] if len(key) == 1 else '+'.join(key)}"
        yield Group(
            name=name,
            paths=tuple(one for one, _ in found),
            numbers=tuple(number for _, number in found),
            are_shares=_are_shares(own, original, path, key, [number for _, number in found]),
            why=why,
        )


def _is_inside_another(plain: Any, steps: Sequence[str | int]) -> bool:  # noqa: ANN401 - plain data
    """Whether a number belongs to a declaration within this one, which has a source of its own."""
    for step in steps[:-1]:
        plain = plain[step]
        if _has_provenance(plain):
            return True
    return False


def _has_provenance(value: object) -> bool:
    if isinstance(value, list):
        return any(map(_has_provenance, value))
    return isinstance(value, dict) and bool({"source", "assumed"} & value.keys())


def _are_shares(
    model: object, original: Original, path: str, key: tuple[str, ...], numbers: Sequence[float]
) -> bool:
    """Whether numbers are shares: the models call them so, and they lie within 0 and 1."""
    if not all(0 <= number <= 1 for number in numbers):
        return False
    steps = original.steps(path)
    texts = [_description(model, steps)]
    inner = _model_at(model, steps)
    if inner is not None:
        texts += [_description(inner, (one,)) for one in key]
    return any(text.lower().startswith(_SHARES) for text in texts)


def _description(model: object, steps: Sequence[str | int]) -> str:
    """Return what the models say about a field; about one of many, what they say about all."""
    *above, last = steps
    holder = _model_at(model, above)
    if isinstance(holder, dict) and above:
        return _description(model, above)
    fields = getattr(type(holder), "model_fields", {})
    return (fields[last].description or "") if last in fields else ""


def _model_at(model: object, steps: Sequence[str | int]) -> Any:  # noqa: ANN401 - any part of a model
    for step in steps:
        if isinstance(model, dict | list | tuple):
            model = model[step]  # type: ignore[index]
        elif step != PLACE:
            model = getattr(model, str(step), None)
    return model

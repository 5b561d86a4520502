"""Changes of the catalogue's files, from the harmless to the absurd."""

from __future__ import annotations

import copy
import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.kit import (
    Document,
    Kit,
    Pairs,
    documents,
    folders,
    hurried_documents,
    hurry,
    texts,
    whole,
    write,
)
from tests.fuzz.values import (
    BYTES,
    CELLS,
    CONTROLS,
    DURATIONS,
    KEYS,
    LEGAL_DURATIONS,
    NOT_NUMBERS,
    NUMBERS,
    PATHS,
    RAWS,
    SHARES,
    STRUCTURES,
    TEXTS,
    TICKS,
    TIMES,
)

Draw = Callable[..., Any]
Spot = tuple[Any, Any]
"""A container of a document and a key or position in it."""


@dataclass(frozen=True)
class Case:
    """A changed catalogue: the files, which was changed, and in words what was done."""

    kit: Kit = field(repr=False)
    changed: str
    did: str

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Tell Hypothesis what to print; the kit would fill pages."""
        del cycle
        printer.text(f"{self.changed}: {self.did}")

    @property
    def option(self) -> tuple[str, ...]:
        """The option of `compare` that takes the changed file, if it is a measure or programme."""
        kind = PurePosixPath(self.changed).parts[0]
        return (f"--{kind}",) if kind in {"measures", "programmes"} else ()

    def scenario(self) -> str:
        """A scenario that the change bears on: the changed one, or one with what is changed."""
        if self.changed in folders("scenarios"):
            return self.changed
        if self.option:
            return "scenarios/three-at-once.yaml"
        place = PurePosixPath(self.changed).parent.name
        at = {path: str(documents()[path].get("place")) for path in folders("scenarios")}
        near = [path for path, where in at.items() if where.endswith(f"/{place}")]
        near += [path for path in at if self.changed in _named_in(path)]
        return (near or list(at))[0]

    def policy(self) -> str:
        """The changed policy, one that extends it, or the baseline of the scenario."""
        if self.changed not in folders("policies"):
            return f"policies/{documents()[self.scenario()].get('baseline', 'bilateral')}.yaml"
        if not documents()[self.changed].get("abstract"):
            return self.changed
        base = f"./{PurePosixPath(self.changed).name}"
        heirs = (path for path, content in documents().items() if content.get("extends") == base)
        return next(heirs, self.changed)

    def target(self) -> str:
        """What to name to `validate`: the changed file; the folder of a place for its tables."""
        path = PurePosixPath(self.changed)
        in_table = path.parts[0] == "places" and path.name != "place.yaml"
        return path.parent.as_posix() if in_table else self.changed


def _named_in(path: str) -> set[str]:
    """Return the threats and procedures that a file names, and those that they name."""
    document: Mapping[str, Any] = documents()[path]
    parts = (document.get(key) or {} for key in ("threats", "procedures"))
    named = {
        value.removeprefix("../")
        for part in parts
        for value in part.values()
        if isinstance(value, str)
    }
    return named.union(*map(_named_in, named))


# Documents -----------------------------------------------------------------------------------


def _spots(value: Any) -> Iterator[Spot]:
    """Every key and position of a document, from the top."""
    keys: list[Any] = []
    if isinstance(value, dict):
        keys = list(value)
    elif isinstance(value, list):
        keys = list(range(len(value)))
    for key in keys:
        yield value, key
        yield from _spots(value[key])


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_duration(value: object) -> bool:
    return isinstance(value, str) and value[:1].isdigit() and value.endswith((" h", " d", " y"))


def _drop(draw: Draw, container: Any, key: Any) -> None:
    del draw
    del container[key]


def _rename(draw: Draw, container: Any, key: Any) -> None:
    if isinstance(container, dict):
        name = draw(st.sampled_from((*KEYS, f"{key}x", str(key)[1:], str(key).upper())))
        pairs = [(name if old == key else old, value) for old, value in container.items()]
        container.clear()
        container.update(pairs)


def _repeat(draw: Draw, container: Any, key: Any) -> None:
    """Let an item, or a key under other names, stand there many times."""
    times = draw(st.sampled_from((1, 1, 2, 64, 300, 5_000)))
    value = container[key]
    if isinstance(container, list):
        container[key:key] = [value] * times
    elif isinstance(value, dict) and value:
        name, item = draw(st.sampled_from(list(value.items())))
        value.update({f"{name}-{number}x": item for number in range(times)})
    elif isinstance(value, list) and value:
        value += [draw(st.sampled_from(value))] * times
    else:
        container[f"{key} "] = value


def _twice(draw: Draw, container: Any, key: Any) -> None:
    """Let one key stand twice in a mapping."""
    value = container[key]
    if isinstance(value, dict) and value:
        pairs: list[tuple[object, object]] = [(str(name), item) for name, item in value.items()]
        container[key] = Pairs([*pairs, draw(st.sampled_from(pairs))])


def _odd(draw: Draw, container: Any, key: Any) -> None:
    choices = (*STRUCTURES, *RAWS, *CONTROLS, *NOT_NUMBERS, *NUMBERS, *TEXTS, *DURATIONS)
    container[key] = draw(st.sampled_from(choices))


def _other(draw: Draw, container: Any, key: Any) -> None:
    """Put another value of the same sort there."""
    container[key] = draw(st.sampled_from(_like(key, container[key])))


def _like(key: object, value: object) -> tuple[object, ...]:
    by_key: Mapping[object, tuple[object, ...]] = {"tick": TICKS, "extends": PATHS, "place": PATHS}
    if key in by_key:
        return by_key[key]
    if isinstance(value, bool):
        return (True, False)
    if _is_number(value):
        return NUMBERS
    if _is_duration(value):
        return DURATIONS
    return TEXTS if isinstance(value, str) else STRUCTURES


def _legal(draw: Draw, container: Any, key: Any) -> None:
    """Put a value there that is mostly legal, but perhaps extreme."""
    value = container[key]
    if _is_duration(value):
        at = draw(st.integers(0, len(LEGAL_DURATIONS) - 1))
        container[key] = LEGAL_DURATIONS[at]
        if {"median", "p95"} <= set(container):
            container["median"] = LEGAL_DURATIONS[at]
            container["p95"] = LEGAL_DURATIONS[at : at + 4][draw(st.integers(-1, 0))]
    elif not _is_number(value):
        container[key] = draw(st.sampled_from(_like(key, value)))
    elif isinstance(value, float) and 0 <= value <= 1 and draw(st.booleans()):
        container[key] = draw(st.sampled_from(SHARES))
    else:
        scaled = type(value)(value * draw(st.sampled_from(TIMES)))
        container[key] = draw(st.sampled_from((scaled, scaled, draw(st.sampled_from(NUMBERS)))))


def _move(draw: Draw, container: Any, key: Any) -> None:
    """Put a value of one place into another."""
    catalogue = documents()[draw(st.sampled_from(sorted(documents())))]
    other, where = draw(st.sampled_from(list(_spots(catalogue))))
    container[key] = copy.deepcopy(other[where])


Change = Callable[[Draw, Any, Any], None]
CHANGES: tuple[Change, ...] = (
    *(_other, _other, _other, _drop, _rename, _repeat, _twice, _odd, _move),
)


def _groups(document: Document, *, only_numbers: bool) -> list[list[Spot]]:
    """Groups of spots to choose one from; prose abounds, so that numbers need one of their own."""
    spots = list(_spots(document))
    numbers = [(c, k) for c, k in spots if _is_number(c[k]) or _is_duration(c[k])]
    if only_numbers:
        return [numbers + [(c, k) for c, k in spots if k == "tick"] * 5]
    texts_ = [(c, k) for c, k in spots if isinstance(c[k], str)]
    return [group for group in (spots[:40], numbers, spots, texts_) if group]


def _change_document(
    draw: Draw, path: str, changes: tuple[Change, ...], *, hurried: bool = False
) -> Case:
    kit, document = whole(), documents()[path]
    if hurried:
        kit, document = {**kit, **hurry()}, hurried_documents().get(path, document)
    document = copy.deepcopy(document)
    did = []
    for _ in range(draw(st.sampled_from((1, 1, 1, 2, 3)))):
        groups = _groups(document, only_numbers=changes == (_legal,))
        if not groups:
            break
        container, key = draw(st.sampled_from(draw(st.sampled_from(groups))))
        before, change = container[key], draw(st.sampled_from(changes))
        change(draw, container, key)
        did.append(f"{change.__name__} {key!r} (was {str(before)[:60]!r})")
    return Case({**kit, path: write(document)}, path, "; ".join(did))


# Tables --------------------------------------------------------------------------------------


def _change_table(draw: Draw, path: str) -> Case:
    rows = list(csv.reader(io.StringIO(texts()[path].decode("utf-8-sig"))))
    what = draw(
        st.sampled_from(("cell", "cell", "cell", "drop", "repeat", "column", "only", "add"))
    )
    row = draw(st.integers(0, len(rows) - 1))
    column = draw(st.integers(0, len(rows[0]) - 1))
    if what == "cell":
        rows[row][min(column, len(rows[row]) - 1)] = draw(st.sampled_from(CELLS))
    elif what == "drop":
        del rows[row]
    elif what == "repeat":
        rows[row:row] = [rows[row]] * draw(st.sampled_from((1, 2, 60, 3_000, 12_000)))
    elif what == "column":
        rows = [cells[:column] + cells[column + 1 :] for cells in rows]
    elif what == "only":
        rows = rows[: row + 1]
    else:  # rows with other codes, so that none is the same as another
        codes = [f"{a}{b}" for a in "QXYZ" for b in "ABCDEFGHIJKLMNOP"]
        rows += [[code, *rows[-1][1:]] for code in codes[: draw(st.sampled_from((1, 25, 64)))]]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return Case({**whole(), path: text.getvalue().encode()}, path, f"{what} {row} {column}")


# Bytes ---------------------------------------------------------------------------------------

RECODED: tuple[Callable[[bytes], bytes], ...] = (
    lambda data: data.decode().encode("utf-16"),
    lambda data: data.decode().encode("utf-32"),
    lambda data: data.decode().encode("utf-16-be"),
    lambda data: data.decode().encode("latin-1", "replace"),
    lambda data: data.decode().encode("cp037", "replace"),
    lambda data: b"\xef\xbb\xbf" + data,
    lambda data: b"\xef\xbb\xbf" * 2 + data,
    lambda data: data.replace(b"\n", b"\r\n"),
    lambda data: data.replace(b"\n", b"\r"),
    lambda data: data.replace(b"\n", b"\xc2\x85"),
    lambda data: data.replace(b"\n", b" "),
    lambda data: data.replace(b" ", b"\t"),
    lambda data: data * 2,
    lambda data: data * 40,
    lambda data: data[::-1],
    lambda data: data[:0],
    lambda data: b"#" + data,
    lambda data: data.upper(),
)


def _change_bytes(draw: Draw, data: bytes) -> tuple[bytes, str]:
    what = draw(st.sampled_from(("flip", "insert", "cut", "truncate", "copy", "recode")))
    at, start = (draw(st.integers(0, max(0, len(data) - 1))) for _ in range(2))
    size = draw(st.sampled_from((1, 2, 5, 30, 300)))
    if what == "recode":
        number = draw(st.integers(0, len(RECODED) - 1))
        try:
            return RECODED[number](data), f"recode {number}"
        except UnicodeError:
            what = "cut"
    flipped = bytes(byte ^ (1 << draw(st.integers(0, 7))) for byte in data[at : at + 1])
    middle = {
        "flip": flipped + data[at + 1 :],
        "insert": draw(st.sampled_from(BYTES) | st.binary(min_size=1, max_size=4)) + data[at:],
        "cut": data[at + size :],
        "truncate": b"",
        "copy": data[start : start + size] + data[at:],
    }
    return data[:at] + middle[what], f"{what} at {at}"


# Strategies ----------------------------------------------------------------------------------


@st.composite
def documents_changed(draw: Draw, *kinds: str) -> Case:
    """A YAML file of the catalogue with one to three changes of its structure."""
    paths = [path for path in documents() if path.split("/", maxsplit=1)[0] in kinds]
    return _change_document(draw, draw(st.sampled_from(paths)), CHANGES)


@st.composite
def numbers_changed(draw: Draw) -> Case:
    """A YAML file with one to three values that are mostly legal and often extreme."""
    paths = [path for path in documents() if not path.endswith("columns.yaml")]
    path = draw(st.sampled_from(paths + folders("scenarios") * 5))
    return _change_document(draw, path, (_legal,), hurried=draw(st.booleans()))


@st.composite
def tables_changed(draw: Draw) -> Case:
    """A table of a place with a change."""
    paths = [path for path in folders("places") if path.endswith(".csv")]
    return _change_table(draw, draw(st.sampled_from(paths)))


@st.composite
def bytes_changed(draw: Draw) -> Case:
    """Any file with one to three changes of its bytes."""
    path = draw(st.sampled_from(sorted(whole())))
    data = whole()[path]
    assert isinstance(data, bytes)
    did = []
    for _ in range(draw(st.sampled_from((1, 1, 2, 3)))):
        data, what = _change_bytes(draw, data)
        did.append(what)
    return Case({**whole(), path: data}, path, "; ".join(did))

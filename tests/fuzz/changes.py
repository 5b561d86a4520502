"""Changes of the catalogue's files, from the harmless to the absurd."""

from __future__ import annotations

import copy
import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.kit import (
    HORIZON,
    LONGER,
    Content,
    Document,
    Kit,
    Pairs,
    Raw,
    documents,
    folders,
    texts,
    whole,
    write,
)

Draw = Callable[..., Any]
Spot = tuple[Any, Any]
"""A container of a document and a key or position in it."""

NUMBERS: tuple[object, ...] = (
    *(0, -0.0, 1, -1, 2, 3, 7, 0.1, 0.5, 0.999, 1.5, 10, 64, 100, 127, 128, 1_000, 65_536, 10**5),
    *(10**6, 10**7, 10**8, 10**9, 2**31 - 1, 2**31, 2**32, 10**12, 2**53 + 1, 10**18 - 1),
    *(1e-300, 5e-324, 1e-9, 1e-3, 1e9, 1e15, 1e18, 1e40, 1e300, 1.7e308, -1e300, -1e-300),
)
NOT_NUMBERS = tuple(
    map(
        Raw,
        (".nan", ".inf", "-.inf", "1e999", "1" * 19, "9" * 5_000, "0x" + "f" * 16, "0o7", "012")
        + ("1_000", "+.5", "-", "1e", "NaN", "1e-400"),
    )
)
DURATIONS = (
    *("0 h", "0.0000001 min", "1 min", "7 min", "15 min", "1 h", "5 h", "6 h", "25 h", "1 d"),
    *("8 d", "30 d", "1 y", "20 y", "199 y", "200 y", "200.0001 y", "201 y", "999999999999 y"),
    *("-1 d", "1", "1 x", "1e3 h", "1.5 mo", "½ d", "٣ h", "1  d", "d", "0.1 + 0.2 h", "1 d\n"),
)
TICKS = (
    *("PT1M", "PT2M", "PT7M", "PT15M", "PT30M", "PT1H", "PT5H", "PT6H", "PT24H", "PT48H", "PT0H"),
    *("PT1440M", "PT1S", "P1D", "pt6h", "PT6H ", "PT" + "9" * 30 + "H", "PT" + "9" * 400 + "H"),
    *("PT" + "9" * 5_000 + "M", "PT1M\nx", "PT٣H"),
)
TEXTS = (
    *("", " ", "a", "A", "ä", "\u202e", "\u2028", "e\u0301", "\U0001f600", "\ufeff", "a" * 65),
    *("a" * 5_000, "a-b", "-a", "a--b", "a/b", "../a", "a\\b", "a b", "a: b", "# a", "null", "~"),
    *("true", "1", "*a", "&a", "!a", "{", "[", "|", ">", "%", "@", "`", "'", '"', "a | b", "[red]"),
    *("{0}", "%s", "${HOME}", "$(id)", "free", "all", "national", "body", "police", "routine"),
    *("request", "hit", "immediate", "confidential", "permission", "continuous", "all,all"),
)
CONTROLS = tuple(Raw(f'"{c}"') for c in ("\\0", "\\x07", "\\x1b[2J", "\\uD800", "\\x7f", "\\r", "\\L"))
PATHS = (
    *("", ".", "..", "/", "./", "../", "../..", "../policies", "../places", "/dev/null", "/dev/zero"),
    *("/dev/stdin", "/dev/full", "/proc/self/mem", "/proc/self/fd/0", "/etc/passwd", "/tmp", "~"),
    *("nowhere", "nowhere.yaml", "./nowhere.yaml", "a/" * 2_000 + "b.yaml", "./" + "a" * 300),
    *("\\", "C:\\x", "file:///etc/passwd", "http://localhost/x.yaml", "//", "./.", "./members.csv"),
    *("../places/eu27-2010/place.yaml", "./bilateral.yaml/", "./bilateral.yaml/x", "*", "./*.yaml"),
)
STRUCTURES: tuple[object, ...] = (
    *(None, True, False, [], {}, [[]], {"a": {}}, [None], {"value": 1}, [1, 2], "text"),
    *({"value": 1, "assumed": "so"}, {"median": "1 h", "p95": "1 min"}, {"quantiles": {}}),
    *({"value": "1 h", "mean": "1 h"}, Pairs([(1, 2), (1.0, 3), (True, 4)]), Pairs([(None, 1)])),
    *(Pairs([("a", 1), ("a", 2)]), {0: "1 h", 1: "2 h"}, Pairs([(Raw(".nan"), 1)])),
)
RAWS = tuple(
    map(
        Raw,
        ("*a", "&a x", "&a [*a]", "&a {a: *a}", "<<: {}", "!!python/object/apply:os.system [id]")
        + ("!!binary aGk=", "!!set {a}", "!x y", "2010-12-01", "yes", "? a", "- a", "a: b: c")
        + ("[" * 59 + "]" * 59, "[" * 5_000 + "]" * 5_000, "[" * 90, "{a: " * 500 + "1" + "}" * 500)
        + ("'", '"', "|", ">-", "\t", "@", "%", "}", "]", ",", ":", "# x", "\n---\na: b\n", "\n...\n")
        + ("[&a [x,x,x,x,x,x,x,x], &b [*a,*a,*a,*a,*a,*a,*a,*a], &c [*b,*b,*b,*b,*b,*b,*b,*b], "
           "&d [*c,*c,*c,*c,*c,*c,*c,*c], &e [*d,*d,*d,*d,*d,*d,*d,*d], [*e,*e,*e,*e,*e,*e,*e,*e]]",)
        + ("[" + "x, " * 60_000 + "]", "{" + "".join(f"k{i}: 1, " for i in range(20_000)) + "}"),
    )
)  # fmt: skip
KEYS: tuple[object, ...] = (
    *("", "x", "source", "assumed", "value", "meaning", "a" * 300, "ä", "A", "a.b", "a[0]", "[0]"),
    *(0, 1, -1, 0.5, 10**17, Raw("true"), Raw("null"), Raw("[a]"), Raw("*a"), Raw("<<"), Raw("a b")),
)


@dataclass(frozen=True)
class Case:
    """A changed catalogue: the files, which was changed, and in words what was done."""

    kit: Kit = field(repr=False)
    changed: str
    did: str

    def scenario(self) -> str:
        """A scenario that the change bears on: the changed one, or one at the changed place."""
        if self.changed in folders("scenarios"):
            return self.changed
        place = PurePosixPath(self.changed).parent.as_posix()
        at = {path: f"scenarios/{documents()[path]['place']}" for path in folders("scenarios")}
        near = [path for path, where in at.items() if where.endswith(place)]
        return (near or list(at))[0]

    def policy(self) -> str:
        """A policy that the change bears on, or the baseline of the scenario."""
        if self.changed in folders("policies"):
            return self.changed
        return f"policies/{documents()[self.scenario()]['baseline']}.yaml"

    def target(self) -> str:
        """What to name to `validate`: the changed file; the folder of a place for its tables."""
        path = PurePosixPath(self.changed)
        in_table = path.parts[0] == "places" and path.name != "place.yaml"
        return path.parent.as_posix() if in_table else self.changed


# Documents -----------------------------------------------------------------------------------


def _spots(value: object) -> Iterator[Spot]:
    """Every key and position of a document, from the top."""
    keys: list[Any] = []
    if isinstance(value, dict):
        keys = list(value)
    elif isinstance(value, list):
        keys = list(range(len(value)))
    for key in keys:
        yield value, key
        yield from _spots(value[key])  # type: ignore[index]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_duration(value: object) -> bool:
    return isinstance(value, str) and value[:1].isdigit() and " " in value and len(value) < 10  # noqa: PLR2004


def _drop(draw: Draw, spot: Spot) -> None:
    container, key = spot
    del container[key]


def _rename(draw: Draw, spot: Spot) -> None:
    container, key = spot
    if isinstance(container, dict):
        name = draw(st.sampled_from((*KEYS, f"{key}x", str(key)[1:], str(key).upper())))
        pairs = [(name if old == key else old, value) for old, value in container.items()]
        container.clear()
        container.update(pairs)


def _repeat(draw: Draw, spot: Spot) -> None:
    """Let a key stand twice, or an item many times."""
    container, key = spot
    times = draw(st.sampled_from((1, 1, 2, 64, 300, 5_000)))
    if isinstance(container, list):
        container[key:key] = [container[key]] * times
    else:
        value = container[key]
        if isinstance(value, dict) and value:
            name, item = draw(st.sampled_from(list(value.items())))
            value.update({f"{name}-{number}x": item for number in range(times)})
        elif isinstance(value, list) and value:
            value += [draw(st.sampled_from(value))] * times
        else:
            container[f"{key} "] = value


def _twice(draw: Draw, spot: Spot) -> None:
    container, key = spot
    value = container[key]
    if isinstance(value, dict):
        pairs = [(str(name), item) for name, item in value.items()]
        container[key] = Pairs(pairs + draw(st.permutations(pairs))[:1])


def _odd(draw: Draw, spot: Spot) -> None:
    container, key = spot
    choices = (*STRUCTURES, *RAWS, *CONTROLS, *NOT_NUMBERS, *NUMBERS, *TEXTS, *DURATIONS)
    container[key] = draw(st.sampled_from(choices))


def _other(draw: Draw, spot: Spot) -> None:
    """Put another value of the same sort there, perhaps an extreme one."""
    container, key = spot
    container[key] = draw(st.sampled_from(_like(key, container[key])))


def _legal(draw: Draw, spot: Spot) -> None:
    """Put a value there that is mostly legal, but perhaps extreme."""
    container, key = spot
    value = container[key]
    if isinstance(value, bool) or key == "tick" or isinstance(value, str):
        container[key] = draw(st.sampled_from(_like(key, value)))
    elif 0 <= value <= 1 and isinstance(value, float) and draw(st.booleans()):
        container[key] = draw(st.sampled_from((0, 1, 0.5, 1e-300, 1 - 1e-16)))
    else:
        times = draw(st.sampled_from((0, 0.1, 0.5, 2, 10, 100, 10**4, 10**6, 10**9, 10**12)))
        whole_number = isinstance(value, int) and not isinstance(times, float)
        drawn = draw(st.sampled_from(NUMBERS))
        container[key] = draw(st.sampled_from((value * times if whole_number else drawn, drawn)))


def _like(key: object, value: object) -> tuple[object, ...]:
    if key == "tick":
        return TICKS
    if key in {"extends", "place"}:
        return PATHS
    if isinstance(value, bool):
        return (True, False)
    if _is_number(value):
        return NUMBERS
    if _is_duration(value):
        return DURATIONS
    return TEXTS if isinstance(value, str) else STRUCTURES


def _move(draw: Draw, spot: Spot) -> None:
    """Put a value of one place into another."""
    container, key = spot
    catalogue = documents()[draw(st.sampled_from(sorted(documents())))]
    other, where = draw(st.sampled_from(list(_spots(catalogue))))
    container[key] = copy.deepcopy(other[where])


CHANGES = (_other, _other, _other, _drop, _rename, _repeat, _twice, _odd, _move)


def _change(draw: Draw, document: Document, changes: tuple[Callable[..., None], ...]) -> str:
    spots = list(_spots(document))
    if not spots:
        return "nothing"
    numbers = [s for s in spots if _is_number(s[0][s[1]]) or _is_duration(s[0][s[1]])]
    texts_ = [s for s in spots if isinstance(s[0][s[1]], str)]
    groups = [spots[:40], numbers, spots, texts_]  # prose abounds: numbers get a share
    if changes == (_legal,):
        groups = [numbers + [spot for spot in spots if spot[1] == "tick"] * 5]
    some = draw(st.sampled_from([group for group in groups if group]))
    container, key = draw(st.sampled_from(some))
    before = container[key]
    change = draw(st.sampled_from(changes))
    change(draw, (container, key))
    return f"{change.__name__} {key!r} (was {str(before)[:60]!r})"


def _change_document(draw: Draw, path: str, changes: tuple[Callable[..., None], ...]) -> Case:
    document = copy.deepcopy(documents()[path])
    did = [_change(draw, document, changes) for _ in range(draw(st.sampled_from((1, 1, 1, 2, 3))))]
    return Case({**whole(), path: write(document)}, path, "; ".join(did))


# Tables --------------------------------------------------------------------------------------

CELLS = (
    *("", " ", "XX", "DE", "de", "0", "-1", "1.5", "1e300", "1e999", ".nan", ".inf", "true", "yes"),
    *("999999999999999999", "9" * 30, "2010", "ä", "\u202e", "a" * 5_000, '"', "'", ",", "\n", "\t"),
    *("~", "null", "=1+1", "\x07", "\ufeff", "91", "-180", "180", "3000000000"),
)


def _change_table(draw: Draw, path: str) -> Case:
    rows = list(csv.reader(io.StringIO(texts()[path].decode("utf-8-sig"))))
    row = draw(st.integers(0, len(rows) - 1))
    what = draw(st.sampled_from(("cell", "cell", "cell", "drop", "repeat", "column", "only", "fit")))
    column = draw(st.integers(0, len(rows[0]) - 1))
    if what == "cell":
        rows[row][min(column, len(rows[row]) - 1)] = draw(st.sampled_from(CELLS))
    elif what == "drop":
        del rows[row]
    elif what == "repeat":
        rows[row:row] = [rows[row]] * draw(st.sampled_from((1, 2, 60, 3_000)))
    elif what == "column":
        rows = [cells[:column] + cells[column + 1 :] for cells in rows]
    elif what == "only":
        rows = rows[: row + 1]
    else:  # rows with other codes, so that all of them count
        codes = [f"{a}{b}" for a in "ABCDEFGHIJ" for b in "ABCDEFGHIJ"]
        rows += [[code, *rows[-1][1:]] for code in codes[: draw(st.sampled_from((1, 30, 60)))]]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return Case({**whole(), path: text.getvalue().encode()}, path, f"{what} {row} {column}")


# Bytes ---------------------------------------------------------------------------------------

INSERTED = (
    *(b"\0", b"\xff", b"\xfe", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\x1b[2J", b"\r", b"\n"),
    *(b"\t", b"\x85", b"\xe2\x80\xa8", b" ", b":", b"-", b"#", b"'", b'"', b"[", b"{", b"&a ", b"*a"),
    *(b"!", b"|\n", b"\n---\n", b"\n...\n", b"%YAML 1.1\n", b"? ", b"<<: ", b"9" * 400, b"\x7f"),
)
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
    lambda data: b"",
    lambda data: b"#" + data,
    lambda data: data.upper(),
)


def _change_bytes(draw: Draw, data: bytes) -> tuple[bytes, str]:
    what = draw(st.sampled_from(("flip", "insert", "cut", "truncate", "copy", "recode")))
    at = draw(st.integers(0, max(0, len(data) - 1)))
    size = draw(st.sampled_from((1, 2, 5, 30, 300)))
    if what == "flip" and data:
        flipped = bytes((data[at] ^ (1 << draw(st.integers(0, 7))),))
        return data[:at] + flipped + data[at + 1 :], f"flip {at}"
    if what == "insert":
        added = draw(st.sampled_from(INSERTED) | st.binary(min_size=1, max_size=4))
        return data[:at] + added + data[at:], f"insert {added!r} at {at}"
    if what == "cut":
        return data[:at] + data[at + size :], f"cut {size} at {at}"
    if what == "truncate":
        return data[:at], f"truncate at {at}"
    if what == "copy":
        start = draw(st.integers(0, max(0, len(data) - 1)))
        return data[:at] + data[start : start + size] + data[at:], f"copy {start} to {at}"
    number = draw(st.integers(0, len(RECODED) - 1))
    try:
        return RECODED[number](data), f"recode {number}"
    except UnicodeError:
        return data, "nothing"


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
    case = _change_document(draw, draw(st.sampled_from(paths)), (_legal,))
    if draw(st.booleans()):
        case = replace(case, kit={path: _longer(text) for path, text in case.kit.items()})
    return case


def _longer(content: Content) -> Content:
    """Let the runs of a kit last some weeks, if it is the file of a scenario."""
    if not isinstance(content, bytes):
        return content
    return content.replace(f'horizon: "{HORIZON}"'.encode(), f'horizon: "{LONGER}"'.encode())


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

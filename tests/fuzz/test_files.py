"""Odd files: pipes, links, devices, folders, absent ones, and files that extend each other."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from scenarios.reading.extending import MOST_EXTENDED
from scenarios.schema.policy import MOST_RULES
from tests.fuzz.kit import Content, Folder, Link, Pipe, documents, folders, lay_out, whole, write
from tests.fuzz.law import Ending, breaches, run
from tests.fuzz.test_changes import few, many
from tests.fuzz.values import bomb

SCENARIO = folders("scenarios")[0]
POLICY, HEIR = (
    next(path for path in folders(kind) if documents()[path].get("extends"))
    for kind in ("policies", "scenarios")
)
PLACE = next(path for path in folders("places") if path.endswith("place.yaml"))
MEMBERS = next(path for path in folders("places") if path.endswith("members.csv"))

LOOP = Link("loop")
ODD: dict[str, Content] = {
    "pipe": Pipe(),
    "folder": Folder(),
    "absent": None,
    "loop": LOOP,
    "dangling": Link("nowhere"),
    "zeros": Link("/dev/zero"),
    "nothing": Link("/dev/null"),
    "memory": Link("/proc/self/mem"),
    "descriptors": Link("/proc/self/fd"),
    "root": Link("/"),
    "empty": b"",
    "large": b"# " + b"x" * 3_000_000,
    "long": b"a: " + b"x" * 900_000,
}
"""What may stand where a file is expected; None is lawful of any."""


@pytest.fixture
def held(tmp_path: Path):
    """Lay out the catalogue with other files in it, run a command, and hold it to the law."""
    number = 0

    def ending(kit: dict[str, Content], *arguments: str) -> Ending:
        nonlocal number
        number += 1
        root = tmp_path / str(number)
        files = root / "files"
        lay_out({**whole(), **kit}, files)
        given = [word.replace("FILES", str(files)) for word in arguments]
        out = root / "out" if "--out" not in given and given[0] == "compare" else None
        if out is not None:
            given += ["--replications", "1", "--workers", "1", "--out", str(out)]
        found = run(given, root=root, out=out)
        assert breaches(found, files) == [], found.err
        return found

    return ending


@pytest.mark.long
@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("path", [SCENARIO, POLICY, PLACE, MEMBERS])
def test_odd_files(held, path, odd):
    kit = {path: ODD[odd]} | ({"scenarios/loop": LOOP} if odd == "loop" else {})
    target = str(Path(path).parent) if path == MEMBERS else path
    shown = held(kit, "validate", f"FILES/{target}")
    assert shown.code == 2
    assert path.split("/")[-1] in shown.err


@pytest.mark.long
@pytest.mark.parametrize("odd", ODD)
def test_odd_files_that_others_refer_to(held, odd):
    for heir in (POLICY, HEIR):
        base = {
            f"{Path(heir).parent}/odd.yaml": ODD[odd],
            heir: write({**documents()[heir], "extends": "./odd.yaml"}),
        }
        shown = held(base, "validate", f"FILES/{heir}")
        assert shown.code == 2
        assert "odd.yaml" in shown.err
    place = {
        "places/odd": ODD[odd],
        SCENARIO: write({**documents()[SCENARIO], "place": "../places/odd"}),
    }
    shown = held(place, "validate", f"FILES/{SCENARIO}")
    assert (shown.code, f"{SCENARIO}:" in shown.err, "place = " in shown.err) == (2, True, True)


@pytest.mark.long
def test_links_are_followed(held):
    kit: dict[str, Content] = {"policies/link.yaml": Link(Path(POLICY).name), "here": Link(".")}
    assert held(kit, "validate", "FILES/policies/link.yaml").code == 0
    assert held(kit, "validate", "FILES/here/here/here/" + SCENARIO).code == 0


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "a" * 300, "a/" * 3_000, "nowhere.yaml", "-", "*", "\\", "\x07.yaml"],
)
def test_odd_names(held, name):
    shown = held(
        {}, "validate", "--", f"FILES/{name}" if name not in {"", "/"} else name or "FILES"
    )
    assert shown.code == 2


def test_a_name_that_is_not_text(held, tmp_path):
    odd = os.fsdecode(b"policies/\xff\xfe.yaml")
    for content in (whole()[POLICY], b"policy: ?"):
        assert held({odd: content}, "validate", f"FILES/{odd}").code == 2


# Policies and scenarios that extend each other -------------------------------------------------


def small(name: str, base: str | None, rules: int = 0) -> bytes:
    document: dict[str, object] = {"policy": name, "meaning": "x", "source": "x"}
    document["rules"] = [{"meaning": "x", "assumed": "x"}] * rules
    return write(document if base is None else {**document, "extends": base})


def heir(name: str, base: str | None) -> bytes:
    document = documents()[SCENARIO] if base is None else {"extends": base}
    return write({**document, "scenario": name, "horizon": "3 d"})


NAMES = [f"p{number}" for number in range(4)]
BASES = st.none() | st.sampled_from(
    [
        *(f"{name}.yaml" for name in NAMES),
        *(f"./{name}.yaml" for name in NAMES),
        *NAMES,
        *("../policies/p0.yaml", "../scenarios/p0.yaml", "again/p1.yaml", "again/again/p2.yaml"),
        *("bilateral", "organised-crime", "nowhere.yaml"),
    ]
)
GRAPHS = st.lists(BASES, min_size=len(NAMES), max_size=len(NAMES))


def graphs_hold(held, bases):
    for kind, made in (("policies", small), ("scenarios", heir)):
        kit: dict[str, Content] = {
            f"{kind}/{name}.yaml": made(name, base) for name, base in zip(NAMES, bases, strict=True)
        }
        kit[f"{kind}/again"] = Link(".")
        held(kit, "validate", *(f"FILES/{kind}/{name}.yaml" for name in NAMES))


@pytest.mark.long
@few(5)
@given(bases=GRAPHS)
def test_what_extends_each_other(held, bases):
    graphs_hold(held, bases)


@pytest.mark.fuzz
@many
@given(bases=GRAPHS)
def test_what_extends_each_other_thousands(held, bases):
    graphs_hold(held, bases)


def chain(length: int, rules: int = 0) -> dict[str, Content]:
    kit: dict[str, Content] = {
        f"policies/c{number}.yaml": small(f"c{number}", f"./c{number + 1}.yaml", rules)
        for number in range(length)
    }
    return {**kit, f"policies/c{length}.yaml": small(f"c{length}", None, rules)}


def test_long_chains_end(held):
    assert held(chain(MOST_EXTENDED), "validate", "FILES/policies/c0.yaml").code == 0
    for length in (MOST_EXTENDED + 1, 3_000):
        shown = held(chain(length), "validate", "FILES/policies/c0.yaml")
        assert shown.code == 2
        assert f"at most {MOST_EXTENDED} times" in shown.err


@pytest.mark.long
def test_rules_are_counted_over_a_chain(held):
    assert held(chain(2, MOST_RULES // 3), "validate", "FILES/policies/c0.yaml").code == 0
    shown = held(chain(2, MOST_RULES // 2), "validate", "FILES/policies/c0.yaml")
    assert f"at most {MOST_RULES} rules" in shown.err


# Bombs ---------------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize(
    "text",
    [
        bomb(9, 9),
        bomb(200, 2),
        "[" * 400_000,
        "{a: " * 200_000,
        "\n".join(f"{' ' * depth}a:" for depth in range(900)),
        "&a " * 100_000,
        "!!python/object/apply:os.mkfifo [surprise]",
        '"' + "\\u0041" * 150_000 + '"',
        "? " * 100_000,
        "- " * 100_000,
        "|" + "\n" * 900_000,
        "9" * 900_000,
        "0x" + "f" * 900_000,
        "1e" + "9" * 900_000,
        ": " * 400_000,
    ],
    ids=range(15),
)
def test_bombs(held, text):
    shown = held({POLICY: f"policy: x\nmeaning: {text}".encode()}, "validate", f"FILES/{POLICY}")
    assert shown.code == 2

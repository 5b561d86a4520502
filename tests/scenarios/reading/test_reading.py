"""Messages of faulty declarations, and that no input does worse than give one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from pydantic import Field, model_validator

import scenarios
from agents import load_scenario
from scenarios import load_policy, policy_entries, scenario_entries
from scenarios.errors import SpecError, choice, dotted, refusal, shown, unknown_name
from scenarios.reading import document, scalars
from scenarios.reading.declarations import located, read, read_text
from scenarios.reading.files import MOST_YAML_BYTES
from scenarios.reading.table import read_csv
from scenarios.schema.delays import Delay
from scenarios.schema.durations import Hours
from scenarios.schema.quantities import Chance, Count, Positive, Span
from scenarios.schema.spec import Name, Spec

CATALOGUE = Path(scenarios.__file__).parent / "catalogue"


class Fixed(Spec):
    kind: Literal["fixed"]
    every: Hours


class Free(Spec):
    kind: Literal["free"]
    rate: Positive
    free: int = 0


class Cell(Spec):
    members: int = Field(ge=1, le=50)
    name: Name
    """Name of the cell, as in the report."""


class Pushed(Spec):
    chance: Chance
    delay: Delay | None = None


class Rule(Spec):
    push: Pushed | None = None
    mode: Literal["push", "pull"] = "push"


class Declaration(Spec):
    """A model with a field of every sort."""

    title: Name
    rules: tuple[Rule, ...] = ()
    cells: list[Cell] = Field(default_factory=list, min_length=1)
    way: Annotated[Fixed | Free, Field(discriminator="kind")] | None = None
    either: Delay | Count | None = None
    some: int | Literal["all", "none"] = 3
    on: bool = False
    table: dict[Name, Chance] = Field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    rate: float = Field(default=1, gt=0, lt=5)
    share: float = Field(default=0, ge=0, le=1)
    fixed: tuple[int, str] = (1, "a")
    note: str = Field(default="none", min_length=2, max_length=20)
    code: str = Field(default="AT", pattern=r"^[A-Z]{2}$")
    low: int = 0
    high: int = 0

    @model_validator(mode="after")
    def _is_ordered(self) -> Declaration:
        if self.low > self.high:
            raise refusal("low is at most high", "swap the two")
        return self


GOOD = """\
# A declaration.
title: small
rules:
  - push:
      chance: {value: 0.3, source: "Author, 2012"}
      delay:
        median: 4 h
        p95: 2 d
        assumed: a guess
  - mode: pull
cells:
  - {members: 12, name: north}
way: {kind: free, rate: {value: 2, assumed: a guess}}
either: {value: 3, source: Author}
some: all
table:
  police: &same {value: 1, source: Treaty}
  customs: *same
"""


def refused(text: str) -> SpecError:
    with pytest.raises(SpecError) as caught:
        read_text(text, "my.yaml", Declaration)
    return caught.value


def test_a_good_declaration_is_read():
    declared = read_text(GOOD, "my.yaml", Declaration)
    dumped = declared.model_dump()
    assert dumped["rules"][0]["push"]["delay"]["p95"] == "2 d"
    assert declared.table["customs"].value == 1
    assert declared.some == "all"


# Text after the line `title: small`; line, path and value of the first error; rule; remedy.
FAULTS = [
    # scalars of the wrong sort
    ("rate: fast", 2, "rate = fast", "a number is wanted", "write a number such as 0.3"),
    ("rate: '3'", 2, 'rate = "3"', "a number is wanted", "without quotes"),
    ("rate: true", 2, "rate = true", "a number is wanted", "write a number"),
    ("rate:", 2, "rate = null", "a number is wanted", "nothing stands here; write a number"),
    ("rate: [1, 2]", 2, "rate = [1, 2]", "a number is wanted", "write a number"),
    ("low: 1.5", 2, "low = 1.5", "a whole number is wanted", "write a whole number such as 3"),
    ("low: 1_000", 2, 'low = "1_000"', "a whole number is wanted", "write a whole number"),
    ("on: yes", 2, "on = yes", "true or false is wanted", "yes, no, on and off are text"),
    ("on: 1", 2, "on = 1", "true or false is wanted", "write true or false"),
    ("note: 12", 2, "note = 12", "text is wanted", 'put it in quotes: "12"'),
    ("note: false", 2, "note = false", "text is wanted", 'put it in quotes: "false"'),
    ("note: {a: 1}", 2, "note = {a: 1}", "text is wanted", "write one line of text"),
    # ranges
    ("rate: 0", 2, "rate = 0", "the number is above 0", "write a number above 0 and below 5"),
    ("rate: 7.5", 2, "rate = 7.5", "the number is below 5", "above 0 and below 5"),
    ("share: 1.01", 2, "share = 1.01", "a chance or share lies within 0 and 1", "such as 0.3"),
    ("share: -1", 2, "share = -1", "a chance or share lies within 0 and 1", "such as 0.3"),
    (
        "cells:\n- members: 70\n  name: a",
        3,
        "cells[0].members = 70",
        "the number lies within 1 and 50",
        "write a number such as 25",
    ),
    (
        "rules:\n  - push: {}\n  - push:\n      chance:\n        value: 1.7\n        source: a",
        3,
        "rules[0].push.chance",
        "`chance` is missing",
        "add `chance: {value: ..., source: ...}`",
    ),
    (
        "rules:\n  - push:\n      chance:\n        value: 1.7\n        source: a",
        5,
        "rules[0].push.chance.value = 1.7",
        "a chance lies within 0 and 1",
        "write a number such as 0.3 (30 of 100)",
    ),
    ("way: {kind: free, rate: {value: 0, source: a}}", 2, "way.rate.value = 0", "above 0", "above"),
    ("note: a", 2, "note = a", "the text has at least 2 characters", "write the text"),
    (f"note: {'a' * 21}", 2, "note = aaa", "the text has at most 20 characters", "shorten"),
    ("cells: []", 2, "cells = []", "the list has at least 1 item", "add what is missing"),
    ("fixed: [1, a, b]", 2, "fixed = [1, a, b]", "at most 2 items", "remove what is too much"),
    ("fixed: [1]", 2, "fixed[1]", "item 2 of the list is missing", "add it"),
    ("tags: [1]", 2, "tags[0] = 1", "text is wanted", 'put it in quotes: "1"'),
    # keys
    ("rats: 3", 2, "rats = 3", "there is no key rats here", "did you mean rate? choose from cells"),
    ("zzz: 3", 2, "zzz = 3", "there is no key zzz here", "choose from cells, code"),
    ("cells:\n- members: 2\n  nmae: a", 4, "cells[0].nmae = a", "no key nmae", "mean name?"),
    (
        "cells:\n- members: 2",
        3,
        "cells[0].name",
        "`name` is missing",
        "add `name: ...` (Name of the cell, as in the report)",
    ),
    ("3: 4", 2, "3 = 4", "a key is text", "put the key in quotes"),
    ("true: 4", 2, "", "a key is text or a number", 'put the key in quotes: "true"'),
    ("? [a]\n: 4", 2, "", "a key is text or a number", "write `key: value`"),
    (
        "low: 1\nlow: 1",
        3,
        "low",
        "the key low stands twice in this mapping, first on line 2",
        "one",
    ),
    (
        "table: {1: {value: 1, source: a}}",
        2,
        "table.1 = 1",
        "text is wanted",
        'put it in quotes: "1"',
    ),
    (
        "table: {A b: {value: 1, source: a}}",
        2,
        "table.A b = A b",
        "a name is lower-case words",
        "write for example a-b",
    ),
    # shapes
    ("cells: 3", 2, "cells = 3", "a list is wanted", "write [a, b], or one `- item`"),
    ("cells: {a: 1}", 2, "cells = {a: 1}", "a list is wanted", "write [a, b]"),
    ("cells: [3]", 2, "cells[0] = 3", "a mapping of keys is wanted", "its keys: members, name"),
    ("table: [3]", 2, "table = [3]", "a mapping of keys is wanted", "write `key: value` lines"),
    ("table:", 2, "table = null", "a mapping of keys is wanted", "nothing stands here; write"),
    # forms
    ("on: true\ncode: at", 3, "code = at", "the text has a fixed form", "^[A-Z]{2}$"),
    ("rules: [{mode: psh}]", 2, "rules[0].mode = psh", "one of a fixed set", "did you mean push?"),
    ("low: 3\nhigh: 2", 1, "low is at most high", "low is at most high", "swap the two"),
    # unions
    ("way: {kind: fixd}", 2, "way.kind = fixd", "`kind` is one of", "mean fixed? choose from"),
    ("way: {every: 3 h}", 2, "way.kind", "`kind` is missing", "choose from fixed, free"),
    ("way: {kind: fixed}", 2, "way.every", "`every` is missing", "add `every: ...`"),
    ("way:\n  kind: free\n  free: 1", 2, "way.rate", "`rate` is missing", "add `rate:"),
    ("way:\n  kind: fixed\n  evry: a", 4, "way.evry", "there is no key evry", "mean every?"),
    ("some: al", 2, "some = al", "a whole number is wanted, or the value is one", "mean all?"),
    ("some: [1]", 2, "some = [1]", "a whole number is wanted", "write a whole number"),
    (
        "either: {median: 4 h, p95: 1 h, source: a}",
        2,
        "either = {",
        "0 < median <= p95",
        "raise p95",
    ),
    (
        "either: {value: 1.5, source: a}",
        2,
        "either.value = 1.5",
        "a duration needs a unit",
        "1.5 h",
    ),
    # quantities
    ("table: {a: 0.3}", 2, "table.a = 0.3", "does not say where", "{value: 0.3, source: reference"),
    (
        "table: {a: {value: 0.3}}",
        2,
        "table.a = {value: 0.3}",
        "has a source or",
        "`assumed: reason`",
    ),
    (
        "way: {kind: fixed, every: 8}",
        2,
        "way.every = 8",
        "a duration needs a unit",
        "8 h; the units",
    ),
    ("way: {kind: fixed, every: -8 h}", 2, "way.every = -8 h", "cannot be negative", "write 0 h"),
    ("way: {kind: fixed, every: 8 days}", 2, "way.every = 8 days", "not a unit", "min, h, d, w"),
    # numbers that are none
    ("rate: .nan", 2, "rate = .nan", "a number is finite", "leave the key out"),
    ("rate: -.inf", 2, "rate = -.inf", "a number is finite", "leave the key out"),
    ("rate: 1e999", 2, "rate", "a number is finite", "below 1e308"),
    (f"low: {'9' * 19}", 2, "low", "a whole number has at most 18 digits", "smaller number"),
    (f"low: {'9' * 9999}", 2, "low", "a whole number has at most 18 digits", "smaller number"),
    ("low: 1\n\nlow: 1", 4, "low", "first on line 2", "keep one"),
    (f"rate: 0.{'9' * 50}", 2, "rate", "too long", "fewer digits"),
    # YAML
    ("rate: [1", 2, "", "a declaration is valid YAML", "close the bracket"),
    ("x: {a: place.members[*].code, b: 1}", 2, "", "valid YAML", 'quotes, "place.members[*].code"'),
    ("x: {a: 1,\n  b: sees[0].c}", 3, "", "valid YAML", 'quotes, "sees[0].c"'),
    ("x: [a.b[*].c]", 2, "", "valid YAML", 'quotes, "a.b[*].c"'),
    ("note: 'a", 2, "", "a declaration is valid YAML", "close the quotes"),
    ("note: a: b", 2, "", "a declaration is valid YAML", "put text that contains `: ` in quotes"),
    ("\tlow: 1", 2, "", "a declaration is valid YAML", "indent with spaces, not tabs"),
    ("note: @a", 2, "", "a declaration is valid YAML", "special character in quotes"),
    ("note: %a", 2, "", "a declaration is valid YAML", "special character in quotes"),
    ("note\nlow: 1", 3, "", "a declaration is valid YAML", "write `key: value`, with a space"),
    ("  low: 1", 2, "", "a declaration is valid YAML", "check the indentation"),
    ("note: *a", 2, "note", "no value above is marked &a", "put text that begins with * in quotes"),
    ("tags: &a [*a]", 2, "tags[0]", "a value cannot contain itself", "remove *a"),
    ("*title : a", 2, "", "a key is not an alias", "write the key out"),
    ("<<: {low: 1}", 2, "", "merge keys are not used", "write the keys out, or use an alias"),
    ("note: !!python/name:os.system", 2, "note", "no tags", "remove !!python/name:os.system"),
    ("note: !a b", 2, "note", "no tags", "remove !a"),
    ("note: ! b", 2, "note", "no tags", "remove !"),
    ("---\nlow: 1", 2, "", "a file holds one document", "make two files"),
    ('note: "\\u0007bc"', 2, "note", "no control characters", "remove the escape"),
    ('note: "\\UFFFFFFFF"', 2, "", "a declaration is valid YAML", "check quotes"),
    ("note: a\x07", 2, "\\x07", "without control characters", "remove the character"),
    ("tags: " + "[" * 70, 2, "tags[0][0]", "nested at most 60 deep", "close brackets"),
    ("note: " + "a" * 100_001, 2, "", "a line has at most 100,000 characters", "break the line"),
]


@pytest.mark.parametrize(("text", "line", "what", "rule", "remedy"), FAULTS)
def test_a_fault_is_placed_and_explained(text, line, what, rule, remedy):
    error = refused(f"title: small\n{text}")
    message = str(error)
    head, *rest = message.splitlines()
    assert head.partition(": ")[0] == f"my.yaml:{line}"
    assert what in head or what == error.rule
    assert rest[0].startswith("  rule:   ")
    assert rule in rest[0]
    assert rest[1].startswith("  remedy: ")
    assert remedy in rest[1]
    assert "Traceback" not in message
    assert all(len(row) < 400 for row in message.splitlines())


@pytest.mark.parametrize(
    ("text", "line", "rule"),
    [
        ("", 1, "the file is empty"),
        ("\n\n# nothing\n", 1, "the file is empty"),
        ("---\n...\n", 1, "the file is empty"),
        ("~", 1, "the file is empty"),
        ("3", 1, "a mapping of keys is wanted"),
        ("\n- a", 2, "a mapping of keys is wanted"),
        ("low: 3", 1, "`title` is missing"),
        ("%YAML 1.1\n---\ntitle: a", 2, "declarations are YAML 1.2"),
        ("%TAG !a! tag:a,2000:\n---\ntitle: a", 2, "declarations use no tags"),
        ("a" * 1_000_001, None, "at most 1,000,000 characters"),
        ("title: \ud800", 1, "without control characters"),
        ("\0", 1, "without control characters"),
    ],
)
def test_documents_that_declare_nothing(text, line, rule):
    error = refused(text)
    assert rule in error.rule
    assert error.line == line
    assert str(error).startswith("my.yaml")


def test_several_errors_are_told_in_order_of_line():
    text = "title: A\nlow: a\nhigh: b\non: c\nrate: d\nshare: e\nnote: f\ncode: g\n"
    error = refused(text)
    assert str(error).splitlines() == [
        "my.yaml:1: title = A",
        "  rule:   a name is lower-case words of letters and digits, joined by single hyphens",
        "  remedy: write for example a",
        "and 7 more errors in this file",
        "  line 2: low: a whole number is wanted",
        "  line 3: high: a whole number is wanted",
        "  line 4: on: true or false is wanted",
        "  line 5: rate: a number is wanted",
        "  line 6: share: a number is wanted",
        "  ...",
    ]


def test_a_misspelt_key_is_not_also_missing():
    error = refused("titel: a")
    assert error.rule == "there is no key titel here"
    assert not error.others


def test_faulty_items_do_not_make_a_list_short():
    assert not refused("title: a\ncells: [{members: 1, name: A}]").others


def test_equal_items_make_a_set_short():
    class Set(Spec):
        tags: frozenset[str] = Field(min_length=2)

    with pytest.raises(SpecError, match="at least 2 items"):
        read_text("tags: [a, a]", "my.yaml", Set)


def test_a_key_named_like_a_branch_is_told_apart():
    error = refused("title: a\nway:\n  kind: free\n  rate: {value: 1, source: a}\n  free: x")
    assert (error.line, error.where) == (5, "way.free")


class Kept(Spec):
    kind: Literal["kept"]
    years: int


class Shared(Spec):
    kind: Literal["shared"]
    to: list[str]
    terms: dict[str, int]
    mode: Literal["push", "pull"]
    open: bool


def test_the_branch_of_a_union_is_the_one_that_its_kind_names():
    class Plain(Spec):
        use: Kept | Shared

    with pytest.raises(SpecError) as caught:
        read_text("use: {kind: shared, years: 3}", "my.yaml", Plain)
    told = [caught.value, *caught.value.others]
    assert [error.remedy for error in told if "missing" in error.rule] == [
        "add `to: [...]`",
        "add `terms: {...}`",
        "add `mode: push`",
        "add `open: true`",
    ]
    assert "there is no key years here" in {error.rule for error in told}


def test_errors_of_validators_that_pydantic_lets_through():
    class Raising(Spec):
        low: int
        high: int = 0

        @model_validator(mode="after")
        def _refuse(self) -> Raising:
            if self.low == 0:
                raise RecursionError
            raise SpecError("low is high", "raise it", where="low")

    with pytest.raises(SpecError) as caught:
        read_text("\nlow: 1", "my.yaml", Raising)
    assert str(caught.value).startswith("my.yaml:2: low = 1\n  rule:   low is high")
    with pytest.raises(SpecError, match="not nested this deep"):
        read_text("low: 0", "my.yaml", Raising)


def test_the_document_itself_is_not_shown():
    assert str(refused("title: a\nlow: 3")).startswith("my.yaml:1\n  rule:   low is at most high")


def test_an_alias_bomb_is_refused_at_once():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 30)]
    assert "what aliases repeat included" in refused("\n".join(lines)).rule


def test_a_document_has_a_limited_number_of_values(monkeypatch):
    monkeypatch.setattr(document, "MOST_NODES", 500)
    error = refused("title: a\ntags:\n" + "- a\n" * 1000)
    assert (error.line, error.where) == (498, "tags[495]")
    assert "at most 500 values" in error.rule


def test_aliases_do_not_hide_depth():
    lines = ["a0: &a0 [[[[[[[[[[x]]]]]]]]]]"]
    lines += [f"a{i}: &a{i} [[[[[[[[[[*a{i - 1}]]]]]]]]]]" for i in range(1, 9)]
    assert "nested at most 60 deep" in refused("\n".join(lines)).rule


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("NO", "NO"),
        ("True", True),
        ("false", False),
        ("~", None),
        ("Null", None),
        ("12", 12),
        ("-012", -12),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("2012-01-01", "2012-01-01"),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-1.", -1.0),
        ("NaN", "NaN"),
        ("0b1", "0b1"),
        ("1.2.3", "1.2.3"),
    ],
)
def test_scalars_follow_yaml_1_2(text, value):
    found = scalars.plain_scalar(text)
    assert found == value
    assert type(found) is type(value)


def test_quoted_scalars_are_text():
    node = document.parse("{a: '1', b: \"true\", c: |\n  2\n}".replace("|\n  2\n", "'~'"))
    assert node.value == {"a": "1", "b": "true", "c": "~"}


def test_what_stays_read_is_not_changed_by_whoever_uses_it():
    """A document that is asked for twice is read once, so that nobody may change it."""
    texts = {path: path.read_text(encoding="utf-8") for path in CATALOGUE.rglob("*.yaml")}
    document._kept.cache_clear()
    for _ in range(2):
        for entry in scenario_entries():
            load_scenario(entry.name).document()
        for one in policy_entries():
            load_policy(one.name).document()
    assert document._kept.cache_info().hits > document._kept.cache_info().misses
    for path, text in texts.items():
        assert document.parse(text) == document._parsed(text), path


def test_a_long_document_does_not_stay_read():
    long = "a: b\n" + "# long\n" * (document.MOST_KEPT_CHARACTERS // 6)
    assert document.parse(long) == document.parse(long)
    assert document.parse(long) is not document.parse(long)
    assert document.parse("a: b") is document.parse("a: b")


def test_every_value_knows_its_line():
    node = document.parse("a:\n  - b\n  - c: 1\n    d:\n      - 2\n")
    lines = {where: node.find(where)[0].line for where in ("a", "a[0]", "a[1].c", "a[1].d[0]")}
    assert lines == {"a": 1, "a[0]": 2, "a[1].c": 3, "a[1].d[0]": 5}


# Files


def test_a_file_is_read(tmp_path):
    path = tmp_path / "my.yaml"
    path.write_text("\ufeff" + GOOD, encoding="utf-8")
    assert read(path, Declaration).title == "small"


def failure(path: Path, data: bytes | None = None) -> str:
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(SpecError) as caught:
        read(path, Declaration)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "  rule:   " in message
    assert "  remedy: " in message
    return message


def test_files_that_cannot_be_read(tmp_path):
    assert "this is a folder" in failure(tmp_path)
    (tmp_path / "police.yaml").touch()
    assert "did you mean police.yaml?" in failure(tmp_path / "polcie.yaml")
    assert "its folder does not exist" in failure(tmp_path / "none" / "a.yaml")
    assert "not a directory" in failure(tmp_path / "police.yaml" / "a.yaml")
    assert "must be readable" in failure(tmp_path / ("a" * 300))
    os.mkfifo(tmp_path / "pipe")
    assert "a regular file" in failure(tmp_path / "pipe")


def test_a_path_that_no_file_can_have():
    with pytest.raises(SpecError, match=r"a\\x00b"):
        read(Path("a\0b"), Declaration)


def test_a_file_without_permission(tmp_path, monkeypatch):
    path = tmp_path / "my.yaml"
    path.touch()

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert "permission denied" in failure(path)


def test_files_that_are_not_text(tmp_path):
    path = tmp_path / "my.yaml"
    assert "this one is binary" in failure(path, b"\x89PNG\0\0")
    assert "this one is binary" in failure(path, "title: a".encode("utf-16"))
    message = failure(path, b"title: a\nnote: caf\xe9")
    assert message.startswith(f"{path}:2\n")
    assert "save the file as UTF-8" in message
    assert "at most 2,000,000 bytes" in failure(path, b"#" * (MOST_YAML_BYTES + 1))


def test_a_check_is_placed_like_any_rule(tmp_path):
    path = tmp_path / "my.yaml"
    path.write_text(GOOD, encoding="utf-8")

    def check(declared: Declaration) -> None:
        raise unknown_name("cell", "north", ["south", "nort"], where="cells[0].name")

    with pytest.raises(SpecError) as caught:
        read(path, Declaration, check=check)
    assert str(caught.value).splitlines() == [
        f"{path}:12: cells[0].name = north",
        "  rule:   there is no cell of this name",
        "  remedy: did you mean nort? choose from nort, south",
    ]

    def refuse(declared: Declaration) -> None:
        raise refusal("titles are long", "lengthen it")

    with pytest.raises(SpecError, match="titles are long") as caught:
        read(path, Declaration, check=refuse)
    assert (caught.value.line, caught.value.remedy) == (2, "lengthen it")


def test_an_error_raised_later_can_be_placed(tmp_path):
    path = tmp_path / "my.yaml"
    path.write_text(GOOD, encoding="utf-8")
    error = located(SpecError("r", "m", file=str(path), where="rules[1].mode"))
    assert (error.line, error.value) == (10, "pull")
    error = located(SpecError("r", "m", file=str(path), where="rules[1].push.chance", value=2))
    assert (error.line, error.value) == (10, 2)
    assert located(SpecError("r", "m", file="none.yaml", where="a")).line is None


# Tables


class Row(Spec):
    code: str = Field(pattern=r"^[A-Z]{2}$")
    people: int = Field(gt=0)
    share: float = Field(default=0.5, ge=0, le=1)
    border: bool = False
    year: int | None = None
    zone: Literal[1, 2] = 1
    wait: Hours = 0.0


def table(tmp_path: Path, text: str | bytes) -> list[Row]:
    path = tmp_path / "rows.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_csv(path, Row)


def test_a_table_is_read(tmp_path):
    text = "\ufeffcode, people,share,border,year,zone,wait\r\nAT,8375300,1,true,,2,8 h\r\n\r\n"
    text += '"BE", 10,0.25,False,2010,,\r\n'
    assert table(tmp_path, text) == [
        Row.model_validate(row)
        for row in (
            {"code": "AT", "people": 8375300, "share": 1, "border": True, "zone": 2, "wait": "8 h"},
            {"code": "BE", "people": 10, "share": 0.25, "year": 2010},
        )
    ]


def test_text_columns_stay_text(tmp_path):
    class Text(Spec):
        name: str
        span: Span | None = None

        size: int | str = 0

    path = tmp_path / "rows.csv"
    text = "name,size\n007,7\ntrue,true\n~,~\n1e5,big\n"
    path.write_text(text, encoding="utf-8")
    rows = read_csv(path, Text)
    assert [row.name for row in rows] == ["007", "true", "~", "1e5"]
    assert [row.size for row in rows] == [7, "true", "~", "big"]


@pytest.mark.parametrize(
    ("text", "line", "what", "rule", "remedy"),
    [
        ("", 1, "", "a line of column names", "write code,people,share"),
        ("code\nAT", 1, "people", "the column people is missing", "add the column people"),
        ("code,peple\nAT,1", 1, "peple", "there is no column peple", "did you mean people?"),
        ("code,people,code\n", 1, "code", "stands twice", "keep one"),
        ("code,people\nAT,1\nBE", 3, "", "a row has 2 cells; this one has 1", "check the commas"),
        ("code,people\nAT,1,2", 2, "", "a row has 2 cells; this one has 3", "double quotes"),
        ("code,people\nAT,", 2, "people", "`people` is not empty", "fill in the cell: 3"),
        ("code,people\nAT,many", 2, "people = many", "a whole number is wanted", "such as 3"),
        ("code,people\nAT,1.5", 2, "people = 1.5", "a whole number is wanted", "such as 3"),
        ("code,people\nAT,0", 2, "people = 0", "the number is above 0", "above 0"),
        ("code,people,share\nAT,1,7", 2, "share = 7", "lies within 0 and 1", "0.3 (30 of 100)"),
        ("code,people,share\nAT,1,.inf", 2, "share = .inf", "a number is finite", "a number"),
        ("code,people,border\nAT,1,yes", 2, "border = yes", "true or false", "write true"),
        ("code,people,zone\nAT,1,3", 2, "zone = 3", "one of a fixed set", "write 1 or 2"),
        ("code,people,wait\nAT,1,3", 2, "wait = 3", "a duration needs a unit", "3 h"),
        ("code,people\n\n\nat,1", 4, "code = at", "fixed form", "^[A-Z]{2}$"),
        ('code,people\n"A\nT",1\nat,2', 2, "code = A\\nT", "fixed form", "^[A-Z]{2}$"),
        ('code,people\nAT,"1', 2, "", "valid CSV", "check the quotes"),
        ('code,people\n"A"T,1', 2, "", "valid CSV", "check the quotes"),
        ("code,people\nA\x07,1", 2, "", "without control characters", "remove"),
        (b"code,people\nA\xff,1", 2, "", "UTF-8", "save the file as UTF-8"),
        (f"code,people\n{'A' * 200_000},1", 2, "", "valid CSV", "check the quotes"),
    ],
)
def test_a_fault_in_a_table_names_line_and_column(tmp_path, text, line, what, rule, remedy):
    with pytest.raises(SpecError) as caught:
        table(tmp_path, text)
    head, *rest = str(caught.value).splitlines()
    assert head.partition(": ")[0] == f"{tmp_path / 'rows.csv'}:{line}"
    assert what in head
    assert rule in rest[0]
    assert remedy in rest[1]


def test_faults_of_all_rows_are_counted(tmp_path):
    with pytest.raises(SpecError) as caught:
        table(tmp_path, "code,people\nat,1\nBE,0\nce,x\n")
    assert "and 3 more errors in this file\n  line 3: people:" in str(caught.value)


def test_a_table_full_of_faults_is_given_up(tmp_path):
    with pytest.raises(SpecError, match="and 999 more errors"):
        table(tmp_path, "code,people\n" + "AT,0\n" * 5000)


# Helpers


def test_unknown_names():
    assert str(unknown_name("policy", "prm", ["prum", "swedish"], file="a.yaml")).splitlines() == [
        "a.yaml: policy = prm",
        "  rule:   there is no policy of this name",
        "  remedy: did you mean prum? choose from prum, swedish",
    ]
    assert "none is declared" in str(unknown_name("policy", "prm", []))
    many = [f"name-{i:02}" for i in range(30)]
    assert "name-19 and 10 more" in choice("x", many)
    assert choice("x", ["only"]) == "write only"


def test_paths_and_values_are_shown_on_one_line():
    assert dotted(["network", "cells", 2, "members"]) == "network.cells[2].members"
    assert dotted([0, "a"]) == "[0].a"
    assert shown({"a": [1, None, "x"], "b": True}) == "{a: [1, null, x], b: true}"
    assert shown(" a\nb") == '" a\\nb"'
    assert shown("") == '""'
    assert shown("a" * 100) == "a" * 57 + "..."
    assert "more than 60 digits" in shown(10**5000)


# Whatever is in a file, reading gives a model or an error with a rule and a remedy.

QUICK = settings(
    deadline=timedelta(seconds=5), suppress_health_check=[HealthCheck.too_slow], max_examples=200
)
WORDS = st.sampled_from(
    [
        *(
            ": ",
            ":",
            "- ",
            "-",
            "\n",
            "\n  ",
            "\n    ",
            "[",
            "]",
            "{",
            "}",
            ", ",
            "&a ",
            "*a",
            "? ",
        ),
        *(
            "|\n",
            ">-\n",
            "'",
            '"',
            "#",
            " # ",
            "!",
            "!!str ",
            "%YAML 1.2\n",
            "---\n",
            "...\n",
            "<<",
        ),
        *("\t", "\\", '"\\x', '"\\U', "@", "`", "~", "null", "true", ".nan", ".inf", "1e999", "0x"),
        *("title", "rules", "push", "chance", "value", "source", "delay", "median", "kind", "free"),
        *("cells", "members", "name", "table", "0.5", "3", "4 h", "small", "quantiles", "\ufeff"),
        *("\u2028", "\x85", "\r", "\r\n", "é", "\ud7ff", "1" * 30),
    ]
)


def error_of(attempt: Callable[[], object]) -> SpecError | None:
    try:
        attempt()
    except SpecError as error:
        return error
    return None


def outcome(text: str) -> None:
    error = error_of(lambda: read_text(text, "my.yaml", Declaration))
    if error is not None:
        assert str(error).startswith("my.yaml")
        assert str(error).encode()
        assert error.rule
        assert error.remedy
        assert error.line is None or 1 <= error.line <= len(text) + 1


@QUICK
@given(st.binary(max_size=200))
def test_any_bytes(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(data)
    for attempt in (lambda: read(path, Declaration), lambda: read_csv(path, Row)):
        assert str(error_of(attempt) or path).startswith(str(path))


@QUICK
@given(st.text(st.characters(), max_size=100))
def test_any_text(text):
    outcome(text)


@QUICK
@given(st.lists(WORDS, max_size=40).map("".join))
def test_anything_like_yaml(text):
    outcome(text)


@QUICK
@given(st.data())
def test_any_change_of_a_good_declaration(data):
    text = GOOD
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        stop = data.draw(st.integers(start, min(len(text), start + 12)))
        text = text[:start] + data.draw(st.one_of(WORDS, st.just(""))) + text[stop:]
    outcome(text)


KEYS = st.one_of(
    st.sampled_from([*Declaration.model_fields, "push", "chance", "value", "source", "kind", "a"]),
    st.text(max_size=3),
)
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["free", "fixed", "4 h", "all", "push", "small", "a | b"])
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=20,
)


@pytest.mark.long
@QUICK
@given(st.dictionaries(KEYS, PLAIN, max_size=6))
def test_any_structure(data):
    outcome(json.dumps({"title": "small", **data}))


@QUICK
@given(st.lists(st.sampled_from([",", "\n", '"', "AT", "1", "code", "people", " ", "é", "'"])))
def test_anything_like_a_table(tmp_path_factory, parts):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_text("code,people,share\n" + "".join(parts), encoding="utf-8")
    error = error_of(lambda: read_csv(path, Row))
    assert error is None or error.line is not None


@pytest.mark.parametrize(
    "text",
    [
        "[" * 99_999,
        "{" * 99_999,
        "- " * 40_000,
        "!" * 99_999,
        "&a " * 30_000,
        "'" + "\n" * 99_999,
        '"' + "\\n" * 40_000 + '"',
        "a" + "\n" * 99_999 + "b",
        "|\n" + "\n" * 99_999 + " a",
        "%A b\n" * 20_000,
        "x: a\n" * 20_000,
        "cells:\n" + "- {members: 0, name: A}\n" * 2_000,
    ],
    ids=range(12),
)
def test_unpleasant_texts_are_refused_soon(text):
    outcome(text)

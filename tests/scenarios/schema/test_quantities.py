"""Units, provenance, and delays compiled to tables."""

from __future__ import annotations

import re
from typing import Literal

import jsonschema
import numpy as np
import pytest
from hypothesis import given, reject, strategies as st
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from scenarios.schema.delays import LONGEST_DRAW_H, BareDelay, Delay
from scenarios.schema.durations import DURATION_PATTERN, LONGEST_H, Hours, format_hours, parse_hours
from scenarios.schema.quantities import Chance, Count, NonNegative, Number, Positive, Span
from scenarios.schema.sourced import Sourced, SourceRow, walk_sources
from scenarios.schema.spec import Name, Spec
from sim.draws import tables
from sim.draws.streams import QUANTILES

WHY = {"source": "Author, report, 2012"}


def complaint(model: type[BaseModel], data: object) -> str:
    """Message of the only error that a model finds in `data`."""
    with pytest.raises(ValidationError) as caught:
        model.model_validate(data)
    (error,) = caught.value.errors()
    return error["msg"]


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("30 min", 0.5),
        ("20 min", 1 / 3),
        ("1 min", 1 / 60),
        ("8 h", 8),
        ("8h", 8),
        ("  1.5 h ", 1.5),
        ("0.1 h", 0.1),
        ("7 d", 168),
        ("2 w", 336),
        ("18 mo", 12_960),
        ("3 y", 26_280),
        ("200 y", LONGEST_H),
        ("0 h", 0),
        ("+4 h", 4),
        ("-0 h", 0),
    ],
)
def test_durations_are_hours(text, hours):
    assert parse_hours(text) == hours


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (8, "add one, for example 8 h"),
        (8.5, "add one, for example 8.5 h"),
        ("8", "a duration needs a unit"),
        ("-3 h", "a delay cannot be negative"),
        ("-0.001 min", "a delay cannot be negative"),
        ("201 y", "at most 200 y"),
        ("999999999999 y", "at most 200 y"),
        ("1234567890123 h", "a number and a unit"),
        ("8 hours", "hours is not a unit of time"),
        ("8 m", "m is not a unit of time"),
        ("8 H", "H is not a unit of time"),
        ("two days", "a number and a unit"),
        ("1/2 h", "a number and a unit"),
        ("1e3 h", "a number and a unit"),
        ("٣ h", "a number and a unit"),
        ("", "a number and a unit"),
        (True, "a number and a unit"),
        (None, "a number and a unit"),
        (["8 h"], "a number and a unit"),
    ],
)
def test_what_is_not_a_duration_is_refused(value, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        parse_hours(value)


@given(
    st.one_of(
        st.floats(0, LONGEST_H),
        st.integers(0, 60 * int(LONGEST_H)).map(lambda minutes: minutes / 60),
        st.sampled_from([0.0, 5e-12, 1e-5, 24.0, 8760.0, 1 / 3]),
    ).filter(lambda hours: hours == 0 or hours > 1e-15)
)
def test_durations_read_back_as_written(hours):
    text = format_hours(hours)
    assert parse_hours(text) == hours
    assert re.match(DURATION_PATTERN, text)


@pytest.mark.parametrize(
    ("hours", "text"),
    [(0, "0 h"), (0.5, "30 min"), (1 / 3, "20 min"), (48, "2 d"), (17_520, "2 y")],
)
def test_durations_are_written_in_the_largest_whole_unit(hours, text):
    assert format_hours(hours) == text


def test_durations_have_a_schema_of_text():
    schema = TypeAdapter(Hours).json_schema()
    assert (schema["type"], schema["pattern"]) == ("string", DURATION_PATTERN)
    for example in schema["examples"]:
        jsonschema.validate(example, schema)


@pytest.mark.parametrize("name", ["a", "police", "north-west", "a1", "a-2-b", "a" * 64])
def test_names(name):
    assert TypeAdapter(Name).validate_python(name) == name


@pytest.mark.parametrize(
    "name", ["", "A", "1a", "a_b", "a--b", "-a", "a-", "a b", "a\n", "é", "a" * 65]
)
def test_what_is_not_a_name_is_refused(name):
    with pytest.raises(ValidationError):
        TypeAdapter(Name).validate_python(name)


class Plain(Spec):
    number: float = 0
    whole: int = 0
    flag: bool = False
    text: str = ""
    items: tuple[int, ...] = ()
    table: dict[str, float] = Field(default_factory=dict)
    either: int | Literal["all"] = 0


@pytest.mark.parametrize(
    "data",
    [
        {"number": "3"},
        {"number": True},
        {"number": float("nan")},
        {"number": float("inf")},
        {"whole": "3"},
        {"whole": 3.0},
        {"whole": False},
        {"flag": 1},
        {"flag": "true"},
        {"text": 3},
        {"items": ["3"]},
        {"table": {"a": "3"}},
        {"either": "3"},
        {"either": True},
        {"unknown": 1},
    ],
)
def test_nothing_is_taken_for_something_else(data):
    with pytest.raises(ValidationError):
        Plain.model_validate(data)


def test_lists_fill_tuples_and_whole_numbers_are_numbers():
    model = Plain.model_validate({"number": 3, "items": [1, 2], "text": "  a ", "either": "all"})
    assert (model.number, model.items, model.text, model.either) == (3, (1, 2), "a", "all")


def test_declarations_are_frozen():
    with pytest.raises(ValidationError):
        Plain().number = 1


@pytest.mark.parametrize(
    ("provenance", "words"),
    [
        ({}, "say where the number comes from: `source: reference, year`"),
        ({}, "or why it is a guess: `assumed: reason`"),
        ({"source": ""}, "has a source or a stated assumption"),
        ({"source": "  "}, "has a source or a stated assumption"),
        ({"assumed": ""}, "has a source or a stated assumption"),
        ({"source": "a", "assumed": "b"}, "not both"),
        ({"source": "a", "assumed": ""}, "not both"),
    ],
)
def test_a_number_says_where_it_comes_from(provenance, words):
    assert words in complaint(Number, {"value": 1, **provenance})


@pytest.mark.parametrize(("model", "noun"), [(Chance, "chance"), (Span, "duration")])
def test_a_bare_value_is_refused_with_what_to_write(model, noun):
    assert "write {value: 4 h, source: reference and year}" in complaint(model, "4 h")
    assert f"say where the {noun} comes from" in complaint(
        model, {"value": "4 h" if model is Span else 0.5}
    )


@pytest.mark.parametrize(
    ("model", "good", "bad"),
    [
        (Number, [-1, 0, 2.5], ["1", True, None]),
        (Positive, [0.001, 3], [0, -1]),
        (NonNegative, [0, 3.5], [-0.001]),
        (Chance, [0, 0.3, 1], [-0.1, 1.1]),
        (Count, [0, 7], [-1, 0.5, 3.0]),
        (Span, ["0 h", "2 w"], [3, "-1 h"]),
    ],
)
def test_ranges(model, good, bad):
    for value in good:
        model.model_validate({"value": value, **WHY})
    for value in bad:
        complaint(model, {"value": value, **WHY})


def test_schema_of_a_quantity_wants_provenance():
    schema = Chance.model_json_schema()
    jsonschema.validate({"value": 0.3, **WHY}, schema)
    for wrong in (
        {"value": 0.3},
        {"value": 0.3, "source": "a", "assumed": "b"},
        {"value": 2, **WHY},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)


FORMS: dict[str, dict[str, object]] = {
    "fixed": {"value": "8 h"},
    "lognormal": {"median": "4 h", "p95": "2 d"},
    "exponential": {"mean": "3 d"},
    "quantiles": {"quantiles": {0: "1 h", 0.5: "6 h", 1: "10 d"}},
}


@pytest.mark.parametrize("form", FORMS)
def test_delays_read_back_as_written(form):
    delay = Delay.model_validate({**FORMS[form], **WHY})
    assert Delay.model_validate(delay.model_dump()) == delay
    assert Delay.model_validate_json(delay.model_dump_json()) == delay


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "exactly one form"),
        ({"value": "1 h", "mean": "1 h"}, "this one has value, mean"),
        ({"value": "1 h", "p95": "1 h"}, "this one has value, median and p95"),
        ({"median": "1 h"}, "add `p95: 2 d`"),
        ({"p95": "1 h"}, "add `median: 4 h`"),
        ({"median": "2 h", "p95": "1 h"}, "0 < median <= p95"),
        ({"median": "0 h", "p95": "1 h"}, "0 < median <= p95"),
        ({"median": "1 d", "p95": "3 y"}, "longer than 900 y"),
        ({"mean": "100 y"}, "longer than 900 y"),
        ({"median": "1 min", "p95": "200 y"}, "longer than 900 y"),
        ({"quantiles": {}}, "begin at probability 0 and end at 1"),
        ({"quantiles": {0: "1 h"}}, "begin at probability 0 and end at 1"),
        ({"quantiles": {0.1: "1 h", 1: "2 h"}}, "begin at probability 0 and end at 1"),
        ({"quantiles": {0: "1 h", 0.9: "2 h"}}, "begin at probability 0 and end at 1"),
        ({"quantiles": {0: "1 h", 0.9: "2 h", 0.5: "3 h", 1: "4 h"}}, "the probabilities"),
        ({"quantiles": {0: "1 h", 2: "2 h", 1: "4 h"}}, "the probabilities"),
        ({"quantiles": {0: "1 h", 0.5: "3 h", 1: "2 h"}}, "never a shorter delay"),
        ("4 h", "write {value: 4 h} for a fixed delay"),
    ],
)
def test_a_delay_has_one_sound_form(data, words):
    assert words in complaint(BareDelay, data)


def test_a_delay_needs_provenance_and_a_bare_one_has_none():
    assert "say where the delay comes from" in complaint(Delay, {"mean": "3 d"})
    complaint(BareDelay, {"mean": "3 d", **WHY})


def test_tables_are_those_of_the_engine():
    expected = {
        "fixed": tables.constant(32),
        "lognormal": tables.lognormal(16, 192),
        "exponential": tables.exponential(288),
        "quantiles": tables.piecewise([0, 0.5, 1], [4, 24, 960]),
    }
    for form, table in expected.items():
        actual = BareDelay.model_validate(FORMS[form]).table(0.25)
        assert actual.dtype == np.int32
        np.testing.assert_array_equal(actual, table)


def test_tables_count_steps_of_the_unit():
    delay = BareDelay.model_validate({"value": "90 min"})
    assert set(delay.table(1.0)) == {2}
    assert set(delay.table(1.0, unit=1 / 64)) == {96}
    assert set(delay.table(0.25)) == {6}
    assert set(delay.table(6.0, unit=1 / 64)) == {16}


@given(
    st.one_of(
        st.builds(lambda h: {"value": f"{h} min"}, st.integers(0, 10**6)),
        st.builds(lambda h: {"mean": f"{h} min"}, st.integers(0, 10**6)),
        st.builds(
            lambda h, more: {"median": f"{h} min", "p95": f"{h + more} min"},
            st.integers(60, 10**5),
            st.integers(0, 10**5),
        ),
        st.builds(
            lambda hours: {
                "quantiles": {i / (len(hours) - 1): f"{h} h" for i, h in enumerate(sorted(hours))}
            },
            st.lists(st.integers(0, 10**5), min_size=2, max_size=9),
        ),
    ),
    st.sampled_from([0.25, 1.0, 6.0]),
    st.sampled_from([1.0, 1 / 64]),
)
def test_tables_never_fall_and_every_valid_delay_has_one(data, tick_h, unit):
    try:
        delay = BareDelay.model_validate(data)
    except ValidationError:
        reject()
    table = delay.table(tick_h, unit=unit)
    assert table.shape == (QUANTILES,)
    assert table[0] >= 0
    assert (np.diff(table) >= 0).all()


def test_the_longest_delay_fits_the_finest_table():
    assert LONGEST_DRAW_H * 256 < tables.LARGEST
    for form in ({"mean": "99 y"}, {"value": "200 y"}):
        BareDelay.model_validate(form).table(0.25, unit=1 / 64)


class Rule(Sourced):
    push: float
    to: tuple[str, ...] = ()
    delay: BareDelay | None = None
    every: Hours | None = None
    trust: bool = True
    inner: Count | None = None


class Network(Spec):
    cells: tuple[Span, ...] = ()
    chances: dict[str, Chance] = Field(default_factory=dict)
    delay: Delay | None = None
    rules: tuple[Rule, ...] = ()


def test_sources_are_listed_in_order():
    network = Network.model_validate(
        {
            "cells": [{"value": "2 w", **WHY}, {"value": "36 h", "assumed": "a guess"}],
            "chances": {"north": {"value": 0.3, **WHY}},
            "delay": {"median": "4 h", "p95": "2 d", **WHY},
            "rules": [
                {
                    "push": 0.9,
                    "to": ["police", "customs"],
                    "delay": {"median": "4 h", "p95": "2 d"},
                    "every": "7 d",
                    "assumed": "as told",
                    "inner": {"value": 3, **WHY},
                },
                {"push": 1, "delay": {"value": "30 min"}, **WHY},
            ],
        }
    )
    text = WHY["source"]
    assert walk_sources(network, "network") == [
        SourceRow("network.cells[0]", "14 d", "source", text),
        SourceRow("network.cells[1]", "36 h", "assumed", "a guess"),
        SourceRow("network.chances.north", "0.3", "source", text),
        SourceRow("network.delay", "median 4 h, p95 2 d", "source", text),
        SourceRow(
            "network.rules[0]",
            "push 0.9, to [police, customs], delay median 4 h, p95 2 d, every 7 d, trust true",
            "assumed",
            "as told",
        ),
        SourceRow("network.rules[0].inner", "3", "source", text),
        SourceRow("network.rules[1]", "push 1, to [], delay 30 min, trust true", "source", text),
    ]
    assert walk_sources(network)[0].path == "cells[0]"


def test_quantiles_are_shown_by_probability():
    delay = Delay.model_validate({**FORMS["quantiles"], **WHY})
    (row,) = walk_sources(delay, "delay")
    assert row.value == "quantiles 0 1 h, 0.5 6 h, 1 10 d"

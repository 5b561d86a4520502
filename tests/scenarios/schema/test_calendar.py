"""Days of a run and the years that they make, worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st
from pydantic import TypeAdapter, ValidationError

from scenarios.schema.calendar import EARLIEST, LATEST, Day, Holiday, years


@pytest.mark.parametrize(
    ("days", "begins", "expected"),
    [
        (365, None, [("d1-365", 365)]),
        (366, None, [("d1-365", 365), ("d366-366", 366)]),
        (1000, None, [("d1-365", 365), ("d366-730", 730), ("d731-1000", 1000)]),
        (365.25, None, [("d1-365", 365), ("d366-366", 366)]),
        (731, date(2011, 1, 1), [("2011", 365), ("2012", 731)]),
        (730, date(2011, 1, 1), [("2011", 365), ("2012-01-01..12-30", 730)]),
        (732, date(2011, 1, 1), [("2011", 365), ("2012", 731), ("2013-01-01..01-01", 732)]),
        (366, date(2012, 1, 1), [("2012", 366)]),
        (20, date(2011, 12, 22), [("2011-12-22..12-31", 10), ("2012-01-01..01-10", 20)]),
        (1, date(2011, 12, 31), [("2011-12-31..12-31", 1)]),
        (0.25, date(2011, 1, 1), [("2011-01-01..01-01", 1)]),
    ],
)
def test_years(days: float, begins: date | None, expected: list[tuple[str, int]]) -> None:
    assert [tuple(year) for year in years(days, begins)] == expected


@given(st.integers(1, 4_000), st.dates(EARLIEST, LATEST))
def test_each_day_is_in_the_year_of_its_date(days: int, begins: date) -> None:
    found = years(days, begins)
    assert found[-1].end == days
    assert len({year.name for year in found}) == len(found)
    start = 0
    for year in found:
        of_it = {(begins + timedelta(day)).year for day in (start, year.end - 1)}
        assert of_it == {int(year.name[:4])}
        start = year.end
    next_days = [(begins + timedelta(year.end)) for year in found[:-1]]
    assert all((day.month, day.day) == (1, 1) for day in next_days)


def test_a_day_is_read_from_text() -> None:
    assert TypeAdapter(Day).validate_python("2011-01-01") == date(2011, 1, 1)


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("2011-02-29", "no such day"),
        ("1 January 2011", "year, month and day"),
        ("20110101", "year, month and day"),
        (2011, "year, month and day"),
        (True, "year, month and day"),
        ("1899-12-31", "a run begins from"),
        ("2201-01-01", "a run begins from"),
    ],
)
def test_what_is_no_day(value: object, rule: str) -> None:
    with pytest.raises(ValidationError, match=rule):
        TypeAdapter(Day).validate_python(value)


def test_a_holiday_comes_every_year() -> None:
    christmas = Holiday(meaning="Christmas", day="12-25", assumed="x")
    assert [
        day
        for day in (date(2011, 1, 1) + timedelta(number) for number in range(731))
        if christmas.is_on(day)
    ] == [date(2011, 12, 25), date(2012, 12, 25)]


@pytest.mark.parametrize("day", ["12-32", "13-01", "02-30", "1-1", "2011-12-25"])
def test_what_is_no_holiday(day: str) -> None:
    with pytest.raises(ValidationError, match=r"no year has such a day|pattern"):
        Holiday(meaning="x", day=day, assumed="x")

"""The ODD description: its tables are current, and it leaves no stream or quantity out."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from agents import load_scenario
from experiments.odd import (
    BlockError,
    Stream,
    UnnamedError,
    generated,
    package_sources,
    read_streams,
    rewritten,
)
from experiments.odd.__main__ import main
from experiments.odd.streams import COURSE, REFERENCE
from experiments.odd.tables import parameters, table
from scenarios import scenario_entries
from scenarios.schema.outcomes import OF_PART
from scenarios.schema.quantities import Number

PAGE = Path(__file__).parents[1] / "docs" / "odd.md"
GENERATED = re.compile(r"<!-- generated: .*?<!-- end of [a-z]+ -->", re.DOTALL)


@pytest.fixture(scope="module")
def page():
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def made():
    return generated()


@pytest.fixture(scope="module")
def drawn():
    return read_streams(package_sources())


# The page ------------------------------------------------------------------------------------


def test_the_tables_are_current(page, made):
    assert rewritten(page, made) == page, "run `make odd`"


@pytest.mark.parametrize(
    ("there", "stale"),
    [
        (
            "| `threats.trafficking.network.leak_per_week` | 4e-05 |",
            "| `threats.trafficking.network.leak_per_week` | 0.04 |",
        ),
        ("| `network:cells` | `name` |", "| `network:cell` | `name` |"),
        ("| `siena` | 758 |", "| `siena` | 757 |"),
        ("median 4 h, p95 2 d", "median 5 h, p95 2 d"),
        ("investigation (240 d / 480 d)", "investigation (241 d / 480 d)"),
        ("<!-- end of streams -->", "One more.\n\n<!-- end of streams -->"),
    ],
)
def test_a_stale_table_is_noticed(page, made, there, stale):
    assert there in page
    planted = page.replace(there, stale, 1)
    assert rewritten(planted, made) == page != planted


@pytest.mark.parametrize(
    ("there", "broken"),
    [
        ("<!-- generated: streams -->", ""),
        ("<!-- end of streams -->", ""),
        ("<!-- generated: streams -->", "<!-- generated: seas -->"),
        ("## 1 ", "<!-- generated: streams -->\n<!-- end of streams -->\n\n## 1 "),
    ],
)
def test_a_page_with_other_blocks_is_refused(page, made, there, broken):
    assert there in page
    with pytest.raises(
        BlockError, match="each of measures, places, policies, procedures, scenarios, streams"
    ):
        rewritten(page.replace(there, broken), made)


def test_the_command_rewrites_a_page_in_place(page, tmp_path):
    copy = tmp_path / "odd.md"
    copy.write_text(page.replace("| `network:cells` | `name` |", ""), encoding="utf-8")
    main([str(copy)])
    assert copy.read_text(encoding="utf-8") == page


def test_the_command_says_what_is_wrong_in_one_message(tmp_path):
    empty = tmp_path / "odd.md"
    empty.write_text("# Empty\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="the page has the blocks none"):
        main([str(empty)])


def test_every_scenario_has_its_tables(made):
    text = made["scenarios"]
    for entry in scenario_entries():
        for what in ("Reports", "Desks", "Channels", "Parameters", "Outcomes"):
            assert f"#### {what} of {entry.name}\n" in text


def test_every_procedure_has_its_chart_and_every_post_its_row(made):
    text = made["procedures"]
    for entry in scenario_entries():
        spec = load_scenario(entry.name).spec
        for name, procedure in spec.procedures.items():
            _, _, chart = text.partition(f"#### {name} in {entry.name}\n")
            chart, _, _ = chart.partition("\n###")
            steps = list(procedure.walk())
            assert chart.count("\n| ") == len(steps) + 2, name
            for key in (*procedure.delays, *procedure.chances, *procedure.numbers):
                assert key in chart, (name, key)
        for name in spec.posts:
            assert f"| `{name}` | " in text


def test_a_cell_keeps_its_table_whole():
    assert table(["a"], [["one | two\nthree"]]) == "| a |\n| --- |\n| one \\| two three |"


# What is written by hand ---------------------------------------------------------------------


def test_every_stream_is_described(page, drawn):
    prose = GENERATED.sub("", page)
    delays = {f"casework:{name}": name for name in declared_delays()}
    for stream in {one.name for one in drawn}:
        name = delays.get(stream, stream)
        assert f"`{name}`" in prose, f"docs/odd.md does not say what {stream} decides"


def test_every_outcome_is_described(page):
    prose = GENERATED.sub("", page)
    for entry in scenario_entries():
        loaded = load_scenario(entry.name)
        for outcome in loaded.outcomes:
            total, _, part = outcome.name.partition(OF_PART)
            if part:
                assert f"`NAME{OF_PART}{'DE' if part.isalpha() else 'YEAR'}`" in prose
            assert f"`{total.rpartition('.')[2]}`" in prose


def test_a_number_that_says_no_unit_says_what_it_counts():
    for entry in scenario_entries():
        spec = load_scenario(entry.name).spec
        for row, (unit, meaning) in parameters(spec):
            assert unit or meaning, f"{entry.name}: give the field of {row.path} a docstring"


# Streams -------------------------------------------------------------------------------------


def streams_of(text: str) -> list[Stream]:
    return read_streams({"agents/here.py": text})


def names_of(text: str) -> list[str]:
    return [stream.name for stream in streams_of(text)]


LOOP = """
def f(draws):
    for name, n in (("one", 1), ("two", 2)):
        draws.uniform(name, n)
"""
HANDED = """
def f(draws, name):
    draws.uniform(f"x:{name}")
f(draws, "one")
"""
CHOSEN = """
Kind = Literal["one", "two"]
def f(draws, kind: Kind):
    draws.uniform(f"x:{kind}")
"""
PREPARED = """
def word(lane, *name):
    stream, a, b = (*name, 0, 0)[:3]
    return philox4x32_scalar((stream, a, b), lane.key)
count(partial(word, lane, name_key("one"), place))
"""
PROPERTY = """
class Search:
    @property
    def delay(self):
        return "one" if self.fast else "two"
    def run(self):
        draws.uniform(self.delay)
"""
ABOUT = """
ONE = name_key("one")
def word(report, stream, entity):
    return report_word(report.key, stream, entity)
word(report, ONE, 3)
"""
NESTED = """
def f(draws, name):
    def inner():
        return draws.uniform(name)
    return inner
f(draws, "one")
f(draws, name="two")
"""


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('lane.draws.chance(0.5, "one", place)', ["one"]),
        ('draws.uniform("one")', ["one"]),
        ('draws.words(stream="one")', ["one"]),
        ('draws.quantile(table, "one" if sure else "two", 3)', ["one", "two"]),
        ('ONE = name_key("one")\nlanes.draw(lane, ONE, place)', ["one"]),
        ('self._lanes.draw(lane, name_key("one"), place)', ["one"]),
        ('def f(draws):\n    name = "one"\n    draws.uniform(name)', ["one"]),
        (LOOP, ["one", "two"]),
        (HANDED, ["x:one"]),
        (CHOSEN, ["x:one", "x:two"]),
        (NESTED, ["one", "two"]),
        (PREPARED, ["one"]),
        (PROPERTY, ["one", "two"]),
        ('report_word(report.key, name_key("one"), key)', ["one"]),
        (ABOUT, ["one"]),
        ("np.quantile(values, q)", []),
        ("stats.poisson.quantile(mean)", []),
    ],
)
def test_the_names_of_streams_are_followed(text, names):
    assert names_of(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "draws.chance(0.5, name)",
        "draws.uniform(self.name)",
        'draws.uniform("a" + suffix)',
        'draws.uniform(f"{self.name}:moves")',
        "def f(draws, name):\n    draws.uniform(name)",
        "def f(draws, name):\n    draws.uniform(name)\nf(draws, other)",
        "def f(draws, *names):\n    for name in names:\n        draws.uniform(name)",
        "lanes.draw(lane, stream, place)",
        "KEY = make()\nlanes.draw(lane, KEY, place)",
        "philox4x32((stream, 1, 2, 3), key)",
        "report_word(report.key, stream, 3)",
        "chance = lane.draws.chance",
        "def f(draws):\n    name = name\n    draws.uniform(name)",
    ],
)
def test_a_stream_without_a_literal_name_is_refused(text):
    with pytest.raises(UnnamedError, match=r"agents/here\.py:\d+: "):
        streams_of(text)


def test_keys_are_those_of_the_caller():
    text = (
        "def pick(draws, weights, stream, *entity):\n"
        "    return draws.uniform(stream, *entity)\n"
        "class Cell:\n"
        "    def move(self, draws):\n"
        '        pick(draws, [1.0], "cell:moves", self.number, 2)\n'
    )
    assert streams_of(text) == [
        Stream("cell:moves", ("self.number", "2"), "agents/here.py", "Cell.move")
    ]


def names_hashed(files: dict[str, str]) -> set[str]:
    """Return the names that code makes keys of, as they are written there."""
    return {
        ast.unparse(node.args[0])
        for text in files.values()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "name_key"
    }


def test_the_kernel_names_no_stream_that_the_reference_does_not_draw(drawn):
    reference = {one.name for one in drawn if one.file == REFERENCE}
    beside = {"sim/draws/streams.py", REFERENCE}
    kernel = {
        file: text
        for file, text in package_sources().items()
        if file.startswith("sim/") and file not in beside
    }
    of_classes = {"trace:CLASS", "emit:CLASS", "gap:CLASS"}
    assert names_hashed(kernel) == set(map(repr, reference - of_classes))
    assert of_classes < reference
    assert names_hashed({"here": 'name_key("new")\nname_key(new)'}) == {"'new'", "new"}


def declared_delays() -> set[str]:
    """Names of the delays of casework that scenarios declare."""
    return {
        name
        for entry in scenario_entries()
        for name, _ in load_scenario(entry.name).spec.casework.delays()
    }


def test_every_delay_of_casework_is_drawn_and_every_drawn_one_declared(drawn):
    prefix = "casework:"
    names = {one.name for one in drawn if one.name.startswith(prefix)}
    of_procedures = f"{prefix}PROCEDURE:DELAY"
    assert of_procedures in names
    assert {name.removeprefix(prefix) for name in names - {of_procedures}} == declared_delays()


def test_every_name_that_a_procedure_declares_is_known_to_the_reader_of_streams():
    """The course of a case draws under no other attribute of a step."""
    text = package_sources()[COURSE]
    assert names_of_course(text) == {
        "PROCEDURE:TEST",
        "PROCEDURE:state-NUMBER",
        "casework:PROCEDURE:DELAY",
        "post:ORGANISATION.POST",
    }
    with pytest.raises(UnnamedError, match=r"toss\.meaning"):
        names_of_course(text.replace("toss.name", "toss.meaning"))


def names_of_course(text: str) -> set[str]:
    drawn = read_streams({**package_sources(), COURSE: text})
    return {stream.name for stream in drawn if stream.file == COURSE}


def test_a_number_without_meaning_would_be_noticed():
    class Bare(Number):
        """A number somewhere."""

    assert parameters(Bare(value=1, assumed="a guess"))[0][1] == ("", "")

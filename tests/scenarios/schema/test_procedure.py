"""Procedures in files: how a scenario names them, what may be changed, and every rule they keep."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest

from agents import load_scenario
from agents.society.catalogue import declarations
from scenarios import SpecError
from scenarios.reading import scenario_from
from scenarios.reading.finding import CATALOGUE
from scenarios.schema.procedure import MOST_STEPS, ChartStep, Procedure
from tests.agents.procedures.tiny import BASE

POSTS = """\
posts:
  team: {of: national, number: 1, officers: 2, length: 10 d, assumed: x}
  desk: {of: eurojust, number: 1, officers: 2, length: 10 d, assumed: x}
"""

WORK = """\
procedure: work
meaning: for the test
assumed: x
of: national
at: [police]
starts: {recognised: true, told: [case-notice]}
heeds: [no-case]
evidence:
  usual: {value: 8, assumed: x}
  faster: {value: 0.5, assumed: x}
  surer: {value: 1.5, assumed: x}
  organisation: {value: 1.2, assumed: x}
  doubt: {value: 0.5, assumed: x}
delays: {look: {value: 3 d, assumed: x}}
chances: {half: {value: 0.5, assumed: x}}
numbers: {some: {value: 2, assumed: x}}
steps:
  - take: {post: team}
  - give: team
  - close: {how: ended}
"""

BARE = WORK[: WORK.index("evidence:")] + WORK[WORK.index("delays:") :]
"""The same, without saying how much evidence helps."""

HERE = "  - give: team\n"
"""Line in which a test puts another step."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder for files."""
    return tmp_path


def write(folder: Path, name: str, text: str) -> Path:
    """Write a file."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def scenario(folder: Path, procedures: str, *, posts: str = POSTS, name: str = "mine.yaml") -> Path:
    """Write a tiny scenario with procedures."""
    return write(folder, name, f"{BASE}{posts}procedures:\n{indent(procedures, '  ')}")


def inline(folder: Path, work: str, posts: str = POSTS) -> Path:
    """Write a tiny scenario that declares one procedure in its own file."""
    return scenario(folder, f"work:\n{indent(work, '  ')}", posts=posts)


def loaded(path: Path) -> dict[str, Procedure]:
    """Return the procedures of a scenario."""
    return dict(load_scenario(str(path)).spec.procedures)


def refused(path: Path) -> SpecError:
    """Return why a scenario is refused."""
    with pytest.raises(SpecError) as caught:
        load_scenario(str(path))
    return caught.value


def line_of(path: Path, text: str) -> int:
    """Return the number of the first line that has a text."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


# How a scenario names them -------------------------------------------------------------------


def test_one_may_stand_in_the_scenario_itself(folder: Path) -> None:
    work = loaded(inline(folder, WORK))["work"]
    assert work.delays["look"].value == 3 * 24
    assert [step.done[0] for _, step in work.walk()] == ["take", "give", "close"]
    assert work.desk == "police"


def test_one_may_be_named_by_its_name_in_the_catalogue(folder: Path) -> None:
    path = scenario(folder, "surrender: warrant\n")
    found = loaded(path)["surrender"]
    assert found.procedure == "warrant"
    assert found == load_scenario("organised-crime").spec.procedures["warrant"]


def test_one_may_be_named_by_a_path_from_the_file_that_does(folder: Path) -> None:
    (folder / "sub").mkdir()
    write(folder / "sub", "work.yaml", WORK)
    path = scenario(folder, "work: sub/work.yaml\n")
    assert loaded(path) == loaded(inline(folder, WORK))


def test_all_three_ways_beside_each_other(folder: Path) -> None:
    write(folder, "other.yaml", WORK)
    path = scenario(folder, f"work:\n{indent(WORK, '  ')}\nother: other.yaml\nwarrant: warrant\n")
    assert list(loaded(path)) == ["work", "other", "warrant"]


def test_what_is_written_out_is_read_back(folder: Path) -> None:
    """A scenario that names files is kept as one that needs none."""
    write(folder, "work.yaml", WORK)
    whole = load_scenario(str(scenario(folder, "work: work.yaml\n")))
    document = whole.document()
    assert document["procedures"]["work"]["delays"]["look"]["value"] == "3 d"
    again = scenario_from(document, declarations(), Path("manifest.json"))
    assert again.spec.procedures == whole.spec.procedures
    assert again.digest == whole.digest


@pytest.mark.parametrize("name", sorted(path.stem for path in (CATALOGUE / "procedures").iterdir()))
def test_a_procedure_of_the_catalogue_is_called_like_its_file(name: str) -> None:
    text = (CATALOGUE / "procedures" / f"{name}.yaml").read_text(encoding="utf-8")
    assert f"procedure: {name}\n" in text


def test_no_such_name_says_which_there_are(folder: Path) -> None:
    path = scenario(folder, "work: warant\n")
    error = refused(path)
    assert (error.file, error.line) == (str(path), line_of(path, "work: warant"))
    assert error.where == "procedures.work"
    assert error.rule == "there is no procedure of this name"
    assert error.remedy.startswith("did you mean warrant?")


def test_no_such_file_says_where_it_was_looked_for(folder: Path) -> None:
    path = scenario(folder, "work: nowhere.yaml\n")
    error = refused(path)
    assert (error.file, error.line) == (str(path), line_of(path, "work: nowhere.yaml"))
    assert error.where == "procedures.work"
    assert error.remedy


def test_an_error_in_a_file_that_is_named_is_told_there(folder: Path) -> None:
    other = write(folder, "work.yaml", WORK.replace("  - give: team\n", "  - give: tem\n"))
    error = refused(scenario(folder, "work: work.yaml\n"))
    assert error.file == str(other)
    assert error.line == line_of(other, "give: tem")
    assert error.where == "procedures.work.steps[1].give"


def test_a_file_that_is_no_yaml_is_told_there(folder: Path) -> None:
    other = write(folder, "work.yaml", "procedure: [\n")
    error = refused(scenario(folder, "work: work.yaml\n"))
    assert error.file == str(other)
    assert error.line


@pytest.mark.parametrize("wrong", ["3", "[warrant]", "null"])
def test_what_is_neither_a_name_nor_a_procedure_is_refused(wrong: str, folder: Path) -> None:
    path = scenario(folder, f"work: {wrong}\n")
    error = refused(path)
    assert (error.file, error.line) == (str(path), line_of(path, f"work: {wrong}"))


# What others change --------------------------------------------------------------------------

CHANGE = """\
scenario: mine
extends: base.yaml
procedures:
  work:
    assumed: y
    chances: {half: {value: 0.7, assumed: y}}
    delays: {look: {median: 2 d, p95: 9 d, assumed: y}}
"""


@pytest.mark.parametrize("kept", ["inline", "file"])
def test_numbers_of_a_procedure_change_and_nothing_else(kept: str, folder: Path) -> None:
    if kept == "inline":
        base = inline(folder, WORK).rename(folder / "base.yaml")
    else:
        write(folder, "work.yaml", WORK)
        base = scenario(folder, "work: work.yaml\n", name="base.yaml")
    before = loaded(base)["work"]
    after = loaded(write(folder, "mine.yaml", CHANGE))["work"]
    assert after.chances["half"].value == 0.7
    assert (after.delays["look"].median, after.delays["look"].value) == (48, None)
    same = set(Procedure.model_fields) - {"chances", "delays", "assumed"}
    assert all(getattr(before, name) == getattr(after, name) for name in same)


def test_numbers_that_say_why_are_changed_without_more_words(folder: Path) -> None:
    inline(folder, WORK).rename(folder / "base.yaml")
    work = loaded(write(folder, "mine.yaml", CHANGE.replace("    assumed: y\n", "")))["work"]
    assert (work.chances["half"].value, work.delays["look"].median) == (0.7, 48)
    assert (work.assumed, work.chances["half"].assumed) == ("x", "y")


@pytest.mark.parametrize("more", ["meaning: another one", "at: [customs]", "delays: null"])
def test_who_changes_a_procedure_says_why(more: str, folder: Path) -> None:
    """Also where numbers with a source of their own change beside it."""
    inline(folder, WORK).rename(folder / "base.yaml")
    own = CHANGE.replace("    assumed: y\n", f"    {more}\n")
    if more.startswith("delays"):
        own = own[: own.rindex("    delays: {look")]
    path = write(folder, "mine.yaml", own)
    error = refused(path)
    assert error.file == str(path)
    assert error.where == "procedures.work"
    assert "source" in error.remedy


def test_steps_are_replaced_as_a_whole(folder: Path) -> None:
    inline(folder, WORK).rename(folder / "base.yaml")
    steps = CHANGE.replace("chances", "steps: [{close: {how: at-once}}]\n    chances")
    work = loaded(write(folder, "mine.yaml", steps))["work"]
    assert [step.done[0] for step in work.steps] == ["close"]


def test_a_procedure_may_be_taken_away_added_or_exchanged(folder: Path) -> None:
    scenario(folder, f"work:\n{indent(WORK, '  ')}\nother: warrant\n", name="base.yaml")
    write(folder, "mine-too.yaml", WORK.replace("for the test", "another one"))
    path = write(
        folder,
        "mine.yaml",
        dedent(
            """\
            scenario: mine
            extends: base.yaml
            procedures: {other: null, work: mine-too.yaml, third: warrant}
            """
        ),
    )
    found = loaded(path)
    assert set(found) == {"work", "third"}
    assert found["work"].meaning == "another one"


def test_an_error_in_what_is_changed_is_told_where_it_is(folder: Path) -> None:
    inline(folder, WORK).rename(folder / "base.yaml")
    path = write(folder, "mine.yaml", CHANGE.replace("value: 0.7", "value: 7"))
    error = refused(path)
    assert (error.file, error.line) == (str(path), line_of(path, "value: 7"))
    assert error.where == "procedures.work.chances.half.value"


# Rules of a procedure ------------------------------------------------------------------------


def step_refused(folder: Path, step: str, work: str = WORK) -> tuple[SpecError, Path]:
    """Return why a scenario with another second step is refused."""
    path = inline(folder, work.replace(HERE, f"  - {step}\n"))
    return refused(path), path


@pytest.mark.parametrize(
    ("step", "does"),
    [("{}", "does nothing"), ("{give: team, write: alert}", "has give, write")],
)
def test_a_step_does_exactly_one_thing(step: str, does: str, folder: Path) -> None:
    error, path = step_refused(folder, step)
    assert (error.file, error.line) == (str(path), line_of(path, f"- {step}"))
    assert error.where == "procedures.work.steps[1]"
    assert error.rule == f"a step does exactly one thing; this one {does}"
    assert "- take: team" in error.remedy


OWN = [
    ("wait: {delay: lok}", "wait.delay", "delay", "lok", "did you mean look?"),
    ("wait: {delay: half}", "wait.delay", "delay", "half", "write look"),
    ("wait: {delay: look, unless: [aro_2010, x]}", "wait.unless", "number", "x", "write some"),
    ("take: {post: team, patience: x}", "take.patience", "delay", "x", "write look"),
    ("check: {evidence: x}", "check.evidence", "number", "x", "write some"),
    ("test: {name: a, if_real: x, if_not: half}", "test.if_real", "chance", "x", "write half"),
    ("test: {name: a, if_real: half, if_not: x}", "test.if_not", "chance", "x", "write half"),
    ("chance: {name: a, of: look}", "chance.of", "chance", "look", "write half"),
    ("act: {verb: free, share: x}", "act.share", "chance", "x", "write half"),
    ("act: {verb: free, kept: x}", "act.kept", "chance", "x", "write half"),
    ("watch: {aspect: travel, gain: x, states: 2}", "watch.gain", "number", "x", "write some"),
    ("gather: {patience: x}", "gather.patience", "delay", "x", "write look"),
    ("join: {patience: x}", "join.patience", "delay", "x", "write look"),
    ("hear: {patience: x}", "hear.patience", "delay", "x", "write look"),
    ("answer: {evidence: x}", "answer.evidence", "number", "x", "write some"),
]


@pytest.mark.parametrize(("step", "part", "kind", "name", "remedy"), OWN)
def test_a_step_names_what_the_procedure_has(
    step: str, part: str, kind: str, name: str, remedy: str, folder: Path
) -> None:
    error, path = step_refused(folder, step)
    assert (error.file, error.where) == (str(path), "procedures.work")
    assert error.line == line_of(path, "  work:")
    assert error.rule == f"steps[1].{part} names a {kind} of the procedure; {name} is none"
    assert error.remedy.startswith(remedy)


def test_each_part_that_names_something_is_tried() -> None:
    """Whoever adds a step or a part adds a case above."""
    tried = {part for _, part, *_ in OWN}
    parts = {"delay", "unless", "if_real", "if_not", "of", "share", "kept", "gain", "patience"}
    there = {
        f"{does}.{part}"
        for does, field in ChartStep.model_fields.items()
        for kind in getattr(field.annotation, "__args__", ())
        for part in getattr(kind, "model_fields", ())
        if part in parts or (does, part) in {("check", "evidence"), ("answer", "evidence")}
    }
    assert tried == there


def test_what_is_declared_nowhere_is_to_be_declared(folder: Path) -> None:
    work = WORK.replace("chances: {half: {value: 0.5, assumed: x}}\n", "")
    error, _ = step_refused(folder, "chance: {name: a, of: half}", work)
    assert error.remedy == "declare it under `chances:`"


@pytest.mark.parametrize(
    "branch",
    [
        "take: {post: team, otherwise: [INNER]}",
        "check: {evidence: some, otherwise: [INNER]}",
        "test: {name: a, if_real: half, if_not: half, otherwise: [INNER]}",
        "chance: {name: a, of: half, then: [INNER]}",
        "chance: {name: a, of: half, otherwise: [INNER]}",
        "act: {verb: free, otherwise: [INNER]}",
        "gather: {patience: look, otherwise: [INNER]}",
        "join: {patience: look, alone: [INNER]}",
    ],
)
def test_steps_inside_of_others_keep_the_rules_too(branch: str, folder: Path) -> None:
    does, _, rest = branch.partition(":")
    way = rest.partition(": [INNER]")[0].rpartition(" ")[2].removeprefix("{")
    inner = "{chance: {name: b, of: half, then: [{wait: {delay: lok}}]}}"
    error, _ = step_refused(folder, branch.replace("INNER", inner))
    where = f"steps[1].{does}.{way}[0].chance.then[0].wait.delay"
    assert error.rule.startswith(f"{where} names a delay of the procedure")
    error, path = step_refused(folder, branch.replace("INNER", inner.replace("{delay: lok}", "x")))
    assert error.file == str(path)
    post = branch.replace("INNER", "{give: tem}")
    error, _ = step_refused(folder, post)
    assert error.where == f"procedures.work.steps[1].{does}.{way}[0].give"


@pytest.mark.parametrize(
    "step",
    [
        "check: {evidence: some}",
        "test: {name: a, if_real: half, if_not: half}",
        "wait: {delay: look, by: evidence}",
        "act: {verb: free, share: half, by: evidence}",
        "act: {verb: free, share: half, by: proof}",
        "chance: {name: a, of: half, then: [{check: {evidence: some}}]}",
    ],
)
def test_what_goes_by_evidence_says_how_much_it_helps(step: str, folder: Path) -> None:
    work = BARE
    error, path = step_refused(folder, step, work)
    inner = ".chance.then[0]" if step.startswith("chance") else ""
    assert (error.file, error.where) == (str(path), "procedures.work")
    assert error.rule == f"steps[1]{inner} goes by evidence"
    assert "`evidence:`" in error.remedy
    loaded(inline(folder, WORK.replace(HERE, f"  - {step}\n")))


@pytest.mark.parametrize("step", ["wait: {delay: look}", "act: {verb: free, share: half}"])
def test_what_does_not_go_by_evidence_needs_none(step: str, folder: Path) -> None:
    assert loaded(inline(folder, BARE.replace(HERE, f"  - {step}\n")))["work"].evidence is None


def test_a_procedure_has_so_many_steps_and_no_more(folder: Path) -> None:
    most = WORK.replace(HERE, HERE * (MOST_STEPS - 2))
    assert len(list(loaded(inline(folder, most))["work"].walk())) == MOST_STEPS
    error = refused(inline(folder, most.replace(HERE, HERE * 2, 1)))
    assert error.rule == f"a procedure has at most {MOST_STEPS} steps"
    assert error.remedy == "part it in two"


@pytest.mark.parametrize(
    "step",
    [
        "check: {evidence: some}",
        "test: {name: a, if_real: half, if_not: half}",
        "write: alert",
        "start: work",
        "act: {verb: free}",
        "invite: {report: alert, into: work}",
        "gather: {patience: look}",
        "join: {patience: look}",
        "ask: {procedure: work}",
        "answer: {evidence: some}",
        "hear: {patience: look}",
        "wait: {delay: look, by: evidence}",
        "chance: {name: a, of: half, then: [{write: alert}]}",
    ],
)
def test_a_case_by_the_calendar_does_nothing_about_a_subject(step: str, folder: Path) -> None:
    """The engine numbers subjects from 0: what is done about none would be done about the last."""
    yearly = WORK.replace("recognised: true, told: [case-notice]", "every: 30 d")
    error, path = step_refused(folder, step, yearly)
    inner = ".chance.then[0]" if step.startswith("chance") else ""
    assert (error.file, error.where) == (str(path), "procedures.work")
    assert error.rule.startswith(f"steps[1]{inner} is about a subject")
    assert "`every`" in error.remedy


@pytest.mark.parametrize(
    "step",
    [
        "wait: {delay: look}",
        "watch: {aspect: travel, gain: some, states: 2}",
        "chance: {name: a, of: half, then: [{give: team}]}",
    ],
)
def test_a_case_by_the_calendar_does_what_is_about_nothing(step: str, folder: Path) -> None:
    yearly = WORK.replace("recognised: true, told: [case-notice]", "every: 30 d")
    work = loaded(inline(folder, yearly.replace(HERE, f"  - {step}\n")))["work"]
    assert work.starts.every == 30 * 24


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("at: [police]", "at: []", "at"),
        ("of: national", "of: National", "of"),
        ("recognised: true", "tellers: 0", "starts.tellers"),
        ("recognised: true", "every: 0 d", "starts.every"),
        ("recognised: true", "every: 3", "starts.every"),
        ("delays: {look:", "delays: {Look:", "delays.Look"),
        (
            "value: 0.5, assumed: x}}\nnumbers",
            "value: 1.5, assumed: x}}\nnumbers",
            "chances.half.value",
        ),
        ("{some: {value: 2,", "{some: {value: -2,", "numbers.some.value"),
        ("usual: {value: 8,", "usual: {value: 0,", "evidence.usual.value"),
        ("surer: {value: 1.5,", "surer: {value: 0,", "evidence.surer.value"),
        ("doubt: {value: 0.5,", "doubt: {value: 2,", "evidence.doubt.value"),
        ("{look: {value: 3 d, assumed: x}}", "{look: {value: 3 d}}", "delays.look"),
        (HERE, "  - wait: {delay: look, parts: 0}\n", "steps[1].wait.parts"),
        (HERE, "  - wait: {delay: look, by: chance}\n", "steps[1].wait.by"),
        (HERE, "  - wait: {delay: look, by: proof}\n", "steps[1].wait.by"),
        (HERE, "  - wait: {delay: look, unless: [x, some]}\n", "steps[1].wait.unless[0]"),
        (HERE, "  - gather: {patience: look, least: 0}\n", "steps[1].gather.least"),
        (HERE, "  - act: {verb: free, at: abroad}\n", "steps[1].act.at"),
        (HERE, "  - watch: {aspect: travel, gain: some, states: 0}\n", "steps[1].watch.states"),
        (HERE, "  - close: {}\n", "steps[1].close.how"),
        (HERE, "  - go: home\n", "steps[1].go"),
    ],
)
def test_values_keep_their_bounds(old: str, new: str, where: str, folder: Path) -> None:
    assert old in WORK
    path = inline(folder, WORK.replace(old, new))
    error = refused(path)
    found = (error, *error.others)
    assert error.file == str(path)
    assert f"procedures.work.{where}" in {one.where for one in found}
    assert all(one.line and one.rule and one.remedy for one in found)


def test_a_procedure_has_steps(folder: Path) -> None:
    error = refused(inline(folder, f"{WORK[: WORK.index('steps:')]}steps: []\n"))
    assert error.where == "procedures.work.steps"


def test_a_body_has_no_border(folder: Path) -> None:
    own = WORK.replace("recognised: true", "among: external-border")
    assert loaded(inline(folder, own))["work"].starts.among == "external-border"
    body = own.replace("of: national", "of: eurojust").replace("[police]", "[coordination]")
    error = refused(inline(folder, body.replace("post: team", "post: desk").replace(HERE, "")))
    assert error.where == "procedures.work"
    assert error.rule.startswith("a body has no border")
    assert error.remedy == "leave it out"


def test_a_procedure_has_a_source(folder: Path) -> None:
    error = refused(inline(folder, WORK.replace("assumed: x\nof:", "of:")))
    assert error.where == "procedures.work"


# Rules that join it to the scenario ----------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "where", "kind", "remedy"),
    [
        ("take: {post: tem}", "take.post", "post", "did you mean team?"),
        ("take: {post: desk}", "take.post", "post", "write team"),
        ("give: desk", "give", "post", "write team"),
        ("write: case-notic", "write", "report", "did you mean case-notice?"),
        ("start: wok", "start", "procedure", "did you mean work?"),
        ("act: {verb: arest}", "act.verb", "verb", "did you mean arrest?"),
        ("watch: {aspect: travl, gain: some, states: 2}", "watch.aspect", "aspect", "did you mean"),
        ("invite: {report: x, into: work}", "invite.report", "report", "choose from alert"),
        ("invite: {report: alert, into: x}", "invite.into", "invited procedure", "write work"),
        ("ask: {procedure: wok}", "ask.procedure", "asked procedure", "did you mean work?"),
    ],
)
def test_a_step_names_what_the_scenario_has(
    step: str, where: str, kind: str, remedy: str, folder: Path
) -> None:
    error, path = step_refused(folder, step)
    assert (error.file, error.line) == (str(path), line_of(path, f"- {step}"))
    assert error.where == f"procedures.work.steps[1].{where}"
    assert error.rule == f"there is no {kind} of this name"
    assert error.remedy.startswith(remedy)


@pytest.mark.parametrize(
    ("old", "new", "where", "kind"),
    [
        ("told: [case-notice]", "told: [alert, x]", "starts.told[1]", "report"),
        ("told: [case-notice]", "working: x", "starts.working", "procedure"),
        ("heeds: [no-case]", "heeds: [x]", "heeds[0]", "report"),
        ("at: [police]", "at: [police, polce]", "at[1]", "desk"),
        ("at: [police]", "at: [coordination]", "at[0]", "desk"),
    ],
)
def test_what_begins_or_weakens_a_case_is_there(
    old: str, new: str, where: str, kind: str, folder: Path
) -> None:
    path = inline(folder, WORK.replace(old, new))
    error = refused(path)
    assert (error.file, error.line) == (str(path), line_of(path, new))
    assert error.where == f"procedures.work.{where}"
    assert error.rule == f"there is no {kind} of this name"


def test_an_organisation_has_people_and_procedures_of_its_own_only(folder: Path) -> None:
    """Others' cases may be invited; they cannot be started."""
    table = (
        WORK.replace("of: national", "of: eurojust")
        .replace("at: [police]", "at: [coordination]")
        .replace("post: team", "post: desk")
    )
    both = f"work:\n{indent(WORK, '  ')}\ntable:\n{indent(table, '  ')}"
    for step, fits in (
        ("give: desk", True),
        ("give: team", False),
        ("start: table", True),
        ("start: work", False),
        ("invite: {report: alert, into: work}", True),
    ):
        before, _, after = both.rpartition("    - give: team\n")
        path = scenario(folder, f"{before}    - {step}\n{after}")
        if fits:
            assert loaded(path)["table"].desk == "eurojust.coordination"
        else:
            assert refused(path).where.startswith("procedures.table.steps[1]")


# People --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("post", "where", "rule"),
    [
        ("{of: national, officers: 2", "", "a post has a number of teams, or one for so many"),
        ("{of: national, number: 1, one_per: 9, officers: 2", "", "a post has a number of teams"),
        ("{of: eurojust, one_per: 9, officers: 2", "", "a body has no police officers of a state"),
        ("{of: national, number: 0, officers: 2", ".number", "the number is above 0"),
        ("{of: national, one_per: 0, officers: 2", ".one_per", "the number lies within 1e-09 and"),
        ("{of: national, number: 1, officers: 0", ".officers", "the number is above 0"),
    ],
)
def test_people_are_counted_one_way(post: str, where: str, rule: str, folder: Path) -> None:
    posts = f"posts:\n  team: {post}, length: 10 d, assumed: x}}\n"
    path = inline(folder, WORK, posts)
    error = refused(path)
    assert (error.file, error.line) == (str(path), line_of(path, post))
    assert error.where == f"posts.team{where}"
    assert error.rule.startswith(rule)
    assert error.remedy


@pytest.mark.parametrize("length", ["0 d", "-1 d", "3"])
def test_others_hold_a_team_for_some_time(length: str, folder: Path) -> None:
    path = inline(folder, WORK, POSTS.replace("length: 10 d", f"length: {length}"))
    assert refused(path).where == "posts.team.length"


def test_without_any_post_there_is_nobody_to_take(folder: Path) -> None:
    error = refused(inline(folder, WORK, "posts: {}\n"))
    assert error.where == "procedures.work.steps[0].take.post"
    assert error.remedy == "none is declared; declare it first"


def test_a_team_for_so_many_officers_is_of_states(folder: Path) -> None:
    posts = POSTS.replace("number: 1, officers: 2", "one_per: 800, officers: 6", 1)
    found: Any = load_scenario(str(inline(folder, WORK, posts))).spec.posts
    assert (found["team"].one_per, found["team"].number) == (800, None)
    assert (found["desk"].one_per, found["desk"].number) == (None, 1)

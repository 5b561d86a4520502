"""Threats in files of their own: which file is meant, what comes with it, and where errors are."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agents import load_scenario
from scenarios import SpecError
from scenarios.reading.extending import document_of
from scenarios.reading.finding import CATALOGUE

WORM = CATALOGUE / "threats" / "computer-worm.yaml"
CYBER = CATALOGUE / "scenarios" / "cyber-outbreak.yaml"
NAMED = "  worm: computer-worm\n"
"""How the scenario names its threat."""

COMMON = """
outcomes:
  - {name: disclosures, label: D, unit: reports, better: lower, group: rights}
"""
"""Outcomes that there are of any threats, also in company."""

Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file; give its path as text."""

    def written(text: str, name: str) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return str(path)

    return written


@pytest.fixture
def scenario(write: Write) -> Callable[..., str]:
    """Write the scenario of a worm with other threats, and perhaps more of its own."""

    def written(threats: str, more: str = "") -> str:
        text = CYBER.read_text(encoding="utf-8")
        assert text.count(NAMED) == 1
        if threats.startswith(NAMED) and threats != NAMED:
            text = text.partition("\noutcomes:")[0] + COMMON
        return write(text.replace(NAMED, threats) + more, "scenarios/mine.yaml")

    return written


def worm(*changes: tuple[str, str]) -> str:
    """Return the file of the catalogue's worm with some words replaced."""
    text = WORM.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def refused(path: str) -> SpecError:
    with pytest.raises(SpecError) as caught:
        load_scenario(path)
    assert caught.value.rule
    assert caught.value.remedy
    return caught.value


def line_of(path: str, words: str) -> int:
    """Return the line of a file in which some words stand, once."""
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    [found] = [number for number, line in enumerate(lines, 1) if words in line]
    return found


def shipped() -> dict[str, Any]:
    return load_scenario("cyber-outbreak").document()


# Which file is meant -------------------------------------------------------------------------


def test_a_threat_goes_by_name_by_path_and_in_full(write: Write, scenario: Write) -> None:
    write(worm(), "threats/own.yaml")
    content = document_of(Path(scenario(NAMED))).children["threats"].children["worm"].value
    inline = f"  worm: {_flow(content)}\n"
    for threats in (NAMED, "  worm: ../threats/own.yaml\n", f"  worm: {WORM}\n"):
        assert load_scenario(scenario(threats)).document() == shipped(), threats
    whole = document_of(CYBER)
    brought = {key: whole.children[key].value for key in ("reports", "procedures", "casework")}
    told = CYBER.read_text(encoding="utf-8").replace(NAMED, inline)
    for key, value in brought.items():
        start = told.find(f"\n{key}:")
        end = told.find("\n\n", start + 1) if start >= 0 else start
        told = told[:start] + told[end:] if start >= 0 else told
        told += f"\n{key}: {_flow(value)}\n"
    assert load_scenario(write(told, "scenarios/flat.yaml")).document() == shipped()


def _flow(value: Any) -> str:
    return json.dumps(value)


def test_two_threats_may_come_from_one_file(scenario: Write) -> None:
    """What both bring is the same, and there once."""
    spec = load_scenario(scenario(f"{NAMED}  other: computer-worm\n")).spec
    assert list(spec.threats) == ["worm", "other"]
    assert spec.threats["worm"] == spec.threats["other"]
    before = load_scenario("cyber-outbreak").spec
    assert (spec.reports, spec.procedures) == (before.reports, before.procedures)


def test_a_threat_keeps_the_names_of_what_deals_with_it(scenario: Write) -> None:
    spec = load_scenario(scenario(NAMED)).spec
    assert set(spec.threats["worm"].procedures or ()) == set(spec.procedures)


@pytest.mark.parametrize(
    ("threats", "where", "message"),
    [
        ("  worm: computer-wrm\n", "threats.worm", "did you mean computer-worm?"),
        ("  worm: ./nowhere.yaml\n", "threats.worm", "there is no such file"),
        ("  worm: ../scenarios\n", "threats.worm", "this is a folder"),
        (
            "  worm: {extends: computer-wrm}\n",
            "threats.worm.extends",
            "did you mean computer-worm?",
        ),
        ("  worm: {extends: ./nowhere.yaml}\n", "threats.worm.extends", "there is no such file"),
        ("  worm: 3\n", "threats.worm", ""),
        ("  worm: [computer-worm]\n", "threats.worm", ""),
        ("  worm: {}\n", "threats.worm", "kind"),
        ("  worm: {kind: cyber-outbrek}\n", "threats.worm", "cyber-outbreak"),
        ("  worm: {extends: [computer-worm]}\n", "threats.worm", ""),
    ],
)
def test_what_is_no_threat_is_refused_where_it_is_named(
    scenario: Write, threats: str, where: str, message: str
) -> None:
    path = scenario(threats)
    error = refused(path)
    assert error.where.startswith(where)
    assert message in str(error)
    assert (error.file, error.line) == (path, line_of(path, threats.strip()))


@pytest.mark.parametrize("threats", ["{}", "[]", "computer-worm", "null", "3"])
def test_a_scenario_has_threats(write: Write, threats: str) -> None:
    text = CYBER.read_text(encoding="utf-8").replace(f"threats:\n{NAMED}", f"threats: {threats}\n")
    path = write(text, "mine.yaml")
    error = refused(path)
    assert error.where == "threats"
    assert (error.file, error.line) == (path, line_of(path, f"threats: {threats}"))


def test_a_file_that_declares_no_threat_is_refused_with_its_name(
    scenario: Write, write: Write
) -> None:
    other = write("procedure: mine\nmeaning: x\n", "threats/other.yaml")
    for threats in (
        "  worm: ../threats/other.yaml\n",
        "  worm: {extends: ../threats/other.yaml}\n",
    ):
        error = refused(scenario(threats))
        assert Path(error.file).samefile(other)
        assert "there is no key of this name" in error.rule
        assert "threat" in str(error)
    for text in ("", "- threat: x\n", "threat\n"):
        write(text, "threats/other.yaml")
        assert Path(refused(scenario("  worm: ../threats/other.yaml\n")).file).samefile(other)


def test_a_threat_of_a_scenario_of_the_old_form_is_told_how(write: Write) -> None:
    text = CYBER.read_text(encoding="utf-8").replace("threats:\n", "threat:\n")
    path = write(text, "mine.yaml")
    error = refused(path)
    assert error.file == path
    assert "threats" in str(error)


# What differs from a file --------------------------------------------------------------------


def test_what_differs_differs_and_nothing_else(scenario: Write) -> None:
    own = (
        "  worm:\n    extends: computer-worm\n    malware: {in_state: {value: 0.5, source: y}}\n"
        "    half_life: {value: 9 d, assumed: x}\n    sees: {police: null}\n"
    )
    found, expected = load_scenario(scenario(own)).document(), shipped()
    threat = expected["threats"]["worm"]
    threat["malware"]["in_state"] = {"value": 0.5, "source": "y"}
    threat["half_life"] = {"value": "9 d", "assumed": "x"}
    del threat["sees"]["police"]
    assert found == expected


def test_a_threat_that_extends_another_changes_what_that_brings(
    scenario: Write, write: Write
) -> None:
    write("procedure: mine\n" + _procedure(), "scenarios/own.yaml")
    own = (
        "  worm:\n    extends: computer-worm\n"
        "    reports:\n      complaint: {lifetime: 2 d, assumed: x}\n"
        "      incident: {persons: 3, assumed: y}\n"
        "    procedures: {own: ./own.yaml, urgent-coordination: null}\n"
    )
    spec = load_scenario(scenario(own)).spec
    assert spec.reports["complaint"].lifetime == 48
    assert spec.reports["incident"].persons == 3
    assert spec.procedures.keys() == {"secure-evidence", "cyber-file", "own"}
    assert set(spec.threats["worm"].procedures or ()) == spec.procedures.keys()


def test_what_is_changed_has_a_source_of_its_own(scenario: Write) -> None:
    path = scenario("  worm: {extends: computer-worm, half_life: {value: 9 d}}\n")
    error = refused(path)
    assert (error.where, error.file) == ("threats.worm.half_life", path)
    assert "has a source of its own" in error.rule
    assert error.line == line_of(path, "half_life: {value: 9 d}")


def test_what_is_not_there_is_not_taken_away(scenario: Write) -> None:
    path = scenario("  worm:\n    extends: computer-worm\n    sees:\n      polise: null\n")
    error = refused(path)
    assert error.where == "threats.worm.sees.polise"
    assert "did you mean police?" in error.remedy
    assert (error.file, error.line) == (path, line_of(path, "polise: null"))


def test_a_scenario_that_extends_another_changes_its_threat(write: Write) -> None:
    head = "scenario: mine\nextends: cyber-outbreak\n"
    own = "threats: {worm: {malware: {in_state: {value: 0.5, source: y}}}}\n"
    found = load_scenario(write(head + own, "mine.yaml")).spec.threats["worm"]
    before = load_scenario("cyber-outbreak").spec.threats["worm"]
    malware: Any = found
    assert malware.malware.in_state.value == 0.5
    assert (found.sees, found.procedures) == (before.sees, before.procedures)


def test_a_scenario_that_extends_another_puts_a_threat_beside_or_in_its_place(
    write: Write,
) -> None:
    head = "scenario: mine\nextends: cyber-outbreak\nprocedures: {warrant: null}\n"
    beside = (
        f"scenario: mine\nextends: cyber-outbreak\nthreats: {{second: computer-worm}}\n{COMMON}"
    )
    spec = load_scenario(write(beside, "beside.yaml")).spec
    assert list(spec.threats) == ["worm", "second"]
    instead = (
        "scenario: mine\nextends: cyber-outbreak\nthreats: {worm: null, second: computer-worm}\n"
    )
    assert list(load_scenario(write(instead, "instead.yaml")).spec.threats) == ["second"]
    error = refused(write(head, "wrong.yaml"))
    assert error.where == "procedures.warrant"


# What a threat brings ------------------------------------------------------------------------


def test_a_scenario_goes_before_what_its_threat_brings(scenario: Write) -> None:
    before = load_scenario("cyber-outbreak").spec
    more = (
        "procedures:\n  cyber-file: {chances: {analysed: {value: 0.25, assumed: x}}}\n"
        "  urgent-coordination: null\n"
    )
    path = scenario(NAMED, more)
    chances = before.procedures["cyber-file"].chances
    name = next(iter(chances))
    Path(path).write_text(
        Path(path).read_text(encoding="utf-8").replace("analysed", name), encoding="utf-8"
    )
    spec = load_scenario(path).spec
    assert spec.procedures["cyber-file"].chances[name].value == 0.25
    assert spec.procedures["cyber-file"].delays == before.procedures["cyber-file"].delays
    assert spec.procedures.keys() == before.procedures.keys() - {"urgent-coordination"}
    assert set(spec.threats["worm"].procedures or ()) == spec.procedures.keys()


def test_reports_posts_and_casework_that_a_threat_brings_are_changed(
    scenario: Write, write: Write
) -> None:
    posts = "posts: {watch: {of: national, number: 2, officers: 1, length: 1 d, assumed: x}}\n"
    write(worm() + posts, "threats/own.yaml")
    path = scenario("  worm: ../threats/own.yaml\n")
    before = load_scenario(path).spec
    assert before.posts["watch"].officers == 1
    text = Path(path).read_text(encoding="utf-8")
    for old, new in (
        ("\nreports:\n", "\nreports:\n  incident: {persons: 7, assumed: x}\n"),
        ("\nposts:\n", "\nposts:\n  watch: {officers: 4, assumed: x}\n"),
        (
            "\ncasework:\n",
            "\ncasework:\n  incident: {enisa_experts: {value: 9, assumed: x}}\n",
        ),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    spec = load_scenario(write(text, "scenarios/mine.yaml")).spec
    assert spec.reports["incident"].persons == 7
    assert spec.reports["incident"].weight == before.reports["incident"].weight
    assert (spec.posts["watch"].officers, spec.posts["watch"].number) == (4, 2)
    incident, old_incident = spec.casework.incident, before.casework.incident
    assert incident
    assert old_incident
    assert incident.enisa_experts.value == 9
    assert incident.search == old_incident.search
    assert list(spec.reports) == list(before.reports)


def test_null_removes_what_a_threat_brings(scenario: Write, write: Write) -> None:
    posts = "posts: {watch: {of: national, number: 2, officers: 1, length: 1 d, assumed: x}}\n"
    unread = "  spare: {kind: trace, meaning: x, lifetime: 1 d, assumed: x}\n"
    write(worm(("reports:\n", f"reports:\n{unread}")) + posts, "threats/own.yaml")
    path = scenario("  worm: ../threats/own.yaml\n")
    assert "spare" in load_scenario(path).spec.reports
    text = Path(path).read_text(encoding="utf-8")
    text = text.replace("\nreports:\n", "\nreports:\n  spare: null\n")
    text = text.replace("\nposts:\n", "\nposts:\n  watch: null\n")
    assert load_scenario(write(text, "scenarios/mine.yaml")).document() == shipped()


def test_a_procedure_may_not_be_taken_away_that_nobody_brings(scenario: Write) -> None:
    path = scenario(NAMED, "procedures:\n  warrant: null\n")
    error = refused(path)
    assert error.where == "procedures.warrant"
    assert (error.file, error.line) == (path, line_of(path, "warrant: null"))


@pytest.mark.parametrize(
    ("part", "old", "new", "name"),
    [
        ("reports", "persons: 2\n", "persons: 5\n", "complaint"),
        ("casework", "enisa_experts: {value: 2", "enisa_experts: {value: 3", "incident"),
    ],
)
def test_two_threats_that_bring_different_things_of_one_name_are_refused(
    scenario: Write, write: Write, part: str, old: str, new: str, name: str
) -> None:
    own = write(worm((old, new)), "threats/own.yaml")
    error = refused(scenario(f"{NAMED}  other: ../threats/own.yaml\n"))
    assert error.where == f"threats.other.{part}.{name}"
    assert f"different {part} of the name {name}" in error.rule
    assert "another name" in error.remedy
    assert Path(error.file).samefile(own)
    assert error.line
    lines = Path(own).read_text(encoding="utf-8").splitlines()
    assert lines[error.line - 1] == f"  {name}:"
    assert f"{part}:" in lines[: error.line - 1]


def test_two_threats_that_bring_different_procedures_of_one_name_are_refused(
    scenario: Write, write: Write
) -> None:
    """Each says so in its own file, where the procedure stands in another."""
    write(
        worm(("  cyber-file: cyber-file\n", "  cyber-file: secure-evidence\n")), "threats/own.yaml"
    )
    error = refused(scenario(f"{NAMED}  other: ../threats/own.yaml\n"))
    assert error.where == "threats.other.procedures.cyber-file"
    assert "different procedures of the name cyber-file" in error.rule
    assert Path(error.file).name == "secure-evidence.yaml"
    assert error.line == 1


def test_one_of_two_different_things_is_renamed(scenario: Write, write: Write) -> None:
    """As the remedy says."""
    write(
        worm(
            ("  complaint:\n", "  charge:\n"),
            ("{report: complaint,", "{report: charge,"),
            ("persons: 2\n", "persons: 5\n"),
        ),
        "threats/own.yaml",
    )
    spec = load_scenario(scenario(f"{NAMED}  other: ../threats/own.yaml\n")).spec
    assert (spec.reports["complaint"].persons, spec.reports["charge"].persons) == (2, 5)


def test_one_class_of_report_of_a_kind_is_in_the_scenario_or_comes_with_a_threat(
    scenario: Write, write: Write
) -> None:
    hit = "  again: {kind: hit, meaning: x, lifetime: 1 d, assumed: x}\n"
    write(worm(("reports:\n", f"reports:\n{hit}")), "threats/own.yaml")
    error = refused(scenario("  worm: ../threats/own.yaml\n"))
    assert "there is one class of report of the kind hit" in error.rule
    assert error.line is not None


def _procedure() -> str:
    return (
        "meaning: what is mine\nof: national\nat: [police]\nstarts: {recognised: true}\n"
        "delays: {thinking: {value: 3 d, assumed: x}}\n"
        "steps: [{wait: {delay: thinking}}, {close: {how: done}}]\nassumed: x\n"
    )


def test_a_procedure_of_a_threat_is_beside_the_file_of_the_threat(
    scenario: Write, write: Write
) -> None:
    """Not beside the scenario that names the threat."""
    for folder in ("threats", "scenarios"):
        text = f"procedure: mine\n{_procedure().replace('what is mine', folder)}"
        write(text, f"{folder}/deeper/own.yaml")
    own = ("  cyber-file: cyber-file\n", "  cyber-file: ./deeper/own.yaml\n")
    write(worm(own), "threats/own.yaml")
    for threats in (
        "  worm: ../threats/own.yaml\n",
        "  worm: {extends: ../threats/own.yaml}\n",
        "  worm: {extends: ../threats/own.yaml, sampled: true}\n",
    ):
        spec = load_scenario(scenario(threats)).spec
        assert spec.procedures["cyber-file"].meaning == "threats", threats
    inline = "  worm: {extends: computer-worm, procedures: {mine: ./deeper/own.yaml}}\n"
    assert load_scenario(scenario(inline)).spec.procedures["mine"].meaning == "scenarios"


def test_in_company_a_procedure_is_named_by_a_threat(scenario: Write, write: Write) -> None:
    """Alone, a threat is dealt with by all there are."""
    alike = "procedures: {again: cyber-file}\n"
    spec = load_scenario(scenario(NAMED, alike)).spec
    assert spec.procedures_of("worm") == {"secure-evidence", "cyber-file", "again"} | {
        "urgent-coordination"
    }
    path = scenario(f"{NAMED}  other: computer-worm\n", alike)
    error = refused(path)
    assert error.where == "procedures.again"
    assert "none names this one" in error.rule
    assert "again" in error.remedy
    assert error.line is not None


def _further_lines(error: SpecError) -> set[int]:
    """Return the lines that an error of several tells beside its first."""
    return {int(line) for line in re.findall(r"(?:line |:)(\d+): ", str(error))}


# Where errors are ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        (
            "  begins_within: {value: 5 d",
            "  begins_within: {value: 5 moons",
            "malware.begins_within",
        ),
        ("  seeds: {low: 10", "  seads: {low: 10", "malware.seads"),
        ("per_year: 12, source", "per_year: -1, source", "sees.police[0].per_year"),
        ("{report: complaint,", "{report: complant,", "sees.police[0].report"),
        ("  cert: {evidence: 4", "  kert: {evidence: 4", "recognises.kert"),
        ("decoys:\n  number: {value: 4", "decoys:\n  number: {value: 4000", "decoys"),
        ("  places: {low: 2, high: 6", "  places: {low: 2, high: 60", "decoys.places.high"),
        ("kind: cyber-outbreak", "kind: cyber-outbrek", "kind"),
        ("sampled: false", "sampld: false", "sampld"),
    ],
)
@pytest.mark.parametrize(
    "threats", ["  worm: ../threats/own.yaml\n", "  worm: {extends: ../threats/own.yaml}\n"]
)
def test_an_error_in_the_file_of_a_threat_is_told_with_that_file_and_line(
    scenario: Write, write: Write, threats: str, old: str, new: str, where: str
) -> None:
    own = write(worm((old, new)), "threats/own.yaml")
    error = refused(scenario(threats))
    assert Path(error.file).samefile(own)
    assert error.where.startswith("threats.worm")
    assert f"threats.worm.{where}" in str(error)
    assert f"{error.line}: threats.worm" in str(error)
    assert line_of(own, new.partition("\n")[0]) in {error.line, *_further_lines(error)}


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("    kind: incident\n", "    kinds: incident\n", "reports.incident"),
        ("    persons: 2\n", "    persons: -2\n", "reports.complaint.persons"),
        ("  cyber-file: cyber-file\n", "  cyber-file: cyber-fil\n", "procedures.cyber-file"),
        ("  cyber-file: cyber-file\n", "  cyber-file: ./no.yaml\n", "procedures.cyber-file"),
        ("handlers: {value: 3, source", "handlers: {value: x, source", "incident.handlers"),
    ],
)
def test_an_error_in_what_a_threat_brings_is_told_with_its_file_and_line(
    scenario: Write, write: Write, old: str, new: str, where: str
) -> None:
    own = write(worm((old, new)), "threats/own.yaml")
    error = refused(scenario("  worm: ../threats/own.yaml\n"))
    assert Path(error.file).samefile(own)
    assert where in error.where
    assert error.line is not None
    if new.strip().startswith(where.rpartition(".")[2]):
        assert error.line == line_of(own, new.strip("\n"))


def test_an_error_in_what_differs_is_told_where_that_stands(scenario: Write) -> None:
    path = scenario(
        "  worm:\n    extends: computer-worm\n"
        "    half_life:\n      value: 9 moons\n      assumed: x\n"
    )
    error = refused(path)
    assert (error.where, error.file) == ("threats.worm.half_life.value", path)
    assert error.line == line_of(path, "9 moons")


def test_what_cannot_be_read_is_told_with_the_file_of_the_threat(
    scenario: Write, write: Write
) -> None:
    own = write(worm(("kind: cyber-outbreak", "kind: [cyber-outbreak")), "threats/own.yaml")
    error = refused(scenario("  worm: ../threats/own.yaml\n"))
    assert Path(error.file).samefile(own)
    assert error.line is not None

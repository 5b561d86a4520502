"""`fivesteps show`: what it says and draws is what the engine is given."""

from __future__ import annotations

import itertools
import json
import re
import struct
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, strategies as st
from matplotlib.text import Text

from agents import load_scenario, load_threat
from experiments.cli import main
from experiments.designs import experiment_entries, load_experiment
from experiments.figures import style
from experiments.show import matrix as matrices_drawn, network, show
from experiments.show.grid import duration, grid_of, is_never
from experiments.show.links import links_of_place, links_of_world
from experiments.show.pictures import drawn_matrices
from experiments.show.routes import Matrix, matrices, median_of_sum, routes_of
from experiments.show.states import column_of, default_of_scenario, state_columns, week_reads
from scenarios import (
    Compiled,
    LoadedScenario,
    compile_world,
    place_entries,
    policy_entries,
    scenario_entries,
)
from scenarios.reading import CATALOGUE
from scenarios.reading.catalogue import (
    measure_entries,
    policy_files,
    procedure_entries,
    programme_entries,
    threat_entries,
)
from scenarios.reading.load import load_policy, load_procedure, read_policy
from sim.draws.streams import ONE
from sim.seam.world import Pull, World

SCENARIOS = [entry.name for entry in scenario_entries()]
POLICIES = [file.stem for file in policy_files()]
SCENARIO = "organised-crime"


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def fivesteps(capsys, tmp_path, monkeypatch):
    """Run a command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> Outcome:
        with pytest.raises(SystemExit) as caught:
            main([str(argument) for argument in arguments])
        shown = capsys.readouterr()
        return Outcome(int(caught.value.code or 0), shown.out, shown.err)

    return run


@pytest.fixture(autouse=True)
def _style():
    with style.settings():
        yield


@cache
def loaded_of(scenario: str) -> LoadedScenario:
    return load_scenario(scenario)


@cache
def compiled(policy: str, scenario: str = SCENARIO) -> Compiled:
    return compile_world(loaded_of(scenario), [read_policy(policy)])


@cache
def told(policy: str, scenario: str = SCENARIO) -> tuple[Matrix, ...]:
    return tuple(matrices(compiled(policy, scenario)))


def applies(policy: str, scenario: str) -> bool:
    return loaded_of(scenario).why_not(read_policy(policy)) is None


PAIRS = [pair for pair in itertools.product(POLICIES, SCENARIOS) if applies(*pair)]


# The command ---------------------------------------------------------------------------------


def is_picture(path: Path) -> bool:
    content = path.read_bytes()
    return content.startswith(b"\x89PNG") and min(struct.unpack(">II", content[16:24])) > 400


@pytest.mark.long
@pytest.mark.parametrize("name", [*SCENARIOS, *(entry.name for entry in place_entries())])
def test_a_scenario_or_place_is_shown(fivesteps, name):
    entries = {entry.name: entry for entry in (*scenario_entries(), *place_entries())}
    shown = fivesteps("show", name)
    assert shown.code == 0, shown.err
    assert entries[name].meaning in " ".join(shown.out.split())
    written = [Path("results/show", name, f"{picture}.png") for picture in ("network", "map")]
    assert shown.out.splitlines()[-2:] == [str(path) for path in written]
    assert all(map(is_picture, written))


@pytest.mark.long
@pytest.mark.parametrize("name", ["bilateral", "duties-2010"])
def test_a_policy_is_shown(fivesteps, name):
    policy = read_policy(name)
    shown = fivesteps("show", name)
    assert shown.code == 0, shown.err
    words = " ".join(shown.out.split())
    assert policy.meaning in words
    first = SCENARIO
    others = [other for other in SCENARIOS if other != first and applies(name, other)]
    assert f"other scenarios --scenario {', '.join(others)}" in words
    assert f"shown in {first}" in words
    written = sorted(Path("results/show", name, first).iterdir())
    assert written
    assert all(map(is_picture, written))
    assert {str(path) for path in written} == set(shown.out.splitlines()[-len(written) :])


@pytest.mark.long
@pytest.mark.parametrize("name", POLICIES)
def test_every_policy_is_described(name):
    shown = show(name)
    policy = read_policy(name)
    assert shown.description.meaning == policy.meaning
    rows = [row for rows in shown.description.tables.values() for row in rows if "rule" in row]
    numbers = [int(row["rule"]) for row in rows]
    assert numbers == sorted(set(numbers))
    left_out = shown.description.facts.get("rules left out", "0 of")
    assert len(numbers) + int(left_out.split()[0]) == len(policy.spec.rules)
    assert all(cell for row in rows for key, cell in row.items() if key != "notes")
    assert shown.matrices
    assert shown.expected == len(shown.matrices)


def test_rules_that_decide_about_nothing_are_left_out_and_counted(tmp_path):
    """What another family needs, what an earlier rule hides, and nothing else."""
    path = tmp_path / "mine.yaml"
    path.write_text(
        "policy: mine\nmeaning: x\nsource: x\nrules:\n"
        "  - {meaning: all traces, match: {reports: [trace]}, push: {chance: 1}, assumed: x}\n"
        "  - {meaning: hidden, match: {reports: [trace], own: true}, assumed: x}\n"
        "  - {meaning: of fires, match: {reports: [assistance-request]}, assumed: x}\n"
        "  - {meaning: notices, match: {reports: [notice]}, push: {chance: 1}, assumed: x}\n"
        "  - {meaning: of worms, match: {over: [cert-network]}, assumed: x}\n",
        encoding="utf-8",
    )
    shown = {name: show(str(path), scenario=name).description for name in SCENARIOS}
    told = {
        name: [row["meaning"] for rows in one.tables.values() for row in rows]
        for name, one in shown.items()
    }
    of_crime = ["all traces", "notices"]
    assert told == dict.fromkeys(SCENARIOS, of_crime) | {
        "cyber-outbreak": ["all traces", "notices", "of worms"],
        "forest-fire": ["of fires"],
        "three-at-once": ["all traces", "of fires", "notices", "of worms"],
    }
    assert shown["organised-crime"].facts["rules left out"].startswith("3 of 5 decide about")
    assert shown["organised-crime"].facts["rules left out"].endswith(": 2 to 3, 5")


@pytest.mark.long
@pytest.mark.parametrize("entry", experiment_entries(), ids=lambda entry: entry.name)
def test_every_experiment_is_described(fivesteps, entry):
    document = json.loads(fivesteps("show", entry.name, "--json", "--out", "here").out)
    what = load_experiment(entry.name)
    settings, policies = len(what.settings()), len(what.policies)
    lanes = settings * policies * what.spec.replications
    assert (document["kind"], document["meaning"]) == ("experiment", what.meaning)
    assert document["facts"]["settings"] == f"{settings:,}"
    assert document["facts"]["lanes"].startswith(f"{lanes:,}, which is {settings:,} setting")
    rows = document["tables"].get("parameters", [])
    assert [row["parameter"] for row in rows] == list(what.spec.parameters)
    assert all(row["between"] and row["changes"] and row["from"] for row in rows)
    assert document["pictures"] == []
    assert what.name in fivesteps("show", str(what.path), "--out", "here").out


def test_an_experiment_in_words(fivesteps, tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        "experiment: mine\nmeaning: x\nscenario: organised-crime\npolicies: [bilateral]\n"
        "replications: 1\nparameters:\n"
        "  a: {changes: desks.police.reads.value, low: 8, high: 20, mode: 10, assumed: x}\n"
        "  b: {changes: threats.trafficking.half_life.value, low: 60 d, high: 1 y, assumed: x}\n"
        "  c: {changes: desks.police.staff, times: {low: 0.5, high: 2, log: true}, source: y}\n"
        "  d: {changes: desks.customs.reads.value, median: 8, p95: 20, assumed: x}\n"
        "design: {kind: sobol, points: 8}\n",
        encoding="utf-8",
    )
    assert [row["between"] for row in show(str(mine)).description.tables["parameters"]] == [
        "8 to 20, most likely 10",
        "60 d to 1 y",
        "times 0.5 to 2 (logarithmic)",
        "median 8, 95% within 20",
    ]
    words = " ".join(fivesteps("show", "latency-and-capacity", "--out", "here").out.split())
    for part in (
        "factorial: every combination of values",
        "7,200, which is 90 settings x 4 policies x 20 random worlds",
        "between times 0.25, 0.5, 1, 2, 4",
        "place.instruments.eurojust.latency and 3 more",
        "does place.national.cert.hours = continuous",
        "4 parameters, 4 assumed",
    ):
        assert part in words
    refused = fivesteps("show", "latency-and-capacity", "--scenario", "cyber-outbreak")
    assert (refused.code, "only a policy is shown in a scenario" in refused.err) == (2, True)


@pytest.mark.long
def test_json_holds_everything(fivesteps, tmp_path):
    shown = fivesteps("show", "bilateral", "--scenario", SCENARIO, "--json", "--out", "here")
    document = json.loads(shown.out)
    policy = read_policy("bilateral")
    assert document["kind"] == "policy"
    assert document["meaning"] == policy.meaning
    assert [tuple(row.values()) for row in document["parameters"]] == policy.sources()
    rules = [row for name, rows in document["tables"].items() if "rules" in name for row in rows]
    known = [rule.meaning for rule in policy.spec.rules]
    assert [row["meaning"] for row in rules] == [known[int(row["rule"]) - 1] for row in rules]
    assert sorted(map(Path, document["pictures"])) == sorted(Path("here").iterdir())
    assert list(document["matrices"]) == [
        m.name for m in drawn_matrices(load_scenario(SCENARIO), compiled("bilateral"))
    ]
    assert {path.name for path in tmp_path.iterdir()} == {"here"}


@pytest.mark.long
def test_parameters_are_counted_or_listed(fivesteps):
    sources = load_scenario(SCENARIO).sources()
    assumed = sum(row.kind == "assumed" for row in sources)
    short = fivesteps("show", SCENARIO)
    assert f"{len(sources)} parameters, {assumed} assumed; --parameters lists them" in short.out
    assert sources[0].text[:20] not in short.out
    words = " ".join(fivesteps("show", SCENARIO, "--parameters").out.split())
    assert f"{len(sources)} parameters, {assumed} assumed" in words
    assert all(row.path[:12] in words for row in sources)


def test_a_column_chooses_the_map(fivesteps):
    shown = fivesteps("show", "eu27-2010", "--map", "cert_2010", "--svg")
    assert shown.code == 0
    assert not Path("results/show/eu27-2010/map.svg").exists()
    text = Path("results/show/eu27-2010/map-cert_2010.svg").read_text(encoding="utf-8")
    members = load_scenario(SCENARIO).atlas.members.values()
    assert text.count(">yes<") == sum(member.cert_2010 for member in members) + 1  # and the legend


def test_a_policy_that_is_not_for_crime_is_shown_elsewhere(tmp_path):
    policy = own_files(tmp_path)["policies"]
    text = policy.read_text(encoding="utf-8").replace("\nask:", "\nnot_for: {crime: a test}\nask:")
    policy.write_text(text, encoding="utf-8")
    facts = show(str(policy)).description.facts
    assert facts["shown in"] == "cyber-outbreak"
    assert facts["other scenarios"] == "--scenario forest-fire, three-at-once"


def test_pictures_that_cannot_be_written_give_one_clear_message(fivesteps, tmp_path):
    taken = tmp_path / "taken"
    taken.write_text("a file", encoding="utf-8")
    shown = fivesteps("show", "eu27-2010", "--out", taken)
    assert shown.code == 2
    assert f"--out {taken}: File exists\n  rule:   the pictures need a folder" in shown.err
    assert "give another folder with --out" in shown.err
    assert "Errno" not in shown.err


def own_files(folder: Path) -> dict[str, Path]:
    """Copies of a scenario and a policy, as a user would have them."""
    paths = {}
    for kind, name in (("scenarios", SCENARIO), ("policies", "bilateral")):
        text = next(e.path for e in (*scenario_entries(), *policy_entries()) if e.name == name)
        paths[kind] = folder / f"own-{kind}.yaml"
        paths[kind].write_text(text.read_text(encoding="utf-8"), encoding="utf-8")
    return paths


@pytest.mark.long
def test_own_files_and_folders_are_shown(fivesteps, tmp_path):
    paths = own_files(tmp_path)
    place = place_entries()[0].path
    shown = fivesteps("show", paths["policies"].name, "--out", "deep/folder")
    assert shown.code == 0, shown.err
    assert list(Path("deep/folder").iterdir())
    for path, kind in ((paths["scenarios"], "scenario"), (place, "place"), (place.parent, "place")):
        assert show(str(path)).description.kind == kind


@pytest.mark.long
def test_what_takes_no_part_is_named(fivesteps, tmp_path):
    (tmp_path / "mine.yaml").write_text(
        "scenario: mine\nextends: organised-crime\nmeaning: x\n"
        "absent: {organisations: [DE, olaf], instruments: [sis]}\n"
    )
    assert "DE, olaf, sis" in fivesteps("show", "./mine.yaml").out
    assert "no part" not in fivesteps("show", SCENARIO).out


@pytest.mark.long
def test_what_does_not_fit_is_refused(fivesteps, tmp_path):
    policy = own_files(tmp_path)["policies"]
    text = policy.read_text(encoding="utf-8").replace("\nask:", "\nnot_for: {crime: a test}\nask:")
    other = tmp_path / "not-for-crime.yaml"
    other.write_text(text, encoding="utf-8")
    nothing = tmp_path / "nothing.yaml"
    nothing.write_text("a: 1\n", encoding="utf-8")
    for arguments, said in (
        (["organised-crimes"], "did you mean organised-crime?"),
        (["xyz"], "choose from"),
        (["no/such.yaml"], "there is no such file"),
        ([nothing], "declares nothing we know"),
        ([SCENARIO, "--scenario", SCENARIO], "only a policy is shown in a scenario"),
        (["bilateral", "--map", "population"], "a policy has no map"),
        (["bilateral", "--scenario", "xyz"], "there is no scenario of this name"),
        ([SCENARIO, "--map", "lon"], "there is no column of states of this name"),
        ([other, "--scenario", SCENARIO], "not for threats of the family crime: a test"),
    ):
        shown = fivesteps("show", *arguments)
        assert shown.code == 2, arguments
        assert said in shown.err, shown.err
        assert "remedy:" in shown.err
        assert not Path("results").exists()


def test_the_choices_name_everything(fivesteps):
    shown = fivesteps("show", "xyz")
    entries = (
        *(*scenario_entries(), *place_entries(), *threat_entries(), *procedure_entries()),
        *(*experiment_entries(), *measure_entries(), *programme_entries()),
    )
    names = {*(entry.name for entry in entries), *(path.stem for path in policy_files())}
    named = [name for name in names if re.search(rf"[ ,]{re.escape(name)}\b", shown.err)]
    [more] = re.findall(r" and (\d+) more", shown.err)
    assert len(named) + int(more) == len(names)


def test_a_name_stands_for_one_thing():
    """What has the name of another kind could not be shown by it."""
    named = [
        *(entry.name for entry in (*scenario_entries(), *place_entries(), *threat_entries())),
        *(entry.name for entry in (*procedure_entries(), *experiment_entries())),
        *(entry.name for entry in (*measure_entries(), *programme_entries())),
        *POLICIES,
    ]
    assert sorted(set(named)) == sorted(named)


@pytest.mark.long
@pytest.mark.parametrize("name", [entry.name for entry in procedure_entries()])
def test_a_procedure_is_shown_step_by_step(fivesteps, name):
    procedure = load_procedure(name)
    found = json.loads(fivesteps("show", name, "--json").out)
    assert found["kind"] == "procedure"
    [chart] = found["tables"].values()
    steps = [step for _, step in procedure.walk()]
    assert len(chart) == len(steps)
    told = " ".join(row["what is done"] for row in chart)
    for key in (*procedure.delays, *procedure.chances, *procedure.numbers):
        assert f"{key} (" in told
    depths = [row["step"].count(".") for row in chart]
    assert depths == [path.count("].") for path, _ in procedure.walk()]
    assert all(bool(row["if"]) is (depth > 0) for row, depth in zip(chart, depths, strict=True))


@pytest.mark.parametrize("entry", threat_entries(), ids=lambda entry: entry.name)
def test_a_threat_is_shown_with_what_it_brings(fivesteps, entry):
    threat = load_threat(entry.name)
    found = json.loads(fivesteps("show", entry.name, "--json").out)
    assert (found["kind"], found["meaning"]) == ("threat", entry.meaning)
    assert (found["facts"]["kind"], found["facts"]["family"]) == (entry.kind, threat.spec.family)
    assert found["facts"]["half-life"].endswith(duration(threat.spec.half_life.value))
    tables = {name.partition(":")[0]: rows for name, rows in found["tables"].items()}
    assert [
        (row["desk"], row["report"], row["a year"]) for row in tables["what is seen of it"]
    ] == [
        (desk, sight.report, f"{sight.per_year:g}")
        for desk, sights in threat.spec.sees.items()
        for sight in sights
    ]
    assert {row["desk"]: row["at evidence"] for row in tables["who recognises it"]} == {
        desk: f"{one.evidence:g}" for desk, one in threat.spec.recognises.items()
    }
    assert [row["report"] for row in tables["reports that it brings"]] == list(
        threat.bundle.reports
    )
    procedures = [row["procedure"] for row in tables.get("procedures", ())]
    assert procedures == list(threat.bundle.procedures or ())
    rows = [(row["path"], row["kind"], row["text"]) for row in found["parameters"]]
    assert rows == [(row.path, row.kind, row.text) for row in threat.sources()]


def test_a_threat_in_a_file_of_ones_own_is_shown_with_its_numbers(fivesteps, tmp_path):
    path = tmp_path / "quick.yaml"
    text = (CATALOGUE / "threats" / "computer-worm.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("threat: computer-worm", "threat: quick", 1), encoding="utf-8")
    shown = fivesteps("show", path, "--parameters")
    assert shown.code == 0, shown.err
    assert shown.out.startswith("threat quick: A malware that spreads by itself")
    assert "malware.in_cell" in shown.out
    assert "casework.incident.handlers" in shown.out
    assert re.search(r" incident +activity +150 +sample, host 60% +without cert", shown.out)


def test_a_threat_has_no_map_and_no_scenario(fivesteps):
    assert "a threat has no map" in fivesteps("show", "computer-worm", "--map", "population").err
    assert "only a policy" in fivesteps("show", "computer-worm", "--scenario", SCENARIO).err


@pytest.mark.long
def test_a_scenario_of_several_threats_tells_each(fivesteps):
    spec = load_scenario("three-at-once").spec
    found = json.loads(fivesteps("show", "three-at-once", "--json").out)
    for name, threat in spec.threats.items():
        assert found["facts"][f"threat {name}"].startswith(f"{threat.kind}, of the family")
    by_desk = {row["desk"]: row for row in found["tables"]["desks"]}
    for desk in spec.desks:
        told = by_desk[desk]["recognises at"]
        named = set(re.findall(r"(\w+): ", told))
        assert named == set(spec.recognised_by(desk)), desk


def test_a_scenario_tells_its_procedures_and_posts(fivesteps):
    spec = load_scenario(SCENARIO).spec
    tables = json.loads(fivesteps("show", SCENARIO, "--json").out)["tables"]
    [procedures] = [rows for name, rows in tables.items() if name.startswith("procedures")]
    assert [row["procedure"] for row in procedures] == list(spec.procedures)
    assert [row["post"] for row in tables["posts"]] == list(spec.posts)
    assert tables["posts"][0]["teams"] == "1 for 800 police officers"


def test_a_procedure_has_no_map_and_no_scenario(fivesteps):
    assert "a procedure has no map" in fivesteps("show", "money", "--map", "population").err
    assert "only a policy" in fivesteps("show", "money", "--scenario", SCENARIO).err


# The matrix is the term table ----------------------------------------------------------------


MIDDLES: dict[bytes, int] = {}


@cache
def channels_by_name(policy: str, scenario: str) -> dict[tuple[str, ...], list[int]]:
    """Channels by sender, where the receiver is, receiver and instrument, from their names."""
    made = compiled(policy, scenario)
    world, kinds = made.world, made.layout.desks
    number = {name: unit for unit, name in enumerate(world.units.names)}
    found: dict[tuple[str, ...], list[int]] = {}
    for channel, name in enumerate(world.channels.names):
        how, _, ends = name.partition(":")
        one, other = (number[end] for end in ends.split(">"))
        state, there = (name.split(".")[0] for name in ends.split(">"))
        where = "other states"
        if world.units.place[other] < 0:
            where = "bodies"
        elif state == there:
            where = "own state"
        found.setdefault((kinds[one], where, kinds[other], how), []).append(channel)
    return found


def middle(world: World, first: int, second: int) -> int:
    """Median of the sum of two draws, by counting all pairs."""
    key = world.tables[[first, second]].tobytes()
    if key not in MIDDLES:
        one, other = (np.bincount(world.tables[table]) for table in (first, second))
        pairs = np.convolve(one, other)
        MIDDLES[key] = max(1, int(np.searchsorted(np.cumsum(pairs), pairs.sum() / 2)))
    return MIDDLES[key]


def time_words(hours: float) -> str:
    if hours < 1:
        return f"{round(hours * 60)} min"
    size, unit = (hours, "h") if hours < 24 else (hours / 24, "d")
    return f"{size:.0f} {unit}" if size >= 10 else f"{size:.2g} {unit}"


def chance_words(threshold: int) -> str:
    chance = threshold / ONE
    return f"{chance:.1%}" if chance < 0.01 else f"{chance:.0%}"


def expected(made: Compiled, gid: str, report: str) -> set[str]:
    """What must stand in a box: read from the arrays that the engine gets."""
    *parts, which, concerned = gid.split("|")
    world = made.world
    situations = {
        2 * relay + late
        for relay in ([0, 1] if which == "any" else [which == "passed on"])
        for late in ([0, 1] if concerned == "any" else [concerned == "concerned"])
    }
    cls = made.layout.classes[report]
    terms, tick_h = world.terms, made.layout.scenario.tick_h
    channels = channels_by_name("bilateral", made.layout.scenario.scenario)[tuple(parts)]
    kinds = world.channels.kind[channels]
    granted = {
        (term, latency)
        for situation in situations
        for term, latency in zip(
            world.phases.term[0, situation, kinds, cls].tolist(),
            world.phases.latency[0, kinds].tolist(),
            strict=True,
        )
    }
    found = set()
    for term, latency in granted:
        scaled = terms.trusted[term] and made.layout.scenario.trust is not None
        about = "~" if scaled else ""
        mark = ["", "\u2020", "\u2021"][world.phases.onward[0, terms.handling[term]]]
        lines = []
        if terms.push[term]:
            auto = "auto " if terms.automatic[term] else ""
            late = middle(world, latency, int(terms.push_delay[term])) * tick_h
            lines += [f"{auto}{about}{chance_words(int(terms.push[term]))}{mark}", time_words(late)]
        if terms.pull_mode[term] == Pull.RELEASE:
            late = middle(world, latency, int(terms.pull_delay[term])) * tick_h
            code = "" if terms.push[term] else mark
            lines.append(f"? {about}{chance_words(int(terms.pull[term]))}{code} {time_words(late)}")
        if terms.pull_mode[term] == Pull.HIT:
            lines.append("? hit")
        found.add("\n".join(lines) or "\u2013")
    return found


def boxes(found: Matrix) -> dict[str, Text]:
    figure = matrices_drawn.draw(found, "title", "line")
    texts = [text for axes in figure.axes for text in axes.texts if text.get_gid()]
    return {str(text.get_gid()): text for text in texts}


def wrong_boxes(made: Compiled, found: Matrix) -> list[str]:
    return [
        f"{gid}: {text.get_text()!r}"
        for gid, text in boxes(found).items()
        for report in found.reports
        if set(text.get_text().split("\nor ")) != expected(made, gid, report)
    ]


@pytest.mark.long
@pytest.mark.parametrize(("policy", "scenario"), PAIRS)
def test_every_box_shows_the_terms(policy, scenario):
    made = compiled(policy, scenario)
    drawn = drawn_matrices(loaded_of(scenario), made)
    assert drawn
    assert {found.name: wrong_boxes(made, found) for found in drawn} == {
        found.name: [] for found in drawn
    }


def told_apart(world: World) -> World:
    """Return the same world with each channel a kind of its own."""
    kind, phases = world.channels.kind, world.phases
    return replace(
        world,
        channels=replace(world.channels, kind=np.arange(kind.size)),
        phases=replace(
            phases,
            term=phases.term[:, :, kind],
            gate=phases.gate[:, kind],
            latency=phases.latency[:, kind],
        ),
    )


def spoilt(made: Compiled, report: str, sender: str, receiver: str) -> Compiled:
    """Return the same world with one channel's terms exchanged for those of another report."""
    world = told_apart(made.world)
    term = world.phases.term.copy()
    channel = next(
        number
        for number, name in enumerate(world.channels.names)
        if name.endswith(f"{sender}>{receiver}") and term[0, 0, number].any()
    )
    cls = made.layout.classes[report]
    others = term[0, :, channel]
    other = next(
        c for c in range(others.shape[1]) if not np.array_equal(others[:, c], others[:, cls])
    )
    term[0, :, channel, cls] = others[:, other]
    return replace(made, world=replace(world, phases=replace(world.phases, term=term)))


def test_a_wrong_entry_is_noticed():
    made = compiled("bilateral")
    found = next(m for m in matrices(made) if "police-trace" in m.reports)
    assert wrong_boxes(made, found) == []
    other = spoilt(made, "police-trace", "DE.police", "europol.analysis")
    assert wrong_boxes(other, found)


def test_channels_that_differ_are_both_named():
    made = spoilt(compiled("bilateral"), "police-trace", "DE.police", "europol.analysis")
    found = next(m for m in matrices(made) if "police-trace" in m.reports)
    assert found.reports == ("police-trace",)
    text = boxes(found)["police|bodies|europol.analysis|siena|own|any"].get_text()
    assert "\nor " in text
    assert wrong_boxes(made, found) == []


@pytest.mark.long
@pytest.mark.parametrize(("policy", "scenario"), PAIRS)
def test_nothing_that_is_told_is_left_out(policy, scenario):
    made = compiled(policy, scenario)
    for found in matrices(made):
        grid = grid_of(found)
        shown = set()
        for box in grid.boxes:
            for route in found.routes:
                if (route.sender, *box.column) == (
                    box.row.sender, route.reach, route.receiver, route.instrument
                ):  # fmt: skip
                    every = box.both_rows or not box.row.which
                    numbers = (0, 1, 2, 3) if every else box.row.situations
                    shown |= {(route, number) for number in numbers}
        told = {
            (route, number)
            for (route, number), cell in found.cells.items()
            if not is_never(cell) and (found.relayed or number < 2)
        }
        assert told
        assert told <= shown


def test_the_law_is_hatched_where_it_refuses():
    made = compiled("bilateral")
    found = next(m for m in matrices(made) if "border-trace" in m.reports)
    route = next(r for r in found.routes if (r.sender, r.instrument) == ("border-guard", "frontex"))
    assert not found.cells[route, 0].lawful
    assert found.cells[route, 0].grants[0].push == pytest.approx(0.1)
    figure = matrices_drawn.draw(found, "title", "line")
    hatched = [patch for patch in figure.axes[0].patches if patch.get_hatch()]
    gates = [not c.lawful and not is_never(c) for c in (found.cells[r, 0] for r in found.routes)]
    assert len(hatched) == sum(gates) == 2
    open_gate = next(m for m in matrices(made) if "border-pattern" in m.reports)
    assert all(cell.lawful for cell in open_gate.cells.values())


def test_who_sees_none_itself_is_marked():
    found = next(m for m in matrices(compiled("need-to-know")) if "police-trace" in m.reports)
    assert "europol.analysis" not in found.seeing
    assert {"police", "judiciary", "financial"} <= found.seeing  # of a state that sees traces
    figure = matrices_drawn.draw(found, "title", "line")
    marks = [
        t
        for t in figure.findobj(Text)
        if isinstance(t, Text) and t.get_text() == "sees none itself"
    ]
    assert len(marks) == 2  # Europol and Eurojust


tables = st.lists(st.integers(0, 30), min_size=1, max_size=9)


@given(tables, tables)
def test_the_median_of_a_sum_is_that_of_all_pairs(first, second):
    sums = sorted(a + b for a in first for b in second)
    found = median_of_sum(*(np.array(table, np.int32).tobytes() for table in (first, second)))
    assert found == max(1, sums[(len(sums) - 1) // 2])


# Routes and links ----------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_channel_is_on_one_route(scenario):
    made = compiled(load_scenario(scenario).baseline, scenario)
    channels = [channel for route in routes_of(made) for channel in route.channels]
    assert sorted(channels) == list(range(len(made.world.channels.names)))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_links_of_a_world_are_those_its_place_declares(scenario):
    loaded = load_scenario(scenario)
    reports = {*loaded.spec.reports, *(one.kind for one in loaded.spec.reports.values())}
    of_place = loaded.atlas.place.stores or {}
    kept = {kind for kind, store in of_place.items() if reports & {*store.holds}}
    used = {*loaded.spec.desks, *(loaded.spec.stores or {}), *kept}
    declared = {x for x in links_of_place(loaded.atlas.place) if {x.first, x.second} <= used}
    assert set(links_of_world(compiled(loaded.baseline, scenario))) == declared


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_link_is_a_line_and_every_instrument_is_named(scenario):
    loaded = load_scenario(scenario)
    links = links_of_world(compiled(loaded.baseline, scenario))
    figure = network.draw(links, loaded.atlas.place, "title", "line")
    lines = [str(line.get_gid()) for line in figure.axes[0].lines]
    assert sorted(lines) == sorted(f"{x.first}|{x.second}|{x.instrument}|{x.among}" for x in links)
    named = [text.get_text().split(":")[0] for text in figure.legends[0].get_texts()]
    assert named[:-1] == list(dict.fromkeys(link.instrument for link in links))
    looks = {(str(line.get_color()), str(line.get_linestyle())) for line in figure.axes[0].lines}
    assert len(looks) > 1


# Values by state -----------------------------------------------------------------------------


def test_columns_are_those_of_the_tables():
    atlas = load_scenario(SCENARIO).atlas
    columns = state_columns(atlas)
    assert {"population", "police_officers", "cert_2010"} <= set(columns)
    assert not {"name", "code", "lon", "lat"} & set(columns)
    members = atlas.members
    assert column_of(atlas, "population").values == {c: m.population for c, m in members.items()}
    certs = column_of(atlas, "cert_2010")
    assert certs.is_yes_or_no
    assert {c for c, value in certs.values.items() if value == 1} == {
        c for c, member in members.items() if member.cert_2010
    }


def test_a_desk_reads_in_a_week_what_its_staff_reads():
    loaded = load_scenario(SCENARIO)
    reads = week_reads(compiled("bilateral"), "police")
    desk, members = loaded.spec.desks["police"], loaded.atlas.members
    for code, member in members.items():
        staff = desk.staff.base + desk.staff.per_10k_police * member.police_officers / 10_000
        assert reads[code] == pytest.approx(5 * desk.reads.value * staff, rel=0.01)
    assert default_of_scenario(loaded, compiled("bilateral")).values == reads
    assert list(week_reads(compiled("bilateral"), "europol.analysis")) == [""]


def test_policies_of_the_catalogue_are_all_files():
    assert {entry.name for entry in policy_entries()} <= set(POLICIES)
    assert load_policy("bilateral").name in POLICIES


@pytest.mark.parametrize("scenario", ["organised-crime", "cyber-outbreak"])
def test_a_rule_that_the_law_leaves_nothing_of_shows_no_chance(scenario):
    tables = show("bilateral", scenario=scenario).description.tables
    rows = [row for rows in tables.values() for row in rows if "rule" in row]
    refused = [row for row in rows if "is refused by law" in row["meaning"]]
    assert [row["told unasked"] for row in refused] == ["refused by law"]
    assert all("refused" not in row["told unasked"] for row in rows if row not in refused)
    assert any("over the instrument bilateral" in row["applies to"] for row in rows)

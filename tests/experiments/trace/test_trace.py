"""`fivesteps trace` on real run directories, its facts held against the raw log and the engine."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq
import pytest

from agents import declarations, load_scenario, replay
from agents.lane import Deed
from experiments.cli import main
from experiments.execution.choose import local
from experiments.execution.placing import How
from experiments.execution.running import run_plan
from experiments.planning.plan import make_plan
from experiments.trace import Shown, comparing, story, tell
from experiments.trace.comparing import Comparison, Step, _gathered, compare
from experiments.trace.deeds import MOST, condensed
from experiments.trace.events import Events
from experiments.trace.evidence import recognition
from experiments.trace.happenings import happenings
from experiments.trace.missed import HELD_BACK, missed, term_between
from experiments.trace.parting import drawn, first_parting
from experiments.trace.replaying import replay_lanes
from experiments.trace.story import Choice, Story, choose, story_of
from experiments.trace.waiting import waits
from experiments.trace.wording import amount
from scenarios import LoadedPolicy, load_policy, policy_entries, scenario_entries
from scenarios.compiling.terms import rule_of
from scenarios.reading.finding import CATALOGUE
from scenarios.reading.rebuild import policy_from, scenario_from
from scenarios.schema.scenario import EVIDENCE_ONE
from sim import LaneId
from sim.draws.streams import threshold
from sim.seam.port import Fate
from tests.experiments.store.forging import forge, reseal, with_column
from tests.experiments.trace.kit import asked_of_the_engine

POLICIES = ("bilateral", "full-pool")
SEED = 31
FILES = CATALOGUE / "policies"


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def fivesteps(capsys):
    """Run a command in this process."""

    def run(*arguments: str | Path) -> Outcome:
        with pytest.raises(SystemExit) as caught:
            main([str(argument) for argument in arguments])
        shown = capsys.readouterr()
        return Outcome(int(caught.value.code or 0), shown.out, shown.err)

    return run


def short_scenario(folder: Path, days: int = 100) -> Path:
    """Write the shipped scenario with one network, cut to some days."""
    text = (CATALOGUE / "scenarios" / "organised-crime.yaml").read_text(encoding="utf-8")
    assert "horizon: 1461 d" in text
    file = folder / "short.yaml"
    named = "  trafficking: human-trafficking\n"
    assert text.count(named) == 1
    one = "    network: {number: {value: 1, assumed: for tests}}\n"
    text = text.replace(named, f"  trafficking:\n    extends: human-trafficking\n{one}")
    file.write_text(text.replace("horizon: 1461 d", f"horizon: {days} d"), encoding="utf-8")
    return file


def run_directory(scenario: Path, policies: list[LoadedPolicy], folder: Path, lanes: int) -> Path:
    loaded = load_scenario(str(scenario))
    plan = make_plan(loaded, policies, baseline=None, seed=SEED, replications=lanes)
    run_plan(plan, folder, How(local(1, plan.lanes)))
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Run directory of a finished comparison over fourteen weeks; desks recognise in the pool."""
    folder = tmp_path_factory.mktemp("trace")
    policies = [load_policy(name) for name in POLICIES]
    return run_directory(short_scenario(folder), policies, folder / "run", 2)


@pytest.fixture
def copy(made, tmp_path):
    """A copy of it that may be spoilt."""
    return Path(shutil.copytree(made, tmp_path / "copy"))


def _lines(told: Story | Comparison, *, every: bool = False) -> list[str]:
    """Text of one story, or of two side by side."""
    if isinstance(told, Comparison):
        return Shown(told.one, told, every).lines()
    return Shown(told, None, every).lines()


@pytest.fixture(scope="module")
def lanes(made):
    """The lanes of replication 0 under both policies."""
    return [Events(lane) for lane in replay_lanes(made, POLICIES, 0)]


@pytest.fixture(scope="module")
def pool(lanes):
    """The lane in the pool, where much is recognised."""
    return lanes[1]


# The command -----------------------------------------------------------------------------------


def test_a_story(fivesteps, made):
    shown = fivesteps("trace", made, "--policy", "full-pool")
    assert (shown.code, shown.err) == (0, "")
    for part in (
        "under full-pool: replication 0, seed 31",
        "every outcome is the one stored, to the bit",
        "The world",
        "network has cells in",
        "What was seen",
        "Who told whom",
        "recognises network-1",
        "let through by",
        "Rules of full-pool named above",
        "opens a case (investigation)",
        "What waited unread",
        "What came of it",
        "First recognition of a group",
    ):
        assert part in shown.out
    assert max(map(len, shown.out.splitlines())) <= 100
    assert "engine's code has changed" not in shown.out


def test_the_baseline_and_the_first_world_are_what_is_told_of(fivesteps, made):
    plain = fivesteps("trace", made)
    assert plain.out == fivesteps("trace", made, "--policy", "bilateral", "--replication", "0").out
    assert "Who did not recognise it, and why" in plain.out
    assert fivesteps("trace", made, "--replication", "1").out != plain.out


@pytest.mark.whole
def test_the_same_words_in_another_process(fivesteps, made, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    arguments = ["trace", str(made), "--policy", "full-pool", "--against", "bilateral", "--all"]
    for hashes in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-m", "experiments.cli", *arguments],
            env={**os.environ, "PYTHONHASHSEED": hashes},
            capture_output=True,
            check=True,
            timeout=120,
        )
        assert done.stdout.decode() == fivesteps(*arguments).out


def test_json_and_every_event(fivesteps, made, pool):
    plain = json.loads(fivesteps("trace", made, "--policy", "full-pool", "--json").out)
    facts = json.loads(fivesteps("trace", made, "--policy", "full-pool", "--json", "--all").out)
    events = facts.pop("events")
    assert facts == plain
    assert (
        facts["outcomes"]["days_to_recognition"] == facts["subjects"][0]["recognitions"][0]["day"]
    )
    log = pool.lane.replay.log
    about = {row[2] for row in log.made if row[4] == 0}
    expected = {
        "report": len(about),
        "release": sum(row[2] in about for row in log.attempts),
        "delivery": sum(row[2] in about for row in log.deliveries),
        "reading": sum(row[2] in about for row in log.reads),
        "recognition": sum(row[3] == 0 for row in log.recognitions),
        "deed": sum(deed.subject == 0 for deed in pool.lane.replay.deeds),
    }
    kinds = [event["kind"] for event in events]
    assert {kind: kinds.count(kind) for kind in expected} == expected
    assert [event["tick"] for event in events] == sorted(event["tick"] for event in events)


def test_one_subject(fivesteps, made):
    facts = json.loads(fivesteps("trace", made, "--subject", "decoy-3", "--json").out)
    [chapter] = facts["subjects"]
    assert (chapter["subject"], chapter["real"]) == ("decoy-3", False)


def test_side_by_side(fivesteps, made):
    shown = fivesteps("trace", made, "--against", "full-pool")
    assert (shown.code, shown.err) == (0, "")
    for part in (
        "here they part",
        "First difference of all",
        "Side by side",
        "only under full-pool",
    ):
        assert part in shown.out
    assert max(map(len, shown.out.splitlines())) <= 100
    facts = json.loads(fivesteps("trace", made, "--against", "full-pool", "--json").out)
    one = json.loads(fivesteps("trace", made, "--json").out)
    assert facts["stories"][0] == one
    ticks = {row["desk"]: row["ticks"] for row in facts["recognised"]}
    for side, told in enumerate(facts["stories"]):
        rows = told["subjects"][0]["recognitions"]
        found = {r["desk"]: r["tick"] for r in reversed(rows)}  # the first of each desk
        assert {desk: t[side] for desk, t in ticks.items() if t[side] is not None} == found


@pytest.mark.long
def test_a_policy_is_also_named_by_its_file(fivesteps, made, tmp_path):
    text = (FILES / "full-pool.yaml").read_text(encoding="utf-8")
    file = tmp_path / "elsewhere.yaml"
    file.write_text(text, encoding="utf-8")
    told = fivesteps("trace", made, "--policy", "full-pool")
    assert fivesteps("trace", made, "--policy", file) == told
    assert fivesteps("trace", made, "--policy", FILES / "full-pool.yaml") == told
    shown = fivesteps("trace", made, "--against", file)
    assert (shown.code, "bilateral against full-pool" in shown.out) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["nowhere"], ["nowhere", "fivesteps compare"]),
        (["RUN", "--policy", "full-pol"], ["did you mean full-pool"]),
        (["RUN", "--policy", "there/full-pool.yaml"], ["did you mean full-pool"]),
        (["RUN", "--policy", FILES / "need-to-know.yaml"], ["need-to-know", "full-pool"]),
        (["RUN", "--against", "bilateral"], ["--against bilateral", "another policy"]),
        (["RUN", "--replication", "2"], ["--replication 2", "0 to 1"]),
        (["RUN", "--replication", "-1"], ["--replication -1"]),
        (["RUN", "--subject", "nobody"], ["--subject nobody", "network-1"]),
        (["RUN", "--picture", "here.doc"], ["here.doc", ".png or .svg"]),
    ],
)
def test_bad_input(fivesteps, made, tmp_path, monkeypatch, arguments, parts):
    monkeypatch.chdir(tmp_path)
    shown = fivesteps("trace", *[made if part == "RUN" else part for part in arguments])
    assert (shown.code, shown.out) == (2, "")
    for part in parts:
        assert part in shown.err
    assert list(tmp_path.iterdir()) == []


# What is replayed --------------------------------------------------------------------------------


def test_every_document_of_the_catalogue_is_rebuilt():
    for entry in scenario_entries():
        scenario = load_scenario(entry.name)
        document = json.loads(json.dumps(scenario.document()))
        assert scenario_from(document, declarations(), Path("x")).digest == scenario.digest
    for entry in policy_entries():
        policy = load_policy(entry.name)
        document = json.loads(json.dumps(policy.document()))
        assert policy_from(document, Path("x")).spec.rules == policy.spec.rules
        assert policy_from(document, Path("x")).digest == policy.digest


def test_a_file_changed_after_the_run_changes_nothing(fivesteps, tmp_path):
    file = short_scenario(tmp_path, 7)
    folder = run_directory(file, [load_policy("bilateral")], tmp_path / "run", 1)
    before = fivesteps("trace", folder)
    file.write_text("scenario: no more\n", encoding="utf-8")
    after = fivesteps("trace", folder)
    assert (after.code, after.out) == (0, before.out)  # how it goes on is told where it takes long


def spoil(folder: Path, *keys: str, value: object) -> None:
    """Change one value of a manifest."""

    def change(content: dict) -> None:
        part = content
        for key in keys[:-1]:
            part = part[int(key) if key.isdigit() else key]
        assert part[keys[-1]] != value
        part[keys[-1]] = value

    reseal(folder, change)


@pytest.mark.parametrize(
    ("keys", "value", "said"),
    [
        (
            ("policies", "bilateral", "rules", "0", "push", "chance"),
            0.19,
            "policy bilateral is not",
        ),
        (
            ("scenario", "threats", "trafficking", "half_life", "value"),
            "121 d",
            "scenario organised-crime is not",
        ),
        (("scenario", "place_content", "members", "3", "police_officers"), 9, "is not what was"),
        (("scenario", "tick"), "soon", "cannot be read"),
        (("policies", "bilateral", "rules"), "none", "policy bilateral cannot be read"),
    ],
)
def test_another_content_is_refused(fivesteps, copy, keys, value, said):
    spoil(copy, *keys, value=value)
    shown = fivesteps("trace", copy)
    assert (shown.code, shown.out) == (2, "")
    assert said in shown.err
    assert "remedy:" in shown.err


def test_a_run_one_of_whose_policies_was_spoilt_is_refused(fivesteps, copy):
    """Also where a lane of another policy is asked for: a manifest is whole, or not believed."""
    spoil(copy, "policies", "full-pool", "rules", "0", "push", "chance", value=0.8)
    shown = fivesteps("trace", copy)
    assert (shown.code, shown.out) == (2, "")
    assert "the content of policy full-pool is not what was run" in shown.err


def test_other_outcomes_than_stored_are_refused(fivesteps, copy):
    [shard] = (copy / "outcomes").glob("*.parquet")
    values = pq.read_table(shard, partitioning=None)["backlog_mean"].to_numpy()
    again = np.nextafter(values, np.inf).tolist()
    forge(shard, with_column("backlog_mean", again))
    reseal(copy, lambda found: found.update(files={}))
    shown = fivesteps("trace", copy)
    assert (shown.code, shown.out) == (2, "")
    assert "came out otherwise" in shown.err
    assert "backlog_mean" in shown.err


def test_an_engine_that_was_changed_is_told_of(fivesteps, copy):
    spoil(copy, "identity", "engine", "digest", value="0" * 64)
    assert "The engine's code has changed since" in fivesteps("trace", copy).out


def test_a_lane_that_is_not_finished_is_refused(fivesteps, copy):
    for shard in (copy / "outcomes").iterdir():
        shard.unlink()
    assert "is gone, and lanes in it were finished" in fivesteps("trace", copy).err
    reseal(copy, lambda found: found.update(files={}))
    shown = fivesteps("trace", copy)
    assert shown.code == 2
    assert "not finished" in shown.err


# What mattered -----------------------------------------------------------------------------------


def test_evidence_paths_are_what_the_engine_held(made, lanes):
    again = [Events(lane) for lane in replay_lanes(made, POLICIES, 1)]
    recognised = 0
    for events in (*lanes, *again):
        asked = asked_of_the_engine(events)
        assert set(asked) == set(events.recognitions)
        recognised += len(asked)
        for row in events.recognitions:
            found = recognition(events, *row)
            evidence, origins = asked[row]
            assert found.evidence == evidence / EVIDENCE_ONE
            assert found.organisations == events.groups(origins)
            assert found.explained
            assert found.evidence >= found.needed
            assert len(found.organisations) >= found.organisations_needed
            total = sum(part.evidence for part in found.reports)
            assert abs(total - found.evidence) <= len(found.reports) / EVIDENCE_ONE
    assert recognised > 20


def test_reports_of_a_path_were_read_before_and_came_as_told(pool):
    log, channels = pool.lane.replay.log, pool.world.channels
    reads = {(row[2], row[3]): row[0] for row in log.reads}
    made = {row[2]: row for row in log.made}
    sends, deliveries = set(log.sends), set(log.deliveries)
    ways = 0
    for tick, unit, subject, faces in pool.recognitions:
        for part in recognition(pool, tick, unit, subject, faces).reports:
            key = part.report.key
            assert made[key][4] == subject
            if not part.way:
                assert made[key][5] == unit
                assert part.counted == made[key][0] + 1 <= tick
                continue
            assert part.counted == reads[key, unit] <= tick
            ends = part.way[0].channel.sender, part.way[-1].channel.receiver
            assert [desk.number for desk in ends] == [made[key][5], unit]
            for before, after in pairwise(part.way):
                assert before.channel.receiver == after.channel.sender
                assert before.arrived <= after.sent
            for leg in part.way:
                ways += 1
                channel = leg.channel.number
                assert (leg.sent, 0, key, channel, leg.arrived) in sends
                assert (leg.arrived, 0, key, channel) in deliveries
                assert channels.src[channel] == leg.channel.sender.number
                assert channels.dst[channel] == leg.channel.receiver.number
                assert reads.get((key, leg.channel.receiver.number)) == leg.read
    assert ways > 50


def test_of_two_sends_in_one_tick_each_keeps_its_attempt(made):
    """A report pushed and answered over one channel at once: what came first is what counts."""
    [lane] = replay_lanes(made, ["full-pool"], 0)
    log, events = lane.replay.log, Events(lane)
    last = events.recognitions[-1]
    told = recognition(events, *last)
    part = next(part for part in told.reports if part.way)
    key, leg = part.report.key, part.way[-1]
    over = leg.sent, key, leg.channel.number
    attempts = [n for n, a in enumerate(log.attempts) if (a[0], *a[2:4]) == over]
    sends = [n for n, s in enumerate(log.sends) if (s[0], *s[2:4]) == over]
    _, number, *_, term, answer, _ = log.attempts[attempts[0]]
    other = (term + 1) % len(events.world.terms.push)
    log.attempts.insert(
        attempts[0], (leg.sent, number, *over[1:], other, int(not answer), Fate.SENT)
    )
    log.sends.insert(sends[0], (leg.sent, number, *over[1:], leg.arrived + 5))
    assert recognition(Events(lane), *last) == told
    log.sends.pop(sends[0])
    with pytest.raises(ValueError, match="zip"):
        _ = Events(lane).sent


def test_terms_are_traced_to_their_rules(lanes):
    world, policies = lanes[0].world, lanes[0].lane.policies
    assert rule_of(0, policies) is None
    seen = []
    for term in range(1, world.terms.push.size):
        place = rule_of(term, policies)
        assert place is not None
        point, number = place
        rule = policies[point].spec.rules[number]
        assert world.terms.push[term] == (threshold(rule.push.chance) if rule.push else 0)
        assert world.terms.pull[term] == (threshold(rule.pull.chance) if rule.pull else 0)
        seen.append(place)
    assert len(set(seen)) == sum(len(policy.spec.rules) for policy in policies)
    assert rule_of(world.terms.push.size, policies) is None


def test_who_did_not_recognise_is_explained_in_full(lanes):
    events = lanes[0]
    log = events.lane.replay.log
    found = missed(events, 0)
    assert found
    failed = {(row[2], row[3]) for row in log.attempts if row[6] == Fate.HELD_BACK}
    for one in found:
        assert not [row for row in log.recognitions if row[2:4] == (one.desk.number, 0)]
        reports = [r for r in events.evidence[0] if r.tick < events.horizon - 1]
        last = [r for r in events.about[0] if r.tick == events.horizon - 1]
        assert one.read + len(one.unread) + sum(u.reports for u in one.never_told) in range(
            len(reports), len(reports) + len(last) + 1
        )
        held_back = sum(u.reports for u in one.never_told if u.reason == HELD_BACK)
        tried = {
            key for key, channel in failed if events.channels[channel].receiver == one.desk
        } & {r.key for r in events.evidence[0]}
        assert held_back <= len(tried)
        enough = len(one.organisations) >= one.organisations_needed
        assert not (one.most_evidence >= one.needed and enough)


def test_waits_are_those_of_the_log(pool):
    log = pool.lane.replay.log
    found = list(waits(pool))
    counters = pool.lane.replay.result.counters
    assert len(found) == int(counters["queued"][0])
    assert sum(wait.read is not None for wait in found) == int(counters["read"][0])
    assert sum(wait.read is not None for wait in found) == len(log.reads)
    assert all(wait.read is None or wait.read >= wait.arrived for wait in found)


# Where two lanes part ----------------------------------------------------------------------------


def test_a_lane_does_not_part_from_itself(made, pool):
    [again] = replay_lanes(made, ["full-pool"], 0)
    assert first_parting(pool, Events(again)) is None


def test_a_planted_difference_is_where_they_part(made, tmp_path):
    """One rule of a policy is changed: the first release that it decides is the parting."""
    short = short_scenario(tmp_path)
    bilateral = load_policy("bilateral")
    number = next(
        n for n, rule in enumerate(bilateral.spec.rules) if rule.meaning.startswith("some traces")
    )
    rules = list(bilateral.spec.rules)
    push = rules[number].push
    assert push is not None
    assert push.chance == 0.1
    wider = push.model_copy(update={"chance": 0.5})
    rules[number] = rules[number].model_copy(update={"push": wider})
    spec = bilateral.spec.model_copy(update={"policy": "opener", "rules": tuple(rules)})
    opener = replace(bilateral, spec=spec)
    folder = run_directory(short, [bilateral, opener], tmp_path / "run", 1)
    one, other = (Events(lane) for lane in replay_lanes(folder, ["bilateral", "opener"], 0))
    parting = first_parting(one, other)
    sends = [set(events.lane.replay.log.sends) for events in (one, other)]
    first = min(sends[0] ^ sends[1])
    assert first in sends[1] - sends[0]
    assert parting is not None
    assert parting.kind == "release"
    assert parting.channel is not None
    assert parting.draw is not None
    assert (parting.tick, parting.report, parting.channel) == (first[0], first[2], first[3])
    assert one.channels[parting.channel].receiver.owner == "europol"
    assert 0.1 <= parting.draw < 0.5
    for events, said, chance in ((one, "not told", "10%"), (other, "told, due", "50%")):
        why = parting.why[(one, other).index(events)]
        assert why.startswith(said)
        assert f'rule {number + 1} "some traces reach Europol", {chance}' in why
    before = [h for h in happenings(one) if h.tick < parting.tick]
    assert sorted(before) == sorted(h for h in happenings(other) if h.tick < parting.tick)


def test_a_planted_reading_is_where_they_part(made, pool):
    [lane] = replay_lanes(made, ["full-pool"], 0)
    log = lane.replay.log
    place = len(log.reads) // 2
    tick, number, key, unit = log.reads[place]
    log.reads[place] = (tick + 1, number, key, unit)
    parting = first_parting(pool, Events(lane))
    assert parting is not None
    assert (parting.tick, parting.kind, parting.report) == (tick, "reading", key)
    assert pool.desks[unit].name in parting.what


def test_draws_that_decide_are_those_of_the_engine(pool):
    """Wherever trust plays no part, the draw and the rule's chance give the fate."""
    events = pool
    terms = events.world.terms
    checked = 0
    for _, _, key, channel, term, answer, fate in events.lane.replay.log.attempts[:4000]:
        if not terms.trusted[term]:
            chance = int((terms.pull if answer else terms.push)[term])
            passed = drawn(events, key, channel, asked=bool(answer)) < chance
            assert passed == (fate != Fate.HELD_BACK)
            checked += 1
    assert checked > 1000


def test_terms_that_would_let_a_report_out_are_those_of_the_engine(lanes):
    """Worked out again from what the sender knew, for each that was tried unasked."""
    relayed = 0
    for events in lanes:
        for tick, _, key, number, term, answer, _ in events.lane.replay.log.attempts[:4000]:
            report, channel = events.reports[key], events.channels[number]
            own = channel.sender == report.desk
            if not answer and (own or events.read[key, channel.sender.number] == tick):
                assert term_between(events, report, channel) == term
                relayed += channel.sender.owner != report.desk.owner
    assert relayed > 100


# The picture -------------------------------------------------------------------------------------


@pytest.mark.long
def test_pictures(fivesteps, made, copy, tmp_path):
    shown = fivesteps("trace", copy, "--policy", "full-pool", "--plot")
    there = copy / "figures" / "trace-full-pool-0.png"
    assert shown.out.splitlines()[-1] == f"Picture: {there}"
    assert there.stat().st_size > 30_000
    again = tmp_path / "again.png"
    fivesteps("trace", made, "--policy", "full-pool", "--picture", again)
    assert again.read_bytes() == there.read_bytes()
    both = tmp_path / "both.svg"
    shown = fivesteps("trace", made, "--against", "full-pool", "--picture", both, "--json")
    assert json.loads(shown.out)
    assert f"Picture: {both}" in shown.err
    drawn = both.read_text(encoding="utf-8")
    for text in ("here they part", "Hungary", "europol", "has cells in", "waits unread"):
        assert text in drawn


def test_the_time_axis_ends_a_little_after_the_last_mark(lanes, monkeypatch):
    from experiments.figures import style
    from experiments.trace.drawing import MARGIN, timeline

    told = [story_of(events, choose(lanes)) for events in lanes]
    horizon = lanes[0].horizon
    short = []
    for story_, last in zip(told, (horizon // 3, horizon // 2), strict=True):
        deed = Deed(last, "DE", "action", 0, "acts")
        chapter = replace(story_.chapters[0], deeds=(deed,), traces=(), recognitions=())
        short.append(replace(story_, chapters=(chapter,)))
    days = lanes[0].clock.days
    for stories, end, title in (
        (short[:1], days(horizon // 3 + MARGIN * horizon), "One lane of"),
        (short, days(horizon // 2 + MARGIN * horizon), "One world of"),
    ):
        with style.settings():
            figure = timeline(stories, None)
        panel = figure.axes[-1]
        assert panel.get_xlim()[1] == pytest.approx(end)
        assert all(tick == round(tick) for tick in panel.get_xticks())
        assert any(title in text.get_text() for text in figure.texts)
    later = Deed(horizon - 9, "FR", "action", 0, "acts")
    chapter = short[0].chapters[0]
    more = replace(short[0], chapters=(replace(chapter, deeds=(*chapter.deeds, later)),))
    for rows, last in ((2, horizon - 9), (1, horizon // 3)):
        monkeypatch.setattr("experiments.trace.rows.MOST_ROWS", rows)
        with style.settings():
            figure = timeline([more], None)
        end = min(horizon, last + MARGIN * horizon)
        assert figure.axes[-1].get_xlim()[1] == pytest.approx(days(end))


def test_rows_are_those_who_saw_or_did_something(made):
    from experiments.trace.rows import arrows_of, lines_of, shown_rows

    events = Events(replay_lanes(made, ["full-pool"], 0)[0])
    told = story_of(events, choose([events]))
    lines = lines_of(told)
    rows = shown_rows([lines], frozenset({"europol", "eurojust", "frontex", "olaf"}))
    assert "europol" in rows
    assert all(lines[name].matters or name == "europol" for name in rows)
    firsts = [lines[name].first for name in rows]
    assert firsts == sorted(firsts)
    arrows = arrows_of(told, rows)
    assert arrows
    assert all({a.sender, a.receiver} <= set(rows) and a.sent < a.arrived for a in arrows)


def test_a_story_of_the_engine_is_the_stored_lane(made):
    shown = tell(made, policy="full-pool", replication=1)
    lane = shown.story.lane
    again = replay(lane.compiled, LaneId(lane.point, lane.seed, lane.replication))
    assert again.log == lane.replay.log


@pytest.mark.long
def test_lanes_under_every_policy_can_be_told_of(tmp_path):
    policies = [load_policy(entry.name) for entry in policy_entries()]
    folder = run_directory(short_scenario(tmp_path, 150), policies, tmp_path / "run", 1)
    names = [policy.name for policy in policies]
    lanes = [Events(lane) for lane in replay_lanes(folder, names, 0)]
    told = [story_of(events, choose([events])) for events in lanes]
    recognitions = 0
    for one in told:
        recognitions += sum(len(chapter.recognitions) for chapter in one.chapters)
        both = compare(told[0], one)
        for width in (100, 80):
            for shown in (Shown(one, None, every=True), Shown(one, both, every=False)):
                lines = shown.lines(width)
                assert max(map(len, lines)) <= width
                assert not [line for line in lines if re.search(r"[\w,]\.\.( |$)", line)]
        assert (both.parting is None) == (one is told[0])
        if both.mattered is not None and both.subject_parting is not None:
            assert both.subject_parting.tick <= both.mattered.tick
    assert recognitions > 20


@pytest.mark.parametrize(
    ("said", "evidence", "rows"),
    [
        (("reads that of DK", "reads that of DK"), (None, None), ["LT, LU each: reads that of DK"]),
        (("reads that of DK", "reads that of IT"), (None, None), None),
        (("puts 2 up", "puts 3 up"), (None, None), None),
        (("knows it", "knows it"), (5, 5), ["LT, LU each: knows it (5.0)"]),
        (("knows it", "knows it"), (8, 5), ["LT, LU each: knows it (5.0 to 8.0)"]),
        (("knows it", "knows that"), (5, 8), ["LT knows it (5.0)", "LU knows that (8.0)"]),
    ],
)
def test_a_line_for_several_is_true_of_each(said, evidence, rows):
    """Steps that differ by a state or a number are told one by one; evidence as a range."""
    steps = [
        Step(3, "deed", (actor,), actor, text, weight)
        for actor, text, weight in zip(("LT", "LU"), said, evidence, strict=True)
    ]
    found = [row.text for row in _gathered([(step, "both") for step in steps])]
    assert found == (rows or [step.text for step in steps])


def test_what_both_did_stands_in_both_columns(lanes, monkeypatch):
    """Also where of many deeds only the first of each kind are shown."""
    monkeypatch.setattr(comparing, "MOST", 0)
    deeds = [Deed(1, "DE", "case", 0, "begins"), Deed(5, "DE", "case", 0, "goes on")]
    stories = []
    for events, done in zip(lanes, (deeds, deeds[1:]), strict=True):
        told = story_of(events, choose(lanes))
        chapter = replace(told.chapters[0], deeds=tuple(done), recognitions=(), traces=())
        stories.append(replace(told, chapters=(chapter,)))
    rows = [(row.tick, row.where, row.text) for row in compare(*stories).rows]
    assert rows == [(1, "one", "DE begins"), (5, "both", "DE goes on")]


def test_outcomes_that_are_not_tested_have_no_verdict(lanes, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    both = compare(*[story_of(events, choose(lanes)) for events in lanes])
    lane = both.one.lane
    outcomes = lane.outcomes
    differing = next(
        o for o in outcomes if lane.values[o.name] < both.other.lane.values[o.name] and not o.time
    )
    [line] = [text for text in _lines(both) if text.startswith(f" {differing.label},")]
    assert line.endswith(("better", "worse"))
    untested = tuple(replace(o, tested=o is not differing) for o in outcomes)
    one = replace(both.one, events=Events(replace(lane, outcomes=untested)))
    short, full = (_lines(replace(both, one=one), every=every) for every in (False, True))
    assert not [text for text in short if text.startswith(f" {differing.label},")]
    assert f"  1 outcome more, not tested: {differing.label}; " in short[-1] + " "
    [line] = [text for text in full if text.startswith(f" {differing.label},")]
    assert not line.endswith(("better", "worse"))
    for every, times in ((False, 0), (True, 1)):
        told = _lines(one, every=every)
        assert sum(text.startswith(f" {differing.label} ") for text in told) == times


def test_the_top_says_what_is_told_of(fivesteps, made, pool):
    others = len(pool.world.subjects.names) - 1
    said = f"Told of: network-1; {others} others with `--subject NAME`."
    for more in ([], ["--against", "full-pool"]):
        assert said in fivesteps("trace", made, *more).out.splitlines()


def test_why_not_all_traces_are_seen_in_both(lanes):
    both = compare(*[story_of(events, choose(lanes)) for events in lanes])
    why = "once somebody acts"
    for seen, there in (((9, 0, 0), False), ((9, 1, 0), True), ((9, 0, 1), True)):
        assert (why in " ".join(_lines(replace(both, seen=seen)))) == there


def test_what_was_not_reached_has_no_unit(lanes):
    lane = lanes[0].lane
    first, *others = lane.outcomes
    values = {**lane.values, first.name: math.nan}
    never = replace(lane, outcomes=(replace(first, time=True), *others), values=values)
    told = _lines(story_of(Events(never), choose(lanes)))
    lines = [line for line in told if "not reached" in line]
    assert lines
    assert all(line.endswith("not reached") for line in lines)


@pytest.mark.parametrize(
    ("value", "text"),
    [(8.4e-4, "0.0008"), (-3.6e-5, "-0.00004"), (9.7e-4, "0.0010"), (0.0, "0"), (0.0105, "0.011")],
)
def test_small_numbers_have_no_exponent(value, text):
    assert amount(value) == text
    assert amount(abs(value), sign=True) == ("0" if not value else f"+{text.lstrip('-')}")


# Much in few words -------------------------------------------------------------------------------


def test_many_deeds_alike_are_told_as_one():
    few = [Deed(n, "DE", "case", 0, f"does {n} things in FR") for n in range(5)]
    assert [told.number for told in condensed(few)] == [1] * 5
    states = ("DE", "FR", "PL")
    many = [Deed(n, states[n % 3], "case", 0, f"does {n} things in IT") for n in range(MOST)]
    odd = Deed(7.5, "mic", "alarm", 0, "warns everybody")
    first, second = condensed(sorted([*many, odd]))
    assert (first.number, first.first, first.last) == (MOST, many[0], many[-1])
    assert first.actors == states
    assert (second.number, second.first, first.same) == (1, odd, False)
    same = [Deed(n, states[n % 3], "case", 0, "does it") for n in range(MOST + 1)]
    assert [told.same for told in condensed(same)] == [True]
    assert len(condensed([*many, odd], every=True)) == MOST + 1


def test_of_many_subjects_those_are_told_of_about_which_most_was_done(lanes, monkeypatch):
    assert choose(lanes) == Choice((0,))
    for events in lanes:
        monkeypatch.setattr(events, "subjects", [s._replace(real=True) for s in events.subjects])
    monkeypatch.setattr(story, "MOST_SUBJECTS", 1)
    choice = choose(lanes)
    everything = choose(lanes, every=True).told
    assert (len(choice.told), bool(choice.brief)) == (1, True)
    assert sorted((*choice.told, *choice.brief)) == sorted(everything)
    work = {n: sum(len(events.deeds(n)) for events in lanes) for n in everything}
    assert min(work[n] for n in choice.told) >= max(work[n] for n in choice.brief)
    named = choose(lanes, "decoy-2, network-1")
    assert [lanes[0].subjects[number].name for number in named.told] == ["decoy-2", "network-1"]
    facts = Shown(story_of(lanes[0], choice), None, every=False).facts()
    assert [row["subject"] for row in facts["briefly"]] == [
        lanes[0].subjects[number].name for number in choice.brief
    ]

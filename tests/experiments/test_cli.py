"""The command line on the real engine, with a short scenario of the user's own."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq
import pytest

import scenarios
from agents import load_scenario, load_threat
from experiments.cli import main
from experiments.outcomes import Outcome as Recorded
from experiments.planning import memory
from experiments.store.provenance import version
from scenarios import policy_entries, scenario_entries
from scenarios.reading import threat_entries
from sim.kernel.calendar import Calendar, TooManyError

CATALOGUE = Path(scenarios.__file__).parent / "catalogue"
POLICIES = "bilateral,full-pool"
TABLES = ("outcomes.parquet", "outcomes.csv", "comparison.csv")


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    """Path of the shipped scenario, cut to some weeks."""
    text = (CATALOGUE / "scenarios" / "organised-crime.yaml").read_text(encoding="utf-8")
    assert "horizon: 1461 d" in text
    path = tmp_path_factory.mktemp("own") / "short.yaml"
    path.write_text(text.replace("horizon: 1461 d", "horizon: 21 d"), encoding="utf-8")
    return str(path)


@pytest.fixture
def fivesteps(capsys):
    """Run a command in this process."""

    def run(*arguments: str | Path) -> Outcome:
        with pytest.raises(SystemExit) as caught:
            main([str(argument) for argument in arguments])
        shown = capsys.readouterr()
        return Outcome(int(caught.value.code or 0), shown.out, shown.err)

    return run


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "experiments.cli", *map(str, arguments)]


def tables(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in TABLES}


@pytest.fixture(scope="module")
def finished(short, tmp_path_factory):
    """Run directory of a finished comparison, made with two workers."""
    folder = tmp_path_factory.mktemp("runs") / "finished"
    arguments = command(
        "compare", short, "--policies", POLICIES, "--replications", "4", "--workers", "2",
        "--out", folder,
    )  # fmt: skip
    subprocess.run(arguments, check=True, capture_output=True, timeout=300)
    return folder


def test_help_is_fast_and_imports_nothing_heavy():
    code = (
        "import sys; from experiments.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'scipy', 'matplotlib', 'pyarrow', 'simpy'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name in (
        "list",
        "validate",
        "run",
        "compare",
        "plot",
        "show",
        "trace",
        "history",
        "sources",
        "schema",
    ):
        assert f"\n  {name} " in done.stdout


def test_version(fivesteps):
    assert fivesteps("--version").out.startswith("fivesteps ")


def test_list(fivesteps):
    shown = json.loads(fivesteps("list", "--json").out)
    assert [row["name"] for row in shown["policies"]] == [entry.name for entry in policy_entries()]
    assert all(Path(row["path"]).is_file() for rows in shown.values() for row in rows)
    text = fivesteps("list").out
    assert all(f" {entry.name} " in text for entry in (*policy_entries(), *scenario_entries()))
    assert all(f" {entry.name} " in text for entry in threat_entries())
    kinds = {row["name"]: row["kind"] for row in shown["threats"]}
    assert kinds == {entry.name: load_threat(entry.name).spec.kind for entry in threat_entries()}
    assert all(f"(kind: {kind})" in " ".join(text.split()) for kind in kinds.values())
    limited = {row["name"]: row["not_for"] for row in shown["policies"] if row["not_for"]}
    assert limited == {
        name: ["disaster"] for name in ("europol-feed", "hit-no-hit", "originator-control")
    }
    assert " ".join(text.split()).count("(not for: disaster)") == len(limited)


def test_a_comparison_of_one_policy_gives_its_outcomes(fivesteps, short, tmp_path):
    given = ("--policies", "full-pool", "--replications", "2", "--out", tmp_path / "run")
    shown = fivesteps("compare", short, *given, "--workers", "1")
    assert shown.code == 0, shown.err
    assert "nothing to compare full-pool with" in shown.out
    assert "organised-crime under full-pool: 2 worlds" in shown.out
    assert "Wilcoxon" not in shown.out


def test_what_was_set_is_what_was_run(fivesteps, short, tmp_path):
    """The directory holds the changed scenario: it is replayed, and takes no lane of another."""
    out = tmp_path / "run"
    given = ("compare", short, "--policies", POLICIES, "--replications", "2", "--workers", "1")
    put = ("--set", "desks.*.reads.value=2", "--set", "policies.full-pool.rules[0].push.chance=0.1")
    shown = fivesteps(*given, *put, "--out", out)
    assert shown.code == 0, shown.err
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["scenario"]["desks"]["police"]["reads"]["value"] == 2
    assert manifest["policies"]["full-pool"]["rules"][0]["push"]["chance"] == 0.1
    assert fivesteps("trace", out, "--policy", "full-pool").code == 0
    for others in ((), put[:2], (*put[:1], "desks.*.reads.value=3", *put[2:])):
        shown = fivesteps(*given, *others, "--out", out)
        assert shown.code == 2
        assert "the content of" in shown.err
        assert "was different" in shown.err


def test_run_takes_values_as_well(fivesteps, short):
    shown = [
        json.loads(fivesteps("run", short, "--json", *more).out)["outcomes"][0]
        for more in ((), ("--set", "desks.*.reads.value=0.5"))
    ]
    assert shown[0]["never_read_share"] < shown[1]["never_read_share"]
    refused = fivesteps("run", short, "--set", "desks.polise.reads.value=1")
    assert (refused.code, refused.out) == (2, "")
    assert "did you mean police?" in refused.err


@pytest.mark.long
def test_a_picture_that_cannot_be_written_gives_one_clear_message(fivesteps, finished, tmp_path):
    path = tmp_path / "no" / "such.png"
    shown = fivesteps("trace", finished, "--picture", path)
    assert shown.code == 2
    assert f"--picture {path}: No such file or directory\n  rule:" in shown.err
    assert "give another path" in shown.err
    assert "Errno" not in shown.err


@pytest.mark.long
def test_validate_accepts_the_catalogue(fivesteps):
    files = [
        path
        for kind in ("policies", "scenarios", "threats", "procedures", "history")
        for path in CATALOGUE.glob(f"{kind}/*.yaml")
    ]
    places = list((CATALOGUE / "places").iterdir())
    shown = fivesteps("validate", *files, *places)
    assert shown.code == 0
    lines = shown.out.splitlines()
    remarks = [line for line in lines if not line.startswith(str(CATALOGUE))]
    assert len(lines) - len(remarks) == len(files) + len(places)
    [place] = (n for n, line in enumerate(lines) if line in remarks[:1])
    assert lines[place - 1].endswith("policy full-pool")
    assert " ".join(remarks) == (
        "rules[12] tells and does not answer, and is the first to match where rules[35] of"
        " duties-2010 would answer (terrorism): who asks there gets no answer, unless the first has"
        " a `pull:` as well"
    )


@pytest.mark.long
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"  \n", "the file is empty"),
        (b"\x7fELF\x02\x01\x01\x00\xff\xfe", "this one is binary"),
        (b"policy: caf\xe9\n", "UTF-8 text"),
        (b"just some words", "declares nothing we know"),
        (b"policy: 3\n", "policy = 3"),
        (b'"policy": 3\n', "policy = 3"),  # a key may stand in quotes
        (b"polcy: mine\nmeaning: mine\nsource: mine\nrules: []\n", "there is no key polcy"),
        (b"place: here\ntick: PT1H\nhorizon: 1 d\n", "`scenario` is missing"),
        (b"policy: mine\nmeaning: [\n", "rule:"),
        (b"scenario: mine\n", "rule:"),
    ],
)
def test_validate_says_what_is_wrong(fivesteps, tmp_path, content, message):
    good = tmp_path / "good.yaml"
    good.write_text((CATALOGUE / "policies" / "bilateral.yaml").read_text(encoding="utf-8"))
    bad = tmp_path / "bad.yaml"
    bad.write_bytes(content)
    shown = fivesteps("validate", bad, good)
    assert shown.code == 2
    assert f"{bad}" in shown.err
    assert message in shown.err
    assert "remedy:" in shown.err
    assert f"{good}: policy bilateral" in shown.out  # the others are checked all the same


def test_validate_takes_a_name_without_suffix_as_a_path(fivesteps, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine").write_text((CATALOGUE / "policies" / "bilateral.yaml").read_text(encoding="utf-8"))
    assert fivesteps("validate", "mine").out == "mine: policy bilateral\n"
    assert fivesteps("validate", "nowhere").code == 2


def test_sources(fivesteps):
    rows = json.loads(fivesteps("sources", "organised-crime", "--json").out)
    expected = load_scenario("organised-crime").sources()
    assert [(row["parameter"], row["kind"]) for row in rows] == [
        (row[0], row[2]) for row in expected
    ]
    shown = fivesteps("sources", "organised-crime", "--policies", "bilateral").out
    assert "\nbilateral\n" in shown
    assert " assumed" in shown.splitlines()[-1]


def test_schema(fivesteps):
    kinds = {"scenario", "policy", "threat", "procedure", "measure", "programme", "place"}
    kinds |= {"experiment", "history"}
    assert set(json.loads(fivesteps("schema").out)) == kinds
    assert json.loads(fivesteps("schema", "policy").out)["$schema"]
    shown = fivesteps("schema", "polic")
    assert shown.code == 2
    assert "did you mean policy" in shown.err


def test_run(fivesteps, short):
    shown = json.loads(fivesteps("run", short, "--seed", "5", "--replications", "3", "--json").out)
    assert (shown["policy"], shown["seed"]) == ("bilateral", 5)
    assert [row["replication"] for row in shown["outcomes"]] == [0, 1, 2]
    names = [outcome.name for outcome in load_scenario(short).outcomes]
    assert list(shown["outcomes"][0]) == ["replication", *names]
    one = json.loads(fivesteps("run", short, "--seed", "5", "--json").out)
    assert one["outcomes"] == shown["outcomes"][:1]  # a lane does not hang on the others
    text = fivesteps("run", short, "--policy", "full-pool").out
    assert "under full-pool: 1 world, seed 1" in text


def test_run_into_a_directory(fivesteps, short, tmp_path):
    shown = fivesteps("run", short, "--out", tmp_path / "one", "--json")
    table = pq.read_table(tmp_path / "one" / "outcomes.parquet")
    [row] = json.loads(shown.out)["outcomes"]
    assert {name: table[name].to_pylist()[0] for name in row} == row
    assert not (tmp_path / "one" / "comparison.csv").exists()


@pytest.mark.whole
def test_compare_and_plot(fivesteps, short, finished):
    content = json.loads((finished / "manifest.json").read_bytes())
    assert content["complete"]
    [run] = content["runs"]
    assert run["lanes"] == 8
    assert run["messages"] > 0
    assert run["lanes_per_second"] == pytest.approx(8 / run["seconds"], rel=1e-2)
    assert run["fivesteps"] == version()
    assert {"numpy", "scipy", "pyarrow"} <= set(run["libraries"])
    assert {"python", "platform", "machine", "cpus", "workers", "batch", "begun"} <= set(run)
    assert os.uname().nodename not in json.dumps(run)
    rows = list(csv.DictReader((finished / "comparison.csv").read_text("utf-8").splitlines()))
    assert {row["policy"] for row in rows} == {"full-pool"}
    assert {row["baseline"] for row in rows} == {"bilateral"}
    assert {row["pairs"] for row in rows} <= {"0", "1", "2", "3", "4"}
    shown = fivesteps("plot", finished)
    assert shown.code == 0
    pictures = [Path(line) for line in shown.out.splitlines()]
    assert {"differences.png", "tradeoff.png", "series.png"} <= {path.name for path in pictures}
    assert all(path.stat().st_size > 10_000 for path in pictures)
    assert shown.err.startswith("Not drawn, zero in every lane: ")
    assert "violations" in shown.err
    assert "distribution-violations.png" not in {path.name for path in pictures}


@pytest.mark.parametrize(
    "arguments",
    [
        ("compare", "organised-crime", "--out", "a\udcff"),
        ("run", "organised-crime", "--policy", "./\udc80.yaml"),
        ("run", "\udcff/scenario.yaml"),
        ("sweep", "e\udcff.yaml"),
        ("status", "/\udcff"),
        ("query", "run", "select '\udcff'"),
        ("export", "run", "--out", "\udcff.csv"),
        ("plot", "\udcff"),
        ("show", "\udcff"),
        ("\udcff",),
        ("list", "--\udcff"),
    ],
)
def test_names_that_are_no_utf_8_are_refused_before_anything_is_done(
    fivesteps, tmp_path, monkeypatch, arguments
):
    monkeypatch.chdir(tmp_path)
    shown = fivesteps(*arguments)
    assert shown.code == 2
    assert "paths and names are UTF-8" in shown.err
    assert "udc" in shown.err
    assert list(tmp_path.iterdir()) == []


def compare(short: str, out: Path, *more: str) -> list[str]:
    given = ["--policies", POLICIES, "--replications", "4", "--out", str(out), *more]
    return ["compare", short, *given]


@pytest.mark.whole
@pytest.mark.parametrize(
    ("batch", "workers"), [("1", "1"), ("3", "2"), ("100", "1"), ("auto", "2")]
)
def test_same_bytes_for_any_batch_and_workers(fivesteps, short, finished, tmp_path, batch, workers):
    shown = fivesteps(*compare(short, tmp_path, "--batch", batch, "--workers", workers))
    assert shown.code == 0
    # Where there is no terminal, a line now and then and no bar.
    assert all(line.startswith("8 lanes: ") for line in shown.err.splitlines())
    assert tables(tmp_path) == tables(finished)


def test_again_runs_nothing_and_changes_nothing(fivesteps, short, finished):
    before = tables(finished)
    runs = json.loads((finished / "manifest.json").read_bytes())["runs"]
    shown = fivesteps(*compare(short, finished, "--json"))
    assert shown.code == 0
    rows = json.loads(shown.out)
    outcomes = map(Recorded.of, load_scenario(short).outcomes)
    assert len(rows) == sum(not one.state for one in outcomes)
    assert tables(finished) == before
    assert json.loads((finished / "manifest.json").read_bytes())["runs"] == runs


def test_outcomes_to_show_and_to_test(fivesteps, short, finished):
    before = tables(finished)
    given = ("--outcomes", "backlog_peak, disclosures,backlog_peak")
    rows = json.loads(fivesteps(*compare(short, finished, *given, "--json")).out)
    assert {(row["outcome"], row["family"], row["tests"]) for row in rows} == {
        ("backlog_peak", "asked", 2),
        ("disclosures", "asked", 2),
    }
    shown = fivesteps(*compare(short, finished, *given)).out
    assert shown.count(" is better)\n") == 2
    assert "for the 2 tests of these tables" in " ".join(shown.split())
    assert tables(finished) == before
    wrong = fivesteps(*compare(short, finished, "--outcomes", "backlog_peak,disclosure"))
    assert (wrong.code, wrong.out) == (2, "")
    assert "did you mean disclosures" in wrong.err


def test_more_replications_are_added(fivesteps, short, finished, tmp_path):
    given = ("--policies", POLICIES, "--workers", "1", "--out", tmp_path)
    assert fivesteps("compare", short, *given, "--replications", "2").code == 0
    assert fivesteps("compare", short, *given, "--replications", "4").code == 0
    assert tables(tmp_path) == tables(finished)
    runs = json.loads((tmp_path / "manifest.json").read_bytes())["runs"]
    assert [run["lanes"] for run in runs] == [4, 4]


@pytest.mark.long
@pytest.mark.parametrize(
    "more",
    [
        ("compare", "--policies", "hub-and-spoke,full-pool,bilateral"),
        ("extend", "--policies", "hub-and-spoke"),
    ],
    ids=["in another order", "by extend"],
)
def test_policies_are_added(fivesteps, short, tmp_path, more):
    given = ("--replications", "2", "--workers", "1", "--out")
    added, whole = tmp_path / "added", tmp_path / "whole"
    order = "bilateral,full-pool,hub-and-spoke" if more[0] == "extend" else more[-1]
    assert fivesteps("compare", short, "--policies", POLICIES, *given, added).code == 0
    if more[0] == "extend":
        shown = fivesteps("extend", added, *more[1:], "--workers", "1")
    else:
        shown = fivesteps("compare", short, *more[1:], *given, added)
    assert shown.code == 0, shown.err
    assert fivesteps("compare", short, "--policies", order, *given, whole).code == 0
    assert tables(added) == tables(whole)
    runs = json.loads((added / "manifest.json").read_bytes())["runs"]
    assert [run["lanes"] for run in runs] == [4, 2]
    assert fivesteps("trace", added, "--policy", "hub-and-spoke", "--replication", "1").code == 0


def test_what_cannot_be_added(fivesteps, short, finished, tmp_path):
    before = tables(finished), (finished / "manifest.json").read_bytes()
    other = tmp_path / "other.yaml"
    other.write_text(
        "policy: full-pool\nmeaning: another of this name\nsource: test\nextends: full-pool\n"
        "rules: [{meaning: m, match: {reports: [trace]}, push: {chance: 0.5}, assumed: test}]\n"
    )
    for arguments, told in (
        ((), "write `--replications NUMBER`, `--policies NAME,...`, or both"),
        (("--policies", other), "names full-pool more than once"),
        (("--policies", "full-pol"), "did you mean full-pool"),
    ):
        shown = fivesteps("extend", finished, *arguments)
        assert shown.code == 2
        assert told in shown.err
    assert fivesteps("extend", finished, "--policies", "full-pool").code == 0  # it has it
    assert tables(finished) == before[0]


def heeds_ctrl_c() -> None:
    """Undo what a shell does to commands in the background, which is to ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_for_shard(process: subprocess.Popen, folder: Path) -> None:
    """Wait until a shard of outcomes is there."""
    deadline = time.monotonic() + 240
    while not list((folder / "outcomes").glob("[!.]*")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.whole
@pytest.mark.parametrize(
    ("sent", "workers"),
    [
        (signal.SIGINT, "2"),
        (signal.SIGKILL, "1"),
        pytest.param(signal.SIGINT, "1", marks=pytest.mark.slow),
        pytest.param(signal.SIGKILL, "2", marks=pytest.mark.slow),
    ],
)
def test_broken_off_and_continued(short, finished, tmp_path, workers, sent):
    arguments = command(*compare(short, tmp_path, "--batch", "1", "--workers", workers))
    process = subprocess.Popen(
        arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heeds_ctrl_c,  # noqa: PLW1509 - no threads here
    )
    wait_for_shard(process, tmp_path)
    if sent == signal.SIGINT:
        os.killpg(process.pid, sent)  # as a terminal does: to every process of the group
    else:
        process.send_signal(sent)
    _, err = process.communicate(timeout=120)
    if sent == signal.SIGINT:
        assert process.returncode == 130
        assert "the same command goes on from there" in err
        assert "Traceback" not in err
    shards = set((tmp_path / "outcomes").glob("[!.]*"))
    assert 0 < len(shards) < 8
    assert not (tmp_path / "outcomes.csv").exists()
    again = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=300)
    assert again.returncode == 0, again.stderr
    runs = json.loads((tmp_path / "manifest.json").read_bytes())["runs"]
    assert runs[-1]["lanes"] == 8 - len(shards)  # a lane each; what was finished is not run again
    assert tables(tmp_path) == tables(finished)


def workers_of(process: subprocess.Popen) -> list[int]:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [
        int(child)
        for child in children
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


@pytest.mark.whole
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds workers in /proc")
def test_a_killed_worker_is_replaced(short, finished, tmp_path):
    arguments = command(*compare(short, tmp_path / "run", "--batch", "1", "--workers", "2"))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    env = {**os.environ, "TMPDIR": str(temporary)}
    process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, env=env)
    wait_for_shard(process, tmp_path / "run")
    assert list(temporary.iterdir()) == []
    os.kill(workers_of(process)[0], signal.SIGKILL)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert list(temporary.iterdir()) == []
    assert tables(tmp_path / "run") == tables(finished)
    assert not list((tmp_path / "run").glob("failures/*"))


@pytest.mark.whole
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds workers in /proc")
def test_where_every_worker_is_killed_the_run_gives_up(short, finished, tmp_path):
    out = tmp_path / "run"
    arguments = command(*compare(short, out, "--batch", "1", "--workers", "2"))
    process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)
    while process.poll() is None:
        for worker in workers_of(process):
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        time.sleep(0.05)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 1
    assert "5 chunks in a row failed" in err
    assert "its worker process died" in err
    assert "0 of 8 lanes are finished" in err
    assert "Traceback" not in err
    failed = [json.loads(path.read_bytes()) for path in (out / "failures").iterdir()]
    assert len(failed) == 5
    assert all(one["attempts"] == 3 for one in failed)
    assert all(set(lane) == {"setting", "policy", "replication"} for lane in failed[0]["lanes"])
    again = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=300)
    assert again.returncode == 0, again.stderr
    assert tables(out) == tables(finished)
    assert list((out / "failures").iterdir()) == []


@pytest.mark.whole
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds workers in /proc")
def test_workers_of_a_killed_run_end_and_take_its_arrays_with_them(short, tmp_path):
    arguments = command(*compare(short, tmp_path / "run", "--batch", "1", "--workers", "2"))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    env = {**os.environ, "TMPDIR": str(temporary)}
    process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, env=env)
    wait_for_shard(process, tmp_path / "run")
    workers = workers_of(process)
    assert len(workers) == 2
    process.kill()
    process.communicate(timeout=120)
    deadline = time.monotonic() + 60
    while any(map(is_running, workers)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert list(temporary.iterdir()) == []


def is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.whole
@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_progress_on_a_terminal(short):
    import pty

    here, there = pty.openpty()
    done = subprocess.run(
        command("run", short, "--json"),
        stdout=subprocess.PIPE,
        stderr=there,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
        check=True,
        timeout=300,
    )
    os.close(there)
    shown = b""
    with contextlib.suppress(OSError):  # the end of a pseudo-terminal is an error
        while part := os.read(here, 65536):
            shown += part
    os.close(here)
    assert b"running 1 lanes" in shown
    assert b"100%" in shown
    json.loads(done.stdout)  # nothing but the data there


def test_importing_draws_and_seeds_nothing():
    modules = "figures, figures.style, cli, execution, analysis, outcomes, store, terminal"
    code = "".join(f"import experiments.{name.strip()}\n" for name in modules.split(","))
    code += "import sys; sys.exit('matplotlib' in sys.modules or 'scipy.stats' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["compare", "organized-crime"], ["organized-crime", "did you mean organised-crime"]),
        (["compare", "organised-crime", "--policies", "full-pol"], ["did you mean full-pool"]),
        (["compare", "organised-crime", "--policies", "bilateral,bilateral"], ["more than once"]),
        (["compare", "organised-crime", "--replications", "0"], ["--replications 0", "from 1 to"]),
        (["compare", "organised-crime", "--replications", "-4"], ["--replications -4"]),
        (["compare", "organised-crime", "--replications", "many"], ["--replications"]),
        (["compare", "organised-crime", "--seed", "-1"], ["--seed -1"]),
        (["compare", "organised-crime", "--workers", "0"], ["--workers"]),
        (["compare", "organised-crime", "--batch", "0"], ["--batch 0\n", "number from 1"]),
        (["compare", "organised-crime", "--batch", "-3"], ["--batch -3\n", "number from 1"]),
        (["compare", "organised-crime", "--batch", "cache"], ["--batch cache\n", "`auto` or"]),
        (["compare", "organised-crime", "--baseline", "no", "--policies", "full-pool"], ["no"]),
        (["compare", "organised-crime", "--out", "/dev/null/x"], ["/dev/null/x", "Not a direct"]),
        (["compare", "nowhere.yaml"], ["nowhere.yaml"]),
        (["run", "organised-crime", "--policy", "all"], ["`run` takes one policy"]),
        (
            ["run", "forest-fire", "--policy", "hit-no-hit"],
            ["--policy names hit-no-hit", "choose from availability, bilateral, full-pool, hub"],
        ),
        (
            ["compare", "forest-fire", "--policies", "hit-no-hit"],
            ["--policies names hit-no-hit", "write `all`"],
        ),
        (
            ["sources", "hub-and-spoke"],
            ["show hub-and-spoke --parameters", "sources SCENARIO --policies hub-and-spoke"],
        ),
        (["plot", "nowhere"], ["nowhere", "fivesteps compare"]),
        (["sources", "nowhere"], ["organised-crime"]),
        (["frobnicate"], ["frobnicate"]),
        (["compare"], ["SCENARIO"]),
    ],
)
def test_bad_input(fivesteps, tmp_path, monkeypatch, arguments, parts):
    monkeypatch.chdir(tmp_path)
    shown = fivesteps(*arguments)
    assert shown.code == 2
    assert shown.out == ""
    for part in parts:
        assert part in shown.err
    assert "Traceback" not in shown.err
    assert list(tmp_path.iterdir()) == []


def test_another_experiment_in_out(fivesteps, short, finished):
    before = tables(finished), (finished / "manifest.json").read_bytes()
    for more, remedy in (
        (["--seed", "2"], "give another --out"),
        (["--policies", "bilateral"], "give another --out"),
        (["--replications", "2"], "write --replications 4 or more"),
    ):
        shown = fivesteps(*compare(short, finished, *more))
        assert shown.code == 2
        assert str(finished) in shown.err
        assert remedy in shown.err
    assert (tables(finished), (finished / "manifest.json").read_bytes()) == before


def test_too_many_lanes(fivesteps, monkeypatch, tmp_path):
    given = ("compare", "organised-crime", "--out", tmp_path / "run", "--workers", "2")
    shown = fivesteps(*given, "--batch", "2000000000", "--replications", "2000000000")
    assert shown.code == 2
    assert "of memory" in shown.err
    assert "would fit" in shown.err
    monkeypatch.setattr(memory, "available_bytes", lambda: 1_000_000_000)
    shown = fivesteps(*given, "--batch", "500", "--replications", "500")
    assert shown.code == 2
    assert "--batch" in shown.err
    assert not (tmp_path / "run").exists()


def test_a_policy_that_does_not_fit_the_scenario(fivesteps, short, tmp_path):
    own = tmp_path / "own.yaml"
    text = (CATALOGUE / "policies" / "full-pool.yaml").read_text(encoding="utf-8")
    assert "policy: full-pool" in text
    text = text.replace("policy: full-pool", "policy: own")
    own.write_text(f"{text}\n", encoding="utf-8")
    shown = fivesteps("run", short, "--policy", own)
    assert (shown.code, "under own" in shown.out) == (0, True)


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("scenario: forest-fire", "scenario"),
        ("policy: bilateral", "policy"),
        ("state: EL", "state"),
    ],
)
def test_names_in_a_history_are_checked(fivesteps, tmp_path, line, wrong):
    text = (CATALOGUE / "history" / "greece-2007.yaml").read_text(encoding="utf-8")
    assert line in text
    path = tmp_path / "greece.yaml"
    path.write_text(text.replace(line, f"{wrong}: nowhere"), encoding="utf-8")
    shown = fivesteps("validate", path)
    assert shown.code == 2
    assert re.search(rf"greece\.yaml:\d+: {wrong} = nowhere", shown.err)


def test_a_batch_too_large_to_be_told_apart_is_refused(monkeypatch, capsys):
    def refuse(_calendar: Calendar, _place: int) -> None:
        raise TooManyError("the calendar can tell 8 pairs apart; run fewer lanes together")

    monkeypatch.setattr(Calendar, "check", refuse)
    with pytest.raises(SystemExit) as ended:
        main(["run", "forest-fire", "--kernel", "numpy"])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert "run fewer lanes together" in told
    assert "write a smaller one" in told


def test_another_overflow_is_a_bug_and_shown_as_one(monkeypatch):
    def fail(_calendar: Calendar, _place: int) -> None:
        raise OverflowError("elsewhere")

    monkeypatch.setattr(Calendar, "check", fail)
    with pytest.raises(OverflowError, match="elsewhere"):
        main(["run", "forest-fire", "--kernel", "numpy"])

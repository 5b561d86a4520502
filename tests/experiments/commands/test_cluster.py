"""The command `slurm-script`: what it prepares, says and refuses."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

import scenarios
from experiments.cli import main
from experiments.execution import estimate
from experiments.store.directory import open_for_reading
from tests.experiments.execution.test_slurm_script import needs_bash

CATALOGUE = Path(scenarios.__file__).parent / "catalogue"
TABLES = ("outcomes.parquet", "outcomes.csv", "differences.csv", "design.csv")
HERE = ("--workers", "1", "--kernel", "numpy")
EXPERIMENT = """\
experiment: small
meaning: a sweep of some seconds
scenario: {scenario}
policies: [bilateral, full-pool]
replications: 3
parameters:
  officers-read: {{changes: desks.police.reads.value, low: 8, high: 20, assumed: for a test}}
design: {{kind: latin-hypercube, points: 2}}
"""


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    folder = tmp_path_factory.mktemp("my files")
    text = (CATALOGUE / "scenarios" / "organised-crime.yaml").read_text(encoding="utf-8")
    scenario = folder / "short.yaml"
    scenario.write_text(text.replace("horizon: 1461 d", "horizon: 7 d"), encoding="utf-8")
    path = folder / "small.yaml"
    path.write_text(EXPERIMENT.format(scenario=scenario), encoding="utf-8")
    return path


@pytest.fixture
def takes(monkeypatch):
    """Let a lane take some time without running any."""

    def take(lane_s: float) -> None:
        monkeypatch.setattr(estimate, "lane_seconds", lambda *_: lane_s)

    take(1)
    return take


@pytest.fixture
def fivesteps(capsys):
    def run(*arguments: str | Path) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as caught:
            main([str(argument) for argument in arguments])
        shown = capsys.readouterr()
        return int(caught.value.code or 0), shown.out, shown.err

    return run


def lines(said: str, what: str) -> list[str]:
    found = (line.partition(": ") for line in said.splitlines())
    return [rest for name, _, rest in found if name == what]


def test_it_prepares_the_run_directory(fivesteps, takes, experiment, tmp_path):
    folder = tmp_path / "run"
    code, said, _ = fivesteps("slurm-script", experiment, "--out", folder, "--tasks", "2")
    assert code == 0
    assert lines(said, "Script") == [str(folder / "slurm.sh")]
    assert lines(said, "Submit") == [f"sbatch {folder / 'slurm.sh'}"]
    assert (folder / "logs").is_dir()
    directory = open_for_reading(folder)
    assert not directory.done().any()
    assert directory.manifest.block <= 6
    assert lines(said, "How far") == [f"fivesteps status {folder}"]


@pytest.mark.whole
@needs_bash
def test_what_the_tasks_do_is_what_a_sweep_does(
    fivesteps, takes, experiment, tmp_path, monkeypatch
):
    folder, elsewhere = tmp_path / "run", tmp_path / "elsewhere.sh"
    assert fivesteps("sweep", experiment, "--out", tmp_path / "here", *HERE)[0] == 0
    monkeypatch.chdir(experiment.parent)
    code, said, _ = fivesteps(
        "slurm-script", experiment.name, "--out", folder, "--script", elsewhere,
        "--tasks", "2", "--batch", "2", "--kernel", "numpy",
    )  # fmt: skip
    assert code == 0
    assert lines(said, "Script") == [str(elsewhere)]
    for task in (1, 0):
        assert not (folder / "outcomes.csv").exists()
        environment = {"SLURM_ARRAY_JOB_ID": "1", "SLURM_ARRAY_TASK_ID": str(task)}
        subprocess.run(
            [shutil.which("bash") or "bash", elsewhere],
            env=os.environ | environment | {"SLURM_JOB_END_TIME": str(2**31)},
            cwd=tmp_path,
            check=True,
            capture_output=True,
        )
    for name in TABLES:
        assert (folder / name).read_bytes() == (tmp_path / "here" / name).read_bytes()


def test_replications_are_those_of_the_command(fivesteps, takes, experiment, tmp_path):
    folder = tmp_path / "run"
    fivesteps("slurm-script", experiment, "--out", folder, "--replications", "5")
    assert json.loads((folder / "manifest.json").read_bytes())["replications"] == 5
    assert "--replications 5 " in (folder / "slurm.sh").read_text(encoding="utf-8")


def test_a_run_that_goes_on_keeps_its_chunks(fivesteps, takes, experiment, tmp_path):
    folder = tmp_path / "run"
    fivesteps("slurm-script", experiment, "--out", folder, "--tasks", "2", "--batch", "2")
    code, said, _ = fivesteps("slurm-script", experiment, "--out", folder, "--tasks", "99")
    assert code == 0
    assert "6 tasks" in said  # two settings, three worlds of two lanes
    assert "--batch 2" in (folder / "slurm.sh").read_text(encoding="utf-8")


def test_smaller_chunks_than_a_run_has_are_refused(fivesteps, takes, experiment, tmp_path):
    folder = tmp_path / "run"
    fivesteps("slurm-script", experiment, "--out", folder, "--tasks", "1", "--batch", "4")
    before = (folder / "manifest.json").read_bytes()
    code, _, error = fivesteps("slurm-script", experiment, "--out", folder, "--batch", "2")
    assert code == 2
    assert f"--batch 2 for shares of {folder}\n  rule:   shares are made of chunks of 4" in error
    assert (folder / "manifest.json").read_bytes() == before


def test_a_stop_is_for_afterwards(fivesteps, takes, experiment, tmp_path):
    path = tmp_path / "stopping.yaml"
    stop = "stop: {outcome: unnecessary_disclosures, width: 5%, most: 40}\n"
    path.write_text(experiment.read_text(encoding="utf-8") + stop, encoding="utf-8")
    folder = tmp_path / "run"
    code, said, _ = fivesteps("slurm-script", path, "--out", folder, "--tasks", "2")
    assert code == 0
    assert said.splitlines()[-1].endswith(f"fivesteps sweep {path} --out {folder}")
    for task in range(2):
        assert fivesteps("sweep", path, "--out", folder, "--shard", f"{task}/2", *HERE)[0] == 0
    assert open_for_reading(folder).done().all()
    code, _, error = fivesteps(
        "sweep", path, "--out", folder, "--shard", "0/2", "--precision", "disclosures=5%"
    )
    assert code == 2
    assert "--shard 0/2" in error


def test_a_task_whose_chunks_do_not_fit_into_its_memory(
    fivesteps, takes, experiment, tmp_path, monkeypatch
):
    folder = tmp_path / "run"
    fivesteps("slurm-script", experiment, "--out", folder, "--tasks", "2")
    monkeypatch.setenv("SLURM_MEM_PER_NODE", "150")
    share = "--shard", "0/2", "--batch", str(open_for_reading(folder).manifest.block)
    code, _, error = fivesteps("sweep", experiment, "--out", folder, *share, *HERE)
    assert code == 2
    assert "of memory, and " in error
    assert not open_for_reading(folder).done().any()


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (("--time", "soon"), "--time soon"),
        (("--memory", "much"), "--memory much"),
        (("--partition", "a b"), "--partition 'a b'"),
        (("--sbatch", "--array=1-3"), "--sbatch '--array=1-3'"),
        (("--batch", "0"), "--batch 0"),
        (("--kernel", "fast"), "--kernel fast"),
        (("--replications", "0"), "--replications 0"),
    ],
)
def test_what_is_refused_leaves_nothing(fivesteps, takes, experiment, tmp_path, options, what):
    folder = tmp_path / "run"
    code, said, error = fivesteps("slurm-script", experiment, "--out", folder, *options)
    assert (code, said) == (2, "")
    assert error.startswith(f"fivesteps: {what}\n  rule:")
    assert "  remedy: " in error
    assert not folder.exists()


@pytest.mark.parametrize("name", ["manifest.json", "outcomes/slurm.sh", "Design.csv", ".lock"])
def test_a_script_is_no_part_of_the_run(fivesteps, takes, experiment, tmp_path, name):
    folder = tmp_path / "run"
    code, _, error = fivesteps(
        "slurm-script", experiment, "--out", folder, "--script", folder / name
    )
    assert code == 2
    assert error.startswith(f"fivesteps: --script {folder / name} is part of the run directory")
    assert not folder.exists()


def test_a_script_has_a_name_of_one_line(fivesteps, takes, experiment, tmp_path):
    """Its name stands in a comment of it, and a second line would be run."""
    folder = tmp_path / "run"
    code, _, error = fivesteps("slurm-script", experiment, "--out", folder, "--script", "a\nrm b")
    assert code == 2
    assert "a\\nrm b'\n  rule:   must be one line" in error
    assert not folder.exists()


@pytest.mark.parametrize("name", ["small.yaml", "short.yaml"])
def test_a_script_does_not_replace_what_is_read(fivesteps, takes, experiment, tmp_path, name):
    path = experiment.parent / name
    before = path.read_bytes()
    code, _, error = fivesteps(
        "slurm-script", experiment, "--out", tmp_path / "run", "--script", path
    )
    assert (code, path.read_bytes()) == (2, before)
    assert "is read by this command" in error


def test_a_script_goes_into_a_new_folder(fivesteps, takes, experiment, tmp_path):
    path = tmp_path / "new" / "folder" / "it's mine.sh"
    code, said, _ = fivesteps(
        "slurm-script", experiment, "--out", tmp_path / "run", "--script", path
    )
    assert code == 0
    assert path.read_text(encoding="utf-8").startswith("#!/bin/bash\n")
    [submit] = lines(said, "Submit")
    assert shlex.split(submit) == ["sbatch", str(path)]


def test_a_wall_time_too_short_for_a_chunk(fivesteps, takes, experiment, tmp_path):
    takes(3600)
    code, _, error = fivesteps(
        "slurm-script", experiment, "--out", tmp_path / "run", "--time", "01:00:00"
    )
    assert code == 2
    assert "a chunk of 1 lanes takes about" in error
    assert not (tmp_path / "run").exists()

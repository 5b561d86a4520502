"""Running an experiment on a cluster: slurm-script."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from experiments.commands.executing import Batch
from experiments.commands.options import ExperimentName, Kernel
from experiments.errors import UserError, command, echo

if TYPE_CHECKING:
    from experiments.designs import LoadedExperiment
    from experiments.execution import ArrayJob, Division, Task
    from experiments.planning import Plan

SCRIPT: Final = "slurm.sh"

CHUNKS_IN_TIME: Final = 2
"""Chunks that the wall time of a task must have room for."""


def slurm_script(
    experiment: ExperimentName,
    out: Annotated[Path, typer.Option(help="Run directory, on a disk that all nodes see.")],
    script: Annotated[
        Path | None, typer.Option(help="File to write.", show_default=f"DIR/{SCRIPT}")
    ] = None,
    replications: Annotated[
        int | None, typer.Option(help="Random worlds.", show_default="as the experiment says")
    ] = None,
    minutes: Annotated[
        float, typer.Option(min=1, max=100_000, help="How long a task should last.")
    ] = 30,
    tasks: Annotated[
        int | None,
        typer.Option(min=1, help="Tasks of the array.", show_default="measured, from --minutes"),
    ] = None,
    cpus: Annotated[
        int, typer.Option(min=1, help="Processors, and worker processes, of each task.")
    ] = 1,
    memory: Annotated[
        str | None,
        typer.Option(metavar="SIZE", help="Memory of a task, as 4G.", show_default="estimated"),
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Wall time of a task, as 01:30:00.",
            show_default="three times --minutes",
        ),
    ] = None,
    partition: Annotated[
        str | None, typer.Option(metavar="NAME", help="Where tasks run.", show_default="the site's")
    ] = None,
    account: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who pays.", show_default="the site's")
    ] = None,
    max_array: Annotated[int, typer.Option(min=1, help="The site's MaxArraySize.")] = 1001,
    at_once: Annotated[
        int | None,
        typer.Option(min=1, help="Most tasks that run at a time.", show_default="no limit"),
    ] = None,
    sbatch: Annotated[
        list[str] | None,
        typer.Option(metavar="OPTION", help="Another option of sbatch's; may be repeated."),
    ] = None,
    before: Annotated[
        list[str] | None,
        typer.Option(metavar="LINE", help="A line of shell to run first; may be repeated."),
    ] = None,
    batch: Batch = "auto",
    kernel: Kernel = "auto",
) -> None:
    """Write a script that runs an experiment on a Slurm cluster, as an array of jobs.

    The run directory is prepared, and some lanes are run for up to fifteen seconds to tell how
    many tasks there should be. Nothing is submitted.
    """
    from experiments.execution import (
        LOGS,
        ArrayJob,
        Site,
        Task,
        divide,
        sbatch_script,
        this_command,
        wall_time_for,
    )
    from experiments.planning import choose_kernel, read_batch, refuse_other_batch
    from experiments.store import (
        NAME,
        make_folder,
        open_for_writing,
        read_manifest,
        target,
        write_text,
    )

    task = Task(cpus, memory, time or wall_time_for(minutes))
    site = Site(
        partition=partition,
        account=account,
        largest=max_array,
        at_once=at_once,
        options=tuple(sbatch or ()),
        before=tuple(before or ()),
    )
    what, plan = _read(experiment, replications)
    named = script or out / SCRIPT
    path = target("--script", named.absolute(), run=out, inputs=_files(what))
    job = ArrayJob(
        experiment=_name(what),
        folder=out.absolute(),
        script=path,
        tasks=1,
        task=task,
        site=site,
        command=this_command(),
        where=Path.cwd(),
    )
    most = read_batch(batch)
    fixed = read_manifest(job.folder).block if (job.folder / NAME).exists() else None
    if fixed is not None:
        refuse_other_batch(most, fixed, job.folder)
    division = divide(
        plan,
        choose_kernel(kernel),
        cpus=cpus,
        minutes=minutes,
        tasks=tasks,
        batch=most,
        block=fixed,
    )
    _long_enough(task, division)
    with open_for_writing(job.folder, plan, block=division.block):
        pass
    make_folder(job.folder / LOGS)
    job = replace(
        job,
        tasks=division.tasks,
        task=replace(task, memory=memory or f"{division.megabytes}M"),
        extra=(
            *(() if replications is None else ("--replications", str(replications))),
            *("--batch", str(division.block)),
            *(() if kernel == "auto" else ("--kernel", kernel)),
        ),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, sbatch_script(job))
    _tell(job, division)
    if what.spec.stop is not None:
        _tell_of_stop(job)


def _read(experiment: str, replications: int | None) -> tuple[LoadedExperiment, Plan]:
    from experiments.designs import load_experiment

    what = load_experiment(experiment)
    return what, what.plan(replications)


def _name(what: LoadedExperiment) -> str:
    """Return what names an experiment from any folder: its name in the catalogue, or its path."""
    from experiments.designs import CATALOGUE

    path = what.path.absolute()
    return what.name if path.is_relative_to(CATALOGUE) else str(path)


def _files(what: LoadedExperiment) -> list[Path]:
    """Return the files that an experiment was read from."""
    return [what.path, what.scenario.path, *(policy.path for policy in what.policies)]


def _long_enough(task: Task, division: Division) -> None:
    from experiments.execution import MARGIN_S, wall_time_s
    from experiments.terminal import readable_seconds

    least = CHUNKS_IN_TIME * division.chunk_s + 3 * MARGIN_S
    if wall_time_s(task.time) < least:
        raise UserError(
            f"--time {task.time}",
            f"a chunk of {division.block:,} lanes takes about {readable_seconds(division.chunk_s)}"
            f" here, and a task needs time for {CHUNKS_IN_TIME}",
            f"give at least {math.ceil(least / 60)} minutes, or fewer lanes with --batch",
        )


def _tell(job: ArrayJob, division: Division) -> None:
    from experiments.execution import commands
    from experiments.terminal import readable_seconds, say

    tasks = f"{job.tasks:,} task{'s' * (job.tasks > 1)}"
    processors = f"{division.cpus} processor{'s' * (division.cpus > 1)}"
    say(
        f"{division.lanes:,} lanes, about {division.lane_s:.2g} s each here: {tasks} of about"
        f" {readable_seconds(division.task_s)} with {processors} and"
        f" {job.task.memory} of memory, in chunks of {division.block:,} lanes"
        f" ({readable_seconds(division.chunk_s)})"
    )
    echo(f"Script: {job.script}")
    for line in commands(job):
        echo(f"Submit: {line}")
    echo(f"How far: {command('status', job.folder)}")


def _tell_of_stop(job: ArrayJob) -> None:
    from experiments.terminal import say

    say(
        "How many worlds the experiment's `stop` takes is known from all lanes together. When the"
        " tasks are done, this adds them:"
    )
    echo(command("sweep", job.experiment, "--out", job.folder))

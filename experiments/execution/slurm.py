"""The script that runs an experiment on a Slurm cluster, as an array of jobs.

Each task of the array runs one share of the experiment and knows nothing of the others. The script
can be submitted again at any time: what is finished is not run again.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from experiments.errors import UserError, shell_line

USUAL_LARGEST: Final = 1001
"""Slurm's own default of MaxArraySize; the highest index of an array is one less."""

MARGIN_S: Final = 60
"""Seconds before the end of the wall time at which a task is told to stop. Slurm may be early by a
minute; a task needs some seconds."""

SHORTEST_S: Final = 4 * MARGIN_S
"""Least wall time: Slurm counts in minutes, and the margin must not be most of it."""

LOGS: Final = "logs"
"""Folder of the logs in the run directory; Slurm does not make it."""

SINGLE_THREADED: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)
"""A worker process is one thread; these keep libraries from starting one for each processor."""

OWN: Final = {
    "--array": "--tasks, --minutes and --max-array",
    "-a": "--tasks, --minutes and --max-array",
    "--cpus-per-task": "--cpus",
    "-c": "--cpus",
    "--mem": "--memory",
    "--mem-per-cpu": "--memory",
    "--time": "--time",
    "-t": "--time",
    "--partition": "--partition",
    "-p": "--partition",
    "--account": "--account",
    "-A": "--account",
    "--nodes": "--tasks: a task is one process with its workers, on one node",
    "-N": "--tasks: a task is one process with its workers, on one node",
    "--ntasks": "--tasks: a task is one process with its workers, on one node",
    "-n": "--tasks: a task is one process with its workers, on one node",
    "--signal": "--time: a task is told to stop in time",
}
"""Options of sbatch's that the script sets itself, and what sets them."""

_END: Final = """\
# Older versions of Slurm do not tell a task when its time ends.
if [[ -z ${SLURM_JOB_END_TIME:-} ]]; then
    this="${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
    end=$(SLURM_TIME_FORMAT=standard squeue --noheader --job="$this" --format=%e) &&
        SLURM_JOB_END_TIME=$(date --date="$end" +%s) && export SLURM_JOB_END_TIME || true
fi"""

_MEMORY = re.compile(r"[1-9]\d{0,9}[KMGT]?", re.ASCII | re.IGNORECASE)
_NAME = re.compile(r"[\w.,@+-]+", re.ASCII)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
_TIME = re.compile(
    r"(?:(?P<days>\d{1,4})-(?P<dh>\d{1,2})(?::(?P<dm>\d{1,2})(?::(?P<ds>\d{1,2}))?)?"
    r"|(?P<h>\d{1,4}):(?P<hm>\d{1,2}):(?P<hs>\d{1,2})"
    r"|(?P<m>\d{1,6})(?::(?P<ms>\d{1,2}))?)",
    re.ASCII,
)


@dataclass(frozen=True)
class Task:
    """What each task of the array may use.

    Attributes
    ----------
    cpus
        Processors, and worker processes.
    memory
        As Slurm writes it: megabytes, or with one of the letters K, M, G, T. None leaves it to the
        site's default.
    time
        Wall time, as Slurm writes it.
    """

    cpus: int
    memory: str | None
    time: str

    def __post_init__(self) -> None:
        if self.memory is not None and not _MEMORY.fullmatch(self.memory):
            raise UserError(
                f"--memory {self.memory}",
                "must be a whole number of megabytes, or one with a letter K, M, G or T",
                "write for example 4G",
            )
        seconds = wall_time_s(self.time)
        if seconds < SHORTEST_S:
            raise UserError(
                f"--time {self.time}",
                f"must be at least {SHORTEST_S // 60} minutes: Slurm counts in minutes, and a task "
                f"is told to stop {MARGIN_S} to {2 * MARGIN_S} s before the end",
                "give more time, and --minutes a third of it",
            )


@dataclass(frozen=True)
class Site:
    """What differs from one cluster to another.

    Attributes
    ----------
    partition, account
        None leaves it to the site's default.
    largest
        The site's MaxArraySize.
    at_once
        Most tasks that run at a time; None for as many as the site allows.
    options
        More options of sbatch's, such as ``--qos=short``.
    before
        Lines of shell to run first, such as ``module load python``.
    """

    partition: str | None = None
    account: str | None = None
    largest: int = USUAL_LARGEST
    at_once: int | None = None
    options: tuple[str, ...] = ()
    before: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for option, name in (("--partition", self.partition), ("--account", self.account)):
            if name is not None and not _NAME.fullmatch(name):
                raise UserError(
                    f"{option} {name!r}",
                    "must be a name: letters, digits and . , @ + - _",
                    "`sinfo` lists partitions, `sacctmgr show associations` your accounts",
                )
        for option in self.options:
            _check_option(option)
        for line in self.before:
            _check_line("--before", line)


@dataclass(frozen=True)
class ArrayJob:
    """An experiment as an array of N tasks.

    Attributes
    ----------
    experiment
        Name in the catalogue, or absolute path of the file.
    folder
        Run directory, absolute.
    script
        File of the script, absolute.
    tasks
        N.
    where
        Folder to run in, absolute.
    command
        Program that runs `fivesteps`, and its first arguments.
    extra
        Further arguments of `fivesteps sweep`.
    """

    experiment: str
    folder: Path
    script: Path
    tasks: int
    task: Task
    site: Site
    where: Path
    command: tuple[str, ...]
    extra: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_line("EXPERIMENT", self.experiment)
        _check_line("--script", str(self.script))
        for part in self.command:
            _check_line("the path of this program", part)
        for what, path in (("--out", self.folder), ("the working folder", self.where)):
            _check_line(what, str(path))
            if re.search(r"[\"'\\]", str(path)):
                raise UserError(
                    f"{what} {path}",
                    "a path in an option of sbatch's holds no quotation marks and no backslashes",
                    "choose another folder",
                )


class Submission(NamedTuple):
    """One array: so many tasks, the first of which is number `offset` of all."""

    offset: int
    tasks: int


def this_command() -> tuple[str, ...]:
    """Return how to run `fivesteps` with the Python, and the environment, that runs now."""
    beside = Path(sys.executable).with_name("fivesteps")
    if beside.is_file():
        return (str(beside),)
    return (sys.executable, "-P", "-m", "experiments.cli")


def wall_time_for(minutes: float) -> str:
    """Return a wall time for tasks that should last so many minutes: three times that, or more."""
    whole = max(10, math.ceil(3 * minutes))
    days, rest = divmod(whole, 24 * 60)
    clock = f"{rest // 60:02d}:{rest % 60:02d}:00"
    return f"{days}-{clock}" if days else clock


def wall_time_s(text: str) -> int:
    """Return the seconds of a wall time as Slurm writes it.

    Raises
    ------
    UserError
        If it is not one.
    """
    found = _TIME.fullmatch(text)
    if found is None:
        raise UserError(
            f"--time {text}",
            "must be a time as Slurm writes it: minutes, hours:minutes:seconds or "
            "days-hours:minutes:seconds",
            "write for example 01:30:00",
        )
    part = {name: int(value or 0) for name, value in found.groupdict().items()}
    hours = part["days"] * 24 + part["dh"] + part["h"]
    minutes = part["dm"] + part["hm"] + part["m"]
    return hours * 3600 + minutes * 60 + part["ds"] + part["hs"] + part["ms"]


def submissions(job: ArrayJob) -> Iterator[Submission]:
    """Yield the arrays that together are all tasks; more than one where the site allows few."""
    for offset in range(0, job.tasks, job.site.largest):
        yield Submission(offset, min(job.site.largest, job.tasks - offset))


def commands(job: ArrayJob) -> list[str]:
    """Return what submits the script, a line for each array."""
    lines = []
    for further, (offset, tasks) in enumerate(submissions(job)):
        array = [f"--array={_array(job.site, tasks)}"] if further else []
        number = [str(offset)] if further else []
        lines.append(shell_line("sbatch", *array, job.script, *number))
    return lines


def sbatch_script(job: ArrayJob) -> str:
    """Return the text of the script."""
    return "\n".join((*_head(job), *_directives(job), "", *_body(job), ""))


def _head(job: ArrayJob) -> Iterator[str]:
    yield "#!/bin/bash"
    yield f"# Runs the experiment {job.experiment} in {job.tasks:,} tasks; submit it with"
    yield "#"
    yield from (f"#   {command}" for command in commands(job))
    yield "#"
    yield "# Submit it again after whatever went wrong: what is finished is not run again."
    yield f"# How far it is: {shell_line(*job.command, 'status', job.folder)}"
    yield "#"


def _directives(job: ArrayJob) -> Iterator[str]:
    first = next(submissions(job))
    log = str(job.folder / LOGS).replace("%", "%%") + "/%A_%a.log"
    options = {
        "job-name": re.sub(r"[^\w.-]", "-", Path(job.experiment).stem, flags=re.ASCII),
        "array": _array(job.site, first.tasks),
        "nodes": "1",
        "ntasks": "1",
        "cpus-per-task": str(job.task.cpus),
        "mem": job.task.memory,
        "time": job.task.time,
        "partition": job.site.partition,
        "account": job.site.account,
        "signal": f"B:TERM@{MARGIN_S}",
        "chdir": _quoted(str(job.where)),
        "output": _quoted(log),
        "open-mode": "append",
    }
    for name, value in options.items():
        if value is not None:
            yield f"#SBATCH --{name}={value}"
    yield "#SBATCH --requeue"
    yield from (f"#SBATCH {option}" for option in job.site.options)


def _body(job: ArrayJob) -> Iterator[str]:
    if job.site.before:
        yield "set -eo pipefail"
        yield from job.site.before
        yield "set -u"
    else:
        yield "set -euo pipefail"
    yield ""
    yield f"export {' '.join(f'{name}=1' for name in SINGLE_THREADED)}"
    yield ""
    yield "# The argument of the script is the number of this array's first task."
    yield "task=$((${SLURM_ARRAY_TASK_ID:?submit this script with sbatch} + ${1:-0}))"
    yield f"if ((task >= {job.tasks})); then"
    yield f'    echo "nothing to do: task $task of {job.tasks}, counted from 0"'
    yield "    exit 0"
    yield "fi"
    yield ""
    yield from _END.splitlines()
    yield ""
    yield "# exec: the signal before the end of the wall time goes to this very process."
    sweep = shell_line(*job.command, "sweep", job.experiment, "--out", job.folder)
    extra = f" {shell_line(*job.extra)}" if job.extra else ""
    yield f"exec {sweep} \\"
    yield f'    --shard "$task/{job.tasks}" --workers {job.task.cpus}{extra}'


def _quoted(path: str) -> str:
    return f'"{path}"' if re.search(r"[^\w./%=,:+@-]", path) else path


def _array(site: Site, tasks: int) -> str:
    limit = f"%{site.at_once}" if site.at_once else ""
    return f"0-{tasks - 1}{limit}"


def _check_option(option: str) -> None:
    _check_line("--sbatch", option)
    name = re.split(r"[=\s]", option, maxsplit=1)[0]
    short = name[:2] if not name.startswith("--") else name
    if not name.startswith("-"):
        raise UserError(
            f"--sbatch {option!r}", "must be an option of sbatch's", "write for example --qos=short"
        )
    if name in OWN or short in OWN:
        raise UserError(
            f"--sbatch {option!r}", "is set by the script", f"use {OWN.get(name, OWN.get(short))}"
        )


def _check_line(option: str, text: str) -> None:
    if not text or _UNPRINTABLE.search(text):
        raise UserError(
            f"{option} {text!r}",
            "must be one line of UTF-8, without control characters",
            "leave them out; give several lines as several options",
        )

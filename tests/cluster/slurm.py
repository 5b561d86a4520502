"""A private Slurm of one machine: controller and nodes are processes of this user, on loopback."""

from __future__ import annotations

import os
import secrets
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.cluster import keeper
from tests.cluster.packages import found

LOOPBACK: Final = "127.0.0.1"
ENDED: Final = frozenset({"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL"})
"""States that a task does not leave by itself."""

SILENCE_S: Final = 5
"""A node that the controller has not heard from for so long is down."""

MOST_TASKS: Final = 2
"""Largest array of jobs, as on a site that allows few."""

# Control groups are not used (linuxproc, task/none): a container may not let us make them.
# config_overrides: a node has as many processors and as much memory as is written here.
CONFIGURATION: Final = """\
ClusterName=private
SlurmctldHost={host}({loopback})
SlurmctldPort={port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
MailProg=/bin/true
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerType=sched/backfill
SchedulerParameters=sched_min_interval=100000,batch_sched_delay=0,bf_interval=1
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=2
MinJobAge=3600
SlurmctldTimeout=30
SlurmdTimeout={silence}
MessageTimeout=3
MaxArraySize={array}
DefMemPerCPU=100
PartitionName=debug Nodes=ALL Default=YES MaxTime=04:00:00 State=UP
"""
NODE: Final = "NodeName={name} NodeHostname={host} NodeAddr={loopback} Port={port} {size}\n"


def wait_until(
    reached: Callable[[], object], timeout_s: float = 30, report: Callable[[], str] = str
) -> None:
    """Wait for something; fail with a report."""
    end = time.monotonic() + timeout_s
    while not reached():
        if time.monotonic() > end:
            raise SlurmError(f"not reached in {timeout_s} s\n{report()}")
        time.sleep(0.05)


class SlurmError(AssertionError):
    """The private Slurm did not do what a test relies on."""


@dataclass(frozen=True)
class Slurm:
    """A private Slurm.

    Attributes
    ----------
    folder
        Its configuration, state and logs.
    nodes
        Names of its nodes.
    """

    folder: Path
    nodes: tuple[str, ...]
    _running: dict[str, subprocess.Popen[str]] = field(default_factory=dict)

    @property
    def environment(self) -> Mapping[str, str]:
        """What makes Slurm's commands talk to this Slurm and no other."""
        return {"SLURM_CONF": str(self.folder / "slurm.conf")}

    def run(self, *arguments: str | Path, timeout_s: float = 30) -> str:
        """Run a command of Slurm's and return what it printed."""
        done = subprocess.run(
            [str(argument) for argument in arguments],
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        if done.returncode:
            raise SlurmError(f"{arguments}: exit {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def submit(self, *arguments: str | Path) -> int:
        """Submit a script; return the number of the job."""
        return int(self.run("sbatch", "--parsable", *arguments).split(";")[0])

    def submit_line(self, line: str) -> int:
        """Submit as a user would who copies a line such as ``sbatch FILE``."""
        program, *arguments = shlex.split(line)
        assert program == "sbatch"
        return self.submit(*arguments)

    def states(self, job: int) -> dict[int, str]:
        """Return the state of each task of an array, by its index."""
        shown = self.run(
            "squeue", "--noheader", "--array", "--states=all", f"--jobs={job}", "--format=%K %T"
        )
        return {int(line.split()[0]): line.split()[1] for line in shown.splitlines()}

    def wait(self, job: int, timeout_s: float = 60) -> dict[int, str]:
        """Wait until every task of an array has ended; return how."""
        self.until(lambda: set(self.states(job).values()) <= ENDED, timeout_s)
        return self.states(job)

    def task(self, job: int, task: int) -> dict[str, str]:
        """Return what Slurm says of a task: ``JobState``, ``Restarts``, ``NodeList`` and more."""
        shown = self.run("scontrol", "show", "job", "--oneliner", f"{job}_{task}")
        return dict(word.partition("=")[::2] for word in shown.split())

    def ends_in(self, job: int, task: int, seconds: int) -> None:
        """Let the wall time of a task that runs end in so many seconds."""
        self.run("scontrol", "update", f"JobId={job}_{task}", f"EndTime=now+{seconds}")

    def processes(self, node: str) -> set[int]:
        """Return the processes of a node: its daemon, and the jobs there."""
        return keeper.descendants(self._running[node].pid)

    def controller(self) -> int:
        """Return the process of the controller."""
        return min(keeper.descendants(self._running["slurmctld"].pid))

    def until(self, reached: Callable[[], object], timeout_s: float = 30) -> None:
        """Wait for something; fail with the ends of the logs."""
        wait_until(reached, timeout_s, self.report)

    def report(self) -> str:
        """Return what is queued, and the ends of the logs."""
        try:
            queue = self.run("squeue", "--states=all", "--array", "--format=%i %T %r %N")
        except SlurmError as error:
            queue = f"{error}\n"
        logs = sorted((self.folder / "log").iterdir())
        ends = {log.name: log.read_text(errors="replace").splitlines()[-12:] for log in logs}
        lines = (line for name, end in ends.items() for line in (f"--- {name}", *end))
        return queue + "\n".join(lines)

    def start(self) -> None:
        """Start what authenticates and what controls, then the nodes."""
        munge = self.folder / "munge.socket"
        self._keep(
            "munged",
            "--foreground",
            f"--socket={munge}",
            *(f"--{it}-file={self.folder / 'munge'}.{it}" for it in ("key", "pid", "log", "seed")),
            remove=True,
        )
        self.until(munge.exists)
        self._keep("slurmctld", "-D", "-i")
        for node in self.nodes:
            self.start_node(node)
        self.until(self.idle)

    def runs(self, node: str) -> bool:
        """Whether a node was started and not killed."""
        return node in self._running

    def start_node(self, node: str) -> None:
        """Start a node."""
        self._keep("slurmd", "-D", "-N", node, name=node)

    def kill_node(self, node: str) -> None:
        """Kill a node's daemon and all that it runs with SIGKILL, as a loss of power would."""
        self._end(node)

    def idle(self) -> bool:
        """Whether every node waits for work."""
        shown = self.run("sinfo", "--noheader", "--Node", "--format=%N %T")
        return sorted(shown.splitlines()) == [f"{node} idle" for node in self.nodes]

    def stop(self) -> None:
        """Kill all that runs, and remove the folder."""
        for name in reversed(list(self._running)):
            self._end(name)

    def _keep(
        self, program: str, *arguments: str, name: str | None = None, remove: bool = False
    ) -> None:
        name = name or program
        removing = ["--remove", str(self.folder)] if remove else []
        with (self.folder / "log" / name).open("ab") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, keeper.__file__, *removing, found(program) or program, *arguments],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                text=True,
                env=os.environ | self.environment,
                start_new_session=True,  # Ctrl-C is for the tests
            )

    def _end(self, name: str) -> None:
        with self._running.pop(name) as process:
            assert process.stdin is not None
            process.stdin.close()
            if process.wait(2 * keeper.PATIENCE_S):
                raise SlurmError(f"{name} cannot be killed\n{self.report()}")


@contextmanager
def private_slurm(nodes: int = 2, cpus: int = 2, memory_mb: int = 4000) -> Iterator[Slurm]:
    """Give a private Slurm whose nodes are idle.

    Parameters
    ----------
    cpus, memory_mb
        What each node has, whatever the machine has.
    """
    folder = Path(tempfile.mkdtemp(prefix="slurm-"))  # short, as the path of a socket has to be
    slurm = Slurm(folder, tuple(f"node{number}" for number in range(nodes)))
    _configure(slurm, f"CPUs={cpus} RealMemory={memory_mb}")
    try:
        slurm.start()
        yield slurm
    finally:
        slurm.stop()


def _configure(slurm: Slurm, size: str) -> None:
    for name in ("log", "state", "spool"):
        (slurm.folder / name).mkdir()
    slurm.folder.chmod(0o755)  # munged insists that others may look into the folder of its socket
    key = slurm.folder / "munge.key"
    key.touch(mode=0o600)
    key.write_bytes(secrets.token_bytes(128))
    host = socket.gethostname().partition(".")[0]
    port, *ports = _free_ports(1 + len(slurm.nodes))
    text = CONFIGURATION.format(
        host=host, loopback=LOOPBACK, port=port, folder=slurm.folder, silence=SILENCE_S,
        array=MOST_TASKS,
    )  # fmt: skip
    for name, its_port in zip(slurm.nodes, ports, strict=True):
        text += NODE.format(name=name, host=host, loopback=LOOPBACK, port=its_port, size=size)
    (slurm.folder / "slurm.conf").write_text(text, encoding="ascii")


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server((LOOPBACK, 0))) for _ in range(count)]
        return [int(it.getsockname()[1]) for it in sockets]

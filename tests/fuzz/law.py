"""The law that commands are held to, and running a command under it.

A command ends with exit code 0 and says nothing on standard error, or with 2 and a message that
names a file, a line of it where there is one, the rule and the remedy. It ends soon, takes little
memory, and writes nothing but what is under ``--out`` (and code, where code is kept).
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from experiments.cli import main
from sim.kernel.compiled.jit import kept_in

MOST_BYTES = 3_000_000_000
"""Memory that a command may take beyond what the process holds already."""

WITHOUT_LINE = (
    "there is no such file",
    "a declaration is a file; this is a folder",
    "a declaration is a regular file",
    "a declaration is a text file; this one is binary",
    "the file must be readable",
    "a file has at most",
)
"""Rules that a file breaks as a whole."""

NO_TEXT = "paths and names are UTF-8"
"""Rule of an argument that no file can be named by in a message."""

WITHOUT_FILE = ("lanes together in each of",)
"""Beginnings of messages about the work to do, which is of no file."""

_HEAD = re.compile(r"fivesteps: (?P<place>.+?)(?P<line>:\d+)?(: |$)")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = frozenset(
    f"os.{name}"
    for name in ("chmod", "chown", "link", "mkdir", "remove", "rename", "rmdir", "symlink")
) | {"os.truncate", "os.utime", "shutil.move", "shutil.rmtree"}
_PATHS = {
    "os.link": slice(2),
    "os.rename": slice(2),
    "os.symlink": slice(1, 2),
    "shutil.move": slice(2),
}
"""Which arguments of an event are paths that change; of others it is the first."""

_MACHINE_CODE = [folder for folder in [kept_in()] if folder is not None]
"""Where the compiled kernel is kept, as byte code is in ``__pycache__``."""

_PROGRESS = re.compile(r"[0-9,]+ lanes: ")
"""How a line begins that tells how far a run is."""

_OUTWARD = frozenset({"os.exec", "os.posix_spawn", "os.system", "socket.connect"})


class HangError(BaseException):
    """A command did not end in its time; not an `Exception`, so that nothing catches it."""


class LongRunError(BaseException):
    """A command is still simulating, tick by tick, when its time is up: allowed."""


@dataclass
class Ending:
    """How a command ended."""

    code: int
    out: str
    err: str
    trouble: list[str] = field(default_factory=list)
    """What the law forbids, as seen while it ran."""


# What it writes ------------------------------------------------------------------------------


class _Watch:
    """Notes what this process writes outside a folder; an audit hook cannot be taken away."""

    def __init__(self) -> None:
        self.allowed: Path | None = None
        self.active = False
        self.found: list[str] = []

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.active:
            return
        if event == "open":
            path, _, flags = arguments
            if isinstance(flags, int) and flags & _WRITING:
                self._note(event, path)
        elif event in _CHANGES:
            for path in arguments[_PATHS.get(event, slice(1))]:
                self._note(event, path)
        elif event in _OUTWARD:
            self.found.append(f"{event} {arguments}")

    def _note(self, event: str, path: object) -> None:
        if not isinstance(path, str | bytes | os.PathLike):
            return
        real = Path(os.path.realpath(os.fsdecode(path)))
        inside = self.allowed is not None and real.is_relative_to(self.allowed)
        code = "__pycache__" in real.parts or any(map(real.is_relative_to, _MACHINE_CODE))
        if not inside and not code and real != Path(os.devnull):
            self.found.append(f"{event} {real}")


_watch: list[_Watch] = []


@contextlib.contextmanager
def watched(allowed: Path | None) -> Iterator[list[str]]:
    """Give a list of what is written outside `allowed` meanwhile."""
    if not _watch:
        _watch.append(_Watch())
        sys.addaudithook(_watch[0])
    watch = _watch[0]
    watch.allowed = None if allowed is None else Path(os.path.realpath(allowed))
    watch.found = []
    watch.active = True
    try:
        yield watch.found
    finally:
        watch.active = False


def tree(folder: Path, *, but: Path | None = None) -> dict[str, object]:
    """What stands in a folder: kind, size and time of change of everything, by path."""
    found: dict[str, object] = {}
    for here, names, files in os.walk(folder):
        for name in (*names, *files):
            path = Path(here, name)
            if but is None or not path.is_relative_to(but):
                state = path.lstat()
                size = None if name in names else (state.st_size, state.st_mtime_ns)
                found[str(path)] = state.st_mode, size
    return found


# What it takes -------------------------------------------------------------------------------


class _Alarm:
    """Raises when the time is up, or later where a run is under way and goes on."""

    STUCK_S = 10

    def __init__(self) -> None:
        self._ticks: list[int] = []

    def __call__(self, _signal: int, frame: FrameType | None) -> None:
        tick = _tick(frame)
        if tick is None:
            raise HangError
        self._ticks.append(tick)
        if self._ticks[-1] > self._ticks[0]:
            raise LongRunError
        if len(self._ticks) > self.STUCK_S:
            raise HangError


def _tick(frame: FrameType | None) -> int | None:
    """The tick that the engine is at, if the frame is of a run."""
    while frame is not None:
        if frame.f_code.co_name == "advance" and frame.f_globals["__name__"] == "sim.seam.port":
            tick: int = frame.f_locals.get("tick", 0)
            return tick
        frame = frame.f_back
    return None


@contextlib.contextmanager
def limited(seconds: float, patience: float, most_bytes: int = MOST_BYTES) -> Iterator[None]:
    """Limit time and memory of what runs in this process meanwhile.

    Parameters
    ----------
    seconds
        Of the processor, which a machine that is busy with other things gives later.
    patience
        Seconds of the clock, for what waits and takes no processor.
    """
    held = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    alarm = _Alarm()
    timers = ((signal.ITIMER_PROF, signal.SIGPROF), (signal.ITIMER_REAL, signal.SIGALRM))
    handlers = [signal.signal(number, alarm) for _, number in timers]
    resource.setrlimit(resource.RLIMIT_AS, (held + most_bytes, before[1]))
    signal.setitimer(signal.ITIMER_PROF, seconds, 1)
    signal.setitimer(signal.ITIMER_REAL, patience, 1)
    try:
        yield
    finally:
        for (timer, number), handler in zip(timers, handlers, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)
        resource.setrlimit(resource.RLIMIT_AS, before)


# Running -------------------------------------------------------------------------------------


def run(
    arguments: Sequence[str],
    *,
    root: Path,
    out: Path | None = None,
    seconds: float = 20,
    patience: float = 300,
    entry: Callable[[Sequence[str]], None] = main,
) -> Ending:
    """Run a command in an empty folder under `root`; watch what it writes and takes.

    Parameters
    ----------
    root
        Folder whose content must stay as it is, but for `out` in it.
    """
    cwd = root / "empty" / "working" / "folder"
    cwd.mkdir(parents=True, exist_ok=True)
    before = tree(root, but=out)
    ending = Ending(0, "", "")
    stdout, stderr = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stderr),
        watched(out) as writes,
    ):
        try:
            with limited(seconds, patience):
                entry(list(arguments))
        except SystemExit as end:
            ending.code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        except LongRunError:
            pass
        except HangError:
            ending.trouble.append("not ended in time\n" + f"{traceback.format_exc(-6)}")
        except BaseException:  # noqa: BLE001 - whatever it is, the user would see a traceback
            ending.trouble.append(traceback.format_exc(-12))
    ending.out, ending.err = stdout.getvalue(), stderr.getvalue()
    ending.trouble += [f"wrote outside --out: {what}" for what in writes]
    ending.trouble += _changes(before, tree(root, but=out))
    return ending


def _changes(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    changed = sorted(path for path in before.keys() | after if before.get(path) != after.get(path))
    return [f"changed outside --out: {path}" for path in changed]


def breaches(ending: Ending, files: Path) -> list[str]:
    """What a command's ending has against the law; `files` holds the files it was given."""
    found = list(ending.trouble)
    if "Traceback" in ending.err:
        found.append("a traceback on standard error")
    if ending.code == 0:
        if any(_PROGRESS.match(line) is None for line in ending.err.splitlines()):
            found.append("something on standard error in spite of success")
    elif ending.code == 2:
        found += _faults(ending.err, files)
    else:
        found.append(f"exit code {ending.code}")
    return found


def _faults(err: str, files: Path) -> list[str]:
    """What is missing in a message."""
    lines = err.splitlines()
    found = [
        f"no {part}"
        for part in ("rule", "remedy")
        if not any(re.match(rf"  {part}: +\S", line) for line in lines)
    ]
    head = _HEAD.match(lines[0] if lines else "")
    if head is None:
        return [*found, "no place"]
    if any(text in lines[0] for text in WITHOUT_FILE):
        return found
    rule = next((line.removeprefix("  rule:   ") for line in lines if "  rule:   " in line), "")
    if rule.startswith(NO_TEXT):
        return found
    if not head["place"].startswith(str(files)):
        found.append("no file")
    elif head["line"] is None and not rule.startswith(WITHOUT_LINE):
        found.append("no line")
    elif head["line"] is not None and Path(head["place"]).exists():
        number, text = int(head["line"][1:]), Path(head["place"]).read_bytes()
        if not 1 <= number <= len(text.decode("utf-8-sig", "replace").splitlines()) + 1:
            found.append("a line that is not there")
    return found

"""What this process may use of the machine: processors and memory.

A machine has many, and a process is often given fewer: by a batch system, a container, a limit of
its own. What holds is the least of them.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

CGROUPS: Final = Path("/sys/fs/cgroup")
OWN_CGROUPS: Final = Path("/proc/self/cgroup")

DIGITS: Final = 18
"""Digits of the longest number that Slurm may tell."""


def cpu_count() -> int:
    """Return how many processors this process may use; at least one."""
    given = (_cpus_of_machine(), _cpus_of_job(), _cpus_of_cgroup())
    return max(1, min(count for count in given if count is not None))


def available_bytes() -> int | None:
    """Return the memory that is free for this process, or None where that cannot be told."""
    free = (_free_of_machine(), _free_of_cgroup(), _free_of_limit(), _free_of_job())
    return min((bytes_ for bytes_ in free if bytes_ is not None), default=None)


def _cpus_of_machine() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpus_of_job() -> int | None:
    """Return the processors of a job of Slurm's, which hold also where nothing enforces them."""
    return _told("SLURM_CPUS_PER_TASK") or _told("SLURM_CPUS_ON_NODE")


def _cpus_of_cgroup() -> int | None:
    """Return what the quotas of the control groups come to, in whole processors."""
    found = [*_quotas_of_version_2(), *_quotas_of_version_1()]
    return min((math.ceil(quota) for quota in found), default=None)


def _quotas_of_version_2() -> Iterator[float]:
    for group in _groups(""):
        try:
            quota, period = (group / "cpu.max").read_text(encoding="ascii").split()
            yield int(quota) / int(period)
        except (OSError, ValueError, ZeroDivisionError):  # also `max`: there is none
            continue


def _quotas_of_version_1() -> Iterator[float]:
    for group in _groups("cpu"):
        try:
            quota = _number(group / "cpu.cfs_quota_us") / _number(group / "cpu.cfs_period_us")
        except (OSError, ValueError, ZeroDivisionError):
            continue
        if quota > 0:  # -1 is none
            yield quota


def _free_of_machine() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def _free_of_limit() -> int | None:
    """Return what the limit of this process (``ulimit -v``) leaves free."""
    try:
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit == resource.RLIM_INFINITY:
            return None
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        return max(0, limit - pages * resource.getpagesize())
    except (ImportError, OSError, ValueError):
        return None


def _free_of_job() -> int | None:
    """Return what a job of Slurm's leaves free, which holds also where nothing enforces it."""
    each, cpus = _told("SLURM_MEM_PER_CPU"), _told("SLURM_CPUS_ON_NODE")
    if "SLURM_MEM_PER_NODE" in os.environ:
        megabytes = _told("SLURM_MEM_PER_NODE")
    else:
        megabytes = each * cpus if each and cpus else None
    if megabytes is None:
        return None
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return max(0, (megabytes << 20) - pages * os.sysconf("SC_PAGE_SIZE"))
    except (OSError, ValueError):
        return None


def _told(variable: str) -> int | None:
    """Return a number that Slurm tells; None if it tells none, or 0, which is all of a node."""
    text = os.environ.get(variable, "")
    if text.isascii() and text.isdigit() and len(text) <= DIGITS:
        return int(text) or None
    return None


def _free_of_cgroup() -> int | None:
    """Return what the control groups of this process (a container, a batch job) leave free."""
    names = ("memory.max", "memory.current", "inactive_file")
    before = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
    found = [_left(group, *names) for group in _groups("")]
    found += [_left(group, *before) for group in _groups("memory")]
    return min((left for left in found if left is not None), default=None)


def _left(group: Path, limit: str, used: str, cached: str) -> int | None:
    """Return what one group leaves free; None if it has no limit, or is not there."""
    try:
        statistics = (group / "memory.stat").read_text(encoding="ascii").split()
        reclaimed = int(statistics[statistics.index(cached) + 1])
        return max(0, _number(group / limit) - _number(group / used) + reclaimed)
    except (OSError, ValueError, IndexError):
        return None


def _number(path: Path) -> int:
    return int(path.read_text(encoding="ascii"))


def _groups(controller: str) -> Iterator[Path]:
    """Yield the folders of the control groups of this process, from its own to the outermost.

    In a container the own one may have the name that it has outside, and not be there; what is
    left of the path is what the container sees.

    Parameters
    ----------
    controller
        Of version 1; empty for version 2, which has one tree for all.
    """
    try:
        lines = OWN_CGROUPS.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return
    for line in lines:
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if controller not in controllers.split(","):
            continue
        for root in (CGROUPS / controller, *([CGROUPS / "unified"] if not controller else [])):
            folder = root / path.lstrip("/")
            yield from (one for one in (folder, *folder.parents) if one.is_relative_to(root))

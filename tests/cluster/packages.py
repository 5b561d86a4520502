"""Whether a private Slurm can run here: the programs, the rights, and getting what is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from typing import Final

INSTALL: Final = "FIVESTEPS_INSTALL_SLURM"
"""Set to 1 in the environment, it allows the tests to install packages of the system."""

PACKAGES: Final = {
    "slurmctld": "slurmctld",
    "slurmd": "slurmd",
    "sbatch": "slurm-client",
    "munged": "munge",
}
"""Debian's package of each program."""


@cache
def why_not() -> str | None:
    """Return why no Slurm can be started, or None if one can; install it if that is allowed."""
    if sys.platform != "linux":
        return "Slurm runs on Linux"
    if os.geteuid() != 0:
        return "a private Slurm needs the rights of root"
    wanted = _missing()
    if not wanted:
        return None
    names = " ".join(wanted)
    if os.environ.get(INSTALL) != "1":
        return f"Slurm is not installed: apt-get install {names}, or set {INSTALL}=1"
    if found("apt-get") is None:
        return f"Slurm is not installed ({names}), and there is no apt-get"
    return _install(wanted)


PATIENCE_S = 150
"""Seconds that a package manager may take; without a network it may wait for ever."""


def found(program: str) -> str | None:
    """Return the path of a program of the system; daemons are not on everybody's search path."""
    return shutil.which(program, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")


def _missing() -> list[str]:
    return [package for program, package in PACKAGES.items() if found(program) is None]


def _install(packages: list[str]) -> str | None:
    # Runlevel 1: what was installed is not started as a service of the system.
    quietly = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    for step in (command, ["apt-get", "update"], command):
        try:
            done = subprocess.run(
                step, env=quietly, capture_output=True, text=True, timeout=PATIENCE_S, check=False
            )
        except subprocess.TimeoutExpired:
            return f"{' '.join(step)} did not end within {PATIENCE_S} s"
        if step is command and done.returncode == 0:
            return None
    return f"apt-get install {' '.join(packages)} failed: {done.stderr.strip()[-500:]}"

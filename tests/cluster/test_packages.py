"""What is said where no private Slurm can run."""

from __future__ import annotations

import os
import subprocess
import sys
from subprocess import CompletedProcess

import pytest

from tests.cluster import packages

ASKED = "slurmctld slurmd slurm-client munge"


@pytest.fixture
def bare(monkeypatch):
    """A Linux machine without Slurm, on which the tests run as root; calls of apt-get are kept."""
    calls: list[list[str]] = []
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setattr(
        packages, "found", lambda program: program if program == "apt-get" else None
    )
    monkeypatch.delenv(packages.INSTALL, raising=False)

    def fails(step: list[str], **_: object) -> CompletedProcess[str]:
        calls.append(step)
        return CompletedProcess(step, 100, "", "E: no network\n")

    monkeypatch.setattr(subprocess, "run", fails)
    return calls


def why_not() -> str | None:
    return packages.why_not.__wrapped__()


def test_nothing_is_installed_without_leave(bare):
    assert why_not() == (
        f"Slurm is not installed: apt-get install {ASKED}, or set {packages.INSTALL}=1"
    )
    assert bare == []


def test_what_cannot_be_installed_is_said(bare, monkeypatch):
    monkeypatch.setenv(packages.INSTALL, "1")
    assert why_not() == f"apt-get install {ASKED} failed: E: no network"
    assert [step[1] for step in bare] == ["install", "update", "install"]


def test_others_than_root(bare, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert why_not() == "a private Slurm needs the rights of root"


def test_other_systems(bare, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert why_not() == "Slurm runs on Linux"

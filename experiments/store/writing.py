"""Writing into a run directory: whose it is, whether it may grow, and who else is at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from experiments.errors import InUseError, UserError, command
from experiments.planning import Plan
from experiments.store import manifest as manifests
from experiments.store.directory import RunDirectory
from experiments.store.files import LOCK, TEMPORARY, locked
from experiments.store.manifest import Manifest, read_manifest
from experiments.store.provenance import engine_digest, version

_OURS: Final = (LOCK, "logs")
"""What may be in a directory before it has a manifest."""


@contextmanager
def open_for_writing(
    folder: Path, plan: Plan, *, block: int = 1, shared: bool = False
) -> Iterator[RunDirectory]:
    """Open the run directory of an experiment, new or to go on with; hold its lock meanwhile.

    More replications than before are taken as an extension.

    Parameters
    ----------
    block
        Lanes in a block, for a directory that is new.
    shared
        Whether other processes may write into it meanwhile, each its share. What is to be run is
        changed only while no other is at work.

    Raises
    ------
    UserError
        If `folder` holds anything else, is in use, or cannot be written. Nothing is changed then.
    """
    kinds = [threat.kind for threat in plan.scenario.spec.threats.values()]
    engine = {"version": version(), "digest": engine_digest(kinds)}
    wanted = Manifest.of(plan, engine, block)
    _existing(folder, wanted)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if shared:
            _begin(folder, wanted)
        lock = ExitStack()
        lock.enter_context(locked(folder, shared=shared))
    except OSError as error:
        raise _not_writable(folder, error) from None
    with lock:
        manifest = _existing(folder, wanted) or wanted
        directory = RunDirectory(folder, manifest)
        if shared:
            _check_grown(folder, manifest, wanted)
        else:
            directory.prepare(wanted)
        directory.tidy(alone=not shared)
        yield directory


def _begin(folder: Path, wanted: Manifest) -> None:
    """Make the manifest, or let it grow, alone: all shares are of what it states."""
    with suppress(InUseError), locked(folder):  # whoever is at it will be done with it
        manifest = _existing(folder, wanted) or wanted
        RunDirectory(folder, manifest).prepare(wanted)


def _check_grown(folder: Path, manifest: Manifest, wanted: Manifest) -> None:
    """Refuse a share of more than the shares at work know of."""
    new = [name for name in wanted.policies if name not in manifest.policies]
    if new or manifest.replications < wanted.replications:
        has = f"{manifest.replications} worlds of {', '.join(manifest.policies)}"
        raise InUseError(
            f"{folder} is at work on {has}; {wanted.replications} of"
            f" {', '.join(wanted.policies)} are wanted",
            "all shares that run at a time are of the same lanes",
            f"wait until they have ended ({command('status', folder)}), and give this one again",
        )


def _existing(folder: Path, wanted: Manifest) -> Manifest | None:
    """Return the manifest of `folder` if it is of the same experiment, None if it is empty."""
    try:
        names = [path.name for path in folder.iterdir()] if folder.exists() else []
    except OSError as error:
        raise _not_writable(folder, error) from None
    if manifests.NAME not in names:
        strange = [name for name in names if name not in _OURS and not name.endswith(TEMPORARY)]
        if strange:
            raise UserError(
                f"--out {folder} holds {min(strange)!r} and no {manifests.NAME}",
                "results go into a new directory, an empty one or that of the same experiment",
                "give another --out",
            )
        return None
    found = read_manifest(folder)
    differences = found.differences(wanted)
    if differences == [manifests.OTHER_CODE]:
        raise UserError(
            f"{folder} holds lanes of another version of fivesteps ({manifests.OTHER_CODE})",
            "all lanes of a directory come from the same code",
            f"use the version that made it ({found.identity['engine'].get('version')}), or run all"
            " of it again into a new directory",
        )
    if differences:
        raise UserError(
            f"--out {folder} holds another experiment ({'; '.join(differences)})",
            "results of different experiments are not mixed and never written over",
            "give another --out, or run what the directory holds",
        )
    if found.replications > wanted.replications:
        raise UserError(
            f"{folder} holds {found.replications} worlds, more than"
            f" --replications {wanted.replications}",
            "a run directory can be extended but not cut",
            f"write --replications {found.replications} or more",
        )
    return found


def _not_writable(folder: Path, error: OSError) -> UserError:
    return UserError(
        f"{folder}: {error.strerror}",
        "results need a directory that can be written",
        "let it be written, or choose another directory",
    )

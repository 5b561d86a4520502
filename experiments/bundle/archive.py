"""Zip files that are the same to the byte for the same content, and their guarded unpacking.

What comes out of a bundle may have been made by anybody: only regular files with the names that a
bundle has are taken, into a new folder, as many bytes as the index promised, and what they say is
held to the checksums of the bundle and, after that, to those of the run directory itself.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from experiments.errors import UserError
from experiments.store import whole
from scenarios.errors import printable

RUN: Final = "run/"
"""Where the run directory lies in a bundle."""

SUMS: Final = "SHA256SUMS"
"""Checksums of all other files, as `sha256sum` writes them."""

MOST_FILES: Final = 20_000
MOST_BYTES: Final = 1 << 34
"""Most files in a bundle, and most bytes that come out of it."""

_NAME: Final = re.compile(
    r"(run/((outcomes|series|failures|figures)/)?|declarations/(policies/)?)?"
    r"[A-Za-z0-9][A-Za-z0-9@+ ._-]{0,250}",
    re.ASCII,
)
_BEGUN: Final = (1980, 1, 1, 0, 0, 0)
_MODE: Final = stat.S_IFREG | 0o644
_PIECE: Final = 1 << 20
_UNIX: Final = 3


def write_archive(path: Path, files: Mapping[str, bytes | Path]) -> None:
    """Write a bundle whole: files by name in order, without times, users or machines.

    Parameters
    ----------
    path
        The zip file; what is there is replaced.
    files
        Content, or where it lies, by name in the bundle.
    """
    named = {**files, SUMS: _sums(files)}
    with whole(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name in sorted(named):
            entry = zipfile.ZipInfo(name, _BEGUN)
            entry.create_system = _UNIX
            entry.external_attr = _MODE << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            held = named[name]
            if isinstance(held, bytes):
                archive.writestr(entry, held, compresslevel=6)
                continue
            entry.file_size = held.stat().st_size
            with held.open("rb") as source, archive.open(entry, "w") as goal:
                shutil.copyfileobj(source, goal, _PIECE)


def _sums(files: Mapping[str, bytes | Path]) -> bytes:
    lines = []
    for name in sorted(files):
        held = files[name]
        if isinstance(held, bytes):
            digest = hashlib.sha256(held).hexdigest()
        else:
            with held.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
        lines.append(f"{digest}  {name}\n")
    return "".join(lines).encode()


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Give the run directory of a bundle in a new folder, which is gone afterwards.

    Raises
    ------
    UserError
        If it is no bundle of ours, holds anything else, or is not as it was written.
    """
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        try:
            with zipfile.ZipFile(path) as archive:
                entries = _checked(path, archive)
                _check_room(path, folder, sum(entry.file_size for entry in entries))
                for entry in entries:
                    _take_out(path, archive, entry, folder)
        except zipfile.BadZipFile as error:
            raise _refused(path, f"is no whole zip file ({printable(str(error))[:100]})") from None
        except (NotImplementedError, RuntimeError, EOFError, ValueError):
            raise _refused(path, "is packed in a way that bundles are not") from None
        _check_sums(path, folder, {entry.filename for entry in entries})
        yield folder / RUN


def _checked(path: Path, archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return the entries of a bundle, each of which may be taken out."""
    entries = archive.infolist()
    if len(entries) > MOST_FILES:
        raise _refused(path, f"holds more than {MOST_FILES:,} files")
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise _refused(path, f"holds more than {MOST_BYTES:,} bytes")
    seen: set[str] = set()
    for entry in entries:
        name = entry.filename
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if _NAME.fullmatch(name) is None or kind not in {0, stat.S_IFREG}:
            raise _refused(path, f"holds {printable(name)[:100]!r}, which no bundle has")
        if name.casefold() in seen:
            raise _refused(path, f"holds {name!r} twice")
        seen.add(name.casefold())
    for needed in (SUMS, f"{RUN}manifest.json"):
        if needed.casefold() not in seen:
            raise _refused(path, f"has no {needed}")
    return entries


def _check_room(path: Path, folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if size > free:
        raise UserError(
            f"{path}: {size:,} bytes come out of it, and {free:,} are free in {folder.parent}",
            "a bundle is unpacked into a temporary folder before it is looked at",
            "make room there, or set TMPDIR to a folder that has it",
        )


def _take_out(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> None:
    """Write one file, and no more of it than was promised."""
    goal = folder / entry.filename
    goal.parent.mkdir(parents=True, exist_ok=True)
    left = entry.file_size
    with archive.open(entry) as source, goal.open("xb") as made:
        while piece := source.read(min(_PIECE, left + 1)):
            left -= len(piece)
            if left < 0:
                raise _refused(path, f"holds more of {entry.filename!r} than it says")
            made.write(piece)


def _check_sums(path: Path, folder: Path, names: set[str]) -> None:
    """Hold all that came out to the checksums."""
    told = {}
    for line in (folder / SUMS).read_bytes().split(b"\n"):
        digest, _, name = line.decode("utf-8", "replace").partition("  ")
        told[name] = digest
    del told[""]
    if told.keys() != names - {SUMS}:
        raise _refused(path, f"does not hold the files that {SUMS} names")
    for name, digest in told.items():
        with (folder / name).open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != digest:
                raise _refused(
                    path, f"holds {name!r} not as it was written: its SHA-256 is another"
                )


def _refused(path: Path, found: str) -> UserError:
    return UserError(
        f"{path}: {found}",
        "a bundle is what `fivesteps bundle` wrote, unchanged",
        "ask for it anew where it came from",
    )

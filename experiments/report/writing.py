"""Writing a report."""

from __future__ import annotations

from pathlib import Path
from typing import Final

REPORT: Final = "report.html"


def write_report(
    folder: Path,
    out: Path | None = None,
    *,
    against: Path | None = None,
    year: str | None = None,
    tell: bool = True,
) -> Path:
    """Write the report of a run directory; return where it lies.

    Parameters
    ----------
    out
        The file; `report.html` in the directory if left out.
    against, year, tell
        As of `content_of`.

    Raises
    ------
    UserError
        If `folder` is no run directory, or the file may not be written.
    """
    from experiments.report.building import content_of
    from experiments.report.page import page
    from experiments.store import target, write_text

    path = folder / REPORT if out is None else target("--out", out)
    write_text(path, page(content_of(folder, against=against, year=year, tell=tell)))
    return path

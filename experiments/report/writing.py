"""Writing a report, and its charts as pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from experiments.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from experiments.report.bundle import Form
    from experiments.report.content import Report

REPORT: Final = "report.html"
PREFIX: Final = "report-"
"""How names of pictures begin, among the figures of a run directory."""


def write_report(
    folder: Path,
    out: Path | None = None,
    *,
    against: Path | None = None,
    year: str | None = None,
    tell: bool = True,
    pictures: str | None = None,
) -> list[Path]:
    """Write the report of a run directory; return what was written, the report first.

    Parameters
    ----------
    out
        The file; `report.html` in the directory if left out.
    against, year, tell
        As of `content_of`.
    pictures
        Form in which each way to draw each chart is written beside the figures of the directory;
        none if left out.

    Raises
    ------
    UserError
        If `folder` is no run directory, a file may not be written, or there is no such form.
    """
    from experiments.report.building import content_of
    from experiments.report.page import page
    from experiments.store import target, write_text

    form = None if pictures is None else _form(pictures)
    path = folder / REPORT if out is None else target("--out", out)
    content = content_of(folder, against=against, year=year, tell=tell)
    write_text(path, page(content))
    return [path, *([] if form is None else _pictures(folder, content, form))]


def _form(text: str) -> Form:
    from experiments.report.bundle import FORMS

    for form in FORMS:
        if form == text:
            return form
    raise UserError(
        f"--pictures {text}", f"there are the forms {', '.join(FORMS)}", "write one of them"
    )


def _pictures(folder: Path, content: Report, form: Form) -> Iterator[Path]:
    """Write every chart as it stands in the page."""
    from experiments.report.bundle import picture
    from experiments.report.charts import CONFIG, plain_name
    from experiments.report.page import drawn
    from experiments.store import FIGURES, make_folder, whole
    from experiments.terminal import progress

    make_folder(folder / FIGURES)
    specs = drawn(content)
    every = [(chart, number) for chart in content.charts for number in range(len(chart.views))]
    with progress("drawing charts", len(every)) as advance:
        for done, (chart, number) in enumerate(every):
            name = f"{PREFIX}{chart.name}-{plain_name(chart.views[number].label)}.{form}"
            path = folder / FIGURES / name
            spec = {**specs[chart.name][number], "config": CONFIG, "datasets": dict(content.shared)}
            with whole(path) as temporary:
                temporary.write_bytes(picture(spec, form))
            advance(done + 1)
            yield path

"""A report as one HTML file that asks for nothing: templates, style, script, bundle and data."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from experiments.errors import UserError
from experiments.report.bundle import bundle
from experiments.report.charts import CONFIG
from experiments.report.content import SURE_WORDS, Report
from experiments.report.glossary import GLOSSARY
from scenarios.errors import printable

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

MOST_BYTES: Final = 2_000_000
"""Largest file: one that is sent by mail and opens at once."""
MISSABLE: Final = ("states", "years")
"""Sections that are left out first where a report would be too large."""
DIGITS: Final = 6
"""Digits of numbers that are drawn."""
TEMPLATE: Final = "report.html.j2"
STYLE: Final = "report.css"
SCRIPT: Final = "report.js"
NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]*")

_WORDS: Final = "|".join(sorted(map(re.escape, GLOSSARY), key=len, reverse=True))
_TERM: Final = re.compile(rf"(?<![\w.-])({_WORDS})(s?)(?![\w-]|\.\w)")


def page(report: Report) -> str:
    """Return the file; where it would be too large, without parts that can be missed, as it says.

    Raises
    ------
    UserError
        If it is larger than `MOST_BYTES` without them, too.
    """
    size = 0
    for missing in range(len(MISSABLE) + 1):
        text = _page(without(report, MISSABLE[:missing]))
        size = len(text.encode())
        if size <= MOST_BYTES:
            return text
    raise UserError(
        f"the report has {size:,} bytes",
        f"a report has at most {MOST_BYTES:,}, so that it can be sent and opened",
        "ask about fewer outcomes or alternatives, or take one --year",
    )


def without(report: Report, names: Sequence[str]) -> Report:
    """Return a report without some sections, which says so if it had them."""
    gone = [section.title for section in report.sections if section.name in names]
    if not gone:
        return report
    kept = tuple(section for section in report.sections if section.name not in names)
    lead = f"{report.lead} Left out, since the file would be too large: {', '.join(gone)}."
    return replace(report, lead=lead, sections=kept)


def _page(report: Report) -> str:
    """Return the file, however large."""
    environment = _environment()
    scripts = {"bundle": bundle(), "script": _source(environment, SCRIPT)}
    return environment.get_template(TEMPLATE).render(
        report=report,
        style=_markup(_source(environment, STYLE)),
        data=_markup(as_script_data(data_of(report))),
        glossary=GLOSSARY,
        sure_words=SURE_WORDS,
        security=_policy(scripts),
        **{name: _markup(_closed(source)) for name, source in scripts.items()},
    )


def data_of(report: Report) -> dict[str, Any]:
    """Return what the script draws from: charts, the data that they share, and their looks."""
    return {"config": CONFIG, "shared": shown(dict(report.shared)), "charts": drawn(report)}


def drawn(report: Report) -> dict[str, list[Any]]:
    """Return the specifications of all charts by their names, with text that steers nothing."""
    names = [chart.name for chart in report.charts]
    if len(set(names)) < len(names) or not all(map(NAME.fullmatch, names)):
        msg = f"charts need names of their own, of letters, digits and hyphens: {names}"
        raise ValueError(msg)
    return {chart.name: [shown(view.spec) for view in chart.views] for chart in report.charts}


def shown(content: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return JSON content with escapes for what does not print, and rounded numbers."""
    if isinstance(content, str):
        return printable(content)
    if isinstance(content, float):
        return float(f"{content:.{DIGITS}g}")
    if isinstance(content, dict):
        return {key: shown(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [shown(value) for value in content]
    return content


def as_script_data(content: object) -> str:
    """Return JSON that can stand within a script element, whatever text is in it."""
    text = json.dumps(content, allow_nan=False, separators=(",", ":"), ensure_ascii=True)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def with_terms(text: str) -> Markup:
    """Return escaped text in which the first use of each word of the glossary links to it."""
    from markupsafe import Markup, escape

    used: set[str] = set()

    def linked(found: re.Match[str]) -> str:
        term = found[1]
        if term in used:
            return found[0]
        used.add(term)
        return f'<a class="term" href="#term-{anchor(term)}">{found[0]}</a>'

    return Markup(_TERM.sub(linked, str(escape(printable(text)))))  # noqa: S704 - escaped above


def anchor(term: str) -> str:
    """Return a word of the glossary as a name that links can lead to."""
    return term.replace(" ", "-")


def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("experiments.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
    )
    filters: dict[str, Callable[..., object]] = {
        "terms": with_terms, "anchor": anchor, "is_number": _is_number,
    }  # fmt: skip
    environment.filters.update(filters)
    return environment


def _finalized(value: object) -> object:
    """Return what a template puts in, without signs that steer whoever shows it."""
    from markupsafe import Markup

    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _is_number(column: int, words: frozenset[int]) -> bool:
    return column not in words


def _source(environment: Environment, name: str) -> str:
    if environment.loader is None:
        raise AssertionError
    return environment.loader.get_source(environment, name)[0]


def _markup(text: str) -> Markup:
    from markupsafe import Markup

    return Markup(text)  # noqa: S704 - our own files, or data made safe before


def _closed(source: str) -> str:
    """Return a script of ours or of the bundle, held not to end its element."""
    if "</script" in source.lower() or "<!--" in source:
        msg = "a script would end its own element"
        raise ValueError(msg)
    return source


def _policy(scripts: dict[str, str]) -> str:
    """Return what the page may do: run these very scripts, and fetch nothing."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
        for source in scripts.values()
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )

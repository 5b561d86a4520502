"""A page a measure: every change as it is written, beside what `show` says of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docs.site.markdown import beside, cell, contents, plain, table
from docs.site.snippets import entries
from experiments.show import show
from scenarios.reading import measure_entries


def pages() -> Iterator[tuple[str, str]]:
    """Yield the name of each page and what stands on it; the first is their index."""
    found = measure_entries()
    lines = [f"- [`{one.name}`]({one.path.stem}.md): {plain(one.meaning)}" for one in found]
    yield (
        "index",
        "# Measures, change by change\n\nWhat `fivesteps show` says of every measure of the\n"
        "strategy, and its changes as they are written.\n\n"
        + "\n".join(lines)
        + "\n\n"
        + contents(one.path.stem for one in found),
    )
    for one in found:
        shown = show(one.name).description
        rows = zip(shown.tables["changes"], entries(one.path, "changes"), strict=True)
        facts = [(cell(name), cell(str(fact))) for name, fact in shown.facts.items()]
        yield (
            one.path.stem,
            f"# `{one.name}`\n\n{plain(one.meaning)}\n\n{table(('fact', 'of it'), facts)}\n"
            + beside((_words(row), yaml) for row, yaml in rows),
        )


def _words(row: dict[str, Any]) -> str:
    where = f"*changes something in {row['in']}*"
    return "\n\n".join([f"**{plain(row['does'])}**", _target(row["to"]), where])


def _target(paths: str) -> str:
    return ", ".join(f"`{path}`" for path in paths.split(", "))

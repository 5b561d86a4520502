"""A page a policy: every rule as it is written, beside the sentence that `show` makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

from docs.site.markdown import beside, contents, plain
from docs.site.snippets import entries
from experiments.errors import UserError
from experiments.show import show
from scenarios import SpecError, load_policy, policy_entries, scenario_entries
from scenarios.reading import policy_files, read
from scenarios.schema import Policy

Sentences: TypeAlias = dict[tuple[str, int], dict[str, set[str]]]
"""By file and number of a rule there: what is said of it, and in which scenarios."""


def pages() -> Iterator[tuple[str, str]]:
    """Yield the name of each page and what stands on it; the first is their index."""
    said = _sentences()
    files = policy_files()
    specs = {path: read(path, Policy) for path in files}
    lines = [
        f"- [`{path.stem}`]({path.stem}.md): {plain(spec.meaning)}" for path, spec in specs.items()
    ]
    yield (
        "index",
        "# Policies, rule by rule\n\nEvery rule as it is written, beside the sentence that\n"
        "`fivesteps show` makes of it. Of the rules of a policy and of those that it extends, the\n"
        "first that matches decides. Delays are median / what 95 of 100 stay within.\n\n"
        + "\n".join(lines)
        + "\n\n"
        + contents(path.stem for path in files),
    )
    for path, spec in specs.items():
        yield path.stem, _page(path, spec, said)


def _sentences() -> Sentences:
    """Ask `show` for every policy in every scenario that it applies to."""
    found: Sentences = {}
    for entry in policy_entries():
        places = load_policy(entry.name).rule_places
        for scenario in scenario_entries():
            try:
                tables = show(entry.name, scenario=scenario.name).description.tables
            except (UserError, SpecError):
                continue  # the policy is not for this kind of threat
            for row in (row for rows in tables.values() for row in rows if "rule" in row):
                path, number = places[int(row["rule"]) - 1]
                told = found.setdefault((path.stem, number), {})
                told.setdefault(_sentence(row), set()).add(scenario.name)
    return found


def _sentence(row: dict[str, Any]) -> str:
    """Return a row of the table that `show` prints, as lines."""
    said = [("told unasked", row["told unasked"]), ("answered", row["answered"])]
    lines = [plain(f"{row['applies to']}")]
    lines += [f"{name}: {plain(words)}" for name, words in said if words != "-"]
    return "\n\n".join([*lines, plain(row["notes"])]).strip()


def _page(path: Path, spec: Policy, said: Sentences) -> str:
    facts = [f"# `{spec.policy}`", plain(spec.meaning), f"Source: {plain(spec.source)}"]
    if spec.extends:
        facts.append(f"After its own rules come those of [`{spec.extends}`]({spec.extends}.md).")
    if spec.abstract:
        facts.append("It is not run by itself: others extend it.")
    facts += [f"Not for {family}: {plain(reason)}" for family, reason in spec.not_for.items()]
    rows = [
        (_words(number, rule.meaning, said.get((path.stem, number), {})), yaml)
        for number, (rule, yaml) in enumerate(zip(spec.rules, entries(path, "rules"), strict=True))
    ]
    return "\n\n".join([*facts, beside(rows) if rows else "It has no rules of its own."]) + "\n"


def _words(number: int, meaning: str, told: dict[str, set[str]]) -> str:
    parts = [f"**{number + 1} {plain(meaning)}**"]
    for sentence, where in told.items():
        parts += [sentence, f"*decides in {', '.join(sorted(where))}*"]
    if not told:
        parts.append("*decides about nothing in any scenario that comes with the program*")
    return "\n\n".join(parts)

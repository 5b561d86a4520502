"""What there is: list, validate, sources, schema."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.commands.options import Json, ScenarioName, print_json
from experiments.errors import EXIT_USER, UserError, command, complain, echo, user_errors

if TYPE_CHECKING:
    from scenarios import LoadedPolicy, LoadedScenario


def list_(as_json: Json = False) -> None:
    """List what is in the catalogue: scenarios, policies, threats, measures, places and more."""
    from experiments.show import entries as entries_by_kind
    from experiments.terminal import Column, print_table
    from scenarios import load_policy
    from scenarios.reading import threat_entries

    threats, found = threat_entries(), entries_by_kind()
    policies = {entry.name: load_policy(entry.name).spec for entry in found["policies"]}
    if as_json:
        rows: dict[str, list[dict[str, Any]]] = {
            kind: [{"name": e.name, "meaning": e.meaning, "path": str(e.path)} for e in entries]
            for kind, entries in found.items()
        }
        for row in rows["policies"]:
            spec = policies[row["name"]]
            row |= {"not_for": list(spec.not_for), "guidelines": list(spec.guidelines)}
        for row, threat in zip(rows["threats"], threats, strict=True):
            row["kind"] = threat.kind
        print_json(rows)
        return
    notes = {"policies": {name: _not_for(spec.not_for) for name, spec in policies.items()}}
    notes["threats"] = {threat.name: f" (kind: {threat.kind})" for threat in threats}
    for kind, entries in found.items():
        told = notes.get(kind, {})
        print_table(
            [Column(kind), Column("meaning", "text")],
            [(entry.name, f"{entry.meaning}{told.get(entry.name, '')}") for entry in entries],
        )


def _not_for(families: Collection[str]) -> str:
    return f" (not for: {', '.join(families)})" if families else ""


def validate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files to check.")],
) -> None:
    """Check files of the catalogue or of your own; say where a mistake is and what to write."""
    from experiments.terminal import say
    from experiments.validation import check_file
    from scenarios.errors import printable

    wrong = 0
    for path in files:
        try:
            found, *remarks = check_file(path).split("\n")
            echo(f"{printable(str(path))}: {found}")
            for remark in remarks:
                say(remark)
        except user_errors() as error:
            wrong += 1
            complain(error)
    if wrong:
        raise typer.Exit(EXIT_USER)


def sources(
    scenario: ScenarioName,
    policies: Annotated[
        str | None, typer.Option(help="Policies whose parameters to list as well.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List every parameter with its source, or that it is assumed."""
    from agents import load_scenario
    from experiments.planning import read_policies
    from experiments.terminal import Column, print_table

    _refuse_policy(scenario)
    documents: list[LoadedScenario | LoadedPolicy] = [load_scenario(scenario)]
    documents += read_policies(policies) if policies else ()
    headings = ["parameter", "value", "kind", "source"]
    rows = [(document.name, *row) for document in documents for row in document.sources()]
    if as_json:
        print_json([dict(zip(["in", *headings], row, strict=True)) for row in rows])
        return
    for document in documents:
        echo(document.name)
        print_table(
            [Column(name, "text" if name in {"value", "source"} else "name") for name in headings],
            [row[1:] for row in rows if row[0] == document.name],
        )
    assumed = sum(row[3] == "assumed" for row in rows)
    echo(f"{len(rows)} parameters, {assumed} assumed")


def _refuse_policy(name: str) -> None:
    from scenarios.reading import policy_files

    if name in [path.stem for path in policy_files()]:
        raise UserError(
            f"SCENARIO = {name!r}",
            "this is a policy; `sources` takes a scenario",
            f"give `{command('show', name, '--parameters')}`, "
            f"or `{command('sources', 'SCENARIO', '--policies', name)}`",
        )


def schema(
    kind: Annotated[
        str | None,
        typer.Argument(
            help="scenario, policy, threat, procedure, measure, programme, place, experiment or "
            "history; all if left out."
        ),
    ] = None,
) -> None:
    """Print the JSON Schema of the files, for editors."""
    from agents import json_schemas
    from experiments.designs import json_schema
    from scenarios.errors import unknown_name

    schemas = {**json_schemas(), "experiment": json_schema()}
    if kind is not None and kind not in schemas:
        raise unknown_name("schema", kind, schemas)
    print_json(schemas if kind is None else schemas[kind])

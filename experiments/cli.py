"""The command line. Heavy modules are imported by the commands that need them."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.errors import (
    EXIT_LOST,
    EXIT_STOPPED,
    EXIT_USER,
    StoppedError,
    UserError,
    WorkerLostError,
)

if TYPE_CHECKING:
    from experiments.measures import Results
    from scenarios import LoadedPolicy, LoadedScenario

app = typer.Typer(
    name="fivesteps",
    help="Simulate how security agencies share information, and compare policies of sharing.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

ScenarioName = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="Name in the catalogue, or path of a file.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Seed = Annotated[int, typer.Option(help="Root seed of the random worlds.")]
Replications = Annotated[int, typer.Option(help="Random worlds that each policy runs in.")]
Kernel = Annotated[
    str,
    typer.Option(
        metavar="auto|numpy|compiled",
        help="What messages are moved with; all give the same. `compiled` needs the extra `fast`.",
    ),
]
Policies = Annotated[
    str, typer.Option(help="Names or paths with commas between, or `all` for the catalogue.")
]


def _show_version(wanted: bool) -> None:
    if wanted:
        from experiments.provenance import version

        typer.echo(f"fivesteps {version() or '(not installed)'}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    del version


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List the scenarios, policies and places of the catalogue."""
    from experiments.tables import print_rows
    from scenarios import load_policy, place_entries, policy_entries, scenario_entries

    found = {
        "scenarios": scenario_entries(),
        "policies": policy_entries(),
        "places": place_entries(),
    }
    unfit = {e.name: list(load_policy(e.name).spec.not_for) for e in found["policies"]}
    if as_json:
        rows: dict[str, list[dict[str, Any]]] = {
            kind: [{"name": e.name, "meaning": e.meaning, "path": str(e.path)} for e in entries]
            for kind, entries in found.items()
        }
        for row in rows["policies"]:
            row["not_for"] = unfit[row["name"]]
        _print_json(rows)
        return
    for kind, entries in found.items():
        notes = unfit if kind == "policies" else {}
        print_rows(
            [kind, "meaning"],
            [
                (entry.name, f"{entry.meaning}{_not_for(notes.get(entry.name))}")
                for entry in entries
            ],
        )


def _not_for(families: Sequence[str] | None) -> str:
    return f" (not for: {', '.join(families)})" if families else ""


@app.command()
def validate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files to check.")],
) -> None:
    """Check scenario, policy and place files; say where each mistake is and what to write."""
    from experiments.validation import check_file
    from scenarios.errors import printable

    wrong = 0
    for path in files:
        try:
            typer.echo(f"{printable(str(path))}: {check_file(path)}")
        except _user_errors() as error:
            wrong += 1
            _complain(error)
    if wrong:
        raise typer.Exit(EXIT_USER)


@app.command()
def run(
    scenario: ScenarioName,
    policy: Annotated[
        str | None, typer.Option(help="Name or path; the scenario's baseline if left out.")
    ] = None,
    seed: Seed = 1,
    replications: Replications = 1,
    out: Annotated[
        Path | None, typer.Option(help="Run directory to write; none if left out.")
    ] = None,
    kernel: Kernel = "auto",
    as_json: Json = False,
) -> None:
    """Run one policy and print what came out."""
    from agents import load_scenario
    from experiments.comparison import run_comparison
    from experiments.plan import make_plan, select_policies
    from experiments.single import run_single
    from experiments.tables import print_outcomes

    what = load_scenario(scenario)
    policies = select_policies(policy or what.baseline, what, option="--policy").policies
    if len(policies) > 1:
        raise UserError(
            f"--policy {policy!r}",
            "`run` takes one policy",
            "name one, or use `fivesteps compare`",
        )
    plan = make_plan(what, policies, baseline=None, seed=seed, replications=replications)
    if out is None:
        results = run_single(plan, kernel=kernel)
    else:
        results = run_comparison(plan, out, kernel=kernel)
    if as_json:
        _print_json(_outcomes(results))
    else:
        print_outcomes(results)
        if out is not None:
            typer.echo(f"Results: {out}")


@app.command()
def compare(
    scenario: ScenarioName,
    policies: Policies = "all",
    replications: Replications = 100,
    seed: Seed = 1,
    baseline: Annotated[
        str | None,
        typer.Option(help="Policy to compare with; the scenario's baseline if left out."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Run directory.", show_default="results/SCENARIO-SEED"),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Processes.", show_default="one for every processor"),
    ] = None,
    batch: Annotated[
        str,
        typer.Option(
            metavar="LANES",
            help="Most lanes run together in a process; `auto` for what suits the machine.",
        ),
    ] = "auto",
    kernel: Kernel = "auto",
    as_json: Json = False,
) -> None:
    """Compare policies in the same random worlds.

    Run again with the same --out, it goes on where it was broken off; with more --replications it
    adds those that are missing.
    """
    from agents import load_scenario
    from experiments.batching import read_batch
    from experiments.comparison import run_comparison
    from experiments.plan import make_plan, select_policies
    from experiments.statistics import compare_policies
    from experiments.tables import print_comparison, print_outcomes

    most = read_batch(batch)
    what = load_scenario(scenario)
    selection = select_policies(policies, what)
    plan = make_plan(
        what, selection.policies, baseline=baseline, seed=seed, replications=replications
    )
    folder = out or Path("results") / f"{what.name}-{seed}"
    results = run_comparison(plan, folder, workers=workers, batch=most, kernel=kernel)
    rows = compare_policies(results)
    if as_json:
        _print_json([row.document() for row in rows])
        return
    if len(results.policies) > 1:
        print_comparison(results, rows)
    else:
        typer.echo(f"There is nothing to compare {results.baseline} with: it is the only policy.")
        print_outcomes(results)
    for name, reason in selection.left_out.items():
        typer.echo(f"Left out: {name} is not for threats of the family {what.family}: {reason}")
    typer.echo(f"Results: {folder}\nFigures: fivesteps plot {folder}")


@app.command()
def plot(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Run directory.")],
    svg: Annotated[bool, typer.Option("--svg", help="Write SVG files as well.")] = False,
) -> None:
    """Draw the figures of a run directory into DIR/figures."""
    from experiments.figures import plot as draw

    left_out: list[str] = []
    for path in draw(folder, svg=svg, say=left_out.append):
        typer.echo(str(path))
    for line in left_out:
        typer.echo(line, err=True)


@app.command()
def show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="Scenario, policy or place: name in the catalogue, or path."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the pictures.", show_default="results/show/NAME"),
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option(
            help="Scenario to show a policy in.",
            show_default="organised-crime, or the first it applies to",
        ),
    ] = None,
    column: Annotated[
        str | None,
        typer.Option("--map", metavar="COLUMN", help="What to shade the map of states by."),
    ] = None,
    parameters: Annotated[
        bool, typer.Option("--parameters", help="List every parameter with its source.")
    ] = False,
    svg: Annotated[bool, typer.Option("--svg", help="Write SVG files as well.")] = False,
    as_json: Json = False,
) -> None:
    """Explain a scenario, a policy or a place in words and pictures.

    Of a policy, the pictures are matrices of who may tell whom, as the engine will do it; of a
    scenario or a place, the network of desks and a map.
    """
    from experiments.show import show as describe
    from experiments.show.pictures import write
    from experiments.show.text import print_description

    shown = describe(name, scenario=scenario, column=column)
    if not as_json:
        print_description(shown.description, parameters=parameters)
    folder = out or Path("results") / "show" / shown.folder
    written = write(shown.pictures, folder, expected=shown.expected, svg=svg)
    if as_json:
        _print_json(shown.document(written))
        return
    for path in written:
        typer.echo(str(path))


@app.command()
def trace(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Run directory.")],
    policy: Annotated[
        str | None, typer.Option(help="Policy of the lane; the baseline if left out.")
    ] = None,
    replication: Annotated[int, typer.Option(help="Random world of the lane.")] = 0,
    against: Annotated[
        str | None, typer.Option(help="Another policy to put beside it, in the same world.")
    ] = None,
    subject: Annotated[
        str | None,
        typer.Option(help="Names of what to tell of, with commas; what is real if left out."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Print every event.")] = False,
    plot: Annotated[bool, typer.Option("--plot", help="Draw a timeline as well.")] = False,
    picture: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where to draw it, .png or .svg.",
            show_default="DIR/figures/trace-POLICY-R.png",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Tell the story of one lane, which is run again for it: who saw, told, knew and did what."""
    from experiments.trace import tell

    shown = tell(
        folder,
        policy=policy,
        replication=replication,
        against=against,
        subject=subject,
        every=every,
    )
    try:
        drawn = shown.draw(picture) if plot or picture is not None else None
    except OSError as error:
        if picture is None:
            raise
        raise UserError(
            f"--picture {picture}: {error.strerror or error}",
            "a picture is a file in a folder that can be written",
            "give another path, ending in .png or .svg, or leave it out",
        ) from None
    if as_json:
        _print_json(shown.facts())
    else:
        for line in shown.lines():
            typer.echo(line)
    if drawn is not None:
        typer.echo(f"Picture: {drawn}", err=as_json)


@app.command()
def sources(
    scenario: ScenarioName,
    policies: Annotated[
        str | None, typer.Option(help="Policies whose parameters to list as well.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List every parameter with its source, or that it is assumed."""
    from agents import load_scenario
    from experiments.plan import read_policies
    from experiments.tables import print_rows

    _refuse_policy(scenario)
    documents: list[LoadedScenario | LoadedPolicy] = [load_scenario(scenario)]
    documents += read_policies(policies) if policies else ()
    headings = ["parameter", "value", "kind", "source"]
    rows = [(document.name, *row) for document in documents for row in document.sources()]
    if as_json:
        _print_json([dict(zip(["in", *headings], row, strict=True)) for row in rows])
        return
    for document in documents:
        typer.echo(document.name)
        print_rows(headings, [row[1:] for row in rows if row[0] == document.name])
    assumed = sum(row[3] == "assumed" for row in rows)
    typer.echo(f"{len(rows)} parameters, {assumed} assumed")


def _refuse_policy(name: str) -> None:
    from scenarios.load import policy_files

    if name in [path.stem for path in policy_files()]:
        raise UserError(
            f"SCENARIO = {name!r}",
            "this is a policy; `sources` takes a scenario",
            f"give `fivesteps show {name} --parameters`, "
            f"or `fivesteps sources SCENARIO --policies {name}`",
        )


@app.command()
def schema(
    kind: Annotated[
        str | None, typer.Argument(help="scenario, policy or place; all if left out.")
    ] = None,
) -> None:
    """Print the JSON Schema of the files, for editors."""
    from agents import json_schemas
    from scenarios.errors import unknown_name

    schemas = json_schemas()
    if kind is not None and kind not in schemas:
        raise unknown_name("schema", kind, schemas)
    _print_json(schemas if kind is None else schemas[kind])


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit; mistakes of the user's give a message and no traceback."""
    _escape_what_cannot_be_shown()
    try:
        app(None if arguments is None else list(arguments), prog_name="fivesteps")
    except StoppedError as error:
        _fail(error, EXIT_STOPPED)
    except WorkerLostError as error:
        _fail(error, EXIT_LOST)
    except MemoryError:
        _fail("out of memory; a smaller --batch or fewer --workers need less", EXIT_LOST)
    except OSError as error:
        _fail(_not_granted(error), EXIT_USER)
    except Exception as error:
        if isinstance(error, _too_many()):
            _fail(UserError("--batch", str(error), "write a smaller one"), EXIT_USER)
        if not isinstance(error, _user_errors()):
            raise
        _fail(error, EXIT_USER)


def _not_granted(error: OSError) -> UserError:
    """Make the message about a file that the system does not let us read or write."""
    return UserError(
        str(error),
        "the system must grant what is read and written",
        "check path, permissions and free space, then give the same command again; "
        "what was finished before is kept",
    )


def _escape_what_cannot_be_shown() -> None:
    """Let names that the terminal's encoding lacks be escaped instead of ending the program."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def _user_errors() -> tuple[type[Exception], ...]:
    """Return the errors whose text is for the user; looked up only when something failed."""
    from scenarios import SpecError

    return UserError, SpecError


def _too_many() -> type[Exception]:
    """Return the error of a batch that is too large to be told apart; looked up as above."""
    from sim.calendar import TooManyError

    return TooManyError


def _fail(error: Exception | str, code: int) -> None:
    _complain(error)
    sys.exit(code)


def _complain(error: Exception | str) -> None:
    typer.echo(f"fivesteps: {error}", err=True)


def _outcomes(results: Results) -> dict[str, Any]:
    """Return the outcomes of one policy as plain JSON content."""
    import numpy as np

    rows = []
    for replication in range(results.replications):
        row: dict[str, Any] = {"replication": replication}
        for outcome in results.outcomes:
            value = float(results.values[outcome.name][0, replication])
            row[outcome.name] = value if np.isfinite(value) else None
        rows.append(row)
    return {
        "scenario": results.scenario,
        "policy": results.policies[0],
        "seed": results.seed,
        "outcomes": rows,
    }


def _print_json(content: object) -> None:
    typer.echo(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False))


if __name__ == "__main__":
    main()

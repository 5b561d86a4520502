"""What there is to say about an experiment: what it varies, between what, and how much it runs."""

from __future__ import annotations

from typing import Any

from experiments.designs import (
    PROGRAMME,
    AnyDesign,
    Form,
    LoadedExperiment,
    Measure,
    PutInForce,
)
from experiments.show.describe import Description, Rows
from scenarios.errors import shown
from scenarios.reading import LoadedProgramme
from scenarios.schema import walk_sources

MOST_PATHS = 3
"""Paths of a parameter that are named; the others are counted."""


def describe_experiment(experiment: LoadedExperiment) -> Description:
    """Describe an experiment."""
    spec, scenario = experiment.spec, experiment.scenario
    names = [policy.name for policy in experiment.policies]
    settings, policies, worlds = experiment.size, len(names), spec.replications
    usual = scenario.baseline if scenario.baseline in names else names[0]
    facts = {
        "scenario": f"{scenario.name}: {scenario.meaning}",
        "policies": ", ".join(names),
        **{f"not {name}": why for name, why in experiment.left_out.items()},
        "baseline": experiment.baseline or usual,
        "design": _design(spec.design),
        "settings": f"{settings:,}",
        "lanes": f"{settings * policies * worlds:,}, which is {_counted(settings, 'setting')} x"
        f" {_counted(policies, 'policy')} x {_counted(worlds, 'random world')}",
        "outcomes": ", ".join(outcome.name for outcome in experiment.outcomes),
        "seed": str(spec.seed),
    }
    if spec.stop is not None:
        facts["goes on"] = (
            f"until the interval of {spec.stop.outcome} is no wider than {spec.stop.width},"
            f" at most {spec.stop.most:,} random worlds"
        )
    if remarks := experiment.remarks():
        facts["but"] = "; ".join(remarks)
    tables = {
        "parameters": _parameters(experiment),
        "measures": _measures(experiment),
        "programmes": _programmes(experiment),
    }
    return Description(
        kind="experiment",
        name=experiment.name,
        meaning=experiment.meaning,
        facts=facts,
        tables={name: rows for name, rows in tables.items() if rows},
        sources=tuple(walk_sources(spec)),
    )


def _counted(number: int, noun: str) -> str:
    several = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else several}"


def _design(design: AnyDesign | None) -> str:
    """Say how settings are chosen."""
    if design is None:
        return "none: one setting, as declared"
    rest = design.model_dump(exclude={"kind", "settings"}, exclude_none=True)
    words = {
        "list": "the settings that the file lists",
        "factorial": "every combination of values",
        "one-at-a-time": "as declared, then one thing at a time at each of its values",
        "latin-hypercube": "points drawn so that each parameter is spread evenly",
        "sobol": "points of Sobol's sequence, spread evenly together",
        "saltelli": "points for the shares of variance (Sobol' indices)",
        "morris": "trajectories that change one thing at a time (Morris)",
    }[design.kind]
    numbers = ", ".join(f"{name} {value}" for name, value in rest.items())
    return f"{design.kind}: {words}" + (f"; {numbers}" if numbers else "")


def _parameters(experiment: LoadedExperiment) -> Rows:
    columns = {column.name: column for column in experiment.columns}
    return [
        {
            "parameter": name,
            "meaning": parameter.meaning or "",
            "between": _between(parameter),
            "changes": _few(change.path for change in columns[name].changes),
            "from": _provenance(parameter.source, parameter.assumed),
        }
        for name, parameter in experiment.spec.parameters.items()
    ]


def _measures(experiment: LoadedExperiment) -> Rows:
    return [
        {
            "measure": name,
            "meaning": measure.meaning,
            "does": _doing(measure),
            "from": _provenance(measure.source, measure.assumed)
            if isinstance(measure, Measure)
            else _files(experiment.in_force[name][1]),
        }
        for name, measure in experiment.spec.measures.items()
    ]


def _doing(measure: Measure | PutInForce) -> str:
    """Say what a measure changes, or which measures it puts in force."""
    if isinstance(measure, PutInForce):
        return f"in force: {', '.join(measure.named)}"
    puts = [f"{path} = {shown(value)}" for path, value in measure.set.items()]
    return "; ".join(puts + [f"{path} times {factor:g}" for path, factor in measure.times.items()])


def _files(programme: LoadedProgramme) -> str:
    return ", ".join(one.measure.path.name for one in programme.measures)


def _programmes(experiment: LoadedExperiment) -> Rows:
    """Say what the levels of the column of programmes are."""
    return [
        {"programme": one.name, "meaning": one.meaning, "measures": str(len(one.measures))}
        for one in experiment.in_force.get(PROGRAMME, ())
    ]


def _between(form: Form) -> str:
    """Say which values a parameter takes."""
    times = getattr(form, "times", None)
    if times is not None:
        return f"times {_between(times)}"
    if form.values is not None:
        return ", ".join(shown(value) for value in form.values)
    if form.low is None or form.high is None:
        return f"median {_amount(form.median)}, 95% within {_amount(form.p95)}"
    spread = " (logarithmic)" if form.log else ""
    likely = "" if form.mode is None else f", most likely {_amount(form.mode)}"
    return f"{_amount(form.low)} to {_amount(form.high)}{spread}{likely}"


def _amount(value: float | str | None) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _few(paths: Any) -> str:  # noqa: ANN401 - any iterable of text
    named = list(paths)
    more = len(named) - MOST_PATHS
    return ", ".join(named[:MOST_PATHS]) + (f" and {more} more" if more > 0 else "")


def _provenance(source: str | None, assumed: str | None) -> str:
    return source or f"assumed: {assumed}"

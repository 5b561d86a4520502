"""What was measured, as rows of a table: kept as CSV, shown as Markdown."""

from __future__ import annotations

import csv
from dataclasses import asdict, dataclass, fields
from statistics import median
from typing import TYPE_CHECKING, Any, Final, TypeVar

from tests.benchmarks.cases import OURS, Case, Contender, case_of, contender_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    Measured = dict[str, Any]
    """What a process printed."""

DIGITS: Final = 6
"""Significant digits of what is kept."""
MARK: Final = " \\*"
"""Of what was cut down."""


@dataclass(frozen=True)
class Row:
    """A contender on a case; medians over the rounds."""

    case: str
    contender: str
    reports: int
    """That were measured; fewer than the case has if it was cut down."""
    cut_down: bool
    seconds: float
    """Of work on what was measured."""
    least_seconds: float
    most_seconds: float
    whole_seconds: float
    """The same for the whole case, scaled by attempts where it was cut down."""
    attempts: int
    attempts_a_report: float
    receipts_a_report: float
    attempts_a_second: float
    numpy_ratio: float | None
    """How many times faster an attempt is in the NumPy kernel; median of the rounds."""
    compiled_ratio: float | None
    import_seconds: float
    set_up_seconds: float
    warm_up_seconds: float
    """Of the first, small run: what is compiled is compiled there, or comes from a cache."""
    most_warm_up_seconds: float
    peak_mib: float | None


@dataclass(frozen=True)
class TrafficRow:
    """A kernel on the traffic of a scenario, without agents; medians over the rounds."""

    kernel: str
    lanes: int
    ticks: int
    attempts: int
    messages: int
    kernel_seconds: float
    agents_seconds: float
    """The same lanes with their agents."""
    messages_a_second: float
    nanoseconds_a_message: float
    bare_nanoseconds_a_message: float
    """Of the bare spreading work, in the same process."""
    times_bare: float
    """What a message costs, by what it costs in the bare spreading work."""
    agents_share: float
    """Of the time with agents, what is not the kernel's."""
    reference_seconds: float
    """Of one lane by itself in the reference, with its agents."""
    lane_ratio: float
    """How many times faster a lane is as one of the batch."""
    reading_seconds: float
    """Of reading and compiling the scenario."""


def spreading_rows(rounds: Mapping[tuple[str, str], Sequence[Measured]]) -> list[Row]:
    """Reduce what was measured, by case and contender, each in the same order of rounds."""
    return [
        _row(case_of(case), contender_of(name), some, rounds)
        for (case, name), some in rounds.items()
    ]


def _row(
    case: Case,
    contender: Contender,
    some: Sequence[Measured],
    rounds: Mapping[tuple[str, str], Sequence[Measured]],
) -> Row:
    first = some[0]
    reports = first["reports"] * first["replications"]
    attempts = _total(first["attempts"])
    a_report = attempts / reports
    seconds = _median(one["seconds"] for one in some)
    against = {ours: rounds.get((case.name, ours)) for ours in OURS}
    ratios = {
        ours: None
        if theirs is None or ours == contender.name
        else _median(_cost(one) / _cost(our) for one, our in zip(some, theirs, strict=True))
        for ours, theirs in against.items()
    }
    return Row(
        case=case.name,
        contender=contender.name,
        reports=reports,
        cut_down=case.within(contender.most) != case,
        seconds=seconds,
        least_seconds=min(one["seconds"] for one in some),
        most_seconds=max(one["seconds"] for one in some),
        whole_seconds=seconds * case.reports * case.replications / reports,
        attempts=attempts,
        attempts_a_report=a_report,
        receipts_a_report=_total(first["receipts"]) / reports,
        attempts_a_second=attempts / seconds,
        numpy_ratio=ratios["numpy"],
        compiled_ratio=ratios["compiled"],
        import_seconds=_median(one["import_s"] for one in some),
        set_up_seconds=_median(one["set_up_s"] for one in some),
        warm_up_seconds=_median(one["warm_up_s"] for one in some),
        most_warm_up_seconds=max(one["warm_up_s"] for one in some),
        peak_mib=None if first["peak_mib"] is None else _median(one["peak_mib"] for one in some),
    )


def _total(values: Iterable[Iterable[int]]) -> int:
    return sum(map(sum, values))


def _cost(one: Measured) -> float:
    """Seconds an attempt."""
    return float(one["seconds"]) / _total(one["attempts"])


def _median(values: Iterable[float]) -> float:
    return float(median(values))


def traffic_row(kernel: str, some: Sequence[Measured], reference: Sequence[Measured]) -> TrafficRow:
    """Reduce what was measured with a kernel and with the reference, by round."""
    first = some[0]
    lanes = first["lanes"]
    pairs = zip(some, reference, strict=True)
    messages = first["counters"]["messages"]
    kernel_s = _median(one["kernel_s"] for one in some)
    bare = [1e9 * one["bare_s"] / one["bare_messages"] for one in some]
    full = [1e9 * one["kernel_s"] / messages for one in some]
    return TrafficRow(
        kernel=kernel,
        lanes=lanes,
        ticks=first["ticks"],
        attempts=first["counters"]["attempts"],
        messages=messages,
        kernel_seconds=kernel_s,
        agents_seconds=_median(one["agents_s"] for one in some),
        messages_a_second=messages / kernel_s,
        nanoseconds_a_message=_median(full),
        bare_nanoseconds_a_message=_median(bare),
        times_bare=_median(a / b for a, b in zip(full, bare, strict=True)),
        agents_share=_median(1 - one["kernel_s"] / one["agents_s"] for one in some),
        reference_seconds=_median(one["agents_s"] for one in reference),
        lane_ratio=_median(slow["agents_s"] / (one["agents_s"] / lanes) for one, slow in pairs),
        reading_seconds=_median(one["set_up_s"] for one in some),
    )


# Files ---------------------------------------------------------------------------------------

AnyRow = TypeVar("AnyRow", Row, TrafficRow)


def write_rows(path: Path, rows: Sequence[Row] | Sequence[TrafficRow]) -> None:
    """Write rows, of one kind, as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        names = [field.name for field in fields(rows[0])]
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({name: _written(value) for name, value in asdict(row).items()})


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.{DIGITS}g}"
    return "" if value is None else str(value)


def read_rows(path: Path, kind: type[AnyRow]) -> list[AnyRow]:
    """Read rows that `write_rows` wrote; none, if there is no such file."""
    if not path.exists():
        return []
    types = {field.name: str(field.type) for field in fields(kind)}
    with path.open(encoding="utf-8", newline="") as file:
        return [
            kind(**{name: _read(text, types[name]) for name, text in row.items()})
            for row in csv.DictReader(file)
        ]


def _read(text: str, kind: str) -> Any:
    if kind == "bool":
        return text == "yes"
    if kind == "int":
        return int(float(text))
    if kind.startswith("float"):
        return float(text) if text else None
    return text


# Markdown ------------------------------------------------------------------------------------


ABOUT: Final = """\
A report starts at a drawn unit of a random directed network. Each channel passes it on with chance
one half, after an exponential delay of four ticks in the mean. An attempt is one try of a unit that
has a report to pass it on over one of its channels; a channel back to the origin is not tried.

Medians of {rounds} rounds, one contender after the other in each round, each in a process of its
own. Seconds are processor time of the work itself, which is repeated if it is short. Imports,
set-up and a small first run, in which what is compiled is compiled, are apart. Who is reached does
not depend on delays, so a cascade without delays makes the same attempts, each with less to do. Of
about one report in a thousand all channels of the origin fail; one of those among fifty takes four
off the mean of receipts."""


def markdown(rows: Sequence[Row], traffic: Sequence[TrafficRow], rounds: int) -> str:
    """Return all tables as text for a reader."""
    parts = [
        "# Speed of the engine and of others",
        ABOUT.format(rounds=rounds),
    ]
    for case in dict.fromkeys(row.case for row in rows):
        parts += _case_table(case_of(case), [row for row in rows if row.case == case])
    compiling = max((r.most_warm_up_seconds for r in rows if r.contender == "compiled"), default=0)
    if compiling:
        parts.append(
            f"The compiled kernel was compiled in {compiling:.3g} s by the first process that used "
            "it; later ones took the machine code from a cache."
        )
    if any(row.cut_down for row in rows):
        parts.append(f"{MARK.strip()} Fewer reports or replications were run; scaled by attempts.")
    if traffic:
        parts += _traffic_table(traffic)
    return "\n\n".join(parts) + "\n"


def _case_table(case: Case, rows: Sequence[Row]) -> list[str]:
    title = (
        f"## {case.units:,} units, {case.degree} channels each, {case.reports} reports, "
        f"{case.replications:,} replication{'s' * (case.replications > 1)}"
    )
    head = (
        "contender",
        "seconds",
        "million attempts/s",
        "NumPy kernel: times as fast",
        "compiled kernel: times as fast",
        "attempts a report",
        "first receipts a report",
        "import, set-up, first run (s)",
        "peak MiB",
    )
    body = [
        (
            contender_of(row.contender).title,
            f"{row.whole_seconds:.3g}{MARK * row.cut_down}",
            f"{row.attempts_a_second / 1e6:.3g}",
            _times(row.numpy_ratio),
            _times(row.compiled_ratio),
            f"{row.attempts_a_report:,.1f}",
            f"{row.receipts_a_report:,.2f}",
            f"{row.import_seconds:.2f}, {row.set_up_seconds:.2f}, {row.warm_up_seconds:.2f}",
            "" if row.peak_mib is None else f"{row.peak_mib:.0f}",
        )
        for row in rows
    ]
    return [title, _table(head, body)]


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.3g}"


def _traffic_table(traffic: Sequence[TrafficRow]) -> list[str]:
    head = (
        "kernel",
        "lanes",
        "messages",
        "seconds",
        "million messages/s",
        "ns a message",
        "ns a message, bare spreading",
        "times bare",
        "seconds with agents",
        "share of agents",
        "a lane in the reference (s)",
        "a lane of the batch: times as fast",
    )
    body = [
        (
            row.kernel,
            f"{row.lanes}",
            f"{row.messages:,}",
            f"{row.kernel_seconds:.3g}",
            f"{row.messages_a_second / 1e6:.3g}",
            f"{row.nanoseconds_a_message:.0f}",
            f"{row.bare_nanoseconds_a_message:.0f}",
            f"{row.times_bare:.2f}",
            f"{row.agents_seconds:.3g}",
            f"{row.agents_share:.0%}",
            f"{row.reference_seconds:.3g}",
            f"{row.lane_ratio:.3g}",
        )
        for row in traffic
    ]
    about = (
        f"All policies on `organised-crime`, {traffic[0].ticks:,} ticks: triage, fusion, handling "
        "codes, questions and answers. The agents' requests of an earlier run are repeated tick by "
        "tick, so the kernel does the same work to the last message."
    )
    return ["## The whole kernel on the traffic of a scenario", about, _table(head, body)]


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)

"""Procedures in words: who opens a case on what, and what is done step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from experiments.show.grid import duration, percent
from experiments.show.wording import delay_words
from scenarios.schema import (
    NATIONAL,
    Act,
    Answer,
    ChartStep,
    Close,
    Gather,
    Hear,
    Join,
    Post,
    Probe,
    Procedure,
    Starts,
    Take,
    Toss,
    Wait,
    Watch,
)

Step = dict[str, str]
"""A step of a chart: its number, in which case it is done, and what is done."""

IF: Final = {
    "take.otherwise": "nobody is free by then",
    "check.otherwise": "less is known",
    "test.otherwise": "the answer is no",
    "chance.then": "it comes true",
    "chance.otherwise": "it does not",
    "act.otherwise": "nothing came of it",
    "gather.otherwise": "too few are ready by then",
    "join.alone": "it has joined nobody, or nobody acted by then",
}
"""When the steps inside of a step are done."""

_SURER: Final = {
    "evidence": "surer the more is known",
    "proof": "surer the more is known, and the more states gave it in due form",
}


def chart_of(procedure: Procedure) -> list[Step]:
    """Return the steps of a procedure in words, those inside of others after them.

    Delays are median / what 95 of 100 stay within.
    """
    return list(_steps(procedure, procedure.steps))


def _steps(
    procedure: Procedure,
    steps: Sequence[ChartStep],
    above: str = "",
    condition: str = "",
    at: int = 0,
) -> Iterator[Step]:
    for number, step in enumerate(steps, at + 1):
        here = f"{above}{number}"
        yield {"step": here, "if": condition, "what is done": done_words(procedure, step)}
        inside = 0
        for branch, inner in step.branches():
            yield from _steps(procedure, inner, f"{here}.", IF[branch], inside)
            inside += len(inner)


def done_words(procedure: Procedure, step: ChartStep) -> str:
    """Say what a step does."""
    name, thing = step.done
    return _WORDS[name](procedure, thing)


def _delay(procedure: Procedure, name: str) -> str:
    return f"{name} ({delay_words(procedure.delays[name])})"


def _chance(procedure: Procedure, name: str) -> str:
    return f"{name} ({percent(procedure.chances[name].value)})"


def _number(procedure: Procedure, name: str) -> str:
    return f"{name} ({procedure.numbers[name].value:g})"


def _take(procedure: Procedure, take: Take) -> str:
    patience = "" if take.patience is None else f", at most {_delay(procedure, take.patience)}"
    return f"waits for people of the post {take.post}{patience}, and keeps them"


def _wait(procedure: Procedure, wait: Wait) -> str:
    said = _delay(procedure, wait.delay)
    if wait.by is not None:
        looks = f", looked at anew {wait.parts} times" if wait.parts > 1 else ""
        said += f", the shorter the more is known{looks}"
    if wait.unless is not None:
        column, number = wait.unless
        said += f"; {_number(procedure, number)} times as long in a state without {column}"
    return f"lets time pass: {said}"


def _test(procedure: Procedure, probe: Probe) -> str:
    said = (
        f"asks whether it holds: right about what is real with {_chance(procedure, probe.if_real)}"
        f", about a coincidence with {_chance(procedure, probe.if_not)}, {_SURER[probe.by]}"
    )
    return f"{said}; if so there are suspects from now on" if probe.upholds else said


def _toss(procedure: Procedure, toss: Toss) -> str:
    name = "" if toss.name == toss.of else f"{toss.name}, "
    return f"leaves to chance: {name}{_chance(procedure, toss.of)}"


def _act(procedure: Procedure, act: Act) -> str:
    where = "in all states that are ready" if act.at == "members" else "at home"
    said = f"acts on the threat ({act.verb}, {where})"
    if act.share is not None:
        surer = f", {_SURER[act.by]}" if act.by is not None else ""
        said += f": {_chance(procedure, act.share)}{surer}"
    return said if act.kept is None else f"{said}, of which {_chance(procedure, act.kept)} lasts"


def _watch(procedure: Procedure, watch: Watch) -> str:
    among = "on the external border " if watch.among == "external-border" else ""
    return (
        f"has {_number(procedure, watch.gain)} times more seen of {watch.aspect} in the state that "
        f"asked, or else in {watch.states} states {among}until the end"
    )


def _gather(procedure: Procedure, gather: Gather) -> str:
    return (
        f"waits until all who joined are ready, {gather.least} at least; "
        f"after {_delay(procedure, gather.patience)} begins with those who are"
    )


def _join(procedure: Procedure, join: Join) -> str:
    return f"is ready, and waits for those it joined, at most {_delay(procedure, join.patience)}"


def _answer(procedure: Procedure, answer: Answer) -> str:
    return f"gives {_number(procedure, answer.evidence)} traces in due form to those who asked"


def _hear(procedure: Procedure, hear: Hear) -> str:
    return f"waits for those it asked, at most {_delay(procedure, hear.patience)}"


def _close(_: Procedure, close: Close) -> str:
    return f"ends: {close.how}{', and is done with what was known' if close.spend else ''}"


_WORDS: Final[dict[str, Callable[..., str]]] = {
    "take": _take,
    "give": lambda _, post: f"lets the people of the post {post} go",
    "wait": _wait,
    "check": lambda procedure, check: f"goes on with {_number(procedure, check.evidence)} traces",
    "test": _test,
    "chance": _toss,
    "write": lambda _, report: f"writes {report}",
    "start": lambda _, other: f"begins {other} beside this",
    "act": _act,
    "watch": _watch,
    "link": lambda _, faces: (
        "puts together all that it knows of"
        if faces == "held"
        else f"finds which {' and '.join(faces)} belong together"
    ),
    "invite": lambda _, invite: f"writes {invite.report}: cases of {invite.into} may join",
    "gather": _gather,
    "join": _join,
    "ask": lambda _, ask: f"asks others for {ask.procedure}",
    "answer": _answer,
    "hear": _hear,
    "close": _close,
}


# What stands above the chart ---------------------------------------------------------------------


def of_words(of: str) -> str:
    """Say whose a procedure or post is."""
    return "every Member State" if of == NATIONAL else of


def start_words(starts: Starts) -> str:
    """Say what begins a case."""
    told = f"reads {' or '.join(starts.told)}"
    if starts.tellers > 1:
        told += f" of {starts.tellers} organisations"
    ways = ["recognises something"] * starts.recognised + [told] * bool(starts.told)
    said = f"when it {', or '.join(ways)}" if ways else ""
    if starts.every is not None:
        said += f"{', and ' if said else ''}every {duration(starts.every)}"
    said = said or "from another procedure"
    if starts.observed:
        said += "; only with traces of its own"
    if starts.among == "external-border":
        said += "; only with an external border"
    return f"{said}; only while {starts.working} is upheld" if starts.working else said


def post_words(post: Post) -> str:
    """Say how many teams of a post there are."""
    teams = f"{post.number:g}" if post.number is not None else ""
    return teams or f"1 for {post.one_per:,g} police officers"

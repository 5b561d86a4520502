"""Procedures: the course of a case, as a chart of steps that people take time for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import BaseModel, Field, StringConstraints, model_validator

from scenarios.errors import choice, refusal
from scenarios.schema.delays import Delay
from scenarios.schema.durations import Hours
from scenarios.schema.quantities import Chance, NonNegative, Positive
from scenarios.schema.sourced import Sourced
from scenarios.schema.spec import Name, Spec

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
"""Name of a delay, chance or number of a procedure."""

MOST_STEPS: Final = 200
"""Most steps of a procedure, those inside of others included."""

NATIONAL: Final = "national"
"""What a procedure is of if every Member State has it."""


Among = Literal["external-border", "everywhere"]
"""Which Member States: those with an external border of the Union on land or at sea, or all."""


class Starts(Spec):
    """What begins a case: any of these; nothing if other procedures begin it."""

    recognised: bool = False
    """A desk of the procedure recognises a subject."""
    told: tuple[Name, ...] = ()
    """A desk of the procedure reads a report of one of these classes."""
    tellers: int = Field(default=1, ge=1, le=64)
    """Organisations that must have told."""
    observed: bool = False
    """Only on what the organisation has traces of itself."""
    among: Among = "everywhere"
    """In which states only."""
    every: Hours | None = Field(default=None, gt=0)
    """By the calendar, about no subject."""
    working: Name | None = None
    """Only while a case of this procedure on the subject is upheld there."""


class Evidence(Spec):
    """How much what is known helps: evidence in traces, organisations that it comes from."""

    usual: Positive
    """Evidence at which delays are as long and answers as often right as declared."""
    faster: NonNegative
    """A delay that goes by evidence is (usual / evidence) to this power times as long."""
    surer: Positive
    """Odds of a right answer, times this for each doubling of the evidence."""
    organisation: Positive
    """The same for each organisation beyond the first."""
    doubt: Chance
    """What is left of evidence with each negative report of another organisation."""


Ground = Literal["evidence", "proof"]
"""What odds go by: all that is known; or, of other organisations, only those that have given it in
answer to a case that asked them, and those of the common work."""


class Take(Spec):
    """Wait for people of a post; they stay with the case until it gives them back or ends."""

    post: Name
    patience: Key | None = None
    """Delay after which the case no longer waits."""
    otherwise: tuple[ChartStep, ...] = ()
    """What is done then."""


class Wait(Spec):
    """Let time pass, with the people that are held."""

    delay: Key
    by: Literal["evidence"] | None = None
    parts: int = Field(default=1, ge=1, le=100)
    """Parts in which what is known by then is looked at anew."""
    unless: tuple[Literal["aro_2010"], Key] | None = None
    """Column of the state without which the delay is that number of times as long."""


class Check(Spec):
    """Go on only if enough is known."""

    evidence: Key
    otherwise: tuple[ChartStep, ...] = ()


class Probe(Spec):
    """An experiment on nature: whether the case holds. The answer may be wrong either way."""

    name: Key
    by: Ground = "evidence"
    if_real: Key
    """Chance to be right about what is real, with the usual evidence of one organisation."""
    if_not: Key
    """The same about a coincidence."""
    otherwise: tuple[ChartStep, ...] = ()
    upholds: bool = False
    """Whether it makes a case of a lead: there are suspects from now on."""


class Toss(Spec):
    """What goes one way or the other, whatever is true."""

    name: Key
    of: Key
    then: tuple[ChartStep, ...] = ()
    otherwise: tuple[ChartStep, ...] = ()


class Act(Spec):
    """Do something to a threat."""

    verb: Name
    at: Literal["home", "members"] = "home"
    """Where: in the own state, or in all states of the common work."""
    share: Key | None = None
    by: Ground | None = None
    """What the odds of the share go by, if they go by anything."""
    kept: Key | None = None
    otherwise: tuple[ChartStep, ...] = ()
    """What is done if it came to nothing."""


class Watch(Spec):
    """Have more seen of an aspect in some states for as long as the case is open.

    In a case that somebody asked for it is the state that asked; otherwise states are chosen.
    """

    aspect: Name
    gain: Key
    """Times more that is seen, beyond 1."""
    states: int = Field(ge=1, le=64)
    among: Among = "everywhere"


class Invite(Spec):
    """Ask others to work together: those who read the report and work on the subject join."""

    report: Name
    into: Name
    """Procedure whose cases may join."""


class Gather(Spec):
    """Wait until everybody who joined is ready."""

    least: int = Field(default=2, ge=1, le=64)
    patience: Key
    """Delay after which it begins with those who are."""
    otherwise: tuple[ChartStep, ...] = ()
    """What is done with fewer than the least number."""


class Join(Spec):
    """Be ready, and wait for the common action of those that one joined; else go alone."""

    patience: Key
    alone: tuple[ChartStep, ...] = ()


class Ask(Spec):
    """Have others do something for the case: they open a case of their own, and may answer.

    A procedure of Member States is asked of each other one that something known comes from, but not
    of those in the common work; a procedure of a body is asked of that body.
    """

    procedure: Name


class Answer(Spec):
    """Give evidence in due form to those who asked for the case."""

    evidence: Key
    """In traces."""


class Hear(Spec):
    """Wait until everybody who was asked is done."""

    patience: Key
    """Delay after which it goes on with what has come."""


class Close(Spec):
    """End the case."""

    how: Name
    spend: bool = True
    """Whether the evidence on the subject is spent: the lead is done with."""


class ChartStep(Spec):
    """One step; it does exactly one thing."""

    take: Take | None = None
    give: Name | None = None
    """Let them go before the end."""
    wait: Wait | None = None
    check: Check | None = None
    test: Probe | None = None
    chance: Toss | None = None
    write: Name | None = None
    """Class of report that the first desk of the procedure writes."""
    start: Name | None = None
    """Begin another procedure of the same organisation beside this one."""
    act: Act | None = None
    watch: Watch | None = None
    link: Literal["held"] | tuple[Name, ...] | None = Field(default=None)
    """Faces that the work finds to belong together, or ``held``: all that the desk knows of."""
    invite: Invite | None = None
    gather: Gather | None = None
    join: Join | None = None
    ask: Ask | None = None
    answer: Answer | None = None
    hear: Hear | None = None
    close: Close | None = None

    @model_validator(mode="after")
    def _does_one_thing(self) -> Self:
        done = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(done) != 1:
            does = f"; this one has {', '.join(done)}" if done else "; this one does nothing"
            raise refusal(
                f"a step does exactly one thing{does}",
                "begin a new item of the list for each, such as `- take: team`",
            )
        return self

    @cached_property
    def done(self) -> tuple[str, Any]:
        """What it does, and how."""
        return next((name, thing) for name, thing in self if thing is not None)

    def branches(self) -> Iterator[tuple[str, tuple[ChartStep, ...]]]:
        """Give the steps inside of this one, by the path that leads to them."""
        name, thing = self.done
        for branch in _those_of(thing, _BRANCHES):
            if steps := getattr(thing, branch):
                yield f"{name}.{branch}", steps


class Procedure(Sourced):
    """A kind of case: who opens it on what, and what is done step by step."""

    untold: ClassVar = frozenset(("meaning", "starts", "steps"))

    procedure: Name
    meaning: str
    of: Name
    """Organisation that does it, or ``national`` for every Member State."""
    at: tuple[Name, ...] = Field(min_length=1)
    """Kinds of desk whose recognitions and readings it acts on; the first one writes."""
    starts: Starts = Starts()
    heeds: tuple[Name, ...] = ()
    """Classes of negative report: somebody else has dropped the subject."""
    delays: dict[Key, Delay] = {}
    """Delays that steps name."""
    chances: dict[Key, Chance] = {}
    """Chances that steps name."""
    numbers: dict[Key, NonNegative] = {}
    """Numbers that steps name."""
    evidence: Evidence | None = None
    steps: tuple[ChartStep, ...] = Field(min_length=1)

    @property
    def desk(self) -> str:
        """Kind of desk that writes, as units are named: ``police``, ``europol.analysis``."""
        return self.at[0] if self.of == NATIONAL else f"{self.of}.{self.at[0]}"

    def walk(self) -> Iterator[tuple[str, ChartStep]]:
        """Give every step with its path, those inside of others included."""
        yield from _walk(self.steps, "steps")

    @model_validator(mode="after")
    def _has_the_border_that_it_needs(self) -> Self:
        if self.of != NATIONAL and self.starts.among != "everywhere":
            raise refusal(
                "a body has no border; `among` is for what Member States begin", "leave it out"
            )
        return self

    @model_validator(mode="after")
    def _names_what_it_has(self) -> Self:
        count = 0
        has: dict[str, Collection[str]] = {
            "delay": self.delays,
            "chance": self.chances,
            "number": self.numbers,
        }
        for where, step in self.walk():
            count += 1
            for part, name, kind in _named(step):
                known = has[kind]
                if name not in known:
                    raise refusal(
                        f"{where}.{part} names a {kind} of the procedure; {name} is none",
                        choice(name, known) if known else f"declare it under `{kind}s:`",
                    )
            if self.starts.every is not None and _is_about_a_subject(step):
                raise refusal(
                    f"{where} is about a subject, and a case by the calendar is about none",
                    "leave it out, or have cases begin in another way than `every`",
                )
            if self.evidence is None and _goes_by_evidence(step):
                raise refusal(
                    f"{where} goes by evidence", "say under `evidence:` how much evidence helps"
                )
        if count > MOST_STEPS:
            raise refusal(f"a procedure has at most {MOST_STEPS} steps", "part it in two")
        return self


_PARTS: Final = {
    "delay": "delay",
    "unless": "number",
    "if_real": "chance",
    "if_not": "chance",
    "of": "chance",
    "share": "chance",
    "kept": "chance",
    "gain": "number",
    "patience": "delay",
}
"""Parts of steps that name delays, chances and numbers of the procedure."""

_BRANCHES: Final = ("then", "otherwise", "alone")
"""Parts of steps that are steps."""


def _those_of(thing: object, parts: Iterable[str]) -> list[str]:
    """Return which of some parts a step has, whatever they are: a model is slow to say no."""
    fields = type(thing).model_fields if isinstance(thing, BaseModel) else {}
    return [part for part in parts if part in fields]


def _named(step: ChartStep) -> Iterator[tuple[str, str, str]]:
    """Give what a step names of the procedure: where, the name, and what it should be."""
    does, thing = step.done
    for part in _those_of(thing, _PARTS):
        name = getattr(thing, part)
        if isinstance(name, tuple):
            name = name[1]
        if name is not None:
            yield f"{does}.{part}", name, _PARTS[part]
    if isinstance(thing, Check | Answer):
        yield f"{does}.evidence", thing.evidence, "number"


def _goes_by_evidence(step: ChartStep) -> bool:
    return bool(
        step.test or step.check or (step.wait and step.wait.by) or (step.act and step.act.by)
    )


def _is_about_a_subject(step: ChartStep) -> bool:
    does, _ = step.done
    return does in _ABOUT_A_SUBJECT or bool(step.wait and step.wait.by)


_ABOUT_A_SUBJECT: Final = frozenset(
    (
        *("check", "test", "write", "start", "act", "invite", "gather", "join"),
        *("ask", "answer", "hear"),
    )
)
"""Steps that need something that the case is about."""


def _walk(steps: tuple[ChartStep, ...], where: str) -> Iterator[tuple[str, ChartStep]]:
    for number, step in enumerate(steps):
        here = f"{where}[{number}]"
        yield here, step
        for branch, inner in step.branches():
            yield from _walk(inner, f"{here}.{branch}")


class Post(Sourced):
    """People who do casework in an organisation: so many teams, of so many."""

    of: Name
    """Organisation, or ``national`` for every Member State."""
    number: float | None = Field(default=None, gt=0, le=1e6)
    """Teams of all there are; not every one is about what the scenario has."""
    one_per: float | None = Field(default=None, ge=1e-9, le=1e9)
    """Police officers of a state for each team."""
    officers: float = Field(gt=0, le=1000)
    """People of a team."""
    length: Hours = Field(gt=0)
    """How long a team is held by a case of somebody else on average."""
    sampled: bool = True
    """Whether a scenario's sample of the world has its share of them only."""

    @model_validator(mode="after")
    def _is_counted_one_way(self) -> Self:
        if (self.number is None) == (self.one_per is None):
            raise refusal(
                "a post has a number of teams, or one for so many police officers",
                "write `number: 4` or `one_per: 7000`, and not both",
            )
        if self.of != NATIONAL and self.one_per is not None:
            raise refusal("a body has no police officers of a state", "write `number:`")
        return self

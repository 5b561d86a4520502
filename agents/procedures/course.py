"""The course of one case: a SimPy process that goes through the steps of its procedure."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, Final, Literal, Protocol

import simpy

from agents.lane import NO_PLACE, Blow, Case, Lane, Taking, Verb, choose, surer, upholds
from agents.procedures.common import Commons, Team
from scenarios.schema import (
    NATIONAL,
    STEPS_A_TICK,
    Act,
    Answer,
    Ask,
    ChartStep,
    Check,
    Evidence,
    Gather,
    Ground,
    Hear,
    Invite,
    Join,
    Probe,
    Procedure,
    Take,
    Toss,
    Wait,
    Watch,
)
from sim.seam import Either

Part = Generator[simpy.Event, Any, bool]
"""A part of a course; it returns whether the case has ended."""

_LEAST: Final = 1 / 64
"""Share of the usual evidence below which less evidence makes nothing worse."""


class Work(Protocol):
    """The procedure as the organisation of a case practises it."""

    lane: Lane
    key: str
    commons: Commons
    place: int

    @property
    def spec(self) -> Procedure:
        """What a case goes by that is opened now."""

    @property
    def others(self) -> Mapping[str, Work]:
        """What else the organisation does, by procedure."""

    def known(self, case: Case) -> tuple[float, int]:
        """Return evidence on the subject, and the number of organisations behind it."""

    def proven(self, case: Case) -> set[str]:
        """Return the organisations whose evidence counts in court."""

    def tellers(self, subject: int) -> set[str]:
        """Who has told of a subject since the last case on it."""

    def current(self, subject: int) -> Case | None:
        """Return the open case on a subject."""

    def begin(self, subject: int, *, like: Case) -> Case:
        """Open a case now, with what is in the file of another one."""

    @property
    def desk(self) -> int | None:
        """The desk that keeps the files; None if it is not there."""

    def forget(self, case: Case, *, spend: bool) -> None:
        """Be done with the subject of a case."""


class Course:
    """One case on its way through the chart.

    Parameters
    ----------
    work
        The practice of the organisation.
    case
        The case, open.
    priority
        Which cases go before it where people are short.
    """

    def __init__(self, work: Work, case: Case, priority: int) -> None:
        self._work, self._lane, self._spec = work, work.lane, work.spec
        self._regime = work.lane.regime
        self._case, self._priority = case, priority
        self._held: dict[str, list[Taking]] = {}
        self._watched: list[tuple[int, list[int], float, int]] = []
        self._team: Team | None = None
        """Common work that this case invited others to."""
        self._waits: dict[str, Callable[[Any], Part]] = {
            "take": self._take,
            "wait": self._wait,
            "check": self._check,
            "test": self._test,
            "chance": self._toss,
            "act": self._act,
            "gather": self._gather,
            "join": self._join,
            "hear": self._hear,
        }
        self._at_once: dict[str, Callable[[Any], None]] = {
            "give": self._give,
            "write": self._write,
            "start": self._start,
            "watch": self._watch,
            "invite": self._invite,
            "link": self._link,
            "ask": self._ask,
            "answer": self._answer,
        }

    def run(self) -> Generator[simpy.Event, Any, None]:
        """Go through the chart from its first step."""
        self._note("opens a case")
        ended = yield from self._through(self._spec.steps)
        if not ended:
            self._close("done", spend=False)

    def _through(self, chart: Sequence[ChartStep]) -> Part:
        for step in chart:
            name, thing = step.done
            if name == "close":
                self._close(thing.how, spend=thing.spend)
                return True
            if name in self._at_once:
                self._at_once[name](thing)
            elif (yield from self._waits[name](thing)):
                return True
        return False

    # People and time ---------------------------------------------------------------------------

    def _take(self, take: Take) -> Part:
        case, lane = self._case, self._lane
        post = f"{case.organisation}.{take.post}"
        whole = case.subject >= 0 and not lane.declared(case.subject).sampled
        taking = lane.work.take(post, self._priority, case.names, whole=whole)
        case.asked.append(lane.now)
        self._fact("waits for people")
        if take.patience is None:
            yield taking.granted
        else:
            yield Either(taking.granted, self._deadline(take.patience))
        case.waited += lane.now - case.asked.pop()
        self._fact("waits no more")
        if not taking.granted.triggered:
            taking.end()
            return (yield from self._through(take.otherwise))
        threat = "" if case.subject < 0 else lane.threat_of(case.subject)
        taking.begin(useful=self._is_real or case.subject < 0, threat=threat, subject=case.subject)
        self._held.setdefault(take.post, []).append(taking)
        self._note("puts people on it")
        return False

    def _give(self, post: str) -> None:
        for taking in self._held.pop(post, ()):
            taking.end()

    def _wait(self, wait: Wait) -> Part:
        ticks = self._drawn(wait.delay)
        if wait.unless is not None:
            column, number = wait.unless
            if not getattr(self._lane.member(self._work.place), column):
                ticks *= self._spec.numbers[number].value
        for _ in range(wait.parts):
            part = ticks / wait.parts * (self._slower if wait.by else 1.0)
            yield self._lane.environment.timeout(round(part * STEPS_A_TICK) / STEPS_A_TICK)
        return False

    def _drawn(self, delay: str) -> float:
        """Draw a delay of this case, in ticks."""
        lane = self._lane
        return self._regime.durations.draw(
            lane.draws, f"{self._work.key}:{delay}", *self._case.names
        )

    @property
    def _evidence(self) -> Evidence:
        if self._spec.evidence is None:
            raise ValueError(self._work.key)
        return self._spec.evidence

    @property
    def _slower(self) -> float:
        """Times as long as usual that things take with what is known now."""
        held, _ = self._work.known(self._case)
        spec = self._evidence
        usual = spec.usual.value
        return float((usual / max(held, usual * _LEAST)) ** spec.faster.value)

    def _odds(self, ground: Ground) -> float:
        """Times as high as usual that the odds of a right answer are with what is known now."""
        held, organisations = self._work.known(self._case)
        if ground == "proof":
            organisations = len(self._work.proven(self._case))
        spec = self._evidence
        doublings = math.log2(max(held / spec.usual.value, _LEAST))
        times: float = spec.surer.value**doublings
        return times * spec.organisation.value ** max(organisations - 1, 0)

    # Ways to go --------------------------------------------------------------------------------

    def _check(self, check: Check) -> Part:
        held, _ = self._work.known(self._case)
        if held < self._spec.numbers[check.evidence].value:
            return (yield from self._through(check.otherwise))
        return False

    def _test(self, probe: Probe) -> Part:
        """Have nature answer; whoever told of what does not hold is trusted less."""
        lane, case, chances = self._lane, self._case, self._spec.chances
        chance = upholds(
            is_real=self._is_real,
            right_if_real=chances[probe.if_real].value,
            right_if_false=chances[probe.if_not].value,
            odds=self._odds(probe.by),
        )
        if self._happens(chance, probe.name):
            self._note(f"finds that it holds: {probe.name.replace('_', ' ')}")
            if probe.upholds:
                lane.cases.uphold(case, lane.now)
                self._fact("case upheld")
            return False
        self._note(f"finds nothing in it: not {probe.name.replace('_', ' ')}")
        groups = lane.layout.groups
        tellers = [groups[name] for name in sorted(self._work.tellers(case.subject))]
        lane.trust.misled(lane.domain_of(case.subject), [groups[case.organisation]], tellers)
        return (yield from self._through(probe.otherwise))

    def _toss(self, toss: Toss) -> Part:
        goes = self._happens(self._spec.chances[toss.of].value, toss.name)
        return (yield from self._through(toss.then if goes else toss.otherwise))

    def _happens(self, chance: float, name: str) -> bool:
        return self._lane.draws.chance(chance, f"{self._work.key}:{name}", *self._case.names)

    @property
    def _is_real(self) -> bool:
        """What only nature and the books know."""
        return self._case.subject >= 0 and self._lane.is_real(self._case.subject)

    # What is done ------------------------------------------------------------------------------

    def _write(self, report: str) -> None:
        self._note(f"writes {report}")
        self._lane.write(
            f"{self._case.organisation}.{self._spec.at[0]}", self._case.subject, report
        )

    def _start(self, procedure: str) -> None:
        other = self._work.others[procedure]
        if other.current(self._case.subject) is None:
            begun = other.begin(self._case.subject, like=self._case)
            self._work.commons.inquiries.share(self._case, begun)

    def _act(self, act: Act) -> Part:
        lane, case, chances = self._lane, self._case, self._spec.chances
        places: tuple[int, ...] = (self._work.place,)
        members: list[Case] = []
        if act.at == "members" and self._team is not None:
            members = self._team.ready
            places = tuple(sorted({one.place for one in members}))
        share = 1.0 if act.share is None else chances[act.share].value
        if act.by is not None:
            share = surer(share, self._odds(act.by))
        kept = 1.0 if act.kept is None else chances[act.kept].value
        verb: Verb = getattr(lane.of(case.subject), act.verb)
        where = ", ".join(lane.groups[place] for place in places if place != NO_PLACE)
        self._note(f"acts in {where}: {act.verb}" if where else f"acts: {act.verb}", kind="action")
        blow = Blow(places, f"{case.organisation}:{case.turn}", share, kept)
        came = verb(case.subject, blow) if places else 0.0
        if members and self._team is not None:
            self._team.end(acted=True)
            if came and not self._team.was_useful:
                self._team.was_useful = True
                groups = [lane.layout.groups[one.organisation] for one in members]
                lane.trust.useful(lane.domain_of(case.subject), groups)
        if came:
            return False
        return (yield from self._through(act.otherwise))

    def _watch(self, watch: Watch) -> None:
        """Have more seen somewhere, of every subject."""
        lane = self._lane
        hosts = [one.asker.place for one in self._work.commons.inquiries.asked(self._case)]
        places = hosts or self._chosen(watch)
        gain = self._spec.numbers[watch.gain].value
        for subject in range(len(lane.layout.subjects)):
            aspects = lane.declared(subject).aspects
            if watch.aspect in aspects:
                seen = subject, places, gain, aspects.index(watch.aspect)
                self._watched.append(seen)
                lane.watch_closer(*seen)

    def _chosen(self, watch: Watch) -> list[int]:
        """Choose as many states as a watch is for, each as likely."""
        members = self._lane.layout.atlas.members.values()
        everywhere = watch.among == "everywhere"
        weights = [float(member.external_border or everywhere) for member in members]
        places = []
        for number in range(min(watch.states, sum(map(bool, weights)))):
            stream = f"{self._work.key}:state-{number}"
            place = choose(self._lane.draws, weights, stream, *self._case.names)
            weights[place] = 0.0
            places.append(place)
        return places

    def _link(self, faces: tuple[str, ...] | Literal["held"]) -> None:
        """Have the desk know that faces belong together: some, or all that it knows of."""
        lane, subject, unit = self._lane, self._case.subject, self._work.desk
        if unit is None or subject < 0:
            return
        if faces == "held":
            known = lane.engine.knowledge(lane.number, unit, subject, int(lane.now))
            numbers = [(one.faces & -one.faces).bit_length() - 1 for one in known]
        else:
            there = lane.declared(subject).faces
            numbers = [there.index(face) for face in faces if face in there]
        for number in numbers[1:]:
            lane.engine.link(lane.number, unit, subject, numbers[0], number)
        if len(numbers) > 1:
            self._note("finds what belongs together")

    # Common work -------------------------------------------------------------------------------

    def _invite(self, invite: Invite) -> None:
        """Ask others to join; an own case of theirs does so at once."""
        self._team = self._work.commons.begin(self._lane, self._case, invite)
        own = self._work.others.get(invite.into)
        if own is not None and (case := own.current(self._case.subject)) is not None:
            self._team.join(case)
        self._write(invite.report)

    def _gather(self, gather: Gather) -> Part:
        team = self._team
        if team is not None:
            yield from team.gathered(gather.least, self._deadline(gather.patience))
            if len(team.ready) >= gather.least:
                return False
            team.end(acted=False)
        return (yield from self._through(gather.otherwise))

    def _join(self, join: Join) -> Part:
        """Wait for the common action; the own steps are for those that go alone."""
        team = self._work.commons.joined(self._case)
        if team is not None:
            self._note(f"is ready and waits for those with {team.host.organisation}")
            team.is_ready(self._case)
            yield from team.acted(self._deadline(join.patience))
            if team.has_acted:
                return False
            team.leave(self._case)
        return (yield from self._through(join.alone))

    # What is asked of others ---------------------------------------------------------------------

    def _ask(self, ask: Ask) -> None:
        """Ask a body, or each other state that something known comes from."""
        lane, case, commons = self._lane, self._case, self._work.commons
        of = lane.layout.scenario.procedures[ask.procedure].of
        asked = self._states_concerned() if of == NATIONAL else [of]
        if done := commons.inquiries.ask(lane, case, ask.procedure, asked):
            self._note(f"asks {', '.join(done)} for {ask.procedure}")

    def _states_concerned(self) -> list[str]:
        """Return whom something known comes from, but for those one works with anyway."""
        case, groups = self._case, self._lane.groups
        self._work.known(case)
        team = self._work.commons.joined(case)
        joined = [one.organisation for one in team.joined] if team is not None else []
        names = [groups[number] for number in self._lane.groups_in(case.origins)]
        return [name for name in names if name not in {case.organisation, *joined}]

    def _answer(self, answer: Answer) -> None:
        """Give those who asked what was found."""
        evidence = self._spec.numbers[answer.evidence].value
        for inquiry in self._work.commons.inquiries.asked(self._case):
            inquiry.give(self._case, evidence)
            self._note(f"answers {inquiry.asker.organisation}")
        self._fact("answer given", evidence=evidence)

    def _hear(self, hear: Hear) -> Part:
        inquiry = self._work.commons.inquiries.of(self._case)
        if inquiry is not None:
            yield from inquiry.answered(self._deadline(hear.patience))
        return False

    def _deadline(self, patience: str) -> simpy.Event:
        return self._lane.environment.timeout(self._drawn(patience))

    # The end -----------------------------------------------------------------------------------

    def _close(self, how: str, *, spend: bool) -> None:
        case, lane = self._case, self._lane
        for post in list(self._held):
            self._give(post)
        for subject, places, gain, aspect in self._watched:
            lane.watch_closer(subject, places, -gain, aspect)
        if self._team is not None:
            self._team.end(acted=False)
        if (joined := self._work.commons.joined(case)) is not None:
            joined.leave(case)
        self._work.commons.inquiries.close(case)
        lane.cases.close(case, how, lane.now)
        self._fact("case closed")
        self._note(f"closes the case: {how.replace('-', ' ')}")
        self._work.forget(case, spend=spend)

    def _note(self, text: str, *, kind: Literal["case", "action"] = "case") -> None:
        if self._case.subject >= 0:
            said = f"{text} ({self._work.key})"
            self._lane.note(self._case.organisation, kind, self._case.subject, said)

    def _fact(self, what: str, **numbers: float) -> None:
        case = self._case
        numbers |= {"turn": case.turn, "place": case.place}
        self._lane.fact(case.organisation, what, case.subject, self._work.key, **numbers)

"""The fast kernel equals the reference: every event, every tick, every counter."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings, strategies as st

from sim.kernel import engine as kernel_module
from sim.kernel.engine import Kernel
from sim.kernel.fusion import Fusion
from sim.kernel.knowledge import Knowledge
from sim.kernel.making import Making
from sim.kernel.pull import Files
from sim.kernel.release import Release
from sim.kernel.stores import Stores
from sim.kernel.triage import Triage
from sim.reference import Reference
from sim.seam.counts import Counts
from sim.seam.port import COUNTERS, LaneId, Log, advance
from sim.seam.world import World
from tests.stories import Story, kernel_stories, knows
from tests.worlds import (
    Action,
    Script,
    ScriptedHost,
    example_script,
    example_world,
    lane_ids,
    scripts,
    worlds,
)


def reference_story(world: World, lane: LaneId, script: Script) -> Story:
    log, host = Log(), ScriptedHost([script])
    engine = Reference(world, lane, log)
    advance(engine, host, world.horizon)
    counters = dict(zip(COUNTERS, engine.counters()[0].tolist(), strict=True))
    return Story(
        log,
        host.heard(0),
        counters,
        engine.by_kind()[0].tolist(),
        int(engine.backlog()[0]),
        engine.disclosed(0).tolist(),
        knows(engine, world, 0),
    )


@st.composite
def batches(draw: st.DrawFn) -> tuple[World, list[LaneId], list[Script]]:
    """A small world, a few lanes in any order, and what their hosts do."""
    world = draw(worlds())
    lanes = draw(st.lists(lane_ids(world), min_size=1, max_size=4))
    return world, lanes, [draw(scripts(world)) for _ in lanes]


def same(first: Story, second: Story) -> None:
    assert first.sorted() == second.sorted()


@pytest.mark.long
@settings(max_examples=150, deadline=None)
@given(batch=batches())
def test_every_lane_of_a_batch_equals_the_reference(
    batch: tuple[World, list[LaneId], list[Script]],
) -> None:
    world, lanes, plans = batch
    for story, lane, plan in zip(kernel_stories(world, lanes, plans), lanes, plans, strict=True):
        same(story, reference_story(world, lane, plan))


EXAMPLE_LANES = [LaneId(point, 7, number) for point in (0, 1) for number in range(6)]


def example_references() -> list[Story]:
    world, script = example_world(), example_script()
    return [reference_story(world, lane, script) for lane in EXAMPLE_LANES]


known_references = cache(example_references)
"""For tests that change nothing in the reference."""


def example_stories(
    references: Callable[[], list[Story]] = known_references,
) -> list[tuple[Story, Story]]:
    world, script = example_world(), example_script()
    kernel = kernel_stories(world, EXAMPLE_LANES, [script] * len(EXAMPLE_LANES))
    return list(zip(kernel, references(), strict=True))


def test_the_example_world_equals_the_reference_and_uses_every_rule() -> None:
    pairs = example_stories()
    for story, reference in pairs:
        same(story, reference)
    total = Counter[str]()
    for story, _ in pairs:
        total.update(story.counters)
        total["recognitions"] += len(story.log.recognitions)
    idle = [name for name in (*COUNTERS, "recognitions") if total[name] == 0]
    assert idle == ["violations"]


def test_sweeping_dead_reports_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    often = []
    for sweep in (1, 7, 10_000):
        monkeypatch.setattr(kernel_module, "SWEEP", sweep)
        often.append([story.sorted() for story, _ in example_stories()])
    assert often[0] == often[1] == often[2]


def _later(original: Any) -> Any:
    def decide(self: Any, tick: int, *args: Any) -> Any:
        outcome = original(self, tick, *args)
        return outcome._replace(due=outcome.due + 1)

    return decide


def more_credit(original: Any) -> Any:
    def serve(self: Any, tick: int) -> Any:
        self._credit += 1
        return original(self, tick)

    return serve


def stronger(original: Any) -> Any:
    def add(self: Any, tick: int, evidence: Any) -> Any:
        return original(self, tick, evidence._replace(weight=evidence.weight + 1))

    return add


def _swapped_queue(original: Any) -> Any:
    def enqueue(self: Any, queue: Any, key: Any, slot: Any, channel: Any) -> Any:
        return original(self, queue, ~key, slot, channel)

    return enqueue


def _blurred(original: Any) -> Any:
    """Observations show only what is sure."""

    def faces(self: Any, draft: Any, key: Any) -> Any:
        return original(self, draft._replace(sight=-1 - 0 * draft.sight), key)

    return faces


def _of_any_face(original: Any) -> Any:
    """What is asked about does not matter."""

    def answer(self: Any, tick: int, request: Any) -> Any:
        self._some_faces = False
        return original(self, tick, request)

    return answer


def longer_kept(original: Any) -> Any:
    """Stores forget a tick late."""

    def keep(self: Any, tick: int, *args: Any) -> None:
        original(self, tick, *args)
        kept = self._kept
        kept.until[(kept.since == tick) & (kept.until > 0)] += 1

    return keep


def told_to_itself(original: Any) -> Any:
    """Stores tell a group of its own records."""

    def alike(self: Any, tick: int, new: Any, file: Any, faces: Any) -> Any:
        return original(self, tick, new._replace(group=np.full_like(file, -1)), file, faces)

    return alike


def one_hit_less(original: Any) -> Any:
    def hits(self: Any, tick: int) -> Any:
        found = original(self, tick)
        return type(found)(*(part[1:] for part in found))

    return hits


STORE_ERRORS = [
    (Stores, "keep", longer_kept),
    (Stores, "_alike", told_to_itself),
    (Stores, "guard", one_hit_less),
    (Stores, "mistake", one_hit_less),
]


def _unlinked(original: Any) -> Any:
    """Faces are joined only where just two are."""

    def join(self: Any, entry: Any, faces: Any) -> None:
        some = np.bitwise_count(faces) == 2
        original(self, entry[some], faces[some])

    return join


def _linked_in_silence(original: Any) -> Any:
    """What is linked is not looked at."""

    def link(self: Any, *args: int) -> None:
        original(self, *args)
        self._linked.clear()

    return link


def _linked_as_it_stood(original: Any) -> Any:
    """What is linked does not age before."""

    def link(self: Any, tick: int, lane: int, unit: int, subject: int, faces: int) -> None:
        last = int(self.last[self.entry_of(lane, unit, subject)])
        original(self, last, lane, unit, subject, faces)

    return link


def _all_that_is_known(original: Any) -> Any:
    """Whoever is in any of what a sender knows is concerned."""

    def known(self: Any, pair: Any, faces: Any) -> Any:
        return original(self, pair, faces | 255)

    return known


def _never_spent(original: Any) -> Any:
    """What is spent is forgotten but for who recognised it."""

    def spend(self: Any, *args: int, links: bool) -> None:
        before = self.recognised.copy()
        original(self, *args, links=links)
        self.recognised[...] = before

    return spend


def _known_to_all(original: Any) -> Any:
    """Nobody misses a contact."""

    def missing(self: Any, *args: Any) -> Any:
        return np.zeros_like(original(self, *args))

    return missing


def _in_any_domain(original: Any) -> Any:
    """What holds in one domain holds in all."""

    def asked(self: Any, *args: Any) -> Any:
        domain, self.domain = self.domain, np.zeros_like(self.domain)
        found = original(self, *args)
        self.domain = domain
        return found

    return asked


def _of_another_kind(original: Any) -> Any:
    """What is counted by kind goes to the first."""

    def add_about(self: Any, name: str, lane: Any, subject: Any) -> None:
        original(self, name, lane, np.zeros_like(subject))

    return add_about


@pytest.mark.long
@pytest.mark.parametrize(
    ("where", "name", "error"),
    [
        (Release, "_missing", _known_to_all),
        (Release, "_missing", _in_any_domain),
        (Release, "_trusted", _in_any_domain),
        (Counts, "add_about", _of_another_kind),
        *STORE_ERRORS,
        (Knowledge, "join", _unlinked),
        (Kernel, "link", _linked_in_silence),
        (Knowledge, "link", _linked_as_it_stood),
        (Knowledge, "known", _all_that_is_known),
        (Knowledge, "spend", _never_spent),
        (Making, "_faces", _blurred),
        (Files, "answer", _of_any_face),
        (Release, "decide", _later),
        (Triage, "serve", more_credit),
        (Fusion, "add", stronger),
        (Triage, "enqueue", _swapped_queue),
    ],
)
def test_an_error_planted_in_the_kernel_is_caught(
    monkeypatch: pytest.MonkeyPatch, where: type, name: str, error: Any
) -> None:
    monkeypatch.setattr(where, name, error(getattr(where, name)))
    assert any(story.sorted() != reference.sorted() for story, reference in example_stories())


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
def test_worlds_have_contacts_that_are_missing_in_some_domains() -> None:
    def is_meant(batch: tuple[World, list[LaneId], list[Script]]) -> bool:
        world, _, plans = batch
        missing = {a.args[2] for plan in plans for a in plan if _takes_a_contact_away(a)}
        return bool(world.terms.contact.any() and missing - {0} and len(world.domains) > 1)

    some = settings(phases=[Phase.generate], max_examples=2_000)
    find(batches(), is_meant, settings=some, random=random.Random(5))  # noqa: S311 - examples


def _takes_a_contact_away(action: Action) -> bool:
    return action.kind == "set_contact" and not action.args[-1]


def test_an_error_planted_in_the_reference_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.reference.rules.ANSWER", 12345)
    pairs = example_stories(example_references)
    assert any(story.sorted() != reference.sorted() for story, reference in pairs)


def test_memory_follows_what_is_alive() -> None:
    world, script = example_world(), example_script()
    lanes = [LaneId(0, 7, number) for number in range(20)]
    engine = Kernel(world, lanes)
    advance(engine, ScriptedHost([script] * len(lanes)), world.horizon)
    made = int(engine.counters()[:, COUNTERS.index("reports")].sum())
    engine._sweep(world.horizon + int(np.max(world.classes.lifetime)))
    assert made > 0
    assert engine._store.alive == 0
    assert engine._triage.waiting_reports() == 0
    assert engine._stores is not None
    assert engine._stores.kept == 0

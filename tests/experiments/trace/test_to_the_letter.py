"""Stories of two lanes that were made up, to the letter.

After a change of the words, ``python -m tests.experiments.trace.test_to_the_letter`` writes `told/`
anew; read what has changed, for these files are what the words are held to.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from experiments.trace.comparing import compare
from experiments.trace.events import Events
from experiments.trace.rows import Arrow, arrows_of, lines_of, shown_rows
from experiments.trace.story import choose, story_of
from tests.experiments.trace.planted import FR, bilateral, shown, world

TOLD = Path(__file__).parent / "told"
CASES = [
    ("one", False, False),
    ("one-all", False, True),
    ("both", True, False),
    ("both-all", True, True),
]


def told(*, both: bool, every: bool) -> tuple[str, str]:
    """Return text and facts as they are kept."""
    story = shown(both=both, every=every)
    facts = json.dumps(story.facts(), indent=1, ensure_ascii=False)
    return "\n".join([*story.lines(80), ""]), f"{facts}\n"


@pytest.mark.parametrize(("name", "both", "every"), CASES)
def test_the_story_is_told_to_the_letter(name, both, every):
    text, facts = told(both=both, every=every)
    assert text == (TOLD / f"{name}.txt").read_text(encoding="utf-8")
    if name in {"one-all", "both"}:
        assert json.loads(facts) == json.loads((TOLD / f"{name}.json").read_text(encoding="utf-8"))


def test_what_the_picture_shows():
    story = shown(both=False, every=False).story
    lines = lines_of(story)
    rows = shown_rows([lines], frozenset({"europol"}))
    assert rows == ["ES", "IT", "europol", "FR"]
    held = {
        name: (line.traces, line.recognitions, line.cases, line.steps, line.actions)
        for name, line in lines.items()
    }
    assert held == {
        "ES": ([4, 7], [], [], [], []),
        "FR": ([6], [26], [], [], []),
        "IT": ([8, 9], [], [], [], []),
        "PT": ([], [15], [], [], []),
        "europol": ([], [12], [(12.25, 31)], [12.25], [31]),
    }
    horizon, lifetime = story.events.horizon, story.events.reports[FR].cls.lifetime
    assert lines["ES"].waits == [(13, min(horizon, 6 + lifetime)), (22, 23), (41, 44)]
    assert arrows_of(story, rows) == [
        Arrow("ES", "europol", 4, 7),
        Arrow("FR", "europol", 10, 12),
        Arrow("ES", "FR", 23, 25),
    ]


def test_a_reading_that_mattered_is_where_they_part():
    """Two lanes that are the same until Europol reads a report later in the other."""
    one, other = (bilateral(*world()) for _ in range(2))
    log = other.lane.replay.log
    [place] = [n for n, row in enumerate(log.reads) if row[0] == 12]
    log.reads[place] = (14, *log.reads[place][1:])
    other = Events(other.lane)
    both = compare(*[story_of(events, choose([one])) for events in (one, other)])
    assert both.mattered == both.parting
    assert both.mattered is not None
    assert (both.mattered.tick, both.mattered.kind) == (12, "reading")
    assert both.mattered.what == "europol.analysis reads customs-trace 02000000 of FR.customs"
    for why, read in zip(both.mattered.why, ("00:00 (tick 12)", "12:00 (tick 14)"), strict=True):
        assert f"it comes day 3 00:00 (tick 12) and is read day 3 {read}, after what" in why


if __name__ == "__main__":
    for name, both, every in CASES:
        text, facts = told(both=both, every=every)
        (TOLD / f"{name}.txt").write_text(text, encoding="utf-8")
        if name in {"one-all", "both"}:
            (TOLD / f"{name}.json").write_text(facts, encoding="utf-8")

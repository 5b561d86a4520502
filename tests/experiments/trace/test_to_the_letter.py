"""Stories of two lanes that were made up, to the letter.

After a change of the words, ``python -m tests.experiments.trace.test_to_the_letter`` writes `told/`
anew; read what has changed, for these files are what the words are held to.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.experiments.trace.planted import shown

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


if __name__ == "__main__":
    for name, both, every in CASES:
        text, facts = told(both=both, every=every)
        (TOLD / f"{name}.txt").write_text(text, encoding="utf-8")
        if name in {"one-all", "both"}:
            (TOLD / f"{name}.json").write_text(facts, encoding="utf-8")

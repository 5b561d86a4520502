"""The story of one lane, told from a replay: `tell`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from experiments.trace.comparing import Comparison
    from experiments.trace.story import Story


@dataclass(frozen=True)
class Shown:
    """A story, or two side by side, in every form there is."""

    story: Story
    both: Comparison | None
    every: bool

    def lines(self, width: int | None = None) -> list[str]:
        """As text, in so many columns; in as many as are easy to read if that is not said."""
        from experiments.trace.page import Page
        from experiments.trace.side_by_side import tell_both
        from experiments.trace.telling import tell_one

        page = Page() if width is None else Page(width)
        if self.both is None:
            tell_one(page, self.story, every=self.every)
        else:
            tell_both(page, self.both, every=self.every)
        return page.lines

    def facts(self) -> dict[str, Any]:
        """As plain JSON content."""
        from experiments.trace.facts import comparison_facts, story_facts

        if self.both is None:
            return story_facts(self.story, every=self.every)
        return comparison_facts(self.both, every=self.every)

    def draw(self, path: Path | None = None) -> Path:
        """As a timeline; return where it was drawn."""
        from experiments.trace.drawing import draw

        return draw(self.story, self.both, path)


def tell(
    folder: Path,
    *,
    policy: str | None = None,
    replication: int = 0,
    setting: int = 0,
    against: str | None = None,
    subject: str | None = None,
    every: bool = False,
) -> Shown:
    """Replay a lane of a run directory, or two of the same world, and put the story together.

    Raises
    ------
    UserError, SpecError
        If there is no such lane or subject, or the lane does not come out as it was stored.
    """
    from experiments.store import open_for_reading
    from experiments.trace.comparing import compare
    from experiments.trace.events import Events
    from experiments.trace.replaying import replay_lanes
    from experiments.trace.story import choose, story_of

    if policy is None:
        policy = str(open_for_reading(folder).manifest.identity["baseline"])
    policies = [policy] if against is None else [policy, against]
    lanes = [Events(lane) for lane in replay_lanes(folder, policies, replication, setting)]
    choice = choose(lanes, subject, every=every)
    stories = [story_of(lane, choice) for lane in lanes]
    both = None if against is None else compare(*stories, every=every)
    return Shown(stories[0], both, every)

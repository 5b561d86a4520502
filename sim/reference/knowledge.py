"""What a unit makes of a subject: which faces belong together, and what it holds on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sim.seam import Component

EVIDENCE_CAP = 2**30


@dataclass(slots=True)
class Part:
    """A component: faces that belong together, as bits, and what is held on them."""

    faces: int
    evidence: int = 0
    origins: int = 0
    recognised: bool = False

    @property
    def joined(self) -> bool:
        """Whether it is more than one face."""
        return self.faces.bit_count() > 1


class Belief:
    """What one unit makes of one subject.

    Parameters
    ----------
    faces
        How many faces the subject has.
    decay
        Share of evidence left after a number of ticks, in units of ``1 / DECAY_ONE``.
    """

    def __init__(self, faces: int, decay: Sequence[int]) -> None:
        self.parts = [Part(1 << face) for face in range(faces)]
        """The components, by their lowest face."""
        self.last = 0
        self.last_ask: int | None = None
        self.asks = 0
        """Requests made."""
        self._faces, self._decay = faces, decay

    @property
    def whole(self) -> int:
        """All faces."""
        return (1 << self._faces) - 1

    def aged(self, amount: int, since: int, tick: int) -> int:
        """Return what is left at `tick` of evidence that stood at `since`."""
        return amount * self._decay[tick - since] >> 16

    def age(self, tick: int) -> None:
        """Let all components age to `tick`."""
        for part in self.parts:
            part.evidence = self.aged(part.evidence, self.last, tick)
            if part.evidence == 0:
                part.origins = 0
        self.last = tick

    def join(self, faces: int) -> Part:
        """Make the components that have one of `faces` one; return it."""
        parts = self.of(faces)
        whole = Part(
            sum(part.faces for part in parts),
            min(sum(part.evidence for part in parts), EVIDENCE_CAP),
            all_of(part.origins for part in parts),
            any(part.recognised for part in parts),
        )
        others = [part for part in self.parts if part not in parts]
        self.parts = sorted([*others, whole], key=lambda part: part.faces & -part.faces)
        return whole

    def add(self, faces: int, weight: int, origins: int) -> None:
        """Add evidence to the component that has `faces`."""
        [part] = self.of(faces)
        part.evidence = min(part.evidence + weight, EVIDENCE_CAP)
        part.origins |= origins

    def of(self, faces: int) -> list[Part]:
        """Return the components that have one of `faces`."""
        return [part for part in self.parts if part.faces & faces]

    def held(self, tick: int) -> list[Component]:
        """Return the components on which something is held, as they stand at `tick`."""
        aged = [(self.aged(part.evidence, self.last, tick), part) for part in self.parts]
        return [
            Component(part.faces, evidence, part.origins, part.recognised)
            for evidence, part in aged
            if evidence or part.origins or part.recognised or part.joined
        ]

    def strongest(self, tick: int) -> int:
        """Return the faces of the component with most evidence at `tick`; all if none is held."""
        held = self.held(tick)
        return max(held, key=lambda part: part.evidence).faces if held else self.whole

    def spend(self, *, links: bool) -> None:
        """Forget evidence, recognition and the last question; which faces belong together, too."""
        for part in self.parts:
            part.evidence, part.origins, part.recognised = 0, 0, False
        self.last_ask = None
        if links:
            self.parts = [Part(1 << face) for face in range(self._faces)]


def all_of(sets: Iterable[int]) -> int:
    """Return everything that is in one of some sets."""
    found = 0
    for one in sets:
        found |= one
    return found

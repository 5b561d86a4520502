"""The threats of a scenario, with the numbers of their subjects and aspects in the world."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scenarios.schema import Scenario, ThreatSpec, qualified
from sim.draws import name_key
from sim.seam import Subjects


@dataclass(frozen=True)
class Threats:
    """Threats whose subjects, and whose aspects, follow each other."""

    specs: Mapping[str, ThreatSpec]
    ranges: dict[str, range]
    """Numbers of the subjects of each."""
    names: tuple[str, ...]
    """Of all subjects."""
    keys: tuple[str, ...]
    """What names them in draws: alone or in company, the threat and its name for them."""
    aspects: tuple[str, ...]
    first_aspect: dict[str, int]
    """Number of the first aspect of each threat."""

    @classmethod
    def of(cls, scenario: Scenario, members: Sequence[str]) -> Threats:
        """Number what the threats of a scenario are made of; `members` are codes of states."""
        specs = scenario.threats
        ranges, first = dict[str, range](), dict[str, int]()
        names, keys, aspects = list[str](), list[str](), list[str]()
        for threat, spec in specs.items():
            own = spec.subjects(members)
            ranges[threat] = range(len(names), len(names) + len(own))
            first[threat] = len(aspects)
            names += [qualified(threat, name, specs) for name in own]
            keys += [f"{threat}.{name}" for name in own]
            aspects += [qualified(threat, name, specs) for name in spec.aspects]
        return cls(specs, ranges, tuple(names), tuple(keys), tuple(aspects), first)

    def subjects(self) -> Subjects:
        """Return all subjects as arrays; a kind is a threat."""
        keys = list(self.drawn)
        kinds = [kind for kind, those in enumerate(self.ranges.values()) for _ in those]
        return Subjects(
            self.names, np.array(keys, dtype=np.uint32), np.array(kinds, dtype=np.int64)
        )

    @property
    def owners(self) -> Iterator[str]:
        """Threat of each subject."""
        return (threat for threat, those in self.ranges.items() for _ in those)

    @property
    def real(self) -> Iterator[bool]:
        """Whether each subject is real and not a coincidence."""
        for threat, those in self.ranges.items():
            yield from map(self.specs[threat].is_real, range(len(those)))

    @property
    def drawn(self) -> Iterator[int]:
        """What names each subject in draws, alone or in company."""
        return (name_key(f"subject:{key}") for key in self.keys)

    @property
    def most_faces(self) -> int:
        """Faces of the threat that has the most."""
        return max(len(spec.faces) for spec in self.specs.values())

"""Kinds of channels: what rules and the law may tell apart, and no more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scenarios.compiling.channels import Network
from scenarios.schema import Match

I64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

Names = tuple[str, ...] | None


class Ends(NamedTuple):
    """What a rule says of channels alone; None where it says nothing."""

    sender: Names
    receiver: Names
    over: Names
    same_member: bool | None

    @classmethod
    def of(cls, match: Match) -> Ends:
        """Return what a rule says of channels."""
        return cls(match.sender, match.receiver, match.over, match.same_member)


class ChannelKinds:
    """The kinds of a network's channels under some rules.

    Channels are of one kind if they are of one instrument, the law allows their receivers the same,
    and every one of the rules names all of them or none.

    Parameters
    ----------
    network
        Desks and channels.
    ends
        What the rules say of channels; names that nothing answers to name nothing.
    """

    def __init__(self, network: Network, ends: Iterable[Ends]) -> None:
        specs = [desk.spec for desk in network.desks]
        lawful = _numbers([(spec.clearance, spec.personal_data) for spec in specs])
        of = _dense(_numbers(network.instrument), lawful[network.dst])
        by_name = _ByName(network)
        channels = {one: by_name.channels(one) for one in sorted(set(ends), key=repr)}
        for named in channels.values():
            of = _dense(of, named.astype(np.int64))
        self.of = of
        """Kind of each channel, shape (C,)."""
        self.first: I64 = np.unique(of, return_index=True)[1]
        """A channel of each kind, shape (X,)."""
        self._named = {one: named[self.first] for one, named in channels.items()}

    def __len__(self) -> int:
        """Number of kinds, X."""
        return int(self.first.size)

    def named(self, ends: Ends) -> Bool:
        """Which kinds a rule names, shape (X,)."""
        return self._named[ends]


class _ByName:
    """The channels of a network that rules name."""

    def __init__(self, network: Network) -> None:
        self._network, self._desks = network, _desks_by_word(network)
        self._manned = np.array([not desk.store for desk in network.desks], dtype=np.bool_)
        here, there = network.place[network.src], network.place[network.dst]
        self._same_member = (here == there) & (here >= 0)
        self._way = {name: number for number, name in enumerate(sorted(set(network.instrument)))}
        self._over = np.array([self._way[name] for name in network.instrument], dtype=np.int64)

    def channels(self, ends: Ends) -> Bool:
        """Which channels a rule names, shape (C,)."""
        network = self._network
        named = self._at(ends, ends.sender, network.src) & self._at(
            ends, ends.receiver, network.dst
        )
        if ends.over is not None:
            named &= np.isin(self._over, [self._way.get(name, -1) for name in ends.over])
        if ends.same_member is not None:
            named &= self._same_member == ends.same_member
        return named

    def _at(self, ends: Ends, names: Names, end: I64) -> Bool:
        """Which channels have at `end` one of the desks that `names` stand for.

        No names stand for everybody with people, and for data bases if the rule names the way.
        """
        if names is None:
            return np.ones(end.size, dtype=np.bool_) if ends.over is not None else self._manned[end]
        nobody = np.zeros(len(self._network.desks), dtype=np.bool_)
        chosen = np.any([self._desks.get(name, nobody) for name in names], axis=0)
        return np.asarray(chosen)[end]


def distinguished(parts: Iterable[I64], channels: int) -> I64:
    """Return the kinds of so many channels that are told apart by any of some numberings of them.

    Parameters
    ----------
    parts
        Arrays of shape (C,): kinds by which channels are told apart, -1 where there is none.
    """
    of = np.zeros(channels, dtype=np.int64)
    for part in parts:
        of = _dense(of, part + 1)
    return of


def _numbers(values: Sequence[object]) -> I64:
    """Number values, equal ones alike."""
    known: dict[object, int] = {}
    return np.array([known.setdefault(value, len(known)) for value in values], dtype=np.int64)


def _dense(number: I64, part: I64) -> I64:
    """Number pairs of numbers from 0 on, without gaps."""
    pairs = number * (1 + int(part.max(initial=0))) + part
    dense: I64 = np.unique(pairs, return_inverse=True)[1].reshape(-1)
    return dense


def _desks_by_word(network: Network) -> dict[str, Bool]:
    """Every word that stands for desks in a rule, with the units it stands for, shape (U,)."""
    count = len(network.desks)
    found: dict[str, Bool] = {}
    for unit, desk in enumerate(network.desks):
        for word in desk.words:
            found.setdefault(word, np.zeros(count, dtype=np.bool_))[unit] = True
    return found

"""What holds of desks and channels under each policy of each variant of a scenario, as phases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scenarios.compiling.channels import Network
from scenarios.compiling.desks import background_tables, capacity, rates, recognition
from scenarios.compiling.kinds import ChannelKinds
from scenarios.compiling.stores import retention
from scenarios.compiling.terms import TermTable
from scenarios.reading import Atlas, LoadedPolicy, LoadedScenario
from scenarios.schema import EVIDENCE_ONE, Scenario
from sim.draws import TableStore
from sim.seam import NEVER, Phases


class Variant(NamedTuple):
    """A scenario under some policies: points of a world."""

    scenario: LoadedScenario
    policies: tuple[LoadedPolicy, ...]


def phases_of(
    variants: Sequence[Variant],
    network: Network,
    kinds: ChannelKinds,
    terms: TermTable,
    tables: TableStore,
) -> Phases:
    """Return a phase for each policy of each variant."""
    for variant in variants:
        for policy in variant.policies:
            terms.add(policy)
    onward, chance, delay = terms.onward()
    scenario, atlas = variants[0].scenario.spec, variants[0].scenario.atlas
    count = sum(len(variant.policies) for variant in variants)
    latency = _latency(scenario, atlas, network, kinds, tables)
    columns: list[dict[str, NDArray[Any]]] = []
    begin = 0
    for variant in variants:
        points = range(begin, begin + len(variant.policies))
        columns.append(_of_desks(variant, network, terms, points, tables))
        begin = points.stop
    return Phases(
        term=terms.table(),
        gate=np.tile(terms.gate, (count, 1, 1)),
        latency=np.tile(latency, (count, 1)),
        open=np.ones((count, len(network.units.names)), dtype=np.bool_),
        **{name: np.concatenate([each[name] for each in columns]) for name in columns[0]},
        onward=onward,
        onward_chance=chance,
        onward_delay=delay,
        retention=np.tile(retention(scenario, network.stores), (count, 1)),
    )


def _of_desks(
    variant: Variant,
    network: Network,
    terms: TermTable,
    points: Sequence[int],
    tables: TableStore,
) -> dict[str, NDArray[Any]]:
    """Return how desks read, see, recognise and ask under each of the policies of a variant."""
    scenario, atlas = variant.scenario.spec, variant.scenario.atlas
    count = len(variant.policies)
    evidence, organisations, asking = recognition(scenario, network)
    ask_at = np.full((count, len(network.units.names), 1), NEVER, dtype=np.int32)
    ask_every = np.ones((count, 1), dtype=np.int32)
    for number, policy in enumerate(variant.policies):
        ask = policy.spec.ask
        if ask is not None:
            ask_at[number, asking] = round(ask.evidence * EVIDENCE_ONE)
            ask_every[number] = max(1, round(ask.every / scenario.tick_h))
    return {
        "capacity": np.tile(capacity(scenario, atlas, network), (count, 1, 1)),
        "background": background_tables(scenario, atlas, network, terms, points, tables),
        "rate": np.tile(rates(scenario), (count, 1)),
        "recognise_at": np.tile(evidence[:, np.newaxis], (count, 1, 1)),
        "origins_needed": np.tile(organisations[:, np.newaxis], (count, 1, 1)),
        "ask_at": ask_at,
        "ask_every": ask_every,
    }


def _latency(
    scenario: Scenario, atlas: Atlas, network: Network, kinds: ChannelKinds, tables: TableStore
) -> NDArray[np.int32]:
    """Table number of the latency of each kind of channel, shape (X,)."""
    number = {
        name: tables.add(spec.latency.table(scenario.tick_h))
        for name, spec in atlas.place.instruments.items()
    }
    instrument = [network.instrument[channel] for channel in kinds.first.tolist()]
    return np.array([number[name] for name in instrument], dtype=np.int32)

"""What takes no part: its desks and ways are closed, and everything else is as it was."""

from __future__ import annotations

from typing import Any

import pytest

from agents import Replay, replay
from scenarios import Compiled, SpecError
from scenarios.compiling.compiled import compile_world
from scenarios.reading.needs import check_needs
from scenarios.schema.absent import Absent
from sim import LaneId
from tests.scenarios.compiling.variants import base, policy, with_spec


def played(**absent: Any) -> tuple[Compiled, Replay]:
    """Return a lane in which something takes no part."""
    loaded = with_spec(base(), absent=Absent(**absent) if absent else None)
    compiled = compile_world(loaded, (policy("full-pool"),))
    return compiled, replay(compiled, LaneId(0, 1, 0))


def at_work(compiled: Compiled, lane: Replay) -> tuple[set[int], set[int]]:
    """Return the units that read, sent, got or made something, and the channels that were used."""
    channels, log = compiled.world.channels, lane.log
    used = {channel for _, _, _, channel, _ in log.sends}
    used |= {channel for _, _, _, channel in log.deliveries}
    units = {int(end[channel]) for channel in used for end in (channels.src, channels.dst)}
    units |= {unit for _, _, _, unit in log.reads} | {unit for *_, unit in log.made}
    return units, used


@pytest.mark.long
@pytest.mark.parametrize(
    ("key", "name"),
    [("organisations", "DE"), ("organisations", "europol"), ("desks", "customs")],
)
def test_desks_that_take_no_part_see_read_and_tell_nothing(key: str, name: str) -> None:
    compiled, with_all = played()
    layout = compiled.layout
    owners = layout.owners if key == "organisations" else layout.desks
    stores = set(compiled.world.stores.unit.tolist())
    theirs = {unit for unit, owner in enumerate(owners) if owner == name} - stores
    assert theirs <= at_work(compiled, with_all)[0]
    compiled, without = played(**{key: (name,)})
    units, _ = at_work(compiled, without)
    assert units
    assert not theirs & units
    assert not compiled.world.phases.open[0, sorted(theirs)].any()
    assert not compiled.world.phases.capacity[0, sorted(theirs)].any()


@pytest.mark.long
def test_what_happens_goes_on_where_a_state_takes_no_part() -> None:
    _, with_all = played()
    compiled, without = played(organisations=("DE",))
    assert "DE" in compiled.layout.places
    mine, theirs = (one.result.outcomes["proceeds_meur"][0] for one in (with_all, without))
    assert theirs == pytest.approx(mine, rel=0.5)


@pytest.mark.long
def test_an_instrument_that_takes_no_part_carries_nothing() -> None:
    compiled, with_all = played()
    names = compiled.world.channels.names
    theirs = {number for number, name in enumerate(names) if name.startswith("siena:")}
    assert theirs & at_work(compiled, with_all)[1]
    compiled, without = played(instruments=("siena",))
    _, used = at_work(compiled, without)
    assert used
    assert not theirs & used


@pytest.mark.parametrize(
    ("key", "name", "meant"),
    [
        ("organisations", "DF", "organisation"),
        ("desks", "polise", "desk"),
        ("instruments", "sienna", "instrument"),
    ],
)
def test_a_name_that_nothing_has_is_refused(key: str, name: str, meant: str) -> None:
    loaded = base()
    spec = loaded.spec.model_copy(update={"absent": Absent(**{key: (name,)})})
    with pytest.raises(SpecError, match=f"unknown {meant}|{meant}") as caught:
        check_needs(loaded.path, spec, loaded.atlas)
    assert f"absent.{key}[0]" in str(caught.value)


def test_nothing_absent_is_the_scenario_as_it_was() -> None:
    loaded = with_spec(base(), absent=Absent())
    one, other = (compile_world(each, (policy("bilateral"),)).world for each in (base(), loaded))
    assert (one.phases.term == other.phases.term).all()
    assert "absent" not in base().document()

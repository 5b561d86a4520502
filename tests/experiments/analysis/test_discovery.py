"""Boxes of conditions: planted ones are found, and of noise nothing is told."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest

from experiments.analysis import discovery, workbench
from experiments.analysis.boxes import Tally, chosen, p_enriched, quasi_p, simplified, union
from experiments.analysis.cases import Cases, against_baseline, against_bound
from experiments.analysis.conditions import Limit
from experiments.analysis.discovery import Discovery, Method, discover
from experiments.analysis.workbench import Limits, leaves, peel
from experiments.errors import UserError
from experiments.planning.scales import Kind, Scale
from tests.experiments.analysis.planted import NAMES, blurred, cases_of, corner, table

SETTINGS = 160


@pytest.fixture(scope="module")
def prim() -> Discovery:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(discovery, "SPLITS", 2)
        values = table(SETTINGS)
        return discover(values, NAMES, cases_of(blurred(corner(values), 0.03)), most=1)


@pytest.fixture(scope="module")
def cart() -> Discovery:
    values = table(SETTINGS)
    return discover(values, NAMES, cases_of(blurred(corner(values), 0.03)), "cart")


# Cases ---------------------------------------------------------------------------------------


def test_a_policy_fails_where_its_mean_is_worse() -> None:
    policy = np.array([[1.0, 2.0, 3.0], [4.0, 4.2, 4.4], [0.0, 0.1, 0.2], [np.nan] * 3])
    baseline = np.full((4, 3), 2.1)
    for better, expected in (("higher", [1, 0, 1, 0]), ("lower", [0, 1, 0, 0])):
        found = against_baseline(policy, baseline, better, "fails", "worse")  # type: ignore[arg-type]
        assert found.of_interest.tolist() == [bool(one) for one in expected]
        wins = against_baseline(policy, baseline, better, "wins", "better")  # type: ignore[arg-type]
        assert (wins.of_interest == ~found.of_interest & found.usable).all()
        assert found.usable.tolist() == [True, True, True, False]
        assert found.unclear.tolist() == [True, False, False, True]
    sure = against_baseline(policy, baseline, "higher", "fails", "worse", surely=True)
    assert sure.of_interest.tolist() == [False, False, True, False]
    assert sure.document()["of_interest"] == 1


def test_a_bound_is_met_or_not() -> None:
    values = np.array([[1.0, 1.0], [3.0, 3.0], [2.0, 2.0]])
    fails = against_bound(values, 2.0, "higher", "fails", "too low")
    assert fails.of_interest.tolist() == [True, False, False]
    assert fails.unclear.tolist() == [False, False, True]
    single = against_bound(values[:, :1], 2.0, "higher", "fails", "too low")
    assert single.of_interest.tolist() == [True, False, False]
    assert single.unclear.all()  # one replication has no interval


# Boxes ---------------------------------------------------------------------------------------


def test_shares_of_a_box_are_those_of_the_definitions() -> None:
    tally = Tally(inside=10, hits=8, of=40, hits_of=16)
    assert (tally.coverage, tally.density, tally.mass) == (0.5, 0.8, 0.25)
    ways = sum(math.comb(16, hits) * math.comb(24, 10 - hits) for hits in range(8, 11))
    assert p_enriched(tally) == pytest.approx(ways / math.comb(40, 10))
    assert p_enriched(Tally(0, 0, 40, 16)) == 1.0
    assert p_enriched(Tally(40, 16, 40, 16)) == 1.0


def test_limits_that_do_nothing_are_taken_off() -> None:
    values = table(200)
    of_interest = corner(values)
    box = Limits(np.array([0.6, -np.inf, 3.0, -np.inf]), np.array([np.inf, 5.0, np.inf, np.inf]))
    low, high, _words = quasi_p(box, values, of_interest)
    assert low[0] < 1e-6 > high[1]
    assert low[2] == 1.0
    assert math.isnan(high[0])
    simple = simplified(box, values, of_interest)
    assert simple.restricted.tolist() == [True, True, False, False]


def test_the_box_chosen_is_the_least_likely_by_chance() -> None:
    values = table(200)
    nothing = Limits(np.full(4, -np.inf), np.full(4, np.inf))
    half = Limits(np.array([0.6, -np.inf, -np.inf, -np.inf]), np.full(4, np.inf))
    right = Limits(half.lows, np.array([np.inf, 5.0, np.inf, np.inf]))
    same = Limits(np.array([0.6, -1.0, -np.inf, -np.inf]), right.highs)
    boxes = [nothing, half, same, right]
    assert chosen(boxes, values, corner(values)) in {2, 3}
    assert chosen([nothing, half, right, half], values, corner(values)) == 2
    assert (union([half, nothing], values)).all()


# ema_workbench -------------------------------------------------------------------------------


@pytest.mark.long
def test_the_trajectory_is_that_of_ema_workbench() -> None:
    """Their coverage, density, mass and quasi-p-values of every box are ours."""
    values = table(100)
    of_interest = blurred(corner(values), 0.05)
    ours = peel(values, of_interest, 0.1)
    with workbench._workbench():
        found = workbench._peeled(values, of_interest, 0.1, "patient", ())
    quasi = found.qp if hasattr(found, "qp") else found.p_values  # up to release 2.5, and from 3
    assert len(ours) == len(found.peeling_trajectory) > 15
    for box, (_, row), p_values in zip(
        ours, found.peeling_trajectory.iterrows(), quasi, strict=True
    ):
        tally = Tally.of_box(box.inside(values), of_interest)
        assert tally.coverage == pytest.approx(row["coverage"])
        assert tally.density == pytest.approx(row["density"])
        assert tally.mass == pytest.approx(row["mass"])
        assert box.restricted.sum() == row["res_dim"]
        low, high, _words = quasi_p(box, values, of_interest)
        for name, pair in p_values.items():
            place = int(name.removeprefix("x"))
            given = [math.nan if p == -1 else p for p in pair]
            assert [low[place], high[place]] == pytest.approx(given, nan_ok=True)


def test_peeling_goes_on_when_no_peel_helps() -> None:
    """Its own objective stops when every end of every range has a case of interest."""
    values = table(100, seed=5)
    of_interest = blurred(corner(values), 0.1, seed=5)
    sizes = [box.inside(values).mean() for box in peel(values, of_interest, 0.05)]
    assert min(sizes) <= 0.07


def test_trees_are_the_same_every_time() -> None:
    values = np.repeat(table(60)[:, :1], 4, axis=1)  # every split is a tie
    of_interest = values[:, 0] > 0.5
    first = [(box.lows, box.highs) for box in leaves(values, of_interest, 0.1, 0.01)]
    for _ in range(5):
        again = [(box.lows, box.highs) for box in leaves(values, of_interest, 0.1, 0.01)]
        assert np.array_equal(first, again)


def test_whole_numbers_and_constants_are_no_trouble() -> None:
    values = np.rint(table(80) * (20, 1, 0.2, 1)).astype(np.float64)
    values[:, 1] = 3.0
    of_interest = values[:, 0] > 12
    box = peel(values, of_interest, 0.1)[-1]
    assert box.lows[0] == pytest.approx(12.5)
    assert not box.restricted[1]


@pytest.mark.parametrize("method", ["prim", "cart"])
def test_without_the_extra_one_message_says_what_to_install(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in list(sys.modules):
        if module.split(".")[0] == "ema_workbench":
            monkeypatch.delitem(sys.modules, module)
    library = {"prim": "ema_workbench", "cart": "sklearn.tree"}[method]
    monkeypatch.setitem(sys.modules, library, None)
    values = table(60)
    with pytest.raises(UserError) as refused:
        discover(values, NAMES, cases_of(corner(values)), method)  # type: ignore[arg-type]
    assert refused.value.remedy == 'pip install "fivesteps[explore]"'
    assert str(refused.value).startswith(library)


# Discovery -----------------------------------------------------------------------------------


@pytest.mark.long
def test_prim_finds_a_planted_box(prim: Discovery) -> None:
    (box,) = prim.told
    assert {limit.name for limit in box.limits} == {"latency", "staff"}
    by_name = {limit.name: limit for limit in box.limits}
    assert by_name["latency"].low == pytest.approx(0.6, abs=0.05)
    assert by_name["staff"].high == pytest.approx(5, abs=0.5)
    assert math.isnan(by_name["latency"].high)
    assert box.coverage > 0.75
    assert box.density > 0.9
    assert box.p < 0.05
    assert all(limit.reproduced >= 0.5 for limit in box.limits)
    assert prim.check is not None
    assert prim.check.density > 2 * prim.base
    assert prim.reason == ""


def test_cart_finds_a_planted_box(cart: Discovery) -> None:
    box = cart.told[0]
    assert {limit.name for limit in box.limits} == {"latency", "staff"}
    assert cart.check is not None
    assert cart.check.p < 0.001
    assert cart.trajectory == ()
    assert cart.picked is None


def test_the_trajectory_shows_what_was_given_up(prim: Discovery) -> None:
    first, last = prim.trajectory[0], prim.trajectory[-1]
    assert (first.coverage, first.mass, first.restricted) == (1.0, 1.0, 0)
    assert last.density > first.density
    assert prim.picked is not None
    assert prim.trajectory[prim.picked].density == pytest.approx(prim.told[0].density, abs=0.1)


def test_a_box_is_written_in_words(prim: Discovery) -> None:
    text = str(prim.told[0])
    assert "latency at least 0." in text
    assert "staff at most 4." in text or "staff at most 5." in text


@pytest.mark.parametrize(
    ("low", "high", "kind", "words"),
    [
        (0.25, math.nan, "number", "x at least 0.250"),
        (math.nan, 0.25, "number", "x at most 0.250"),
        (0.25, 0.5, "number", "x from 0.250 to 0.500"),
        (6.0, 48.0, "hours", "x from 6 h to 2 d"),
        (0.5, math.nan, "switch", "with x"),
        (math.nan, 0.5, "switch", "without x"),
    ],
)
def test_limits_are_written_in_words(low: float, high: float, kind: Kind, words: str) -> None:
    limit = Limit("x", Scale(kind), low, high, 0.0, 1.0, (), (), (), 1.0)
    assert str(limit) == words


# Words ---------------------------------------------------------------------------------------

WORDS = ("as declared", "routine", "immediate", "priority")


def by_words(order: Sequence[str], method: Method) -> Discovery:
    """Fail with `routine` and with `priority`, whatever else; the words numbered by `order`."""
    values = table(SETTINGS)
    word = np.array(WORDS[1:])[np.random.default_rng(3).integers(0, 3, SETTINGS)]
    values[:, 2] = [order.index(one) + 1 for one in word]
    levels = ((0.0, None), *((order.index(one) + 1.0, one) for one in order))
    scales = (Scale(), Scale(), Scale("words", levels), Scale("switch"))
    of_interest = np.isin(word, ["routine", "priority"])
    return discover(values, NAMES, cases_of(of_interest), method, most=1, scales=scales)


@pytest.mark.long
@pytest.mark.parametrize("method", ["prim", "cart"])
def test_words_have_no_order(method: Method, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "SPLITS", 1)
    orders = [["routine", "immediate", "priority"], ["immediate", "routine", "priority"]]
    one, other = (by_words(order, method) for order in orders)
    assert str(one.told[0]) == str(other.told[0]) == "threshold: routine or priority"
    assert (one.told[0].coverage, one.told[0].density) == (1.0, 1.0)
    (limit,) = one.document()["boxes"][0]["limits"]
    assert limit["words"] == ["routine", "priority"]
    assert limit["sampled"] == ["routine", "immediate", "priority"]
    assert limit["low"] is limit["high"] is limit["least"] is limit["most"] is None
    assert one.told[0].limits[0].reproduced == 1.0
    same = [dict(found.document(), boxes=[]) for found in (one, other)]
    assert same[0] == same[1]


@pytest.mark.long
@pytest.mark.parametrize("method", ["prim", "cart"])
def test_one_word_among_many_and_a_range_are_found_together(
    method: Method, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "SPLITS", 1)
    values = table(400)
    values[:, 2] = np.random.default_rng(3).integers(1, 4, 400)
    scales = (Scale(), Scale(), Scale("words", tuple(enumerate(WORDS))), Scale("switch"))
    of_interest = blurred((values[:, 2] == 2) & (values[:, 0] > 0.5), 0.02)
    found = discover(values, NAMES, cases_of(of_interest), method, most=1, scales=scales)
    limits = {limit.name: limit for limit in found.told[0].limits}
    assert limits["threshold"].words == ("immediate",)
    assert limits["latency"].low == pytest.approx(0.5, abs=0.05)


def test_where_levels_are_listed_limits_are_levels() -> None:
    values = table(SETTINGS)
    values[:, 0] = np.array([0.25, 1.0, 4.0])[np.arange(SETTINGS) % 3]
    listed = Scale(levels=((0.25, 0.25), (1.0, 1), (4.0, 4)))
    scales = (listed, Scale(), Scale(), Scale("switch"))
    found = discover(values, NAMES, cases_of(values[:, 0] < 2), "cart", scales=scales)
    assert str(found.told[0]) == "latency at most 1"


def test_nothing_is_told_of_noise() -> None:
    values = table(SETTINGS)
    noise = np.random.default_rng(8).random(SETTINGS) < 0.3
    found = discover(values, NAMES, cases_of(noise), "cart")
    assert found.told == ()
    assert found.reason


@pytest.mark.parametrize(
    ("settings", "count", "reason"),
    [(12, 6, "12 settings are too few"), (40, 2, "too few"), (40, 38, "too many")],
)
def test_what_is_hopeless_is_not_tried(settings: int, count: int, reason: str) -> None:
    found = discover(table(settings), NAMES, cases_of(np.arange(settings) < count))
    assert reason in found.reason
    assert found.boxes == ()
    assert json.dumps(found.document(), allow_nan=False)


def test_settings_without_a_value_are_left_out(cart: Discovery) -> None:
    values = np.concatenate([table(SETTINGS), np.full((5, 4), 1e6)])
    whole = cases_of(blurred(corner(values[:SETTINGS]), 0.03))
    holed = Cases(
        "fails",
        np.append(whole.of_interest, [False] * 5),
        np.append(whole.usable, [False] * 5),
        np.append(whole.unclear, [True] * 5),
    )
    found = discover(values, NAMES, holed, "cart")
    assert found.settings == SETTINGS
    assert found.document() == {**cart.document(), "meaning": "fails"}


@pytest.mark.parametrize("method", ["prim", "cart"])
def test_the_document_is_plain(method: str, request: pytest.FixtureRequest) -> None:
    found: Discovery = request.getfixturevalue(method)
    document = json.loads(json.dumps(found.document(), allow_nan=False))
    assert document["method"] == method
    assert document["boxes"][0]["limits"][0]["name"] in NAMES


class _Later:
    """What PRIM of release 3 asks for: no threshold, and all but the data by keyword."""

    given: ClassVar[dict[str, object]] = {}

    def __init__(self, x: object, y: object, *, peel_alpha: float, mass_min: float) -> None:
        self.given.update(data=(x, y), peel_alpha=peel_alpha, mass_min=mass_min)

    def find_box(self) -> SimpleNamespace:
        return SimpleNamespace(box_lims=[])


class _Earlier(_Later):
    """That of release 2.5."""

    def __init__(
        self, x: object, y: object, threshold: float, *, peel_alpha: float, mass_min: float
    ) -> None:
        super().__init__(x, y, peel_alpha=peel_alpha, mass_min=mass_min)
        self.given["threshold"] = threshold


@pytest.mark.parametrize("release", [_Earlier, _Later])
def test_prim_of_both_releases_is_called(
    release: type[_Later], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ema_workbench.analysis.prim.Prim", release)
    monkeypatch.setattr(_Later, "given", {})
    assert peel(table(40), corner(table(40)), 0.1) == []
    assert ("threshold" in _Later.given) is (release is _Earlier)

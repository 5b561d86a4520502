"""Procedure KN: what it decides, what it asks for, and that telling in parts changes nothing."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from experiments.analysis.ranking import Ranking, eta, kurtosis

NAMES = ("a", "b", "c", "d")


def worlds(replications: int, seed: int = 1, ahead: float = 0.5) -> np.ndarray:
    """Return values of four systems that share their worlds; `c` is best."""
    draws = np.random.default_rng(seed)
    values = draws.normal(0, 2, replications) + draws.normal(0, 1, (4, replications))
    values[2] += ahead
    return values


def plain(
    values: np.ndarray, indifference: float, confidence: float, first: int, step: int
) -> tuple[int, dict[int, int]]:
    """Kim and Nelson's procedure in plain loops, as in the paper: the best, and who fell when."""
    k = len(values)
    constant = ((2 * (1 - confidence) / (k - 1)) ** (-2 / (first - 1)) - 1) / 2
    h2 = 2 * constant * (first - 1)
    variance = {}
    for i in range(k):
        for j in range(k):
            apart = [values[i][r] - values[j][r] for r in range(first)]
            mean = sum(apart) / first
            variance[i, j] = sum((one - mean) ** 2 for one in apart) / (first - 1)
    left, r = list(range(k)), first
    fell: dict[int, int] = {}
    while len(left) > 1:
        means = {i: sum(values[i][:r]) / r for i in left}
        stay = [
            i
            for i in left
            if all(
                means[i]
                >= means[j]
                - max(
                    0.0,
                    indifference / (2 * r) * (h2 * variance[i, j] / indifference**2 - r),
                )
                for j in left
                if j != i
            )
        ]
        fell |= {i: r for i in left if i not in stay}
        left = stay
        r += step
    return left[0], fell


@pytest.mark.parametrize("step", [1, 7])
@pytest.mark.parametrize("seed", range(12))
def test_it_is_the_procedure_of_the_paper(seed: int, step: int) -> None:
    values = worlds(900, seed, ahead=0.3)
    ranking = Ranking(NAMES, "higher", indifference=0.3, first=12, step=step, patience=1)
    ranking.tell(values)
    best, fell = plain(values, 0.3, 0.95, 12, step)
    assert ranking.best == NAMES[best]
    assert {one.name: one.after for one in ranking.eliminated} == {
        NAMES[system]: after for system, after in fell.items()
    }


def test_the_constant_is_that_of_the_paper() -> None:
    assert eta(2, 0.95, 10) == pytest.approx((0.1 ** (-2 / 9) - 1) / 2)
    assert eta(5, 0.95, 10) == pytest.approx((0.025 ** (-2 / 9) - 1) / 2)


def followed(values: np.ndarray, **options: int) -> tuple[Ranking, list[dict[str, int]]]:
    """Run what is wanted, nothing else, until it is decided."""
    ranking = Ranking(NAMES, "higher", indifference=0.5, **options)
    asked = []
    seen = np.full_like(values, np.nan)
    while wanted := ranking.wanted():
        asked.append(wanted)
        (replications,) = set(wanted.values())
        for name in wanted:
            seen[NAMES.index(name), :replications] = values[NAMES.index(name), :replications]
        ranking.tell(seen[:, :replications])
    return ranking, asked


@pytest.mark.parametrize("options", [{}, {"step": 10}, {"step": 3, "batch": 4}, {"batch": 5}])
def test_following_it_is_the_same_as_telling_all_at_once(options: dict) -> None:
    values = worlds(3000)
    ranking, asked = followed(values, **options)
    whole = Ranking(NAMES, "higher", indifference=0.5, **options)
    whole.tell(values)
    assert ranking.document() == whole.document()
    assert ranking.best == "c"
    assert [len(wanted) for wanted in asked] == sorted(
        (len(wanted) for wanted in asked), reverse=True
    )
    assert len(asked[0]) == 4
    assert asked[0]["a"] == 20 * options.get("batch", 1)


def test_lower_can_be_better() -> None:
    values = worlds(1000)
    up = Ranking(NAMES, "higher", indifference=0.5)
    down = Ranking(NAMES, "lower", indifference=0.5)
    up.tell(values)
    down.tell(-values)
    assert down.eliminated == up.eliminated
    assert down.best == "c"


def test_an_elimination_says_by_whom_and_by_how_much() -> None:
    ranking = Ranking(NAMES, "higher", indifference=0.5)
    values = worlds(1000)
    ranking.tell(values)
    assert len(ranking.eliminated) == 3
    for one in ranking.eliminated:
        row = values[NAMES.index(one.name), : one.after].mean()
        ahead = values[NAMES.index(one.by), : one.after].mean()
        assert one.behind == pytest.approx(ahead - row)
        assert one.behind > one.margin >= 0


def test_it_ends_by_the_time_it_said() -> None:
    for seed in range(5):
        values = worlds(5000, seed, ahead=0.0)
        ranking = Ranking(NAMES, "higher", indifference=0.2, step=7, patience=1)
        ranking.tell(values[:, :20])
        most = ranking.most()
        assert most is not None
        ranking.tell(values)
        assert ranking.decided
        assert ranking.replications <= most


def test_equal_systems_end_with_the_first_named() -> None:
    values = np.repeat(worlds(2000)[:1], 4, axis=0)
    ranking = Ranking(NAMES, "higher", indifference=0.2)
    ranking.tell(values[:, :30])
    assert not ranking.decided  # they may still differ in worlds not seen
    ranking.tell(values)
    assert ranking.best == "a"


def test_a_world_without_a_value_is_left_out_and_made_up_for() -> None:
    values = worlds(400)
    holed = np.insert(values, [5, 9, 60], np.nan, axis=1)
    holed[1:, 5] = 3.0
    clean = Ranking(NAMES, "higher", indifference=0.5)
    other = Ranking(NAMES, "higher", indifference=0.5)
    clean.tell(values)
    other.tell(holed[:, :20])
    assert set(other.wanted().values()) == {22}
    other.tell(holed)
    assert other.best == clean.best
    assert [one.after for one in other.eliminated] == [one.after for one in clean.eliminated]
    assert other.document()["left_out"] == sum(np.isnan(holed[0, : other._told]))


def test_the_first_stage_goes_on_while_the_variances_are_hardly_known() -> None:
    values = worlds(3000)
    values[0, ::40] += 30  # in few worlds, much
    ranking = Ranking(NAMES, "higher", indifference=0.5, step=3)
    ranking.tell(values[:, :60])
    assert ranking.document()["started"] is None
    assert ranking.survivors == NAMES
    ranking.tell(values)
    started = ranking.document()["started"]
    assert 200 < started <= 20 * 50
    assert all(one.after >= started for one in ranking.eliminated)
    hasty = Ranking(NAMES, "higher", indifference=0.5, step=3, patience=3)
    hasty.tell(values)
    assert hasty.document()["started"] == 60


def test_kurtosis_is_that_of_the_most_ragged_difference() -> None:
    start = np.array([[1.0, -1.0, 1.0, -1.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 4.0]])
    apart = start[0] - start[2]
    away = apart - apart.mean()
    found = [1.0, (away**4).mean() / (away**2).mean() ** 2, 21 / 9]
    assert kurtosis(start) == pytest.approx(max(found))
    assert kurtosis(np.ones((3, 4))) == 1.0


def test_batches_are_means() -> None:
    values = worlds(1200)
    batched = Ranking(NAMES, "higher", indifference=0.5, batch=3)
    means = Ranking(NAMES, "higher", indifference=0.5)
    batched.tell(values)
    means.tell(values.reshape(4, -1, 3).mean(axis=2))
    assert batched.best == means.best
    assert [one.after for one in batched.eliminated] == [3 * one.after for one in means.eliminated]


def test_the_document_is_plain() -> None:
    ranking = Ranking(NAMES, "higher", indifference=0.5)
    assert ranking.leading is None
    assert ranking.most() is None
    ranking.tell(worlds(1000)[:, :20])
    document = json.loads(json.dumps(ranking.document(), allow_nan=False))
    assert document["replications"] == 20
    assert document["leading"] in NAMES
    assert document["best"] is None or document["survivors"] == [document["best"]]


@pytest.mark.parametrize(
    "options",
    [
        {"names": ("a",)},
        {"names": ("a", "a")},
        {"indifference": 0.0},
        {"indifference": math.inf},
        {"indifference": math.nan},
        {"confidence": 1.0},
        {"confidence": 0.2},
        {"first": 1},
        {"step": 0},
        {"batch": 0},
        {"patience": 0},
    ],
)
def test_what_ranks_nothing_is_refused(options: dict) -> None:
    names = options.pop("names", NAMES)
    with pytest.raises(ValueError, match="ranking"):
        Ranking(names, "higher", **{"indifference": 0.5, **options})


def test_values_of_other_systems_are_refused() -> None:
    with pytest.raises(ValueError, match="4 systems"):
        Ranking(NAMES, "higher", indifference=0.5).tell(np.zeros((3, 10)))

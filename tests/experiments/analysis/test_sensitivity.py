"""Sensitivity: known indices are found, noise is told apart, planted errors are noticed."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from SALib.analyze import morris as salib_morris, sobol as salib_sobol
from SALib.sample import morris as morris_sample, sobol as sobol_sample

from experiments.analysis.indices import sobol_indices
from experiments.analysis.screening import screen
from experiments.analysis.sensitivity import noise_of, one_at_a_time, response
from experiments.designs.distributions import (
    Distribution,
    Levels,
    Rounded,
    Triangular,
    Uniform,
    WholeUniform,
)
from experiments.planning.scales import Scale

NAMES = ("one", "two", "three")

# Models with known answers -------------------------------------------------------------------

A, B = 7.0, 0.1
"""Ishigami's function with the usual constants."""


def ishigami(unit):
    x = math.pi * (2 * unit - 1)
    return np.sin(x[:, 0]) + A * np.sin(x[:, 1]) ** 2 + B * x[:, 2] ** 4 * np.sin(x[:, 0])


def ishigami_indices():
    """Ishigami and Homma (1990): by hand, from the integrals."""
    pi4 = math.pi**4
    first_1 = (1 + B * pi4 / 5) ** 2 / 2
    first_2 = A**2 / 8
    both_13 = B**2 * pi4**2 * (1 / 18 - 1 / 50)
    variance = first_1 + first_2 + both_13
    first = np.array([first_1, first_2, 0]) / variance
    return first, np.array([first_1 + both_13, first_2, both_13]) / variance, variance


WEIGHTS = np.array([3.0, -2.0, 0.5])


def linear(unit):
    return 10 + unit @ WEIGHTS


def problem(columns=3):
    names = [str(number) for number in range(columns)]
    return {"num_vars": columns, "names": names, "bounds": [[0.0, 1.0]] * columns}


def saltelli(points, columns=3, seed=5):
    return sobol_sample.sample(problem(columns), points, calc_second_order=False, seed=seed)


def trajectories(number, columns=3, levels=4, seed=5):
    return morris_sample.sample(problem(columns), number, num_levels=levels, seed=seed)


def alone(values):
    return values[:, None]


def noisy(values, worlds, spread, *, shared=0.0, seed=3):
    """A column for each world: values, plus what the world does to all, plus noise."""
    draws = np.random.default_rng(seed)
    world = shared * draws.normal(size=worlds)
    return values[:, None] + world + spread * draws.normal(size=(len(values), worlds))


# Sobol' --------------------------------------------------------------------------------------


def assert_ishigami(found, slack=0.02):
    first, total, _ = ishigami_indices()
    np.testing.assert_allclose(found.first, first, rtol=0, atol=slack)
    np.testing.assert_allclose(found.total, total, rtol=0, atol=slack)


@pytest.mark.long
def test_the_indices_of_ishigami_are_found():
    found = sobol_indices(alone(ishigami(saltelli(4096))), NAMES)
    assert_ishigami(found)
    first, total, _ = ishigami_indices()
    assert (found.first_low <= first).all()
    assert (first <= found.first_high).all()
    assert (found.total_low <= total).all()
    assert (total <= found.total_high).all()
    assert (found.first_high - found.first_low < 0.1).all()
    assert found.points == 4096
    assert math.isnan(found.floor)  # one world: nothing is known of noise


def test_the_indices_of_a_linear_model_are_found():
    found = sobol_indices(alone(linear(saltelli(1024))), NAMES)
    expected = WEIGHTS**2 / (WEIGHTS**2).sum()
    np.testing.assert_allclose(found.first, expected, rtol=0, atol=0.01)
    np.testing.assert_allclose(found.total, expected, rtol=0, atol=0.01)
    assert found.mean == pytest.approx(10 + WEIGHTS.sum() / 2, rel=1e-3)


def test_a_planted_error_in_the_estimator_is_noticed(monkeypatch):
    """The two base matrices swapped."""
    right = salib_sobol.first_order
    monkeypatch.setattr(salib_sobol, "first_order", lambda a, ab, b: right(b, ab, a))
    with pytest.raises(AssertionError):
        assert_ishigami(sobol_indices(alone(ishigami(saltelli(4096))), NAMES))


def test_a_planted_error_in_the_layout_is_noticed():
    table = saltelli(4096)
    values = ishigami(table).reshape(-1, 5)[:, [0, 2, 1, 3, 4]].ravel()
    with pytest.raises(AssertionError):
        assert_ishigami(sobol_indices(alone(values), NAMES))


def test_the_estimates_are_those_of_salib():
    values = ishigami(saltelli(256))
    known = salib_sobol.analyze(problem(), values, calc_second_order=False, seed=1)
    found = sobol_indices(alone(values), NAMES)
    np.testing.assert_allclose(found.first, known["S1"], rtol=1e-9)
    np.testing.assert_allclose(found.total, known["ST"], rtol=1e-9)
    # SALib's interval is estimate +- its half width; ours has about the same width
    np.testing.assert_allclose(
        (found.total_high - found.total_low) / 2, known["ST_conf"], rtol=0.35
    )


@pytest.mark.long
def test_noise_is_told_and_can_be_taken_out():
    variance = ishigami_indices()[2]
    worlds = 10
    values = noisy(ishigami(saltelli(8192)), worlds, math.sqrt(variance * worlds / 2), shared=9)
    found = sobol_indices(values, NAMES)
    share = 0.5 / 1.5  # the noise of a mean over ten worlds has half of the variance
    assert found.floor == pytest.approx(share, abs=0.02)
    assert found.total[2] > ishigami_indices()[1][2] + 0.05  # raw: blown up
    first, total = found.without_noise()
    np.testing.assert_allclose(first, ishigami_indices()[0], rtol=0, atol=0.04)
    np.testing.assert_allclose(total, ishigami_indices()[1], rtol=0, atol=0.04)


def test_what_every_world_does_to_all_settings_is_no_noise():
    values = noisy(ishigami(saltelli(1024)), 8, 0.0, shared=50)
    found = sobol_indices(values, NAMES)
    assert found.noise.noise < 1e-9 * found.noise.between
    assert_ishigami(found, 0.03)


def test_a_parameter_without_influence_is_not_clear_in_noise():
    table = saltelli(512, 4)
    found = sobol_indices(noisy(linear(table[:, :3]), 6, 1.0), (*NAMES, "idle"))
    assert found.is_clear.tolist() == [True, True, False, False]
    assert found.total_low[3] <= found.floor <= found.total_high[3]


@pytest.mark.long
def test_the_intervals_cover_the_truth():
    """In 95 of 100 designs; here in at least 52 of 60 for each of six indices."""
    first, total, _ = ishigami_indices()
    hits = np.zeros((2, 3))
    for seed in range(60):
        found = sobol_indices(alone(ishigami(saltelli(256, seed=seed))), NAMES, seed=seed)
        hits[0] += (found.first_low <= first) & (first <= found.first_high)
        hits[1] += (found.total_low <= total) & (total <= found.total_high)
    assert (hits >= 52).all(), hits


def test_a_block_with_a_missing_setting_is_left_out():
    values = alone(ishigami(saltelli(1024)))
    values[7] = np.nan
    values[12] = np.nan
    found = sobol_indices(values, NAMES)
    assert found.left_out == 2
    assert found.points == 1022
    assert_ishigami(found, 0.05)


def test_one_missing_world_costs_no_block():
    values = noisy(ishigami(saltelli(1024)), 5, 0.1)
    values[7, 2] = np.nan
    found = sobol_indices(values, NAMES)
    assert found.left_out == 0
    assert_ishigami(found, 0.05)


def test_a_response_that_never_varies_has_indices_of_nought():
    found = sobol_indices(np.ones((5 * 8, 3)), NAMES)
    assert found.total.tolist() == [0, 0, 0]
    assert math.isnan(found.floor)
    assert not found.is_clear.any()


def test_the_unit_of_a_response_does_not_matter():
    values = noisy(ishigami(saltelli(256)), 4, 0.5)
    usual = sobol_indices(values, NAMES)
    for factor, shift in ((1e-9, 0.0), (1e9, 0.0), (1.0, 1e4)):
        found = sobol_indices(factor * values + shift, NAMES)
        np.testing.assert_allclose(found.total, usual.total, rtol=1e-6)
        np.testing.assert_allclose(found.first_low, usual.first_low, rtol=0, atol=1e-6)


def test_rounding_is_no_variation():
    found = sobol_indices(0.1 + 1e-17 * np.arange(40.0).reshape(-1, 2) % 3e-17, NAMES[:2])
    assert found.total.tolist() == [0, 0]


@pytest.mark.parametrize("rows", [0, 4, 6])
def test_another_design_is_refused(rows):
    with pytest.raises(ValueError, match="block"):
        sobol_indices(np.ones((rows, 2)), NAMES)


def test_too_little_is_refused():
    with pytest.raises(ValueError, match="two blocks"):
        sobol_indices(np.ones((5, 2)), NAMES)


# Morris --------------------------------------------------------------------------------------


def assert_linear(found):
    np.testing.assert_allclose(found.mu, WEIGHTS, rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.mu_star, np.abs(WEIGHTS), rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.sigma, 0, rtol=0, atol=1e-9)


def test_the_effects_of_a_linear_model_are_its_weights():
    table = trajectories(6)
    assert_linear(screen(alone(linear(table)), table, NAMES, levels=4))


def test_a_planted_error_in_the_step_is_noticed():
    table = trajectories(6)
    grid = np.unique(table).tolist()
    wrong = [dict(zip(grid, (0.0, 0.2, 0.6, 1.0), strict=True))] * 3
    with pytest.raises(AssertionError):
        assert_linear(screen(alone(linear(table)), table, NAMES, levels=4, places=wrong))
    with pytest.raises(AssertionError):
        assert_linear(screen(alone(linear(table)), 1 - table, NAMES, levels=4))


@pytest.mark.parametrize("levels", [4, 8])
def test_the_measures_are_those_of_salib(levels):
    table = trajectories(12, levels=levels)
    values = ishigami(table)
    known = salib_morris.analyze(problem(), table, values, num_levels=levels, seed=1)
    found = screen(alone(values), table, NAMES, levels=levels)
    for ours, theirs in (("mu", "mu"), ("mu_star", "mu_star"), ("sigma", "sigma")):
        np.testing.assert_allclose(getattr(found, ours), known[theirs], rtol=1e-9, atol=1e-12)
    half = (found.mu_star_high - found.mu_star_low) / 2
    assert (half > 0.5 * known["mu_star_conf"] - 1e-9).all()
    assert (half < 1.5 * known["mu_star_conf"] + 1e-9).all()


def test_a_step_that_was_rounded_away_has_no_effect():
    table = trajectories(6)
    rounded = table.copy()
    rounded[:, 2] = 1.0
    values = alone(linear(rounded))
    found = screen(values, rounded, NAMES, levels=4)
    np.testing.assert_allclose(found.mu_star, [3, 2, 0], rtol=0, atol=1e-9)


def test_the_effect_of_a_measure_is_that_of_having_it():
    table = trajectories(6)
    table[:, 1] = table[:, 1] > 0.5
    found = screen(alone(linear(table)), table, NAMES, levels=4)
    np.testing.assert_allclose(found.mu, WEIGHTS, rtol=0, atol=1e-9)


RANGES: dict[str, Distribution] = {
    "measure": Levels((0.0, 1.0)),
    "two values": Levels((2.0, 4.0)),
    "three": Levels((1.0, 2.0, 3.0)),
    "four": Levels((4.0, 3.0, 2.0, 1.0)),
    "five": Levels((0.0, 1.0, 2.0, 3.0, 4.0)),
    "seven": Levels(tuple(map(float, range(7)))),
    "whole 1 to 2": WholeUniform(1, 2),
    "whole 1 to 6": WholeUniform(1, 6),
    "rounded": Rounded(Triangular(1, 1, 2)),
    "range": Uniform(0.0, 5.0),
}


@pytest.mark.parametrize("levels", [2, 4, 6, 10])
@pytest.mark.parametrize("number", [2, 60])
def test_an_effect_is_that_of_the_whole_range_however_many_levels_it_has(levels, number):
    unit = trajectories(number, len(RANGES), levels)
    pairs = zip(RANGES.values(), unit.T, strict=True)
    table = np.stack([spread.quantile(column) for spread, column in pairs], axis=1)
    ends = np.stack([spread.quantile(np.array([0.0, 1.0])) for spread in RANGES.values()])
    values = alone((table * (10 / (ends[:, 1] - ends[:, 0]))).sum(axis=1))
    there = [np.unique(column) for column in table.T]
    places = [
        dict(zip(numbers.tolist(), spread.place(numbers).tolist(), strict=True))
        for spread, numbers in zip(RANGES.values(), there, strict=True)
    ]
    found = screen(values, table, tuple(RANGES), levels=levels, places=places)
    moved = (np.diff(table.reshape(number, -1, len(RANGES)), axis=1) != 0).any(axis=(0, 1))
    assert moved[:9].sum() >= 8  # a step of what is rounded may go nowhere, of all others not
    np.testing.assert_allclose(found.mu_star[moved], 10, rtol=1e-9)
    np.testing.assert_allclose(found.sigma[moved], 0, atol=1e-7, equal_nan=True)
    assert np.sign(found.mu).tolist() == [1, 1, 1, -1, 1, 1, 1, 1, float(moved[8]), 1]


def test_words_have_effects_and_no_direction():
    table = trajectories(60)
    grid = {number: number for number in np.unique(table).tolist()}
    word = np.floor(table[:, 1] * 2.99).astype(int)
    values = alone(table[:, 0] + np.array([0.0, 5, 1])[word])
    for order in ([0, 1, 2], [2, 0, 1], [1, 2, 0]):  # as the file lists them
        table[:, 1] = np.array(order)[word]
        found = screen(values, table, NAMES, levels=4, places=[grid, {}, grid])
        assert found.mu_star[1] == pytest.approx(3, abs=0.5)  # from the first to each other
        assert found.sigma[1] == pytest.approx(2, abs=0.1)
        assert np.isnan(found.mu).tolist() == [False, True, False]


def test_noise_does_not_make_a_parameter_clear():
    table = trajectories(20, 4)
    values = noisy(linear(table[:, :3]), 10, 3.0, shared=20)
    found = screen(values, table, (*NAMES, "idle"), levels=4)
    expected = math.sqrt(2 / math.pi) * math.sqrt(2 * 9 / 10) * 1.5
    np.testing.assert_allclose(found.floor, expected, rtol=0.15)
    assert found.mu_star[3] == pytest.approx(expected, rel=0.4)
    assert found.mu_star_low[3] < found.floor[3]
    assert not found.is_clear[3]
    assert found.is_clear[0]


def test_the_floor_is_what_noise_alone_gives():
    table = trajectories(300)
    found = screen(noisy(np.zeros(len(table)), 8, 2.0, shared=5), table, NAMES, levels=4)
    np.testing.assert_allclose(found.mu_star, found.floor, rtol=0.12)
    assert not found.is_clear.any()


def test_a_trajectory_with_a_missing_setting_is_left_out():
    table = trajectories(6)
    values = alone(linear(table))
    values[5] = np.nan
    found = screen(values, table, NAMES, levels=4)
    assert (found.trajectories, found.left_out) == (5, 1)
    assert_linear(found)
    with pytest.raises(ValueError, match="no trajectory"):
        screen(np.full_like(values, np.nan), table, NAMES, levels=4)


def test_another_table_is_no_design_of_morris():
    table = saltelli(4)
    with pytest.raises(ValueError, match="one column"):
        screen(np.ones((20, 2)), table, NAMES, levels=4)
    with pytest.raises(ValueError, match="trajectory has 4"):
        screen(np.ones((5, 2)), table[:5], NAMES, levels=4)


# One at a time -------------------------------------------------------------------------------

TABLE = np.array([[5.0, 1, 0], [2, 1, 0], [8, 1, 0], [5, 0.5, 0], [5, 2, 0], [5, 1, 1]])


def test_what_each_does_by_itself():
    values = noisy(TABLE @ np.array([1.0, 10, 4]), 50, 0.0, shared=30)
    found = one_at_a_time(values, TABLE, NAMES)
    changes = [[swing.change for swing in swings] for swings in found.swings]
    assert changes == [pytest.approx([-3, 3]), pytest.approx([-5, 10]), pytest.approx([4])]
    assert [[swing.at for swing in swings] for swings in found.swings] == [[2, 8], [0.5, 2], [1]]
    assert found.sizes.tolist() == pytest.approx([3, 10, 4])
    assert found.declared == pytest.approx(values[0].mean())
    for swing in (swing for swings in found.swings for swing in swings):
        assert swing.high == pytest.approx(swing.change, abs=1e-9)  # the worlds cancel


def test_every_level_is_told_by_what_the_user_wrote():
    table = np.array([[0.0, 1], [1, 1], [2, 1], [3, 1], [0, 0.25], [0, 4], [0, 2]])
    words = Scale("words", ((0.0, None), (1.0, "routine"), (2.0, "priority"), (3.0, True)))
    factors = Scale(levels=((0.25, 0.25), (1.0, 1), (2.0, 2), (4.0, 4)))
    values = noisy(np.array([0.0, 3, -5, 1, 2, 6, 4]), 5, 0.0)
    found = one_at_a_time(values, table, ("urgency", "latency"), (words, factors))
    told = [{swing.level: round(swing.change, 6) for swing in swings} for swings in found.swings]
    assert told == [{"routine": 3, "priority": -5, "true": 1}, {"0.25": 2, "2": 4, "4": 6}]
    assert found.ordered == (False, True)
    assert found.sizes.tolist() == pytest.approx([5, 6])


def test_intervals_are_of_paired_differences():
    from scipy.stats import ttest_rel

    values = noisy(TABLE @ np.array([1.0, 10, 4]), 12, 2.0, shared=30)
    values[2, 4] = np.nan
    found = one_at_a_time(values, TABLE, NAMES)
    whole = np.isfinite(values[2])
    known = ttest_rel(values[2, whole], values[0, whole]).confidence_interval(0.95)
    high = found.swings[0][1]
    assert [high.low, high.high] == pytest.approx([known.low, known.high])
    single = one_at_a_time(values[:, :1], TABLE, NAMES)
    assert all(np.isnan(swing.low) for swings in single.swings for swing in swings)
    assert np.isfinite(single.sizes).all()


def test_another_table_is_no_design_one_at_a_time():
    with pytest.raises(ValueError, match="one column"):
        one_at_a_time(np.ones((3, 2)), np.array([[0.0, 0], [1, 1], [0, 1]]), ("a", "b"))


# What they share -----------------------------------------------------------------------------


def test_the_response_is_an_outcome_or_a_paired_difference():
    values = np.arange(24.0).reshape(2, 3, 4)
    policies = ("bilateral", "hub-and-spoke", "full-pool")
    assert np.array_equal(response(values, policies, "full-pool", None), values[:, 2])
    found = response(values, policies, "full-pool", "bilateral")
    assert np.array_equal(found, np.full((2, 4), 8.0))


def test_the_noise_is_that_of_the_means():
    """Over many repetitions the settings' means vary by what one repetition says."""
    truth = np.linspace(0, 1, 40)
    told, seen = [], []
    for seed in range(200):
        values = noisy(truth, 5, 2.0, shared=10, seed=seed)
        told.append(noise_of(values).noise)
        left = values.mean(axis=1) - truth
        seen.append(np.var(left, ddof=1))
    assert np.mean(told) == pytest.approx(np.mean(seen), rel=0.03)
    assert np.mean(told) == pytest.approx(4 / 5, rel=0.03)


def test_noise_with_gaps_is_told_from_what_is_complete():
    values = noisy(np.linspace(0, 1, 400), 6, 2.0)
    values[3, 0] = np.nan
    assert noise_of(values).noise == pytest.approx(4 / 6, rel=0.15)
    values[np.arange(6), np.arange(6)] = np.nan  # no world is complete
    assert noise_of(values).noise == pytest.approx(4 / 6, rel=0.15)
    assert math.isnan(noise_of(values[:, :1]).noise)


def test_results_can_be_written_as_json():
    table = trajectories(4)
    values = noisy(linear(table), 1, 1.0)
    found = screen(values, table, NAMES, levels=4)
    content = json.loads(json.dumps(found.document(), allow_nan=False))
    assert content["names"] == list(NAMES)
    assert content["floor"] == [None] * 3
    assert content["noise"]["noise"] is None
    swings = one_at_a_time(np.ones((6, 1)), TABLE, NAMES)
    told = json.loads(json.dumps(swings.document(), allow_nan=False))
    assert [[swing["change"] for swing in one] for one in told["swings"]] == [[0, 0], [0, 0], [0]]
    assert told["swings"][2][0] == {"at": 1, "level": "1", "change": 0, "low": None, "high": None}
    indices = sobol_indices(alone(linear(saltelli(4))), NAMES)
    assert json.loads(json.dumps(indices.document(), allow_nan=False))["points"] == 4


def test_resamples_are_the_same_every_time():
    values = noisy(ishigami(saltelli(64)), 4, 1.0)
    first, again = (sobol_indices(values, NAMES, seed=7) for _ in range(2))
    assert np.array_equal(first.total_low, again.total_low)
    assert not np.array_equal(first.total_low, sobol_indices(values, NAMES, seed=8).total_low)

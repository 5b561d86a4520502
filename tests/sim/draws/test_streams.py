"""The streams: published vectors, and draws that look like chance however near their names are."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray
from scipy import stats

from sim.draws import streams
from sim.draws.streams import (
    ONE,
    QUANTILES,
    Draws,
    entity_offset,
    mix64,
    name_key,
    philox4x32,
    philox4x32_scalar,
    report_word,
    stream_key,
    stream_offset,
    threshold,
    world_key,
)
from sim.draws.tables import exponential

U32 = NDArray[np.uint32]
Counter = tuple[int, int, int, int]
Key = tuple[int, int]
words32 = st.integers(0, 2**32 - 1)
counters = st.tuples(words32, words32, words32, words32)
keys = st.tuples(words32, words32)

FAIR = 1e-4
"""A sound generator's p-value is above this."""
FOUL = 1e-9
"""A planted bad generator's p-value is below this."""

# Words about reports -------------------------------------------------------------------------

SPLITMIX: list[tuple[int, list[int]]] = [
    (
        1234567,
        [
            6457827717110365317,
            3203168211198807973,
            9817491932198370423,
            4593380528125082431,
            16408922859458223821,
        ],
    ),
    (0, [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]),
]
"""First outputs of SplitMix64 for two seeds, as published with implementations of it."""

words64 = st.integers(0, 2**64 - 1)


@pytest.mark.parametrize(("seed", "outputs"), SPLITMIX)
def test_published_outputs_of_splitmix(seed: int, outputs: list[int]) -> None:
    places = range(1, len(outputs) + 1)
    assert [report_word(seed, 0, place) for place in places] == outputs
    states = np.uint64(seed) + entity_offset(np.array(places, dtype=np.uint32))
    assert mix64(states).tolist() == outputs


@given(key=words64, stream=words32, entity=words32)
def test_words_about_reports_are_the_same_in_arrays(key: int, stream: int, entity: int) -> None:
    state = np.array([key], dtype=np.uint64) + stream_offset(stream)
    state += entity_offset(np.array([entity], dtype=np.uint32))
    assert mix64(state).tolist() == [report_word(key, stream, entity)]


# The cipher ----------------------------------------------------------------------------------

FULL = 0xFFFFFFFF
VECTORS: list[tuple[Counter, Key, Counter]] = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((FULL,) * 4, (FULL,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]
"""Known answers of philox4x32-10 from Random123's ``kat_vectors``."""


@pytest.mark.parametrize(("counter", "key", "answer"), VECTORS)
def test_published_vectors(counter: Counter, key: Key, answer: Counter) -> None:
    assert philox4x32_scalar(counter, key) == answer
    assert philox4x32(counter, key)[:, 0].tolist() == list(answer)


def test_published_vectors_in_one_call() -> None:
    found = philox4x32(
        tuple(np.array([vector[0][word] for vector in VECTORS]) for word in range(4)),
        tuple(np.array([vector[1][word] for vector in VECTORS]) for word in range(2)),
    )
    assert found.dtype == np.uint32
    assert found.T.tolist() == [list(vector[2]) for vector in VECTORS]


@pytest.mark.parametrize("rounds", [9, 11])
def test_a_wrong_number_of_rounds_misses_the_published_vectors(
    monkeypatch: pytest.MonkeyPatch, rounds: int
) -> None:
    monkeypatch.setattr(streams, "ROUNDS", rounds)
    for counter, key, answer in VECTORS:
        assert philox4x32_scalar(counter, key) != answer
        assert philox4x32(counter, key)[:, 0].tolist() != list(answer)


@given(names=st.lists(st.tuples(counters, keys), min_size=1, max_size=40), chunk=st.integers(1, 50))
def test_the_vector_equals_its_scalar_twin(names: list[tuple[Counter, Key]], chunk: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "_CHUNK", chunk)
        found = philox4x32(
            tuple(np.array([name[0][word] for name in names]) for word in range(4)),
            tuple(np.array([name[1][word] for name in names]) for word in range(2)),
        )
    assert found.T.tolist() == [list(philox4x32_scalar(*name)) for name in names]


@given(
    counter=counters,
    key=keys,
    which=st.integers(0, 5),
    size=st.sampled_from((1, 2, 4095, 4096, 4097, 8192)),
    rows=st.sampled_from((1, 2)),
    narrow=st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_scalars_are_spread_over_arrays_of_any_shape(
    counter: Counter, key: Key, which: int, size: int, rows: int, narrow: bool
) -> None:
    varied = (np.arange(size, dtype=np.uint64) * 2_654_435_761) % ONE
    varied = varied.astype(np.uint32) if narrow else varied
    shaped = varied.reshape(rows, -1) if size % rows == 0 else varied
    parts = [*counter, *key]
    found = philox4x32(
        tuple(shaped if which == word else parts[word] for word in range(4)),
        tuple(shaped if which == word else parts[word] for word in (4, 5)),
    )
    assert found.shape == (4, size)
    for place in {0, size // 2, size - 1}:
        parts[which] = int(varied[place])
        single = philox4x32_scalar((parts[0], parts[1], parts[2], parts[3]), (parts[4], parts[5]))
        assert found[:, place].tolist() == list(single)


def test_the_input_is_left_alone() -> None:
    counter = np.arange(5000, dtype=np.uint64)
    philox4x32((counter, 1, 2, 3), (4, 5))
    assert np.array_equal(counter, np.arange(5000))


# Quality -------------------------------------------------------------------------------------

Generator = Callable[[tuple, tuple], U32]
COUNT = 1 << 16
NEAR = np.arange(COUNT, dtype=np.uint64)
STREAM = name_key("release")
FAMILIES = (
    "replications",
    "seeds",
    "streams",
    "named streams",
    "entity a",
    "entity b",
    "entity c",
)


def drawn(family: str, generator: Generator) -> U32:
    """Words of many names that differ only a little, in order; shape (4, COUNT)."""
    key = world_key(7, 3)
    if family in {"replications", "seeds"}:
        replication, seed = (NEAR, 7) if family == "replications" else (3, NEAR)
        world = generator((replication, name_key("world"), 0, 0), (seed, 0))
        return generator((STREAM, 5, 6, 7), (world[0], world[1]))
    if family == "named streams":
        named = np.array([name_key(f"stream {number}") for number in range(COUNT)])
        return generator((named, 5, 6, 7), key)
    counter: list = [STREAM, 5, 6, 7]
    counter[("streams", "entity a", "entity b", "entity c").index(family)] = NEAR
    return generator(tuple(counter), key)


def philox(rounds: int) -> Generator:
    """Philox of any number of rounds."""

    def generate(counter: tuple, key: tuple) -> U32:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(streams, "ROUNDS", rounds)
            return philox4x32(counter, key)

    return generate


def congruential(counter: tuple, key: tuple) -> U32:
    """Return one step each of a linear congruential generator seeded by the sum of its names."""
    total = sum(np.asarray(part, dtype=np.uint64) for part in (*counter, *key))
    state = np.asarray(total * np.uint64(1_664_525) + np.uint64(1_013_904_223), dtype=np.uint64)
    return np.stack([(state + np.uint64(word)) % np.uint64(ONE) for word in range(4)]).astype(
        np.uint32
    )


def about_reports(counter: tuple, key: tuple) -> U32:
    """Words about two entities each of reports whose keys are near each other, in halves."""
    stream, high, low, entity = (np.asarray(part, dtype=np.uint64) for part in counter)
    report = (high << np.uint64(32)) + low + np.uint64(key[0])
    parts = []
    for more in (0, 1 << 31):
        place = (stream << np.uint64(32)) + entity + np.uint64(more)
        word = mix64(
            np.broadcast_to(report, COUNT) + np.atleast_1d(place) * np.uint64(streams.GAMMA)
        )
        parts += [word >> np.uint64(32), word & np.uint64(FULL)]
    return np.stack(parts).astype(np.uint32)


def even_cells(cells: NDArray[np.integer]) -> float:
    """Return the p-value, two-sided, of 256 cells being equally likely: too even is bad as well."""
    counts = np.bincount(cells, minlength=256)
    found = stats.chisquare(counts)
    return float(2 * min(found.pvalue, stats.chi2.cdf(found.statistic, counts.size - 1)))


def evenness(words: U32) -> float:
    """Smallest p-value of: cells of the high and of the low byte, distance to the uniform."""
    distance = stats.kstest((words + 0.5) / ONE, "uniform").pvalue
    high, low = words >> np.uint32(24), words & np.uint32(255)
    return float(min(even_cells(high), even_cells(low), distance))


def independence(first: U32, second: U32) -> float:
    """Smallest p-value of: a 16 x 16 table of high nibbles, of low nibbles, the correlation."""
    four, low = np.uint32(28), np.uint32(15)
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    correlation = stats.pearsonr(first / ONE, second / ONE).pvalue
    high = even_cells((first >> four) * 16 + (second >> four))
    return float(min(high, even_cells((first & low) * 16 + (second & low)), correlation))


def neighbours(words: U32) -> float:
    """Smallest p-value of the independence of words whose names are next to each other."""
    return min(independence(word[:-1], word[1:]) for word in words)


def among_words(words: U32) -> float:
    """Smallest p-value of the independence of the four words of one draw."""
    return min(independence(one, other) for one, other in pairwise((*words, words[0])))


@pytest.mark.parametrize("family", FAMILIES)
def test_near_names_give_even_words(family: str) -> None:
    assert min(map(evenness, drawn(family, philox4x32))) > FAIR


@pytest.mark.parametrize("family", FAMILIES)
def test_near_names_give_independent_words(family: str) -> None:
    words = drawn(family, philox4x32)
    assert neighbours(words) > FAIR
    assert among_words(words) > FAIR


@pytest.mark.parametrize("generator", [philox(1), congruential])
@pytest.mark.parametrize("family", FAMILIES[:1] + FAMILIES[-3:])
def test_a_bad_generator_is_uneven_or_dependent(family: str, generator: Generator) -> None:
    words = drawn(family, generator)
    assert min(map(evenness, words)) < FOUL
    assert neighbours(words) < FOUL
    assert among_words(words) < FOUL


ABOUT_REPORTS = ("streams", "named streams", "entity a", "entity b", "entity c")


@pytest.mark.parametrize("family", ABOUT_REPORTS)
def test_near_reports_give_even_and_independent_words(family: str) -> None:
    words = drawn(family, about_reports)
    assert min(map(evenness, words)) > FAIR
    assert neighbours(words) > FAIR
    assert among_words(words) > FAIR


@pytest.mark.parametrize("family", ABOUT_REPORTS[2:])
def test_half_of_splitmix_does_not(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MIX", streams.MIX[:0])
    words = drawn(family, about_reports)
    assert neighbours(words) < FOUL


def test_families_name_what_the_engine_draws() -> None:
    world = Draws(7, 3)
    assert tuple(drawn("entity c", philox4x32)[:, 9]) == world.words("release", 5, 6, 9)
    assert tuple(drawn("replications", philox4x32)[:, 9]) == Draws(7, 9).words("release", 5, 6, 7)
    assert tuple(drawn("seeds", philox4x32)[:, 9]) == Draws(9, 3).words("release", 5, 6, 7)
    named = tuple(drawn("named streams", philox4x32)[:, 9])
    assert named == world.words("stream 9", 5, 6, 7)


NAMES = ("release", "answer", "permission", "background", "gap", "trace")


def of_streams(generator: Generator, salt: int = 0) -> list[U32]:
    """First words of the streams about the same entities."""
    about = NEAR + np.uint64(salt)
    return [generator((name_key(name), about, 6, 7), world_key(7, 3))[0] for name in NAMES]


def test_streams_are_independent_of_each_other() -> None:
    words = of_streams(philox4x32)
    pairs = [(one, other) for at, one in enumerate(words) for other in words[:at]]
    assert min(independence(*pair) for pair in pairs) > FAIR


@pytest.mark.parametrize("generator", [philox(1), congruential])
def test_streams_of_a_bad_generator_are_not(generator: Generator) -> None:
    words = of_streams(generator)
    assert min(independence(words[0], other) for other in words[1:]) < FOUL


def avalanche(generator: Generator, samples: int = 600) -> float:
    """Return the largest deviation, in standard errors, from one half.

    Every one of the 192 input bits is flipped; every one of the 128 output bits should flip in
    half of the samples.
    """
    random = np.random.default_rng(1)
    base = random.integers(0, ONE, size=(6, samples), dtype=np.uint64)
    before = generator(tuple(base[:4]), tuple(base[4:]))
    worst = 0.0
    for bit in range(192):
        flipped = base.copy()
        flipped[bit // 32] ^= np.uint64(1 << (bit % 32))
        change = before ^ generator(tuple(flipped[:4]), tuple(flipped[4:]))
        ones = np.unpackbits(np.ascontiguousarray(change.T).view(np.uint8), axis=1).mean(axis=0)
        worst = max(worst, float(np.abs(ones - 0.5).max() * 2 * samples**0.5))
    return worst


def test_every_input_bit_flips_every_output_bit_half_the_time() -> None:
    cells = 192 * 128
    assert stats.norm.sf(avalanche(philox4x32)) * 2 * cells > FAIR


@pytest.mark.parametrize("generator", [philox(1), philox(2), philox(3), congruential])
def test_a_bad_generator_does_not_flip_them(generator: Generator) -> None:
    assert avalanche(generator) > 12


def birthdays(words: U32) -> float:
    """Return the two-sided p-value of the number of words that were there before."""
    expected = words.size * (words.size - 1) / 2 / ONE
    twice = words.size - np.unique(words).size
    tails = stats.poisson.cdf(twice, expected), stats.poisson.sf(twice - 1, expected)
    return float(min(1.0, 2 * min(tails)))


MANY = np.arange(1 << 19, dtype=np.uint64)


def test_words_share_birthdays_as_chance_has_it() -> None:
    words = philox4x32((STREAM, MANY, 6, 7), world_key(7, 3))
    assert min(map(birthdays, words)) > FAIR
    keys = (words[0].astype(np.uint64) << np.uint64(32)) | words[1]
    assert np.unique(keys).size == keys.size


def test_a_bad_generator_repeats_itself_too_often_or_never() -> None:
    never = congruential((STREAM, MANY, 6, 7), (1, 2))
    assert birthdays(never[0]) < FOUL
    often = philox4x32((STREAM, MANY, 6, 7), (1, 2)) & np.uint32(0x0FFFFFFF)
    assert birthdays(often[0]) < FOUL


# Names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("", 0x46D2E936),
        ("world", 0xB5A58B76),
        ("release", 0xE936F6A8),
        ("answer", 0x7750A491),
        ("permission", 0x4332D7AB),
        ("background", 0x7BD00E60),
        ("Überlingen/Ünit 7", 0xE6DB115A),
    ],
)
def test_keys_of_names_never_change(name: str, key: int) -> None:
    assert name_key(name) == key
    assert stream_key(name) == key
    assert stream_key(name) == key


def test_world_keys_never_change() -> None:
    assert world_key(0, 0) == (0xCD6E99E5, 0x77E8302A)
    assert world_key(2**64 - 1, 2**32 - 1) == (0x69ED5C0B, 0x50E4954F)


def test_a_seed_enters_with_all_its_bits() -> None:
    seeds = [0, *(1 << bit for bit in range(64))]
    assert len({world_key(seed, 0) for seed in seeds}) == len(seeds)


@pytest.mark.parametrize(("seed", "replication"), [(-1, 0), (1 << 64, 0), (0, -1), (0, 1 << 32)])
def test_seed_and_replication_have_bounds(seed: int, replication: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        world_key(seed, replication)


# Chances -------------------------------------------------------------------------------------


def test_thresholds_at_the_edges() -> None:
    assert threshold(0.0) == 0
    assert threshold(1.0) == ONE
    assert threshold(0.5) == ONE // 2
    assert threshold(2.0**-32) == 1
    assert threshold(1.0 - 2.0**-32) == ONE - 1
    assert not any(word < threshold(0.0) for word in (0, 1, FULL))
    assert all(word < threshold(1.0) for word in (0, 1, FULL))


@given(one=st.floats(0, 1), other=st.floats(0, 1))
def test_thresholds_keep_the_order_of_chances(one: float, other: float) -> None:
    assert (threshold(one) <= threshold(other)) or one > other
    assert abs(threshold(one) - one * ONE) <= 0.5


@pytest.mark.parametrize("probability", [-1e-9, 1.0 + 1e-9, float("nan"), float("inf")])
def test_what_is_no_chance_is_refused(probability: float) -> None:
    with pytest.raises(ValueError, match="outside"):
        threshold(probability)


# Draws ---------------------------------------------------------------------------------------


@given(seed=st.integers(0, 2**64 - 1), replication=words32, entity=st.lists(words32, max_size=3))
def test_draws_are_the_cipher_of_their_names(
    seed: int, replication: int, entity: list[int]
) -> None:
    draws = Draws(seed, replication)
    a, b, c = (*entity, 0, 0, 0)[:3]
    assert draws.key == world_key(seed, replication)
    words = draws.words("move", *entity)
    assert words == philox4x32_scalar((name_key("move"), a, b, c), draws.key)
    assert draws.uniform("move", *entity) == (words[0] + 0.5) / ONE
    assert 0.0 < draws.uniform("move", *entity) < 1.0


def test_names_of_entities_are_hashed() -> None:
    draws = Draws(1, 2)
    assert draws.words("move", "here", 5) == draws.words("move", name_key("here"), 5)
    assert draws.words("move", "here") != draws.words("move", "there")


def test_more_than_three_entities_are_refused() -> None:
    with pytest.raises(ValueError, match="unpack"):
        Draws(1, 2).words("move", 1, 2, 3, 4)


def test_draws_do_not_depend_on_what_was_drawn_before() -> None:
    fresh = Draws(1, 2).words("move", 3)
    used = Draws(1, 2)
    for number in range(10):
        used.words("other", number)
    assert used.words("move", 3) == fresh


def test_chances_come_true_as_often_as_they_should() -> None:
    draws = Draws(1, 2)
    came = sum(draws.chance(0.3, "luck", number) for number in range(4000))
    assert stats.binomtest(came, 4000, 0.3).pvalue > FAIR
    assert stats.binomtest(came, 4000, 0.4).pvalue < FOUL


@given(number=words32, chance=st.floats(-1, 2))
def test_chances_are_clipped_and_nested(number: int, chance: float) -> None:
    draws = Draws(1, 2)
    assert draws.chance(1.0, "luck", number)
    assert draws.chance(1.5, "luck", number)
    assert not draws.chance(0.0, "luck", number)
    assert not draws.chance(-0.5, "luck", number)
    assert draws.chance(chance + 0.1, "luck", number) >= draws.chance(chance, "luck", number)


def test_quantiles_are_read_off_a_table() -> None:
    draws, table = Draws(1, 2), np.arange(QUANTILES)
    values = [draws.quantile(table, "wait", number) for number in range(500)]
    words = [draws.words("wait", number)[0] for number in range(500)]
    assert values == [word * QUANTILES // ONE for word in words]
    waits = [draws.quantile(exponential(1000.0), "wait", number) for number in range(4000)]
    assert stats.kstest(waits, stats.expon(scale=1000.0).cdf).pvalue > FAIR

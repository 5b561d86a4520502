"""How many lanes run together when nobody says: what the cache and the fixed cost ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.errors import UserError
from experiments.planning import batching
from experiments.planning.batching import (
    FEWEST,
    MOST,
    USUAL_CACHE,
    cache_share,
    read_batch,
    usual_batch,
)

KB = 1 << 10


def machine(folder: Path, *caches: tuple[str, str, str]) -> Path:
    """Folder of a system that tells of caches: kind, size and who shares each."""
    for number, told in enumerate(caches):
        cache = folder / "cpu0" / "cache" / f"index{number}"
        cache.mkdir(parents=True)
        for name, text in zip(("type", "size", "shared_cpu_list"), told, strict=True):
            (cache / name).write_text(f"{text}\n", encoding="ascii")
    return folder


SMALL = ("Data", "32K", "0"), ("Instruction", "99M", "0"), ("Unified", "1024K", "0-1")


@pytest.mark.parametrize(
    ("caches", "workers", "expected"),
    [
        ((*SMALL, ("Unified", "32768K", "0-7,16-23")), 1, 32 << 20),
        ((*SMALL, ("Unified", "32768K", "0-7,16-23")), 4, 8 << 20),
        ((*SMALL, ("Unified", "32M", "0-7,16-23")), 64, 2 << 20),
        (SMALL, 1, 1 << 20),
        (SMALL, 8, 512 * KB),
        ((("Unified", "1G", "3"),), 8, 1 << 30),
        ((), 2, USUAL_CACHE),
        ((("Unified", "much", "0"), ("Unified", "4M", "all")), 2, USUAL_CACHE),
    ],
)
def test_the_share_of_the_cache(tmp_path, monkeypatch, caches, workers, expected):
    monkeypatch.setattr(batching, "CPUS", machine(tmp_path, *caches))
    assert cache_share(workers) == expected


def test_a_system_that_tells_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(batching, "CPUS", tmp_path / "nowhere")
    assert cache_share(3) == USUAL_CACHE


@pytest.mark.parametrize(
    ("cache", "touched", "expected"),
    [
        (8 << 20, 10 * KB, 819),
        (8 << 20, 100 * KB, FEWEST),
        (8 << 20, 100, MOST),
        (1, 8 * KB, FEWEST),
    ],
)
def test_lanes_whose_ticks_fit_the_cache(monkeypatch, cache, touched, expected):
    monkeypatch.setattr(batching, "cache_share", lambda _: cache)
    assert usual_batch(touched, 1) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("auto", None), ("1", 1), ("1600", 1600), (18 * "9", 10**18 - 1)]
)
def test_reading(text, expected):
    assert read_batch(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("0", "-1", "", "Auto", "1.5", "1e3", "many", "²", "+5", " 5"),
        "1" + 18 * "0",
        pytest.param(5_000 * "9", id="more digits than Python reads"),
    ],
)
def test_other_words_are_refused(text):
    with pytest.raises(UserError) as caught:
        read_batch(text)
    message = str(caught.value)
    assert message.startswith(f"--batch {text}\n")
    assert "`auto` or a whole number from 1" in message

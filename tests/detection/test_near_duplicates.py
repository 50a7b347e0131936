import gzip
import json
import random
import tracemalloc
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from mtpipe.detection import near_duplicates
from mtpipe.detection.copies import words_of
from mtpipe.detection.near_duplicates import (
    BANDS,
    BITS_BYTES,
    NO_KEY,
    SHINGLE_WORDS,
    THRESHOLD,
    Groups,
    group,
    similarities,
    sketch,
)
from mtpipe.types import Language

WORDS = 40 * 40


def text_of(seed: int, words: int = 300) -> list[str]:
    """Words of a text that has nothing in common with another seed's."""
    return [f"w{number}" for number in random.Random(seed).choices(range(WORDS), k=words)]


def bits_of(texts: Sequence[str]) -> np.ndarray:
    found = [sketch(text, Language.EN) for text in texts]
    data = b"".join(each.bits if each else bytes(BITS_BYTES) for each in found)
    return np.frombuffer(data, np.uint64).reshape(len(texts), -1)


def grouped(texts: Sequence[str], language: Language = Language.EN) -> list[int]:
    found = [sketch(text, language) for text in texts]
    data = b"".join(each.keys if each else bytes(4 * BANDS) for each in found)
    keys = np.frombuffer(data, "<u4").reshape(len(texts), BANDS)
    return group(bits_of(texts), lambda band: keys[:, band]).leaders.tolist()


def runs_of(text: str) -> set[tuple[str, ...]]:
    words = words_of(text)
    return {tuple(words[at : at + SHINGLE_WORDS]) for at in range(len(words) - SHINGLE_WORDS + 1)}


def jaccard(one: str, other: str) -> float:
    return len(runs_of(one) & runs_of(other)) / len(runs_of(one) | runs_of(other))


def test_a_sketch_is_the_same_on_every_machine() -> None:
    found = sketch(" ".join(text_of(1)), Language.EN)
    assert found
    assert (found.bits[:8].hex(), found.keys[:8].hex()) == ("1432860666663385", "1418b9246984c98d")
    assert (len(found.bits), len(found.keys)) == (BITS_BYTES, 4 * BANDS)


def test_case_punctuation_and_white_space_are_nothing() -> None:
    words = text_of(1)
    assert sketch(" ".join(words), Language.EN) == sketch(",\n".join(words).upper(), Language.EN)


def test_the_language_is_something() -> None:
    text = " ".join(text_of(1))
    found = [sketch(text, language) for language in Language]
    keys = [np.frombuffer(each.keys, "<u4") for each in found if each]
    assert all(not (one == other).any() for one, other in combinations(keys, 2))


@pytest.mark.parametrize("text", ["", "word " * 39])
def test_of_a_short_text_there_is_none(text: str) -> None:
    assert sketch(text, Language.EN) is None


def test_a_long_text_takes_little_memory() -> None:
    text = " ".join(text_of(1, words=30_000))
    tracemalloc.start()
    try:
        assert sketch(text, Language.EN)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_the_estimate_is_near_the_share_of_common_runs() -> None:
    rng = random.Random(3)
    pairs = []
    for seed in range(60):
        words = text_of(seed)
        changed = words[rng.randrange(100) :] + text_of(1_000 + seed, words=rng.randrange(60))
        pairs.append((" ".join(words), " ".join(changed)))
    exact = np.array([jaccard(*pair) for pair in pairs])
    estimates = similarities(*map(bits_of, zip(*pairs, strict=True)))
    errors = estimates - exact
    assert abs(errors.mean()) < 0.01
    assert abs(errors).max() < 0.12
    assert np.sqrt((errors**2).mean()) < 0.035


def test_copies_are_put_to_the_first_one() -> None:
    report, other = text_of(1), text_of(2)
    title, rest = report[:8], report[8:]
    texts = [
        other,
        report,
        [*text_of(5, words=8), *rest],  # another title
        ["PARIS", "AFP", *report],
        [*title, *rest[:150], *rest[190:]],  # a paragraph less
        [*report[:100], *["read", "also", "this", "other", "story"], *report[100:]],
        [*other[:20], *other],
        report[:30],  # too short
        text_of(3),
    ]
    assert grouped([" ".join(text) for text in texts]) == [0, 1, 1, 1, 1, 1, 0, 7, 8]


def test_texts_with_half_in_common_stay_apart() -> None:
    words = text_of(1)
    assert grouped([" ".join(words), " ".join([*words[:200], *text_of(2, words=100)])]) == [0, 1]


def test_translations_by_different_systems_stay_apart(shared: Path) -> None:
    texts = []
    with gzip.open(shared / "eval" / "detect.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            if row["pair"] == "en-fr" and row["set"] == "wmt13":  # where they are most alike
                texts.append(" ".join(row["candidate"]))
    assert len(texts) > 200
    assert grouped(texts, Language.FR) == list(range(len(texts)))


def differing(bits: np.ndarray, *places: range) -> np.ndarray:
    """Bits with those of some places turned over."""
    flat = np.unpackbits(bits.view(np.uint8))
    for place in places:
        flat[list(place)] ^= 1
    return np.packbits(flat).view(np.uint64)


A = np.random.default_rng(5).integers(0, 2**63, BITS_BYTES // 8, dtype=np.uint64)
B = differing(A, range(100))
C = differing(A, range(200))  # like B, and not like A
NEAR = differing(A, range(50), range(100, 120))  # like A and B


def with_keys(bits: Sequence[np.ndarray], *buckets: Sequence[int]) -> Groups:
    """Groups where texts meet in the given buckets: a key of each text in each of some bands."""

    def keys(band: int) -> np.ndarray:
        alone = np.arange(1_000, 1_000 + len(bits))
        return np.array(buckets[band] if band < len(buckets) else alone, np.uint32)

    return group(np.stack(bits), keys)


@pytest.mark.parametrize(
    ("bits", "buckets", "leaders"),
    [
        pytest.param([A, B], [[1, 1]], [0, 0], id="alike"),
        pytest.param([A, B], [[1, 2]], [0, 1], id="never meet"),
        pytest.param([A, B], [[NO_KEY, NO_KEY]], [0, 1], id="without a sketch"),
        pytest.param([A, C], [[1, 1]], [0, 1], id="meet and aren't alike"),
        pytest.param([A, C, B], [[1, 1, 1]], [0, 1, 0], id="to the first that it is like"),
        pytest.param([C, A, B], [[1, 1, 1]], [0, 1, 0], id="in the order of the numbers"),
        pytest.param([A, B, C], [[2, 1, 1], [1, 1, 2]], [0, 0, 2], id="not like the new one: free"),
        pytest.param([A, B, NEAR], [[2, 1, 1], [1, 1, 2]], [0, 0, 0], id="like the new one, too"),
        pytest.param(
            [A, B, C, C], [[2, 1, 1, 1], [1, 1, 2, 3]], [0, 0, 2, 2], id="free ones meet again"
        ),
    ],
)
def test_nobody_is_put_to_what_it_is_not_like(
    bits: list[np.ndarray], buckets: list[list[int]], leaders: list[int]
) -> None:
    assert with_keys(bits, *buckets).leaders.tolist() == leaders


@pytest.mark.parametrize("seed", range(5))
def test_every_copy_is_like_its_representative(seed: int) -> None:
    rng = np.random.default_rng(seed)
    texts = 400
    bits = [A]
    for _ in range(texts - 1):  # each drifts from an earlier one
        start = int(rng.integers(0, 900))
        bits.append(differing(bits[int(rng.integers(len(bits)))], range(start, start + 60)))
    keys = rng.integers(1, 40, (BANDS, texts)).astype(np.uint32)
    groups = group(np.stack(bits), keys.__getitem__)
    leaders = groups.leaders
    assert (leaders[leaders] == leaders).all()
    assert (leaders <= np.arange(texts)).all()
    estimates = similarities(np.stack(bits), np.stack(bits)[leaders])
    assert (estimates >= THRESHOLD).all()
    assert groups.similarities_of(slice(None)).tolist() == estimates.tolist()
    assert 1 < len(set(leaders.tolist())) < texts


def test_a_bucket_of_many_texts_that_are_nothing_alike_is_little_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared = 0
    count = near_duplicates._differing

    def counted(own: np.ndarray, others: np.ndarray) -> np.ndarray:
        nonlocal compared
        compared += len(own)
        return count(own, others)

    monkeypatch.setattr(near_duplicates, "_differing", counted)
    bits = np.random.default_rng(1).integers(0, 2**63, (5_000, BITS_BYTES // 8), dtype=np.uint64)
    groups = with_keys(list(bits), [1] * len(bits))
    assert (groups.leaders == np.arange(len(bits))).all()
    assert compared <= near_duplicates._MOST_LEADERS * len(bits)


def test_no_texts_at_all() -> None:
    empty = np.zeros((0, BITS_BYTES // 8), np.uint64)
    assert group(empty, lambda _: np.zeros(0, np.uint32)).leaders.tolist() == []

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from mtpipe import cache as cache_module
from mtpipe.cache import SegmentCache
from mtpipe.types import Flag, Hypothesis, Problem, Remedy

FLAGGED = Hypothesis(
    "„Ja“", -0.25, (Flag(Problem.NUMBERS), Flag(Problem.REPETITION, Remedy.KEPT_SOURCE))
)


def keys(start: int, end: int) -> list[bytes]:
    return [number.to_bytes(16) for number in range(start, end)]


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[SegmentCache]:
    with closing(SegmentCache(tmp_path / "deep" / "segments.sqlite", limit_bytes=10**9)) as opened:
        yield opened


def test_what_is_put_is_found_by_the_next_process(cache: SegmentCache, tmp_path: Path) -> None:
    assert cache.get(keys(0, 3)) == {}
    one, two, three = keys(0, 3)
    cache.put({one: FLAGGED}, settled=True)
    cache.put({two: Hypothesis("", -1.0)}, settled=False)
    other = SegmentCache(tmp_path / "deep" / "segments.sqlite", limit_bytes=10**9)
    assert other.get([three, two, one]) == {
        one: (FLAGGED, True),
        two: (Hypothesis("", -1.0), False),
    }
    other.put({two: Hypothesis("zwei", -2.0)}, settled=True)
    assert cache.get([two]) == {two: (Hypothesis("zwei", -2.0), True)}
    assert cache.info().segments == 2
    other.close()


@pytest.mark.parametrize("flags", ["[[", '[["no such problem", null]]', "[3]", '{"a": 1}'])
def test_a_damaged_row_is_left_out(cache: SegmentCache, flags: str) -> None:
    one, two = keys(0, 2)
    cache.put({one: FLAGGED, two: FLAGGED}, settled=True)
    with cache._opened() as connection:
        row = (one, FLAGGED.text, FLAGGED.score, flags, 1)
        connection.execute(
            "UPDATE translations SET flags = ?, seal = ? WHERE key = ?",
            (flags, cache_module._seal(*row), one),
        )
    assert cache.get([one, two]) == {two: (FLAGGED, True)}


@pytest.mark.parametrize(
    ("column", "value"),
    [("text", "„Nein“"), ("text", b"\xff"), ("score", -0.5), ("score", "x"), ("flags", ""), ("settled", 0), ("seal", 1)],
)  # fmt: skip
def test_what_was_changed_is_not_believed(cache: SegmentCache, column: str, value: object) -> None:
    one, two = keys(0, 2)
    cache.put({one: FLAGGED, two: FLAGGED}, settled=True)
    with cache._opened() as connection:
        connection.execute(f"UPDATE translations SET {column} = ? WHERE key = ?", (value, one))
    assert cache.get([one, two]) == {two: (FLAGGED, True)}


def test_a_flipped_byte_anywhere_gives_no_other_translation(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "segments.sqlite"
    cache = SegmentCache(path, limit_bytes=10**9)
    entries = {
        key: Hypothesis(f"Satz {number} über den Fluss", -0.5)
        for number, key in enumerate(keys(0, 100))
    }
    cache.put(entries, settled=True)
    cache.close()
    whole = path.read_bytes()
    lost = 0
    for place in range(0, len(whole), 41):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x11]) + whole[place + 1 :])
        damaged = SegmentCache(path, limit_bytes=10**9)
        found = damaged.get(list(entries))
        damaged.put({b"x" * 16: FLAGGED}, settled=True)
        damaged.close()
        for side in ("-wal", "-shm"):
            path.with_name(path.name + side).unlink(missing_ok=True)
        assert found.items() <= {key: (each, True) for key, each in entries.items()}.items()
        lost += len(found) < len(entries)
    assert lost > 10


@pytest.mark.parametrize("score", [0.0, -0.0, -1.0, -0.1, -1e-300, 1 / 3, -12345.678901234567])
def test_scores_come_back_to_the_bit(cache: SegmentCache, score: float) -> None:
    cache.put({keys(0, 1)[0]: Hypothesis("a", score)}, settled=True)
    assert cache.get(keys(0, 1)) == {keys(0, 1)[0]: (Hypothesis("a", score), True)}


def test_many_keys_at_once(cache: SegmentCache) -> None:
    many = keys(0, 3_000)
    cache.put(dict.fromkeys(many, FLAGGED), settled=True)
    assert list(cache.get([*many, b"x" * 16])) == sorted(many)


def test_beyond_the_limit_the_oldest_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "_CHECK_EVERY_SEGMENTS", 100)
    cache = SegmentCache(tmp_path / "segments.sqlite", limit_bytes=200_000)
    for start in range(0, 3_000, 100):
        cache.put(
            dict.fromkeys(keys(start, start + 100), Hypothesis("x" * 200, -1.0)), settled=True
        )
    left = [int.from_bytes(key) for key in cache.get(keys(0, 3_000))]
    assert left == list(range(3_000 - len(left), 3_000))
    assert 300 <= len(left) <= 1_000
    cache.close()
    assert (tmp_path / "segments.sqlite").stat().st_size <= 200_000


def test_a_damaged_file_is_no_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "segments.sqlite"
    path.write_bytes(b"This is no database, but long enough to be taken for one. " * 100)
    cache = SegmentCache(path, limit_bytes=10**9)
    with caplog.at_level(logging.WARNING):
        assert cache.get(keys(0, 1)) == {}
        cache.put({keys(0, 1)[0]: FLAGGED}, settled=True)
    assert [record.message.count("mtpipe cache clear") for record in caplog.records] == [1]
    cache.clear()
    assert not path.exists()


def test_a_folder_that_cannot_be_made(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    cache = SegmentCache(tmp_path / "file" / "segments.sqlite", limit_bytes=10**9)
    cache.put({keys(0, 1)[0]: FLAGGED}, settled=True)
    assert "isn't used" in caplog.text


def test_clearing(cache: SegmentCache) -> None:
    assert cache.info().size_bytes == 0
    cache.put({keys(0, 1)[0]: FLAGGED}, settled=True)
    assert cache.info().size_bytes > 0
    cache.clear()
    assert (cache.info().segments, cache.info().size_bytes) == (0, 0)
    cache.clear()


def test_threads_share_one(cache: SegmentCache, caplog: pytest.LogCaptureFixture) -> None:
    def work(thread: int) -> bool:
        own = keys(thread * 1_000, thread * 1_000 + 50)
        for number, key in enumerate(own):
            cache.put({key: Hypothesis(str(key), -float(number))}, settled=True)
            assert cache.get([key])[key][0].text == str(key)
            if not number % 20:
                cache.close()
        return [h.score for h, _ in cache.get(own).values()] == [-float(n) for n in range(50)]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))
    assert cache.info().segments == 400
    assert caplog.records == []

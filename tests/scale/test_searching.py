"""Searchers find together what one search finds, also after one of them died."""

import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import mtpipe
from mtpipe.archive.search import ArchiveSearch
from mtpipe.archive.sharded import open_table
from mtpipe.archive.votes import Hit, Query
from mtpipe.errors import InputError
from mtpipe.pipeline.archive.encoder import ArchiveEncoder
from mtpipe.scale.searching import RemoteSearch, divided, searchers
from mtpipe.types import Article, Block, BlockKind, Language, Place

pytest.importorskip("lancedb")
ray = pytest.importorskip("ray")

RNG = np.random.default_rng(5)
WORDS = [f"w{RNG.integers(10**6)}" for _ in range(400)]
LANGUAGES = [Language("de"), Language("en"), Language("fr")]


def article(number: int) -> Article:
    blocks = tuple(
        Block(BlockKind.PARAGRAPH, " ".join(RNG.choice(WORDS, 9)).capitalize() + ".", Place(place))
        for place in range(6)
    )
    return Article(f"a{number}", "made up", LANGUAGES[number % 3], blocks)


ARTICLES = [article(number) for number in range(90)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> str:
    uri = str(tmp_path_factory.mktemp("searched") / "archive")
    mtpipe.Archive(uri, create=True, shards=5).add(ARTICLES)
    return uri


@pytest.fixture(scope="module")
def queries() -> list[Query]:
    """Articles of the archive with a sentence of another one in them."""
    encoder = ArchiveEncoder()
    mixed = [
        Article("q", "made up", one.language, (*one.blocks[:4], *two.blocks[:2]))
        for one, two in zip(ARTICLES[::3], ARTICLES[1::3], strict=True)
    ]
    return [encoder.query(each) for each in encoder.prepare(mixed)]


@pytest.fixture(scope="module")
def expected(place: str, queries: list[Query]) -> list[list[Hit]]:
    search = ArchiveSearch(open_table(place, ArchiveEncoder().stamp))
    return list(search.search(queries, limit=2))


@pytest.fixture(scope="module")
def search(place: str, ray_cluster: None) -> Iterator[RemoteSearch]:
    with searchers(place, workers=2, broadcast_sentences=0) as found:
        assert found is not None
        yield found


def test_searchers_find_what_one_search_finds(
    search: RemoteSearch, queries: list[Query], expected: list[list[Hit]]
) -> None:
    assert list(search.search(iter(queries), limit=2)) == expected
    assert list(pickle.loads(pickle.dumps(search)).search(queries[:3], limit=2)) == expected[:3]
    figures = search.figures()
    assert sorted(number for each in figures for number in each.shards) == [0, 1, 2, 3, 4]
    assert sum(each.sentences for each in figures) == 6 * len(ARTICLES)


def test_others_ask_and_the_archive_takes_it(
    search: RemoteSearch, place: str, queries: list[Query], expected: list[list[Hit]]
) -> None:
    def ask(search: RemoteSearch) -> list[list[Hit]]:
        return list(search.search(queries, limit=2))

    assert ray.get(ray.remote(num_cpus=0.1)(ask).remote(search)) == expected
    archive = mtpipe.Archive(place, search=search)
    [first, *_] = archive.find(ARTICLES[7])
    assert (first.article.id, first.votes) == ("a7", 6)


def test_a_searcher_that_dies_is_asked_again(
    search: RemoteSearch, queries: list[Query], expected: list[list[Hit]]
) -> None:
    ray.kill(search._searchers[0], no_restart=False)
    assert list(search.search(queries, limit=2)) == expected


def test_small_archives_are_opened_by_each_worker(place: str) -> None:
    with searchers(place, workers=2) as found:
        assert found is None


def test_no_archive(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no archive"), searchers(str(tmp_path), workers=1):
        pass


@pytest.mark.parametrize(
    ("sentences", "workers", "actor_bytes", "shares"),
    [
        ([], 4, 2**30, [()]),
        ([10, 10, 10], 1, 2**30, [(0, 1, 2)]),
        ([10, 10, 10], 8, 2**30, [(0,), (1,), (2,)]),
        ([900_000, 900_000], 1, 2**30, [(0,), (1,)]),
        ([30, 10, 20, 0], 2, 2**30, [(0, 3), (1, 2)]),
    ],
    ids=["in one part", "one searcher", "a shard each", "by memory", "evenly"],
)
def test_shards_are_divided(
    sentences: list[int], workers: int, actor_bytes: int, shares: list[tuple[int, ...]]
) -> None:
    assert divided(sentences, workers, actor_bytes) == shares

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.archive.matrix import Rows, SentenceMatrix
from mtpipe.archive.rows import UNDATED
from mtpipe.archive.votes import Background, Query, Shortlisted, _in_order, chance_of, judge
from mtpipe.types import Language

DIMENSIONS = 64
RNG = np.random.default_rng(1)


def units(*shape: int, rng: np.random.Generator = RNG) -> np.ndarray:
    vectors = rng.normal(size=(*shape, DIMENSIONS)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def near(vectors: np.ndarray, noise: float) -> np.ndarray:
    mixed = vectors + noise * units(len(vectors))
    return (mixed / np.linalg.norm(mixed, axis=1, keepdims=True)).astype(np.float32)


def rows(articles: list[tuple[str, str, int, np.ndarray]]) -> Rows:
    articles = sorted(articles, key=lambda each: (each[1], each[0]))
    lengths = [len(vectors) for *_, vectors in articles]
    return Rows(
        ids=[each[0] for each in articles],
        languages=[Language(each[1]) for each in articles],
        days=np.array([each[2] for each in articles], dtype=np.int32),
        keys=np.empty(0, np.uint32),
        key_starts=np.zeros(len(articles) + 1, dtype=np.int64),
        vectors=np.concatenate([vectors for *_, vectors in articles]),
        starts=np.cumsum([0, *lengths]),
    )


@pytest.fixture
def many() -> Rows:
    languages = ("de", "en", "fr")
    return rows(
        [(f"a{n:03}", languages[n % 3], n or UNDATED, units(4 + n % 9)) for n in range(300)]
    )


def ranked(archive: Rows, query: Query) -> list[str]:
    background = archive.background()
    (numbers,) = SentenceMatrix(archive, background).shortlists([query], 8)
    return [hit.id for hit in judge(query, [archive.article(n) for n in numbers], background)]


def vectors_of(archive: Rows, item: str) -> np.ndarray:
    return archive.article(archive.ids.index(item)).vectors


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda v: v, id="copy"),
        pytest.param(lambda v: near(v, 1.0), id="noise"),
        pytest.param(lambda v: near(v, 1.0)[: len(v) // 2], id="half"),
        pytest.param(lambda v: near(v, 1.0)[::-1], id="turned-round"),
        pytest.param(lambda v: np.concatenate([units(6), near(v, 0.8)]), id="added"),
        pytest.param(lambda v: np.repeat(near(v, 1.0), 2, axis=0), id="sentences-split"),
    ],
)
def test_the_original_comes_first(many: Rows, change) -> None:
    for item in ("a004", "a151", "a299"):
        assert ranked(many, Query(change(vectors_of(many, item))))[0] == item


def test_a_copy_scores_one_and_an_unrelated_text_next_to_nothing(many: Rows) -> None:
    background = many.background()
    article = many.article(17)
    (hit,) = judge(Query(article.vectors), [article], background)
    assert hit.score == pytest.approx(1, abs=0.01)
    assert hit.votes == len(article.vectors)
    unrelated = judge(Query(units(10)), [many.article(n) for n in range(300)], background)
    assert max(hit.score for hit in unrelated) < 0.2


def test_order_counts(many: Rows) -> None:
    article = many.article(17)
    straight, turned = (
        judge(Query(vectors), [article], many.background())[0].score
        for vectors in (near(article.vectors, 0.5), near(article.vectors, 0.5)[::-1])
    )
    assert turned < 0.8 * straight


def test_languages_and_days_narrow_the_search(many: Rows) -> None:
    vectors = vectors_of(many, "a150")  # German, of day 150
    for query in (
        Query(vectors, languages=frozenset({Language.DE})),
        Query(vectors, since=150, until=150),
    ):
        assert ranked(many, query)[0] == "a150"
    for query in (
        Query(vectors, languages=frozenset({Language.EN, Language.FR})),
        Query(vectors, since=151),
        Query(vectors, until=149),
    ):
        assert "a150" not in ranked(many, query)
    assert ranked(many, Query(vectors_of(many, "a000"), since=7))[0] == "a000"  # without a date


def test_shared_names_decide_between_equals() -> None:
    vectors = near(units(1).repeat(5, axis=0), 1)
    keys = np.array([5, 9], dtype=np.uint32)
    with_names = Shortlisted("with", Language.FR, vectors, keys)
    without = Shortlisted("without", Language.FR, vectors, np.array([6, 7], dtype=np.uint32))
    background = Background({}, [keys, without.keys])
    query = Query(near(vectors, 0.5), keys)
    assert next(hit.id for hit in judge(query, [without, with_names], background)) == "with"


def test_a_language_is_measured_against_its_own_sentences() -> None:
    # All German sentences are alike, so that a cosine of .8 says nothing among them.
    hub = units(1)
    german = near(hub.repeat(900, axis=0), 0.5)
    french = units(900)
    background = Background({Language.DE: german, Language.FR: french})
    query = near(hub.repeat(3, axis=0), 0.5)
    among_german = background.levels(query, Language.DE).means
    assert among_german.min() > 0.5 > background.levels(query, Language.FR).means.max()


def test_together_is_the_same_as_one_by_one(many: Rows) -> None:
    matrix = SentenceMatrix(many, many.background())
    queries = [Query(near(many.article(n).vectors, 1.0)) for n in range(0, 300, 23)]
    together = [set(each.tolist()) for each in matrix.shortlists(queries, 5)]
    assert together == [set(matrix.shortlists([query], 5)[0].tolist()) for query in queries]


def test_an_empty_archive_and_an_empty_candidate_have_no_hits(many: Rows) -> None:
    assert ranked(many, Query(np.empty((0, DIMENSIONS), np.float32))) == []
    empty = rows([("a", "de", 1, units(2))])
    background = Background({})
    assert judge(Query(units(2)), [], background) == []
    assert SentenceMatrix(empty, background).shortlists([], 3) == []


@pytest.mark.parametrize(
    ("votes", "best"),
    [
        ([[1, 0], [0, 1]], 2),
        ([[0, 1], [1, 0]], 1),
        ([[1, 0], [1, 0]], 2),  # one sentence became two
        ([[0, 2], [3, 0], [0, 2]], 5),
        ([[0, 0]], 0),
    ],
)
def test_votes_in_order(votes: list[list[float]], best: float) -> None:
    assert _in_order(np.array(votes, dtype=np.float32)) == best


@given(
    st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=1, max_size=5),
)
def test_votes_in_order_are_the_best_monotone_choice(votes: list[list[int]]) -> None:
    def best(row: int, column: int) -> int:
        if row == len(votes):
            return 0
        return max(votes[row][c] + best(row + 1, c) for c in range(column, 3))

    assert _in_order(np.array(votes, dtype=np.float32)) == best(0, 0)


def test_long_articles_owe_more_to_chance() -> None:
    assert chance_of(1) == pytest.approx(0, abs=1e-6)
    assert chance_of(100) == pytest.approx(2.5, abs=0.05)  # tables: 2.508

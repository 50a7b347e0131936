from collections import Counter
from itertools import islice

import numpy as np
import pytest

from mtpipe.errors import InputError, UnsupportedDirection
from mtpipe.training.batches import ROW_MULTIPLE, Mixture
from mtpipe.training.store import INDEX, TokenStore
from mtpipe.training.vocabulary import Vocabulary
from mtpipe.types import Direction, Language

BATCH_TOKENS = 200


def made_store(direction="de-en", *, sizes=(40, 60), both_ways=True, first=10):
    """A store whose pairs are known by their first source token; target tokens are 2 and 3."""
    rng = np.random.default_rng(len(direction) + sum(sizes))
    rows, tokens = [], []
    for corpus, size in enumerate(sizes):
        for _ in range(size):
            source, target = rng.integers(1, 30, 2).tolist()
            rows.append((len(tokens), source, target, corpus))
            tokens += [first + len(rows), *[2] * (source - 1), *[3] * target]
    names = [f"corpus{number}" for number in range(len(sizes))]
    index = np.array(rows, dtype=INDEX)
    parsed = Direction.parse(direction)
    return TokenStore(parsed, both_ways, names, index, np.array(tokens, np.uint16))


def mixture(vocabulary, *stores, weights=None, **options):
    options = {"batch_tokens": BATCH_TOKENS, **options}
    return Mixture(stores or [made_store(both_ways=False)], weights or {}, vocabulary, **options)


@pytest.fixture(scope="module")
def plain(tokenizer):
    return Vocabulary(tokenizer)


@pytest.fixture(scope="module")
def tagged(tagged_tokenizer):
    return Vocabulary(tagged_tokenizer)


def dealt(batches):
    """How often each pair came, by its first source token."""
    return Counter(row[0] for _, _, batch in batches for row in batch.source.tolist())


def assert_equal(one, other):
    assert one[:2] == other[:2]
    for name in ("source", "decoder_input", "target"):
        np.testing.assert_array_equal(getattr(one[2], name), getattr(other[2], name))


def test_the_same_seed_gives_the_same_stream(plain):
    one, other = (mixture(plain, pool_pairs=50).batches() for _ in range(2))
    for a, b in zip(islice(one, 40), islice(other, 40), strict=True):
        assert_equal(a, b)
    different = next(mixture(plain, pool_pairs=50, seed=2).batches())[2].source
    first = next(mixture(plain, pool_pairs=50).batches())[2].source
    assert different.shape != first.shape or (different != first).any()


def test_a_resumed_stream_goes_on_where_it_was(plain):
    whole = list(islice(mixture(plain, pool_pairs=50).batches(), 40))
    pool, number, _ = whole[16]
    resumed = mixture(plain, pool_pairs=50).batches(pool, number + 1)
    for a, b in zip(whole[17:], islice(resumed, 23), strict=True):
        assert_equal(a, b)


@pytest.mark.parametrize("pool_pairs", [7, 33, 100, 1_000])
def test_every_pair_is_dealt_once_a_lap(plain, pool_pairs):
    store = made_store(sizes=(100,), both_ways=False)
    stream = mixture(plain, store, pool_pairs=pool_pairs).batches()
    seen, batches = Counter(), []
    while seen.total() < 300:
        batches.append(next(stream))
        seen = dealt(batches)
    # The last pool may have begun the fourth lap.
    assert len(seen) == 100
    assert set(seen.values()) <= {2, 3, 4}
    lap = list(islice(mixture(plain, store, pool_pairs=100).batches(), 999))
    of_first_pool = dealt(entry for entry in lap if entry[0] == 0)
    assert of_first_pool == dict.fromkeys(range(11, 111), 1)


def test_batches_keep_to_the_budget_and_the_shape(plain):
    batches = [batch for pool, _, batch in islice(mixture(plain).batches(), 60) if pool == 0]
    assert all(batch.source.size + batch.target.size <= 2 * BATCH_TOKENS for batch in batches)
    ragged = [batch for batch in batches if len(batch.source) % ROW_MULTIPLE]
    # Rows of the longest sentences may be fewer than the multiple, and a pool has a last batch.
    assert all(len(batch.source) < ROW_MULTIPLE for batch in ragged[1:])
    assert max(len(batch.source) for batch in batches) >= ROW_MULTIPLE


def test_a_pair_over_the_budget_is_a_batch_of_its_own(plain):
    batches = [
        b for pool, _, b in islice(mixture(plain, batch_tokens=1).batches(), 150) if not pool
    ]
    assert [len(batch.source) for batch in batches] == [1] * 100


def test_padding_and_special_tokens(tagged):
    [store] = [made_store(sizes=(30,))]
    ids = dict(enumerate(range(30), start=11))
    flipped = Counter()
    for _, _, batch in islice(mixture(tagged, store).batches(), 40):
        assert batch.tokens == (batch.target != tagged.pad).sum()
        for source, fed, target in zip(
            batch.source, batch.decoder_input, batch.target, strict=True
        ):
            language = {v: k for k, v in tagged.tags.items()}[source[0]]
            text = source[1 : source.tolist().index(tagged.eos)].tolist()
            wanted = target[: target.tolist().index(tagged.eos)].tolist()
            assert set(source[len(text) + 2 :]) <= {tagged.pad}
            assert set(target[len(wanted) + 1 :]) <= {tagged.pad}
            assert fed[: len(wanted) + 1].tolist() == [tagged.pad, *wanted]
            forward = language is Language.EN
            flipped[forward] += 1
            if not forward:
                text, wanted = wanted, text
            sides = store.sides(ids[text[0]])
            assert (text, wanted) == tuple(side.tolist() for side in sides)
    assert 0.35 < flipped[True] / flipped.total() < 0.65


def test_weights_say_how_often_a_corpus_is_read(plain):
    store = made_store(both_ways=False)
    weights = {"corpus0": 3.0, "corpus1": 9.0, "de-en/corpus1": 0.5, "en-fr/corpus0": 9.0}
    stream = mixture(plain, store, weights=weights, pool_pairs=50).batches()
    seen = dealt(entry for entry in islice(stream, 2_000) if entry[0] < 40)
    small, large = (sum(seen[n] for n in r) for r in (range(11, 51), range(51, 111)))
    assert small + large == pytest.approx(2_000, abs=2)
    assert small / 40 == pytest.approx(6 * large / 60, rel=0.05)


def test_pairs_of_languages_get_equal_shares(plain):
    stores = [
        made_store("de-en", sizes=(90,), both_ways=False, first=100),
        made_store("en-de", sizes=(10,), both_ways=False, first=200),
        made_store("de-fr", sizes=(10,), both_ways=False, first=300),
    ]
    stream = mixture(plain, *stores, pool_pairs=100).batches()
    seen = dealt(entry for entry in islice(stream, 2_000) if entry[0] < 10)
    shares = [sum(n for t, n in seen.items() if t // 100 == block) for block in (1, 2, 3)]
    assert shares == [
        pytest.approx(450, abs=2),
        pytest.approx(50, abs=2),
        pytest.approx(500, abs=2),
    ]


def test_steps_per_epoch(plain):
    store = made_store(sizes=(100,), both_ways=False)
    steps = sum(1 for entry in islice(mixture(plain, store).batches(), 999) if entry[0] == 0)
    assert mixture(plain, store).steps_per_epoch() == steps
    assert mixture(plain, store, pool_pairs=50).steps_per_epoch() == pytest.approx(steps, rel=0.3)


@pytest.mark.parametrize("weights", [{"corpus0": 0.0}, {"de-en/corpus0": 0.0}])
def test_nothing_to_draw(plain, weights):
    with pytest.raises(InputError, match="no sentence pairs"):
        mixture(plain, made_store(sizes=(3,)), weights=weights)


@pytest.mark.parametrize(
    ("direction", "both_ways"), [("de-fr", False), ("fr-de", True)], ids=["forward", "backward"]
)
def test_a_language_without_a_tag_is_refused(tagged, direction, both_ways):
    with pytest.raises(UnsupportedDirection, match="French"):
        mixture(tagged, made_store(direction, both_ways=both_ways))

from collections import Counter

import pytest

from mtpipe.errors import ConfigError
from mtpipe.training.corpus import SentencePair
from mtpipe.training.store import MAX_TOKENS, TokenStore, build_store, is_current
from mtpipe.training.vocabulary import Vocabulary
from mtpipe.types import Direction

DE_EN = Direction.parse("de-en")
PAIRS = [
    SentencePair("news", "der Hund", "the dog"),
    SentencePair("web", "die Katze sieht", "the cat sees"),
    SentencePair("news", "das Haus", "the house"),
]


def test_what_goes_in_comes_out(tokenizer, tmp_path):
    vocabulary = Vocabulary(tokenizer)
    counts = build_store(PAIRS, DE_EN, vocabulary, tmp_path / "s", fingerprint="f")
    store = TokenStore.open(tmp_path / "s", both_ways=True)
    assert counts == {"news": 2, "web": 1}
    assert (len(store), store.direction, store.corpora) == (3, DE_EN, ["news", "web"])
    assert store.index["corpus"].tolist() == [0, 1, 0]
    for row, pair in enumerate(PAIRS):
        source, target = store.sides(row)
        assert source.tolist() == vocabulary.encode_source([pair.source])[0]
        assert target.tolist() == vocabulary.encode_target([pair.target])[0]
    assert is_current(tmp_path / "s", "f")
    assert not is_current(tmp_path / "s", "other")
    assert not is_current(tmp_path / "none", "f")


def test_long_pairs_are_left_out(tokenizer, tmp_path):
    pair = SentencePair("news", "Hund " * (MAX_TOKENS + 1), "dog")
    dropped = Counter()
    build_store(
        [pair, pair.swapped],
        DE_EN,
        Vocabulary(tokenizer),
        tmp_path,
        fingerprint="f",
        dropped=dropped,
    )
    assert dropped.total() == 2
    assert len(TokenStore.open(tmp_path, both_ways=False)) == 0


def test_an_interrupted_store_is_not_current(tokenizer, tmp_path):
    build_store(PAIRS, DE_EN, Vocabulary(tokenizer), tmp_path, fingerprint="f")

    def cut_off():
        yield PAIRS[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_store(cut_off(), DE_EN, Vocabulary(tokenizer), tmp_path, fingerprint="f")
    assert not is_current(tmp_path, "f")


def test_a_vocabulary_over_16_bits_is_refused(tokenizer, tmp_path):
    vocabulary = Vocabulary(tokenizer)
    vocabulary._size = 70_000
    with pytest.raises(ConfigError, match="70000 tokens"):
        build_store(PAIRS, DE_EN, vocabulary, tmp_path, fingerprint="f")

import json

import pytest
import sentencepiece

from mtpipe.errors import ConfigError
from mtpipe.training.vocabulary import Vocabulary
from mtpipe.training.vocabulary_cut import Piece, cut_vocabulary
from mtpipe.types import Language

TEXTS = ["the bridge over the river", "the river, the bridge", "a bridge of 1956"] * 20
WORDS = ["▁the", "▁bridge", "▁river", "▁over", "▁a", "▁of", "▁unseen", "▁1956", "19", "bridge"]
CHARACTERS = [*"abcdefghijklmnopqrstuvwxyz,", *"0123456789", "▁", "▁a", "ß"]


@pytest.fixture
def pieces():
    texts = dict.fromkeys([*WORDS, *CHARACTERS])
    return [
        Piece(text, -1.0 if len(text) > 3 else -6.0 - number / 100, number + 5)
        for number, text in enumerate(texts)
    ]


@pytest.fixture
def cut(pieces, tmp_path):
    cut_vocabulary(pieces, TEXTS, (Language.DE, Language.EN), tmp_path, size=302)
    return tmp_path


def tokens_of(directory):
    return list(json.loads((directory / "vocab.json").read_text(encoding="utf-8")))


def test_what_the_text_uses_stays(cut):
    tokens = tokens_of(cut)
    assert tokens[:2] == ["</s>", "<unk>"]
    assert tokens[2:258] == [f"<0x{number:02X}>" for number in range(256)]
    assert tokens[-3:] == [">>deu<<", ">>eng<<", "<pad>"]
    kept = set(tokens[258:-3])
    assert {"▁the", "▁bridge", "▁river", "▁over", "▁of"} <= kept
    assert {"e", ",", "1", "▁"} <= kept
    assert not kept & {"▁unseen", "▁1956", "19", "ß", "q"}


def test_the_most_used_go_first(pieces, tmp_path):
    cut_vocabulary(pieces, TEXTS, (), tmp_path, size=258 + 20)
    kept = set(tokens_of(tmp_path)[258:-1])
    # 12 letters, "▁a", 4 digits, the comma and the space mark occur often enough; room for one more.
    assert len(kept) == 20
    assert [text for text in kept if len(text) > 2] == ["▁the"]


def test_the_tokenizer_is_one_of_ours(cut):
    vocabulary = Vocabulary(cut)
    assert vocabulary.is_joint
    assert (vocabulary.eos, vocabulary.pad) == (0, len(vocabulary) - 1)
    assert vocabulary.has_tags
    processor = sentencepiece.SentencePieceProcessor(model_file=str(cut / "source.spm"))
    assert processor.encode("the bridge", out_type=str) == ["▁the", "▁bridge"]
    # Normalised, digits one by one, and nothing is unknown.
    assert processor.decode(processor.encode("« the »\u00a01956")) == '"the" 1956'
    figures = processor.encode("of 1956", out_type=str)
    assert figures[-4:] == ["1", "9", "5", "6"]
    assert processor.unk_id() not in processor.encode("日本 ß")


def test_ids_are_those_of_transformers(cut):
    from transformers import MarianTokenizer

    theirs = MarianTokenizer.from_pretrained(cut)
    ours = Vocabulary(cut)
    texts = ["the bridge, naïve 42", ""]
    for text, ids in zip(texts, ours.encode_source(texts), strict=True):
        assert theirs(text).input_ids == [*ids, ours.eos]


def test_too_small_a_size(pieces, tmp_path):
    with pytest.raises(ConfigError, match="of 270 pieces is too small"):
        cut_vocabulary(pieces, TEXTS, (), tmp_path / "none", size=270)
    assert not (tmp_path / "none").exists()

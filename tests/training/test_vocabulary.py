import json

import pytest

from mtpipe.errors import ConfigError, ModelCorrupt
from mtpipe.training import vocabulary as module
from mtpipe.training.vocabulary import Vocabulary, sample_balanced, train_vocabulary
from mtpipe.types import Language
from tests.training import toys

NORMALISED = {
    "guillemets with spaces": ("« mot »", '"mot"'),
    "guillemets with no-break spaces": ("«\u00a0mot\u202f»", '"mot"'),
    "reversed guillemets": ("»Wort«", '"Wort"'),
    "German quotes": ("„Wort“", '"Wort"'),
    "single quotes": ("‚Wort‘", "'Wort'"),
    "apostrophe": ("l’eau", "l'eau"),
    "no-break space": ("10\u00a0000\u202f€", "10 000 €"),
    "soft hyphen": ("Wort\u00adteil", "Wortteil"),
    "byte order mark": ("\ufeffWort", "Wort"),
    "hyphens": ("E‑Mail −5", "E-Mail -5"),
    "ligature": ("ﬁn", "fin"),
    "decomposed umlaut": ("u\u0308ber", "über"),
    "full width": ("Ａ１", "A1"),
    "ellipsis": ("so …", "so ..."),
    "dashes stay": ("so – ja — da", "so – ja — da"),
    "spaces fold": ("  a \t b\u2003c ", "a b c"),
}


@pytest.mark.parametrize(("text", "wanted"), NORMALISED.values(), ids=NORMALISED.keys())
def test_the_tokenizer_normalises(tagged_tokenizer, text, wanted):
    vocabulary = Vocabulary(tagged_tokenizer)
    assert vocabulary._source.decode(vocabulary._source.encode(text)) == wanted


@pytest.mark.parametrize("text", ["Über 1956 Straßen?", "日本語", "🙂 ok", "Ω"])
def test_every_text_comes_back(tagged_tokenizer, text):
    vocabulary = Vocabulary(tagged_tokenizer)
    [ids] = vocabulary.encode_source([text])
    tokens = list(json.loads((tagged_tokenizer / "vocab.json").read_text("utf-8")))
    assert "<unk>" not in [tokens[number] for number in ids]
    assert vocabulary._source.decode([tokens[number] for number in ids]) == text


def test_digits_are_single_pieces(tagged_tokenizer):
    pieces = Vocabulary(tagged_tokenizer)._source.encode("1956", out_type=str)
    assert [piece for piece in pieces if piece != "▁"] == ["1", "9", "5", "6"]


def test_special_ids(tokenizer, tagged_tokenizer):
    plain, tagged = Vocabulary(tokenizer), Vocabulary(tagged_tokenizer)
    assert (plain.eos, plain.pad) == (0, len(plain) - 1)
    assert (plain.has_tags, plain.tags) == (False, {})
    assert tagged.tags == {Language.DE: len(tagged) - 3, Language.EN: len(tagged) - 2}
    assert plain.is_joint


def test_ids_are_those_of_transformers(tagged_tokenizer):
    from transformers import MarianTokenizer

    theirs = MarianTokenizer.from_pretrained(tagged_tokenizer)
    ours = Vocabulary(tagged_tokenizer)
    texts = ["Der Hund sieht „den Ball“.", "naïve façade 42 ☃", "", "a\u00a0b"]
    for text, ids in zip(texts, ours.encode_source(texts), strict=True):
        assert theirs(text).input_ids == [*ids, ours.eos]
        tagged = theirs(f">>eng<< {text}").input_ids
        assert tagged == [ours.tags[Language.EN], *ids, ours.eos]
        assert theirs(text_target=text).input_ids == [*ids, ours.eos]
    assert theirs.pad_token_id == ours.pad


def test_ids_of_vocab_json_count_where_they_differ_from_the_pieces(tokenizer, tmp_path):
    """As in OPUS-MT's models, whose vocabularies have an order of their own."""
    for name in ("source.spm", "target.spm"):
        (tmp_path / name).write_bytes((tokenizer / name).read_bytes())
    tokens = list(json.loads((tokenizer / "vocab.json").read_text("utf-8")))
    reordered = [*tokens[:2], *tokens[-2:1:-1], tokens[-1]]
    module.write_vocabulary([token for token in reordered if token != "z"], tmp_path)
    ids = json.loads((tmp_path / "vocab.json").read_text("utf-8"))
    [encoded] = Vocabulary(tmp_path).encode_target(["der Hund"])
    pieces = Vocabulary(tokenizer)._source.encode("der Hund", out_type=str)
    assert encoded == [ids[piece] for piece in pieces]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("vocab.json", b"{"),
        ("vocab.json", b'{"</s>": 0}'),
        ("source.spm", b"x"),
        ("target.spm", None),
    ],
    ids=["not JSON", "no pad", "no model", "missing"],
)
def test_a_damaged_tokenizer_is_refused(tokenizer, tmp_path, name, content):
    for path in tokenizer.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / name).unlink()
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelCorrupt, match="tokenizer"):
        Vocabulary(tmp_path)


def test_too_small_a_vocabulary_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="no vocabulary of 20 pieces"):
        train_vocabulary([a for a, _ in toys.toy_pairs(50)], (), tmp_path, size=20)


def test_sample_is_balanced_weighted_and_repeatable():
    def stream():
        for number in range(3_000):
            yield (
                Language.DE,
                f"often {number}" if number % 2 else f"rarely {number}",
                (9.0 if number % 2 else 1.0),
            )
            if number < 50:
                yield Language.EN, f"en {number}", 1.0
            yield Language.FR, "never", 0.0

    sample = sample_balanced(stream(), per_language=200, seed=3)
    assert sample == sample_balanced(stream(), per_language=200, seed=3)
    assert sample != sample_balanced(stream(), per_language=200, seed=4)
    assert len(set(sample)) == len(sample) == 250
    often = sum(text.startswith("often") for text in sample)
    # 9 of 10 in expectation, standard deviation about 4.
    assert 165 <= often <= 195

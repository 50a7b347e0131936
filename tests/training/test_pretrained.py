import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from mtpipe.errors import ModelCorrupt
from mtpipe.training.pretrained import read_encoder, read_pieces
from tests.training import toys


@pytest.fixture
def checkpoint(tokenizer, tmp_path):
    return toys.write_encoder(tmp_path / "encoder", tokenizer)


def change_config(directory, **changes):
    path = directory / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_a_checkpoint_as_transformers_saves_it(checkpoint):
    from transformers import BertModel

    encoder = read_encoder(checkpoint)
    theirs = BertModel.from_pretrained(checkpoint, add_pooling_layer=False)
    assert (encoder.width, encoder.ffn_dim, encoder.heads, encoder.layers) == (24, 48, 2, 2)
    assert (encoder.begin, encoder.end, encoder.unknown) == (0, 2, 3)
    assert encoder.activation == "gelu"
    torch.testing.assert_close(encoder.words, theirs.embeddings.word_embeddings.weight.detach())
    assert [piece.row for piece in encoder.pieces] == list(range(4, len(encoder.words)))


@pytest.mark.parametrize("kind", ["bert", "xlm-roberta"])
def test_positions_begin_where_the_type_has_them(checkpoint, kind):
    change_config(checkpoint, model_type=kind)
    table = load_file(checkpoint / "model.safetensors")["embeddings.position_embeddings.weight"]
    first = {"bert": 0, "xlm-roberta": 2}[kind]
    torch.testing.assert_close(read_encoder(checkpoint).positions, table[first:])


def test_weights_below_a_head_are_found(checkpoint):
    """Checkpoints of masked language models have ``roberta.`` before the encoder's names."""
    path = checkpoint / "model.safetensors"
    state = {f"roberta.{name}": value.half() for name, value in load_file(path).items()}
    save_file({**state, "lm_head.bias": torch.zeros(3)}, path)
    encoder = read_encoder(checkpoint)
    assert encoder.words.dtype == torch.float32
    assert not any(name.startswith(("roberta", "lm_head")) for name in encoder.weights)


def test_weights_of_the_first_berts_are_found(checkpoint):
    path = checkpoint / "model.safetensors"
    state = {
        f"bert.{name}".replace("Norm.weight", "Norm.gamma").replace("Norm.bias", "Norm.beta"): value
        for name, value in load_file(path).items()
    }
    before = read_encoder(checkpoint)
    save_file(state, path)
    after = read_encoder(checkpoint)
    assert after.weights.keys() == before.weights.keys()


LAYER = "encoder.layer.1."


@pytest.mark.parametrize(
    ("name", "change"),
    [
        (LAYER + "output.dense.weight", None),
        (LAYER + "output.dense.weight", lambda w: w.T.contiguous()),
        (LAYER + "attention.self.query.bias", lambda w: w[:5].clone()),
        (LAYER + "intermediate.dense.weight", lambda w: w[0].clone()),
        (LAYER + "output.LayerNorm.weight", lambda w: w * torch.nan),
        ("embeddings.LayerNorm.bias", None),
        ("embeddings.token_type_embeddings.weight", lambda w: w[:0].clone()),
        ("embeddings.position_embeddings.weight", lambda w: w[:50].clone()),
        ("embeddings.word_embeddings.weight", lambda w: w[0].clone()),
    ],
    ids=[
        *("lacking", "turned", "short", "a row", "not numbers", "no norm", "no types"),
        *("few positions", "one word"),
    ],
)
def test_weights_that_do_not_fit_are_refused(checkpoint, name, change):
    path = checkpoint / "model.safetensors"
    state = load_file(path)
    value = state.pop(name)
    save_file(state if change is None else {**state, name: change(value)}, path)
    with pytest.raises(ModelCorrupt, match="can't be used"):
        read_encoder(checkpoint)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "gpt2"}, "a gpt2 model"),
        ({"model_type": None}, "a None model"),
        ({"position_embedding_type": "relative_key"}, "relative_key positions"),
        ({"num_hidden_layers": 3}, "can't be used"),
        ({"num_attention_heads": 5}, "5 heads for a width of 24"),
        ({"num_hidden_layers": float("inf")}, "can't be used"),
        ({"hidden_act": "gelu_new"}, "gelu_new as an activation"),
        ({"num_attention_heads": "many"}, "can't be used"),
        ({"num_hidden_layers": 10**9}, "1000000000 layers by its config, 2 by its weights"),
        ({"num_hidden_layers": 0}, "0 layers by its config"),
        ({"num_hidden_layers": -1}, "-1 layers by its config"),
        ({"num_attention_heads": 0}, "0 heads for a width of 24"),
        ({"num_attention_heads": -2}, "-2 heads for a width of 24"),
    ],
    ids=[
        *("another kind", "no kind", "positions", "too many layers", "heads", "infinite"),
        *("activation", "not a number", "1e9 layers", "no layers", "negative layers"),
        *("no heads", "negative heads"),
    ],
)
def test_another_kind_of_model_is_refused(checkpoint, changes, message):
    change_config(checkpoint, **changes)
    with pytest.raises(ModelCorrupt, match=message) as caught:
        read_encoder(checkpoint)
    assert caught.value.hint


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
@pytest.mark.parametrize("damage", ["missing", "cut off", "a list"])
def test_damaged_files_are_refused(checkpoint, name, damage):
    path = checkpoint / name
    if damage == "missing":
        path.unlink()
    else:
        content = path.read_bytes()[:100] if damage == "cut off" else b"[1, 2]"
        path.write_bytes(content)
    with pytest.raises(ModelCorrupt, match=r"encoder|tokenizer"):
        read_encoder(checkpoint)


def test_pieces_without_vectors_are_refused(checkpoint):
    path = checkpoint / "model.safetensors"
    state = load_file(path)
    words = "embeddings.word_embeddings.weight"
    save_file({**state, words: state[words][:10].clone()}, path)
    with pytest.raises(ModelCorrupt, match="10 word vectors for"):
        read_encoder(checkpoint)


def test_pieces_of_wordpiece(tmp_path):
    """BERT marks how words go on; its punctuation is a word with or without a space before it."""
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "house", "##s", "s", ",", "##,", "é", "##"]
    model = {"type": "WordPiece", "vocab": {word: row for row, word in enumerate(words)}}
    toys.write_encoder_tokenizer(tmp_path, model, specials=words[:4])
    pieces = {piece.text: piece.row for piece in read_pieces(tmp_path)}
    assert pieces == {"▁house": 4, "s": 5, "▁s": 6, "▁,": 7, ",": 7, "▁é": 9, "▁##": 10}


@pytest.mark.parametrize(
    ("model", "normalizer", "message"),
    [
        ({"type": "BPE", "vocab": {"a": 0}}, None, "of the kind BPE"),
        ({"vocab": {"a": 0}}, None, "of the kind None"),
        ({"type": "WordPiece", "vocab": {"a": 0}}, {"lowercase": True}, "lower case"),
        (
            {"type": "WordPiece", "vocab": {"a": 0}},
            {"type": "Sequence", "normalizers": [{"lowercase": True}]},
            "lower case",
        ),
        ({"type": "Unigram", "vocab": [["a"]]}, None, "can't be read"),
        ({"type": "Unigram", "vocab": [["a", 0], ["a", 0]]}, None, "there twice"),
        ({"type": "Unigram", "vocab": [["\ud800", 0]]}, None, "can't be read"),
        ({"type": "Unigram", "vocab": [["<s>", 0]]}, None, "no pieces"),
        ({}, None, "can't be read"),
    ],
    ids=[
        *(
            "byte pairs",
            "unknown",
            "lower case",
            "nested",
            "no scores",
            "twice",
            "half a character",
        ),
        *("specials only", "empty"),
    ],
)
def test_tokenizers_that_cannot_serve(tmp_path, model, normalizer, message):
    toys.write_encoder_tokenizer(tmp_path, model)
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "normalizer": normalizer}))
    with pytest.raises(ModelCorrupt, match=message) as caught:
        read_pieces(tmp_path)
    assert caught.value.hint


def test_old_files_do_not_name_the_kind(tmp_path):
    toys.write_encoder_tokenizer(tmp_path, {"vocab": [["<s>", 0], ["▁a", -1.5]]}, specials=["<s>"])
    [piece] = read_pieces(tmp_path)
    assert (piece.text, piece.score, piece.row) == ("▁a", -1.5, 1)

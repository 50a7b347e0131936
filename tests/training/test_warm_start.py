import dataclasses

import pytest
import sentencepiece
import torch

from mtpipe.errors import ConfigError
from mtpipe.training import warm_start as module
from mtpipe.training.model import load_model, save_model, trainable
from mtpipe.training.pretrained import read_encoder
from mtpipe.training.settings import Architecture
from mtpipe.training.vocabulary import Vocabulary
from mtpipe.training.vocabulary_cut import cut_vocabulary
from mtpipe.training.warm_start import check_vocabulary, warm_model
from tests.training import toys

SIZES = Architecture(**{**toys.TINY, "encoder_layers": 2})


def batches_of(vocabulary):
    return [toys.toy_batch(vocabulary)]


@pytest.fixture(scope="module")
def checkpoint(tokenizer, tmp_path_factory):
    return toys.write_encoder(tmp_path_factory.mktemp("encoder"), tokenizer)


@pytest.fixture
def encoder(checkpoint):
    return read_encoder(checkpoint)


@pytest.fixture
def vocabulary(tokenizer):
    return Vocabulary(tokenizer)


def states(model, ids):
    with torch.no_grad():
        return model.eval().model.encoder(input_ids=ids).last_hidden_state


def test_its_encoder_is_the_pretrained_one(tokenizer, vocabulary, tmp_path, monkeypatch):
    """To the last digit, where no position shifts the norm of the embeddings."""
    from transformers import BertModel

    directory = toys.write_encoder(tmp_path / "encoder", tokenizer)
    theirs = BertModel.from_pretrained(directory, add_pooling_layer=False).eval()
    with torch.no_grad():
        theirs.embeddings.position_embeddings.weight.fill_(0.0)
        for layer in theirs.modules():
            if isinstance(layer, torch.nn.LayerNorm):
                layer.weight.normal_(1, 0.3)
                layer.bias.normal_(0, 0.3)
    theirs.save_pretrained(directory)
    monkeypatch.setattr(module, "_standardise_states", lambda *_: None)
    encoder = read_encoder(directory)
    ours = warm_model(encoder, SIZES, vocabulary, batches_of(vocabulary))
    [ids] = vocabulary.encode_source(["der Hund sieht den Ball heute."])
    rows = module._rows(encoder, vocabulary)[torch.tensor([[*ids, 0]])]
    assert (rows >= 0).all()
    with torch.no_grad():
        wanted = theirs(input_ids=rows).last_hidden_state
    torch.testing.assert_close(states(ours, torch.tensor([[*ids, 0]])), wanted, rtol=0, atol=2e-4)


def test_positions_are_nearly_those_of_the_encoder(encoder, vocabulary, monkeypatch):
    """Folded, not exact: the same sentence is far closer than another or another order."""
    from transformers import BertConfig, BertModel

    monkeypatch.setattr(module, "_standardise_states", lambda *_: None)
    ours = warm_model(encoder, SIZES, vocabulary, batches_of(vocabulary))
    theirs = BertModel(
        BertConfig(
            vocab_size=len(encoder.words),
            hidden_size=24,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=48,
            max_position_embeddings=258,
        ),
        add_pooling_layer=False,
    ).eval()
    theirs.load_state_dict(dict(encoder.weights), strict=False)
    texts = [
        "der Hund sieht den Ball heute.",
        "den Ball sieht der Hund heute.",
        "ein Kind mag das Haus.",
    ]
    rows = module._rows(encoder, vocabulary)
    means = []
    for text in texts:
        ids = torch.tensor([[*vocabulary.encode_source([text])[0], 0]])
        with torch.no_grad():
            wanted = theirs(input_ids=rows[ids]).last_hidden_state[0]
        means.append((states(ours, ids)[0].flatten(), wanted.flatten()))
    cosine = torch.nn.functional.cosine_similarity
    for number, (own, wanted) in enumerate(means):
        assert cosine(own, wanted, dim=0) > 0.9
        for other in range(len(means)):
            if other != number and len(means[other][1]) == len(own):
                assert cosine(own, wanted, dim=0) > cosine(own, means[other][1], dim=0)


def test_what_the_decoder_is_given(encoder, tagged_tokenizer):
    vocabulary = Vocabulary(tagged_tokenizer)
    batches = batches_of(vocabulary)
    model = warm_model(encoder, SIZES, vocabulary, batches)
    ours, theirs = model.model.encoder.embed_tokens, model.model.decoder.embed_tokens
    assert model.lm_head.weight is theirs.weight
    assert ours.weight is not theirs.weight
    torch.testing.assert_close(ours.weight, theirs.weight)
    assert not ours.weight[vocabulary.pad].any()
    first, second = (ours.weight[tag] for tag in vocabulary.tags.values())
    assert not torch.equal(first, second)
    # The bias is the logarithm of how often each token is wanted.
    shares = model.final_logits_bias[0].exp()
    [dot] = vocabulary.encode_target(["."])
    assert shares.sum() == pytest.approx(1, abs=1e-3)
    assert shares[vocabulary.pad] < 1e-30
    count = (batches[0].target == 0).sum() / batches[0].tokens
    assert float(shares[vocabulary.eos]) == pytest.approx(count, rel=0.2)
    assert shares[dot[-1]] > 20 * shares[vocabulary.ids["<0x00>"]]
    assert (model.model.decoder.layers[-1].final_layer_norm.weight == 2).all()


def test_states_have_mean_0_and_deviation_1(encoder, vocabulary):
    batches = batches_of(vocabulary)
    model = warm_model(encoder, SIZES, vocabulary, batches)
    source = torch.from_numpy(batches[0].source)
    mask = source != vocabulary.pad
    with torch.no_grad():
        found = model.eval().model.encoder(input_ids=source, attention_mask=mask)
    real = found.last_hidden_state[mask]
    torch.testing.assert_close(real.mean(0), torch.zeros(24), rtol=0, atol=1e-3)
    torch.testing.assert_close(real.std(0), torch.ones(24), rtol=0, atol=1e-3)


def test_the_first_layers_are_taken(encoder, vocabulary):
    sizes = dataclasses.replace(SIZES, encoder_layers=1, decoder_layers=3)
    model = warm_model(encoder, sizes, vocabulary, batches_of(vocabulary))
    assert (len(model.model.encoder.layers), len(model.model.decoder.layers)) == (1, 3)
    torch.testing.assert_close(
        model.model.encoder.layers[0].fc1.weight.detach(),
        encoder.weights["encoder.layer.0.intermediate.dense.weight"],
    )


def test_learnt_positions_come_back_from_the_folder(encoder, vocabulary, tmp_path):
    model = warm_model(encoder, SIZES, vocabulary, batches_of(vocabulary))
    save_model(model, tmp_path)
    loaded = load_model(tmp_path)
    for side in ("encoder", "decoder"):
        before = getattr(model.model, side).embed_positions.weight
        after = getattr(loaded.model, side).embed_positions.weight
        torch.testing.assert_close(after, before, rtol=0, atol=2e-3)
    assert not any("embed_positions" in name for name in trainable(loaded))
    assert loaded.config.max_position_embeddings == 258


def test_more_layers_than_there_are(encoder, vocabulary):
    sizes = dataclasses.replace(SIZES, encoder_layers=3)
    with pytest.raises(ConfigError, match="has 2 layers, not 3"):
        warm_model(encoder, sizes, vocabulary, [])


def test_a_vocabulary_of_something_else(encoder, vocabulary):
    assert check_vocabulary(encoder, vocabulary) == len(encoder.pieces)
    for number, piece in enumerate(encoder.pieces):
        encoder.pieces[number] = dataclasses.replace(piece, text=f"#{number}")
    with pytest.raises(ConfigError, match="has no piece"):
        warm_model(encoder, SIZES, vocabulary, [])


def test_a_tag_that_nothing_is_translated_into_leans_nowhere(encoder, tagged_tokenizer):
    vocabulary = Vocabulary(tagged_tokenizer)
    [batch] = batches_of(vocabulary)
    used, unused = vocabulary.tags.values()
    batch.source[:, 0] = used
    model = warm_model(encoder, SIZES, vocabulary, [batch])
    table = model.model.encoder.embed_tokens.weight
    # One language alone differs from nothing, either.
    torch.testing.assert_close(table[used], table[unused])
    assert table[used].any()


def test_a_text_form_is_the_same_without_a_piece_for_the_space(encoder, tmp_path):
    """WordPiece has none; spelt in bytes it would be read as a letter."""
    pieces = [piece for piece in encoder.pieces if piece.text != "▁"]
    text = [pair[0] for pair in toys.toy_pairs(60)]
    cut_vocabulary(pieces, text, (), tmp_path, size=400)
    processor = sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / "source.spm"))
    for sample in ("der Hund Ω", "Ω", "日 本"):
        assert processor.decode(processor.encode(sample)) == sample
    model = warm_model(encoder, SIZES, Vocabulary(tmp_path), batches_of(Vocabulary(tmp_path)))
    assert model.model.encoder.embed_tokens.weight.isfinite().all()

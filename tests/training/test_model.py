import json

import pytest
import torch
from safetensors.torch import load_file

from mtpipe.errors import ModelCorrupt
from mtpipe.training.model import load_model, matrices, new_model, save_model, trainable
from mtpipe.training.settings import Architecture
from tests.training.toys import TINY, tiny_model

SIZE = 50


@pytest.fixture
def model():
    torch.manual_seed(1)
    return tiny_model(SIZE)


def untied_model(activation="swish"):
    """As some converted Marian models are: two tables, a bias on the output."""
    from transformers import MarianConfig, MarianMTModel

    torch.manual_seed(2)
    model = MarianMTModel(
        MarianConfig(
            vocab_size=SIZE,
            decoder_vocab_size=SIZE,
            d_model=16,
            encoder_layers=1,
            decoder_layers=1,
            encoder_attention_heads=2,
            decoder_attention_heads=2,
            encoder_ffn_dim=32,
            decoder_ffn_dim=32,
            max_position_embeddings=32,
            activation_function=activation,
            scale_embedding=True,
            dropout=0.1,
            pad_token_id=SIZE - 1,
            decoder_start_token_id=SIZE - 1,
            share_encoder_decoder_embeddings=False,
        )
    )
    model.final_logits_bias.copy_(torch.randn(1, SIZE))
    return model


def logits(model):
    ids = torch.tensor([[5, 6, 7, 0]])
    with torch.no_grad():
        return model.eval()(input_ids=ids, decoder_input_ids=ids).logits


def test_a_new_model_starts_the_decoder_from_zero(model):
    """CTranslate2 does, whatever the row of <pad> holds."""
    shared = model.model.shared.weight
    assert not shared[-1].any()
    assert model.lm_head.weight is shared
    assert model.model.encoder.embed_tokens.weight is shared


def test_positions_are_frozen_and_matrices_are_those_of_layers(model):
    assert not any("embed_positions" in name for name in trainable(model))
    layers = list(matrices(model))
    # 4 of self-attention and 2 of the feed-forward block a layer, 4 of cross-attention.
    assert len(layers) == 16
    assert all(".layers." in name and name.endswith("weight") for name in layers)


@pytest.mark.parametrize("make", [lambda: tiny_model(SIZE), untied_model], ids=["tied", "untied"])
def test_saved_models_are_stock_and_half_as_large(tmp_path, make, capfd):
    from transformers import MarianMTModel

    model = make()
    before = logits(model)
    save_model(model, tmp_path)
    state = load_file(tmp_path / "model.safetensors")
    parameters = sum(p.numel() for p in trainable(model).values())
    assert {value.dtype for value in state.values()} == {torch.float16}
    assert sum(value.numel() for value in state.values()) == parameters + SIZE  # and the bias
    config = json.loads((tmp_path / "config.json").read_text())
    assert (config["dtype"], config["architectures"]) == ("float16", ["MarianMTModel"])
    assert model.dtype == torch.float32
    assert capfd.readouterr().err == ""

    stock, found = MarianMTModel.from_pretrained(
        tmp_path, dtype=torch.float32, output_loading_info=True
    )
    assert not any(found.values())
    torch.testing.assert_close(logits(stock), before, rtol=0, atol=0.02)
    loaded = load_model(tmp_path)
    torch.testing.assert_close(logits(loaded), logits(stock))
    assert list(trainable(loaded)) == list(trainable(model))
    assert stock.lm_head.weight is stock.model.decoder.embed_tokens.weight


def test_generation_settings(tmp_path, model):
    save_model(model, tmp_path)
    settings = json.loads((tmp_path / "generation_config.json").read_text())
    assert settings["bad_words_ids"] == [[SIZE - 1]]
    assert settings["decoder_start_token_id"] == SIZE - 1
    assert settings["max_length"] == 512


def test_weights_that_lack_are_noticed(tmp_path, model):
    from safetensors.torch import save_file

    save_model(model, tmp_path)
    state = load_file(tmp_path / "model.safetensors")
    del state["model.encoder.layers.0.fc1.weight"]
    save_file(state, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelCorrupt, match=r"lacks weights: .*\.fc1\.weight"):
        load_model(tmp_path)


@pytest.mark.parametrize("damage", ["no weights", "cut off", "no config", "pickle only"])
def test_damaged_models_are_refused(tmp_path, model, damage):
    save_model(model, tmp_path)
    weights = tmp_path / "model.safetensors"
    if damage == "no config":
        (tmp_path / "config.json").write_text("{")
    elif damage == "cut off":
        weights.write_bytes(weights.read_bytes()[:1000])
    else:
        weights.unlink()
        if damage == "pickle only":
            torch.save(model.state_dict(), tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelCorrupt, match="can't be loaded"):
        load_model(tmp_path)


def test_sizes_are_those_of_the_architecture():
    model = new_model(Architecture(**{**TINY, "decoder_layers": 2}), SIZE)
    assert len(model.model.decoder.layers) == 2
    assert model.config.vocab_size == SIZE

"""Forced decoding with numpy, against both engines and against torch's own distributions."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from mtpipe.engines.decoder import MAX_SEGMENT_TOKENS
from mtpipe.engines.forced import ForcedDecoder, _gelu
from mtpipe.engines.tokenizer import EOS, Tokenizer
from mtpipe.errors import ModelCorrupt
from mtpipe.models.cards import InstalledModel, find_installed
from mtpipe.models.convert import position_tables
from mtpipe.models.marian import read_model
from mtpipe.pipeline.systems.choosing import system_name
from mtpipe.pipeline.systems.loading import load_system
from mtpipe.pipeline.systems.rating import Rater
from mtpipe.types import Direction
from mtpipe.types.choices import EngineName, Quantization
from tests.models.tiny_marian import SOURCE, TARGET, tiny_marian, write_tiny_card
from tests.training import toys

DE_EN = Direction.parse("de-en")
SOURCES = [
    "Guten Morgen.",
    "Am Samstag wurde in der Stadt eine neue Brücke eröffnet.",
    "Der Bau hat drei Jahre gedauert und 24 Millionen Franken gekostet, sagte sie.",
]
TARGETS = [
    "Good morning.",
    "A new bridge was opened in the town on Saturday.",
    "Construction took three years and cost 24 million francs, she said.",
]


@pytest.fixture(scope="module")
def rater() -> Rater:
    return Rater(find_installed("starter"))


def test_ratings_are_those_of_ctranslate2(rater: Rater, starter: InstalledModel) -> None:
    system = load_system(
        starter,
        engine=EngineName.CTRANSLATE2,
        quantization=Quantization.FLOAT32,
        device="cpu",
        threads=1,
    )
    wanted = system.log_probs(SOURCES, TARGETS, DE_EN)
    rated = rater.rate(SOURCES, TARGETS, DE_EN)
    assert [list(one.log_probs) for one in rated] == [
        pytest.approx(row, abs=2e-3) for row in wanted
    ]
    assert all(one.tokens[-1] == EOS for one in rated)


def test_models_with_one_table_and_sinusoids_are_rated_likewise(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    model = InstalledModel(write_tiny_card(), tiny_marian(), tmp_path, bundled=False)
    system = load_system(
        model,
        engine=EngineName.CTRANSLATE2,
        quantization=Quantization.FLOAT32,
        device="cpu",
        threads=1,
    )
    sources, targets = [SOURCE, "Das Wetter."], [TARGET, "The weather."]
    wanted = system.log_probs(sources, targets, DE_EN)
    rated = Rater(model).rate(sources, targets, DE_EN)
    assert [list(one.log_probs) for one in rated] == [
        pytest.approx(row, abs=2e-3) for row in wanted
    ]


def test_models_that_begin_with_an_encoder_are_rated_likewise(tmp_path: Path) -> None:
    """GELU, a table a side, learnt positions, a bias on the output."""
    pytest.importorskip("transformers")
    directory = toys.write_warm_model(tmp_path / "warm-de-en")
    card = write_tiny_card(directions=(DE_EN, DE_EN.reversed))
    model = InstalledModel(card, directory, tmp_path / "converted", bundled=False)
    system = load_system(
        model,
        engine=EngineName.CTRANSLATE2,
        quantization=Quantization.FLOAT32,
        device="cpu",
        threads=1,
    )
    sources, targets = map(list, zip(*toys.toy_pairs(5), strict=True))
    wanted = system.log_probs(sources, targets, DE_EN)
    rated = Rater(model).rate(sources, targets, DE_EN)
    assert [list(one.log_probs) for one in rated] == [
        pytest.approx(row, abs=2e-3) for row in wanted
    ]


@pytest.mark.parametrize("value", [-30.0, -3.0, -1.0, -1e-3, 0.0, 0.5, 2.0, 30.0])
def test_gelu(value: float) -> None:
    wanted = value * 0.5 * (1 + math.erf(value / 2**0.5))
    [[found]] = _gelu(np.array([[value]], np.float32))
    assert found == pytest.approx(wanted, abs=1e-6)
    assert found.dtype == np.float32


def test_an_encoding_is_remembered(rater: Rater, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several candidates are compared with one original; it is the larger half of the work."""
    rater.rate(SOURCES, TARGETS, DE_EN)
    monkeypatch.setattr(ForcedDecoder, "_encode", None)
    again = rater.rate(SOURCES[::-1], TARGETS[::-1], DE_EN)
    monkeypatch.undo()
    for one, other in zip(again[::-1], rater.rate(SOURCES, TARGETS, DE_EN), strict=True):
        assert one.log_probs == pytest.approx(other.log_probs, abs=1e-4)
    rater.rate([f"{number} Brücken." for number in range(300)], ["Yes."] * 300, DE_EN)
    assert len(rater._decoder._memories) == 128


def test_what_is_expected_is_the_mean_of_the_whole_distribution(
    rater: Rater, starter: InstalledModel
) -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    tokenizer = Tokenizer(starter.directory)
    model = transformers.MarianMTModel.from_pretrained(
        starter.directory, local_files_only=True, dtype=torch.float32
    ).eval()
    for source, target, rated in zip(
        SOURCES, TARGETS, rater.rate(SOURCES, TARGETS, DE_EN), strict=True
    ):
        [src], [tgt] = tokenizer.encode([source], DE_EN), tokenizer.encode_target([target])
        start = model.config.decoder_start_token_id
        with torch.inference_mode():
            logits = model(
                input_ids=torch.tensor([[tokenizer.ids[token] for token in src]]),
                decoder_input_ids=torch.tensor([[start, *(tokenizer.ids[token] for token in tgt)]]),
            ).logits[0, :, :start]  # without <pad>
        log_probs = logits.log_softmax(-1)
        entropy = -(log_probs.exp() * log_probs).sum(-1)
        assert -rated.expected == pytest.approx(entropy.numpy(), abs=1e-3)


def test_a_sentence_is_rated_alike_whatever_stands_beside_it(rater: Rater) -> None:
    together = rater.rate(SOURCES * 20, TARGETS * 20, DE_EN)
    assert len(together) == 60
    for number, (source, target) in enumerate(zip(SOURCES, TARGETS, strict=True)):
        [alone] = rater.rate([source], [target], DE_EN)
        for one in together[number::3]:
            assert one.log_probs == pytest.approx(alone.log_probs, abs=1e-3)
            assert one.expected == pytest.approx(alone.expected, abs=1e-3)


@pytest.mark.parametrize("text", ["", "…", "\u200b", "😀" * 50, "漢字", "a" * 5_000, "ja " * 2_000])
def test_any_text_is_rated(rater: Rater, text: str) -> None:
    for one in rater.rate([text, "Ja."], ["Yes.", text], DE_EN):
        assert np.isfinite(one.log_probs).all()
        assert np.isfinite(one.expected).all()
        assert (one.expected <= 1e-5).all()
        assert len(one.tokens) == len(one.log_probs) <= MAX_SEGMENT_TOKENS + 1


def test_the_rater_is_known_by_its_weights(rater: Rater, starter: InstalledModel) -> None:
    assert rater.name == system_name(starter)
    assert rater.rate([], [], DE_EN) == []


@pytest.mark.parametrize("lacking", ["weights", "config", "shape", "activation"])
def test_what_is_no_marian_model_is_refused(starter: InstalledModel, lacking: str) -> None:
    config, read = read_model(starter.directory)
    weights = dict(read)
    positions = position_tables(config, weights)
    ids = json.loads((starter.directory / "vocab.json").read_text(encoding="utf-8"))
    if lacking == "weights":
        del weights["model.decoder.layers.0.fc1.weight"]
    elif lacking == "config":
        del config["d_model"]
    elif lacking == "shape":
        weights["model.encoder.layers.0.fc1.bias"] = np.zeros(3, np.float32)
    else:
        config["activation_function"] = "tanh"
    with pytest.raises(ModelCorrupt, match="can rate texts"):
        ForcedDecoder(config, weights, positions, ids)

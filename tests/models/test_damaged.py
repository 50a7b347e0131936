"""Folders of models that are damaged or made to do damage: a message, never a traceback."""

import json
import os
import re
import shutil
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from mtpipe.cli import main
from mtpipe.errors import ModelCorrupt
from mtpipe.models.cards import model_at
from mtpipe.models.convert import convert
from mtpipe.models.marian import check_model, read_model
from mtpipe.pipeline.systems.loading import load_system
from mtpipe.types.choices import EngineName, Quantization
from tests.models.bare_marian import (
    WIDTH,
    weights_of,
    write_bare_marian,
    write_json,
    write_other_pieces,
)

MOST_BYTES = 60_000_000
CONFIG, WEIGHTS, VOCABULARY = "config.json", "model.safetensors", "vocab.json"
DEEP = "[" * 100_000
Damage = Callable[[Path], object]


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bare_marian(tmp_path_factory.mktemp("bare") / "bare-de-en")


@pytest.fixture
def folder(bare: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bare, tmp_path / "model-de-en"))


def config(**changes: Any) -> Damage:
    def damage(folder: Path) -> None:
        content = json.loads((folder / CONFIG).read_text()) | changes
        write_json(folder / CONFIG, {k: v for k, v in content.items() if v is not Ellipsis})

    return damage


def content(name: str, data: bytes | str) -> Damage:
    return lambda folder: (folder / name).write_bytes(
        data.encode() if isinstance(data, str) else data
    )


def cut(name: str, share: float) -> Damage:
    def damage(folder: Path) -> None:
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[: int(len(whole) * share)])

    return damage


def header(change: Callable[[dict[str, Any]], object]) -> Damage:
    """Change the header of the weights, whose data stay."""

    def damage(folder: Path) -> None:
        whole = (folder / WEIGHTS).read_bytes()
        [length] = struct.unpack("<Q", whole[:8])
        entries = json.loads(whole[8 : 8 + length])
        change(entries)
        text = json.dumps(entries).encode()
        (folder / WEIGHTS).write_bytes(struct.pack("<Q", len(text)) + text + whole[8 + length :])

    return damage


def entry(**changes: Any) -> Damage:
    """Change what the header says of one of the weights."""
    return header(lambda entries: entries["model.encoder.layers.0.fc1.bias"].update(changes))


def weights(change: Callable[[dict[str, np.ndarray]], object]) -> Damage:
    def damage(folder: Path) -> None:
        values = weights_of(len(json.loads((folder / VOCABULARY).read_text())))
        change(values)
        save_file(values, folder / WEIGHTS)

    return damage


def moved(entries: dict[str, Any], by: int) -> None:
    [*_, last] = sorted(entries, key=lambda name: entries[name]["data_offsets"])
    entries[last]["data_offsets"] = [place + by for place in entries[last]["data_offsets"]]


def twice(folder: Path) -> None:
    whole = (folder / WEIGHTS).read_bytes()
    [length] = struct.unpack("<Q", whole[:8])
    first = b'{"model.shared.weight":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},'
    text = first + whole[9 : 8 + length]
    (folder / WEIGHTS).write_bytes(struct.pack("<Q", len(text)) + text + whole[8 + length :])


def in_place_of(name: str, make: Callable[[Path], object]) -> Damage:
    def damage(folder: Path) -> None:
        (folder / name).unlink()
        make(folder / name)

    return damage


def vocabulary(change: Callable[[dict[str, int]], object]) -> Damage:
    def damage(folder: Path) -> None:
        ids = json.loads((folder / VOCABULARY).read_text())
        changed = change(ids)
        write_json(folder / VOCABULARY, ids if changed is None else changed)

    return damage


def is_loop(path: Path) -> None:
    path.symlink_to(path.with_name("other"))
    path.with_name("other").symlink_to(path)


FAULTS: dict[str, tuple[Damage, str]] = {
    # The config: of other sizes than the weights, or none.
    "1e9 encoder layers": (config(encoder_layers=10**9), "it has 1 encoder layers, not 1,000"),
    "1e9 decoder layers": (config(decoder_layers=10**9), "it has 1 decoder layers, not 1,000"),
    "too few layers": (weights(lambda w: w.update(_layer(w, 1))), "it has 2 encoder layers, not 1"),
    "no layers": (config(encoder_layers=0), "encoder_layers is 0, not a whole number"),
    "negative layers": (config(decoder_layers=-1), "decoder_layers is -1, not a whole number"),
    "half a layer": (config(encoder_layers=1.0), "encoder_layers is 1.0, not a whole number"),
    "layers as text": (config(encoder_layers="1"), 'encoder_layers is "1", not a whole number'),
    "layers as a list": (config(encoder_layers=[1]), r"encoder_layers is \[1\], not a whole"),
    "layers as truth": (config(encoder_layers=True), "encoder_layers is true, not a whole"),
    "layers unstated": (config(encoder_layers=...), "encoder_layers is missing"),
    "no heads": (
        config(encoder_attention_heads=0, decoder_attention_heads=0),
        "encoder_attention_heads is 0, not a whole number",
    ),
    "negative heads": (config(encoder_attention_heads=-2), "encoder_attention_heads is -2"),
    "heads that don't fit": (config(encoder_attention_heads=3), "3 attention heads can't share"),
    "unequal heads": (config(decoder_attention_heads=4), "in the encoder and 4 in the decoder"),
    "endless heads": (config(encoder_attention_heads=10**30), "encoder_attention_heads is 1000"),
    "another width": (config(d_model=32), "is .*, not .32, 32"),
    "no width": (config(d_model=0), "d_model is 0"),
    "endless width": (config(d_model=2**31 - 2), "is .*, not"),
    "another inner width": (config(encoder_ffn_dim=25), "fc1.weight is .24, 16., not .25, 16"),
    "a list of inner widths": (config(decoder_ffn_dim=[24, 24]), "decoder_ffn_dim is"),
    "no positions": (config(max_position_embeddings=0), "max_position_embeddings is 0"),
    "endless positions": (config(max_position_embeddings=10**9), "max_position_embeddings is 1"),
    "other embeddings": (config(vocab_size=99), "model.shared.weight is .*, not .99, 16"),
    "more for the decoder": (config(decoder_vocab_size=90), "share a table"),
    "another activation": (config(activation_function="tanh"), 'is "tanh", not one of relu'),
    "a list of activations": (config(activation_function=["relu"]), r'is \["relu"\], not one of'),
    "no decoder": (config(is_encoder_decoder=False), "is_encoder_decoder is false"),
    "another padding": (config(pad_token_id=10**8), "pad_token_id is 100000000, none of the"),
    "negative padding": (config(pad_token_id=-5), "pad_token_id is -5, none of the"),
    "an end as text": (config(eos_token_id="</s>"), 'eos_token_id is "</s>", none of the'),
    "two beginnings": (config(decoder_start_token_id=[0, 1]), r"start_token_id is \[0, 1\]"),
    "another truth": (config(scale_embedding="no"), 'scale_embedding is "no", neither'),
    "another kind": (config(model_type="bert\x1b[31m"), "a bert.*model, not Marian"),
    "a list of kinds": (config(model_type=["marian"]), "a model of an unknown kind"),
    "a config of nothing": (content(CONFIG, ""), "config.json can't be read"),
    "a config that is a number": (content(CONFIG, "3"), "a model of an unknown kind"),
    "a config that is a list": (content(CONFIG, '["marian"]'), "a model of an unknown kind"),
    "a config of bytes": (content(CONFIG, b"\xff\xfe\x00"), "config.json can't be read"),
    "a deep config": (content(CONFIG, DEEP), "config.json can't be read"),
    "an endless config": (content(CONFIG, " " * 2_000_000), "config.json has 2 MB, more than"),
    # The weights: the file.
    "empty weights": (content(WEIGHTS, b""), "no safetensors file: it ends within its header"),
    "seven bytes": (content(WEIGHTS, b"\x02" + b"\0" * 6), "it ends within its header"),
    "only a length": (content(WEIGHTS, struct.pack("<Q", 2**60)), "it ends within its header"),
    "the longest length": (content(WEIGHTS, b"\xff" * 64), "it ends within its header"),
    "no header": (content(WEIGHTS, struct.pack("<Q", 4) + b"null"), "its header isn't a table"),
    "a header that's a list": (content(WEIGHTS, struct.pack("<Q", 2) + b"[]"), "its header isn't a table"),
    "a deep header": (
        content(WEIGHTS, struct.pack("<Q", len(DEEP)) + DEEP.encode()),
        "no safetensors file: its header is no JSON",
    ),
    "an endless header": (
        lambda folder: os.truncate(_begun(folder, 2**30), 2**30 + 8),
        "its header has 1,073,741,824 bytes",
    ),
    "half of the weights": (cut(WEIGHTS, 0.5), "its header speaks of"),
    "all but the end": (cut(WEIGHTS, 0.9999), "its header speaks of"),
    "more than the weights": (
        lambda folder: os.truncate(folder / WEIGHTS, (folder / WEIGHTS).stat().st_size + 1),
        "its header speaks of",
    ),
    # The weights: places and sizes.
    "one over another": (header(lambda entries: moved(entries, -4)), "doesn't begin where"),
    "a gap": (header(lambda entries: moved(entries, 4)), "doesn't begin where"),
    "outside": (header(lambda entries: moved(entries, 2**39)), "doesn't begin where"),
    "far outside": (header(lambda entries: moved(entries, 2**62)), "has a size or a place that can't be"),
    "a long name": (
        header(lambda e: e.update({"x" * 10**6: {"dtype": 1, "shape": [], "data_offsets": [0, 4]}})),
        "x{80}… is of the kind '1'",
    ),
    "one twice": (twice, "model.shared.weight is there twice"),
    "another kind of number": (entry(dtype="F4"), "is of the kind 'F4'"),
    "numbers of no kind": (entry(dtype=["F32"]), "is of the kind"),
    "whole numbers": (
        entry(dtype="I32"),
        "fc1.bias can't be read: numbers of the kind I32 are no weights",
    ),
    "numbers of half the size": (entry(dtype="F16"), "another size than its place"),
    "a negative extent": (entry(shape=[-24]), "has a size or a place that can't be"),
    "half an extent": (entry(shape=[24.0]), "has a size or a place that can't be"),
    "an extent too large": (entry(shape=[2**62]), "has a size or a place that can't be"),
    "endless extents": (entry(shape=[2**32, 2**32]), "another size than its place"),
    "many extents": (entry(shape=[1] * 5_000 + [24]), "another size than its place"),
    "a shape that's none": (entry(shape=24), "has no shape or no place"),
    "three places": (entry(data_offsets=[0, 96, 96]), "no shape or no place"),
    "no kind at all": (header(lambda e: e.update(more={})), "more has no shape or no place"),
    # The weights: what they are of.
    "one missing": (
        weights(lambda w: w.pop("model.decoder.layers.0.encoder_attn.k_proj.bias")),
        "encoder_attn.k_proj.bias is missing",
    ),
    "no embeddings": (weights(lambda w: w.pop("model.shared.weight")), "shared.weight is missing"),
    "one turned": (
        weights(lambda w: w.update(_turned(w, "model.encoder.layers.0.fc1.weight"))),
        "fc1.weight is .16, 24., not .24, 16",
    ),
    "other positions": (
        weights(lambda w: w.update({"model.encoder.embed_positions.weight": np.ones((9, WIDTH))})),
        "positions are .9, 16., not .200, 16",
    ),
    "another bias": (
        weights(lambda w: w.update({"final_logits_bias": np.zeros((2, 3), np.float32)})),
        "final_logits_bias is .2, 3., not .1,",
    ),
    "not a number": (
        weights(lambda w: w["model.shared.weight"].__setitem__((3, 3), np.nan)),
        "model.shared.weight can't be read: it has values that aren't finite",
    ),
    "infinite": (
        weights(lambda w: w["model.decoder.layers.0.fc2.bias"].__setitem__(0, -np.inf)),
        "it has values that aren't finite",
    ),
    # The vocabulary.
    "a token less": (vocabulary(lambda ids: ids.pop("<pad>") and None), "the vocabulary has .* tok"),
    "a token more": (vocabulary(lambda ids: ids.update(more=len(ids))), "the vocabulary has .* tok"),
    "another model's": (
        vocabulary(lambda _: {"</s>": 0, "<unk>": 1, "<pad>": 2}),
        "the vocabulary has 3 tokens, the encoder",
    ),
    "a number twice": (vocabulary(lambda ids: ids.update({"<pad>": 3})), "each once"),
    "a number left out": (vocabulary(lambda ids: ids.update({"<pad>": 10**9})), "each once"),
    "a negative number": (vocabulary(lambda ids: ids.update({"<pad>": -1})), "each once"),
    "half a number": (vocabulary(lambda ids: ids.update({"<pad>": 2.5})), "tokens and their num"),
    "a list of tokens": (vocabulary(list), "tokens and their numbers"),
    "a list of pairs": (vocabulary(lambda ids: list(ids.items())), "tokens and their numbers"),
    "no end of sentence": (vocabulary(lambda ids: _renamed(ids, "</s>")), "it lacks </s>"),
    "a deep vocabulary": (content(VOCABULARY, DEEP), "vocab.json can't be read"),
    "an endless vocabulary": (content(VOCABULARY, " " * 17_000_000), "vocab.json has 17 MB"),
    "other tokens": (
        vocabulary(lambda ids: {t if t[0] == "<" else f"Ж{n}": n for t, n in ids.items()}),
        "source.spm isn't this vocabulary's",
    ),
    # The tokenizer.
    "pieces of nothing": (content("source.spm", b""), "source.spm"),
    "other bytes": (content("target.spm", b"no pieces" * 50), "target.spm is no SentencePiece"),
    "half of the pieces": (cut("source.spm", 0.5), "source.spm"),
    "another source": (lambda f: write_other_pieces(f / "source.spm"), "source.spm isn't this"),
    "another target": (lambda f: write_other_pieces(f / "target.spm"), "target.spm isn't this"),
    # What is no file.
    **{
        f"{what} for {name}": (in_place_of(name, make), f"{name}.* ({reasons})")
        for what, make, reasons in (
            ("nothing", lambda path: None, "can't be read: No such file|is missing"),
            ("a folder", Path.mkdir, "is no regular file"),
            ("a pipe", os.mkfifo, "is no regular file"),
            ("a device", lambda path: path.symlink_to("/dev/zero"), "is no regular file"),
            ("a loop", is_loop, "can't be read: Too many levels"),
        )
        for name in (WEIGHTS, VOCABULARY, "source.spm", "target.spm")
    },
}  # fmt: skip


def _layer(values: dict[str, np.ndarray], number: int) -> dict[str, np.ndarray]:
    begin = "model.encoder.layers."
    return {
        name.replace(f"{begin}0", f"{begin}{number}"): value.copy()
        for name, value in values.items()
        if name.startswith(begin)
    }


def _turned(values: dict[str, np.ndarray], name: str) -> dict[str, np.ndarray]:
    return {name: np.ascontiguousarray(values[name].T)}


def _renamed(ids: dict[str, int], name: str) -> None:
    ids["<x>"] = ids.pop(name)


def _begun(folder: Path, length: int) -> Path:
    (folder / WEIGHTS).write_bytes(struct.pack("<Q", length) + b"{")
    return folder / WEIGHTS


@pytest.mark.parametrize("fault", FAULTS)
def test_a_message_and_no_gigabytes(folder: Path, fault: str) -> None:
    damage, message = FAULTS[fault]
    damage(folder)
    tracemalloc.start()
    try:
        with pytest.raises(ModelCorrupt, match=message) as caught:
            read_model(folder)
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()
    assert caught.value.exit_code == 4
    assert caught.value.hint


@pytest.mark.parametrize(
    "arguments",
    [
        ["translate", "--lines", "--from", "de", "--to", "en", "--model"],
        [
            "translate",
            "--lines",
            "--engine",
            "transformers",
            "--to",
            "en",
            "--from",
            "de",
            "--model",
        ],
        ["models", "convert"],
        ["models", "check"],
    ],
    ids=["translate", "transformers", "convert", "check"],
)
@pytest.mark.parametrize(
    "fault",
    [
        "1e9 encoder layers",
        "no heads",
        "another model's",
        "one twice",
        "a deep vocabulary",
        "a loop for vocab.json",
    ],
)
def test_commands_say_so(
    folder: Path,
    tmp_path: Path,
    fault: str,
    arguments: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    damage, message = FAULTS[fault]
    damage(folder)
    lines = tmp_path / "lines.de"
    lines.write_text("Das Wetter ist schön.\n")
    given = [str(folder), *([str(lines)] if arguments[0] == "translate" else [])]
    assert main([*arguments, *given]) == 4
    output = capsys.readouterr()
    assert "Traceback" not in output.err
    said = output.out if arguments[1] == "check" else output.err
    assert re.search(message, said)
    assert not list(folder.glob("ctranslate2/*"))


@pytest.mark.parametrize(
    "settings",
    ["[]", "3", DEEP, '{"patience": [2]}', f'{{"patience": 1{"0" * 400}}}', '{"patience": NaN}',
     '{"length_penalty": "much"}', '{"repetition_penalty": {}}'],
    ids=["list", "number", "deep", "a list", "endless", "no number", "a word", "a table"],
)  # fmt: skip
def test_settings_of_the_search(folder: Path, settings: str) -> None:
    (folder / "generation_config.json").write_text(settings)
    with pytest.raises(ModelCorrupt, match=r"generation_config\.json"):
        _ = model_at(folder).search_settings


@pytest.mark.parametrize(
    "harmless",
    [
        pytest.param(lambda folder: None, id="as it is"),
        pytest.param(header(lambda e: e.update(__metadata__={"format": "pt"})), id="metadata"),
        pytest.param(config(encoder_ffn_dim=..., decoder_ffn_dim=...), id="inner width unstated"),
        pytest.param(config(decoder_vocab_size=None), id="no decoder_vocab_size"),
        pytest.param(config(share_encoder_decoder_embeddings=False), id="sharing denied"),
        pytest.param(config(auto_map={"AutoModel": "x.Y"}, num_beams="six"), id="more in config"),
        pytest.param(weights(lambda w: w.update(other=np.zeros(3, np.int64))), id="another tensor"),
        pytest.param(weights(lambda w: w.update(other=np.zeros((0, 4)))), id="an empty tensor"),
        pytest.param(weights(lambda w: w.update(_float64(w))), id="float64"),
        pytest.param(
            weights(lambda w: w.update(final_logits_bias=w["final_logits_bias"][0])), id="flat bias"
        ),
        pytest.param(
            weights(lambda w: w.update({"lm_head.weight": w["model.shared.weight"].copy()})),
            id="an output of its own",
        ),
        pytest.param(
            lambda folder: (folder / "config.json").write_bytes(
                b" \n" + (folder / "config.json").read_bytes()
            ),
            id="white space",
        ),
        pytest.param(
            lambda folder: (
                (folder / WEIGHTS).rename(folder / "real") and (folder / WEIGHTS).symlink_to("real")
            ),
            id="a link",
        ),
    ],
)
def test_sound_ones_are_taken(folder: Path, harmless: Damage) -> None:
    harmless(folder)
    check_model(folder)
    model = convert(model_at(folder), Quantization.INT8)
    assert (model / "model.bin").stat().st_size > 5_000


def _float64(values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: value.astype(np.float64) for name, value in values.items()}


@pytest.mark.parametrize(
    "change",
    [
        {"dropout": "x"},
        {"init_std": [1]},
        {"dtype": "none"},
        {"tie_word_embeddings": "no"},
        {"quantization_config": {"quant_method": "bitsandbytes", "load_in_8bit": True}},
        {"id2label": {"x": "y"}},
        {"attn_implementation": "none"},
    ],
    ids=str,
)
def test_what_only_transformers_minds(folder: Path, change: dict[str, Any]) -> None:
    """CTranslate2's form doesn't have it."""
    pytest.importorskip("transformers")
    from mtpipe.training.model import load_model

    config(**change)(folder)
    convert(model_at(folder), Quantization.INT8)
    with pytest.raises(ModelCorrupt, match="transformers can't load"):
        load_system(model_at(folder), engine=EngineName.TRANSFORMERS, device="cpu")
    with pytest.raises(ModelCorrupt, match="can't be loaded"):
        load_model(folder)

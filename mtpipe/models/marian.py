"""What a Marian model's folder has to be, before anything is made of it.

Folders come from strangers. A config is believed where the weights bear it out, and the vocabulary
where it has as many tokens as there are embeddings. Not for what the model can do: see
:mod:`mtpipe.models.smoke`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtpipe.errors import ModelCorrupt
from mtpipe.models.cards import WEIGHTS
from mtpipe.models.plain_files import (
    ANOTHER_COPY,
    MAX_VOCABULARY_BYTES,
    read_json,
    regular_size,
)
from mtpipe.models.tensors import Tensor, read_header, read_tensors

Weights = Mapping[str, NDArray[np.float32]]
Vocabulary = dict[str, int]

ACTIVATIONS = ("relu", "swish", "silu", "gelu")
MAX_SIZE = 2**31 - 1
MAX_POSITIONS = 16_384
"""Marian models have 512 or 1,024; their sinusoids are in no file and cost memory."""

_NEEDED_TOKENS = ("</s>", "<unk>")
_KNOWN_PIECES = 0.5
"""Share of a tokenizer's pieces that the vocabulary has to have; it is next to 1 where they fit."""

_LAYER = re.compile(r"model\.(encoder|decoder)\.layers\.(0|[1-9][0-9]{0,8})\.")
_SHARED, _OUTPUT, _BIAS = "model.shared.weight", "lm_head.weight", "final_logits_bias"


@dataclass(frozen=True, slots=True)
class Sizes:
    """A Marian model's sizes by its config.json.

    Attributes:
        width: of a state.
        layers: of "encoder" and "decoder".
        ffn: width inside the feed-forward blocks of "encoder" and "decoder", where it is stated.
        positions: most tokens of a segment.
        rows: embeddings of "encoder" and "decoder".
        has_one_vocabulary: whether source and target share theirs.
    """

    width: int
    layers: Mapping[str, int]
    ffn: Mapping[str, int]
    positions: int
    rows: Mapping[str, int]
    has_one_vocabulary: bool


def check_model(directory: Path) -> None:
    """See that a folder's files make a Marian model, without reading the weights themselves.

    Raises:
        ModelCorrupt: a file is missing or damaged, of another kind of model, or they don't belong
            together.
    """
    _checked(directory)


def read_model(directory: Path) -> tuple[dict[str, Any], Weights]:
    """Read config.json and model.safetensors of a Marian folder.

    Returns:
        The config, and the weights in float32 by their name; those that no Marian model has are
        left out.

    Raises:
        ModelCorrupt: see :func:`check_model`; or a weight isn't a finite number.
    """
    config, header = _checked(directory)
    return config, read_tensors(directory / WEIGHTS, header, header)


def _checked(directory: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The config, and what the file of the weights has of the model, once all go together."""
    config = read_config(directory)
    sizes = sizes_of(config, directory)
    header = tensors_of(sizes, directory)
    vocabularies(sizes, directory)
    return config, header


def read_config(directory: Path) -> dict[str, Any]:
    """The content of config.json.

    Raises:
        ModelCorrupt: it can't be read, or is another kind of model's.
    """
    config = read_json(directory / "config.json")
    kind = config.get("model_type") if isinstance(config, dict) else None
    if kind != "marian":
        shown = f"a {kind[:40]} model" if isinstance(kind, str) else "a model of an unknown kind"
        raise ModelCorrupt(
            f"{directory} holds {shown}, not Marian",
            hint="OPUS-MT models are Marian models: mtpipe models list",
        )
    return dict(config)


def sizes_of(config: Mapping[str, Any], directory: Path) -> Sizes:
    """The sizes that a config states.

    Raises:
        ModelCorrupt: one is missing, no number, or can't be.
    """
    try:
        return _sizes(config)
    except ValueError as exc:
        raise ModelCorrupt(f"{directory / 'config.json'}: {exc}", hint=ANOTHER_COPY) from exc


def tensors_of(sizes: Sizes, directory: Path) -> dict[str, Tensor]:
    """What the file of the weights has of a model of these sizes, by name.

    Raises:
        ModelCorrupt: the file is damaged, or lacks something, or has it in another shape.
    """
    path = directory / WEIGHTS
    header = read_header(path)
    try:
        return {name: header[name] for name in _fitting(sizes, header)}
    except ValueError as exc:
        raise ModelCorrupt(
            f"{path} doesn't go with its config.json: {exc}", hint=ANOTHER_COPY
        ) from exc


def vocabularies(sizes: Sizes, directory: Path) -> tuple[Vocabulary, Vocabulary]:
    """Ids by token, of source and target.

    Raises:
        ModelCorrupt: a file is damaged, or has more or fewer tokens than the model has embeddings,
            or isn't the tokenizer's.
    """
    source = read_vocabulary(directory / "vocab.json")
    separate = directory / "target_vocab.json"
    has_one = sizes.has_one_vocabulary or not separate.exists()
    target = source if has_one else read_vocabulary(separate)
    sides = (("encoder", source, "source.spm"), ("decoder", target, "target.spm"))
    for side, vocabulary, pieces in sides:
        if len(vocabulary) != sizes.rows[side]:
            raise ModelCorrupt(
                f"{directory}: the vocabulary has {len(vocabulary):,} tokens, the {side} "
                f"{sizes.rows[side]:,} embeddings",
                hint=f"they are of different models; {ANOTHER_COPY}",
            )
        _check_pieces(directory / pieces, vocabulary)
    return source, target


def read_vocabulary(path: Path) -> Vocabulary:
    """Ids by token.

    Raises:
        ModelCorrupt: it can't be read, or the ids aren't those from 0 on, each once.
    """
    ids = read_json(path, most_bytes=MAX_VOCABULARY_BYTES)
    if not isinstance(ids, dict) or any(type(value) is not int for value in ids.values()):
        problem = "it isn't a table of tokens and their numbers"
    elif set(ids.values()) != set(range(len(ids))):
        problem = "its numbers aren't those from 0 on, each once"
    elif missing := [token for token in _NEEDED_TOKENS if token not in ids]:
        problem = f"it lacks {' and '.join(missing)}"
    else:
        return ids
    raise ModelCorrupt(f"{path} is no vocabulary: {problem}", hint=ANOTHER_COPY)


def _check_pieces(path: Path, vocabulary: Vocabulary) -> None:
    """See that a tokenizer cuts texts into tokens that the vocabulary has."""
    import sentencepiece  # noqa: PLC0415 - not on the way to --help

    regular_size(path, most_bytes=MAX_VOCABULARY_BYTES)
    try:
        processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
        pieces = processor.id_to_piece(list(range(processor.get_piece_size())))
    except (OSError, RuntimeError, ValueError, TypeError) as exc:
        raise ModelCorrupt(f"{path} is no SentencePiece model", hint=ANOTHER_COPY) from exc
    known = sum(piece in vocabulary for piece in pieces)
    if known < _KNOWN_PIECES * len(pieces) or not known:
        raise ModelCorrupt(
            f"{path} isn't this vocabulary's: {known:,} of its {len(pieces):,} pieces are tokens",
            hint=f"they are of different models; {ANOTHER_COPY}",
        )


def _sizes(config: Mapping[str, Any]) -> Sizes:
    def number(name: str, most: int = MAX_SIZE) -> int:
        value = config.get(name)
        if type(value) is not int or not 1 <= value <= most:
            raise ValueError(f"{name} is {_shown(value)}, not a whole number from 1 to {most:,}")
        return value

    width, heads = number("d_model"), number("encoder_attention_heads")
    if width % heads:
        raise ValueError(f"{heads:,} attention heads can't share a width of {width:,}")
    if (others := number("decoder_attention_heads")) != heads:
        raise ValueError(f"{heads:,} attention heads in the encoder and {others:,} in the decoder")
    if config.get("activation_function") not in ACTIVATIONS:
        raise ValueError(
            f"activation_function is {_shown(config.get('activation_function'))}, "
            f"not one of {', '.join(ACTIVATIONS)}"
        )
    flags = {
        "share_encoder_decoder_embeddings": True,
        "scale_embedding": False,
        "is_encoder_decoder": True,
    }
    flags = {name: config.get(name, usual) for name, usual in flags.items()}
    for name, value in flags.items():
        if type(value) is not bool:
            raise ValueError(f"{name} is {_shown(value)}, neither true nor false")
    if not flags["is_encoder_decoder"]:
        raise ValueError("is_encoder_decoder is false, and a translation model has both")
    rows = {"encoder": number("vocab_size")}
    stated = config.get("decoder_vocab_size") is not None
    rows["decoder"] = number("decoder_vocab_size") if stated else rows["encoder"]
    for name in ("pad_token_id", "eos_token_id", "decoder_start_token_id"):
        token = config.get(name)
        if token is not None and (type(token) is not int or not 0 <= token < rows["decoder"]):
            raise ValueError(f"{name} is {_shown(token)}, none of the {rows['decoder']:,} tokens")
    sides = ("encoder", "decoder")
    return Sizes(
        width=width,
        layers={side: number(f"{side}_layers") for side in sides},
        ffn={side: number(f"{side}_ffn_dim") for side in sides if f"{side}_ffn_dim" in config},
        positions=number("max_position_embeddings", MAX_POSITIONS),
        rows=rows,
        has_one_vocabulary=flags["share_encoder_decoder_embeddings"],
    )


def _shown(value: Any) -> str:
    """A value of a stranger's, short."""
    text = "missing" if value is None else json.dumps(value)
    return text if len(text) <= 40 else f"{text[:40]}…"


def _fitting(sizes: Sizes, header: Mapping[str, Tensor]) -> Iterator[str]:
    """Names of the tensors of a model of these sizes.

    Raises:
        ValueError: one is missing, or has another shape.
    """
    found: dict[str, set[int]] = {"encoder": set(), "decoder": set()}
    for name in header:
        if match := _LAYER.match(name):
            found[match[1]].add(int(match[2]))
    for side, layers in sizes.layers.items():
        # Counted before they are gone through: a config can say any number.
        if len(found[side]) != layers:
            raise ValueError(f"it has {len(found[side]):,} {side} layers, not {layers:,}")
        for number in range(layers):
            yield from _fitting_layer(sizes, header, f"model.{side}.layers.{number}", side)
        table = f"model.{side}.embed_positions.weight"
        if table in header:
            shape = header[table].shape
            if shape != (sizes.positions, sizes.width):
                raise ValueError(
                    f"the {side}'s positions are {shape}, not {(sizes.positions, sizes.width)}"
                )
            yield table
    yield from _fitting_tables(sizes, header)


def _fitting_tables(sizes: Sizes, header: Mapping[str, Tensor]) -> Iterator[str]:
    """The embeddings, tied or not, and the bias of the output."""
    own = {side: f"model.{side}.embed_tokens.weight" for side in sizes.rows}
    tied = [side for side, name in own.items() if name not in header]
    if tied and len(set(sizes.rows.values())) > 1:
        different = " and ".join(f"{rows:,}" for rows in sizes.rows.values())
        raise ValueError(f"encoder and decoder share a table, and have {different} embeddings")
    if tied or _SHARED in header:
        yield _fitted(header, _SHARED, (sizes.rows["encoder"], sizes.width))
    for name, side in (
        (own["encoder"], "encoder"),
        (own["decoder"], "decoder"),
        (_OUTPUT, "decoder"),
    ):
        if name in header:
            yield _fitted(header, name, (sizes.rows[side], sizes.width))
    if _BIAS in header:
        size = sizes.rows["decoder"]
        yield _fitted(header, _BIAS, (size,) if len(header[_BIAS].shape) == 1 else (1, size))


def _fitting_layer(
    sizes: Sizes, header: Mapping[str, Tensor], layer: str, side: str
) -> Iterator[str]:
    width, inner = sizes.width, sizes.ffn.get(side)
    if inner is None:
        bias = header.get(f"{layer}.fc1.bias")
        inner = bias.size if bias else 0
    attentions = ("self_attn",) if side == "encoder" else ("self_attn", "encoder_attn")
    linears = [
        f"{name}.{part}"
        for name in attentions
        for part in ("q_proj", "k_proj", "v_proj", "out_proj")
    ]
    shapes = dict.fromkeys(linears, (width, width)) | {"fc1": (inner, width), "fc2": (width, inner)}
    for part, shape in shapes.items():
        yield _fitted(header, f"{layer}.{part}.weight", shape)
        yield _fitted(header, f"{layer}.{part}.bias", shape[:1])
    for part in (*(f"{name}_layer_norm" for name in attentions), "final_layer_norm"):
        for kind in ("weight", "bias"):
            yield _fitted(header, f"{layer}.{part}.{kind}", (width,))


def _fitted(header: Mapping[str, Tensor], name: str, shape: tuple[int, ...]) -> str:
    if name not in header:
        raise ValueError(f"{name} is missing")
    if header[name].shape != shape:
        raise ValueError(f"{name} is {header[name].shape}, not {shape}")
    return name

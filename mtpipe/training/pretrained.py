"""Pretrained encoders to begin from: BERT-like checkpoints in Hugging Face's layout.

``config.json``, ``model.safetensors`` and ``tokenizer.json`` of XLM-R, multilingual E5, BERT and
others like them, read without their code: learnt absolute positions, norms behind the blocks,
pieces of SentencePiece (unigram) or WordPiece. What a translation model takes from them is decided
in :mod:`mtpipe.training.warm_start`.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from mtpipe.errors import ModelCorrupt
from mtpipe.training.vocabulary_cut import START, Piece

_FIRST_POSITION = {"bert": 0, "xlm-roberta": 2, "camembert": 2, "roberta": 2}
"""Row of the first token's position, by model type: RoBERTa's begin behind that of padding."""

_ACTIVATIONS = {"gelu", "relu", "silu", "swish"}
"""What CTranslate2 has, too, under the names of Marian's config.json."""

_MIN_POSITIONS = 256
"""Rows of training have half as many tokens at the most, and a translation may be longer."""

_LAYER = re.compile(r"encoder\.layer\.(\d+)\.")
_WORDS = "embeddings.word_embeddings.weight"
_EARLIER_NAMES = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}
"""Of the first BERTs, as their files still have them."""

_FEWEST = -10.0
"""Score of each WordPiece piece: with the same for all, a word is cut into as few as can be."""


@dataclass(frozen=True)
class PretrainedEncoder:
    """A BERT-like encoder.

    Attributes:
        name: what it is called.
        weights: float32, by the names of Hugging Face's BertModel.
        pieces: what its tokenizer cuts text into; a piece's row is that of its word vector.
        begin: row of the token that its inputs begin with, ``<s>`` or ``[CLS]``.
        end: row of the one that they end with.
        unknown: row of the one for what it has no piece for.
        layers: how many there are.
        heads: of each attention.
        activation: of the feed-forward blocks.
        first_position: row of the first token's position.
    """

    name: str
    weights: Mapping[str, Tensor]
    pieces: list[Piece]
    begin: int
    end: int
    unknown: int
    layers: int
    heads: int
    activation: str
    first_position: int

    @property
    def words(self) -> Tensor:
        """Word vectors, [pieces x width], before the embeddings' norm."""
        return self.weights[_WORDS]

    @property
    def positions(self) -> Tensor:
        """Position vectors, [positions x width], likewise."""
        return self.weights["embeddings.position_embeddings.weight"][self.first_position :]

    @property
    def width(self) -> int:
        """Channels of a state."""
        return self.words.shape[1]

    @property
    def ffn_dim(self) -> int:
        """Channels inside the feed-forward blocks."""
        return self.weights["encoder.layer.0.intermediate.dense.weight"].shape[0]


def read_encoder(directory: Path) -> PretrainedEncoder:
    """Read a checkpoint folder.

    Raises:
        ModelCorrupt: a file is missing or damaged, or of another kind of model.
    """
    try:
        config = _read_json(directory / "config.json")
        kind = config.get("model_type")
        if kind not in _FIRST_POSITION:
            raise ModelCorrupt(
                f"a translation model can't begin with the encoder in {directory}, a {kind} model",
                hint=f"one of these types can serve: {', '.join(sorted(_FIRST_POSITION))}",
            )
        if (positions := config.get("position_embedding_type")) not in (None, "absolute"):
            raise ValueError(f"{positions} positions, where absolute ones are needed")
        if config["hidden_act"] not in _ACTIVATIONS:
            raise ValueError(f"{config['hidden_act']} as an activation")
        tokenizer = _read_json(directory / "tokenizer.json")
        rows = {entry["content"]: int(entry["id"]) for entry in tokenizer["added_tokens"]}
        encoder = PretrainedEncoder(
            name=directory.name,
            weights=_weights(load_file(directory / "model.safetensors")),
            pieces=read_pieces(directory),
            begin=_first(rows, "<s>", "[CLS]"),
            end=_first(rows, "</s>", "[SEP]"),
            unknown=_first(rows, "<unk>", "[UNK]"),
            layers=int(config["num_hidden_layers"]),
            heads=int(config["num_attention_heads"]),
            activation=config["hidden_act"],
            first_position=_FIRST_POSITION[kind],
        )
        _check(encoder)
    except (
        *(OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError),
        SafetensorError,
    ) as exc:
        raise ModelCorrupt(
            f"the encoder in {directory} can't be used: {exc!r}",
            hint="it needs config.json, model.safetensors and tokenizer.json, as Hugging Face has "
            "them of BERT, XLM-R or E5",
        ) from exc
    return encoder


def read_pieces(directory: Path) -> list[Piece]:
    """The pieces of a checkpoint's tokenizer, as SentencePiece spells them.

    Raises:
        ModelCorrupt: tokenizer.json is missing, damaged, or of a kind that can't be turned into a
            SentencePiece model.
    """
    try:
        tokenizer = _read_json(directory / "tokenizer.json")
        model = tokenizer["model"]
        special = {entry["content"] for entry in tokenizer["added_tokens"]}
        # Older files don't name the kind.
        kind = model.get("type") or ("Unigram" if isinstance(model["vocab"], list) else None)
        if kind == "Unigram":
            pieces = [
                Piece(str(text), float(score), row)
                for row, (text, score) in enumerate(model["vocab"])
                if text and text not in special
            ]
            return _checked(pieces)
        if kind != "WordPiece":
            raise ModelCorrupt(
                f"the tokenizer in {directory} is of the kind {kind}",
                hint="Unigram (as XLM-R and E5 have it) and WordPiece (BERT) can serve",
            )
        # Wherever it stands: normalisers may be nested.
        if '"lowercase": true' in json.dumps(tokenizer.get("normalizer")):
            raise ModelCorrupt(
                f"the tokenizer in {directory} turns everything into lower case, which "
                "translations can't do without",
                hint="take the cased model",
            )
        vocabulary = {text: int(row) for text, row in model["vocab"].items() if text not in special}
        prefix = str(model.get("continuing_subword_prefix", "##"))
        return _checked(_from_wordpiece(vocabulary, prefix))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise ModelCorrupt(
            f"the tokenizer in {directory} can't be read: {exc!r}",
            hint="it needs tokenizer.json, as Hugging Face's fast tokenizers write it",
        ) from exc


def _checked(pieces: list[Piece]) -> list[Piece]:
    """The pieces, if a SentencePiece model can be made of them."""
    if not pieces:
        raise ValueError("there are no pieces")
    if len({piece.text for piece in pieces}) < len(pieces):
        raise ValueError("a piece is there twice")
    for piece in pieces:
        piece.text.encode()  # no half of a surrogate pair
    return pieces


def _check(encoder: PretrainedEncoder) -> None:
    """See that all weights are there, of the right shapes, and numbers.

    Raises:
        KeyError, ValueError: they aren't.
    """
    there = {match[1] for name in encoder.weights if (match := _LAYER.match(name))}
    if not 1 <= encoder.layers <= len(there):
        raise ValueError(f"{encoder.layers} layers by its config, {len(there)} by its weights")
    width, ffn_dim = encoder.width, encoder.ffn_dim
    if encoder.heads < 1 or width % (2 * encoder.heads):
        raise ValueError(f"{encoder.heads} heads for a width of {width}")
    if len(encoder.positions) < _MIN_POSITIONS:
        raise ValueError(f"{len(encoder.positions)} positions, fewer than {_MIN_POSITIONS}")
    rows = [encoder.begin, encoder.end, encoder.unknown, *(piece.row for piece in encoder.pieces)]
    if min(rows) < 0 or max(rows) >= len(encoder.words):
        raise ValueError(f"{len(encoder.words)} word vectors for {max(rows) + 1} pieces")
    shapes: dict[str, tuple[int | None, ...]] = {
        "embeddings.token_type_embeddings.weight": (None, width),
        "embeddings.position_embeddings.weight": (None, width),
        "embeddings.LayerNorm.weight": (width,),
        "embeddings.LayerNorm.bias": (width,),
    }
    for number in range(encoder.layers):
        layer = f"encoder.layer.{number}"
        for part, inputs, outputs in (
            *((f"attention.self.{name}", width, width) for name in ("query", "key", "value")),
            ("attention.output.dense", width, width),
            ("intermediate.dense", width, ffn_dim),
            ("output.dense", ffn_dim, width),
        ):
            shapes[f"{layer}.{part}.weight"] = (outputs, inputs)
            shapes[f"{layer}.{part}.bias"] = (outputs,)
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes[f"{layer}.{part}.weight"] = shapes[f"{layer}.{part}.bias"] = (width,)
    for name, shape in shapes.items():
        found = tuple(encoder.weights[name].shape)
        fits = len(found) == len(shape) and all(
            there > 0 if size is None else there == size
            for size, there in zip(shape, found, strict=True)
        )
        if not fits:
            raise ValueError(f"{name} is {found}, not {shape}")
    for name, weight in encoder.weights.items():
        if not weight.isfinite().all():
            raise ValueError(f"{name} has values that aren't numbers")


def _from_wordpiece(vocabulary: Mapping[str, int], inner: str) -> list[Piece]:
    """WordPiece marks how a word continues, SentencePiece how it begins.

    Punctuation is a word of its own to BERT, with or without a space before it.
    """
    found: dict[str, int] = {}
    for text, row in vocabulary.items():
        is_inner = text.startswith(inner) and len(text) > len(inner)
        if not is_inner:
            found[START + text] = row
            if len(text) == 1 and unicodedata.category(text)[0] in "PS":
                found[text] = row
    for text, row in vocabulary.items():
        if text.startswith(inner) and len(text) > len(inner):
            found.setdefault(text.removeprefix(inner), row)
    return [Piece(text, _FEWEST, row) for text, row in found.items()]


def _weights(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A checkpoint's weights in float32, without the prefix that heads put before the encoder's."""
    [prefix] = {name.removesuffix(_WORDS) for name in state if name.endswith(_WORDS)}
    weights: dict[str, Tensor] = {}
    for full_name, value in state.items():
        if full_name.startswith(prefix) and value.is_floating_point():
            name = full_name.removeprefix(prefix)
            for earlier, later in _EARLIER_NAMES.items():
                name = name.replace(earlier, later)
            weights[name] = value.to(torch.float32)
    return weights


def _first(rows: Mapping[str, int], *names: str) -> int:
    for name in names:
        if name in rows:
            return rows[name]
    raise KeyError(" or ".join(names))


def _read_json(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content

"""Vocabularies cut from a pretrained tokenizer's: of its pieces, those that the corpora use.

A multilingual tokenizer has a quarter of a million pieces, of which three languages use a tenth;
the rest would be most of a small translation model's weights.
"""

import functools
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sentencepiece

from mtpipe.errors import ConfigError
from mtpipe.training.vocabulary import (
    EOS,
    PAD,
    UNK,
    normalisation_options,
    single_lines,
    target_tag,
    write_vocabulary,
)
from mtpipe.types import Language

MIN_CHARACTER_COUNT = 10
"""Single characters that the text has so often are kept before any longer piece."""

START = "▁"
"""SentencePiece's mark of the space before."""

_BYTES = [f"<0x{number:02X}>" for number in range(256)]
_CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a tokenizer's vocabulary.

    Attributes:
        text: in SentencePiece's spelling, a space before it as ``▁``.
        score: log-probability in a unigram model.
        row: of its vector in the embeddings of the model that it comes from; -1 for none.
    """

    text: str
    score: float
    row: int


def cut_vocabulary(
    pieces: Sequence[Piece],
    sentences: Iterable[str],
    languages: Iterable[Language],
    directory: Path,
    *,
    size: int,
    threads: int = 1,
) -> None:
    """Write a Marian tokenizer with the pieces that a text uses most.

    Normalisation, byte fallback and single digits are those of
    :func:`mtpipe.training.vocabulary.train_vocabulary`.

    Args:
        pieces: of the pretrained tokenizer.
        sentences: text of all languages, in the proportion that the vocabulary should have.
        languages: one target tag is added for each; none for a model of one target language.
        directory: gets source.spm, target.spm, vocab.json and tokenizer_config.json.
        size: pieces, </s>, <unk> and 256 bytes among them, tags and <pad> not; fewer where the
            text uses fewer.
        threads: for the encoding.

    Raises:
        ConfigError: the size is too small for the characters of the text.
    """
    usable = [piece for piece in pieces if _has_no_number(piece.text)]
    if all(piece.text != START for piece in usable):
        # Without it, a space before something unknown would be spelt in bytes, and be read as "▁".
        usable.append(Piece(START, min((piece.score for piece in usable), default=0.0), -1))
    cut = _most_used(usable, sentences, size=size, threads=threads)
    directory.mkdir(parents=True, exist_ok=True)
    model = _model(cut, with_bytes=True)
    for name in ("source.spm", "target.spm"):
        (directory / name).write_bytes(model)
    tags = sorted(target_tag(language) for language in languages)
    tokens = [EOS, UNK, *_BYTES, *(piece.text for piece in cut), *tags, PAD]
    write_vocabulary(tokens, directory)


def _most_used(
    usable: Sequence[Piece], sentences: Iterable[str], *, size: int, threads: int
) -> list[Piece]:
    """The pieces that a text uses most, its frequent characters among them, in their order.

    Raises:
        ConfigError: the size is too small for the characters.
    """
    first = 2  # piece, behind </s> and <unk>
    whole = sentencepiece.SentencePieceProcessor(model_proto=_model(usable, with_bytes=False))
    used: Counter[int] = Counter()
    characters: Counter[str] = Counter()
    lines = list(single_lines(sentences))
    for start in range(0, len(lines), _CHUNK):
        for ids in whole.encode(lines[start : start + _CHUNK], num_threads=threads):
            used.update(ids)
    for line in lines:
        characters.update(line)
    kept = [
        number
        for number, piece in enumerate(usable, first)
        if len(piece.text.replace(START, "")) == 0
        or (
            len(piece.text.removeprefix(START)) == 1
            and characters[piece.text[-1]] >= MIN_CHARACTER_COUNT
        )
    ]
    room = size - first - len(_BYTES) - len(kept)
    if room < 0:
        raise ConfigError(
            f"a vocabulary of {size} pieces is too small for the {len(kept)} characters and 258 "
            "other tokens that it must have",
            hint="raise vocabulary in the recipe's [architecture]",
        )
    is_kept = set(kept)
    others = [n for n, _ in used.most_common() if n >= first and n not in is_kept][:room]
    return [usable[number - first] for number in sorted([*kept, *others])]


def _has_no_number(text: str) -> bool:
    """Whether a piece leaves digits single, which keeps figures copyable."""
    bare = text.replace(START, "")
    return len(bare) == 1 or not any(map(str.isdigit, bare))


def _model(pieces: Sequence[Piece], *, with_bytes: bool) -> bytes:
    """A serialised unigram model with these pieces behind </s> and <unk>."""
    from sentencepiece import sentencepiece_model_pb2  # noqa: PLC0415 - needs protobuf

    model: Any = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString(_normalising_model())
    kinds = model.SentencePiece
    del model.pieces[:]
    model.pieces.add(piece=EOS, score=0, type=kinds.CONTROL)
    model.pieces.add(piece=UNK, score=0, type=kinds.UNKNOWN)
    for text in _BYTES if with_bytes else ():
        model.pieces.add(piece=text, score=0, type=kinds.BYTE)
    for piece in pieces:
        model.pieces.add(piece=piece.text, score=piece.score, type=kinds.NORMAL)
    model.trainer_spec.byte_fallback = with_bytes
    model.trainer_spec.vocab_size = len(model.pieces)
    serialised: bytes = model.SerializeToString()
    return serialised


@functools.cache
def _normalising_model() -> bytes:
    """A model whose pieces don't matter: it has the normalisation compiled into it."""
    model = io.BytesIO()
    with normalisation_options() as options:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(["the quick brown fox jumps over the lazy dog"]),
            model_writer=model,
            vocab_size=300,
            hard_vocab_limit=False,
            **options,
        )
    return model.getvalue()

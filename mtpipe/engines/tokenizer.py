"""Marian's tokens: SentencePiece pieces, a target tag in front, </s> behind.

Works on the files that every Marian model comes with and needs nothing of transformers. No
further normalisation: SentencePiece models carry their own, and OPUS-MT's were trained on it
(transformers' tokenizer no longer runs sacremoses' either).
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import sentencepiece

from mtpipe.errors import ModelCorrupt, UnsupportedDirection
from mtpipe.types import Direction

EOS, UNK, PAD = "</s>", "<unk>", "<pad>"

_LISTED = 50  # tags in a message
_TAG = re.compile(r">>\w+<<")
_BYTE = re.compile(r"<0x[0-9A-F]{2}>")
# Everything that some program takes for the end of a line; byte pieces can spell them all.
_LINE_BREAKS = re.compile("[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")


class Tokenizer:
    """Text to tokens and back, for one Marian model.

    Args:
        directory: folder with source.spm, target.spm and vocab.json.
        threads: for the encoding of long lists.

    Raises:
        ModelCorrupt: a file is missing or damaged.
    """

    def __init__(self, directory: Path, *, threads: int = 1) -> None:
        try:
            self._source, self._target = (
                sentencepiece.SentencePieceProcessor(
                    model_file=str(directory / name), num_threads=threads
                )
                for name in ("source.spm", "target.spm")
            )
            vocabulary: dict[str, int] = dict(
                json.loads((directory / "vocab.json").read_text(encoding="utf-8"))
            )
        except (OSError, RuntimeError, ValueError, TypeError, RecursionError) as exc:
            raise ModelCorrupt(
                f"the tokenizer in {directory} can't be loaded: {exc}", hint="mtpipe models check"
            ) from exc
        self.ids = vocabulary
        self._writable: dict[str, bool] = {}
        self.tags = {token for token in vocabulary if _TAG.fullmatch(token)}

    def encode(self, segments: Sequence[str], direction: Direction) -> list[list[str]]:
        """Tokens of each segment, tag and </s> included.

        A model with tags gets the one of the target language, whatever the text says: text that
        looks like a tag is text.

        Raises:
            UnsupportedDirection: the model has tags, but none for the target language.
        """
        prefix = self._prefix(direction)
        encoded: list[list[str]] = self._source.encode(list(segments), out_type=str)
        return [[*prefix, *pieces, EOS] for pieces in encoded]

    def is_writable(self, char: str) -> bool:
        """Whether there are pieces for a character, other than those for single bytes."""
        if char not in self._writable:
            pieces: list[str] = self._source.encode(char, out_type=str)
            self._writable[char] = all(
                piece in self.ids and not _BYTE.fullmatch(piece) for piece in pieces
            )
        return self._writable[char]

    def encode_target(self, segments: Sequence[str]) -> list[list[str]]:
        """Tokens of segments in the target language, without </s>."""
        encoded: list[list[str]] = self._target.encode(list(segments), out_type=str)
        return encoded

    def count(self, segment: str) -> int:
        """Number of pieces of a segment, without tag and </s>."""
        return len(self._source.encode(segment))

    def decode(self, tokens: Sequence[str]) -> str:
        """Text of tokens, always a single line."""
        text: str = self._target.decode_pieces([t for t in tokens if t not in (EOS, PAD)])
        return _LINE_BREAKS.sub(" ", text).strip()

    def _prefix(self, direction: Direction) -> list[str]:
        if not self.tags:
            return []
        # Newer models have three letters, older ones two.
        for code in (direction.target.iso639_3, direction.target.value):
            if (tag := f">>{code}<<") in self.tags:
                return [tag]
        raise UnsupportedDirection(
            f"the model has no tag for {direction.target.english_name}",
            hint=f"its tags are {' '.join(sorted(self.tags)[:_LISTED])}",
        )

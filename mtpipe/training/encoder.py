"""Training of the static cross-lingual encoder: one vector a piece, summed and normalised.

Both sides of a translation pair are each other's positive, all other pairs of the batch their
negatives (in-batch softmax in both directions, as in LaBSE, Feng et al. 2022). A sum of vectors
knows no word order, which costs little where the question is only which sentences belong
together, and makes encoding as fast as tokenising.

Not for translation models, see :mod:`mtpipe.training.trainer`.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import sentencepiece
from numpy.typing import NDArray

from mtpipe.training.vocabulary import normalisation_rules

_log = logging.getLogger(__name__)
_MAX_PIECES = 120


@dataclass(frozen=True, kw_only=True)
class EncoderRecipe:
    """How the encoder is trained.

    Attributes:
        data: parallel files named by their direction (``de-en.tsv.xz``).
        pieces: vocabulary size.
        dimensions: of a vector.
        batch: pairs a step; every other pair of the batch is a negative.
        passes: how often the data is read.
        temperature: cosines are divided by it before the softmax.
        rate: peak learning rate of Adam, falling linearly to zero.
        weights: share of a corpus that each pass reads, by its name; 1 where not given.
        seed: of sampling, initialisation and order.
    """

    data: tuple[Path, ...]
    pieces: int = 32_000
    dimensions: int = 256
    batch: int = 4_096
    passes: int = 4
    temperature: float = 0.05
    rate: float = 5e-3
    weights: dict[str, float] = field(default_factory=dict)
    seed: int = 1


@dataclass(frozen=True)
class _Side:
    """Ragged piece ids: row i is ``ids[starts[i]:starts[i + 1]]``."""

    ids: NDArray[np.uint16]
    starts: NDArray[np.int64]

    def bags(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The ids of some rows, one after the other, and where each row starts."""
        lengths = self.starts[rows + 1] - self.starts[rows]
        offsets = np.concatenate(([0], np.cumsum(lengths)[:-1]))
        picked = np.repeat(self.starts[rows] - offsets, lengths) + np.arange(lengths.sum())
        return self.ids[picked].astype(np.int64), offsets


def folding_rules() -> dict[str, str]:
    """The translation models' character rules, with case folded and ß written ss.

    Headlines in capitals and Swiss spelling then have the same pieces as running text.
    """
    rules = {key: value.casefold() for key, value in normalisation_rules().items()}
    for code in range(0x20, 0x110000):
        char = chr(code)
        if not 0xD800 <= code < 0xE000 and char not in rules and char.casefold() != char:
            rules[char] = char.casefold()
    return {key: value for key, value in rules.items() if key != value}


def train_pieces(sentences: Iterable[str], path: Path, *, size: int, seed: int = 1) -> None:
    """Train the encoder's SentencePiece model.

    Unigram (Kudo 2018); byte fallback gives every text a vector. Unlike the translation
    vocabulary it keeps frequent figures whole: a sum of single digits couldn't tell 1956 from
    1965.
    """
    sentencepiece.set_random_generator_seed(seed)
    with TemporaryDirectory() as temporary:
        rules = Path(temporary) / "rules.tsv"
        rules.write_text(
            "".join(f"{_code_points(a)}\t{_code_points(b)}\n" for a, b in folding_rules().items()),
            encoding="ascii",
        )
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(sentences),
            model_prefix=str(Path(temporary) / "pieces"),
            vocab_size=size,
            model_type="unigram",
            character_coverage=0.9999,
            byte_fallback=True,
            normalization_rule_tsv=str(rules),
            unk_id=0,
            bos_id=-1,
            eos_id=-1,
            pad_id=-1,
            max_sentence_length=2_000,
            minloglevel=1,
        )
        path.write_bytes((Path(temporary) / "pieces.model").read_bytes())


def _code_points(text: str) -> str:
    return " ".join(f"{ord(char):X}" for char in text)

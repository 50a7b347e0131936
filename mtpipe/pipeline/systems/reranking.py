"""Reranking by the lexicon: what a hypothesis leaves untranslated costs it the first place.

A small model likes to leave out what it doesn't know. How probable the source is, given a
hypothesis, shows it (the noisy channel; Och et al. 2004 for n-best lists and IBM Model 1, Yee et al.
2019 for neural models), and a static lexicon is enough to see it.
"""

from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np

from mtpipe.encoders.static import PIECES, PieceCutter
from mtpipe.errors import ModelNotFound
from mtpipe.lexicon.pairs import LEXICON
from mtpipe.models.cards import sha256_of
from mtpipe.pipeline.resources import encoder_directory, lexicon, lexicon_directory
from mtpipe.types import Direction


class LexiconReranker:
    """Adds the log-probability of the source to the scores of hypotheses.

    Args:
        weight: of the log-probability per source piece, from the model's card.

    Raises:
        ModelNotFound, ModelCorrupt: what ships is damaged.
    """

    def __init__(self, weight: float) -> None:
        pieces, _ = _files()
        self._pieces = PieceCutter(pieces)
        self._lexicon = lexicon()
        self._weight = weight

    @property
    def signature(self) -> str:
        """See :func:`reranker_signature`."""
        return reranker_signature(self._weight)

    def __call__(
        self, source: str, hypotheses: Sequence[str], direction: Direction
    ) -> Sequence[float]:
        """The weighted log-probabilities of the source."""
        bags = self._pieces.cut([source, *hypotheses])
        first, *others = np.split(bags.ids.astype(np.int64), bags.starts[1:-1])
        log_probs = self._lexicon.log_prob_of_source(first, others, direction)
        return [self._weight * log_prob for log_prob in log_probs]


def reranker_signature(weight: float) -> str:
    """Digest of the files that ratings rest on, and the weight, without loading anything.

    Raises:
        ModelNotFound: what ships is damaged.
    """
    return f"lexicon@{_digest()}*{weight:g}"


@cache
def _digest() -> str:
    try:
        digests = [sha256_of(path) for path in _files()]
    except OSError as exc:
        raise ModelNotFound(
            f"there is no {exc.filename}", hint="pip install --force-reinstall mtpipe"
        ) from exc
    return sha256("".join(digests).encode()).hexdigest()[:12]


def _files() -> tuple[Path, Path]:
    return encoder_directory() / PIECES, lexicon_directory() / LEXICON

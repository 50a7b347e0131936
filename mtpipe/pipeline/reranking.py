"""Reranking by the lexicon: of a beam's hypotheses, the one that leaves the least untranslated.

A small model likes to leave out what it doesn't know. How probable the source is, given a
hypothesis, tells (the noisy channel; Och et al. 2004 for n-best lists and IBM Model 1, Yee et al.
2019 for neural models), and a static lexicon is enough to see it.
"""

from collections.abc import Sequence

import numpy as np

from mtpipe.detect.lexicon import Lexicon
from mtpipe.encode.static import StaticEncoder
from mtpipe.models.cards import bundled_directory
from mtpipe.types import Direction

_VERSION = 1
"""Goes up when the lexicon or the rating changes."""


class LexiconReranker:
    """Adds the log-probability of the source to the scores of hypotheses.

    Args:
        weight: of the log-probability per source piece, from the model's card.

    Raises:
        ModelNotFound, ModelCorrupt: what ships is damaged.
    """

    def __init__(self, weight: float) -> None:
        bundled = bundled_directory()
        self._pieces = StaticEncoder(bundled / "encoder-static").pieces
        self._lexicon = Lexicon(bundled / "lexicon")
        self._weight = weight

    @property
    def signature(self) -> str:
        """Version and weight."""
        return f"lexicon{_VERSION}*{self._weight:g}"

    def __call__(
        self, source: str, hypotheses: Sequence[str], direction: Direction
    ) -> Sequence[float]:
        """The weighted log-probabilities of the source."""
        bags = self._pieces([source, *hypotheses])
        first, *others = np.split(bags.ids.astype(np.int64), bags.starts[1:-1])
        log_probs = self._lexicon.log_prob_of_source(first, others, direction)
        return [self._weight * log_prob for log_prob in log_probs]

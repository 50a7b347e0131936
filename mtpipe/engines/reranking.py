"""Choosing among the hypotheses of a search by what the model itself doesn't know."""

from collections.abc import Sequence
from typing import Protocol

from mtpipe.engines.base import Decoded, DecodingOptions
from mtpipe.types import Direction


class Reranker(Protocol):
    """Has an opinion of translations that a model's probabilities don't have."""

    @property
    def signature(self) -> str:
        """What its opinion depends on."""
        ...

    def __call__(
        self, source: str, hypotheses: Sequence[str], direction: Direction
    ) -> Sequence[float]:
        """Rate hypotheses.

        Args:
            source: what they translate.
            hypotheses: at least one.
            direction: of the translation.

        Returns:
            What is added to the score of each in the search.
        """
        ...


def search_score(decoded: Decoded, options: DecodingOptions) -> float:
    """What a search ranks a hypothesis by: log-probability over length to the length penalty."""
    length = len(decoded.tokens) + 1  # </s> counts
    return float(decoded.score * length ** (1 - options.length_penalty))

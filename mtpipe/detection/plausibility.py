"""How a translation model expects a candidate, given the original.

The log-probability of a text says little: it tells hard texts from easy ones rather than machines
from people. What tells is how much likelier each word is than the model, at that place, expects a
word to be: where there is one way to go on, anybody takes it; where there are many, machines take
the likelier ones, and people don't. That is the conditional probability curvature of Fast-DetectGPT
(Bao et al., ICLR 2024) with the original as the condition, not divided by its deviation. It needs no
good model: one that translates badly itself still knows the words that come into question.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import regex
from numpy.typing import NDArray

from mtpipe.detection.features import Features

_START = "▁"  # SentencePiece's mark of the space before
_OPENNESS = (0.3, 1.0, 2.0, 3.5)
"""Entropies, in nats, between the classes of places that first choices are counted in."""

_TYPICAL_PLACES = 3
"""Added to the number of places of a class, so that few of them don't make an extreme share."""

_LETTER = regex.compile(r"(?!<)[\p{L}▁]*\p{L}")  # no "<unk>", no "<0xE2>"


@dataclass(frozen=True, slots=True)
class Rated:
    """A sentence of the candidate as a model expects it, given the original's.

    Attributes:
        tokens: SentencePiece pieces, </s> last.
        log_probs: natural log-probability of each, shape (tokens,).
        expected: what the model expects that to be: the negative entropy, same shape.
        is_first_choice: whether no other token is likelier there, same shape.
    """

    tokens: Sequence[str]
    log_probs: NDArray[np.floating]
    expected: NDArray[np.floating]
    is_first_choice: NDArray[np.bool_]


def plausibility(sentences: Sequence[Rated]) -> Features:
    """Measure how much likelier a candidate's tokens are than a model expects them to be.

    Kinds of tokens apart, since they tell more and less: by far the most do words that are one
    token; how a rarer word goes on once it has begun says next to nothing.

    Args:
        sentences: what renders the original, at least one.

    Returns:
        Means over all tokens of a kind, in nats, 0 where there is none: of log-probability less
        its expectation for whole words, for beginnings of others, for their other parts, and for
        what has no letters; and of the entropy at tokens with letters. Then the shares of beginnings
        of words that are the model's own first choice, in five classes of places, from those
        where there is one way to go on (0) to those where there are many (4): machines take what a model
        would take most of all where people have a choice. Ends of sentences don't count: a bead
        may have several.
    """
    surplus = np.concatenate([one.log_probs - one.expected for one in sentences])
    entropy = -np.concatenate([one.expected for one in sentences])
    tokens = [token for one in sentences for token in one.tokens]
    is_end = np.zeros(len(tokens), bool)
    is_end[np.cumsum([len(one.tokens) for one in sentences]) - 1] = True
    is_word = np.array([bool(_LETTER.match(token)) for token in tokens]) & ~is_end
    is_inner = is_word & ~np.array([token.startswith(_START) for token in tokens])
    is_first = is_word & ~is_inner
    goes_on = np.append(is_inner[1:], False)
    is_own_choice = np.concatenate([one.is_first_choice for one in sentences])
    openness = np.digitize(entropy, _OPENNESS)
    chosen = {
        f"engine_chosen_{number}": _share(is_own_choice[is_first & (openness == number)])
        for number in range(len(_OPENNESS) + 1)
    }
    return chosen | {
        "engine_words": _mean(surplus, is_first & ~goes_on),
        "engine_beginnings": _mean(surplus, is_first & goes_on),
        "engine_parts": _mean(surplus, is_inner),
        "engine_marks": _mean(surplus, ~is_word & ~is_end),
        "engine_entropy": _mean(entropy, is_word),
    }


def _share(answers: NDArray[np.bool_]) -> float:
    return float(answers.sum()) / (len(answers) + _TYPICAL_PLACES)


def _mean(values: NDArray[np.floating], wanted: NDArray[np.bool_]) -> float:
    return float(values[wanted].mean()) if wanted.any() else 0.0

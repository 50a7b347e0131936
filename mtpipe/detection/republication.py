"""What the artefacts of a page come to: a probability, with what it rests on.

A sum of log-odds: that of the base rate, plus each piece of evidence's weight. Pieces of one
family say much the same, so behind the weightiest each further one adds a part of its weight only,
and the family no more than its limit. Families may share a cause: page words, sections and a
declared language are all in German where an English text stands on a German site. Of those the
strongest family counts and the others add nothing. The weights are set by hand (see
``rules.toml``): the probability ranks pages and errs on the side of the accused; it is no measured
frequency.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from math import exp, log

from mtpipe.detection.rules import Rules
from mtpipe.types import Article, Evidence, Metadata, Score, ScoreName

__all__ = ["republication_score"]


def republication_score(evidence: Iterable[Evidence], rules: Rules, *, candidate: Article) -> Score:
    """Weigh what was found on a candidate's page.

    Args:
        evidence: of :func:`mtpipe.detection.artefacts.find_artefacts` with the same rules.
        rules: give the families and the parameters.
        candidate: the article, for how much there was to look at.

    Returns:
        The score. Its evidence carries what each piece really added to the log-odds, so that
        base rate and weights sum up to the probability's log-odds.
    """
    card = rules.card
    weighed = _weigh(evidence, rules)
    log_odds = log(card.base_rate / (1 - card.base_rate)) + sum(e.weight for e in weighed)
    words = len(candidate.compared_text.split())
    notes = []
    probability: float | None = 1 / (1 + exp(-log_odds))
    if words < card.enough_words:
        notes.append(
            f"the text has {words} words; it takes {card.enough_words} to find nothing in it"
        )
        if not any(piece.weight > 0 for piece in weighed):
            probability = None
    if not candidate.furniture and candidate.metadata == Metadata():
        notes.append("the text came without its page, so that only its wording was examined")
    if probability is not None and probability >= card.threshold and card.measured:
        notes.append(card.measured)
    return Score(
        name=ScoreName.REPUBLICATION,
        probability=probability,
        threshold=card.threshold,
        evidence=tuple(weighed),
        note="; ".join(notes),
        is_calibrated=False,
    )


def _weigh(evidence: Iterable[Evidence], rules: Rules) -> list[Evidence]:
    """The evidence with the weights that it has beside its family, the weightiest first."""
    families = defaultdict[tuple[str, bool], list[Evidence]](list)
    for piece in evidence:
        families[rules.rules[piece.id].family, piece.weight > 0].append(piece)
    weighed = defaultdict[tuple[str, bool], list[list[Evidence]]](list)
    for (family, speaks_for), pieces in families.items():
        pieces.sort(key=lambda piece: -abs(piece.weight))
        weights = _limited(
            [piece.weight * rules.card.further_rule**rank for rank, piece in enumerate(pieces)],
            rules.card.families[family],
        )
        cause = rules.card.causes.get(family, f"family {family}")
        weighed[cause, speaks_for].append(
            [replace(piece, weight=weight) for piece, weight in zip(pieces, weights, strict=True)]
        )
    counted = [
        piece for (cause, _), rivals in weighed.items() for piece in _strongest(rivals, cause)
    ]
    return sorted(counted, key=lambda piece: -abs(piece.weight))


def _strongest(families: list[list[Evidence]], cause: str) -> Iterator[Evidence]:
    """The pieces of all families of one cause; those of all but the strongest without weight."""
    families.sort(key=lambda pieces: -abs(sum(piece.weight for piece in pieces)))
    yield from families[0]
    for piece in itertools.chain.from_iterable(families[1:]):
        why = f"{piece.description}; adds nothing beside stronger signs of the same cause ({cause})"
        yield replace(piece, weight=0.0, description=why)


def _limited(weights: Sequence[float], most: float) -> list[float]:
    """Weights of one sign, scaled so that their sum's size is at most ``most``."""
    total = abs(sum(weights))
    share = min(1.0, most / total) if total else 1.0
    return [weight * share for weight in weights]

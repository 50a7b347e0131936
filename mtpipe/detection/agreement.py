"""How far a candidate agrees with another machine's translation of its original.

Good engines translate a text much alike, whoever made them, and people don't: by far the strongest
sign of a machine where a good translation of the original can be had. That of a weak engine is like
nobody's, and tells nothing: whoever calls this sees to it that the translation is good.
"""

from collections.abc import Sequence
from difflib import SequenceMatcher

import numpy as np

from mtpipe.detection.copies import words_of
from mtpipe.detection.features import Features, spread
from mtpipe.types import Bead

GOOD_TRANSLATION = 0.62
"""Share of an original's words that have a likely translation in ours (``source_covered_mean``)
below which it is too bad to compare with: 99 in 100 translations of good engines have more, and 95
in 100 of a weak model's less."""

MIN_RUN = 4
"""Words from which on a shared run counts: shorter ones are shared by any two texts."""

_MAX_WORDS = 1_000
"""Of a bead: finding runs takes time that grows with the square of it."""


def agreement(
    translations: Sequence[str], candidate: Sequence[str], beads: Sequence[Bead]
) -> Features:
    """Measure how much of a candidate's wording another translation of its original has.

    Everything is a share or a score that doesn't depend on the length of the articles.

    Args:
        translations: of each of the original's sentences.
        candidate: sentences.
        beads: of the original's sentences and the candidate's, with something on both sides.

    Returns:
        Nothing without beads. Else BLEU (Papineni et al. 2002) and chrF (Popović
        2015) of all their sentences together, 0..100; the spread of the single chrF, and the mean
        of their lowest and highest quarter; shares, 0..1, of words in runs of four and more that
        both have, of the longest run in its sentence, and of sentences that are the same.
    """
    import sacrebleu

    if not beads:
        return {}
    ours = [" ".join(translations[i] for i in bead.source) for bead in beads]
    theirs = [" ".join(candidate[j] for j in bead.target) for bead in beads]
    chrf = sacrebleu.CHRF()
    single = spread(
        "agreement_chrf",
        np.array(
            [
                chrf.sentence_score(their, [our]).score
                for our, their in zip(ours, theirs, strict=True)
            ]
        ),
        np.ones(len(theirs)),
    )
    del single["agreement_chrf_mean"]  # that of all sentences together says it better
    words = [tuple(map(words_of, both)) for both in zip(ours, theirs, strict=True)]
    runs = [_runs(our, their) for our, their in words]
    total = max(1, sum(len(their) for _, their in words))
    return {
        "agreement_chrf": chrf.corpus_score(theirs, [ours]).score,
        "agreement_bleu": sacrebleu.BLEU(effective_order=True).corpus_score(theirs, [ours]).score,
        **single,
        "agreement_runs": sum(sum(size for size in run if size >= MIN_RUN) for run in runs) / total,
        "agreement_longest": sum(max(run, default=0) for run in runs) / total,
        "agreement_same": float(np.mean([our == their for our, their in words])),
    }


def _runs(ours: list[str], theirs: list[str]) -> list[int]:
    """Lengths of the runs of words that both have, in the same order."""
    matcher = SequenceMatcher(None, ours[:_MAX_WORDS], theirs[:_MAX_WORDS], autojunk=False)
    return [block.size for block in matcher.get_matching_blocks() if block.size]

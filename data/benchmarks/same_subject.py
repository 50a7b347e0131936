"""How surely translations by people are told from other texts on the same subject.

Documents of consecutive sentences are cut to their first sentences. Their own translation is what a
faithful translation is; the translation of what follows in the same test set, often the same report
continued, stands for another text on the subject. For each length a line: the share of translations
that is "clear" (see ``CLEAR_TRANSLATION``), of the other texts, and quantiles of both, undamped.

    python data/benchmarks/same_subject.py ../shared/eval/detect.jsonl.gz
"""

import argparse
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from mtpipe.detection.card import read_card
from mtpipe.detection.scores import translation_score
from mtpipe.detection.verdict import CLEAR_TRANSLATION
from mtpipe.models.cards import bundled_directory
from mtpipe.pipeline.detect.measuring import Instruments
from mtpipe.pipeline.detect.pairs import Pair, read_pairs
from mtpipe.types import Direction

LENGTHS = (3, 4, 6, 9, 12)
ENOUGH = 12
"""Sentences from which on nothing is damped."""


def main() -> None:
    """Measure, and print a line a length."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("path", type=Path, help="labelled pairs, as for mtpipe detect --calibrate")
    parser.add_argument("--every", type=int, default=3, help="which of the documents are taken")
    arguments = parser.parse_args()
    people = [
        pair
        for pair in read_pairs(arguments.path)
        if isinstance(pair, Pair) and pair.label == "human"
    ]
    documents = [
        (
            pair.direction,
            (pair.original.sentences, pair.candidate.sentences),
            following.candidate.sentences,
        )
        for pair, following in list(pairwise(people))[:: arguments.every]
        if pair.original
        and pair.direction
        and (pair.direction, pair.test_set) == (following.direction, following.test_set)
    ]
    instruments = Instruments()
    scale = read_card(bundled_directory() / "verdict" / "card.toml").translation_of

    def probabilities(
        source: Sequence[str], target: Sequence[str], direction: Direction
    ) -> tuple[float, float]:
        """Of a yes: as it is told, and as it would be of a longer article."""
        measured = instruments.measure(source, target, direction)
        sizes = (len(source), ENOUGH)
        found = [translation_score(measured.relation, scale, size).probability for size in sizes]
        return found[0] or 0.0, found[1] or 0.0

    for length in LENGTHS:
        rows = [
            (
                probabilities(sides[0][:length], sides[1][:length], direction),
                probabilities(sides[0][:length], others[:length], direction),
            )
            for direction, sides, others in documents
        ]
        table = np.array(rows)  # [pairs x (own, other) x (damped, undamped)]
        clear = (table >= CLEAR_TRANSLATION).mean(axis=0)
        low, high = (
            np.quantile(table[:, 0, 1], (0.01, 0.05)),
            np.quantile(table[:, 1, 1], (0.95, 0.99)),
        )
        print(
            f"{length:2} sentences, {len(table)} documents: clear {clear[0, 0]:.1%} "
            f"(undamped {clear[0, 1]:.1%}) of translations, {clear[1, 0]:.1%} "
            f"(undamped {clear[1, 1]:.1%}) of others; 1 and 5 % of translations are below "
            f"{low[0]:.3f}, {low[1]:.3f}, of others above {high[1]:.3f}, {high[0]:.3f}",
            flush=True,
        )


if __name__ == "__main__":
    main()

"""Whether a passage is still told from a person's where it stands amid other text.

Of labelled documents (JSON lines as for ``mtpipe detect --calibrate``), the first sentences of some
are measured alone, inside a page of other text, and with other text on both sides: what the page
lifted is a part of the original, and a part of the page. All other text is by people.

    python data/benchmarks/lifted_passages.py ../shared/eval/detect.jsonl.gz
"""

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mtpipe.pipeline.detect.examiner import Examiner
from mtpipe.pipeline.detect.pairs import Pair, read_pairs

BEFORE_AND_AFTER = 8
"""Sentences of other text on either end."""

Sentences = Sequence[str]


def settings(
    source: Sentences, passage: Sentences, others: Sequence[tuple[Sentences, Sentences]]
) -> dict[str, tuple[Sentences, Sentences]]:
    """Original and candidate in each of the settings."""
    (_, before), (_, after), (source_before, _), (source_after, _) = others
    size = BEFORE_AND_AFTER
    page = (*before[:size], *passage, *after[:size])
    alone = source[: len(passage)]
    return {
        "alone": (alone, passage),
        "in a page": (source, page),
        "of a part, in a page": ((*source_before[:size], *alone, *source_after[:size]), page),
        "not there": (source_before, page),
    }


def main() -> None:
    """Measure, and print a line a setting and label."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("path", type=Path)
    parser.add_argument("--sentences", type=int, default=8, help="of the passage")
    parser.add_argument("--documents", type=int, default=50, help="of a direction and label")
    arguments = parser.parse_args()
    chosen = random.Random(1)  # noqa: S311 - no secret
    groups: dict[tuple[str, str], list[Pair]] = {}
    for pair in read_pairs(arguments.path):
        if isinstance(pair, Pair) and pair.original and pair.direction:
            groups.setdefault((str(pair.direction), pair.label), []).append(pair)
    examiner = Examiner()
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for (direction, label), pairs in sorted(groups.items()):
        people = groups[direction, "human"]
        for pair in chosen.sample(pairs, min(arguments.documents, len(pairs))):
            assert pair.original and pair.direction  # noqa: S101, PT018 - chosen so
            others = [
                (other.original.sentences, other.candidate.sentences)
                for other in chosen.sample(people, 6)
                if other.original and other.document != pair.document
            ]
            passage = pair.candidate.sentences[: arguments.sentences]
            cases = settings(pair.original.sentences, passage, others[:4])
            for name, (source, target) in cases.items():
                _, translation, machine = examiner.compare(source, target, pair.direction)
                found.setdefault((name, label), []).append(
                    (translation.probability or 0.0, machine.probability or 0.0)
                )
    thresholds = examiner.card.translation_of.threshold, examiner.machine_scale.threshold
    for (name, label), scores in sorted(found.items()):
        rendered, made = np.array(scores).T
        named = (rendered >= thresholds[0]) & (made >= thresholds[1])
        print(
            f"{name:22} {label:8} {len(scores):4} texts: found as a translation "
            f"{np.mean(rendered >= thresholds[0]):6.1%}, machine_made median {np.median(made):.3f} "
            f"highest {made.max():.3f}, named {named.mean():.1%}"
        )


if __name__ == "__main__":
    main()

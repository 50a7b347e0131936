"""How often translations by people are taken for a machine's, in pairs of languages of one's choice.

The calibration has labelled articles of some pairs only. Parallel corpora made by people are there
for all: runs of their lines serve as articles, in both directions. Where the lexicon was learnt
from the very corpus its lines look more literal than others would, so that the share is rather
too high.

    python data/benchmarks/people_named.py ../shared/train/de-fr.tsv.xz --corpus newstest
"""

import argparse
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from mtpipe.pipeline.detect.examiner import Examiner
from mtpipe.training.corpus import SentencePair, direction_of, read_pairs
from mtpipe.types import Direction

Document = tuple[SentencePair, ...]


def documents(
    path: Path, direction: Direction, arguments: argparse.Namespace
) -> Iterator[Document]:
    """Runs of lines of the corpus, spread over it."""
    lines = (pair for pair in read_pairs(path, direction) if pair.corpus == arguments.corpus)
    runs = zip(*[lines] * arguments.sentences, strict=False)
    return islice(runs, 0, None, arguments.every)


def main() -> None:
    """Count, and print a line a direction."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("path", type=Path, help="TSV as for mtpipe train, named like de-fr.tsv.xz")
    parser.add_argument("--corpus", required=True, help="that is read")
    parser.add_argument("--sentences", type=int, default=12)
    parser.add_argument("--every", type=int, default=5, help="which of the runs are taken")
    parser.add_argument("--most", type=int, default=300, help="articles of a direction")
    arguments = parser.parse_args()
    direction = direction_of(arguments.path)
    if direction is None:
        parser.error("the file's name doesn't say which languages it is in")
    examiner = Examiner()
    threshold = examiner.machine_scale.threshold
    sides: dict[Direction, list[float]] = {direction: [], direction.reversed: []}
    for document in islice(documents(arguments.path, direction, arguments), arguments.most):
        for towards, found in sides.items():
            pairs = document if towards == direction else [pair.swapped for pair in document]
            source, target = [pair.source for pair in pairs], [pair.target for pair in pairs]
            _, _, machine = examiner.compare(source, target, towards)
            if machine.probability is not None:
                found.append(machine.probability)
    for towards, found in sides.items():
        scores = np.array(found)
        named = int((scores >= threshold).sum())
        print(
            f"{towards}  {len(scores)} articles of {arguments.corpus}: {named} named "
            f"({named / len(scores):.1%}) from {threshold:.3f} on; "
            f"median {np.median(scores):.3f}, highest {scores.max():.3f}"
        )


if __name__ == "__main__":
    main()

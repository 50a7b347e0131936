"""What the verdict says of texts of mixed hands: parts by a machine, the rest by a person.

Of labelled documents that a person and a machine translated sentence by sentence, the beginning is taken
from the machine and the rest from the person, in growing shares.

    python data/benchmarks/mixed_hands.py ../shared/eval/detect.jsonl.gz
"""

import argparse
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mtpipe.pipeline.detect.examiner import Examiner
from mtpipe.pipeline.detect.pairs import Pair, read_pairs
from mtpipe.types import LikelihoodRatio

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


def documents(path: Path) -> Iterator[tuple[Pair, Pair]]:
    """A person's and a machine's translation of each document, with the machine by turns."""
    groups: dict[tuple[str, str], list[Pair]] = {}
    for pair in read_pairs(path):
        if isinstance(pair, Pair) and pair.original and pair.direction:
            groups.setdefault((pair.document, str(pair.direction)), []).append(pair)
    for number, (_, pairs) in enumerate(sorted(groups.items())):
        people = [pair for pair in pairs if pair.label == "human"]
        machines = [
            pair
            for pair in pairs
            if pair.label == "machine"
            and people
            and len(pair.candidate.parts) == len(people[0].candidate.parts)
        ]
        if machines:
            yield people[0], machines[number % len(machines)]


def main() -> None:
    """Mix, measure, and print a line for each share."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("path", type=Path)
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--no-engine", action="store_true")
    arguments = parser.parse_args()
    both = list(documents(arguments.path))
    chosen = random.Random(1).sample(both, min(arguments.documents, len(both)))  # noqa: S311
    examiner = Examiner(engine=not arguments.no_engine)
    print("share by a machine | median ratio | moderate or more | strong")
    for share in SHARES:
        ratios: list[LikelihoodRatio] = []
        for person, machine in chosen:
            count = round(share * len(person.candidate.parts))
            mixed = (*machine.candidate.parts[:count], *person.candidate.parts[count:])
            assert person.original  # noqa: S101 - chosen so
            assert person.direction  # noqa: S101
            _, _, score = examiner.compare(person.original.parts, mixed, person.direction)
            if score.likelihood:
                ratios.append(score.likelihood)
        if not ratios:
            raise SystemExit("the card of the verdict has no likelihood ratios")
        values = np.array([one.ratio for one in ratios])
        moderate, strong = ((values >= least).mean() for least in (10, 100))
        print(f"{share:.0%} | {np.median(values):.2g} | {moderate:.1%} | {strong:.1%}", flush=True)


if __name__ == "__main__":
    main()

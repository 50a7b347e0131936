"""What the verdict says of texts that it wasn't calibrated on: poetry, lists, sport results and so on.

    python data/benchmarks/edges.py
    python data/benchmarks/edges.py --long ../shared/eval/detect.jsonl.gz

The texts lie in data/benchmarks/edges; see the README.md there. With --long, documents of 60 sentences and
more are put together from labelled ones of the same test set and translator.
"""

import argparse
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mtpipe.detection.verdict import decide
from mtpipe.pipeline.detect.examiner import Examiner
from mtpipe.pipeline.detect.pairs import Pair, parse_pair, read_pairs
from mtpipe.types import Score, ScoreName

EDGES = Path(__file__).parent / "edges"
LONG = 5
"""Documents of 12 sentences that a long one is put together from."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A text to be judged.

    Attributes:
        kind: what it is.
        made: how it was rendered.
        pair: with its original.
    """

    kind: str
    made: str
    pair: Pair


def edges() -> Iterator[Edge]:
    """The texts in the folder."""
    for path in sorted(EDGES.glob("*.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        source, target = table["pair"].split("-")
        for number, rendering in enumerate(table["rendering"]):
            row = {
                "original": {"language": source, "text": _paragraphs(table["original"])},
                "candidate": {"language": target, "text": _paragraphs(rendering["text"])},
            }
            pair = parse_pair(row, default_id=f"{path.stem}-{number}")
            yield Edge(table["kind"], rendering["made"], pair)


def long_ones(path: Path) -> Iterator[Edge]:
    """Labelled documents, put together to longer ones."""
    groups: dict[tuple[str, ...], list[Pair]] = {}
    for pair in read_pairs(path):
        if isinstance(pair, Pair) and pair.original and pair.direction:
            key = (str(pair.direction), pair.test_set, pair.label, pair.engine)
            groups.setdefault(key, []).append(pair)
    for (direction, _, label, engine), pairs in sorted(groups.items()):
        for start in range(0, len(pairs) - LONG + 1, LONG):
            some = pairs[start : start + LONG]
            row = {
                "pair": direction,
                "source": [s for one in some if one.original for s in one.original.sentences],
                "candidate": [s for one in some for s in one.candidate.sentences],
            }
            made = "person" if label == "human" else engine
            yield Edge(f"{12 * LONG} sentences", made, parse_pair(row, default_id="long"))


def judged(examiner: Examiner, edge: Edge) -> tuple[str, Score]:
    """The finding on a text alone, without a page, and ``machine_made``."""
    assert edge.pair.original  # noqa: S101 - all of them have one
    assert edge.pair.direction  # noqa: S101
    _, translation, machine = examiner.compare(
        edge.pair.original.sentences, edge.pair.candidate.sentences, edge.pair.direction
    )
    page = Score(ScoreName.REPUBLICATION, 0.1, 0.5, is_calibrated=False)
    words = sum(len(sentence.split()) for sentence in edge.pair.candidate.sentences)
    verdict = decide(translation, machine, page, words=words, has_original=True)
    return verdict.finding.value, machine


def _paragraphs(text: str) -> list[str]:
    """Lines of a text, without blank ones."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def _shown(score: Score) -> str:
    if score.likelihood:
        return f"{score.likelihood.ratio:.2g}"
    return "-" if score.probability is None else f"p {score.probability:.2f}"


def main() -> None:
    """Judge all texts, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--long", type=Path, help="labelled pairs")
    parser.add_argument("--no-engine", action="store_true", help="measure without a model")
    arguments = parser.parse_args()
    examiner = Examiner(engine=not arguments.no_engine)
    print("| kind | languages | made | likelihood ratio | verdict |\n|---|---|---|---|---|")
    for edge in edges():
        finding, machine = judged(examiner, edge)
        print(
            f"| {edge.kind} | {edge.pair.direction} | {edge.made} | {_shown(machine)} | {finding} |"
        )
    if arguments.long:
        counts: dict[str, list[str]] = {}
        for edge in long_ones(arguments.long):
            counts.setdefault(edge.made, []).append(judged(examiner, edge)[0])
        for made, findings in sorted(counts.items()):
            named = ", ".join(f"{findings.count(one)} {one}" for one in sorted(set(findings)))
            print(f"| {12 * LONG} sentences | all | {made} ({len(findings)}) | | {named} |")


if __name__ == "__main__":
    main()

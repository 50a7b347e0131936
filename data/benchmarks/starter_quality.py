"""Measure a model's quality: chrF2 and BLEU on test sets of parallel lines.

    python data/benchmarks/starter_quality.py --model starter --sets DIR > data/results/starter.json

DIR holds ``<set>.de``, ``<set>.en``, ``<set>.fr`` (parallel by line: all six directions) and
``<set>.de-en.tsv`` (source TAB reference). Prints figures and signatures, never a test sentence.
"""

import argparse
import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from mtpipe.engines.base import DecodingOptions
from mtpipe.models.cards import Variant
from mtpipe.pipeline.systems import choose_model, load_system
from mtpipe.types import Direction, Language

TestSet = tuple[str, Direction, list[str], list[str]]


def test_sets(directory: Path) -> Iterator[TestSet]:
    """Name, direction, sources and references of every set in a folder."""
    for path in sorted(directory.glob("*.de")):
        sides = {
            language: path.with_suffix(f".{language}").read_text(encoding="utf-8").splitlines()
            for language in Language
        }
        for source, target in itertools.permutations(Language, 2):
            yield path.stem, Direction(source, target), sides[source], sides[target]
    for path in sorted(directory.glob("*.tsv")):
        name, direction = path.stem.rsplit(".", 1)
        rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
        yield name, Direction.parse(direction), [row[0] for row in rows], [row[1] for row in rows]


def main() -> None:
    """Run the measurement and print a JSON object."""
    import sacrebleu

    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--model", default="starter")
    parser.add_argument("--sets", type=Path, required=True)
    parser.add_argument("--only", default="", help="names of sets, joined by commas")
    parser.add_argument("--beam", type=int, default=DecodingOptions().beam)
    parser.add_argument("--variant", type=Variant, default=Variant.INT8)
    arguments = parser.parse_args()
    bleu, chrf = sacrebleu.BLEU(), sacrebleu.CHRF()
    figures: dict[str, dict[str, dict[str, float]]] = {}
    signature = ""
    for name, direction, sources, references in test_sets(arguments.sets):
        if arguments.only and name not in arguments.only.split(","):
            continue
        model = choose_model(arguments.model, direction)
        system = load_system(
            model,
            options=DecodingOptions(beam=arguments.beam),
            variant=arguments.variant,
            device="cpu",
        )
        signature = system.signature
        texts = [hypothesis.text for hypothesis in system.translate(sources, direction)]
        figures.setdefault(name, {})[str(direction)] = {
            "chrf2": round(chrf.corpus_score(texts, [references]).score, 2),
            "bleu": round(bleu.corpus_score(texts, [references]).score, 2),
        }
        print(name, direction, figures[name][str(direction)], file=sys.stderr)
    report = {
        "signature": signature,
        "metrics": {"chrf2": str(chrf.get_signature()), "bleu": str(bleu.get_signature())},
        "figures": figures,
        "means": {
            name: {
                metric: round(sum(row[metric] for row in rows.values()) / len(rows), 2)
                for metric in ("chrf2", "bleu")
            }
            for name, rows in figures.items()
        },
    }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()

"""Measure sentence splitting on news: join lines, split again, compare the boundaries.

Three to eight consecutive lines of one side of a newstest, each a sentence as its translators
saw it, are joined with single spaces, split, and the ends of the segments compared as offsets
over characters that aren't white space. Two F1 are given: over every end ("ends"), and without
the last one of each paragraph, which no splitter can miss ("inner"). Lines without closing
punctuation are titles, which running text gives no sign of; the second row of each language leaves
them out. Two to four lines in a hundred hold several sentences, which caps precision.

    python data/benchmarks/split_sentences.py ../shared/eval/translate

Other splitters are compared if they are installed: sentence-splitter, pysbd, syntok, blingfire,
sentencex.
"""

import argparse
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from mtpipe.sentences import split
from mtpipe.types import Language

Splitter = Callable[[str], Sequence[str]]

SIDES = {
    Language.DE: [("newstest2013.de-fr.tsv", 0), ("newstest2018.de-en.tsv", 0)],
    Language.FR: [("newstest2013.de-fr.tsv", 1), ("newstest2014.en-fr.tsv", 1)],
    Language.EN: [("newstest2014.fr-en.tsv", 1), ("newstest2018.de-en.tsv", 1)],
}
CLOSED = re.compile(r"""[.!?…:;]["'”“»’)\]\s]*$""")
SEED = 0


def paragraphs(lines: list[str]) -> Iterator[list[str]]:
    """Runs of 3 to 8 consecutive lines, the same in every run of this script."""
    rng = random.Random(SEED)  # noqa: S311 - not for secrets
    start = 0
    while start < len(lines):
        size = rng.randint(3, 8)
        yield lines[start : start + size]
        start += size


def ends(pieces: Sequence[str]) -> set[int]:
    """The end of each piece, counted in characters that aren't white space."""
    offset = 0
    found = set()
    for piece in pieces:
        offset += len(re.sub(r"\s", "", piece))
        found.add(offset)
    return found


def f1(hits: int, guesses: int, gold: int) -> float:
    """Harmonic mean of precision and recall."""
    return 2 * hits / (guesses + gold)


def measure(splitter: Splitter, documents: list[list[str]]) -> tuple[float, float, float]:
    """F1 over every end, F1 over inner ends, and gold sentences a second."""
    hits = guesses = gold = last = 0
    seconds = 0.0
    for lines in documents:
        text = " ".join(lines)
        begin = time.perf_counter()
        pieces = splitter(text)
        seconds += time.perf_counter() - begin
        expected, actual = ends(lines), ends(pieces)
        hits += len(expected & actual)
        guesses += len(actual)
        gold += len(expected)
        last += 1
    return f1(hits, guesses, gold), f1(hits - last, guesses - last, gold - last), gold / seconds


def _sentence_splitter(language: Language) -> Splitter:
    from sentence_splitter import SentenceSplitter  # noqa: PLC0415

    return SentenceSplitter(language=language.value).split


def _pysbd(language: Language) -> Splitter:
    import pysbd  # noqa: PLC0415

    return pysbd.Segmenter(language=language.value, clean=False).segment


def _syntok(language: Language) -> Splitter:  # noqa: ARG001 - one set of rules for all languages
    from syntok import segmenter  # noqa: PLC0415

    return lambda text: [
        "".join(token.spacing + token.value for token in sentence)
        for paragraph in segmenter.process(text)
        for sentence in paragraph
    ]


def _blingfire(language: Language) -> Splitter:  # noqa: ARG001 - one model for all languages
    import blingfire  # noqa: PLC0415

    return lambda text: blingfire.text_to_sentences(text).split("\n")


def _sentencex(language: Language) -> Splitter:
    import sentencex  # noqa: PLC0415

    return lambda text: list(sentencex.segment(language.value, text))


def _mtpipe(language: Language) -> Splitter:
    return lambda text: [segment.text for segment in split(text, language)]


SPLITTERS: dict[str, Callable[[Language], Splitter]] = {
    "mtpipe": _mtpipe,
    "sentence-splitter": _sentence_splitter,
    "pysbd": _pysbd,
    "syntok": _syntok,
    "blingfire": _blingfire,
    "sentencex": _sentencex,
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="folder of the newstest files")
    folder = parser.parse_args().folder
    print(f"{'splitter':18} {'':2} {'lines':10} {'ends':>6} {'inner':>6} {'sent/s':>8}")
    for language, files in SIDES.items():
        texts = [_side(folder / name, column) for name, column in files]
        rows = {
            "all": [part for lines in texts for part in paragraphs(lines)],
            "no titles": [
                part
                for lines in texts
                for part in paragraphs([line for line in lines if CLOSED.search(line)])
            ],
        }
        for name, make in SPLITTERS.items():
            try:
                splitter = make(language)
            except ImportError:
                continue
            for label, documents in rows.items():
                every, inner, speed = measure(splitter, documents)
                row = f"{name:18} {language} {label:10} {every:6.4f} {inner:6.4f} {speed:8.0f}"
                print(row, flush=True)


def _side(path: Path, column: int) -> list[str]:
    rows = path.read_text(encoding="utf-8").split("\n")
    return [row.split("\t")[column].strip() for row in rows if row.strip()]


if __name__ == "__main__":
    main()
